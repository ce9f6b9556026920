"""Candidates side by side on the same rows: which is better, by how much, and whether that is settled.

This is the light half of a review: it runs, scores and compares. It looks for no leaks, no segments and
no wrong labels, and gives no verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np

from shipworthy.evals.calls import calls_of, right_of, scores_of
from shipworthy.evals.candidates.model import Asker
from shipworthy.evals.review import Calls, ExampleRow
from shipworthy.stats.comparison import Standing, paired_difference, standing
from shipworthy.stats.estimate import Estimate
from shipworthy.stats.intervals import mean
from shipworthy.stats.power import detectable_paired_difference
from shipworthy.stats.repeats import pass_at_k
from shipworthy.stats.sequential import sequential_comparison

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.datasets.prediction_log import PredictionLog
    from shipworthy.evals.candidate import Fitted
    from shipworthy.evals.running import Asked
    from shipworthy.evals.spec import ValueSpec
    from shipworthy.stats.arrays import FloatArray, IntArray

__all__ = ["Compared", "Duel", "SideBySide", "Subject", "duels", "settled", "side_by_side"]

Subject = Literal["candidate", "prompt", "model"]
"""What two candidates of a pair may differ in."""
_MARGIN = 0.01
_TEXT = 400
_SCORED = ("output", "label", "repeat", "status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One candidate."""

    name: str
    """Its name in feature.yaml."""
    words: str
    """What it is, in one sentence."""
    version: str
    """Hash of everything that determines its outputs."""
    right: Estimate
    """How often a single answer is right (accuracy); failed calls count as wrong."""
    any_right: Estimate | None
    """How often at least one of k answers is right (pass@k), where k was asked for."""
    statuses: dict[str, int]
    """Calls per status (ok, refused, invalid, timeout, error)."""
    calls: Calls | None
    """What asking it took; None unless it is a model or a service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """Two candidates on the same rows."""

    first: str
    """One candidate."""
    second: str
    """The other."""
    difference: Estimate
    """How much more often the first is right, in points; all pairs together err in at most 5%."""
    standing: Standing
    """The first against the second."""
    anytime: Estimate
    """The same with an interval that may be looked at after every example (wider)."""
    detectable: float | None
    """Smallest difference these rows would probably show; None when there is none."""
    words: str
    """The answer in plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """A comparison of candidates: the content of its ``report.json``."""

    id: str
    """Sortable id."""
    at: str
    """When, ISO 8601 in UTC."""
    feature: str
    """Feature name."""
    dataset: str
    """Hash of the frozen dataset."""
    rows: int
    """Test rows that every candidate has answered."""
    by: Subject
    """What the candidates of a pair differ in."""
    candidates: tuple[Compared, ...]
    """In the order asked for."""
    duels: tuple[Duel, ...]
    """Pairs of candidates."""
    method: tuple[str, ...]
    """How it was measured."""
    stopped: str | None
    """Why the run ended before every row was answered; None when it did not."""
    schema: str = "shipworthy.comparison/1"
    """Version of this layout."""


def duels(candidates: Mapping[str, object], by: Subject) -> Iterator[tuple[str, str]]:
    """Pairs of candidates that differ in nothing but the subject."""
    for first, second in combinations(candidates, 2):
        if by == "candidate" or _same_but(candidates[first], candidates[second], by):
            yield first, second


def _same_but(first: object, second: object, by: Subject) -> bool:
    if not isinstance(first, Asker) or not isinstance(second, Asker):
        return False
    same_model = first.model.title == second.model.title
    same_prompt = first.prompt.version == second.prompt.version
    return same_model and not same_prompt if by == "prompt" else same_prompt and not same_model


def settled(right: Mapping[str, list[list[bool]]], pairs: Sequence[tuple[str, str]]) -> str | None:
    """Why no more examples are needed: every pair is settled by an interval that may be looked at often."""
    level = 1 - 0.05 / len(pairs)
    said = []
    for first, second in pairs:
        means = [np.array([np.mean(row) for row in right[name]]) for name in (first, second)]
        found = sequential_comparison(means[0], means[1], margin=_MARGIN, level=level)
        if found.stop is None:
            return None
        said.append(found.words(first, second))
    return " ".join(said)


def side_by_side(
    *,
    id: str,  # noqa: A002 - the field's name
    at: str,
    feature: str,
    dataset: str,
    by: Subject,
    fitted: Mapping[str, Fitted | Asker],
    words: Mapping[str, str],
    log: PredictionLog,
    asked: Asked,
    examples: Sequence[Example],
    order: Sequence[int],
    clusters: IntArray | None,
    value: ValueSpec | None,
    pass_at: int | None = None,
) -> SideBySide:
    """Compare what candidates answered.

    Args:
        id: Its id.
        at: When, ISO 8601 in UTC.
        feature: Feature name.
        dataset: Hash of the frozen dataset.
        by: What the candidates of a pair differ in.
        fitted: Name to candidate.
        words: Name to what it is.
        log: What they answered.
        asked: How asking models ended.
        examples: The n examples they answered, in the log's order.
        order: Positions of these examples in the order in which they were asked.
        clusters: (n,) codes of examples that belong together.
        value: What an hour of work costs, to price further labels.
        pass_at: Answers a user would get, of which one has to be right; None: it is not asked.
    """
    rows = {name: log.columns(_SCORED, candidate=name) for name in fitted}
    scores = {name: scores_of(rows[name]) for name in fitted}
    pairs = list(duels(fitted, by))
    return SideBySide(
        id=id,
        at=at,
        feature=feature,
        dataset=dataset,
        rows=len(examples),
        by=by,
        candidates=tuple(
            Compared(
                name=name,
                words=words[name],
                version=one.version,
                right=mean(scores[name], clusters=clusters, unit="share").at(),
                any_right=None
                if pass_at is None
                else pass_at_k(right_of(rows[name]), pass_at, clusters=clusters).at(),
                statuses=dict(Counter(rows[name]["status"])),
                calls=calls_of(
                    one,
                    log,
                    name,
                    examples=examples,
                    clusters=clusters,
                    failures=asked.failures.get(name, ()),
                    shown=_shown,
                    value=value,
                )
                if isinstance(one, Asker)
                else None,
            )
            for name, one in fitted.items()
        ),
        duels=tuple(
            _duel(first, second, scores[first], scores[second], order, clusters, len(pairs))
            for first, second in pairs
        ),
        method=(
            f"Every candidate answered the same {len(examples):,} labelled test rows of one frozen dataset.",
            "Calls that failed stay in every denominator and count as wrong.",
            "Differences are paired, row by row; with several pairs their intervals are widened so that all "
            "of them together err in at most 5% of samples (Bonferroni).",
            "No leaks, segments or wrong labels were looked for: a review does that.",
        ),
        stopped=None if asked.stopped is None else asked.stopped.reason,
    )


def _shown(example: Example, note: str) -> ExampleRow:
    return ExampleRow(
        row=example.row, id=example.id, text=example.text[:_TEXT], label=example.label, note=note
    )


def _duel(
    first: str,
    second: str,
    a: FloatArray,
    b: FloatArray,
    order: Sequence[int],
    clusters: IntArray | None,
    pairs: int,
) -> Duel:
    level = 1 - 0.05 / pairs
    difference = paired_difference(a, b, clusters=clusters).at(level)
    asked = np.asarray(order, dtype=np.int64)
    anytime = sequential_comparison(
        a[asked],
        b[asked],
        clusters=None if clusters is None else clusters[asked],
        margin=_MARGIN,
        level=level,
    )
    discordant = float(np.mean(a != b)) if len(a) else 0.0
    design = 1.0 if difference.clusters is None else max(1.0, difference.n / max(difference.clusters, 1))
    detectable = detectable_paired_difference(len(a), discordant, design_effect=design) if len(a) else None
    found = standing(difference, margin=_MARGIN)
    return Duel(
        first=first,
        second=second,
        difference=difference,
        standing=found,
        anytime=anytime.estimate,
        detectable=detectable,
        words=_words(first, second, difference, found, detectable),
    )


def _words(first: str, second: str, difference: Estimate, found: Standing, detectable: float | None) -> str:
    match found:
        case "better" | "worse":
            return f"{first} is {found} than {second}: {difference}."
        case "tied":
            return f"{first} and {second} are as good as each other within {_MARGIN:.0%}: {difference}."
        case _:
            least = "" if detectable is None else f" Differences under {detectable:.1%} would not show here."
            return f"These rows cannot tell {first} and {second} apart: {difference}.{least}"
