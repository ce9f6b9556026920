"""The vectors of an index: made by one embedder, which the index remembers, and compared with questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import DataError, UserError, Where
from shipworthy.core.progress import Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shipworthy.gateway.embedding import Embedder
    from shipworthy.retrieval.store import Store

__all__ = ["Meanings", "Vectors"]

_AT_ONCE = 32  # passages that are read and written down together, so that no more than these are read twice
_LOOKED_AT = 1_000
_REMEMBERED = 5_000  # questions


@dataclass(frozen=True, slots=True)
class Vectors:
    """All vectors of an index."""

    passages: NDArray[np.int64]
    owners: NDArray[np.int64]
    matrix: NDArray[np.float32]


class Meanings:
    """What an index knows of the meanings of its passages.

    Args:
        store: The file of the index.
        embedder: What reads passages and questions; None where nothing does.
    """

    def __init__(self, store: Store, embedder: Embedder | None) -> None:
        self._store = store
        self._embedder = embedder
        self._ready: dict[str, NDArray[np.float32]] = {}

    @property
    def made_with(self) -> str | None:
        """Name of the embedder of the vectors that are there."""
        return self._store.setting("embedder_name")

    @property
    def fit(self) -> bool:
        """Whether the vectors that are there come from the embedder that is here."""
        here = self._embedder
        return here is not None and here.version == self._store.setting("embedder")

    def missing(self) -> list[int]:
        """Passages without a vector of the embedder that is here."""
        query = "SELECT id FROM chunk ORDER BY id"
        if self.fit:
            query = "SELECT id FROM chunk WHERE id NOT IN (SELECT chunk FROM vector) ORDER BY id"
        return [row[0] for row in self._store.rows(query)]

    def texts(self, passages: Sequence[int]) -> Iterator[tuple[str, int, str]]:
        """Document, id and text of passages, as an embedder reads them."""
        for place in range(0, len(passages), _LOOKED_AT):
            for each in self._store.passages(passages[place : place + _LOOKED_AT]).values():
                yield each.document, each.id, f"{each.context}\n{each.body}".strip()

    def embed(self, progress: Progress) -> int:
        """Compute the vectors that are missing; nothing without an embedder. How many there were.

        Vectors of another embedder stay until the first new ones are there.

        Raises:
            DataError: the embedder gives vectors of another length than before.
        """
        if self._embedder is None:
            return 0
        missing = self.missing()
        for place in range(0, len(missing), _AT_ONCE):
            progress("reads passages by meaning", place, len(missing))
            found = list(self.texts(missing[place : place + _AT_ONCE]))
            self._keep(
                [number for _, number, _ in found], self._embedder.embed([text for _, _, text in found])
            )
        return len(missing)

    def _keep(self, passages: list[int], vectors: NDArray[np.float32]) -> None:
        assert self._embedder is not None
        if self.fit:
            self._check_length(vectors.shape[1])
        else:
            self._store.clear_vectors(self._embedder.version, self._embedder.name)
        packed = [row.astype("<f2").tobytes() for row in vectors]
        self._store.put_vectors(list(zip(passages, packed, strict=True)))

    def _check_length(self, length: int) -> None:
        kept = self._store.one("SELECT length(value) / 2 FROM vector LIMIT 1")
        if kept not in {None, length}:
            raise DataError(
                f"{self.made_with} gives vectors of {length:,} numbers, and those of this index have "
                f"{kept:,}: another model answers to that name now.",
                where=Where(file=self._store.file),
                hint="Remove the folder of the index and make it again; the documents are all it needs.",
            )

    def read(self, questions: Sequence[str]) -> None:
        """Read questions that are about to be asked, all at once."""
        embedder = self._needed()
        wanted = dict.fromkeys(map(_plain, questions))
        new = [text for text in wanted if text and text not in self._ready]
        if len(self._ready) + len(new) > _REMEMBERED:
            self._ready.clear()
            new = [text for text in wanted if text]
        self._ready.update(zip(new, embedder.embed(new), strict=True))

    def question(self, text: str) -> NDArray[np.float32]:
        """The vector of a question.

        Raises:
            UserError: nothing reads questions here, or not what read the passages.
            DataError: its vector has another length than those of the passages.
        """
        embedder = self._needed()
        known = self._ready.get(_plain(text))
        vector = embedder.embed([_plain(text)])[0] if known is None else known
        self._check_length(len(vector))
        return vector

    def _needed(self) -> Embedder:
        file = self._store.file
        if self._embedder is None or self._store.setting("embedder") is None:
            raise UserError(
                "This index cannot be searched by meaning: it has no vectors, or no model is there.",
                where=Where(file=file),
                hint="pip install 'shipworthy[embeddings]' and index again, or search by words.",
            )
        if not self.fit:
            raise UserError(
                "The vectors of this index come from another embedding model than the one of the question"
                f" ({self._embedder.name}).",
                where=Where(file=file),
                hint="Run shipworthy index again, or search by words.",
            )
        return self._embedder

    def load(self) -> Vectors:
        """All vectors, in memory."""
        import numpy as np

        query = "SELECT vector.chunk, document, value FROM vector JOIN chunk ON id = vector.chunk ORDER BY 1"
        rows: list[Any] = self._store.rows(query)
        flat = np.frombuffer(b"".join(row[2] for row in rows), dtype="<f2").astype(np.float32)
        matrix = flat.reshape(len(rows), -1) if rows else flat.reshape(0, 0)
        passages, owners = (np.array([row[column] for row in rows], np.int64) for column in (0, 1))
        return Vectors(passages, owners, matrix)


def _plain(question: str) -> str:
    return " ".join(question.split())
