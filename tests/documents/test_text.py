"""Hostile text is bounded, and nothing in it stays hidden."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.documents.text import chat_text, one_line, tame, visible

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=80)


@given(ANY_TEXT)
def test_what_is_visible_can_be_written_to_a_file_and_hides_nothing(text: str) -> None:
    shown = visible(text)
    shown.encode()
    assert {unicodedata.category(character) for character in shown} & {"Cs", "Zl", "Zp"} == set()
    assert all(unicodedata.bidirectional(character) not in _REORDERING for character in shown)
    assert {character for character in shown if unicodedata.category(character) == "Cc"} <= set("\t\n\r")


_REORDERING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "Zs"]), max_size=80))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text.translate(dict.fromkeys(map(ord, "\u115f\u1160\u3164\uffa0"))) or (
        set(text) & set("\u115f\u1160\u3164\uffa0")
    )


def test_arabic_hindi_and_emoji_keep_the_joiners_they_are_written_with() -> None:
    for text in ("می\u200cخواهم", "क्\u200dष", "\U0001f469\u200d\U0001f4bb"):
        assert visible(text) == text


def test_a_long_text_is_cut_at_the_limit() -> None:
    assert visible("x" * 1_000_000, 10) == "x" * 9 + "…"
    assert visible("x" * 10, 10) == "x" * 10


def test_a_terminal_s_commands_are_named_and_lines_joined() -> None:
    assert one_line("a\x1b[31mred\x07\r\nb\tc\u2028d") == "a‹U+001B›[31mred‹U+0007› b c‹U+2028›d"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**bold** _soft_ `code` ~~no~~", "∗∗bold∗∗ ‗soft‗ 'code' ∼∼no∼∼"),
        ("macro_f1 >= 0.80 and recall[outage] <= 1", "macro_f1 >= 0.80 and recall[outage] <= 1"),
        ("[click](https://evil.example)", "[click] (https∶//evil.example)"),
        ("<!channel> <@U1> <b>", "‹!channel> ‹＠U1> ‹b>"),
        ("@here #general # title", "＠here ＃general ＃ title"),
        ("| a | $x$ \\(y\\)", "¦ a ¦ ＄x＄ ⧵(y⧵)"),
        ("first\n\n# second", "first ＃ second"),
    ],
)
def test_a_chat_finds_nothing_to_format(text: str, shown: str) -> None:
    assert chat_text(text) == shown


def test_taming_a_value_keeps_its_shape_and_what_is_not_text() -> None:
    value = {"a": ["x\x00", 1, 2.5, None, True, {"b": float("nan"), "c": float("inf")}], "n": 3}
    assert tame(value) == {"a": ["x‹U+0000›", 1, 2.5, None, True, {"b": None, "c": None}], "n": 3}


def test_keys_that_would_become_equal_stay_apart() -> None:
    labels = {"x" * 500 + str(i): i for i in range(50)}
    assert sorted(tame(labels, 40).values()) == list(range(50))


def test_a_value_nested_without_end_is_cut_off() -> None:
    deep: list[object] = []
    for _ in range(5_000):
        deep = [deep]
    assert "…" in str(tame(deep))
