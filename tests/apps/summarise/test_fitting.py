"""Weights fitted to labelled meetings."""

from __future__ import annotations

from shipworthy.apps.summarise.fitting import fitted
from shipworthy.apps.summarise.lines import lines_of
from shipworthy.apps.summarise.scoring import BY_HAND, Talk
from shipworthy.retrieval.document import Document
from tests.apps.summarise.meetings import meeting


def odd_meetings(n: int) -> list[tuple[Document, dict[str, set[int]]]]:
    """Meetings in which what begins with *so* is a decision, and a plain decision is none."""
    found = []
    for _ in range(n):
        document = meeting(
            "A: So the blue one is nice.", "B: I went there.", "A: We decided to leave.", "B: So it was."
        )
        found.append((document, {"decision": {1, 4}}))
    return found


def test_few_labels_leave_the_weights_as_they_are() -> None:
    scorer = fitted(odd_meetings(3))  # type: ignore[arg-type]
    assert scorer.weights == BY_HAND


def test_fitted_weights_rank_as_the_labels_say_and_other_kinds_stay() -> None:
    labelled = odd_meetings(20)
    scorer = fitted(labelled)  # type: ignore[arg-type]
    talk = Talk.of(lines_of(labelled[0][0]))
    scores = scorer.scores(talk, "decision")
    assert min(scores[0], scores[3]) > max(scores[1], scores[2])
    assert scorer.weights["action"] == BY_HAND["action"]
    assert fitted(labelled) == scorer  # type: ignore[arg-type]
