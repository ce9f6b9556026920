"""Search beside its peers: what is found on SciFact and SQuAD, and how long it takes among 100,000 passages.

Writes docs/measurements/retrieval.md.

    python -m venv peers && peers/bin/pip install bm25s PyStemmer tantivy lancedb
    python benchmarks/retrieval.py --peers peers/bin/python --indexes indexes    # a quarter of an hour
    python benchmarks/retrieval.py --only speed                                  # one part; the others stay

The questions are split in two by their ids: how to search is chosen on the first half, and everything in the
tables is measured on the second. Nothing was fitted on either. Vectors are kept in --indexes between runs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.kit.common import Bar, bars  # noqa: E402
from shipworthy.core.errors import MissingExtraError  # noqa: E402
from shipworthy.gateway.embedding import Embedder, packaged_embedder  # noqa: E402
from shipworthy.retrieval.choosing import AskedQuestion, ModeChoice, choose_mode  # noqa: E402
from shipworthy.retrieval.document import Document, Part  # noqa: E402
from shipworthy.retrieval.hits import MODES, Mode  # noqa: E402
from shipworthy.retrieval.index import Index  # noqa: E402
from shipworthy.stats.comparison import paired_difference  # noqa: E402
from shipworthy.stats.estimate import Estimate  # noqa: E402
from shipworthy.stats.intervals import mean  # noqa: E402
from shipworthy.stats.ranking import ndcg, recall_at  # noqa: E402

PAGE = ROOT / "docs/measurements/retrieval.md"
DATA = ROOT.parent / "shared/data"
PEERS = ("bm25s", "tantivy", "lancedb")
SEED = 20261123
PASSAGES = 100_000
HEAD = """# Search

Made by `benchmarks/retrieval.py`. Passages are found by words (BM25 of SQLite's FTS5), by meaning (the
packaged MiniLM) or by both (reciprocal rank fusion). The peers have English stemming and stop words and get
the same texts whole; ours cuts a text into passages and takes the best one. The questions are split in two
by a hash of their words: how to search is chosen on one half, the tables are measured on the other.
Intervals are 95%.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text of a collection."""

    id: str
    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """Texts and questions with the texts that answer them."""

    name: str
    texts: tuple[Text, ...]
    questions: tuple[AskedQuestion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """What one way of searching makes of every question."""

    ndcg: NDArray[np.float64]
    recall: NDArray[np.float64]
    ms: float


class Remembering:
    """The packaged model, which reads each question once."""

    def __init__(self, model: Embedder) -> None:
        self._model = model
        self._one = cache(lambda text: model.embed([text]))
        self.name, self.version = model.name, model.version

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, 384) unit vectors."""
        return self._one(texts[0]) if len(texts) == 1 else self._model.embed(texts)


def lines(name: str) -> Iterator[dict[str, Any]]:
    """Rows of a dataset."""
    with (DATA / name).open(encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def scifact() -> Collection:
    """Abstracts, and claims with the abstracts they are checked against."""
    texts = tuple(
        Text(id=str(row["doc_id"]), title=str(row["title"]), body=" ".join(row["sentences"]))
        for row in lines("scifact/corpus.jsonl")
    )
    questions = tuple(
        AskedQuestion(text=str(row["claim"]), documents=tuple(map(str, row["cited_doc_ids"])))
        for row in lines("scifact/claims_train.jsonl")
    )
    return Collection(name="SciFact", texts=texts, questions=questions)


def squad() -> Collection:
    """Paragraphs as one collection; a question is answered by its own paragraph, or just misses it."""
    texts = tuple(
        Text(id=str(row["doc_id"]), title=str(row["title"]), body=str(row["text"]))
        for row in lines("squad2/paragraphs.jsonl")
    )
    questions = tuple(
        AskedQuestion(text=str(row["question"]), documents=(str(row["doc_id"]),))
        for row in lines("squad2/questions.jsonl")
    )
    return Collection(name="SQuAD", texts=texts, questions=questions)


def document(text: Text) -> Document:
    """The text as a parser would make it."""
    whole = f"{text.title}\n\n{text.body}"
    parts = (
        Part(start=0, end=len(text.title), kind="heading"),
        Part(start=len(text.title) + 2, end=len(whole), kind="paragraph", headings=(text.title,)),
    )
    sha = hashlib.sha256(whole.encode()).hexdigest()
    return Document(name=text.id, text=whole, parts=parts, sha256=sha, title=text.title)


@contextmanager
def indexed(collection: Collection, folder: Path, embedder: Embedder | None) -> Iterator[Index]:
    """The collection's index, made where it is not there yet."""
    with Index.open(folder / f"ix-{collection.name.lower()}", embedder=embedder) as index:
        known = set(index.names)
        for text in collection.texts:
            if text.id not in known:
                index.put(document(text))
        index.embed(progress=lambda what, done, total: print(what, done, total, file=sys.stderr))
        yield index


def halves(questions: Sequence[AskedQuestion]) -> tuple[list[AskedQuestion], list[AskedQuestion]]:
    """The questions in two, by a hash of their words."""
    first = [hashlib.sha256(f"{SEED}{each.text}".encode()).digest()[0] % 2 == 0 for each in questions]
    return (
        [each for each, chosen in zip(questions, first, strict=True) if chosen],
        [each for each, chosen in zip(questions, first, strict=True) if not chosen],
    )


def ours(index: Index, questions: Sequence[AskedQuestion], mode: Mode) -> Ranked:
    """Our own search."""
    found, took = [], []
    for question in questions:
        start = time.perf_counter()
        hits = index.search(question.text, k=30, mode=mode)
        took.append((time.perf_counter() - start) * 1000)
        found.append(list(dict.fromkeys(hit.document for hit in hits))[:10])
    return judged(found, questions, took)


def peer(python: str, name: str, collection: Collection, questions: Sequence[AskedQuestion]) -> Ranked | None:
    """Another engine in an environment of its own; None where it is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        texts, asked, out = (Path(folder, f"{each}.jsonl") for each in ("texts", "questions", "ranks"))
        rows = [{"id": text.id, "title": text.title, "body": text.body} for text in collection.texts]
        texts.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        asks = [{"id": place, "text": question.text} for place, question in enumerate(questions)]
        asked.write_text("".join(json.dumps(row) + "\n" for row in asks), encoding="utf-8")
        script = ROOT / "benchmarks/peers/search.py"
        done = subprocess.run(
            [python, str(script), name, texts, asked, out], check=False, capture_output=True
        )
        if done.returncode:
            print(name, done.stderr.decode(errors="replace")[-500:], file=sys.stderr)
            return None
        found = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    return judged([row["found"] for row in found], questions, [row["ms"] for row in found])


def judged(
    found: Sequence[Sequence[str]], questions: Sequence[AskedQuestion], took: Sequence[float]
) -> Ranked:
    """Question by question: how near the first ten are to the best order, and recall of the first five."""
    gains = [
        [name in question.documents for name in names]
        for names, question in zip(found, questions, strict=True)
    ]
    totals = [len(question.documents) for question in questions]
    each = list(zip(gains, totals, strict=True))
    return Ranked(
        ndcg=np.array([ndcg([float(g) for g in row], [1.0] * total, 10) or 0.0 for row, total in each]),
        recall=np.array([recall_at(row, total, 5) or 0.0 for row, total in each]),
        ms=float(np.median(took)),
    )


def score(values: NDArray[np.float64]) -> Estimate:
    """A mean with its interval."""
    return mean(values, unit="score").at()


def gap(first: Ranked, second: Ranked) -> Estimate:
    """The difference in nDCG on the same questions."""
    return paired_difference(first.ndcg, second.ndcg).at()


def table(rows: Sequence[tuple[str, Ranked | None]], base: Ranked) -> list[str]:
    """One line for each way of searching."""
    made = ["| | nDCG@10 | against ours by words | recall@5 | median ms |", "|---|---|---|---|---|"]
    for name, ranked in rows:
        if ranked is None:
            made.append(f"| {name} | not measured: not installed | | | |")
            continue
        against = "" if ranked is base else str(gap(ranked, base))
        made.append(
            f"| {name} | {score(ranked.ndcg)} | {against} | {score(ranked.recall)} | {ranked.ms:.1f} |"
        )
    return made


def quality(collection: Collection, given: argparse.Namespace) -> tuple[str, list[Bar]]:
    """What is found, beside the peers, and whether the choice was right on the other half."""
    chosen_on, reported = halves(collection.questions)
    embedder = model()
    with indexed(collection, given.indexes, embedder) as index:
        choice = choose_mode(index, chosen_on)
        modes: dict[Mode, Ranked] = {
            mode: ours(index, reported, mode) for mode in (MODES if index.vectors else MODES[:1])
        }
        passages = index.size
    peers = {name: peer(given.peers, name, collection, reported) if given.peers else None for name in PEERS}
    named = {"lexical": "ours, by words", "vector": "ours, by meaning", "fused": "ours, by both"}
    rows = [(named[mode], ranked) for mode, ranked in modes.items()] + list(peers.items())
    text = [
        f"{len(collection.texts):,} texts in {passages:,} passages; {len(reported):,} questions in the "
        f"table, {len(chosen_on):,} to choose on.",
        "",
        *table(rows, modes["lexical"]),
        "",
        f"Chosen on the other half: {choice.why}.",
    ]
    return "\n".join(text), bars_of(collection, modes, peers, choice)


def bars_of(
    collection: Collection, modes: dict[Mode, Ranked], peers: dict[str, Ranked | None], choice: ModeChoice
) -> list[Bar]:
    """What was demanded of this collection."""
    lexical = modes["lexical"]
    found: list[Bar] = []
    measured = {name: ranked for name, ranked in peers.items() if ranked is not None}
    if measured:
        best = max(measured, key=lambda name: float(measured[name].ndcg.mean()))
        behind = float(measured[best].ndcg.mean() - lexical.ndcg.mean())
        found.append(
            Bar(
                f"{collection.name}: words at most .005 below the best peer",
                f"{best}: {-behind:+.4f}",
                behind <= 0.005,
            )
        )
    chosen = gap(modes[choice.mode], lexical)
    loss = -(chosen.value or 0.0)
    what = f"{collection.name}: the chosen mode loses at most .005 to words alone"
    found.append(Bar(what, f"{choice.mode}: {chosen}", loss <= 0.005))
    if collection.name == "SciFact" and "fused" in modes:
        gained = gap(modes["fused"], lexical)
        found.append(
            Bar("SciFact: by both at least .02 above words", str(gained), (gained.value or 0) >= 0.02)
        )
    if collection.name == "SQuAD":
        recall = score(modes[choice.mode].recall)
        found.append(Bar("SQuAD: recall@5 at least .93", str(recall), (recall.value or 0) >= 0.93))
    return found


@cache
def model() -> Embedder | None:
    """The packaged model, where it is installed."""
    try:
        return Remembering(packaged_embedder())
    except MissingExtraError:
        return None


class Random:
    """Vectors of chance, which take as long to compare as any; questions take the model's time."""

    name = version = "random"

    def __init__(self) -> None:
        self._rng = np.random.default_rng(SEED)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, 384) unit vectors."""
        if len(texts) == 1 and (real := model()) is not None:
            real.embed([f"{texts[0]} {self._rng.random()}"])  # timed, and never from memory
        found = self._rng.normal(size=(len(texts), 384)).astype(np.float32)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


def speed(_: argparse.Namespace) -> tuple[str, list[Bar]]:
    """How long a question takes among 100,000 passages, and what an update touches."""
    collections = scifact(), squad()
    rng = np.random.default_rng(SEED)
    pool = [piece for each in collections for text in each.texts for piece in text.body.split(". ")]
    drawn = rng.integers(len(pool), size=(PASSAGES // 50, 50, 7))
    questions = [each.text for one in collections for each in one.questions[:100]]
    with tempfile.TemporaryDirectory() as folder, Index.open(Path(folder), embedder=Random()) as index:
        for number, passages in enumerate(drawn):
            index.put(mixed(number, [[pool[place] for place in row] for row in passages]))
        index.embed()
        size = index.size
        start = time.perf_counter()
        index.search(questions[0], mode="fused")
        first = time.perf_counter() - start
        took = {mode: timed(index, questions, mode) for mode in ("lexical", "fused")}
    rows = [
        f"| {name} | {np.median(ms[0]):.1f} | {np.quantile(ms[0], 0.95):.1f} | {np.median(ms[1]):.1f} | "
        f"{limit} |"
        for name, ms, limit in (("by words", took["lexical"], 20), ("by both", took["fused"], 50))
    ]
    text = [
        f"{size:,} passages of seven real sentences each (SciFact and SQuAD, drawn at random, seed {SEED}); "
        f"{len(questions)} real questions; the vectors of the passages are random. The first question after "
        f"opening also loads words and vectors: {first:.1f} s. Milliseconds; by both includes the time "
        "in which the model reads the question.",
        "",
        "| | median | 95% of questions within | median CPU | bar for the median |",
        "|---|---|---|---|---|",
        *rows,
    ]
    found = [
        Bar(
            f"{PASSAGES:,} passages, {name}: under {limit} ms",
            f"{np.median(ms[0]):.1f} ms ({np.median(ms[1]):.1f} of CPU)",
            bool(np.median(ms[0]) < limit),
        )
        for name, ms, limit in (("by words", took["lexical"], 20), ("by both", took["fused"], 50))
    ]
    return "\n".join(text), [*found, touched()]


def mixed(number: int, passages: list[list[str]]) -> Document:
    """Fifty passages of chance as one document, each under a heading of its own."""
    text, parts = "", []
    for place, sentences in enumerate(passages):
        for kind, words in (("heading", f"Part {place}"), ("paragraph", ". ".join(sentences)[:1_900])):
            gap_ = "\n\n" if text else ""
            start = len(text) + len(gap_)
            text += gap_ + words
            headings = () if kind == "heading" else (f"Part {place}",)
            parts.append(Part(start=start, end=len(text), kind=kind, headings=headings))  # type: ignore[arg-type]
    sha = hashlib.sha256(text.encode()).hexdigest()
    return Document(name=f"{number}.md", text=text, parts=tuple(parts), sha256=sha)


def timed(index: Index, questions: Sequence[str], mode: Mode) -> NDArray[np.float64]:
    """(2, n) milliseconds of each question, on the clock and of CPU: on a busy machine only the CPU tells."""
    took = []
    for question in questions:
        start = time.perf_counter(), time.process_time()
        index.search(question, mode=mode)
        took.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return np.array(took).T * 1000


def touched() -> Bar:
    """Index a real handbook, change one file, and count what was read and embedded again."""
    rows = list(lines("handbook_18f/docs.jsonl"))
    with tempfile.TemporaryDirectory() as folder:
        docs = Path(folder, "docs")
        for row in rows:
            path = docs / str(row["path"]).replace("..", "_")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(str(row["text"]), encoding="utf-8")
        with Index.open(Path(folder, "index"), embedder=None) as index:
            index.update(docs)
            Path(docs, index.names[0]).write_text("Changed.", encoding="utf-8")
            done = index.update(docs)
    right = (len(done.changed), len(done.added), len(done.removed)) == (1, 0, 0)
    said = f"{len(done.changed)} read again, {done.unchanged} untouched"
    return Bar("one changed file: only that file is read again", said, right)


def machine() -> str:
    """When and where."""
    return f"*{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.machine()}.*"


def write(parts: dict[str, str]) -> None:
    """Put these parts into the page; others stay as they were."""
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    known = {part.partition("\n")[0]: part.partition("\n")[2].strip() for part in old.split("\n## ")[1:]}
    fresh = known | parts
    body = [f"## {title}\n\n{fresh[title]}\n" for title in TITLES.values() if title in fresh]
    PAGE.write_text("\n".join([HEAD, *body]), encoding="utf-8")


TITLES = {"scifact": "SciFact", "squad": "SQuAD paragraphs", "speed": "100,000 passages"}


def main() -> int:
    """Measure what was asked for, and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", help="Python of an environment with the peers")
    parser.add_argument("--indexes", type=Path, help="folder in which indexes are kept between runs")
    parser.add_argument("--only", choices=TITLES, nargs="+", default=list(TITLES), help="these parts only")
    given = parser.parse_args()
    if not (DATA / "scifact").exists():
        print("The public datasets are not beside the repository (../shared/data).", file=sys.stderr)
        return 4
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        given.indexes = given.indexes or Path(folder)
        for name in given.only:
            made = {"scifact": scifact, "squad": squad}
            text, found = speed(given) if name == "speed" else quality(made[name](), given)
            missed |= not all(bar.holds for bar in found)
            part = "\n".join([text, "", *bars(found), "", machine()])
            write({TITLES[name]: part})
            print(part)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
