"""An index follows its folder, survives interruptions, and finds by words, by meaning, or both."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import shipworthy.retrieval.index as index_module
from shipworthy.core.errors import DataError, EnvironmentFailure, UserError
from shipworthy.retrieval.document import verified
from shipworthy.retrieval.index import Index
from shipworthy.retrieval.parsing import read_document
from shipworthy.retrieval.postings import Postings
from tests.fakes.embedders import WordEmbedder

DOCS = {
    "leave.md": "# Leave\n\nYou may carry over five vacation days into the next year.\n",
    "pay.txt": "Salaries are paid on the last working day of the month.\n",
    "hr/uk/sick.md": "---\nauthor: Ana\n---\n# Sickness\n\nSend a note from your doctor on the third day.\n",
    "it/laptop.html": "<h1>Laptops</h1><p>Laptops are replaced every four years.</p>",
}


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    for name, words in DOCS.items():
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(words)
    return tmp_path / "docs"


def opened(folder: Path, embedder: WordEmbedder | None = None) -> Index:
    return Index.open(folder.parent / "index", embedder=embedder)


def names(index: Index, question: str, **more: object) -> list[str]:
    return [hit.document for hit in index.search(question, **more)]  # type: ignore[arg-type]


def rows(docs: Path) -> dict[str, list[tuple[int, str]]]:
    """Ids of the stored passages by document: what was not touched keeps them."""
    database = sqlite3.connect(docs.parent / "index/index.db")
    query = "SELECT name, chunk.id, body FROM chunk JOIN document ON document.id = chunk.document ORDER BY 2"
    found: dict[str, list[tuple[int, str]]] = {}
    for name, number, body in database.execute(query):
        found.setdefault(name, []).append((number, body))
    database.close()
    return found


def test_a_hit_is_a_verbatim_piece_of_its_document_with_its_place(docs: Path) -> None:
    with opened(docs) as index:
        index.update(docs)
        (hit, *_) = index.search("carrying over vacations")
        document = index.document(hit.document)
        assert verified(hit.span, document)
        assert (hit.document, hit.line, hit.lexical_rank, hit.vector_rank) == ("leave.md", 1, 1, None)
        assert document.sha256 == index.document("leave.md").sha256


def test_documents_come_back_from_the_index_as_they_were_read(docs: Path) -> None:
    with opened(docs) as index:
        index.update(docs)
        assert index.names == tuple(sorted(DOCS))
        for name in DOCS:
            assert index.document(name) == read_document(docs / name, name=name)


def test_only_what_changed_is_touched(docs: Path) -> None:
    embedder = WordEmbedder()
    with opened(docs, embedder) as index:
        first = index.update(docs)
        assert (first.added, first.embedded) == (tuple(sorted(DOCS)), 4)
        before, version = rows(docs), index.version
        embedder.asked.clear()
        (docs / "pay.txt").write_text("Salaries are paid on the tenth.")
        (docs / "leave.md").touch()
        second = index.update(docs)
        assert (second.added, second.changed, second.removed) == ((), ("pay.txt",), ())
        assert (second.unchanged, second.embedded) == (3, 1)
        assert embedder.asked == ["Salaries are paid on the tenth."]
        after = rows(docs)
        assert {name: after[name] for name in after if name != "pay.txt"} == {
            name: before[name] for name in before if name != "pay.txt"
        }
        assert index.version != version
        assert names(index, "tenth") == ["pay.txt"]
        assert names(index, "last working day") != ["pay.txt"]


def test_a_deleted_or_broken_file_leaves_the_index(docs: Path) -> None:
    with opened(docs) as index:
        index.update(docs)
        (docs / "pay.txt").unlink()
        (docs / "leave.md").write_bytes(b"\0\1\2\3\4\5\6\7" * 50)
        done = index.update(docs)
        assert done.removed == ("leave.md", "pay.txt")
        assert [each.name for each in done.rejected] == ["leave.md"]
        assert names(index, "vacation salaries") == []
        with pytest.raises(UserError, match="has no document"):
            index.document("pay.txt")


def test_the_version_depends_on_the_content_and_on_nothing_else(docs: Path, tmp_path: Path) -> None:
    with opened(docs) as index, Index.open(tmp_path / "other", embedder=None) as other:
        index.update(docs)
        for name in sorted(DOCS, reverse=True):
            other.put(read_document(docs / name, name=name))
        assert index.version == other.version
        index.prefer("lexical", why="by words, because somebody said so")
        assert index.version == other.version
        (docs / "new.txt").write_text("More.")
        index.update(docs)
        assert index.version != other.version


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ({"folder": "hr"}, ["hr/uk/sick.md"]),
        ({"folder": "hr/uk/"}, ["hr/uk/sick.md"]),
        ({"folder": "h"}, []),
        ({"author": "ana"}, ["hr/uk/sick.md"]),
        ({"format": "html"}, ["it/laptop.html"]),
        ({"format": "html", "folder": "hr"}, []),
        ({"nothing": "x"}, []),
    ],
)
@pytest.mark.parametrize("mode", ["lexical", "vector", "fused"])
def test_only_documents_with_the_wanted_properties_are_found(
    where: dict[str, str], wanted: list[str], mode: str, docs: Path
) -> None:
    with opened(docs, WordEmbedder()) as index:
        index.update(docs)
        assert names(index, "note doctor laptops years day", where=where, mode=mode) == wanted


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    question=st.one_of(st.text(max_size=40), st.text(alphabet="\"*^:(){}-+ ANDORNOTEAR'aday", max_size=40))
)
def test_no_question_is_query_syntax(question: str, docs: Path) -> None:
    with opened(docs) as index:
        index.update(docs)
        assert len(index.search(question)) <= 4
        assert index.explain(question).question == question


@pytest.mark.parametrize("question", ["", "   ", "?!", "zyxwv"])
def test_a_question_without_a_known_word_finds_nothing_by_words(question: str, docs: Path) -> None:
    with opened(docs) as index:
        index.update(docs)
        assert index.search(question) == []


def test_a_question_of_stop_words_alone_is_searched_for_as_it_is(docs: Path) -> None:
    (docs / "who.txt").write_text("To be or not to be.")
    with opened(docs) as index:
        index.update(docs)
        assert names(index, "to be or not to be")[0] == "who.txt"


def test_scripts_without_spaces_are_found_by_pieces_of_their_words(docs: Path) -> None:
    (docs / "ja.txt").write_text("年次休暇は五日まで翌年に繰り越せます。")
    with opened(docs) as index:
        index.update(docs)
        assert names(index, "休暇の繰り越し") == ["ja.txt"]


def test_meaning_finds_what_words_do_not_and_fusing_sums_reciprocal_ranks(docs: Path) -> None:
    embedder = WordEmbedder(meanings={"holiday": "vacation"})
    with opened(docs, embedder) as index:
        index.update(docs)
        assert names(index, "holiday", mode="lexical") == []
        assert names(index, "holiday", mode="vector")[0] == "leave.md"
        for hit in index.search("holiday days", mode="fused"):
            ranks = [rank for rank in (hit.lexical_rank, hit.vector_rank) if rank is not None]
            assert hit.score == pytest.approx(sum(1 / (20 + rank) for rank in ranks))


def test_without_a_measurement_the_search_is_by_words_and_a_preference_is_kept(docs: Path) -> None:
    with opened(docs, WordEmbedder()) as index:
        index.update(docs)
        assert (index.mode, index.why_mode) == (
            "lexical",
            "by words, because nothing was measured on questions of your own",
        )
        index.prefer("fused", why="by both, measured")
    with opened(docs, WordEmbedder()) as index:
        assert (index.mode, index.why_mode) == ("fused", "by both, measured")
        assert index.search("days")[0].vector_rank is not None


def test_searching_by_meaning_without_a_model_or_with_another_one_is_refused(docs: Path) -> None:
    with opened(docs) as index:
        index.update(docs)
        with pytest.raises(UserError, match="cannot be searched by meaning"):
            index.search("days", mode="vector")
    with opened(docs, WordEmbedder()) as index:
        index.update(docs)
    with opened(docs, WordEmbedder(version="words:2")) as index:
        with pytest.raises(UserError, match="another embedding model"):
            index.search("days", mode="fused")
        assert index.update(docs).embedded == 4
        assert index.search("days", mode="fused")


def test_an_explanation_names_words_ranks_and_both_ways(docs: Path) -> None:
    with opened(docs, WordEmbedder()) as index:
        index.update(docs)
        found = index.explain("How many vacation days?", k=1)
        assert [(word.word, word.stem, word.passages, word.ignored) for word in found.words] == [
            ("many", "mani", 0, False),
            ("vacation", "vacat", 1, False),
            ("days", "dai", 3, False),
            ("how", "how", 0, True),
        ]
        (why,) = found.hits
        assert (why.hit.document, why.words, why.hit.lexical_rank) == ("leave.md", ("vacation", "days"), 1)
        assert why.hit.vector_rank is not None
        assert why.from_words == pytest.approx(1 / 21)
        assert found.vectors_by == "words"
        assert index.explain("vacation", mode="lexical").vectors_by is None


def test_an_index_remembers_who_read_it_and_forgets_what_was_measured_with_another(docs: Path) -> None:
    with opened(docs, WordEmbedder(name="one")) as index:
        index.update(docs, embed=False)
        assert (index.made_with, index.vectors, index.by_meaning) == (None, 0, False)
        assert index.embed() == 4
        index.prefer("fused", why="by both, measured")
        assert (index.made_with, index.by_meaning) == ("one", True)
        assert list(index.unread()) == []
    with opened(docs, WordEmbedder(name="two", version="words:2")) as index:
        assert (index.made_with, index.by_meaning) == ("one", False)
        assert sorted(name for name, _ in index.unread()) == sorted(DOCS)
        index.embed()
        assert (index.made_with, index.mode, index.by_meaning) == ("two", "lexical", True)


def test_until_all_passages_are_read_by_meaning_the_search_is_by_words(docs: Path) -> None:
    embedder = WordEmbedder()
    with opened(docs, embedder) as index:
        index.update(docs)
        index.prefer("fused", why="by both, measured")
        (docs / "new.txt").write_text("Something new.")
        index.update(docs, embed=False)
        embedder.asked.clear()
        assert names(index, "something new") == ["new.txt"]
        assert (index.mode, index.why_mode) == (
            "lexical",
            "by words for now, because 4 of 5 passages have been read by meaning; index again for the others",
        )
        assert embedder.asked == []
        index.embed()
        assert (index.mode, index.why_mode) == ("fused", "by both, measured")


def test_an_index_that_is_opened_to_be_searched_by_words_is(docs: Path) -> None:
    embedder = WordEmbedder()
    with opened(docs, embedder) as index:
        index.update(docs)
        index.prefer("fused", why="by both, measured")
    with Index.open(docs.parent / "index", embedder=None, mode="lexical") as index:
        assert (index.mode, index.why_mode) == ("lexical", "by words, as you asked")
        assert names(index, "salaries") == ["pay.txt"]
        assert index.explain("salaries").hits[0].hit.vector_rank is None


def test_questions_that_were_read_ahead_are_read_once(docs: Path) -> None:
    embedder = WordEmbedder()
    with opened(docs, embedder) as index:
        index.update(docs)
        embedder.asked.clear()
        index.read(["How many  days?", "When is pay day?", " "])
        index.read(["How many days?", "Who?"])
        for question in ("How many days?", "When is pay day?", "Who?"):
            index.search(question, mode="fused")
        assert embedder.asked == ["How many days?", "When is pay day?", "Who?"]


def test_ranking_in_memory_is_the_ranking_of_sqlite(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["alpha", "beta", "gamma", "delta", "carrying", "carried", "days", "year", "year", "note"]
    for number in range(60):
        picked = [words[(number * step + step) % len(words)] for step in range(1, 2 + number % 9)]
        (docs / f"{number}.txt").write_text(" ".join(picked))
    questions = ["alpha beta", "carry the notes", "gamma delta days years", "nothing", "alpha"]
    with opened(docs) as index:
        index.update(docs)
        expected = [index.search(question, k=30) for question in questions]
        filtered = index.search("alpha days", where={"format": "md"})
        monkeypatch.setattr(index_module, "_LARGE", 0)
        for question, wanted in zip(questions, expected, strict=True):
            found = index.search(question, k=30)
            assert [hit.score for hit in found] == pytest.approx([hit.score for hit in wanted], rel=1e-4)
        assert [hit.document for hit in index.search("alpha days", where={"format": "md"})] == [
            hit.document for hit in filtered
        ]


def test_no_passages_have_no_scores() -> None:
    assert Postings.of([]).scores(["word"]).tolist() == []


_UPDATE = """
import sys
from pathlib import Path
from shipworthy.retrieval.index import Index
def told(what, done, total):
    print(done, flush=True)
Index.open(Path(sys.argv[2]), embedder=None).update(Path(sys.argv[1]), progress=told)
"""


def test_an_update_that_was_killed_leaves_a_whole_index_that_the_next_one_completes(docs: Path) -> None:
    for number in range(300):
        (docs / f"{number:03}.txt").write_text(f"Document number{number} about leave. " * 20)
    folder = docs.parent / "index"
    process = subprocess.Popen(
        [sys.executable, "-c", _UPDATE, str(docs), str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 100:
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with opened(docs) as index:
        before = set(index.names)
        assert 90 <= len(before) < 304
        assert index.document("050.txt").text.startswith("Document number50")
        assert names(index, "number50") == ["050.txt"]
        done = index.update(docs)
        assert (done.unchanged, len(done.added)) == (len(before), 304 - len(before))
        assert names(index, "number299") == ["299.txt"]
    database = sqlite3.connect(folder / "index.db")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert database.execute(
        "SELECT count(*) FROM chunk WHERE id NOT IN (SELECT chunk FROM words)"
    ).fetchone() == (0,)
    database.close()


def test_two_processes_that_index_at_once_end_with_one_whole_index(docs: Path) -> None:
    for number in range(60):
        (docs / f"{number:03}.txt").write_text(f"Document number{number} about leave.")
    command = [sys.executable, "-c", _UPDATE, str(docs), str(docs.parent / "index")]
    both = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    with opened(docs) as index:
        assert (len(index.names), index.size) == (64, 64)
        assert names(index, "number7") == ["007.txt"]


def test_a_file_that_is_no_index_is_refused_and_named(tmp_path: Path) -> None:
    (tmp_path / "index.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(DataError, match="not an index, or it is damaged"):
        Index.open(tmp_path, embedder=None)


def test_an_index_of_another_form_is_refused(docs: Path) -> None:
    opened(docs).close()
    database = sqlite3.connect(docs.parent / "index/index.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(DataError, match="another version"):
        opened(docs)


def test_a_folder_that_cannot_be_made_is_the_environment_s_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentFailure):
        Index.open(tmp_path / "file/index", embedder=None)


def test_a_word_that_is_all_accents_does_not_stop_the_index(docs: Path) -> None:
    (docs / "accents.txt").write_text("Rent \N{COMBINING ACUTE ACCENT}" + " \N{COMBINING ACUTE ACCENT}" * 50)
    with opened(docs) as index:
        index.update(docs)
        assert names(index, "rent") == ["accents.txt"]
