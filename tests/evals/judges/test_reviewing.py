"""A judge is held against people: agreement, people among each other, and what its scores are worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from shipworthy.core.errors import DataError, UserError
from shipworthy.evals.judges import (
    PAIR_SCALE,
    Calibration,
    Piece,
    calibration_of,
    judge_check,
    review_judge,
    rule_judge,
)
from shipworthy.evals.judges.comparing import compare
from shipworthy.evals.judges.labelled import cut_by_halves
from shipworthy.gateway.model import Request
from tests.evals.judges.judging import scripted

SCALE = ["1", "2", "3", "4", "5"]


def labelled(n: int, *, seed: int = 1, annotators: int = 1, groups: int | None = None) -> list[Piece]:
    """Texts that carry their true score, and people who are right in four of five cases."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, 6, n)
    said = [np.where(rng.random(n) < 0.8, truth, rng.integers(1, 6, n)) for _ in range(annotators)]
    return [
        Piece(
            id=str(row),
            output=f"This text is worth {truth[row]} of five points, number {row}.",
            cluster=None if groups is None else f"group {row % groups}",
            labels=tuple(str(one[row]) for one in said),
        )
        for row in range(n)
    ]


def reads_truth(request: Request) -> dict[str, str]:
    """A judge that is right, but shy: it never gives a 5, and cannot assess every tenth text."""
    worth = request.prompt.split("worth ")[1][0]
    number = int(request.prompt.split("number ")[1].split(".")[0])
    score = "CANNOT_ASSESS" if number % 10 == 0 else "4" if worth == "5" else worth
    return {"quote": "This text is worth", "score": score}


def test_agreement_counts_rows_without_a_score_and_kappa_those_with_one() -> None:
    pieces = labelled(300)
    judge, _ = scripted(reads_truth)
    review, graded = review_judge(judge, pieces)

    assert (review.rows, review.assessed.value) == (300, 0.9)
    assert review.unassessed == {"cannot_assess": 30}
    right = [said == label for said, label in zip(graded.said, graded.people, strict=True)]
    assert review.agreement.value == sum(right) / 300
    both = [(a, b) for a, b in zip(graded.people, graded.said, strict=True) if b is not None]
    people, said = zip(*both, strict=True)
    assert review.kappa.value == pytest.approx(cohen_kappa_score(people, said), abs=1e-9)
    assert review.weighted_kappa.value == pytest.approx(
        cohen_kappa_score(people, said, labels=SCALE, weights="quadratic"), abs=1e-9
    )
    assert (review.kappa.n, review.pearson.n) == (270, 270)
    worst = review.classes[0]
    assert worst.label == "5"
    assert worst.found.value == pytest.approx(0, abs=0.1)
    assert worst.said["4"] > worst.said["(no score)"]
    assert review.floors[0].words.startswith("always says")
    assert (review.floors[0].ahead.low or 0) > 0.3


def test_people_among_each_other_stand_beside_the_judge_with_each_of_them() -> None:
    judge, _ = scripted(reads_truth)
    review, graded = review_judge(judge, labelled(400, annotators=3))

    assert review.people is not None
    assert review.people.annotators == 3
    first, second, third = graded.each
    among = [cohen_kappa_score(*pair) for pair in ((first, second), (first, third), (second, third))]
    assert review.people.kappa.value == pytest.approx(np.mean(among), abs=1e-9)
    assert review.people.judge_kappa.n == review.kappa.n < review.rows == review.people.kappa.n
    assert review.left_out == 400 - review.rows > 0  # three different labels


def test_bare_numbers_are_cut_where_the_other_half_says_and_groups_stay_whole() -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 3, 600)
    numbers = labels + rng.normal(size=600) / 4
    numbers[::50] = np.nan
    clusters = np.arange(600) // 6
    codes = cut_by_halves(numbers, labels, 3, clusters=clusters)
    known = ~np.isnan(numbers)
    assert (codes[~known] == -1).all()
    assert (codes[known] == labels[known]).mean() > 0.9
    assert (np.diff(codes[known][np.argsort(numbers[known])]) < 0).mean() < 0.05


def test_rules_are_reviewed_like_models() -> None:
    pieces = [
        Piece(id=str(row), output="a b c d"[: 1 + row % 7], reference="a b c d", labels=(str(row % 7 // 2),))
        for row in range(140)
    ]
    review, _ = review_judge(rule_judge("covers"), pieces)
    assert review.cut
    assert review.scale == ("0", "1", "2", "3")
    assert review.kappa.value == pytest.approx(1, abs=0.2)
    assert (review.spearman.low or 0) > 0.9


def test_longer_wins_is_the_floor_of_pairs() -> None:
    pieces = [
        Piece(
            id=str(row),
            output="long text" * (1 + row % 2),
            other="long text!",
            labels=(str(1 + row % 3 % 2),),
        )
        for row in range(60)
    ]
    review, graded = review_judge(rule_judge("longer"), pieces)
    assert graded.scale == PAIR_SCALE
    assert review.floors[0].words == "the longer text wins"
    assert review.floors[0].agreement == review.agreement
    assert review.floors[0].ahead.value == 0
    assert [bias.name for bias in review.biases] == ["position", "length"]


def test_own_texts_are_a_bias_of_their_own() -> None:
    pieces = [replace(piece, author="me" if int(piece.id) % 2 else "you") for piece in labelled(200)]
    judge, _ = scripted(reads_truth)
    review, _ = review_judge(judge, pieces, own=["me"])
    assert [(bias.name, bias.seen) for bias in review.biases][1] == ("self-preference", "not seen")


def test_labels_that_cannot_be_used_are_named() -> None:
    judge, _ = scripted(reads_truth)
    with pytest.raises(UserError, match="No row has a label"):
        review_judge(judge, [Piece(id="1", output="x", labels=(None, " "))])
    with pytest.raises(DataError, match="Row '1' has the label '7', which is not on the judge's scale"):
        review_judge(judge, [Piece(id="1", output="x", labels=("7",))])
    with pytest.raises(UserError, match="nobody said which is better"):
        review_judge(rule_judge("covers"), [Piece(id="1", output="x", reference="x", labels=("good",))])
    with pytest.raises(DataError, match="of a pair it is first, second or tie"):
        review_judge(rule_judge("longer"), [Piece(id="1", output="x", other="y", labels=("3",))])
    with pytest.raises(UserError, match="split evenly"):
        review_judge(judge, [Piece(id="1", output="x", labels=("1", "2"))])


def test_two_judges_are_compared_row_by_row() -> None:
    pieces = labelled(200)
    good, _ = scripted(reads_truth)
    always, _ = scripted(lambda _: {"quote": "This text is worth", "score": "3"})
    found = compare(always, good, pieces)
    assert (found.ahead.low or 0) > 0.2
    assert found.words == "replay:script with rubric agrees with people more often."
    assert compare(good, good, pieces).words.endswith("on the very same rows.")
    with pytest.raises(UserError, match="Compare two judges that grade the same thing"):
        compare(good, rule_judge("longer"), pieces)


def unlabelled(n: int, seed: int) -> list[Piece]:
    return [replace(piece, labels=()) for piece in labelled(n, seed=seed)]


def record(n: int = 200) -> Calibration:
    judge, _ = scripted(reads_truth)
    _, graded = review_judge(judge, labelled(n))
    return calibration_of(judge, graded)


def test_a_score_of_a_judge_that_was_never_compared_is_called_uncalibrated() -> None:
    judge, _ = scripted(reads_truth)
    check = judge_check(judge, unlabelled(500, 9))
    assert not check.calibrated
    assert check.words == "uncalibrated: this version of the judge was never compared with people"
    assert check.estimate.warning == "uncalibrated"
    assert (check.assessed, len(check.numbers), check.numbers[0]) == (450, 500, None)


def test_a_record_corrects_a_judge_that_is_too_low_and_the_method_says_so() -> None:
    judge, _ = scripted(reads_truth)
    check = judge_check(judge, unlabelled(800, 9), calibration=record())
    assert check.calibrated
    assert (check.uncorrected.high or 0) < 2.95  # shy: never a 5
    assert (check.estimate.low or 0) < 3 < (check.estimate.high or 0)
    assert "prediction-powered" in check.estimate.method
    assert check.words.startswith("corrected by a record of 200 labelled rows")
    assert check.estimate.warning is None


def test_a_record_of_another_version_or_of_too_few_rows_corrects_nothing() -> None:
    judge, _ = scripted(reads_truth)
    pieces = unlabelled(100, 9)
    other = judge_check(judge, pieces, calibration=replace(record(), version="0" * 64))
    assert (other.calibrated, other.words) == (
        False,
        "uncalibrated: this version of the judge was never compared with people; another version of it was",
    )
    few = judge_check(judge, pieces, calibration=record(19))
    assert (few.calibrated, few.words) == (False, "uncalibrated: only 19 rows were compared with people")


def test_labels_on_some_of_the_rows_go_before_a_record() -> None:
    judge, _ = scripted(reads_truth)
    pieces = [*labelled(100), *unlabelled(600, 9)]
    check = judge_check(judge, pieces, calibration=record())
    assert check.words == "corrected by people's labels on 100 of these rows"
    assert check.estimate.n == 700


def test_rows_of_another_kind_than_the_records_are_pointed_out() -> None:
    judge, _ = scripted(reads_truth)
    others = [
        replace(piece, output=f"This text is worth 1 of five points, number {place}.")
        for place, piece in enumerate(unlabelled(400, 9))
    ]
    check = judge_check(judge, others, calibration=record())
    assert "other scores than those of the judge's record" in (check.estimate.warning or "")
