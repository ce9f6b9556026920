"""An index of documents: kept in step with a folder, searched by words, by meaning, or by both.

Search by words is BM25 in SQLite's FTS5; by meaning it is the cosine of unit vectors, all of them compared.
The two are fused by reciprocal rank (Cormack, Clarke & Büttcher 2009, Reciprocal rank fusion outperforms
Condorcet and individual rank learning methods, SIGIR) only where that was measured to be better: without a
measurement the search is by words.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from shipworthy.core.canonical import sha256_of_file
from shipworthy.core.errors import UserError, nearest
from shipworthy.core.progress import Progress, silent
from shipworthy.retrieval.chunking import CHUNKING, chunks
from shipworthy.retrieval.document import Document
from shipworthy.retrieval.hits import MODES, Explanation, Hit, Mode, WhyHit, Word
from shipworthy.retrieval.meanings import Meanings
from shipworthy.retrieval.parsing.folders import Rejected, files_of, rejected
from shipworthy.retrieval.parsing.reading import PARSERS, read_document
from shipworthy.retrieval.store import FILE, Store
from shipworthy.retrieval.updating import Changes, Work
from shipworthy.retrieval.words import Stemmer, match_query, question_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shipworthy.gateway.embedding import Embedder
    from shipworthy.retrieval.meanings import Vectors
    from shipworthy.retrieval.postings import Postings

__all__ = ["Changes", "Hit", "Index"]

_MADE_BY = f"{PARSERS}.{CHUNKING}"
_DEPTH = 100
_CONSTANT = 20  # of reciprocal rank fusion; the paper has 60; on SciFact's claims 20 finds more
_LARGE = 3_000  # passages; from here on words are ranked in memory
_ASKED_FOR: dict[Mode, str] = {
    "lexical": "by words, as you asked",
    "vector": "by meaning, as you asked",
    "fused": "by words and meaning, as you asked",
}
_NOT_MEASURED = "by words, because nothing was measured on questions of your own"


@dataclass(frozen=True, slots=True)
class _Scored:
    passage: int
    score: float
    lexical: tuple[int, float] | None
    vector: tuple[int, float] | None


@dataclass(frozen=True, slots=True)
class _Words:
    passages: NDArray[np.int64]
    owners: NDArray[np.int64]
    postings: Postings


class Index:
    """An index in a folder of its own. Use it as a context manager, or close it."""

    def __init__(self, store: Store, embedder: Embedder | None, mode: Mode | None = None) -> None:
        self._store = store
        self._meanings = Meanings(store, embedder)
        self._asked_for = mode
        self._stemmer = Stemmer()
        self._lock = threading.RLock()
        self._loaded: dict[str, tuple[tuple[int, int], Any]] = {}

    @classmethod
    def open(cls, folder: Path, *, embedder: Embedder | None, mode: Mode | None = None) -> Self:
        """Open the index in a folder; an empty one is made where there is none.

        Args:
            folder: The folder.
            embedder: Reads passages and questions by meaning; None: words are all there is.
            mode: How to search while it is open; None: as was measured to be best.

        Raises:
            DataError: what is there is no index.
            EnvironmentFailure: it cannot be read or written.
        """
        return cls(Store(folder), embedder, mode)

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether a folder holds an index with a document in it, or what only opening it can tell."""
        return (folder / FILE).is_file() and Store.has_documents(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()
        self._stemmer.close()

    @contextmanager
    def _using(self) -> Iterator[Store]:
        with self._lock, self._store.explained():
            yield self._store

    def update(self, documents: Path, *, embed: bool = True, progress: Progress = silent) -> Changes:
        """Bring the index in step with a folder: only files whose content changed are read.

        Each document is committed by itself; an update that was killed is completed by the next one.

        Args:
            documents: The folder.
            embed: Whether passages are also read by meaning; else the method ``embed`` does that.
            progress: Told about documents and passages.

        Raises:
            DataError: there is no such folder.
            EnvironmentFailure: the disk failed.
        """
        with self._using() as store:
            files = files_of(documents)
            known = store.known()
            work = Work(known=known)
            for done, (name, found) in enumerate(files):
                progress("reads documents", done, len(files))
                self._take(name, found, work)
            for name in sorted(known.keys() - work.kept):
                store.remove(name)
                work.removed.append(name)
            embedded = self._meanings.embed(progress) if embed else 0
        return work.changes(embedded)

    def _take(self, name: str, found: Path | Rejected, work: Work) -> None:
        if isinstance(found, Rejected):
            work.rejected.append(found)
            return
        before = work.known.get(name)
        try:
            if before is not None and before == (_sha(found), _MADE_BY):
                work.kept.add(name)
                work.unchanged += 1
                return
            document = read_document(found, name=name)
        except UserError as error:
            work.rejected.append(rejected(name, error))
            return
        self.put(document)
        work.kept.add(name)
        (work.added if before is None else work.changed).append(name)
        work.warnings += [(name, warning) for warning in document.warnings]

    def put(self, document: Document) -> None:
        """Add one document, or replace the one of its name; vectors follow with the next update."""
        with self._using() as store:
            store.put(document, chunks(document), _MADE_BY, self._stemmer)

    def embed(self, *, progress: Progress = silent) -> int:
        """Compute the vectors that are missing; nothing without an embedder. How many there were."""
        with self._using():
            return self._meanings.embed(progress)

    def unread(self) -> Iterator[tuple[str, str]]:
        """Document and text of every passage that ``embed`` would read."""
        with self._using():
            for document, _, text in self._meanings.texts(self._meanings.missing()):
                yield document, text

    def read(self, questions: Sequence[str]) -> None:
        """Read questions that are about to be asked by meaning, all at once; it is never necessary.

        Raises:
            UserError: the index cannot be searched by meaning.
        """
        with self._using():
            self._meanings.read(questions)

    @property
    def made_with(self) -> str | None:
        """Name of the embedding model that read the passages; None where none did, or nobody kept it."""
        with self._using():
            return self._meanings.made_with

    @property
    def by_meaning(self) -> bool:
        """Whether all passages can be searched by meaning, with the embedder that is here."""
        with self._using():
            return self._meanings.fit and self._complete

    @property
    def _complete(self) -> bool:
        complete: bool = self._cached("complete", lambda: 0 < self.size == self.vectors)
        return complete

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the documents, sorted."""
        with self._using() as store:
            return tuple(row[0] for row in store.rows("SELECT name FROM document ORDER BY name"))

    @property
    def size(self) -> int:
        """Passages."""
        with self._using() as store:
            return int(store.one("SELECT count(*) FROM chunk"))

    @property
    def vectors(self) -> int:
        """Passages that can be searched by meaning."""
        with self._using() as store:
            return int(store.one("SELECT count(*) FROM vector"))

    @property
    def version(self) -> str:
        """Hash of what determines the answers: documents, how they were cut, vectors and mode."""
        with self._using() as store:
            rows = store.rows("SELECT name, sha256, made_by FROM document ORDER BY name")
            told = [rows, store.setting("embedder") if self.vectors else None, self.mode]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    @property
    def mode(self) -> Mode:
        """How questions are searched for unless they say otherwise."""
        return self._usual()[0]

    @property
    def why_mode(self) -> str:
        """Why it is searched so, in words."""
        return self._usual()[1]

    def _usual(self) -> tuple[Mode, str]:
        if self._asked_for is not None:
            return self._asked_for, _ASKED_FOR[self._asked_for]
        with self._using() as store:
            kept = store.setting("mode")
            mode = next((mode for mode in MODES if mode == kept), MODES[0])
            if mode != "lexical" and not self._complete:
                return "lexical", (
                    f"by words for now, because {self.vectors:,} of {self.size:,} passages have been read by "
                    "meaning; index again for the others"
                )
            return mode, store.setting("why_mode") or _NOT_MEASURED

    def prefer(self, mode: Mode, *, why: str) -> None:
        """Keep how questions are to be searched for from now on, and why."""
        with self._using() as store, store.writing():
            store.set("mode", mode)
            store.set("why_mode", why)

    def document(self, name: str) -> Document:
        """A document as it was indexed.

        Raises:
            UserError: there is none of this name.
        """
        with self._using() as store:
            found = store.document(name)
        if found is None:
            raise UserError(f"The index has no document {name!r}.", hint=nearest(name, self.names) or None)
        return found

    def search(
        self,
        question: str,
        *,
        k: int = 10,
        mode: Mode | None = None,
        where: Mapping[str, str] | None = None,
    ) -> list[Hit]:
        """The passages that fit a question best, best first.

        Args:
            question: Words or a sentence; nothing in it is query syntax.
            k: Passages wanted.
            mode: By words, by meaning, or both; what was measured to be best by default.
            where: Properties that their documents must have; ``folder`` includes the folders below.

        Raises:
            UserError: the index cannot be searched by meaning, and the mode needs it.
        """
        with self._using() as store:
            scored = self._scored(question, k, mode or self.mode, where)
            found = store.passages([each.passage for each in scored])
            return [_hit(found[each.passage], each) for each in scored]

    def _scored(
        self, question: str, k: int, mode: Mode, where: Mapping[str, str] | None, *, both: bool = False
    ) -> list[_Scored]:
        allowed = None if where is None else self._store.filtered(where)
        depth = max(k, _DEPTH)
        lexical = self._by_words(question, depth, allowed) if both or mode != "vector" else {}
        vector = self._by_meaning(question, depth, allowed) if both or mode != "lexical" else {}
        lexical_ranks = {passage: (rank, lexical[passage]) for rank, passage in enumerate(lexical, start=1)}
        vector_ranks = {passage: (rank, vector[passage]) for rank, passage in enumerate(vector, start=1)}
        scores = {"lexical": lexical, "vector": vector}.get(mode) or _fused(lexical, vector)
        if mode != "fused":
            scores = lexical if mode == "lexical" else vector
        best = sorted(scores, key=lambda passage: (-scores[passage], passage))[: max(0, k)]
        return [
            _Scored(passage, scores[passage], lexical_ranks.get(passage), vector_ranks.get(passage))
            for passage in best
        ]

    def _by_words(self, question: str, depth: int, allowed: Sequence[int] | None) -> dict[int, float]:
        words = list(self._stemmer.distinct(question_words(question)[0]).items())
        if not words:
            return {}
        if self.size > _LARGE:
            return self._by_postings([stem for stem, _ in words], depth, allowed)
        query = "SELECT rowid, -rank FROM search WHERE search MATCH ?"
        values: list[Any] = [match_query([word for _, word in words])]
        if allowed is not None:
            query += " AND rowid IN (SELECT id FROM chunk WHERE document IN (SELECT value FROM json_each(?)))"
            values.append(json.dumps(allowed))
        return dict(self._store.rows(f"{query} ORDER BY rank, rowid LIMIT ?", [*values, depth]))

    def _by_postings(self, stems: list[str], depth: int, allowed: Sequence[int] | None) -> dict[int, float]:
        import numpy as np

        words: _Words = self._cached("words", self._load_words)
        scores = words.postings.scores(stems)
        if allowed is not None:
            scores[~np.isin(words.owners, list(allowed))] = 0
        best = _largest(scores, depth)
        return {int(words.passages[place]): float(scores[place]) for place in best if scores[place] > 0}

    def _by_meaning(self, question: str, depth: int, allowed: Sequence[int] | None) -> dict[int, float]:
        import numpy as np

        vectors: Vectors = self._cached("vectors", self._meanings.load)
        if not question.strip():
            return {}
        vector = self._meanings.question(question)
        if not len(vectors.passages):
            return {}
        cosines = vectors.matrix @ vector
        if allowed is not None:
            cosines[~np.isin(vectors.owners, list(allowed))] = -2
        best = _largest(cosines, depth)
        return {
            int(vectors.passages[place]): float(cosines[place]) for place in best if cosines[place] >= -1.01
        }

    def _cached(self, name: str, load: Any) -> Any:
        state = self._store.state()
        known = self._loaded.get(name)
        if known is None or known[0] != state:
            known = self._loaded[name] = (state, load())
        return known[1]

    def _load_words(self) -> _Words:
        import numpy as np

        from shipworthy.retrieval.postings import Postings

        query = "SELECT words.chunk, document, stems FROM words JOIN chunk ON id = words.chunk ORDER BY 1"
        passages, owners, stems = _columns(self._store.rows(query))
        return _Words(np.array(passages, np.int64), np.array(owners, np.int64), Postings.of(stems))

    def explain(
        self,
        question: str,
        *,
        k: int = 5,
        mode: Mode | None = None,
        where: Mapping[str, str] | None = None,
    ) -> Explanation:
        """Why a question finds the passages it finds.

        Both ways are shown where the index has both, unless words alone are asked for.
        """
        with self._using() as store:
            both = mode != "lexical" and self._asked_for != "lexical" and self._meanings.fit
            mode, why = (mode, _ASKED_FOR[mode]) if mode else self._usual()
            scored = self._scored(question, k, mode, where, both=both)
            found = store.passages([each.passage for each in scored])
            words = self._words_of(question)
            held = {word.word: self._holding(word.word, scored) for word in words if not word.ignored}
            hits = tuple(_why(found[each.passage], each, held) for each in scored)
            return Explanation(
                question=question,
                mode=mode,
                why_mode=why,
                passages=self.size,
                words=words,
                hits=hits,
                vectors_by=self._meanings.made_with if both or mode != "lexical" else None,
            )

    def _words_of(self, question: str) -> tuple[Word, ...]:
        telling, passed_over = question_words(question)
        stems = [next(iter(found), "") for found in self._stemmer.stems([*telling, *passed_over])]
        count = "SELECT count(*) FROM search WHERE search MATCH ?"
        return tuple(
            Word(
                word=word,
                stem=stem,
                passages=int(self._store.one(count, (match_query([word]),))) if stem else 0,
                ignored=place >= len(telling),
            )
            for place, (word, stem) in enumerate(zip([*telling, *passed_over], stems, strict=True))
        )

    def _holding(self, word: str, scored: Sequence[_Scored]) -> set[int]:
        wanted = {each.passage for each in scored}
        rows = self._store.rows("SELECT rowid FROM search WHERE search MATCH ?", (match_query([word]),))
        return {row[0] for row in rows} & wanted


def _sha(path: Path) -> str | None:
    """Hash of a file's bytes; None where it cannot be read, which the reader then says."""
    try:
        return sha256_of_file(path)
    except OSError:
        return None


def _columns(rows: list[Any]) -> tuple[list[int], list[int], list[bytes]]:
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


def _largest(scores: NDArray[np.float32], most: int) -> list[int]:
    """Places of the largest scores, largest first, the earlier place first where they are equal."""
    import numpy as np

    if len(scores) > most:
        border = np.partition(scores, len(scores) - most)[len(scores) - most]
        above = np.flatnonzero(scores >= border)
    else:
        above = np.arange(len(scores))
    return [int(place) for place in above[np.lexsort((above, -scores[above]))][:most]]


def _fused(lexical: Mapping[int, float], vector: Mapping[int, float]) -> dict[int, float]:
    found: dict[int, float] = {}
    for ranked in (lexical, vector):
        for rank, passage in enumerate(ranked, start=1):
            found[passage] = found.get(passage, 0.0) + 1 / (_CONSTANT + rank)
    return found


def _hit(passage: Any, scored: _Scored) -> Hit:
    return Hit(
        document=passage.document,
        start=passage.start,
        end=passage.end,
        text=passage.body,
        headings=passage.headings,
        page=passage.page,
        line=passage.line,
        score=scored.score,
        lexical_rank=scored.lexical[0] if scored.lexical else None,
        vector_rank=scored.vector[0] if scored.vector else None,
        lexical_score=scored.lexical[1] if scored.lexical else None,
        vector_score=scored.vector[1] if scored.vector else None,
    )


def _why(passage: Any, scored: _Scored, held: Mapping[str, set[int]]) -> WhyHit:
    return WhyHit(
        hit=_hit(passage, scored),
        words=tuple(word for word, passages in held.items() if scored.passage in passages),
        from_words=1 / (_CONSTANT + scored.lexical[0]) if scored.lexical else 0.0,
        from_meaning=1 / (_CONSTANT + scored.vector[0]) if scored.vector else 0.0,
    )
