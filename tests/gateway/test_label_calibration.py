"""From log-likelihoods of labels to probabilities."""

import math

import numpy as np
import pytest

from shipworthy.core.errors import DataError
from shipworthy.gateway.label_calibration import LabelCalibration, fit_label_calibration
from shipworthy.gateway.model import Reply

LABELS = ("a", "b", "c")


def _simulated(
    n: int, *, weight: float, offsets: list[float], seed: int
) -> tuple[list[dict[str, float]], list[str]]:
    """Scores, and labels that are drawn from softmax(weight × score + offset)."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 3, (n, 3)) - 10
    logits = weight * scores + np.array(offsets)
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    truth = [LABELS[rng.choice(3, p=row)] for row in chances]
    return [dict(zip(LABELS, map(float, row), strict=True)) for row in scores], truth


def _log_loss(calibration: LabelCalibration, scores: list[dict[str, float]], truth: list[str]) -> float:
    return -float(
        np.mean([math.log(calibration.proba(row)[label]) for row, label in zip(scores, truth, strict=True)])
    )


def test_with_many_examples_the_true_weight_and_offsets_are_found() -> None:
    scores, truth = _simulated(4000, weight=0.5, offsets=[0.0, 2.0, -1.0], seed=1)
    found = fit_label_calibration(LABELS, scores=scores, truth=truth)
    assert found.weight == pytest.approx(0.5, abs=0.05)
    assert np.diff(found.offsets) == pytest.approx([2.0, -3.0], abs=0.2)
    assert found.examples == 4000


def test_the_fit_equals_plain_maximum_likelihood_where_the_penalty_does_not_matter() -> None:
    from scipy.optimize import minimize

    scores, truth = _simulated(3000, weight=0.7, offsets=[0.5, 0.0, -0.5], seed=2)
    given = np.array([[row[label] for label in LABELS] for row in scores])
    right = np.array([LABELS.index(label) for label in truth])

    def loss(at: np.ndarray) -> float:
        logits = at[0] * given + np.array([0.0, at[1], at[2]])
        logits -= logits.max(axis=1, keepdims=True)
        return float(np.log(np.exp(logits).sum(axis=1)).sum() - logits[np.arange(len(right)), right].sum())

    unpenalised = minimize(loss, [1.0, 0.0, 0.0], method="BFGS").x
    found = fit_label_calibration(LABELS, scores=scores, truth=truth)
    assert found.weight == pytest.approx(unpenalised[0], abs=0.01)
    assert np.diff(found.offsets) == pytest.approx(np.diff([0.0, *unpenalised[1:]]), abs=0.05)


def test_a_few_examples_help_and_none_do_no_harm() -> None:
    scores, truth = _simulated(1000, weight=0.4, offsets=[3.0, 0.0, -3.0], seed=3)
    few, rest = (scores[:20], truth[:20]), (scores[20:], truth[20:])
    raw = fit_label_calibration(LABELS)
    fitted = fit_label_calibration(LABELS, scores=few[0], truth=few[1])
    assert (raw.weight, raw.offsets, raw.examples) == (1.0, (0.0, 0.0, 0.0), 0)
    assert _log_loss(fitted, *rest) < _log_loss(raw, *rest) / 2


def test_what_the_model_says_to_no_content_is_taken_off() -> None:
    blank = [{"a": -1.0, "b": -3.0, "c": -5.0}, {"a": -3.0, "b": -3.0, "c": -3.0}]
    found = fit_label_calibration(LABELS, content_free=blank)
    assert found.proba({"a": -2.0, "b": -3.0, "c": -4.0}) == pytest.approx(dict.fromkeys(LABELS, 1 / 3))


def test_one_label_without_any_example_does_not_break_the_fit() -> None:
    scores, _ = _simulated(30, weight=1.0, offsets=[0.0, 0.0, 0.0], seed=4)
    found = fit_label_calibration(LABELS, scores=scores, truth=["a"] * 30)
    assert all(math.isfinite(value) for value in (found.weight, *found.offsets))
    assert all(found.proba(row)["a"] > 0.5 for row in scores)


def test_a_calibrated_reply_has_new_probabilities_and_perhaps_another_label() -> None:
    calibration = LabelCalibration(labels=LABELS, weight=1.0, offsets=(0.0, 5.0, 0.0), examples=9)
    reply = Reply(
        status="ok",
        parsed={"label": "a"},
        scores={"a": -1.0, "b": -2.0, "c": -3.0},
        proba={"a": 0.7, "b": 0.2, "c": 0.1},
        confidence=0.7,
    )
    calibrated = calibration.applied(reply)
    assert calibrated.parsed == {"label": "b"}
    assert calibrated.proba is not None
    assert sum(calibrated.proba.values()) == pytest.approx(1)
    assert calibrated.confidence == calibrated.proba["b"]
    assert calibrated.scores == reply.scores


@pytest.mark.parametrize("reply", [Reply(status="error"), Reply(status="ok", parsed={"label": "a"})])
def test_a_reply_without_scores_stays_as_it_is(reply: Reply) -> None:
    calibration = LabelCalibration(labels=LABELS, weight=1.0, offsets=(0.0, 0.0, 0.0), examples=0)
    assert calibration.applied(reply) is reply


def test_scores_far_apart_do_not_overflow() -> None:
    calibration = LabelCalibration(labels=LABELS, weight=10.0, offsets=(0.0, 0.0, 0.0), examples=0)
    assert calibration.proba({"a": -1e4, "b": 0.0, "c": -1e5}) == {"a": 0.0, "b": 1.0, "c": 0.0}


def test_scores_and_labels_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(DataError, match="do not belong together"):
        fit_label_calibration(LABELS, scores=[{"a": 0.0, "b": 0.0, "c": 0.0}], truth=["z"])
    with pytest.raises(DataError):
        fit_label_calibration(LABELS, scores=[], truth=["a"])
