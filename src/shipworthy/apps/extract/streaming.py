"""Documents one after the other into a journal, so that a run that is killed goes on and repeats nothing."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.apps.extract.results import extracted
from shipworthy.core.canonical import sha256_of_file
from shipworthy.core.errors import EnvironmentFailure, UserError, Where
from shipworthy.core.progress import Progress
from shipworthy.datasets.prediction_log import Journal
from shipworthy.retrieval.parsing import Rejected, read_document
from shipworthy.retrieval.parsing.folders import rejected

if TYPE_CHECKING:
    from shipworthy.apps.extract.extraction import Extractor
    from shipworthy.datasets.export import Cell
    from shipworthy.retrieval.document import Document

__all__ = ["Input", "Stream", "journal_of"]

Input = tuple[str, Path | Rejected]
"""A document's name and its file, or why it is not to be read."""


@contextmanager
def journal_of(out: Path | None) -> Iterator[Path | None]:
    """The journal of this result, kept while the work is not done, and locked against a second process."""
    if out is None:
        yield None
        return
    folder = out.with_name(f".{out.name}.extract")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        message = f"This folder cannot be written to: {error.strerror}."
        raise EnvironmentFailure(message, where=Where(file=out.parent)) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"Another process is writing {out.name!r} at the moment."
            raise UserError(message, hint="Wait for it, or name another file with --out.") from None
        yield folder / "journal.jsonl"
        shutil.rmtree(folder, ignore_errors=True)  # only where all went well
    finally:
        os.close(handle)


class Stream:
    """Documents one after the other, each into the journal at once."""

    def __init__(self, *, extractor: Extractor, journal: Path | None, progress: Progress) -> None:
        self._extractor = extractor
        self._journal = journal
        self._progress = progress
        self._kept: dict[str, dict[str, Any]] = {}
        self.order: list[str] = []

    def all(self, inputs: Sequence[Input]) -> int:
        """Extract what is not in the journal; returns how many were in it."""
        self.order = [name for name, _ in inputs]
        if self._journal is None:
            self._work(inputs, self._keep, frozenset())
            return 0
        if self._stale():
            self._journal.unlink()
        with Journal(self._journal) as journal:
            rows = list(journal.rows())
            done = {
                (row["document"], row["sha256"])
                for row in rows
                if row.get("error") is None and "document" in row
            }
            if not rows:
                journal.append([{"version": self._extractor.version}])
            return self._work(inputs, lambda rows: journal.append(rows), done)

    def _stale(self) -> bool:
        """Whether the journal is of another schema, another model or other rules."""
        assert self._journal is not None
        if not self._journal.exists():
            return False
        with self._journal.open("rb") as stream:
            first = stream.readline(1_000)
        try:
            return bool(json.loads(first)["version"] != self._extractor.version)
        except (ValueError, KeyError, TypeError):
            return True

    def _work(
        self,
        inputs: Sequence[Input],
        keep: Callable[[list[dict[str, Any]]], None],
        done: Collection[tuple[str, str]],
    ) -> int:
        waiting: list[tuple[Document, str]] = []
        resumed = 0
        for number, (name, found) in enumerate(inputs):
            read = self._read(name, found, done)
            if read is None:
                resumed += 1
            elif isinstance(read, dict):
                keep([read])
            else:
                waiting.append(read)
            if waiting and (len(waiting) >= self._extractor.at_once or number == len(inputs) - 1):
                self._extract(waiting, keep)
                waiting = []
            self._progress("documents read", number + 1 - len(waiting), len(inputs))
        if waiting:
            self._extract(waiting, keep)
        return resumed

    def _read(
        self, name: str, found: Path | Rejected, done: Collection[tuple[str, str]]
    ) -> tuple[Document, str] | dict[str, Any] | None:
        """The document with its hash; why there is none; None where its record is in the journal."""
        if isinstance(found, Rejected):
            return {"document": name, "sha256": None, "error": found.error}
        try:
            digest = sha256_of_file(found)
            if (name, digest) in done:
                return None
            return read_document(found, name=name), digest
        except UserError as error:
            return {"document": name, "sha256": None, "error": rejected(name, error).error}
        except OSError as error:
            return {"document": name, "sha256": None, "error": f"It cannot be read: {error.strerror}."}

    def _extract(
        self, waiting: Sequence[tuple[Document, str]], keep: Callable[[list[dict[str, Any]]], None]
    ) -> None:
        done = self._extractor.extract([document for document, _ in waiting])
        for (document, digest), extraction in zip(waiting, done, strict=True):
            keep([{**extracted(document, extraction).plain(), "sha256": digest}])

    def _keep(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            self._kept[row["document"]] = row

    def rows(self) -> Iterator[dict[str, Any]]:
        """The last row of every document, in the order of the inputs."""
        if self._journal is None:
            yield from (self._kept[name] for name in self.order)
            return
        places: dict[str, int] = {}
        with self._journal.open("rb") as stream:
            place = 0
            for line in stream:
                if line.endswith(b"\n") and (name := json.loads(line).get("document")) is not None:
                    places[name] = place
                place += len(line)
            for name in self.order:
                stream.seek(places[name])
                yield json.loads(stream.readline())

    def records(self) -> Iterator[dict[str, Any]]:
        """Those that are records."""
        return (row for row in self.rows() if row["error"] is None)

    def rejects(self) -> Iterator[list[Cell]]:
        """Those that are none, with the reason."""
        return ([row["document"], row["error"]] for row in self.rows() if row["error"] is not None)
