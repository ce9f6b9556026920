"""The playbook's items are complete, refer only to each other, and are in our own words."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from shipworthy.core.errors import SpecError, UserError
from shipworthy.core.yaml_file import YamlFile, model_from_yaml
from shipworthy.playbook import (
    Competency,
    FailureMode,
    competencies,
    competency,
    failure_mode,
    failure_modes,
)
from shipworthy.playbook._files import FailureModeFile
from tests.support import ROOT, require

ITEMS: list[Competency | FailureMode] = [*competencies(), *failure_modes()]
THIRTEEN = {"core": 4, "technical": 5, "soft": 4}
EARLIEST, LATEST = date(2026, 4, 24), date(2026, 12, 31)


def test_there_are_four_core_five_technical_and_four_soft_competencies() -> None:
    groups = [item.group for item in competencies()]
    assert {group: groups.count(group) for group in dict.fromkeys(groups)} == THIRTEEN


def test_every_id_names_one_item() -> None:
    for items in (competencies(), failure_modes()):
        ids = [item.id for item in items]
        assert len(ids) == len(set(ids))
        assert len({item.name for item in items}) == len(ids)
        assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in ids)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.id)
def test_every_item_has_words_a_source_and_a_date(item: Competency | FailureMode) -> None:
    assert all(text.strip() == text and text for text in _texts(asdict(item)))
    assert EARLIEST <= item.as_of <= LATEST
    assert item.source.title


@pytest.mark.parametrize("mode", failure_modes(), ids=lambda mode: mode.id)
def test_a_failure_mode_exercises_competencies_that_exist(mode: FailureMode) -> None:
    assert mode.competencies
    assert len(set(mode.competencies)) == len(mode.competencies)
    assert [competency(name).id for name in mode.competencies] == list(mode.competencies)


def test_each_competency_is_exercised_by_some_failure_mode() -> None:
    exercised = {name for mode in failure_modes() for name in mode.competencies}
    assert exercised == {item.id for item in competencies()}


def test_every_link_is_https() -> None:
    links = [item.source.url for item in ITEMS] + [
        mode.incident.url for mode in failure_modes() if mode.incident
    ]
    assert all(re.fullmatch(r"https://[^\s]+", link) for link in links if link is not None)


def test_families_stand_together_in_the_list() -> None:
    families = [mode.family for mode in failure_modes()]
    changes = sum(left != right for left, right in pairwise(families))
    assert changes == len(set(families)) - 1


def test_lookup_returns_the_item_itself() -> None:
    assert [competency(item.id) for item in competencies()] == list(competencies())
    assert [failure_mode(item.id) for item in failure_modes()] == list(failure_modes())


def test_an_unknown_id_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UserError) as mode:
        failure_mode("leekage")
    assert str(mode.value) == ("The playbook has no failure mode 'leekage'.\n  next: Did you mean 'leakage'?")
    with pytest.raises(UserError, match="Did you mean 'data-literacy'"):
        competency("data_literacy")


def test_a_misspelt_field_in_the_playbook_is_refused() -> None:
    item = asdict(failure_modes()[0])
    item["source"]["ulr"] = item["source"].pop("url")
    file = YamlFile(path=ROOT / "failure_modes.yaml", value={"items": [item]}, lines={})
    with pytest.raises(SpecError, match="ulr"):
        model_from_yaml(FailureModeFile, file)


def test_no_eight_words_in_a_row_are_taken_from_the_source_guide() -> None:
    guide = ROOT.parent / "shared" / "facts" / "source-guide.txt"
    if not guide.exists():
        require("data", "the source guide is not beside the repository (../shared/facts)")
    taken = _runs(guide.read_text(encoding="utf-8"))
    ours = {run for item in ITEMS for text in _texts(asdict(item)) for run in _runs(text)}
    assert len(taken) > 1_000
    assert ours & taken == set()


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def _runs(text: str, length: int = 8) -> set[tuple[str, ...]]:
    words = re.findall(r"[\w']+", text.casefold())
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}
