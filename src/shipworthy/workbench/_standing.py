"""What labels stand on: the newest review of a feature, and whether it still fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import SpecError, UserError

if TYPE_CHECKING:
    from shipworthy.evals.spec import CandidateSpec, FeatureSpec
    from shipworthy.workbench.reviews import FinishedReview

__all__ = [
    "Standing",
    "changes_since",
    "chosen_candidate",
    "next_step",
    "repeats_of",
    "standing_of",
    "why_not",
]

_SHIPS = frozenset({"ship", "ship_with_fallback"})
_VERDICTS = {"hold": "hold", "cannot_tell": "cannot tell yet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The review that labels stand on."""

    review: str | None
    """Its id; None where there is none."""
    at: str | None
    """When it was made, ISO 8601 in UTC."""
    headline: str
    """Its verdict in a sentence."""
    candidate: str
    """The candidate that labels."""
    threshold: float | None
    """Confidence from which a label may be acted on; None: at any, or at none where ``acts`` is false."""
    acts: bool
    """Whether any label may be acted on without a person."""
    cautions: tuple[str, ...]
    """Why none may, in sentences."""


def why_not(feature: str, review: FinishedReview | None) -> str | None:
    """Why no label may be acted on, from the review alone; None where it lets the feature ship."""
    if review is None:
        return f"The feature {feature!r} was never reviewed, so nobody knows how good its labels are."
    verdict = review.report["verdict"]
    if verdict["decision"] in _SHIPS:
        return None
    word = _VERDICTS[verdict["decision"]]
    said = verdict["headline"].removeprefix(f"{word.capitalize()}: ")
    return f"The newest review of {feature!r} ({review.id}) says {word}: {said}"


def next_step(feature: str, review: FinishedReview | None) -> str:
    """What to do where no review allows labels."""
    again = "Review it" if review is None else "Review it again when that is put right"
    return f"{again}: shipworthy review {feature}. For labels as suggestions, each for a person: --anyway"


def chosen_candidate(spec: FeatureSpec, review: FinishedReview | None) -> CandidateSpec:
    """The candidate that was reviewed; without a review the one feature.yaml names, or its only one.

    Raises:
        SpecError: it is gone, or feature.yaml does not say which.
        UserError: it is a file of outputs, so that nobody can be asked.
    """
    known = {one.name: one for one in spec.candidates}
    name = _reviewed(review) or spec.candidate or (next(iter(known)) if len(known) == 1 else None)
    if name is None:
        raise SpecError(
            f"There are several candidates ({', '.join(known)}), and no review has chosen one.",
            hint=f"Review the feature: shipworthy review {spec.name}",
        )
    if name not in known:
        raise SpecError(
            f"The candidate {name!r} that was reviewed is not in feature.yaml any more.",
            hint=f"Review the feature again: shipworthy review {spec.name}",
        )
    if known[name].kind == "recorded":
        raise UserError(
            f"The candidate {name!r} is a file of outputs, so it has no label for a new text.",
            hint="Review what made those outputs: a candidate of kind trained, model, endpoint or callable.",
        )
    return known[name]


def _row(review: FinishedReview) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(one for one in review.report["candidates"] if one["chosen"])
    return found


def _reviewed(review: FinishedReview | None) -> str | None:
    return None if review is None else str(_row(review)["name"])


def repeats_of(review: FinishedReview | None) -> int:
    """How often the review asked each example, where a model was asked."""
    calls = None if review is None else _row(review)["calls"]
    return 1 if calls is None else int(calls["repeats"])


def changes_since(review: FinishedReview, *, dataset: str, version: str | None) -> Iterator[str]:
    """What is different from what was reviewed, in sentences.

    Args:
        review: The review.
        dataset: Hash of the frozen dataset as it is now.
        version: Version of the fitted candidate; None where it is known only after it was asked.
    """
    if dataset != review.report["data"]["sha256"]:
        yield f"The data have changed since the review {review.id}."
    if version is not None and version != _row(review)["version"]:
        yield f"The candidate {_row(review)['name']!r} is not what the review {review.id} judged."


def standing_of(review: FinishedReview | None, candidate: str, cautions: tuple[str, ...]) -> Standing:
    """What labels stand on."""
    verdict = None if review is None else review.report["verdict"]
    return Standing(
        review=None if review is None else review.id,
        at=None if review is None else str(review.report["at"]),
        headline="Not reviewed." if verdict is None else str(verdict["headline"]),
        candidate=candidate,
        threshold=None if verdict is None or cautions else verdict["threshold"],
        acts=not cautions,
        cautions=cautions,
    )
