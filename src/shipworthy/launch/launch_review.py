"""The launch review: the review, the risk tier and the PRD in one verdict, the worst of the three.

What is missing is a gap, and a gap never ships. Nothing here reads a file; what was found comes in, one
value comes out, and the page is made from that value alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from shipworthy.evals.review import Decision

if TYPE_CHECKING:
    from shipworthy.launch.prd import CheckedPrd, PrdFinding
    from shipworthy.launch.risk import Assessment

__all__ = [
    "LaunchDecision",
    "LaunchPaper",
    "LaunchPart",
    "LaunchReview",
    "joined",
    "prd_part",
    "review_part",
    "risk_part",
    "worst",
]

_ORDER: Sequence[Decision] = ("hold", "cannot_tell", "ship_with_fallback", "ship")
_FINDINGS_SHOWN = 20
_HEADLINES: Mapping[Decision, str] = {
    "ship": "The review, the risk tier and the PRD all allow it.",
    "ship_with_fallback": "Allowed where a person takes over what the feature is not sure about.",
    "hold": "Something stands in the way.",
    "cannot_tell": "Something that decides is not known.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchPart:
    """One of the three that decide."""

    id: Literal["review", "risk", "prd"]
    """Which."""
    title: str
    """The same in words."""
    decision: Decision
    """What it says on its own."""
    words: str
    """Why, in one sentence."""
    details: tuple[str, ...]
    """What is behind it."""
    next_steps: tuple[str, ...]
    """What to do, most important first."""
    source: str | None
    """The review's id or the file; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchPaper:
    """One paper of the feature."""

    name: str
    """Its file."""
    state: Literal["current", "stale", "wrong", "missing"]
    """Whether it still says what was measured last."""
    words: str
    """Why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchDecision:
    """Something that was decided about the feature."""

    at: str
    """When."""
    words: str
    """What."""
    why: str
    """Why, in the person's own words."""
    reversed_by: str
    """What would reverse it."""
    due: bool
    """Whether the day to look again has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchReview:
    """Everything that decides a launch, and the verdict."""

    id: str
    """Sortable id."""
    at: str
    """When it was made, ISO 8601 in UTC."""
    on: str
    """The day for which it was asked whether duties apply."""
    feature: str
    """Its name."""
    does: str
    """What it does."""
    for_whom: str
    """Whom it is for."""
    origin: Literal["bundled", "own", "external"]
    """Whose data the review was made on."""
    decision: Decision
    """The worst of the parts."""
    headline: str
    """The verdict in one sentence."""
    reasons: tuple[str, ...]
    """The parts that make it so."""
    next_steps: tuple[str, ...]
    """What to do, most important first."""
    parts: tuple[LaunchPart, ...]
    """The review, the risk tier, the PRD."""
    papers: tuple[LaunchPaper, ...]
    """The papers."""
    attack: str
    """What attacks on this version found."""
    attack_known: bool
    """Whether it was attacked at all; where not, that is no sign of safety."""
    decisions: tuple[LaunchDecision, ...]
    """What was decided, and whether it is due again."""
    gaps: tuple[str, ...]
    """What is missing, stale or due."""
    disclaimer: str
    """What the legal part is not, and of which date its text is."""
    reason: str | None = None
    """Why the person decides as they do, in their own words."""
    schema: str = "shipworthy.launch/1"
    """Version of this layout."""


def worst(decisions: Iterable[Decision]) -> Decision:
    """The verdict that holds when all of these must allow it; *cannot tell* where there is none."""
    return min(decisions, key=_ORDER.index, default="cannot_tell")


def review_part(
    report: Mapping[str, Any] | None,
    *,
    bars: Sequence[str],
    candidate: str | None,
    files: Mapping[str, str | None],
    feature: str,
) -> LaunchPart:
    """What the newest review says.

    Args:
        report: The JSON of the newest review; None where there is none.
        bars: The bars that ``feature.yaml`` holds now; a review of other bars decides nothing.
        candidate: The candidate that it names now, where it names one.
        files: Name of each data file that it names now, to the file's SHA-256; None where it is gone.
        feature: The feature.
    """
    title = "The review"
    again = f"Review it: shipworthy review {feature}"
    if report is None:
        return _part(
            "review", title, "cannot_tell", "There is no review: nothing was measured.", steps=(again,)
        )
    changed = _changed(report, bars, candidate, files)
    if changed is not None:
        return _part("review", title, "cannot_tell", changed, steps=(again,), source=report["id"])
    verdict = report["verdict"]
    met = sum(bar["all_rows"]["outcome"] == "met" for bar in report["bars"])
    return _part(
        "review",
        title,
        verdict["decision"],
        _without_word(verdict["headline"]),
        details=(f"{met} of {len(report['bars'])} bars are met on all rows.", *verdict["reasons"]),
        steps=tuple(verdict["next_steps"]) if verdict["decision"] in {"hold", "cannot_tell"} else (),
        source=report["id"],
    )


def _without_word(headline: str) -> str:
    """The headline without the verdict's own word, which stands beside it."""
    _, colon, rest = headline.partition(": ")
    return rest[:1].upper() + rest[1:] if colon and rest else headline


def _changed(
    report: Mapping[str, Any], bars: Sequence[str], candidate: str | None, files: Mapping[str, str | None]
) -> str | None:
    if sorted(bar["text"] for bar in report["bars"]) != sorted(bars):
        return "The bars in feature.yaml are not those that were reviewed."
    if candidate is not None and report["candidates"][0]["name"] != candidate:
        return f"feature.yaml names the candidate {candidate!r}, and another one was reviewed."
    reviewed = report["data"]["files"]
    others = sorted(name for name in files | reviewed if files.get(name) != reviewed.get(name))
    if others:
        return f"The data are not those that were reviewed: {others[0]} is another file now, or gone."
    return None


def risk_part(assessment: Assessment | None, *, feature: str) -> LaunchPart:
    """What the risk tier under the AI Act says: prohibited holds, undetermined cannot tell.

    Args:
        assessment: The assessment; None where nobody answered the questions.
        feature: The feature.
    """
    title = "The risk tier (EU AI Act)"
    ask = f"Answer the questions: shipworthy risk assess {feature}"
    if assessment is None:
        words = "The questions about its risk tier are not answered, so no tier is ruled out."
        return _part("risk", title, "cannot_tell", words, steps=(ask,))
    decision: Decision = {"prohibited": "hold", "undetermined": "cannot_tell"}.get(assessment.tier, "ship")  # type: ignore[assignment]
    duties = [f"{duty.timing}: {duty.what} ({', '.join(duty.pins)})" for duty in assessment.duties]
    steps = tuple(f"{item.id}: {item.ask}" for item in assessment.missing)
    return _part(
        "risk",
        title,
        decision,
        assessment.headline,
        details=(f"Rests on {', '.join(assessment.pins)}.", *duties) if assessment.pins else tuple(duties),
        steps=steps if decision == "cannot_tell" else (),
        source="risk.answers.yaml",
    )


def prd_part(checked: CheckedPrd | None, *, feature: str) -> LaunchPart:
    """What the PRD's blocking rules say: one that is broken holds.

    Args:
        checked: The PRD, checked; None where there is none.
        feature: The feature.
    """
    title = "The PRD"
    if checked is None:
        draft = f"Draft it: shipworthy prd draft {feature}"
        return _part("prd", title, "cannot_tell", "There is no PRD.", steps=(draft,))
    stops = [one for one in checked.findings if one.severity == "blocking"]
    advice = len(checked.findings) - len(stops)
    shown = tuple(f"Line {one.line}: {one.why}" for one in stops[:_FINDINGS_SHOWN])
    more = len(stops) - len(shown)
    if stops:
        words = f"{len(stops)} of its findings are blocking."
    else:
        words = f"No blocking rule is broken; {advice} pieces of advice are open."
    return _part(
        "prd",
        title,
        "hold" if stops else "ship",
        words,
        details=shown + ((f"… and {more} more: shipworthy prd check {feature}",) if more else ()),
        steps=tuple(f"PRD, line {line}: {step}" for step, line in _first_lines(stops[:_FINDINGS_SHOWN])),
        source="prd.md",
    )


def _first_lines(findings: Iterable[PrdFinding]) -> Iterator[tuple[str, int]]:
    """What to do, each thing once, with the first line that asks for it."""
    found: dict[str, int] = {}
    for one in findings:
        found.setdefault(one.next, one.line)
    yield from found.items()


def _part(
    name: Literal["review", "risk", "prd"],
    title: str,
    decision: Decision,
    words: str,
    *,
    details: tuple[str, ...] = (),
    steps: tuple[str, ...] = (),
    source: str | None = None,
) -> LaunchPart:
    return LaunchPart(
        id=name, title=title, decision=decision, words=words, details=details, next_steps=steps, source=source
    )


def joined(
    parts: Sequence[LaunchPart],
    papers: Sequence[LaunchPaper],
    decisions: Sequence[LaunchDecision],
    *,
    attack: str | None,
    asks_a_model: bool,
    about: Mapping[str, Any],
) -> LaunchReview:
    """Join what was found into one verdict.

    Args:
        parts: The three that decide.
        papers: The papers.
        decisions: What was decided.
        attack: What an attack on this version found; None where there was none.
        asks_a_model: Whether the candidate can be attacked by a text.
        about: The remaining fields of :class:`LaunchReview`.
    """
    decision = worst(part.decision for part in parts)
    deciding = [part for part in parts if part.decision == decision]
    steps = [
        step for part in sorted(parts, key=lambda one: _ORDER.index(one.decision)) for step in part.next_steps
    ]
    return LaunchReview(
        decision=decision,
        headline=_HEADLINES[decision],
        reasons=tuple(f"{part.title}: {part.words}" for part in deciding),
        next_steps=tuple(dict.fromkeys(steps)),
        parts=tuple(parts),
        papers=tuple(papers),
        attack=attack or _NO_ATTACK[asks_a_model],
        attack_known=attack is not None,
        decisions=tuple(decisions),
        gaps=tuple(_gaps(parts, papers, decisions, attacked=attack is not None or not asks_a_model)),
        **about,
    )


_NO_ATTACK = {
    True: "Nobody tried to make this version obey the texts that it judges. That is no sign of safety.",
    False: "Not tried: the candidate under review asks no language model.",
}


def _gaps(
    parts: Sequence[LaunchPart],
    papers: Sequence[LaunchPaper],
    decisions: Sequence[LaunchDecision],
    *,
    attacked: bool,
) -> Iterator[str]:
    for part in parts:
        if part.source is None:
            yield part.words
    if not attacked:
        yield _NO_ATTACK[True]
    for paper in papers:
        if paper.state in {"stale", "wrong"}:
            yield f"{paper.name}: {paper.words}"
    for decision in decisions:
        if decision.due:
            yield f"Due again: {decision.words}"
