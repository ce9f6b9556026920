"""The command that judges what somebody claims."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipworthy.cli.lines import say_lines, stdin_lines
from shipworthy.cli.options import AsJson
from shipworthy.cli.output import say, say_json
from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from shipworthy.evals.claims import IfN, Judged, Judgement

__all__ = ["claim"]

_WIDTH = 96


def claim(
    text: Annotated[str | None, typer.Argument(help="What was said, in quotes.")] = None,
    *,
    file: Annotated[
        Path | None, typer.Option("--file", help="A report to read instead: Markdown or plain text.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a claim about a model really shows, what it leaves out, and what to ask.

    Without a text and a file, reads JSON Lines from standard input ({"text": "…"} in each line)
    and writes JSON Lines.

    Example: shipworthy claim "93% on 500, best of 12 prompts"
    """
    from shipworthy.workbench.claims import judge_claims, judge_report

    if text is not None and file is not None:
        raise UserError("Give a text or --file, not both.")
    if text is None and file is None:
        return _lines()
    judgement = judge_report(file) if file is not None else judge_claims(text or "")
    if as_json:
        return say_json("claim", judgement)
    return say(_shown(judgement, in_file=file is not None))


def _lines() -> None:
    """One judgement for each line of standard input, as JSON in one line."""
    from shipworthy.workbench.claims import judge_lines

    hint = 'Give what was said in quotes, a report with --file, or {"text": "…"} lines on standard input.'
    nothing = UserError("There is nothing to judge.", hint=hint)
    say_lines(judge_lines(stdin_lines(nothing)), nothing=nothing, failing="could not be judged")


def _shown(judgement: Judgement, *, in_file: bool) -> str:
    lines: list[str] = []
    for judged in judgement.claims:
        lines += [*_claim_lines(judged, in_file=in_file), ""]
    lines.append("Not said" if judgement.missing else "All that should stand beside a score is mentioned.")
    for topic in judgement.missing:
        lines += _wrapped("  ", topic.words + (f" (“{_flat(topic.quote)}”)" if topic.quote else ""))
    said = [topic for topic in judgement.topics if topic.status == "mentioned"]
    if said:
        lines += ["", "Mentioned; read whether it is enough"]
        for topic in said:
            lines += _wrapped("  ", f"{topic.words}: “{_flat(topic.quote or '')}”")
    asks = [question for judged in judgement.claims for question in judged.questions]
    asks += [topic.question for topic in judgement.missing]
    lines += ["", "Ask the team"]
    for number, question in enumerate(dict.fromkeys(asks), start=1):
        lines += _wrapped(f"{number:>4}. ", question)
    return "\n".join(lines)


def _claim_lines(judged: Judged, *, in_file: bool) -> list[str]:
    made = judged.claim
    place = f"line {made.line}: " if in_file else ""
    says = (line for said in judged.says for line in _wrapped("  - ", said))
    return [*_wrapped("", f"{place}“{_flat(made.quote)}”"), *says, *_sizes(judged.if_n)]


def _wrapped(lead: str, text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead))


def _sizes(rows: tuple[IfN, ...]) -> list[str]:
    """What the interval would be for some numbers of examples."""
    lines = ["  - It would be"] if rows else []
    for row in rows:
        low, high = row.interval.low, row.interval.high
        assert low is not None
        assert high is not None
        luck = "" if row.inflation is None else f", luck of the choice {row.inflation * 100:.1f} points"
        lines.append(f"      on {row.n:>5,} examples: {low:.1%} to {high:.1%}{luck}")
    return lines


def _flat(text: str) -> str:
    shown = " ".join(text.split())
    return shown if len(shown) <= 300 else shown[:299] + "…"
