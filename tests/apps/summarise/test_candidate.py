"""The application as a candidate of a review."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shipworthy.apps.summarise import build_candidate
from shipworthy.core.errors import SpecError
from shipworthy.datasets.frozen import Example
from shipworthy.evals.jobs.candidate import Surroundings

VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>I will send the report by Friday.\n"


def example(text: str, label: str | None = None) -> Example:
    return Example(
        row=2, id=text, text=text, label=label, segments={}, cluster=None, at=None, outcome=None,
        label_source=None, annotations={},
    )  # fmt: skip


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    (tmp_path / "meetings").mkdir()
    (tmp_path / "meetings" / "a.vtt").write_text(VTT, encoding="utf-8")
    (tmp_path / "secret.txt").write_text("Anna: I will hide it.", encoding="utf-8")
    return Surroundings(folder=tmp_path, documents=tmp_path / "meetings")


def test_a_batch_is_answered_in_order_and_a_broken_row_ends_nothing(around: Surroundings) -> None:
    fitted = build_candidate({}, around).fit(())
    answers = fitted.answer([example("gone.vtt"), example("a.vtt"), example("../secret.txt")])
    assert answers.statuses == ["error", "ok", "error"]
    (item,) = answers.outputs[1].items  # type: ignore[union-attr]
    assert (item.owner, item.due) == ("Anna", "by Friday")
    assert answers.confidence is not None
    assert answers.confidence[1] == item.confidence
    assert answers.details is not None
    assert "not below the folder" in str(answers.details[2])


def test_learning_changes_the_version_only_with_enough_labels(around: Surroundings) -> None:
    plain = build_candidate({}, around).fit(())
    label = json.dumps({"items": [{"kind": "action", "text": "Send it", "lines": [1]}]})
    learnt = build_candidate({"learn": True}, around).fit([example("a.vtt", label)])
    assert learnt.version == plain.version


@pytest.mark.parametrize(
    ("settings", "field"),
    [({"modle": "local"}, "settings.modle"), ({"learn": "perhaps"}, "settings.learn")],
)
def test_a_wrong_setting_is_named(around: Surroundings, settings: dict[str, object], field: str) -> None:
    with pytest.raises(SpecError) as caught:
        build_candidate(settings, around)
    assert caught.value.where is not None
    assert caught.value.where.field == field


def test_without_documents_there_is_nothing_to_summarise(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no folder"):
        build_candidate({}, Surroundings(folder=tmp_path))


def test_only_a_model_elsewhere_gets_the_transcripts(around: Surroundings) -> None:
    assert build_candidate({}, around).sends_to is None
    assert build_candidate({"model": "local"}, around).sends_to is None
    assert build_candidate({"model": "openai:gpt-5-mini"}, around).sends_to == "openai:gpt-5-mini"
