"""Commands that index documents, and that say why a passage was found."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shipworthy.cli.lines import say_lines, stdin_lines
from shipworthy.cli.options import HERE, AcceptUnknownPrice, AsJson, Budget, SendPersonalData, Workspace
from shipworthy.cli.output import notice, progress, say, say_json
from shipworthy.core.errors import UserError, nearest

if TYPE_CHECKING:
    from shipworthy.retrieval.hits import Explanation, Mode, WhyHit, Word
    from shipworthy.workbench.indexes import Indexed
    from shipworthy.workbench.runs import Asking

__all__ = ["explain_retrieval", "index"]

_SHOWN = 20
_LITTLE = 0.0001


def index(
    documents: Annotated[Path, typer.Argument(help="Folder with the documents.")],
    *,
    feature: Annotated[str | None, typer.Option(help="The feature that answers from them.")] = None,
    into: Annotated[
        Path | None, typer.Option(help="Folder for the index, where there is no workspace.")
    ] = None,
    questions: Annotated[
        Path | None,
        typer.Option(help="Table with the columns 'question' and 'document', to measure how to search."),
    ] = None,
    meaning: Annotated[
        bool | None,
        typer.Option("--meaning/--no-meaning", help="Also search by meaning; where installed if left out."),
    ] = None,
    embeddings: Annotated[
        str | None,
        typer.Option(
            help="Model that reads by meaning, for instance openai:text-embedding-3-small; it is remembered."
        ),
    ] = None,
    budget: Budget = None,
    accept_unknown_price: AcceptUnknownPrice = False,
    send_personal_data: SendPersonalData = False,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Index a folder of documents, or bring its index up to date: only what changed is read again.

    Reads PDF, DOCX, HTML, Markdown, text, e-mail (EML), subtitles (VTT, SRT), CSV, TSV and XLSX.

    Example: shipworthy index docs/ --feature handbook-qa
    """
    from shipworthy.workbench.asking import feature_embeddings
    from shipworthy.workbench.indexes import index_documents, index_folder
    from shipworthy.workbench.runs import Asking
    from shipworthy.workbench.settings import workspace_around
    from shipworthy.workbench.workspace import open_workspace

    around = workspace_around(workspace) if feature is None else open_workspace(workspace)
    if around is not None and feature is not None and into is None:
        into = index_folder(around, feature)
        if embeddings is None and meaning is None:
            embeddings = feature_embeddings(around, feature)
    elif into is None or feature is not None:
        raise UserError(
            "Say whose index it is: give either --feature NAME or --into FOLDER.",
            hint=f"shipworthy index {documents} --into my-index",
        )
    asking = Asking(
        budget=budget, accept_unknown_price=accept_unknown_price, send_personal_data=send_personal_data
    )
    with progress() as told:
        done = index_documents(
            documents,
            into=into,
            questions=questions,
            meaning=meaning,
            embeddings=embeddings,
            workspace=around,
            asking=asking,
            progress=told,
            notice=notice,
        )
    if as_json:
        return say_json("index", done)
    for line in _rejected(done):
        notice(line)
    return say(_indexed(done, feature or str(into)))


def _rejected(done: Indexed) -> list[str]:
    told = [f"not read: {each.error}" for each in done.changes.rejected]
    told += [f"{name}: {words}" for name, words in done.changes.warnings]
    more = len(told) - _SHOWN
    return told[:_SHOWN] + ([f"… and {more:,} more (--json lists all)"] if more > 0 else [])


def _indexed(done: Indexed, target: str) -> str:
    made = done.changes
    counts = [
        (len(made.added), "added"),
        (len(made.changed), "changed"),
        (len(made.removed), "removed"),
        (made.unchanged, "unchanged"),
        (len(made.rejected), "not read"),
    ]
    told = ", ".join(f"{number:,} {what}" for number, what in counts if number)
    lines = [
        f"{done.documents:,} documents, {done.passages:,} passages ({told}).",
        f"Searched {done.why_mode}.",
    ]
    if done.changes.embedded or ":" in (done.vectors_by or ""):
        lines.insert(1, _read_by_meaning(done))
    if done.choice is not None:
        lines += [_measured(each) for each in done.choice.measured]
    return "\n".join([*lines, f'Next: shipworthy explain retrieval {target} "a question"'])


def _read_by_meaning(done: Indexed) -> str:
    """By whom, how many now, and for how much where somebody was asked."""
    now = done.changes.embedded
    told = f"Read by meaning by {done.vectors_by}: {done.vectors:,} of {done.passages:,} passages"
    if not now or ":" not in (done.vectors_by or ""):
        return f"{told}, {now:,} of them now."
    cost = "what that cost is unknown"
    if done.cost is not None:
        amount = f"{done.cost:.4f}" if done.cost == 0 or done.cost >= _LITTLE else f"less than {_LITTLE}"
        cost = f"that cost {amount} US dollars"
    return f"{told}, {now:,} of them now; {cost}."


def _measured(each: Any) -> str:
    return f"  {each.mode:<8} nDCG@10 {each.ndcg}; found among the first five: {each.recall}"


def explain_retrieval(
    target: Annotated[str, typer.Argument(metavar="FEATURE|FOLDER", help="Whose index.")],
    question: Annotated[str, typer.Argument(help="The question; '-' reads JSON Lines from standard input.")],
    *,
    k: Annotated[int, typer.Option("-k", "--passages", min=1, max=1000, help="Passages to show.")] = 5,
    mode: Annotated[
        str | None, typer.Option(help="lexical, vector or fused; what was measured to be best if left out.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE of the documents, such as folder=hr; repeatable."),
    ] = None,
    budget: Budget = None,
    accept_unknown_price: AcceptUnknownPrice = False,
    send_personal_data: SendPersonalData = False,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Show which passages a question finds, and why each: its words, its meaning, and the two together.

    With '-' in place of the question, reads JSON Lines ({"question": "…"}) and writes JSON Lines.

    Example: shipworthy explain retrieval handbook-qa "How many days may I carry over?"
    """
    from shipworthy.workbench.indexes import explain_retrieval as verb
    from shipworthy.workbench.runs import Asking

    wanted, only = _mode(mode), _where(where or [])
    asking = Asking(
        budget=budget, accept_unknown_price=accept_unknown_price, send_personal_data=send_personal_data
    )
    if question == "-":
        return _lines(target, start=workspace, k=k, mode=wanted, where=only, asking=asking)
    found = verb(
        target, question, start=workspace, k=k, mode=wanted, where=only, asking=asking, notice=notice
    )
    return say_json("explain retrieval", found) if as_json else say(_shown(found))


def _mode(given: str | None) -> Mode | None:
    from shipworthy.retrieval.hits import MODES

    for mode in MODES:
        if given == mode:
            return mode
    if given is not None:
        raise UserError(f"There is no mode {given!r}.", hint=nearest(given, MODES))
    return None


def _where(given: list[str]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UserError(f"{pair!r} is not of the form NAME=VALUE.", hint="For instance --where folder=hr")
        found[name] = value
    return found or None


def _lines(
    target: str, *, start: Path, k: int, mode: Mode | None, where: dict[str, str] | None, asking: Asking
) -> None:
    from shipworthy.workbench.indexes import explain_retrieval_lines

    hint = 'Give {"question": "…"} lines on standard input.'
    nothing = UserError("No question was given.", hint=hint)
    found = explain_retrieval_lines(
        target,
        stdin_lines(nothing),
        start=start,
        k=k,
        mode=mode,
        where=where,
        asking=asking,
        notice=notice,
    )
    say_lines(found, nothing=nothing, failing="could not be explained")


def _shown(found: Explanation) -> str:
    by = f" Read by meaning by {found.vectors_by}." if found.vectors_by is not None else ""
    lines = [f"Searched {found.why_mode}.{by}", ""]
    lines += [f"{found.passages:,} passages; words: " + ", ".join(map(_word, found.words))]
    if not found.hits:
        lines.append("Nothing was found: no passage holds any of these words.")
    for rank, each in enumerate(found.hits, start=1):
        lines += ["", *_hit(rank, each)]
    return "\n".join(lines)


def _word(word: Word) -> str:
    if word.ignored:
        return f"{word.word} (passed over)"
    return f"{word.word} ({word.passages:,})"


def _hit(rank: int, each: WhyHit) -> list[str]:
    hit = each.hit
    place = [f"page {hit.page}" if hit.page else "", f"line {hit.line}" if hit.line else ""]
    where = ", ".join(filter(None, [hit.document, *place]))
    headings = f" ({' > '.join(hit.headings)})" if hit.headings else ""
    why = []
    if hit.lexical_rank:
        held = ", ".join(each.words) or "none"
        why.append(f"by words place {hit.lexical_rank} (holds: {held})")
    if hit.vector_rank:
        why.append(f"by meaning place {hit.vector_rank} (cosine {hit.vector_score or 0:.2f})")
    if hit.lexical_rank and hit.vector_rank:
        why.append(f"together {each.from_words:.4f} + {each.from_meaning:.4f}")
    text = textwrap.shorten(hit.text, width=240, placeholder=" …")
    return [
        f"{rank}. {where}{headings}",
        *(f"   {line}" for line in why),
        *textwrap.wrap(text, width=96, initial_indent="   ", subsequent_indent="   "),
    ]
