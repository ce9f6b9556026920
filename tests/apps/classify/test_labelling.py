"""Which labels may be acted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from shipworthy.apps.classify import Basis, Labeller
from shipworthy.core.clock import SystemClock
from shipworthy.datasets.frozen import Example
from shipworthy.evals.candidate import Answers, Status
from shipworthy.evals.running import Conduct


@dataclass(frozen=True)
class Said:
    """A candidate that always says the same."""

    label: str | None = "bug"
    confidence: float | None = 0.8
    status: Status = "ok"
    version: str = "1"
    out_of_fold: None = None

    def answer(self, batch: Sequence[Example]) -> Answers:
        sure = None if self.confidence is None else [self.confidence] * len(batch)
        return Answers(
            outputs=[self.label] * len(batch), statuses=[self.status] * len(batch), confidence=sure
        )


@pytest.mark.parametrize(
    ("candidate", "basis", "action"),
    [
        (Said(), Basis(acts=True, threshold=None), "automatic"),
        (Said(confidence=None), Basis(acts=True, threshold=None), "automatic"),
        (Said(), Basis(acts=True, threshold=0.8), "automatic"),
        (Said(), Basis(acts=True, threshold=0.81), "send to a person"),
        (Said(confidence=None), Basis(acts=True, threshold=0.0), "send to a person"),
        (Said(label=None, status="error"), Basis(acts=True, threshold=None), "send to a person"),
        (Said(confidence=1.0), Basis(acts=False, threshold=None), "send to a person"),
    ],
)
def test_a_label_is_acted_on_only_where_the_review_and_the_confidence_allow_it(
    candidate: Said, basis: Basis, action: str
) -> None:
    with Labeller(candidate, basis, conduct=Conduct(), clock=SystemClock()) as labeller:
        assert [said.action for said in labeller.label([("1", "it crashed")])] == [action]


def test_texts_without_content_are_never_labelled_and_keep_their_place() -> None:
    with Labeller(
        Said(), Basis(acts=True, threshold=None), conduct=Conduct(), clock=SystemClock()
    ) as labeller:
        said = labeller.label([("a", "it crashed"), ("b", " \n"), ("c", "again")])
    assert [(one.id, one.label, one.status, one.action) for one in said] == [
        ("a", "bug", "ok", "automatic"),
        ("b", None, "invalid", "send to a person"),
        ("c", "bug", "ok", "automatic"),
    ]
