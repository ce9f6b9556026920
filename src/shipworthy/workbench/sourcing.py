"""Build, tune, buy or wait: weigh it, write the paper, record the decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import UserError, Where, nearest
from shipworthy.core.files import readable, write_atomic
from shipworthy.launch.sourcing.paper import RankLine, Sourcing, in_words, paper, ranked
from shipworthy.workbench.prd import newest_review

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.evidence.ledger import Ledger
    from shipworthy.launch.sourcing.tripwires import Tripwire, TripwireResult
    from shipworthy.workbench.workspace import Workspace


__all__ = [
    "CHOICES",
    "Sourced",
    "agreed_tripwires",
    "source_every_feature",
    "source_feature",
    "text_of",
    "tripwires_after",
]

CHOICES = ("api", "fine_tune", "self_host", "trained", "wait")
"""What a person can decide."""
_COMPETENCIES = ("vendor-choice", "prioritisation")
_TEMPLATE = """\
# What no review can know about sourcing. Uncomment what you know; the rest stays a gap in source.md.
# model: openai:gpt-5-mini        # a hosted model to price, where the review measured none
# price: {input: 0.25, output: 2}  # US dollars per million tokens, where no list has it
# tokens_in: 400                  # tokens read and written per item, where the review measured none
# tokens_out: 10
# routes: {svc: api}              # which way a candidate stands for: api, fine_tune, self_host, trained
# data_may_go: anywhere           # anywhere, one_region, or nowhere (only machines of your own)
# vendor_in_region: true          # whether the vendor promises to stay in that region
# max_latency_ms: 800             # 19 of 20 answers must be faster
# vendor_retires: 2027-06-01      # when the vendor switches the model off
# horizon_months: 12              # how long the decision should hold
# ranges: {gpu_hour: [1.8, 2.6]}  # replaces a range of ours; source.md lists them
# wait: {until: 2027-05-01, score: accuracy >= 0.92, cost_per_1000: 0.3}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """One feature weighed, or all of them ranked."""

    ranking: tuple[RankLine, ...]
    """The features, in the order in which to work on them."""
    features: tuple[Sourcing, ...]
    """What was weighed for each."""


def source_feature(
    workspace: Workspace,
    name: str,
    *,
    on: date,
    answers: Path | None = None,
    decide: str | None = None,
    reason: str | None = None,
    seed: int = 0,
    clock: Clock | None = None,
) -> Sourced:
    """Weigh one feature, write ``papers/source.md`` and record what was recommended and decided.

    Args:
        workspace: Where the feature is.
        name: The feature.
        on: The day for which prices and dates count.
        answers: A file of answers; it is taken over as the feature's own.
        decide: What the person decides, one of ``CHOICES``; None where they do not yet.
        reason: Why, in their own words; needed with ``decide``.
        seed: Seed of the simulation.
        clock: The time; the machine's when left out.

    Raises:
        UserError: an answer cannot be used, the feature has no volume, or a decision has no reason.
    """
    from shipworthy.evidence.ledger import Ledger, ledger_location
    from shipworthy.launch.sourcing.answers import read_source_answers

    _check_decision(decide, reason)
    workspace.feature_file(name)
    home = workspace.feature_folder(name) / "papers"
    kept, page = home / "source.answers.yaml", home / "source.md"
    if answers is not None:
        read_source_answers(answers)
    weighed = _weighed(workspace, name, answers or kept, on=on, seed=seed)
    weighed = replace(weighed, decision=decide, paper_file=str(page), answers_file=str(kept))
    content = _TEMPLATE if answers is None else readable(answers).read_text("utf-8-sig")
    location = ledger_location(workspace.root)
    with Ledger.open(location, workspace=workspace.root, clock=clock or SystemClock()) as ledger:
        if answers is not None or not kept.exists():
            write_atomic(kept, content)
        write_atomic(page, paper(weighed))
        _record(ledger, weighed, origin=_origin(workspace, name), reason=reason)
    return Sourced(ranking=ranked([weighed]), features=(weighed,))


def _check_decision(decide: str | None, reason: str | None) -> None:
    if decide is not None and decide not in CHOICES:
        raise UserError(f"{decide!r} is no way to source a feature.", hint=nearest(decide, CHOICES))
    if decide is not None and not (reason or "").strip():
        raise UserError("A decision needs a reason in your own words.", hint="Give it with --reason.")
    if decide is None and reason is not None:
        raise UserError("There is a reason and no decision.", hint=f"Give --decide: {', '.join(CHOICES)}.")


def source_every_feature(workspace: Workspace, *, on: date, seed: int = 0) -> Sourced:
    """Weigh every feature and rank them; nothing is written.

    A feature that cannot be weighed is listed with the reason.
    """
    weighed, problems = [], []
    for name in workspace.features():
        kept = workspace.feature_folder(name) / "papers" / "source.answers.yaml"
        try:
            weighed.append(_weighed(workspace, name, kept, on=on, seed=seed))
        except UserError as error:
            problems.append((name, error.message))
    return Sourced(ranking=ranked(weighed, problems), features=tuple(weighed))


def _weighed(workspace: Workspace, name: str, file: Path, *, on: date, seed: int) -> Sourcing:
    from shipworthy.evals.spec import load_feature
    from shipworthy.launch.sourcing.answers import SourceAnswers, read_source_answers
    from shipworthy.launch.sourcing.weighing import weigh

    said = read_source_answers(file) if file.exists() else SourceAnswers()
    spec, _ = load_feature(workspace.feature_file(name))
    newest = newest_review(workspace, name)
    report = None if newest is None else newest.report
    return weigh(spec, report, said, on=on, seed=seed, where=Where(file=file))


def _origin(workspace: Workspace, name: str) -> Literal["bundled", "own", "external"]:
    newest = newest_review(workspace, name)
    origin: Literal["bundled", "own", "external"] = "own" if newest is None else newest.report["origin"]
    return origin


def _record(
    ledger: Ledger, weighed: Sourcing, *, origin: Literal["bundled", "own", "external"], reason: str | None
) -> None:
    """Evidence: what was weighed, recommended and decided, and what would reverse it."""
    said = weighed.decision or f"{weighed.recommendation.choice.replace('_', ' ')} (recommended)"
    ledger.record(
        kind="sourcing",
        title=f"Sourcing of {weighed.feature}: {said}",
        feature=weighed.feature,
        origin=origin,
        drafted_by_tool=True,
        reason=reason,
        verified=True,
        competencies=_COMPETENCIES,
        facts={
            "review": weighed.review,
            "on": weighed.on.isoformat(),
            "recommended": weighed.recommendation.choice,
            "decision": weighed.decision,
            "reversed_by": list(weighed.recommendation.reversed_by),
            "tripwires": [_tripwire_facts(one) for one in weighed.waiting.tripwires],
            "volume": weighed.volume,
            "seed": weighed.seed,
            "cost_month": {
                option.candidate or option.route: option.cost_month.middle
                for option in weighed.options
                if option.cost_month is not None
            },
        },
    )


def _tripwire_facts(one: Tripwire) -> dict[str, Any]:
    day = None if one.day is None else one.day.isoformat()
    return {"kind": one.kind, "words": one.words, "day": day, "metric": one.metric, "limit": one.limit}


def agreed_tripwires(workspace: Workspace, name: str) -> tuple[str | None, tuple[Tripwire, ...]]:
    """What was last decided (or recommended) about sourcing, and its tripwires.

    Returns:
        The decision, None where there is none, and the tripwires.
    """
    from shipworthy.evidence.ledger import Ledger, ledger_location
    from shipworthy.launch.sourcing.tripwires import Tripwire

    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root) as ledger:
        records = ledger.records(kind="sourcing", feature=name)
    decided = [one for one in records if one.facts.get("decision")]
    if not records:
        return None, ()
    facts: Mapping[str, Any] = (decided or records)[-1].facts
    said = facts["decision"] or f"{facts['recommended']} (recommended, not decided)"
    return said.replace("_", " "), tuple(
        Tripwire(
            kind=one["kind"],
            words=one["words"],
            day=None if one["day"] is None else date.fromisoformat(one["day"]),
            metric=one["metric"],
            limit=one["limit"],
        )
        for one in facts["tripwires"]
    )


def tripwires_after(
    workspace: Workspace, name: str, candidate: Mapping[str, Any] | None, *, on: date
) -> tuple[str | None, tuple[TripwireResult, ...]]:
    """The tripwires of the last decision, held against a candidate that was measured.

    Returns:
        The decision, and what became of each tripwire; None and nothing where nothing was decided.
    """
    from shipworthy.launch.sourcing.tripwires import check_tripwires

    decision, tripwires = agreed_tripwires(workspace, name)
    return decision, check_tripwires(tripwires, candidate, on=on)


def text_of(sourced: Sourced, *, every: bool = False) -> str:
    """What was weighed as lines for a terminal; ``every``: the ranking."""
    if not every:
        return in_words(sourced.features[0])
    return "\n".join(_rank_words(line) for line in sourced.ranking) or "There is no feature yet."


def _rank_words(line: RankLine) -> str:
    from shipworthy.documents.numbers import amount

    place = f"{line.rank}." if line.rank else "-"
    head = f"{place} {line.feature}: {line.choice}; {line.evidence}"
    if line.net_month is None:
        return f"{head}\n   {line.problem}"
    low, middle, high = (
        amount(value, "money", currency=line.currency)
        for value in (line.net_month.low, line.net_month.middle, line.net_month.high)
    )
    return f"{head}\n   brings {middle} a month ({low} to {high})\n   waiting: {line.waiting}"
