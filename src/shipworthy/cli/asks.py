"""The command that answers questions from documents."""

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
    from collections.abc import Iterator

    from shipworthy.apps.answer.answering import Event
    from shipworthy.apps.answer.conversation import Turn
    from shipworthy.workbench.asking import Asking
    from shipworthy.workbench.asks import AskedAnswer, Citation
    from shipworthy.workbench.runs import Asking as ModelCalls

__all__ = ["ask"]

_NO_ANSWER = 3
_LINES = "-"


def ask(
    target: Annotated[
        str,
        typer.Argument(metavar="FEATURE|FOLDER", help="Whose documents; '-': each line brings its passages."),
    ],
    question: Annotated[
        str | None,
        typer.Argument(
            help="The question; '-' reads JSON Lines; on a terminal you may leave it out and talk."
        ),
    ] = None,
    *,
    model: Annotated[
        str | None,
        typer.Option(
            help="Model that writes the answer, for instance local or openai:gpt-5-mini; none if left out."
        ),
    ] = None,
    conversation: Annotated[
        Path | None, typer.Option(help="File with the questions before this one; this one is added.")
    ] = None,
    meaning: Annotated[
        bool | None,
        typer.Option("--meaning/--no-meaning", help="Also compare meanings; where installed if left out."),
    ] = None,
    budget: Budget = None,
    accept_unknown_price: AcceptUnknownPrice = False,
    send_personal_data: SendPersonalData = False,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Answer a question from documents: every sentence cited, or an honest "not in these documents".

    Without --model the answer is the documents' best sentences, word for word. Exits with 0 for an answer
    and with 3 where there is none or the question has to be clearer. With '-' in place of the question, reads
    JSON Lines ({"id": "7", "question": "…"}) and writes JSON Lines.

    Example: shipworthy ask handbook-qa "How many days may I carry over?"
    """
    from shipworthy.workbench.runs import Asking as ModelCalls

    calls = ModelCalls(
        budget=budget, accept_unknown_price=accept_unknown_price, send_personal_data=send_personal_data
    )
    if question == _LINES or (question is None and not sys.stdin.isatty()):
        _refuse_with_lines(conversation)
        return _lines(target, start=workspace, model=model, meaning=meaning, calls=calls)
    if question is None:
        return _talk(
            target, start=workspace, model=model, meaning=meaning, conversation=conversation, calls=calls
        )
    if as_json:
        from shipworthy.workbench.asks import ask_documents

        found = ask_documents(
            target,
            question,
            start=workspace,
            model=model,
            meaning=meaning,
            conversation=conversation,
            calls=calls,
        )
        say_json("ask", found)
    else:
        found = _asked_once(
            target,
            question,
            start=workspace,
            model=model,
            meaning=meaning,
            conversation=conversation,
            calls=calls,
        )
    raise typer.Exit(0 if found.outcome == "answer" else _NO_ANSWER)


def _refuse_with_lines(conversation: Path | None) -> None:
    if conversation is not None:
        raise UserError(
            "--conversation is for one question at a time.",
            hint='A line brings its own: {"question": "…", "conversation": [{"question": "…"}]}',
        )


def _lines(target: str, *, start: Path, model: str | None, meaning: bool | None, calls: ModelCalls) -> None:
    from shipworthy.workbench.asks import ask_lines

    hint = f'shipworthy ask {target} "How many days may I carry over?", or {{"question": "…"}} lines'
    nothing = UserError("No question was given.", hint=f"{hint} on standard input.")
    answers = ask_lines(target, stdin_lines(nothing), start=start, model=model, meaning=meaning, calls=calls)
    say_lines(answers, nothing=nothing, failing="could not be answered")


def _asked_once(
    target: str,
    question: str,
    *,
    start: Path,
    model: str | None,
    meaning: bool | None,
    conversation: Path | None,
    calls: ModelCalls,
) -> AskedAnswer:
    from shipworthy.workbench.asking import Asking
    from shipworthy.workbench.asks import add_turn, read_conversation

    earlier = read_conversation(conversation) if conversation is not None else ()
    with Asking(target, start=start, model=model, meaning=meaning, calls=calls) as asking:
        for line in asking.notices:
            notice(line)
        found = _told(asking, question, earlier)
    if conversation is not None:
        add_turn(conversation, found)
    return found


def _talk(
    target: str,
    *,
    start: Path,
    model: str | None,
    meaning: bool | None,
    conversation: Path | None,
    calls: ModelCalls,
) -> None:
    """Ask again and again until the input ends."""
    from shipworthy.apps.answer.conversation import Turn
    from shipworthy.workbench.asking import Asking
    from shipworthy.workbench.asks import add_turn, read_conversation

    earlier = list(read_conversation(conversation)) if conversation is not None else []
    with Asking(target, start=start, model=model, meaning=meaning, calls=calls) as asking:
        for line in (*asking.notices, "Ask; an empty line ends."):
            notice(line)
        for question in iter(_typed, ""):
            found = _told(asking, question, earlier)
            say("")
            earlier.append(Turn(question=found.looked_for, answer=found.text))
            if conversation is not None:
                add_turn(conversation, found)


def _typed() -> str:
    try:
        return input("> ").strip()
    except EOFError:
        return ""


def _told(asking: Asking, question: str, earlier: list[Turn] | tuple[Turn, ...]) -> AskedAnswer:
    """Print an answer as it comes, and give it back."""
    from shipworthy.apps.answer.answering import Finished
    from shipworthy.workbench.asks import asked_answer

    last: Finished | None = None
    numbers: dict[tuple[str, int, int], int] = {}
    for event in asking.events(question, earlier):
        for line in _as_it_comes(event, numbers, quoted=asking.how == "quoted"):
            say(line)
        if isinstance(event, Finished):
            last = event
    assert last is not None
    found = asked_answer(last, asking)
    for line in _behind(found):
        say(line)
    return found


def _as_it_comes(event: Event, numbers: dict[tuple[str, int, int], int], *, quoted: bool) -> Iterator[str]:
    from shipworthy.apps.answer.answering import Said, Understood

    if isinstance(event, Understood) and event.question.carried:
        yield f"(Understood as: {event.question.question})"
    if isinstance(event, Said):
        cited = [
            numbers.setdefault((span.document, span.start, span.end), len(numbers) + 1)
            for span in event.sentence.citations
        ]
        text = " ".join(event.sentence.text.split())
        marks = "".join(f"[{number}]" for number in cited)
        yield f"“{text}” {marks}" if quoted else f"{text} {marks}"


def _behind(found: AskedAnswer) -> Iterator[str]:
    """What stands behind the sentences: where they are from, or what came near."""
    if found.outcome != "answer":
        yield found.text
    if found.trouble:
        yield f"The model gave no usable answer: {found.trouble}"
    for one in found.withheld:
        yield f"Left out, because {one.why}: “{_shortened(one.text)}”"
    if found.citations:
        yield ""
    for citation in found.citations:
        yield from _cited(citation, words=found.how != "quoted")
    if found.nearest and not found.options:
        yield "The nearest sentences, none of which answers it surely enough:"
        for citation in found.nearest:
            yield from _cited(citation, words=True)
    if found.outcome != "ask_back":
        yield f"Confidence {found.confidence:.2f}; answers are given from {found.threshold:.2f} on."


def _cited(citation: Citation, *, words: bool) -> Iterator[str]:
    yield f"[{citation.number}] {citation.place}"
    if words:
        yield from textwrap.wrap(
            f"“{_shortened(citation.quote)}”", width=96, initial_indent="    ", subsequent_indent="    "
        )


def _shortened(text: str) -> str:
    return textwrap.shorten(text, width=300, placeholder=" …")
