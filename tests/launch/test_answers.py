"""Answers files: forgiving about how yes is written, strict about what is asked."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.core.errors import SpecError, UserError, Where
from shipworthy.launch.risk import parse_answers, read_answers, write_answers
from shipworthy.launch.risk.answers import answers_in
from shipworthy.playbook.regulation import question
from tests.launch.facts import FACTS, possible

READABLE = ("yes", "no", "unknown")


def saved(folder: Path, text: str) -> Path:
    file = folder / "answers.yaml"
    file.write_text(text)
    return file


def test_yes_no_choices_lists_days_and_unknown_are_read(tmp_path: Path) -> None:
    file = saved(
        tmp_path,
        "recruitment: yes\nmanipulation: No\nuses_biometrics: true\njustice: 'no'\nemotions: text\n"
        "product: [toy, radio]\nrole: provider\nelections: unknown\nmigration:\nreleased_on: 2026-05-01\n",
    )

    assert read_answers(file) == {
        "recruitment": {"yes"},
        "manipulation": {"none"},
        "uses_biometrics": {"yes"},
        "justice": {"no"},
        "emotions": {"text"},
        "product": {"toy", "radio"},
        "role": {"provider"},
        "elections": None,
        "migration": None,
        "released_on": {"2026-05-01"},
    }


def test_an_empty_file_answers_nothing(tmp_path: Path) -> None:
    assert read_answers(saved(tmp_path, "# nothing yet\n")) == {}


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("role: provider\nrecruitmant: yes\n", 2, "no question 'recruitmant'", "Did you mean 'recruitment'?"),
        ("manipulation: no\nemotions: txt\n", 2, "'txt' is no answer", "Did you mean 'text'?"),
        ("recruitment: 3\n", 1, "'3' is no answer", "Known: 'yes', 'no', 'unknown'."),
        ("emotions: [text, body]\n", 1, "takes one answer, not 2", None),
        ("product: [none, toy]\n", 1, "cannot be 'none' and something else", "Keep one of the two."),
        ("product: []\n", 1, "'' is no answer", None),
        ("released_on: May\n", 1, "'may' is no day", "Write it as year-month-day"),
        ("released_on: [2026-01-01, 2026-02-01]\n", 1, "is no day", None),
        ("recruitment: {yes: no}\n", 1, "is no answer", None),
        ("- recruitment\n", None, "but this is a list", None),
    ],
)
def test_a_wrong_answer_is_named_with_its_line_and_the_nearest_right_one(
    tmp_path: Path, text: str, line: int | None, message: str, hint: str | None
) -> None:
    file = saved(tmp_path, text)

    with pytest.raises(SpecError, match=message) as wrong:
        read_answers(file)
    assert wrong.value.where is not None
    assert wrong.value.where.file == file
    assert line is None or wrong.value.where.line == line
    assert hint is None or hint in (wrong.value.hint or "")


def test_a_typed_answer_may_name_several_choices() -> None:
    assert answers_in("toy, radio", question("product")) == frozenset({"toy", "radio"})
    assert answers_in(" YES ", question("recruitment")) == frozenset({"yes"})
    assert answers_in("unknown", question("recruitment")) is None
    with pytest.raises(UserError, match="is no answer"):
        answers_in("perhaps", question("recruitment"))
    with pytest.raises(UserError, match="is no answer"):
        answers_in("", question("recruitment"))


@given(
    st.fixed_dictionaries(
        {"released_on": st.dates(min_value=date(2000, 1, 1)).map(lambda day: frozenset({day.isoformat()}))},
        optional={item.id: st.sampled_from([None, *possible(item)]) for item in FACTS},
    )
)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, answers: dict[str, frozenset[str] | None]
) -> None:
    file = tmp_path_factory.mktemp("answers") / "risk.answers.yaml"
    write_answers(file, answers)

    assert read_answers(file) == answers


@given(
    st.recursive(
        st.none() | st.booleans() | st.sampled_from(["yes", " NO ", "maybe"]) | st.text() | st.integers(),
        lambda inner: st.lists(inner),
        max_leaves=4,
    )
)
def test_whatever_stands_for_an_answer_is_read_or_refused(value: object) -> None:
    def place(name: str) -> Where:
        return Where(field=name)

    words = value if isinstance(value, list) else [value]
    plain = [word for word in words if word is None or isinstance(word, bool)]
    written = [word for word in words if isinstance(word, str) and word.strip().lower() in READABLE]
    if len(words) == 1 and (plain or written):
        assert parse_answers({"recruitment": value}, where=place)["recruitment"] in (None, {"yes"}, {"no"})
    else:
        with pytest.raises(SpecError, match="recruitment"):
            parse_answers({"recruitment": value}, where=place)
