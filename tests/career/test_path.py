"""The way: honest horizons, commands that exist, and a next move that follows from the evidence."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from shipworthy.career.audit import audit
from shipworthy.career.path import way_forward
from shipworthy.core.errors import UserError
from shipworthy.playbook.careers import PATHS, career_path, career_paths, curriculum, facts
from shipworthy.playbook.items import competency
from shipworthy.workbench.career_audit import add_artifact, find_path
from shipworthy.workbench.career_plan import PlanSettings, plan_career
from shipworthy.workbench.workspace import init
from tests.career.test_audit import record
from tests.workbench.small import run


def test_the_switcher_s_horizon_is_the_guide_s_and_the_others_are_called_estimates() -> None:
    horizons = {path.id: (path.horizon.months, path.horizon.basis) for path in career_paths()}

    assert horizons == {
        "engineer": ((6, 12), "estimate"),
        "product-manager": ((4, 9), "estimate"),
        "switcher": ((18, 24), "guide"),
    }


@pytest.mark.parametrize("start", PATHS)
def test_the_steps_of_a_way_take_about_as_long_as_its_horizon(start: str) -> None:
    path = career_path(start)
    low, high = path.horizon.months

    assert low <= sum(step.months for step in path.steps) <= high
    assert path.prerequisites
    assert path.edge
    assert path.avoid
    assert path.source.title
    assert path.as_of <= date(2026, 11, 23)


def test_steps_need_competencies_that_exist_and_levels_that_can_be_reached() -> None:
    for path in career_paths():
        for step in path.steps:
            assert all(competency(name).id == name and 1 <= level <= 4 for name, level in step.needs.items())


def test_every_command_that_the_playbook_proposes_exists() -> None:
    proposed = {step.do for path in career_paths() for step in path.steps}
    proposed |= {item.do for item in curriculum().items if item.do}

    for command in proposed:
        words = [word for word in command.partition(" --")[0].split() if not word.isupper()]
        shown = run(*words[1:], "--help")
        assert (shown.code, f"Usage: {' '.join(words)} " in shown.out) == (0, True), command
        assert all(option in shown.out for option in re.findall(r"--[\w-]+", command))


def test_the_next_move_is_the_first_step_that_lacks_something() -> None:
    path = career_path("engineer")
    nothing = way_forward(path, audit([]))
    both = ("model-evaluation", "data-literacy")

    after = way_forward(path, audit([record(competencies=both)]))

    assert (nothing.next_step, after.next_step) == ("liaison", "outcomes")
    assert [gap.competency for gap in nothing.steps[0].lacking] == list(both)
    assert after.steps[0].done
    assert "Probabilistic thinking: level 0, needed 2" in after.next_move


def test_a_way_that_the_evidence_shows_whole_says_apply() -> None:
    path = career_path("product-manager")
    every = tuple({name for step in path.steps for name in step.needs})

    way = way_forward(path, audit([record(competencies=every)]))

    assert way.next_step is None
    assert "apply" in way.next_move


def test_the_way_is_the_plan_s_where_none_is_named(tmp_path: Path) -> None:
    workspace = init(tmp_path)
    with pytest.raises(UserError, match="--from engineer"):
        find_path(workspace)

    plan_career(workspace, PlanSettings(hours=8, start="2026-12-01", path="switcher"))
    add_artifact(workspace, title="X", competencies=["prompting"], link="https://example.org", reason="Why.")

    assert find_path(workspace).path.id == "switcher"
    assert find_path(workspace, "engineer").path.id == "engineer"


def test_facts_have_ids_of_their_own_with_source_and_day() -> None:
    every = facts()

    assert len({fact.id for fact in every}) == len(every) > 50
    assert all(fact.source.title and fact.as_of.year == 2026 and fact.ask and fact.answer for fact in every)
