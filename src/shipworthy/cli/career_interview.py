"""Commands that put interview questions, score answers and show how one got better."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipworthy.cli.lines import say_lines, stdin_lines
from shipworthy.cli.options import HERE, AcceptUnknownPrice, AsJson, Budget, SendPersonalData, Workspace
from shipworthy.cli.output import notice, say, say_json
from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shipworthy.workbench.career_interview import (
        AnsweredInterview,
        InterviewHistory,
        QuestionLine,
        ScoredLine,
    )

__all__ = ["interview_app"]

interview_app = typer.Typer(
    help="Interview questions, scored criterion by criterion from your own words.", no_args_is_help=True
)
_WIDTH = 96
_LONGEST_LINE = 300_001
Model = Annotated[
    str | None,
    typer.Option(help="A model that judges instead, for instance openai:gpt-5-mini; it gets the answer."),
]


@interview_app.command()
def start(
    *,
    question: Annotated[
        str, typer.Option(help="Id of a question; see 'career interview questions'.")
    ] = "launch-eval",
    mode: Annotated[
        str, typer.Option(help="learn shows the criteria first; stress takes time and asks on.")
    ] = "learn",
    answer: Annotated[
        Path | None, typer.Option(help="File with the answer, or - for standard input, instead of typing it.")
    ] = None,
    model: Model = None,
    budget: Budget = None,
    accept_unknown_price: AcceptUnknownPrice = False,
    send_personal_data: SendPersonalData = False,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Put one question, score the answer, and say which words earned what.

    Inside a workspace the attempt is kept as practice. Voice, face and confidence are not judged.

    Example: shipworthy career interview start --question launch-eval --answer answer.txt
    """
    from shipworthy.workbench import career_interview as verbs
    from shipworthy.workbench.runs import Asking
    from shipworthy.workbench.settings import workspace_around

    if mode not in ("learn", "stress"):
        raise UserError(f"There is no mode {mode[:40]!r}.", hint="Choose --mode learn or --mode stress.")
    (line,) = verbs.list_interview_questions(question=question)
    asked = answer is None
    if asked and (as_json or not sys.stdin.isatty()):
        raise UserError(
            "There is no terminal to answer in.",
            hint="Give the answer as a file: --answer FILE, or --answer - for standard input.",
        )
    text, seconds = _asked(line, mode) if answer is None else (_from(answer), None)
    found = verbs.answer_interview(
        line.id,
        text,
        mode="stress" if mode == "stress" else "learn",
        seconds=seconds,
        follow_up=_follow_up if asked else None,
        model=model,
        asking=Asking(
            budget=budget, accept_unknown_price=accept_unknown_price, send_personal_data=send_personal_data
        ),
        workspace=workspace_around(workspace),
    )
    return say_json("career interview start", found) if as_json else say(_scored(found, line))


@interview_app.command()
def score(
    file: Annotated[Path | None, typer.Argument(help="JSON Lines; standard input if left out or -.")] = None,
    *,
    model: Model = None,
    budget: Budget = None,
    accept_unknown_price: AcceptUnknownPrice = False,
    send_personal_data: SendPersonalData = False,
    workspace: Workspace = HERE,
) -> None:
    """Score many answers: JSON Lines in, JSON Lines out. Nothing is kept.

    Each line is like {"id": "7", "question": "launch-eval", "answer": "I would …"}. With "human", a person's
    overall score from 0 to 4, the agreement is printed at the end, on standard error.

    Example: shipworthy career interview score answers.jsonl
    """
    from shipworthy.workbench import career_interview as verbs
    from shipworthy.workbench.runs import Asking
    from shipworthy.workbench.settings import workspace_around

    pairs: list[tuple[float, float]] = []
    hint = 'Give lines such as {"question": "launch-eval", "answer": "…"}.'
    nothing = UserError("There is nothing to score.", hint=hint)
    asking = Asking(
        budget=budget, accept_unknown_price=accept_unknown_price, send_personal_data=send_personal_data
    )
    around = workspace_around(workspace)
    lines = stdin_lines(nothing) if file is None or str(file) == "-" else _lines_of(file)
    scored = verbs.score_lines(lines, model=model, asking=asking, workspace=around)
    try:
        say_lines(_paired(scored, pairs), nothing=nothing, failing="could not be scored")
    finally:
        if pairs:
            notice(verbs.agreement_with_people(pairs).words)


@interview_app.command()
def questions(
    *,
    topic: Annotated[
        str | None, typer.Option(help="Only those about one topic, for instance ethics.")
    ] = None,
    question: Annotated[str | None, typer.Option(help="One question with its criteria and levels.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the questions; with --question show one with its criteria and what each level says.

    Example: shipworthy career interview questions --topic fallback
    """
    from shipworthy.workbench.career_interview import list_interview_questions

    listed = list_interview_questions(topic=topic, question=question)
    if as_json:
        return say_json("career interview questions", listed)
    if question is not None:
        return say(_rubric(listed[0]))
    width = max(len(line.id) for line in listed)
    return say("\n".join(_question(line, width) for line in listed))


@interview_app.command()
def history(
    *,
    question: Annotated[str | None, typer.Option(help="Only attempts at one question.")] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Show earlier attempts and what changed, criterion by criterion.

    Example: shipworthy career interview history --question launch-eval
    """
    from shipworthy.workbench.career_interview import interview_history
    from shipworthy.workbench.workspace import open_workspace

    found = interview_history(open_workspace(workspace), question=question)
    if as_json:
        return say_json("career interview history", found)
    if not found:
        return say("No interview yet. Start one: shipworthy career interview start --question launch-eval")
    return say("\n\n".join(_past(item) for item in found))


# --- asking ---------------------------------------------------------------------------------------------


def _asked(line: QuestionLine, mode: str) -> tuple[str, float]:
    from time import monotonic

    say(_rubric(line) if mode == "learn" else "\n".join(_wrapped(f"{line.ask} ({line.minutes} minutes)")))
    notice("Your answer; an empty line ends it.")
    began = monotonic()
    return _typed(), monotonic() - began


def _typed() -> str:
    lines: list[str] = []
    while True:
        line = sys.stdin.readline(_LONGEST_LINE)
        if not line.strip():
            if lines or not line:
                return "".join(lines)
            continue
        lines.append(line)


def _follow_up(ask: str) -> str:
    say(f"\n{ask}")
    notice("Your answer; an empty line ends it.")
    return _typed()


def _from(path: Path) -> str:
    from shipworthy.workbench.career_interview import read_answer_file

    return sys.stdin.read(_LONGEST_LINE) if str(path) == "-" else read_answer_file(path)


def _lines_of(file: Path) -> list[str]:
    from shipworthy.workbench.career_interview import read_answer_file

    return read_answer_file(file).split("\n")


def _paired(scored: Iterable[ScoredLine], pairs: list[tuple[float, float]]) -> Iterator[ScoredLine]:
    """The same lines; scores that a person gave too are noted in ``pairs``."""
    for found in scored:
        if found.human is not None and found.overall is not None:
            pairs.append((found.overall, found.human))
        yield found


# --- showing --------------------------------------------------------------------------------------------


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent) or [indent]


def _question(line: QuestionLine, width: int) -> str:
    return f"{line.id:<{width}} {'*' if line.must else ' '} {line.ask}"


def _rubric(line: QuestionLine) -> str:
    shown = [*_wrapped(f"{line.ask} ({line.minutes} minutes)")]
    for item in line.criteria:
        mark = " (knock-out)" if item.knock_out else ""
        shown += ["", *_wrapped(f"{item.id}{mark}: {item.text}")]
        shown += [
            part for level, text in enumerate(item.levels) for part in _wrapped(f"{level}  {text}", "  ")
        ]
    return "\n".join(shown)


def _scored(found: AnsweredInterview, line: QuestionLine) -> str:
    score = found.score
    shown = [_head(found)]
    for item in score.criteria:
        value = "cannot assess" if item.score is None else f"{item.score:.1f}"
        mark = ", knock-out" if item.knock_out else ""
        shown += ["", *_wrapped(f"{value}  {item.text} ({item.criterion}{mark})")]
        shown += [
            part
            for quote in item.quotes[:1]
            for part in _wrapped(f"“{' '.join(quote.text.split())}”", "     ")
        ]
        if item.reason:
            shown += _wrapped(item.reason, "     ")
        elif item.next_level and (item.score or 0) < 3:
            shown += _wrapped(f"next level: {item.next_level}", "     ")
    if score.follow_ups:
        shown += ["", "An interviewer would ask next:", *(f"  - {ask}" for ask in score.follow_ups)]
    if score.ignored:
        shown += ["", "Earned nothing:"]
        shown += [
            part for item in score.ignored[:5] for part in _wrapped(f"{item.why}: “{item.quote[:150]}”", "  ")
        ]
    shown += ["", *_wrapped(score.rule), *_wrapped(f"Scored by: {score.method}.")]
    kept = (
        "Kept as practice." if found.recorded else "Not kept: outside a workspace, or nothing was answered."
    )
    return "\n".join([*shown, kept, f"Again: shipworthy career interview start --question {line.id}"])


def _head(found: AnsweredInterview) -> str:
    score = found.score
    overall = "cannot be assessed" if score.overall is None else f"{score.overall:.1f} of 4"
    words = "passes" if score.passes else "does not pass yet"
    change = "" if found.change is None else f", {found.change:+.1f} since the last"
    took = (
        ""
        if found.seconds is None
        else f", {found.seconds:.0f} seconds{' (over time)' if found.over_time else ''}"
    )
    return f"{score.question}: {overall}, {words} (attempt {found.attempt}{change}{took})"


def _past(item: InterviewHistory) -> str:
    scores = ", ".join(f"{attempt.overall:.1f} ({attempt.on[:10]})" for attempt in item.attempts)
    shown = [f"{item.question}: {scores}"]
    for each in item.criteria:
        values = " → ".join("?" if value is None else f"{value:.1f}" for value in each.scores)
        shown.append(f"  {each.criterion:<20} {values}")
    return "\n".join([*shown, f"  next: {item.next}"])
