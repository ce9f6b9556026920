"""The text of a new ``feature.yaml``: each choice with its reason above it, and what to fill in below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shipworthy.datasets.proposal import Proposal

__all__ = ["FeatureDraft", "feature_yaml"]

_FEW_ROWS = 300
_LABEL = "label"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureDraft:
    """What is known of a new feature."""

    name: str
    """Its name."""
    does: str | None
    """What it does; None: to be said."""
    job: str
    """What is judged."""
    file: str
    """Name of the file of examples."""
    documents: str | None
    """Folder of documents, from the feature's folder."""
    schema: str | None
    """What to extract."""
    proposal: Proposal
    """What each column is for."""
    rows: int
    """Rows of the file."""


def feature_yaml(draft: FeatureDraft) -> str:
    """``feature.yaml`` with the reason for each choice above it."""
    lines = [
        "# yaml-language-server: $schema=../../.shipworthy/feature.schema.json",
        "# Every line can be changed. Check the result with: shipworthy feature check " + draft.name,
        f"name: {_scalar(draft.name)}",
        f"does: {_scalar(draft.does or 'Say in one sentence what the feature does.')}",
        "for_whom: Say whom it is for.",
        f"job: {draft.job}",
        "",
        "data:",
        *(f"  {line}" for line in _data(draft)),
        "",
        *_candidates(draft),
        "",
        *_BAR_WORDS,
        "bar:",
        *_BARS[draft.job],
        "",
        _REST.format(**_FILLED[draft.job]),
    ]
    return "\n".join(lines)


def _data(draft: FeatureDraft) -> Iterator[str]:
    proposal = draft.proposal
    yield from _file(draft)
    if draft.documents is not None:
        yield f"documents: {_scalar(draft.documents)}"
    choices: dict[str, str | list[str] | None] = {
        "input": proposal.input[0] if len(proposal.input) == 1 else list(proposal.input),
        "label": None if proposal.label_parts else proposal.label or _LABEL,
        "id": proposal.id,
        "split": proposal.split,
        "segments": list(proposal.segments) or None,
        "cluster": proposal.cluster,
        "time": proposal.time,
        "label_source_column": proposal.label_source,
        "annotations": list(proposal.annotations) or None,
    }
    for key, value in choices.items():
        if value is not None:
            yield from _reasons(proposal, [value] if isinstance(value, str) else value)
            yield f"{key}: {_scalar(value)}"
        elif key == "label":
            yield from _parts(proposal)
    if draft.job != "classify" and proposal.split is None and draft.rows <= _FEW_ROWS:
        yield "# These applications learn little, so half of the rows can judge."
        yield "test_share: 0.5"
    if proposal.outcome is not None:
        yield from _reasons(proposal, [proposal.outcome])
        yield "# Say which value means that the user was served well, and remove the '#':"
        yield f'# outcome: {{column: {_scalar(proposal.outcome)}, good: "…"}}'


def _file(draft: FeatureDraft) -> Iterator[str]:
    file = _scalar(f"data/{draft.file}")
    if draft.proposal.label is not None or draft.proposal.label_parts:
        yield f"file: {file}"
        return
    yield (
        f"# No column {'looks like a label' if draft.job == 'classify' else 'holds what is right'}. "
        f"'shipworthy label {draft.name}' asks about the"
    )
    yield "# rows of to_label and writes file."
    yield f"to_label: {file}"
    yield f"file: data/labelled.{'csv' if draft.job == 'classify' else 'jsonl'}"


def _parts(proposal: Proposal) -> Iterator[str]:
    """The columns of a label that stands in several."""
    yield "# A column for each part of what is right:"
    yield "label:"
    for part, column in proposal.label_parts.items():
        yield from (f"  {line}" for line in _reasons(proposal, [column]))
        yield f"  {_scalar(part)}: {_scalar(column)}"


def _reasons(proposal: Proposal, columns: list[str]) -> Iterator[str]:
    for column in columns:
        if column in proposal.reasons:
            yield f"# {_comment(column)}: {_comment(proposal.reasons[column])}"


def _candidates(draft: FeatureDraft) -> Iterator[str]:
    if draft.job == "classify":
        yield "# Ways to build the feature. Two simple baselines (majority, keyword) are always added."
        yield from ("candidates:", "  - name: trained", "    kind: trained")
        return
    yield "# Ways to build the feature. Two simple baselines (nothing, rules) are always added."
    yield from ("candidates:", "  - name: app", "    kind: app")
    if draft.schema is not None:
        yield f"    settings: {{schema: {_scalar(draft.schema)}}}"
    else:
        yield "    # settings: {model: local}    # a language model instead of the documents' own words"


def _scalar(value: Any) -> str:
    """A value as YAML on one line."""
    import yaml

    return (
        yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000)
        .removesuffix("\n...\n")
        .strip()
    )


def _comment(text: str) -> str:
    """Text for one line of comment, without what YAML does not allow."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:200])


_BAR_WORDS = (
    "# What it must reach to ship, written before the review. A bar is met when even the worse",
    "# end of the interval meets it. Correct the numbers: only you know what your users need.",
)
_BARS: Mapping[str, tuple[str, ...]] = {
    "classify": ("  - accuracy >= 0.85", "  - beats(baseline)", "  - leakage <= 0.01"),
    "answer": (
        "  - citations_verbatim >= 0.95",
        "  - beats(baseline)",
        "  # - abstention_recall >= 0.80    # once some questions have no answer in the documents",
    ),
    "extract": (
        "  - field_f1 >= 0.85",
        "  - spans_verbatim >= 0.95",
        "  - beats(baseline)",
    ),
    "summarise": (
        "  - item_f1 >= 0.50",
        "  - spans_verbatim >= 0.95",
        "  - beats(baseline)",
    ),
}
_FILLED: Mapping[str, Mapping[str, str]] = {
    "classify": {
        "who": "the support team",
        "sees": "A colleague will answer within a day.",
        "harmed": "customers who report an outage",
        "harm": "nobody sees the report for hours",
    },
    "answer": {
        "who": "the people who know",
        "sees": "Not in the documents. A colleague will answer within a day.",
        "harmed": "people who rely on an answer",
        "harm": "they act on a rule that does not exist",
    },
    "extract": {
        "who": "those who type it in today",
        "sees": "This document was not read surely enough. Please type it.",
        "harmed": "whoever is paid by these records",
        "harm": "a wrong amount is paid",
    },
    "summarise": {
        "who": "whoever chaired the meeting",
        "sees": "Please read through these notes.",
        "harmed": "people who were given work",
        "harm": "nobody knows that they were to do it",
    },
}
_REST = """\
# Fill these in and the review can say more:
#
# value:                        # what an item handled rightly is worth
#   currency: EUR
#   minutes_saved: 3
#   cost_per_hour: 40
#   volume_per_month: 10000
# costs:                        # what mistakes cost
#   wrong: 5
#   handed_over: 1.5
# fallback:                     # who takes the unsure cases
#   who: {who}
#   capacity_a_day: 100
#   user_sees: "{sees}"
# harms:
#   - who: {harmed}
#     what: {harm}
#     severity: high
"""
