"""The file of an index: documents, passages, words and vectors in one SQLite database.

Every document is replaced in one transaction, so that whatever interrupts the work leaves an index that is
whole and merely older for the documents that were not reached.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shipworthy.core.errors import DataError, EnvironmentFailure, Where
from shipworthy.retrieval.chunking import Chunk
from shipworthy.retrieval.document import Document, Part
from shipworthy.retrieval.postings import packed
from shipworthy.retrieval.words import TOKENIZER, Stemmer, spaced

__all__ = ["FILE", "Passage", "Store"]

FILE = "index.db"
_FORM = 1
_SCHEMA = f"""
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE document (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, sha256 TEXT NOT NULL,
  made_by TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE property (document INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL COLLATE NOCASE);
CREATE INDEX by_value ON property (name, value, document);
CREATE INDEX by_document ON property (document);
CREATE TABLE chunk (id INTEGER PRIMARY KEY, document INTEGER NOT NULL, start INTEGER NOT NULL,
  "end" INTEGER NOT NULL, context TEXT NOT NULL, body TEXT NOT NULL, place TEXT NOT NULL);
CREATE INDEX chunk_of ON chunk (document);
CREATE TABLE words (chunk INTEGER PRIMARY KEY, stems BLOB NOT NULL);
CREATE TABLE vector (chunk INTEGER PRIMARY KEY, value BLOB NOT NULL);
CREATE VIRTUAL TABLE search USING fts5(context, body, content='', tokenize="{TOKENIZER}");
PRAGMA user_version = {_FORM};
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stored passage."""

    id: int
    document: str
    start: int
    end: int
    context: str
    body: str
    headings: tuple[str, ...]
    page: int | None
    line: int | None


class Store:
    """One index file, open.

    Raises:
        DataError: the file is not an index.
        EnvironmentFailure: the disk is full or cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE
        with self.explained():
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                self.file, timeout=60, isolation_level=None, check_same_thread=False
            )
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._make()

    def _make(self) -> None:
        with self.writing():
            form = self.one("PRAGMA user_version")
            if form == 0:
                for statement in _SCHEMA.split(";\n"):
                    self._database.execute(statement)
            elif form != _FORM:
                raise DataError(
                    "This index was made by another version of Shipworthy.",
                    where=Where(file=self.file),
                    hint="Remove the folder of the index and make it again; the documents are all it needs.",
                )

    @staticmethod
    def has_documents(folder: Path) -> bool:
        """Whether an index file holds a document; True as well where it cannot be read."""
        address = f"{(folder / FILE).resolve().as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(address, uri=True)) as database:
                return bool(database.execute("SELECT EXISTS (SELECT 1 FROM document)").fetchone()[0])
        except sqlite3.Error:
            return True

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what SQLite and the disk say into words."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise EnvironmentFailure(
                f"The index cannot be read or written: {error}.",
                where=Where(file=self.file),
                hint="Check the disk's space and who may write here.",
            ) from error
        except sqlite3.DatabaseError as error:
            raise DataError(
                f"This is not an index, or it is damaged: {error}.",
                where=Where(file=self.file),
                hint="Remove the folder of the index and make it again; the documents are all it needs.",
            ) from error
        except OSError as error:
            raise EnvironmentFailure(
                f"The index cannot be kept here: {error.strerror}.", where=Where(file=self.file)
            ) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it happens, or nothing."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query."""
        return self._database.execute(query, values).fetchall()

    def one(self, query: str, values: Sequence[Any] = ()) -> Any:
        """The first value of the first row; None where there is none."""
        row = self._database.execute(query, values).fetchone()
        return None if row is None else row[0]

    def state(self) -> tuple[int, int]:
        """Something that differs once anybody has written to the index."""
        return self.one("PRAGMA data_version"), self._database.total_changes

    def setting(self, name: str) -> str | None:
        """A remembered value."""
        value: str | None = self.one("SELECT value FROM setting WHERE name = ?", (name,))
        return value

    def set(self, name: str, value: str) -> None:
        """Remember a value."""
        self._database.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    def known(self) -> dict[str, tuple[str, str]]:
        """Hash and maker of every document, by name."""
        return {name: (sha, by) for name, sha, by in self.rows("SELECT name, sha256, made_by FROM document")}

    def put(self, document: Document, found: Sequence[Chunk], made_by: str, stemmer: Stemmer) -> None:
        """Replace a document, or add it; one transaction."""
        bodies = [document.text[chunk.start : chunk.end] for chunk in found]
        told = [f"{chunk.context}\n{body}" for chunk, body in zip(found, bodies, strict=True)]
        stems = stemmer.stems(told)
        with self.writing():
            self._remove(document.name)
            number = self._database.execute(
                "INSERT INTO document (name, sha256, made_by, content) VALUES (?, ?, ?, ?)",
                (document.name, document.sha256, made_by, _frozen(document)),
            ).lastrowid
            self._database.executemany(
                "INSERT INTO property VALUES (?, ?, ?)",
                [(number, name, value) for name, value in document.metadata.items()],
            )
            for chunk, body, words in zip(found, bodies, stems, strict=True):
                self._add_chunk(number, document, chunk, body, packed(words))

    def _add_chunk(
        self, number: int | None, document: Document, chunk: Chunk, body: str, words: bytes
    ) -> None:
        place = document.place(chunk.start)
        told = json.dumps([place.page, place.line, place.headings], ensure_ascii=False)
        row = (number, chunk.start, chunk.end, chunk.context, body, told)
        into = 'INSERT INTO chunk (document, start, "end", context, body, place) VALUES (?, ?, ?, ?, ?, ?)'
        added = self._database.execute(into, row).lastrowid
        self._database.execute("INSERT INTO words VALUES (?, ?)", (added, words))
        self._database.execute(
            "INSERT INTO search (rowid, context, body) VALUES (?, ?, ?)",
            (added, spaced(chunk.context), spaced(body)),
        )

    def remove(self, name: str) -> None:
        """Take a document out; one transaction."""
        with self.writing():
            self._remove(name)

    def _remove(self, name: str) -> None:
        number = self.one("SELECT id FROM document WHERE name = ?", (name,))
        if number is None:
            return
        for row, context, body in self.rows(
            "SELECT id, context, body FROM chunk WHERE document = ?", (number,)
        ):
            self._database.execute(
                "INSERT INTO search (search, rowid, context, body) VALUES ('delete', ?, ?, ?)",
                (row, spaced(context), spaced(body)),
            )
        for table in ("words", "vector"):
            self._database.execute(
                f"DELETE FROM {table} WHERE chunk IN (SELECT id FROM chunk WHERE document = ?)",  # noqa: S608
                (number,),
            )
        self._database.execute("DELETE FROM chunk WHERE document = ?", (number,))
        self._database.execute("DELETE FROM property WHERE document = ?", (number,))
        self._database.execute("DELETE FROM document WHERE id = ?", (number,))

    def put_vectors(self, found: Sequence[tuple[int, bytes]]) -> None:
        """Store the vectors of passages that are still there; one transaction."""
        with self.writing():
            self._database.executemany(
                "INSERT OR REPLACE INTO vector SELECT id, ? FROM chunk WHERE id = ?",
                [(value, number) for number, value in found],
            )

    def clear_vectors(self, version: str, name: str) -> None:
        """Forget all vectors, and what was measured with them; the next ones come from another model."""
        with self.writing():
            self._database.execute("DELETE FROM vector")
            self._database.execute("DELETE FROM setting WHERE name IN ('mode', 'why_mode')")
            self.set("embedder", version)
            self.set("embedder_name", name)

    def document(self, name: str) -> Document | None:
        """A document as it was indexed."""
        content = self.one("SELECT content FROM document WHERE name = ?", (name,))
        return None if content is None else _thawed(content)

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        """Stored passages by id."""
        query = (
            'SELECT chunk.id, name, start, "end", context, body, place FROM chunk '
            "JOIN document ON document.id = chunk.document "
            "WHERE chunk.id IN (SELECT value FROM json_each(?))"
        )
        found: dict[int, Passage] = {}
        for number, name, start, end, context, body, place in self.rows(query, [json.dumps(list(ids))]):
            page, line, headings = json.loads(place)
            found[number] = Passage(
                id=number,
                document=name,
                start=start,
                end=end,
                context=context,
                body=body,
                headings=tuple(headings),
                page=page,
                line=line,
            )
        return found

    def filtered(self, where: Mapping[str, str]) -> list[int]:
        """Ids of the documents that have all of these properties; a folder includes those below it."""
        found = {row[0] for row in self.rows("SELECT id FROM document")}
        for name, value in where.items():
            rows = self.rows("SELECT document FROM property WHERE name = ? AND value = ?", (name, value))
            if name == "folder":
                start = value.rstrip("/") + "/"
                below = (
                    "SELECT document FROM property WHERE name = 'folder' AND substr(value || '/', 1, ?) = ?"
                )
                rows += self.rows(below, (len(start), start))
            found &= {row[0] for row in rows}
        return sorted(found)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


def _frozen(document: Document) -> bytes:
    parts = [
        [p.start, p.end, p.kind, p.headings, p.page, p.line, p.speaker, p.seconds] for p in document.parts
    ]
    whole = {
        "name": document.name,
        "text": document.text,
        "parts": parts,
        "sha256": document.sha256,
        "title": document.title,
        "metadata": dict(document.metadata),
        "warnings": document.warnings,
    }
    return zlib.compress(json.dumps(whole, ensure_ascii=False).encode(), 3)


def _thawed(content: bytes) -> Document:
    whole = json.loads(zlib.decompress(content))
    parts = tuple(
        Part(
            start=start,
            end=end,
            kind=kind,
            headings=tuple(headings),
            page=page,
            line=line,
            speaker=speaker,
            seconds=seconds,
        )
        for start, end, kind, headings, page, line, speaker, seconds in whole.pop("parts")
    )
    warnings = tuple(whole.pop("warnings"))
    return Document(parts=parts, warnings=warnings, **whole)
