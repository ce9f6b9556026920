"""Which sentences make an answer, and how well the search found them."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipworthy.apps.answer.library import GivenPassages, Opened, well_found
from shipworthy.apps.answer.selecting import Reader, chosen
from shipworthy.core.canonical import sha256_of
from shipworthy.retrieval.document import Document, Part
from shipworthy.retrieval.index import Index

HISTORY = (
    "The harbour was dug in 1820. It was widened for steam ships because sailing ships had become rare. "
    "The wider harbour silted up. Wine is sold in the square."
)


def answer(question: str, text: str = HISTORY) -> list[str]:
    library = GivenPassages([text])
    ranked = Reader().ranked(question, library.search(question), library)
    return [one.span.quote for one in chosen(question, ranked)]


def test_a_neighbour_with_the_topic_of_the_question_is_part_of_the_answer() -> None:
    assert answer("Why was the harbour widened for ships?") == [
        "The harbour was dug in 1820.",
        "It was widened for steam ships because sailing ships had become rare.",
        "The wider harbour silted up.",
    ]


def test_a_neighbour_with_another_number_is_no_part_of_an_answer_that_is_a_number() -> None:
    text = "Up to 5 days may be carried over. Carried days expire after 90 days. Ask the team lead."
    assert answer("How many days may be carried over?", text) == ["Up to 5 days may be carried over."]


def document(name: str, text: str) -> Document:
    part = Part(start=0, end=len(text), kind="paragraph", headings=(), line=1)
    return Document(name=name, text=text, parts=(part,), sha256=sha256_of(text))


def test_how_well_words_found_a_passage_is_told_from_twenty_passages_on(tmp_path: Path) -> None:
    with Index.open(tmp_path, embedder=None) as index:
        for number in range(19):
            index.put(document(f"{number}.txt", f"Room {number} holds chairs and tables."))
        assert well_found(index, "Who waters the orchids?") is None
        index.put(document("orchids.txt", "The gardener waters the orchids. " * 3))
        known = well_found(Opened(index), "Who waters the orchids?")
        half_known = well_found(index, "Who waters the cactuses in Lisbon?")
    assert known is not None
    assert half_known is not None
    assert 0.5 < known[0] <= 1.0
    assert known[1] == pytest.approx(known[0], abs=0.01)  # no other document has these words
    assert half_known[0] < known[0]


def test_passages_that_came_with_the_question_do_not_tell_how_well_they_were_found() -> None:
    assert well_found(GivenPassages([HISTORY]), "Why was the harbour widened?") is None
