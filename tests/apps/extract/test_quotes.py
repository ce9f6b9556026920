from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shipworthy.apps.extract.quotes import located

TEXT = "The  Fee is\nfive thousand “net” dollars — per year."


def test_a_quotation_is_found_letter_by_letter_first() -> None:
    assert located("five thousand", TEXT) == (12, 25, "exact")


def test_case_white_space_and_typographic_signs_may_differ_and_the_offsets_are_the_texts_own() -> None:
    found = located('"the fee IS five thousand "net" dollars - per year"', TEXT)
    assert found is not None
    assert (TEXT[found.start : found.end], found.match) == (TEXT[:-1], "normalised")


def test_what_is_not_there_is_not_found() -> None:
    assert located("six thousand", TEXT) is None
    assert located("", TEXT) is None
    assert located(" ... ", TEXT) is None
    assert located("five dollars", TEXT) is None


def test_only_the_part_asked_about_is_searched() -> None:
    assert located("Fee", TEXT, 20) is None
    assert located("Fee", TEXT, 0, 6) is None


@given(st.text(min_size=1, max_size=80), st.text(max_size=80), st.data())
def test_every_piece_of_a_text_is_found_where_its_words_stand(
    piece: str, around: str, data: st.DataObject
) -> None:
    text = around + piece + around
    found = located(piece, text)
    if piece.strip():
        assert found is not None
        assert text[found.start : found.end] == piece.strip()
