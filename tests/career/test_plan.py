"""The plan: hours add up, no day grows beyond its cap, a calendar is updated and never doubled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from shipworthy.career.plan.fitting import Entry, fit, progress
from shipworthy.career.plan.pace import DayRange, Pace, days_off_in
from shipworthy.career.plan.plan_file import Plan, read_plan, write_plan
from shipworthy.career.plan.recall import due_facts, review_fact
from shipworthy.core.errors import UserError
from shipworthy.playbook.careers import PATHS, curriculum, facts
from shipworthy.workbench.career_plan import (
    PlanSettings,
    do_item,
    plan_career,
    recall_fact,
    show_today,
)
from shipworthy.workbench.career_plan_view import PlanView
from shipworthy.workbench.workspace import Workspace, init
from tests.fakes.clock import FixedClock

START = date(2026, 12, 1)
USUAL = PlanSettings(hours=10, start="2026-12-01")


def at(day: date) -> FixedClock:
    return FixedClock(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))


def planned(folder: Path, changes: PlanSettings = USUAL, day: date = START) -> tuple[Workspace, PlanView]:
    workspace = init(folder)
    return workspace, plan_career(workspace, changes, clock=at(day))


PACES = st.builds(
    Pace,
    start=st.dates(date(2026, 1, 1), date(2030, 1, 1)),
    hours=st.integers(4, 160).map(lambda quarters: quarters / 4),
    days_off=st.lists(
        st.builds(
            lambda first, length: DayRange(first=first, last=first + timedelta(days=length)),
            st.dates(date(2026, 1, 1), date(2031, 1, 1)),
            st.integers(0, 30),
        ),
        max_size=5,
    ).map(tuple),
    weekdays_off=st.sets(st.integers(0, 5), max_size=4).map(frozenset),
    buffer=st.sampled_from([None, 6]),
    catch_up=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
)


def test_the_curriculum_has_200_hours_for_every_starting_point() -> None:
    assert [curriculum(path).quarters for path in PATHS] == [800, 800, 800]
    assert len({item.id for item in curriculum().items}) == len(curriculum().items)


def test_the_first_week_s_list_is_the_guide_s_seven_day_start() -> None:
    first = [item.id for item in curriculum().items if item.first_week]

    assert first == ["audit", "first-prototype", "three-roles", "book-start", "community-1"]
    assert first == [item.id for item in curriculum().items[:5]]


def test_the_engineer_s_plan_asks_who_signs_off_the_rotation() -> None:
    assert any("signs it off" in item.what for item in curriculum("engineer").items)


@given(pace=PACES)
@settings(max_examples=60, deadline=None)
def test_hours_add_up_to_the_total_at_every_pace(pace: Pace) -> None:
    course = curriculum()

    sessions = fit(progress(course, ()).left, pace, today=pace.start)

    assert sum(each.quarters for each in sessions) == 800
    assert not any(pace.is_off(each.on) or each.on.weekday() == pace.buffer for each in sessions)


@given(pace=PACES)
@settings(max_examples=60, deadline=None)
def test_a_full_week_holds_exactly_the_hours_of_the_pace(pace: Pace) -> None:
    free = replace(pace, days_off=(), weekdays_off=pace.weekdays_off)
    monday = date(2027, 3, 1)

    assert free.usual_between(monday, monday + timedelta(days=7)) == pace.hours * 4


def enough(left: Mapping[str, int], quarters: int) -> dict[str, int]:
    """The first items, as many as fill a day."""
    chosen: dict[str, int] = {}
    for item, each in left.items():
        chosen[item] = each
        if sum(chosen.values()) >= quarters:
            break
    return chosen


def history(seed: int) -> tuple[Pace, list[tuple[date, int, int]], int]:
    """Live through a plan, missing days by lot: each day with what was planned and worked; what is left."""
    lot = Random(seed)
    pace = Pace(
        start=START,
        hours=lot.choice([6, 8, 10, 16.75]),
        weekdays_off=frozenset(lot.sample(range(6), lot.choice([0, 0, 1, 2]))),
        buffer=lot.choice([6, 6, None]),
        catch_up=lot.choice([0.0, 0.25, 0.5]),
        days_off=days_off_in(["2026-12-24..2027-01-02"])[0],
    )
    course = curriculum()
    missing = lot.choice([0.1, 0.3, 0.6])
    log: list[Entry] = []
    lived: list[tuple[date, int, int]] = []
    demanded = 0
    for number in range(lot.choice([20, 45, 80])):
        day = START + timedelta(days=number)
        found = progress(course, log)
        behind = demanded - found.done
        demanded += pace.usual(day)
        if number % 28 == 27:  # the whole plan, as somebody would see it that day
            sessions = fit(found.left, pace, today=day, behind=behind, pieces=found.pieces)
            assert sum(each.quarters for each in sessions) + found.done == course.quarters
            by_day: dict[date, int] = {}
            for each in sessions:
                by_day[each.on] = by_day.get(each.on, 0) + each.quarters
            assert all(quarters <= pace.cap and quarters <= pace.most(on) for on, quarters in by_day.items())
        else:
            sessions = fit(enough(found.left, pace.cap), pace, today=day, behind=behind, pieces=found.pieces)
        todays = [each for each in sessions if each.on == day]
        worked = 0
        if lot.random() >= missing:
            for each in todays:
                ends = each.quarters >= found.left[each.item]
                log.append(Entry(item=each.item, on=day, quarters=each.quarters, finished=ends))
                worked += each.quarters
        lived.append((day, sum(each.quarters for each in todays), worked))
    return pace, lived, course.quarters - progress(course, log).done


def test_500_random_histories_of_missed_days_never_exceed_the_daily_cap() -> None:
    caught_up = 0
    for seed in range(500):
        pace, lived, left = history(seed)
        assert all(planned <= pace.cap for _, planned, _ in lived)
        assert all(planned <= pace.most(day) for day, planned, _ in lived)
        assert left == 800 - sum(worked for _, _, worked in lived)
        caught_up += any(planned > pace.usual(day) for day, planned, _ in lived)

    assert caught_up > 250  # the cap is not kept by never catching up


def test_missed_days_move_the_end_and_do_not_pile_up(tmp_path: Path) -> None:
    workspace, before = planned(tmp_path)

    after = plan_career(workspace, clock=at(START + timedelta(days=60)))

    assert before.ends is not None
    assert after.ends is not None
    assert after.ends > before.ends
    assert after.behind > 80
    days: dict[date, float] = {}
    for session in after.sessions:
        days[session.on] = days.get(session.on, 0) + session.hours
    assert max(days.values()) <= after.longest_day == 2.25


def test_what_was_missed_may_be_forgiven(tmp_path: Path) -> None:
    workspace, _ = planned(tmp_path)
    late = at(START + timedelta(days=60))

    forgiven = plan_career(workspace, PlanSettings(forgive=True), clock=late)

    assert forgiven.behind == 0
    assert not any(session.catching_up for session in forgiven.sessions)


def test_a_new_pace_keeps_what_was_done_and_demands_nothing_of_the_past(tmp_path: Path) -> None:
    workspace, _ = planned(tmp_path)
    late = at(START + timedelta(days=20))
    do_item(workspace, "audit", clock=late)

    view = plan_career(workspace, PlanSettings(hours=6), clock=late)

    assert (view.done, view.behind, view.hours_a_week) == (1.5, -1.5, 6)
    assert sum(session.hours for session in view.sessions) == 198.5


def test_work_done_today_counts_against_today(tmp_path: Path) -> None:
    workspace, _ = planned(tmp_path)
    do_item(workspace, "audit", clock=at(START))

    today = show_today(workspace, clock=at(START))

    assert sum(session.hours for session in today.sessions) == pytest.approx(0.25)


def test_hours_on_an_unfinished_item_leave_the_rest(tmp_path: Path) -> None:
    workspace, _ = planned(tmp_path)

    view = do_item(workspace, "course-1", hours=2.5, clock=at(START))
    over = do_item(workspace, "course-1", hours=30, clock=at(START))

    assert sum(s.hours for s in view.sessions if s.item == "course-1") == 4.5
    assert sum(s.hours for s in over.sessions if s.item == "course-1") == 0.25  # until it is called done
    assert sum(s.hours for s in over.sessions) + over.done == 200


def test_a_tick_can_be_taken_back_and_is_not_given_twice(tmp_path: Path) -> None:
    workspace, before = planned(tmp_path)
    do_item(workspace, "audit", clock=at(START))

    with pytest.raises(UserError, match="done already"):
        do_item(workspace, "audit", clock=at(START))
    assert do_item(workspace, "audit", undo=True, clock=at(START)).sessions == before.sessions


def test_everything_done_is_the_end(tmp_path: Path) -> None:
    workspace, _ = planned(tmp_path)
    for item in curriculum().items:
        do_item(workspace, item.id, clock=at(START))

    view, today = plan_career(workspace, clock=at(START)), show_today(workspace, clock=at(START))

    assert (view.done, view.ends, view.sessions) == (200, None, ())
    assert today.free == "Everything is done."


def test_a_slow_pace_says_how_long_it_takes_and_what_twelve_weeks_would_leave_out(tmp_path: Path) -> None:
    _, view = planned(tmp_path)

    assert [(each.hours, each.weeks, each.in_twelve_weeks) for each in view.paces] == [
        (6, 34, 72),
        (8, 25, 96),
        (10, 20, 120),
    ]
    assert all(each.first_beyond for each in view.paces)


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": 0.5},
        {"hours": 41},
        {"hours": 7.1},
        {"hours": float("nan")},
        {"start": "soon"},
        {"days_off": ["2026-12-24..2026-12-20"]},
        {"days_off": ["monday,tuesday,wednesday,thursday,friday,saturday"]},
        {"days_off": ["2026-01-01..2060-01-01"]},
        {"buffer": "someday"},
        {"catch_up": 2.0},
        {"catch_up": float("nan")},
        {"path": "doctor"},
        {"at": "25:00"},
        {"zone": "Mars/Base"},
        {"zone": "../etc/passwd"},
    ],
)
def test_settings_that_cannot_be_used_are_refused_and_nothing_is_written(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    with pytest.raises(UserError):
        planned(tmp_path, replace(USUAL, **wrong))

    assert not (tmp_path / "career").exists()


def test_without_a_plan_the_way_to_one_is_named(tmp_path: Path) -> None:
    workspace = init(tmp_path)

    for ask in (plan_career, show_today):
        with pytest.raises(UserError, match="next: Make a plan: shipworthy career plan"):
            ask(workspace)


@given(pace=PACES, data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_plan_reads_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, pace: Pace, data: st.DataObject
) -> None:
    log = data.draw(
        st.lists(
            st.builds(
                Entry,
                item=st.sampled_from([item.id for item in curriculum().items]),
                on=st.dates(),
                quarters=st.integers(0, 800),
                finished=st.booleans(),
            ),
            max_size=6,
        )
    )
    plan = Plan(
        id="2026-12-01-abc123",
        path=data.draw(st.sampled_from(PATHS)),
        pace=pace,
        since=pace.start,
        credit=data.draw(st.integers(0, 800)),
        at=data.draw(st.none() | st.times().map(lambda each: each.replace(second=0, microsecond=0))),
        zone=data.draw(st.sampled_from([None, "Europe/Berlin"])),
        log=tuple(log),
        cards={},
        calendar={},
    )
    path = tmp_path_factory.mktemp("plan") / "plan.yaml"

    write_plan(path, plan)

    assert read_plan(path) == plan


def test_a_broken_plan_file_names_the_line(tmp_path: Path) -> None:
    workspace, _ = planned(tmp_path)
    file = tmp_path / "career" / "plan.yaml"
    file.write_text(file.read_text().replace("buffer: sunday", "buffer: caturday"))

    with pytest.raises(UserError, match=r"plan\.yaml, line \d+, field 'buffer'"):
        show_today(workspace)


# --- the calendar -----------------------------------------------------------------------------------


def exported(
    workspace: Workspace, name: str, changes: PlanSettings | None = None, day: date = START
) -> Calendar:
    file = workspace.root / name
    plan_career(workspace, changes, ics=file, clock=at(day))
    raw = file.read_bytes()
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert raw.count(b"\n") == raw.count(b"\r\n")
    found = Calendar.from_ical(raw)
    assert isinstance(found, Calendar)
    return found


def imported(*calendars: Calendar) -> dict[str, Any]:
    """What a calendar program holds after importing files in turn (RFC 5546: the higher SEQUENCE wins)."""
    held: dict[str, Any] = {}
    for calendar in calendars:
        uids = [str(event["UID"]) for event in calendar.events]
        assert len(uids) == len(set(uids))
        for event in calendar.events:
            before = held.get(str(event["UID"]))
            if before is None or event["SEQUENCE"] >= before["SEQUENCE"]:
                held[str(event["UID"])] = event
    return {uid: event for uid, event in held.items() if event["STATUS"] != "CANCELLED"}


def shown(held: dict[str, Any]) -> list[tuple[date, str]]:
    return sorted((event["DTSTART"].dt, str(event["SUMMARY"])) for event in held.values())


def expected(view: PlanView) -> list[tuple[date, str]]:
    return sorted((each.on, f"{each.item} ({each.hours:g} h)") for each in view.sessions)


def test_the_calendar_is_valid_and_says_what_the_plan_says(tmp_path: Path) -> None:
    workspace, view = planned(tmp_path)

    calendar = exported(workspace, "plan.ics")

    assert shown(imported(calendar)) == expected(view)
    assert calendar["VERSION"] == "2.0"
    assert not calendar.walk("VTIMEZONE")
    for event in calendar.events:
        assert not event.errors
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "SEQUENCE"} <= set(event)


def test_importing_the_same_export_again_changes_nothing(tmp_path: Path) -> None:
    workspace, _ = planned(tmp_path)
    first = exported(workspace, "a.ics")

    second = exported(workspace, "b.ics")

    assert (tmp_path / "a.ics").read_bytes() == (tmp_path / "b.ics").read_bytes()
    assert imported(first, second) == imported(first)


def test_after_missed_days_and_other_settings_an_import_shows_the_new_plan_and_no_duplicates(
    tmp_path: Path,
) -> None:
    workspace, _ = planned(tmp_path)
    calendars = [exported(workspace, "1.ics")]
    do_item(workspace, "audit", clock=at(START))
    calendars.append(exported(workspace, "2.ics", day=START + timedelta(days=9)))
    do_item(workspace, "course-1", hours=3, clock=at(START + timedelta(days=10)))
    late = START + timedelta(days=30)
    calendars.append(exported(workspace, "3.ics", PlanSettings(hours=6, days_off=["friday"]), late))
    view = plan_career(workspace, clock=at(late))

    held = shown(imported(*calendars))

    past = [line for line in held if line not in expected(view)]
    assert [line for line in expected(view) if line not in held] == []
    assert [name.split(" ")[0] for _, name in past] == ["audit", "course-1"]


def test_timed_sessions_are_in_utc_one_after_the_other(tmp_path: Path) -> None:
    workspace, view = planned(tmp_path, replace(USUAL, at="18:30", zone="Europe/Berlin", start="2027-03-22"))

    calendar = exported(workspace, "plan.ics")

    events: list[Any] = list(calendar.events)
    starts = sorted((event["DTSTART"].dt, event["DTEND"].dt) for event in events)
    assert starts[0][0] == datetime(2027, 3, 22, 17, 30, tzinfo=UTC)
    assert any(start.hour == 16 for start, _ in starts)  # summer time began
    assert all(end <= following for (_, end), (following, _) in pairwise(starts))
    assert sum((end - start).total_seconds() for start, end in starts) / 3600 == view.hours


def test_another_time_of_day_is_a_change_that_a_calendar_takes_over(tmp_path: Path) -> None:
    workspace, _ = planned(tmp_path)
    first = exported(workspace, "1.ics")
    timed = exported(workspace, "2.ics", PlanSettings(at="18:30", zone="Europe/Berlin"))

    held = imported(first, timed)

    assert len(held) == len(first.events)
    assert all(event["SEQUENCE"] == 1 for event in held.values())
    assert all(isinstance(event["DTSTART"].dt, datetime) for event in held.values())


def test_a_folder_is_no_calendar(tmp_path: Path) -> None:
    workspace, _ = planned(tmp_path)

    with pytest.raises(UserError, match="This is a folder"):
        plan_career(workspace, ics=tmp_path, clock=at(START))


def test_a_new_pace_on_a_day_already_worked_asks_for_no_catching_up(tmp_path: Path) -> None:
    workspace, _ = planned(tmp_path)
    do_item(workspace, "audit", clock=at(START))

    view = plan_career(workspace, PlanSettings(hours=8), clock=at(START))

    assert not any(session.catching_up for session in view.sessions)


# --- facts ------------------------------------------------------------------------------------------


def test_facts_come_in_small_numbers_and_the_same_answers_give_the_same_days(tmp_path: Path) -> None:
    def lived() -> tuple[list[int], dict[str, dict[str, Any]]]:
        cards: dict[str, dict[str, Any]] = {}
        counts = []
        for number in range(60):
            now = datetime(2026, 12, 1, 12, tzinfo=UTC) + timedelta(days=number)
            if number % 5 == 4:
                continue  # a missed day
            due = due_facts(cards, now)
            counts.append(len(due))
            for place, each in enumerate(due):
                grade = ("good", "again", "easy", "hard")[(number + place) % 4]
                _, cards[each.id] = review_fact(cards, each.id, grade, now)
            assert due_facts(cards, now) == ()
        return counts, cards

    counts, cards = lived()

    assert max(counts) <= 12
    assert len(cards) == len(facts())
    assert lived() == (counts, cards)


def test_a_fact_remembered_well_comes_back_later_than_one_forgotten() -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    due = {grade: review_fact({}, "temperature", grade, now)[1]["due"] for grade in ("again", "good", "easy")}

    assert due["again"] < due["good"] < due["easy"]


def test_recalling_keeps_the_memory_in_the_plan(tmp_path: Path) -> None:
    workspace, _ = planned(tmp_path)

    looked_up = recall_fact(workspace, "temperature", clock=at(START))
    graded = recall_fact(workspace, "temperature", grade="good", clock=at(START))

    assert looked_up.next_due is None
    assert graded.next_due is not None
    assert graded.next_due > START
    assert "temperature" not in [fact.id for fact in show_today(workspace, clock=at(START)).facts]
    with pytest.raises(UserError, match="no grade"):
        recall_fact(workspace, "temperature", grade="perfect")


def test_a_broken_memory_names_its_fact(tmp_path: Path) -> None:
    workspace, _ = planned(tmp_path)
    file = tmp_path / "career" / "plan.yaml"
    file.write_text(file.read_text().replace("cards: {}", "cards:\n  temperature: {due: never}"))

    with pytest.raises(UserError, match="'temperature'"):
        show_today(workspace, clock=at(START))
