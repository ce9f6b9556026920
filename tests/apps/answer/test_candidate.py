"""The application as a candidate: settings, what it learns, and one answer for each example."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from shipworthy.apps.answer import build_candidate
from shipworthy.apps.answer.confidence import THRESHOLD, Confidence, Labelled, _weights
from shipworthy.core.errors import SpecError
from shipworthy.datasets.frozen import Example
from shipworthy.evals.jobs.candidate import Surroundings
from shipworthy.evals.jobs.outputs import Answer
from shipworthy.retrieval.document import verified
from shipworthy.retrieval.groundedness import Signals, answerable
from shipworthy.retrieval.parsing import read_document

TEXT = "The office in Oslo is open from 8 to 18. Visitors sign in at the desk.\n"
QUOTED = {"meanings": False}


def example(text: str, label: object = None, row: int = 1) -> Example:
    return Example(
        row=row, id=str(row), text=text, label=None if label is None else json.dumps(label), segments={},
        cluster=None, at=None, outcome=None, label_source=None, annotations={},
    )  # fmt: skip


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "office.txt").write_text(TEXT, encoding="utf-8")
    return Surroundings(folder=tmp_path, documents=documents, kept=tmp_path / "kept")


def test_each_example_gets_an_answer_or_an_honest_none(around: Surroundings) -> None:
    candidate = build_candidate(QUOTED, around)
    assert candidate.sends_to is None
    fitted = candidate.fit(())
    found = fitted.answer(
        [example("When is the office in Oslo open?"), example("Who is the cook?"), example("")]
    )
    assert list(found.statuses) == ["ok", "ok", "error"]
    one, other, failed = found.outputs
    assert isinstance(one, Answer)
    assert isinstance(other, Answer)
    assert failed is None
    assert (one.outcome, other.outcome) == ("answer", "abstain")
    assert around.documents is not None
    document = read_document(around.documents / "office.txt", name="office.txt")
    assert all(verified(span, document) for span in one.sentences[0].citations)
    assert found.confidence is not None
    assert found.confidence[0] == one.confidence
    assert found.confidence[1] == 1 - other.confidence
    assert found.retrieved is not None
    assert [span.document for span in found.retrieved[0] or ()] == ["office.txt"]


def test_the_version_changes_with_settings_and_documents(around: Surroundings) -> None:
    def version(settings: Mapping[str, object]) -> str:
        return build_candidate(settings, around).fit(()).version

    first = version(QUOTED)
    assert version(QUOTED) == first
    assert version({**QUOTED, "k": 2}) != first
    assert version({**QUOTED, "threshold": 0.9}) != first
    assert around.documents is not None
    (around.documents / "office.txt").write_text("Closed.\n", encoding="utf-8")
    assert version(QUOTED) != first


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"treshold": 0.5}, "settings.treshold"),
        ({"k": 0}, "settings.k"),
        ({"precision": 1}, "settings.precision"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    settings: dict[str, object], field: str, around: Surroundings
) -> None:
    with pytest.raises(SpecError) as raised:
        build_candidate(settings, around)
    assert raised.value.where is not None
    assert raised.value.where.field == field


def test_a_feature_without_documents_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="names none"):
        build_candidate(QUOTED, Surroundings(folder=tmp_path))


def test_who_reads_the_questions_elsewhere_is_said(around: Surroundings) -> None:
    assert build_candidate({"model": "openai:gpt-5-mini"}, around).sends_to == "openai:gpt-5-mini"
    assert build_candidate({"model": "local"}, around).sends_to is None


# --- weights and threshold ----------------------------------------------------------------------------


def drawn(n: int, seed: int, *, useful: bool = True) -> list[Labelled]:
    """Questions that are answered rightly where the sentence has their words (or for no reason)."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        share = float(rng.uniform())
        right = rng.uniform() < (share if useful else 0.5)
        signals = Signals(
            words_in_sentence=share, words_in_passage=share, kind_missing=0.0, names_missing=0.0,
            numbers_missing=0.0, denied=0.0, opposed=0.0,
        )  # fmt: skip
        found.append(Labelled(signals=signals, right=bool(right)))
    return found


def test_as_shipped_the_weights_are_those_set_by_hand() -> None:
    signals = drawn(1, 0)[0].signals
    assert Confidence().of(signals) == answerable(signals)
    assert Confidence().threshold == THRESHOLD


def test_from_few_labelled_questions_nothing_is_learnt() -> None:
    assert Confidence().fitted(drawn(19, 1)) == Confidence()


def test_from_twenty_on_the_threshold_is_chosen_and_from_sixty_on_the_weights_are_learnt() -> None:
    some = Confidence().fitted(drawn(40, 1))
    assert some.weights is None
    assert some.threshold != THRESHOLD
    many = Confidence().fitted(drawn(400, 1))
    assert many.weights is not None
    assert many.weights[0] + many.weights[1] > 1
    assert 0.35 < many.threshold < 0.65  # right answers outnumber wrong ones where half are right
    assert Confidence().fitted(drawn(400, 1)) == many


def test_the_weights_end_where_the_penalised_slope_is_flat_and_near_the_truth() -> None:
    rng = np.random.default_rng(7)
    rows = rng.uniform(size=(5_000, 2))
    right = rng.uniform(size=5_000) < 1 / (1 + np.exp(1 - 3 * rows[:, 0] + rows[:, 1]))
    ours = _weights(rows, right)
    inputs = np.column_stack([rows, np.ones(5_000)])
    sure = 1 / (1 + np.exp(-inputs @ ours))
    assert np.allclose(inputs.T @ (right - sure), [*ours[:2], 0], atol=1e-4)
    assert np.allclose(ours, [3, -1, -1], atol=0.35)


def test_a_precision_that_can_be_vouched_for_holds_on_other_questions() -> None:
    careful = Confidence().fitted(drawn(2_000, 3), precision=0.8)
    others = [one.right for one in drawn(4_000, 4) if careful.of(one.signals) >= careful.threshold]
    assert len(others) > 200
    assert np.mean(others) >= 0.78


def test_where_no_threshold_helps_no_answer_is_given() -> None:
    never = Confidence().fitted(drawn(200, 5, useful=False), precision=0.95)
    assert never.threshold > 1
    assert "none is given" in never.words
