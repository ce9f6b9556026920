"""Exercises: repeatable, answered by an independent computation too, and marked fairly."""

from __future__ import annotations

import json

import pytest

from shipworthy.career.exercises import draw, mark, solution, topics
from shipworthy.career.exercises.catalog import SHAPES, numbers
from shipworthy.core.errors import UserError
from shipworthy.playbook.exercises import exercise_topics, not_computable
from shipworthy.playbook.items import competency, failure_modes
from shipworthy.workbench.career_exercises import answer_exercise, mark_lines
from shipworthy.workbench.ledger import list_evidence
from shipworthy.workbench.workspace import init
from tests.career.oracles import disagreements

SEEDS = range(15)  # benchmarks/exercises.py runs a thousand


@pytest.mark.parametrize("topic", topics())
def test_the_generated_answer_equals_an_independent_computation(topic: str) -> None:
    assert disagreements(topic, SEEDS) == []


@pytest.mark.parametrize("topic", topics())
def test_the_same_seed_gives_the_same_exercise_and_other_seeds_give_others(topic: str) -> None:
    asked = [draw(topic, seed).question for seed in SEEDS]

    assert [draw(topic, seed).question for seed in SEEDS] == asked
    assert len(set(asked)) > len(asked) * 0.6


def test_an_oracle_that_is_wrong_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.career import oracles

    monkeypatch.setitem(oracles.ORACLES, "kappa", lambda _: 0.5)

    assert len(disagreements("judge", range(5))) == 5


def test_every_failure_mode_has_an_exercise_or_a_reason_why_not() -> None:
    covered = {item.failure_mode for item in exercise_topics()} - {None}

    assert covered | set(not_computable()) == {mode.id for mode in failure_modes()}
    assert covered & set(not_computable()) == set()


def test_every_topic_names_a_shape_and_competencies_that_exist() -> None:
    assert {item.shape for item in exercise_topics()} == set(SHAPES)
    assert all(
        item.competencies and all(competency(each) for each in item.competencies)
        for item in exercise_topics()
    )


@pytest.mark.parametrize("topic", topics())
def test_no_answer_is_right_for_nearly_every_seed(topic: str) -> None:
    answers = [solution(topic, seed).answer for seed in range(40)]

    assert max(answers.count(answer) for answer in answers) < 40 * 0.75


def test_any_threshold_of_the_same_cost_is_right_and_a_dearer_one_is_wrong() -> None:
    given = numbers("threshold", 7)
    scores = sorted({0.0, *given["scores"], 1.0})

    marks = {score: mark("threshold", 7, str(score)).right for score in scores}

    assert mark("threshold", 7, solution("threshold", 7).answer).right
    assert set(marks.values()) == {True, False}


def test_sets_are_compared_without_order_and_case() -> None:
    seed = next(s for s in range(50) if "," in solution("leak", s).answer)
    answer = solution("leak", seed).answer

    assert mark("leak", seed, " ".join(reversed(answer.upper().split(",")))).right
    assert not mark("leak", seed, "none").right


@pytest.mark.parametrize(
    ("topic", "reply"),
    [
        ("threshold", "about half"),
        ("threshold", "nan"),
        ("threshold", "1e400"),
        ("evidence", "met, failed"),
        ("evidence", ""),
        ("leak", "t9"),
        ("judge", "x" * 5000),
    ],
)
def test_a_reply_that_is_no_answer_is_the_user_s_mistake(topic: str, reply: str) -> None:
    with pytest.raises(UserError):
        mark(topic, 1, reply)


def test_an_unknown_topic_names_the_nearest() -> None:
    with pytest.raises(UserError, match="treshold") as raised:
        draw("treshold", 1)

    assert raised.value.hint == "Did you mean 'threshold'?"


def test_only_the_first_answer_to_an_exercise_is_kept(tmp_path: object) -> None:
    workspace = init(tmp_path)  # type: ignore[arg-type]

    first = answer_exercise("evidence", 4, "met", workspace=workspace)
    second = answer_exercise("evidence", 4, solution("evidence", 4).answer, workspace=workspace)

    assert (first.recorded, second.recorded) == (True, False)
    (record,) = list_evidence(workspace)
    assert record.practice_only
    assert record.facts == {
        "topic": "evidence",
        "seed": 4,
        "right": first.marked.right if first.marked else None,
    }


def test_lines_are_marked_one_by_one_and_say_what_is_wrong_with_them() -> None:
    answer = solution("evidence", 4).answer
    lines = [
        json.dumps({"id": "a", "topic": "evidence", "seed": 4, "answer": answer}),
        "",
        json.dumps({"topic": "evidence", "seed": 4}),
        json.dumps({"topic": "evidence", "seed": True, "answer": "met"}),
        "[" * 100_000,
        json.dumps({"topic": "threshold", "seed": 1, "answer": 0.5}),
    ]

    found = list(mark_lines(lines))

    assert [each.id for each in found] == ["a", "3", "4", "5", "6"]
    assert found[0].marked is not None
    assert found[0].marked.right
    assert found[1].exercise == draw("evidence", 4)
    assert [each.error is None for each in found] == [True, True, False, False, True]
