"""How to search is chosen by what it is worth on the user's own questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipworthy.core.errors import UserError
from shipworthy.retrieval.choosing import FEWEST, AskedQuestion, choose_mode
from shipworthy.retrieval.document import Span
from shipworthy.retrieval.index import Index
from tests.fakes.embedders import WordEmbedder

_N = 30


def made(folder: Path, *, meanings: dict[str, str] | None = None, vectors: bool = True) -> Index:
    """Thirty documents about a thing each, of which people may ask by another word."""
    docs = folder / "docs"
    docs.mkdir()
    for number in range(_N):
        (docs / f"{number}.txt").write_text(f"All there is to say of thing{number} stands here.")
    index = Index.open(folder / "index", embedder=WordEmbedder(meanings=meanings or {}) if vectors else None)
    index.update(docs)
    return index


def asked(word: str, n: int = _N) -> list[AskedQuestion]:
    return [AskedQuestion(text=f"{word}{number}", documents=(f"{number}.txt",)) for number in range(n)]


_SYNONYMS = {f"matter{number}": f"thing{number}" for number in range(_N)}


def test_meaning_is_chosen_where_it_finds_what_words_do_not(tmp_path: Path) -> None:
    with made(tmp_path, meanings=_SYNONYMS) as index:
        choice = choose_mode(index, asked("matter"))
        assert choice.mode in {"vector", "fused"}
        assert choice.questions == _N
        assert "better than by words alone" in choice.why
        lexical, *others = choice.measured
        assert (lexical.mode, lexical.ndcg.value, lexical.gain) == ("lexical", 0.0, None)
        assert all(
            each.gain is not None and each.gain.low is not None and each.gain.low > 0 for each in others
        )
        assert index.mode == "lexical"


def test_words_stay_where_nothing_is_surely_better(tmp_path: Path) -> None:
    with made(tmp_path) as index:
        choice = choose_mode(index, asked("thing"))
        assert choice.mode == "lexical"
        assert "nothing else is surely better" in choice.why
        assert choice.measured[0].recall.value == 1.0


def test_few_questions_decide_nothing(tmp_path: Path) -> None:
    with made(tmp_path, meanings=_SYNONYMS) as index:
        choice = choose_mode(index, asked("matter", FEWEST - 1))
        assert choice.mode == "lexical"
        assert "decide nothing" in choice.why
        empty = choose_mode(index, [AskedQuestion(text="of the moon")])
        assert (empty.mode, empty.questions) == ("lexical", 0)
        assert empty.measured[0].ndcg.value is None


def test_without_vectors_only_words_are_measured(tmp_path: Path) -> None:
    with made(tmp_path, vectors=False) as index:
        choice = choose_mode(index, asked("thing"))
        assert [each.mode for each in choice.measured] == ["lexical"]
        assert "holds nothing to search by meaning" in choice.why


def test_a_place_is_found_by_the_passage_that_holds_it(tmp_path: Path) -> None:
    with made(tmp_path, vectors=False) as index:
        text = index.document("3.txt").text
        right = Span(document="3.txt", start=0, end=len(text), quote=text)
        questions = [AskedQuestion(text="thing3", spans=(right,)) for _ in range(FEWEST)]
        assert choose_mode(index, questions).measured[0].ndcg.value == 1.0


def test_a_question_about_a_document_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with made(tmp_path, vectors=False) as index, pytest.raises(UserError, match=r"'33.txt'") as caught:
        choose_mode(index, [AskedQuestion(text="x", documents=("33.txt",))])
    assert caught.value.hint is not None
