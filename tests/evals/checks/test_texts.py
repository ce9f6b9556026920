"""ROUGE agrees with its definition; what a user writes becomes a check, and its faults are told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.core.errors import SpecError, UserError
from shipworthy.evals.checks import CHECKS, Check, checks_of, metrics_of, scores_of
from shipworthy.evals.jobs.labels import AnswerLabel
from shipworthy.evals.jobs.outputs import Answer
from shipworthy.evals.spec import OwnCheckSpec
from tests.evals.checks.cases import ANSWER, RECORD

said = st.lists(st.sampled_from(["cat", "dog", "sun", "red", "big"]), min_size=1, max_size=12)


def longest_common(one: list[str], other: list[str]) -> int:
    row = [0] * (len(other) + 1)
    for word in one:
        last = 0
        for place, against in enumerate(other, 1):
            last, row[place] = row[place], last + 1 if word == against else max(row[place], row[place - 1])
    return row[-1]


@settings(max_examples=50, deadline=None)
@given(said, said)
def test_rouge_is_the_share_of_common_words_by_its_definition(one: list[str], other: list[str]) -> None:
    case = replace(
        ANSWER,
        label=AnswerLabel(answerable=True, answers=(" ".join(other),)),
        output=Answer(outcome="answer", text=" ".join(one)),
    )
    checks = {check.name: check for check in CHECKS}
    overlap = sum(min(one.count(word), other.count(word)) for word in set(one))
    assert scores_of(checks["rouge_1"], case)["rouge_1"].points == pytest.approx(
        2 * overlap / (len(one) + len(other))
    )
    assert scores_of(checks["rouge_l"], case)["rouge_l"].points == pytest.approx(
        2 * longest_common(one, other) / (len(one) + len(other))
    )


def own(folder: Path, name: str, **spec: object) -> Check:
    made = {name: OwnCheckSpec.model_validate(spec)}
    return checks_of("answer", made, folder=folder)[name]


def test_a_function_of_five_lines_is_a_check(tmp_path: Path) -> None:
    (tmp_path / "politeness.py").write_text(
        "def short(case):\n    return len(case.output.text) < 40\n\n\n"
        "def broken(case):\n    raise KeyError('x')\n\n\n"
        "def silly(case):\n    return 'good'\n"
    )
    check = own(tmp_path, "short", function="politeness:short", words="It is short.")
    assert scores_of(check, ANSWER)["short"].points == 1
    assert (
        metrics_of("answer", {"short": OwnCheckSpec(function="politeness:short")})["short"].better == "higher"
    )
    with pytest.raises(UserError, match="'broken' failed on 'How long is leave"):
        scores_of(own(tmp_path, "broken", function="politeness:broken"), ANSWER)
    with pytest.raises(UserError, match="gave 'good'"):
        scores_of(own(tmp_path, "silly", function="politeness:silly"), ANSWER)
    with pytest.raises(SpecError, match="no Python module"):
        own(tmp_path, "gone", function="nowhere_at_all:gone")


def test_a_schema_and_a_pattern_are_checks(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number", "due"]}
    (tmp_path / "record.json").write_text(json.dumps(schema))
    made = {"shape": OwnCheckSpec.model_validate({"schema": "record.json"})}
    check = checks_of("extract", made, folder=tmp_path)["shape"]
    assert scores_of(check, RECORD)["shape"].points == 0  # no due date was found, and the schema wants one
    schema["required"] = ["number"]
    (tmp_path / "record.json").write_text(json.dumps(schema))
    assert scores_of(checks_of("extract", made, folder=tmp_path)["shape"], RECORD)["shape"].points == 1
    assert scores_of(own(tmp_path, "form", pattern=r"Leave .{5,80}"), ANSWER)["form"].points == 1
    assert scores_of(own(tmp_path, "form", pattern=r"Leave"), ANSWER)["form"].points == 0


@pytest.mark.parametrize(
    ("spec", "message"),
    [({"pattern": "("}, "cannot be read"), ({"schema": "none.json"}, "none.json"),
     ({"schema": "broken.json"}, "cannot be used as a JSON Schema")],
)  # fmt: skip
def test_what_cannot_be_read_is_named(tmp_path: Path, spec: dict[str, str], message: str) -> None:
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(UserError, match=message):
        own(tmp_path, "mine", **spec)
