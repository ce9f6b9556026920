"""Indexes of documents: made, kept in step with a folder, searched with reasons."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import DataError, UserError, Where, WorkspaceError, nearest
from shipworthy.core.progress import Progress, silent
from shipworthy.retrieval.choosing import AskedQuestion, ModeChoice, choose_mode
from shipworthy.retrieval.hits import MODES, Explanation, Mode
from shipworthy.retrieval.index import Changes, Index
from shipworthy.workbench.embeddings import BY_WORDS, reader_of_passages, reader_of_questions
from shipworthy.workbench.json_lines import GivenLine, LineProblem, each_line, problem_of
from shipworthy.workbench.runs import AS_USUAL, Asking, model_desk, repeatable, unheard
from shipworthy.workbench.settings import workspace_around

if TYPE_CHECKING:
    from shipworthy.evals.jobs.desk import ModelDesk
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "Indexed",
    "explain_retrieval",
    "explain_retrieval_lines",
    "index_documents",
    "index_folder",
    "open_index",
    "read_questions",
]

_LONGEST_LINE = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """An index after it was brought in step with a folder."""

    folder: Path
    """Where the index is."""
    changes: Changes
    """What changed."""
    documents: int
    """Documents in it."""
    passages: int
    """Passages in it."""
    vectors: int
    """Passages that can also be searched by meaning."""
    mode: Mode
    """How it is searched unless somebody says otherwise."""
    why_mode: str
    """Why."""
    choice: ModeChoice | None
    """The measurement, where questions were given."""
    version: str
    """Hash of what determines what is found."""
    vectors_by: str | None = None
    """The embedding model that read passages by meaning; None where none did."""
    cost: float | None = None
    """US dollars of the calls this time; None: no call, or a price is unknown."""


def index_folder(workspace: Workspace, feature: str) -> Path:
    """Where a workspace keeps the index of a feature.

    Raises:
        UserError: the name is not one a feature can have.
    """
    return workspace.state / "index" / workspace.feature_folder(feature).name


def index_documents(
    documents: Path,
    *,
    into: Path,
    questions: Path | None = None,
    meaning: bool | None = None,
    embeddings: str | None = None,
    workspace: Workspace | None = None,
    asking: Asking = AS_USUAL,
    progress: Progress = silent,
    notice: Callable[[str], None] = unheard,
) -> Indexed:
    """Bring an index in step with a folder of documents.

    Args:
        documents: The folder; its files are only read.
        into: Folder of the index; it is made.
        questions: A table with the columns ``question`` and ``document``, to measure how to search.
        meaning: Whether passages can also be searched by meaning; None: by whoever did so before, and in a
            new index where the model is installed.
        embeddings: The embedding model that somebody named, for instance ``house:nomic-embed-text``; the
            index remembers it. None: the one before, or the model on this machine.
        workspace: Where servers and settings are; None outside of one.
        asking: How a named model is asked: budget, leave to send personal data.
        progress: Told about documents, passages and questions.
        notice: Told beforehand what is sent and what it costs.

    Raises:
        UserError: there is no such folder, none of its files can be read, the index would lie among them, or
            personal data would leave this machine.
        MissingExtraError: ``meaning`` is True and the model is not installed.
        EnvironmentFailure: the named model cannot be asked, or the budget is full; what was read stays.
    """
    _check_apart(documents, into)
    asked = None if questions is None else read_questions(questions)
    desk = model_desk(workspace, asking, notice)
    reading = reader_of_passages(into, desk, named=embeddings, meaning=meaning)
    with Index.open(into, embedder=reading.embedder) as index, repeatable(cached=False):
        changes = index.update(documents, embed=False, progress=progress)
        if not index.names:
            raise _nothing(documents, changes)
        changes = replace(changes, embedded=reading.passages(index, desk, progress=progress))
        choice = None
        if asked is not None:
            choice = choose_mode(index, asked, progress=progress)
            index.prefer(choice.mode, why=choice.why)
        return Indexed(
            folder=into,
            changes=changes,
            documents=len(index.names),
            passages=index.size,
            vectors=index.vectors,
            mode=index.mode,
            why_mode=index.why_mode,
            choice=choice,
            version=index.version,
            vectors_by=index.made_with if index.vectors else None,
            cost=reading.cost,
        )


def _check_apart(documents: Path, into: Path) -> None:
    inside = into.resolve().is_relative_to(documents.resolve())
    below = into.resolve().relative_to(documents.resolve()).parts if inside else ()
    if inside and not any(part.startswith(".") for part in below):
        raise UserError(
            "The index would lie among the documents.",
            where=Where(file=into),
            hint="Give --into a folder beside them.",
        )


def _nothing(documents: Path, changes: Changes) -> DataError:
    if not changes.rejected:
        return DataError(
            f"There are no documents in {documents.name!r}.",
            where=Where(file=documents),
            hint="Hidden files are passed over. Give the folder that holds the documents.",
        )
    first = changes.rejected[0].error
    more = len(changes.rejected) - 1
    return DataError(
        f"None of the {len(changes.rejected):,} files can be read. The first: {first}"
        + (f" ({more:,} more)" if more else ""),
        where=Where(file=documents),
    )


def read_questions(path: Path) -> list[AskedQuestion]:
    """Questions and the documents that answer them, from a table; rows of one question belong together.

    Raises:
        DataError: it is no table, or has no columns ``question`` and ``document``.
    """
    from shipworthy.datasets.table import open_table

    documents: dict[str, list[str]] = {}
    with open_table(path) as table:
        for text, name in zip(table.column("question"), table.column("document"), strict=True):
            if text:
                documents.setdefault(text, []).extend([name] if name else [])
    return [
        AskedQuestion(text=text, documents=tuple(dict.fromkeys(names))) for text, names in documents.items()
    ]


def open_index(
    target: str,
    *,
    start: Path,
    desk: ModelDesk,
    mode: Mode | None = None,
    compared: bool = False,
    otherwise: str = BY_WORDS,
) -> Index:
    """Open the index of a feature, or the one in a folder, with what it needs to be searched.

    A model that somebody named is opened only where questions are read by it.

    Args:
        target: Name of a feature, or path of a folder with an index.
        start: A folder in or below the workspace.
        desk: Where a model is asked.
        mode: How it will be searched; None: as was measured to be best.
        compared: Whether words and meanings are both looked at, however it is searched.
        otherwise: What to do where the model of the index cannot be asked.

    Raises:
        UserError: there is no such index (names that exist are given), or its model is not to be had.
    """
    folder = Path(target)
    if not Index.exists(folder):
        folder = _of_feature(target, start)
    with Index.open(folder, embedder=None) as plain:
        by_words = mode == "lexical" or (not compared and (mode or plain.mode) == "lexical")
        embedder = None if by_words else reader_of_questions(plain, folder, desk, otherwise=otherwise)
    return Index.open(folder, embedder=embedder, mode=mode)


def _of_feature(target: str, start: Path) -> Path:
    from shipworthy.workbench.workspace import open_workspace

    if "/" in target or target in {".", ".."}:
        raise _without_index(target)
    try:
        workspace = open_workspace(start)
    except WorkspaceError:
        if Path(target).is_dir():
            raise _without_index(target) from None
        raise
    folder = index_folder(workspace, target)
    if not Index.exists(folder) and Path(target).is_dir() and target not in workspace.features():
        raise _without_index(target)
    if not Index.exists(folder):
        known = [path.parent.name for path in sorted(folder.parent.glob("*/index.db"))]
        raise UserError(
            f"There is no index of {target!r} in this workspace.",
            hint=nearest(target, known) or f"Make one: shipworthy index DOCUMENTS --feature {target}",
        )
    return folder


def _without_index(target: str) -> UserError:
    folder = Path(target)
    name = shlex.quote(target)
    if folder.is_dir():
        beside = shlex.quote(str(folder.with_name(f"{folder.resolve().name}-index")))
        hint = f"If it holds the documents, index them first: shipworthy index {name} --into {beside}"
    else:
        hint = f"Make one: shipworthy index DOCUMENTS --into {name}"
    return UserError(f"There is no index in the folder {target!r}.", hint=hint)


def explain_retrieval(
    target: str,
    question: str,
    *,
    start: Path,
    k: int = 5,
    mode: Mode | None = None,
    where: Mapping[str, str] | None = None,
    asking: Asking = AS_USUAL,
    notice: Callable[[str], None] = unheard,
) -> Explanation:
    """Why a question finds the passages it finds.

    Args:
        target: Name of a feature, or path of a folder with an index.
        question: The question.
        start: A folder in or below the workspace.
        k: Passages wanted.
        mode: By words, by meaning, or both; what was measured to be best when left out.
        where: Properties that their documents must have.
        asking: How the model that read the passages is asked, where somebody named one.
        notice: Told beforehand what is sent.

    Raises:
        UserError: the question is empty, there is no such index, or it cannot be searched that way.
        EnvironmentFailure: the model that read the passages cannot be asked.
    """
    if not question.strip():
        raise UserError("The question is empty.", hint="Write it in quotes after the index.")
    with _compared(target, start, mode, asking, notice) as index, repeatable(cached=False):
        return index.explain(question, k=k, mode=mode, where=where)


def _compared(
    target: str, start: Path, mode: Mode | None, asking: Asking, notice: Callable[[str], None]
) -> Index:
    """An index that shows both ways, where it has both."""
    desk = model_desk(workspace_around(start), asking, notice)
    otherwise = "Or look at words only: --mode lexical"
    return open_index(target, start=start, desk=desk, mode=mode, compared=True, otherwise=otherwise)


def explain_retrieval_lines(
    target: str,
    lines: Iterable[str],
    *,
    start: Path,
    k: int = 5,
    mode: Mode | None = None,
    where: Mapping[str, str] | None = None,
    asking: Asking = AS_USUAL,
    notice: Callable[[str], None] = unheard,
) -> Iterator[Explanation | LineProblem]:
    """The same for many questions, as JSON Lines such as ``{"question": "…", "k": 3, "where": {…}}``.

    A line that cannot be used gives a problem in its place, and the others are explained all the same.

    Raises:
        UserError: there is no such index.
    """
    with _compared(target, start, mode, asking, notice) as index, repeatable(cached=False):

        def explained(line: GivenLine) -> Explanation:
            asked = _asked(line)
            return index.explain(
                asked["question"],
                k=asked.get("k", k),
                mode=asked.get("mode", mode),
                where=asked.get("where", where),
            )

        hint = 'Each line should be like {"question": "How long is the notice period?"}.'
        yield from each_line(lines, explained, problem_of, longest=_LONGEST_LINE, hint=hint)


def _asked(line: GivenLine) -> dict[str, Any]:
    asked = line.fields()
    if not isinstance(question := asked.get("question"), str) or not question.strip():
        raise line.bad("This has no question.")
    known = {"id", "question", "k", "mode", "where"}
    k, mode, where = asked.get("k", 1), asked.get("mode", "lexical"), asked.get("where", {})
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= 1000:
        raise line.bad(f"This wants k = {k!r} passages; 1 to 1,000 are possible.", field="k")
    if mode not in MODES:
        raise line.bad(f"There is no mode {mode!r}. {nearest(str(mode), MODES)}", field="mode")
    if not isinstance(where, dict) or not all(isinstance(value, str) for value in where.values()):
        raise line.bad("This is not an object of texts.", field="where")
    if unknown := [name for name in asked if name not in known]:
        raise line.bad(f"There is no field {unknown[0]!r}. {nearest(unknown[0], sorted(known))}")
    return asked
