"""One page for an executive, for the people who use it, and for a regulator.

Uncertainty is said as natural frequencies with their range in the same words; nothing is said that the review
does not carry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args

from shipworthy.documents.words import DECISIONS
from shipworthy.launch.papers import parts
from shipworthy.launch.papers.draft import signed
from shipworthy.launch.papers.facts import GAP, Cite, plain
from shipworthy.launch.papers.tier import tier_lines

if TYPE_CHECKING:
    from shipworthy.launch.risk.assessing import Assessment

__all__ = ["AUDIENCES", "Audience", "brief"]

Audience = Literal["exec", "user", "regulator"]
"""Whom a brief is for."""
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
_FEW = 3

Report = Mapping[str, Any]


def brief(report: Report, *, audience: Audience, tier: Assessment | None) -> str:
    """A brief about the feature under review.

    Args:
        report: The content of a review's ``report.json``.
        audience: Whom it is for.
        tier: The assessment under the AI Act; None where there is none.
    """
    write: Mapping[Audience, Callable[..., Iterator[str]]] = {
        "exec": _executive,
        "user": _user,
        "regulator": _regulator,
    }
    return signed("\n".join(write[audience](report, Cite.of(report), tier)), source=report["id"])


def _executive(report: Report, cite: Cite, tier: Assessment | None) -> Iterator[str]:
    verdict = report["verdict"]
    yield f"# {plain(report['feature'])}: brief for a decision\n"
    yield f"The review says: {cite('verdict')}.\n"
    yield f"{DECISIONS[verdict['decision']].meaning}\n"
    if report["origin"] == "bundled":
        yield "Measured on data written for an example: practice, no evidence about real use.\n"
    yield "## How good it is\n"
    yield from _how_often(cite)
    yield from _alone(cite)
    if report["bars"]:
        yield f"- Conditions written down before the test and met: {cite('bars.met')}."
    yield from _worse_for(report, cite)
    if "value.month" in cite.facts:
        yield f"- What it brings a month, its mistakes paid for: {cite('value.month')}."
    yield "\n## What could go wrong\n"
    yield from _worst(report, cite)
    yield ""
    yield from tier_lines(tier)
    yield "## What we do not know\n"
    yield from _unknown(report, cite)
    yield "\n## What to decide now\n"
    yield from _decision(report, cite)


def _how_often(cite: Cite) -> Iterator[str]:
    if "wrong" not in cite.facts:
        yield f"- {GAP} how often it is wrong was not measured."
        return
    yield from (f"- {line}" for line in parts.how_often(cite))
    yield "- The range in brackets is what chance allows in a test of this size."
    yield f"- Tested on {cite('rows.test')} rows it had not seen."


def _alone(cite: Cite) -> Iterator[str]:
    if "handover.alone" in cite.facts:
        wrong = cite("handover.alone_wrong")
        yield f"- It can handle without a person: {cite('handover.alone')}; of these wrong: {wrong}."
    if "handover.a_day" in cite.facts:
        room = f" They can take {cite('fallback.capacity')}." if "fallback.capacity" in cite.facts else ""
        yield f"- Left for people: {cite('handover.a_day')}.{room}"


def _worse_for(report: Report, cite: Cite) -> Iterator[str]:
    found = [item for item in report["segments"] if item["found"]]
    for item in found[:_FEW]:
        key = f"segments.{item['segment']}={item['value']}"
        yield (
            f"- It is worse where {plain(item['segment'])} is {plain(item['value'])}. Wrong there: "
            f"{cite(f'{key}.wrong')}; everywhere else: {cite(f'{key}.rest_wrong')}."
        )
    if len(found) > _FEW:
        yield "- It is worse for further groups too; the review lists them."


def _worst(report: Report, cite: Cite) -> Iterator[str]:
    shown = [number for number, item in enumerate(report["findings"], 1) if item["severity"] != "note"]
    yield from (f"- {cite.words(f'findings.{number}')}" for number in shown[:_FEW])
    for number, item in list(enumerate(report["harms"], 1))[:_FEW]:
        measured = "" if item["estimate"] is not None else f" {GAP} not measured."
        yield f"- Possible harm: {cite.words(f'harms.{number}')}.{measured}"
    if not report["harms"]:
        yield f"- {GAP} nobody has written down who could be harmed."
    if len(shown) > _FEW:
        yield "- The review has further findings."


def _unknown(report: Report, cite: Cite) -> Iterator[str]:
    told = False
    for key in list(cite.numbered("data.not_covered"))[:_FEW]:
        told = True
        yield f"- {cite.words(key)}"
    for item in report["protected"]:
        if not item["measured"]:
            told = True
            yield f"- Whether it is fair by {plain(item['segment'])}: not all groups were measured."
    if not report["protected"]:
        told = True
        yield "- Whether it treats groups of people alike: no protected group was named and none measured."
    if report["data"]["label_source"].startswith("not said"):
        told = True
        yield "- Who decided what counts as right in the test."
    if not told:
        yield "- How it does on rows unlike those of the test."


def _decision(report: Report, cite: Cite) -> Iterator[str]:
    decision = report["verdict"]["decision"]
    yield {
        "ship": "- Ship it, and who watches it.",
        "ship_with_fallback": "- Ship it with people behind it, and who they are.",
        "hold": "- Hold it until what failed is repaired.",
        "cannot_tell": "- Whether to gather more evidence; neither yes nor no can be defended now.",
    }[decision]
    yield from (f"- Next: {cite.words(key)}" for key in list(cite.numbered("verdict.next_steps"))[:_FEW])


def _user(report: Report, cite: Cite, tier: Assessment | None) -> Iterator[str]:
    yield f"# {plain(report['feature'])}: what you should know\n"
    yield "You are dealing with an automatic system, not with a person.\n"
    yield "## What it does\n"
    yield f"{cite.words('does')}\n"
    yield "## How often it is wrong\n"
    if "wrong" in cite.facts:
        yield from parts.how_often(cite)
    else:
        yield f"{GAP} it was not measured."
    yield ""
    yield from _worse_for(report, cite)
    yield "\n## When it is not sure\n"
    if report["fallback"] is None:
        yield f"{GAP} nobody is named who takes over. Do not publish this before somebody is."
    else:
        yield f"- Who takes over: {cite.words('fallback.who')}"
        yield f"- What you will see: {cite.words('fallback.user_sees')}"
        if "handover.alone" in cite.facts:
            wrong = cite("handover.alone_wrong")
            yield f"- Answered without them: {cite('handover.alone')}; of these wrong: {wrong}."
    yield "\n## If something went wrong\n"
    yield f"{GAP} how to reach a person, and how to have a decision looked at again."
    if tier is not None and tier.tier in {"high", "prohibited"}:
        yield f"\n{GAP} the words that the duties of the risk memo ask for."


def _regulator(report: Report, cite: Cite, tier: Assessment | None) -> Iterator[str]:
    yield f"# {plain(report['feature'])}: summary for a supervisory authority\n"
    yield from parts.purpose(cite)
    yield from tier_lines(tier)
    yield "## Performance\n"
    yield from parts.summary(cite)
    for name in list(report["candidates"][0]["scores"])[:2]:
        yield f"- {cite.metric(name)}: {cite(f'scores.{name}')}"
    if report["bars"]:
        yield f"- Conditions set before the test and met: {cite('bars.met')}; verdict: {cite('verdict')}"
    yield "\n## Groups of people\n"
    yield from parts.groups(report, cite)
    yield "## Data\n"
    yield f"- Test rows: {cite('rows.test')}; frozen as {cite('data.sha256')}"
    yield f"- Labels: {cite.words('data.label_source')}\n"
    yield "## Human oversight\n"
    yield from parts.oversight(report, cite)
    yield "## Known limits and harms\n"
    yield from _worst(report, cite)
    yield from _unknown(report, cite)
    yield "\n## Contact\n"
    yield f"{GAP} who answers for this system."
