"""Where sentences begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.retrieval.sentences import LONGEST, sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []),
        ("  \n ", []),
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Dr. Smith saw 3.5 cm, e.g. on p. 4. It grew.", ["Dr. Smith saw 3.5 cm, e.g. on p. 4.", "It grew."]),
        ("He said “Stop.” Then he left.", ["He said “Stop.”", "Then he left."]),
        (
            "We ship to the U.S. and Canada. J. R. Doe signs.",
            ["We ship to the U.S. and Canada.", "J. R. Doe signs."],
        ),
        ("Acme Inc. sells glue etc. Prices vary.", ["Acme Inc. sells glue etc.", "Prices vary."]),
        ("Wait... what? Yes.", ["Wait... what?", "Yes."]),
        ("first line\nof one sentence. Second.", ["first line\nof one sentence.", "Second."]),
        ("A title\n\nA paragraph", ["A title", "A paragraph"]),
        ("You need:\n- a passport\n- a photo", ["You need:", "- a passport", "- a photo"]),
        ("Der Antrag gilt am 31. März. Danach nicht.", ["Der Antrag gilt am 31. März.", "Danach nicht."]),
        ("休暇は五日です。翌年に繰り越せます。", ["休暇は五日です。", "翌年に繰り越せます。"]),
        ("Version 2.0 is out at example.org/a.b now.", ["Version 2.0 is out at example.org/a.b now."]),
    ],
)
def test_sentences_end_where_a_reader_would_say(text: str, wanted: list[str]) -> None:
    assert cut(text) == wanted


@given(st.text(alphabet=st.sampled_from('aB1.!?…\n -"”)。é'), max_size=200))
def test_sentences_are_ordered_apart_and_hold_every_character_but_white_space(text: str) -> None:
    found = sentences(text)
    rest, last = [], 0
    for start, end in found:
        assert last <= start < end
        assert text[start:end] == text[start:end].strip()
        rest.append(text[last:start])
        last = end
    assert not "".join([*rest, text[last:]]).strip()


@given(st.text(max_size=80), st.integers(0, 80), st.integers(0, 80))
def test_sentences_of_a_piece_stay_inside_it(text: str, start: int, end: int) -> None:
    assert all(
        start <= begin < finish <= min(end, len(text)) for begin, finish in sentences(text, start, end)
    )


def test_what_goes_on_without_a_stop_is_cut_between_words() -> None:
    text = "word " * 2_000
    found = cut(text)
    assert max(map(len, found)) <= LONGEST
    assert set(" ".join(found).split()) == {"word"}
    assert len(cut("x" * (3 * LONGEST))) == 3


def test_a_million_dots_take_no_longer_than_a_million_letters() -> None:
    assert len(sentences("." * 1_000_000)) == 500
