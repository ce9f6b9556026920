"""Requirements against evidence, the fewest actions, the nearest role."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import combinations
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import shipworthy
from shipworthy.career.roles import (
    OTHER,
    Requirement,
    RoleFit,
    Standing,
    fit_of,
    nearest_role,
    next_actions,
    standings,
)
from shipworthy.evidence.record import Record
from shipworthy.playbook.items import Source, competencies
from shipworthy.playbook.roles import RoleAction, role_actions
from shipworthy.workbench.verbs import VERBS

IDS = tuple(item.id for item in competencies())
RECORD = Record(
    id="2026-11-23-aaaaaa",
    at=datetime(2026, 11, 23, tzinfo=UTC),
    kind="review",
    title="Review of triage",
    feature="triage",
    origin="own",
    drafted_by_tool=True,
    share_edited=None,
    reason="Misses cost more than false alarms.",
    verified=True,
    competencies=("model-evaluation",),
    artifacts=(),
    facts={},
    previous=None,
    sha256="",
)


def asks(competency: str, *, must: bool = True, years: int | None = None) -> Requirement:
    return Requirement(quote="q", start=0, end=1, must=must, competency=competency, years=years)


def standing(requirement: Requirement, *records: Record) -> Standing:
    (found,) = standings([requirement], records)
    return found


def test_own_verified_evidence_meets_a_requirement() -> None:
    found = standing(asks("model-evaluation"), RECORD)

    assert (found.status, found.evidence, found.open) == ("met", (RECORD.id,), False)


def test_without_a_reason_it_is_practice_and_stays_open() -> None:
    found = standing(asks("model-evaluation"), replace(RECORD, reason=None))

    assert (found.status, found.open) == ("partly", True)
    assert found.why == "Practice: no reason in your own words."


def test_practice_claims_and_untouched_drafts_meet_it_partly() -> None:
    for record in (
        replace(RECORD, origin="bundled"),
        replace(RECORD, origin="external", verified=False),
        replace(RECORD, share_edited=0.01),
    ):
        found = standing(asks("model-evaluation"), record)
        assert (found.status, found.evidence, found.open) == ("partly", (RECORD.id,), True)


def test_years_are_not_proved_by_a_record() -> None:
    found = standing(asks("model-evaluation", years=3), RECORD)

    assert (found.status, found.open) == ("partly", False)
    assert "3" in found.why


def test_nothing_is_missing_and_what_no_competency_covers_is_not_stated() -> None:
    assert standing(asks("ethics"), RECORD).status == "missing"
    assert standing(asks(OTHER), RECORD).status == "not stated"


@given(
    st.permutations(
        [RECORD, replace(RECORD, id="b", origin="bundled"), replace(RECORD, id="c", verified=False)]
    )
)
def test_the_order_of_the_evidence_changes_nothing(records: list[Record]) -> None:
    assert standing(asks("model-evaluation"), *records) == standing(
        asks("model-evaluation"), *sorted(records, key=lambda each: each.id)
    )


def test_a_fit_counts_firm_requirements_only() -> None:
    found = standings(
        [asks("model-evaluation"), asks("ethics"), asks("ethics", must=False), asks(OTHER)], [RECORD]
    )

    assert fit_of("a", found) == RoleFit(role="a", met=1, partly=0, missing=1, not_stated=1)


def fit(role: str, met: int, partly: int, missing: int) -> RoleFit:
    return RoleFit(role=role, met=met, partly=partly, missing=missing, not_stated=0)


def test_the_nearest_role_has_the_fewest_firm_requirements_open() -> None:
    assert nearest_role([fit("a", 5, 0, 2), fit("b", 1, 1, 1), fit("c", 2, 1, 1)]) == "c"
    assert nearest_role([fit("a", 0, 0, 0)]) is None


def action(name: str, *shows: str) -> RoleAction:
    return RoleAction(
        id=name,
        command=name,
        what=name,
        hours=1,
        competencies=shows,
        written_by="x",
        source=Source(title="x"),
        as_of=date(2026, 11, 23),
    )


@given(
    st.lists(st.sets(st.sampled_from(IDS[:7]), min_size=1).map(sorted), max_size=6),
    st.lists(st.sampled_from(IDS[:8]), max_size=12),
)
def test_no_smaller_set_of_actions_closes_as_much(shows: list[list[str]], needed: list[str]) -> None:
    actions = [action(str(number), *some) for number, some in enumerate(shows)]
    found = next_actions(standings([asks(name) for name in needed], []), actions)

    closable = {name for name in needed if any(name in some for some in shows)}
    assert found.of == len(needed)
    assert (
        found.closes == sum(name in closable for name in needed) == sum(each.closes for each in found.actions)
    )
    assert {gap.competency for gap in found.elsewhere} == set(needed) - closable
    for size in range(len(found.actions)):
        for some in combinations(shows, size):
            assert not closable <= {name for each in some for name in each}


def test_every_action_is_a_command_whose_record_shows_what_it_promises() -> None:
    package = Path(shipworthy.__file__).parent
    for each in role_actions():
        words = each.command.removeprefix("shipworthy ").split()
        assert any(" ".join(words[:n]) in VERBS for n in (1, 2, 3)), each.command
        source = (package / each.written_by).read_text()
        assert [name for name in each.competencies if f'"{name}"' not in source] == []
