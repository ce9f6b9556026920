"""Error analysis without files of a review: what is drawn, noted, counted, and thought to be alike."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from shipworthy.core.errors import DataError, UserError
from shipworthy.evals.errors.counting import count_tags, readers_agree, saturation
from shipworthy.evals.errors.drawing import Drawn, Failure, draw_failures
from shipworthy.evals.errors.likeness import nearest_modes, nearest_tags
from shipworthy.evals.errors.measures import check_stub, compiled, held_against, slug
from shipworthy.evals.errors.notes import Note, Notebook
from tests.fakes.clock import FixedClock

TEXTS = st.text(min_size=1, max_size=60).filter(lambda text: text.strip())


def failure(number: int, kind: str) -> Failure:
    return Failure(example=f"e{number}", kind=kind, text="t", output="o", label="l")


def drawing(kinds: dict[str, int], n: int, seed: int = 0) -> Drawn:
    every = [kind for kind, size in kinds.items() for _ in range(size)]
    failures = [failure(i, kind) for i, kind in enumerate(every)]
    return draw_failures(failures, review="r", candidate="c", tested=500, n=n, seed=seed)


def note(number: int, tags: tuple[str, ...] | None, *, kind: str = "wrong", by: str = "ana") -> Note:
    return Note(review="r", example=f"e{number}", kind=kind, note="n", by=by, at="2026-11-23", tags=tags)


@given(
    st.dictionaries(st.sampled_from("abcdefghijklmnop"), st.integers(1, 40), min_size=1),
    st.integers(1, 80),
    st.integers(0, 5),
)
def test_every_kind_is_drawn_from_by_its_size_and_a_larger_draw_keeps_the_smaller(
    kinds: dict[str, int], n: int, seed: int
) -> None:
    small, large = drawing(kinds, n, seed), drawing(kinds, n + 10, seed)
    assert len(small.examples) == min(n, sum(kinds.values()))
    assert set(small.examples) <= set(large.examples)
    assert sum(small.sizes.values()) == sum(kinds.values())
    assert len(small.sizes) <= 12
    drawn = Counter(kind for _, kind in small.examples)
    assert all(drawn[kind] <= size for kind, size in small.sizes.items())
    if n >= len(small.sizes):
        assert set(drawn) == set(small.sizes)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from(["note", "skip", "undo", "tag", "define"]),
            TEXTS,
            st.sampled_from(["ana", "ben"]),
        ),
        max_size=20,
    )
)
def test_what_stands_in_the_notes_is_what_is_read_back(steps: list[tuple[int, str, str, str]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "errors" / "notes.jsonl"
        book = Notebook(path, by="ana", clock=FixedClock())
        book.add_draw(drawing({"wrong": 6}, 6))
        for number, action, words, by in steps:
            book = Notebook(path, by=by, clock=FixedClock())
            try:
                match action:
                    case "note":
                        book.note("r", f"e{number}", words)
                    case "skip":
                        book.skip("r", f"e{number}")
                    case "undo":
                        book.undo("r")
                    case "tag":
                        book.tag("r", f"e{number}", [words])
                    case _:
                        book.define(words, "hallucination")
            except UserError:
                pass  # nothing is kept of what was refused
        again = Notebook(path, by=book.by, clock=FixedClock())
        assert again.tags == book.tags
        assert again.draw("r") == book.draw("r")
        for person in ("ana", "ben"):
            assert again.notes("r", person) == book.notes("r", person)
        assert again.waiting("r") == book.waiting("r")


def test_a_torn_last_line_costs_nothing_but_itself_and_a_line_changed_by_hand_is_told(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    book = Notebook(path, by="ana", clock=FixedClock())
    book.add_draw(drawing({"wrong": 3}, 3))
    book.note("r", "e1", "price is wrong")
    with path.open("ab") as stream:
        stream.write(b'{"at": "2026", "action": "no')
    again = Notebook(path, by="ana", clock=FixedClock())
    again.note("r", "e2", "price is old")
    assert [one.note for one in Notebook(path, by="ana", clock=FixedClock()).notes("r")] == [
        "price is wrong",
        "price is old",
    ]
    path.write_text(path.read_text().replace('"action": "note"', '"action": "sing"', 1))
    with pytest.raises(DataError, match=r"Line 2 of 'notes\.jsonl'"):
        Notebook(path, by="ana", clock=FixedClock())


def test_a_tag_keeps_the_spelling_it_came_with_and_loses_control_characters(tmp_path: Path) -> None:
    book = Notebook(tmp_path / "notes.jsonl", by="ana", clock=FixedClock())
    book.add_draw(drawing({"wrong": 3}, 3))
    for number in (0, 1):
        book.note("r", f"e{number}", "words")
    book.tag("r", "e0", ["Old  price\x1b[31m"])
    book.tag("r", "e1", ["old price\x1b[31M"])
    assert list(book.tags) == ["Old price�[31m"]
    with pytest.raises(UserError, match="no note of 'ana'"):
        book.tag("r", "e2", ["old price"])
    with pytest.raises(UserError, match="no failure mode"):
        book.define("old price", "halucination")


def test_counts_weigh_each_kind_by_how_many_of_it_were_read() -> None:
    kinds = ["wrong"] * 10 + ["missed"] * 10
    draw = Drawn(
        review="r",
        candidate="c",
        tested=1000,
        sizes={"wrong": 90, "missed": 10},
        examples=tuple((f"e{i}", kind) for i, kind in enumerate(kinds)),
        seed=0,
    )
    notes = [note(i, ("price",) if i < 5 else ()) for i in range(10)]
    notes += [note(i, ("date",), kind="missed") for i in range(10, 20)]
    price, date = count_tags(notes, draw, {"price": "hallucination"})
    assert (price.tag, price.failure_mode, price.notes) == ("price", "hallucination", 5)
    assert price.of_failures.value == pytest.approx(0.45)
    assert price.of_rows.value == pytest.approx(0.045)
    assert date.notes == 10
    assert date.of_failures.value == pytest.approx(0.1)
    assert count_tags([*notes, note(30, None)], draw, {})[0].of_failures == price.of_failures


def test_saturation_counts_the_notes_since_the_last_new_tag() -> None:
    notes = [
        note(0, ("a",)),
        note(1, ("b",)),
        note(2, ("a",)),
        note(3, ()),
        note(4, None),
        note(5, ("a", "b")),
    ]
    found = saturation(notes)
    assert (found.tagged, found.since_new, found.next_is_new) == (5, 3, 0.0)
    fresh = saturation([*notes, note(6, ("c",))])
    assert fresh.since_new == 0
    assert fresh.next_is_new == pytest.approx(1 / 6)
    assert saturation([]).next_is_new is None


def test_two_readers_agreement_is_that_of_an_independent_implementation() -> None:
    mine = [note(i, ("price",) if i % 3 == 0 else ()) for i in range(30)]
    theirs = [note(i, ("price",) if i % 3 == 0 or i % 5 == 0 else (), by="ben") for i in range(25)]
    (found,) = readers_agree({"ana": mine, "ben": theirs})
    a = [i % 3 == 0 for i in range(25)]
    b = [i % 3 == 0 or i % 5 == 0 for i in range(25)]
    assert found.kappa.value == pytest.approx(cohen_kappa_score(a, b))
    assert (found.both, found.either, found.kappa.n) == (9, 12, 25)


def test_tags_and_failure_modes_are_suggested_by_words_in_common() -> None:
    tagged = {"old price": ["gives last year's price"], "rude": ["talks down to the customer"]}
    assert nearest_tags("the price is the one of last year", tagged)[0] == "old price"
    assert nearest_tags("zzz", tagged) == ()
    assert "hallucination" in nearest_modes("made-up quotation", ["states something its source does not say"])
    assert "slow-or-unavailable" in nearest_modes("slow", ["timeout, no answer for minutes"])


def test_a_pattern_is_held_against_rows_with_and_without_the_tag() -> None:
    texts = {"e0": "a Refund please", "e1": "refund", "e2": "hello", "e3": "hello again"}
    held = held_against(compiled("refund"), texts, failed={"e0", "e2"}, tagged=["e0"])
    assert held.fitting == 2
    shares = (held.tagged.value, held.failed.value, held.others_failed.value, held.right.value)
    assert shares == (1.0, 0.5, 0.5, 0.5)
    with pytest.raises(UserError, match="cannot be read"):
        compiled("(")
    with pytest.raises(UserError, match="1 to 500"):
        compiled("x" * 501)


@given(TEXTS)
def test_the_name_of_a_tag_can_be_a_column_or_a_check(tag: str) -> None:
    name, _ = check_stub(tag, "x")
    assert slug(tag)[:1].isalpha()
    assert name.startswith("no_")
    assert name.isascii()
    assert len(name) <= 60
