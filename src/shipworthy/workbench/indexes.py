"""Indexes of documents: made, kept in step with a folder, searched with reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import DataError, MissingExtraError, UserError, Where, nearest
from shipworthy.core.progress import Progress, silent
from shipworthy.retrieval.choosing import AskedQuestion, ModeChoice, choose_mode
from shipworthy.retrieval.hits import MODES, Explanation, Mode
from shipworthy.retrieval.index import Changes, Index

if TYPE_CHECKING:
    from shipworthy.gateway.embedding import Embedder
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
    progress: Progress = silent,
) -> Indexed:
    """Bring an index in step with a folder of documents.

    Args:
        documents: The folder; its files are only read.
        into: Folder of the index; it is made.
        questions: A table with the columns ``question`` and ``document``, to measure how to search.
        meaning: Whether passages can also be searched by meaning; None: where the model is installed.
        progress: Told about documents, passages and questions.

    Raises:
        UserError: there is no such folder, none of its files can be read, or the index would lie among them.
        MissingExtraError: ``meaning`` is True and the model is not installed.
    """
    _check_apart(documents, into)
    asked = None if questions is None else read_questions(questions)
    with Index.open(into, embedder=_embedder(meaning)) as index:
        changes = index.update(documents, progress=progress)
        if not index.names:
            raise _nothing(documents, changes)
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


def _embedder(meaning: bool | None) -> Embedder | None:  # noqa: FBT001 (passed on as it came)
    if meaning is False:
        return None
    from shipworthy.gateway.embedding import packaged_embedder

    try:
        return packaged_embedder()
    except MissingExtraError:
        if meaning:
            raise
        return None


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


def open_index(target: str, *, start: Path) -> Index:
    """Open the index of a feature, or the one in a folder, with what it needs to be searched.

    Args:
        target: Name of a feature, or path of a folder with an index.
        start: A folder in or below the workspace.

    Raises:
        UserError: there is no such index; names that exist are given.
    """
    folder = Path(target)
    if not Index.exists(folder):
        folder = _of_feature(target, start)
    with Index.open(folder, embedder=None) as plain:
        needs = plain.vectors > 0
    return Index.open(folder, embedder=_embedder(None) if needs else None)


def _of_feature(target: str, start: Path) -> Path:
    from shipworthy.workbench.workspace import open_workspace

    if "/" in target or target in {".", ".."}:
        raise UserError(
            f"There is no index in the folder {target!r}.",
            hint=f"Make one: shipworthy index DOCUMENTS --into {target}",
        )
    workspace = open_workspace(start)
    folder = index_folder(workspace, target)
    if not Index.exists(folder):
        known = [path.parent.name for path in sorted(folder.parent.glob("*/index.db"))]
        raise UserError(
            f"There is no index of {target!r} in this workspace.",
            hint=nearest(target, known) or f"Make one: shipworthy index DOCUMENTS --feature {target}",
        )
    return folder


def explain_retrieval(
    target: str,
    question: str,
    *,
    start: Path,
    k: int = 5,
    mode: Mode | None = None,
    where: Mapping[str, str] | None = None,
) -> Explanation:
    """Why a question finds the passages it finds.

    Raises:
        UserError: there is no such index, or it cannot be searched that way.
    """
    with open_index(target, start=start) as index:
        return index.explain(question, k=k, mode=mode, where=where)


def explain_retrieval_lines(
    target: str,
    lines: Iterable[str],
    *,
    start: Path,
    k: int = 5,
    mode: Mode | None = None,
    where: Mapping[str, str] | None = None,
) -> Iterator[Explanation]:
    """The same for many questions, as JSON Lines such as ``{"question": "…", "k": 3, "where": {…}}``.

    Raises:
        DataError: a line is not such an object; its number is named.
    """
    with open_index(target, start=start) as index:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                asked = _asked(line, number)
                yield index.explain(
                    asked["question"],
                    k=asked.get("k", k),
                    mode=asked.get("mode", mode),
                    where=asked.get("where", where),
                )


def _asked(line: str, number: int) -> dict[str, Any]:
    import json

    try:
        asked = json.loads(line) if len(line) <= _LONGEST_LINE else None
    except (json.JSONDecodeError, RecursionError):
        asked = None
    if not isinstance(asked, dict) or not isinstance(asked.get("question"), str):
        raise _bad_line(number, 'is not an object such as {"question": "How long is the notice period?"}')
    known = {"id", "question", "k", "mode", "where"}
    k, mode, where = asked.get("k", 1), asked.get("mode", "lexical"), asked.get("where", {})
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= 1000:
        raise _bad_line(number, f"wants k = {k!r} passages; 1 to 1,000 are possible")
    if mode not in MODES:
        raise _bad_line(number, f"wants the mode {mode!r}. {nearest(str(mode), MODES)}")
    if not isinstance(where, dict) or not all(isinstance(value, str) for value in where.values()):
        raise _bad_line(number, "has a 'where' that is not an object of texts")
    if unknown := [name for name in asked if name not in known]:
        raise _bad_line(number, f"has the unknown name {unknown[0]!r}. {nearest(unknown[0], sorted(known))}")
    return asked


def _bad_line(number: int, what: str) -> DataError:
    return DataError(f"Line {number} {what}.", where=Where(file="standard input", line=number))
