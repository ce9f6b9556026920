from __future__ import annotations

import numpy as np
import pytest

from shipworthy.core.errors import DataError, UserError
from shipworthy.stats.sample import FAILED, Sample, one_row_per_example


def sample(**changes: object) -> Sample:
    whole: dict[str, object] = {
        "labels": np.array([0, 1, 1, 0]),
        "predictions": np.array([0, 1, 0, FAILED]),
        "classes": ("ham", "spam"),
        "confidence": np.array([0.9, 0.8, 0.6, np.nan]),
        "proba": np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [np.nan, np.nan]]),
        "clusters": np.array([7, 7, 8, 9]),
        "seed": 3,
    }
    return Sample(**{**whole, **changes})  # type: ignore[arg-type]


def test_a_failed_row_keeps_its_place_and_is_wrong() -> None:
    assert sample().n == 4
    assert sample().correct.tolist() == [True, True, False, False]


def test_rows_are_taken_by_mask_or_position_with_everything_that_belongs_to_them() -> None:
    by_mask = sample().take(np.array([False, True, False, True]))
    by_position = sample().take(np.array([1, 3]))
    for taken in (by_mask, by_position):
        assert taken.labels.tolist() == [1, 0]
        assert taken.predictions.tolist() == [1, FAILED]
        assert taken.clusters is not None
        assert taken.clusters.tolist() == [7, 9]
        assert taken.confidence is not None
        assert taken.confidence[0] == 0.8
        assert taken.proba is not None
        assert taken.proba[0].tolist() == [0.2, 0.8]
        assert (taken.classes, taken.seed) == (("ham", "spam"), 3)


def test_optional_arrays_stay_absent_when_rows_are_taken() -> None:
    bare = sample(confidence=None, proba=None, clusters=None).take(np.array([0]))
    assert (bare.confidence, bare.proba, bare.clusters) == (None, None, None)


def test_of_two_classes_the_second_is_positive() -> None:
    assert sample().positive == 1
    with pytest.raises(UserError, match="There are 3 classes, so one has to be named"):
        _ = sample(classes=("a", "b", "c"), proba=None).positive


def test_an_unknown_class_is_answered_with_the_nearest() -> None:
    assert sample().code("spam") == 1
    with pytest.raises(UserError, match="no class 'span'") as error:
        sample().code("span")
    assert error.value.hint == "Did you mean 'spam'?"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": ("spam", "spam")}, "The class 'spam' is listed twice"),
        ({"predictions": np.array([0, 1])}, "'predictions' has the shape"),
        ({"labels": np.array([0.0, 1, 1, 0])}, "'labels' must hold whole-number codes"),
        ({"labels": np.array([0, 1, 1, 2])}, "Row 3 of 'labels' has the code 2, but there are 2 classes"),
        ({"labels": np.array([0, 1, 1, -1])}, "Row 3 of 'labels' has the code -1"),
        ({"predictions": np.array([0, 1, -2, 0])}, "Row 2 of 'predictions' has the code -2"),
        ({"clusters": np.array([[7, 7, 8, 9]])}, "'clusters' has the shape"),
        ({"confidence": np.array([0.9, 80.0, 0.6, 0.5])}, "Row 1 of 'confidence' holds 80.0"),
        ({"confidence": np.array([np.nan, 0.8, 0.6, 0.5])}, "Row 0 of 'confidence' holds nan"),
        ({"proba": np.ones((4, 3)) / 3}, "'proba' has the shape"),
        (
            {"proba": np.array([[0.9, 0.1], [0.2, 0.8], [-0.1, 1.1], [0.5, 0.5]])},
            "Row 2 of 'proba' holds -0.1",
        ),
        (
            {"proba": np.array([[0.9, 0.1], [0.2, 0.2], [0.6, 0.4], [0.5, 0.5]])},
            "row 1 add up to 0.4, not to 1",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused_with_the_row_and_the_value(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        sample(**changes)


def test_repeats_counted_as_independent_rows_are_refused() -> None:
    with pytest.raises(DataError, match=r"Example 'a' has several rows \(rows 0 and 2\)") as error:
        one_row_per_example(["a", "b", "a"])
    assert error.value.hint is not None
    assert "cluster" in error.value.hint


def test_repeats_inside_one_cluster_are_fine() -> None:
    one_row_per_example(["a", "b", "c"])
    one_row_per_example(["a", "b", "a"], np.array([1, 2, 1]))
    with pytest.raises(DataError, match="Example 'a'"):
        one_row_per_example(["a", "b", "a"], np.array([1, 2, 3]))
