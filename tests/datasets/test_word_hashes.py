"""Words as hashes say the same as words as strings."""

import re
import unicodedata

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.datasets.word_hashes import hashed_texts, letters_of

ASCII = st.lists(st.text(st.characters(max_codepoint=127), max_size=50), max_size=10)


@given(ASCII)
@settings(deadline=None)
def test_words_are_runs_of_letters_and_digits(texts: list[str]) -> None:
    read = hashed_texts(texts)
    words = [re.findall(r"[a-z0-9]+", text.lower()) for text in texts]
    assert read.lengths.tolist() == [len(each) for each in words]
    flat = [word for each in words for word in each]
    assert len(set(read.words.tolist())) == len(set(flat))
    assert len(set(zip(flat, read.words.tolist(), strict=True))) == len(set(flat))


@given(st.lists(st.text(max_size=50), max_size=10))
@settings(deadline=None)
def test_texts_have_one_letter_hash_where_they_have_the_same_letters(texts: list[str]) -> None:
    hashes = hashed_texts(texts).letters.tolist()
    letters = [letters_of(text) for text in texts]
    assert len(set(zip(hashes, letters, strict=True))) == len(set(hashes)) == len(set(letters))


@given(st.text(max_size=50), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
@settings(deadline=None)
def test_the_unicode_form_does_not_matter(text: str, form: str) -> None:
    changed = unicodedata.normalize(form, text)  # type: ignore[arg-type]
    assert letters_of(changed) == letters_of(text)


def test_a_text_is_read_the_same_alone_and_among_others() -> None:
    texts = ["One, two", "", "drei 四五 six", "One, two"]
    together = hashed_texts(texts)
    for row, text in enumerate(texts):
        alone = hashed_texts([text])
        assert together.take(np.array([row])).words.tolist() == alone.words.tolist()
        assert together.sizes[row] == alone.sizes[0]
    assert together.sizes.tolist() == [2, 0, 3, 2]


def test_half_characters_and_null_bytes_are_read() -> None:
    read = hashed_texts(["a\x00b \ud800 c", "\udc00"])
    assert read.lengths.tolist() == [3, 0]
