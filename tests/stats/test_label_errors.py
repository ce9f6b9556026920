"""Suspected label errors, the likeliest first."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from shipworthy.stats.label_errors import SuspectedLabel, suspected_label_errors
from tests.support import shared_data

CLASSES = ("bug", "feature", "question")


def test_a_contradicted_label_comes_with_what_it_should_probably_be() -> None:
    sure = [0.9, 0.05, 0.05]
    proba = np.array([sure, sure, [0.1, 0.8, 0.1], [0.1, 0.2, 0.7], [0.8, 0.1, 0.1]])
    labels = np.array([0, 0, 1, 2, 1])
    (suspect,) = suspected_label_errors(labels, proba, CLASSES)
    assert (suspect.row, suspect.given, suspect.suggested) == (4, "feature", "bug")
    usual = {"bug": 0.9, "feature": 0.45}
    assert suspect.score == pytest.approx(1 / (1 + (0.1 / usual["feature"]) / (0.8 / usual["bug"])))
    assert isinstance(suspect, SuspectedLabel)


def test_renaming_and_reordering_the_classes_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    proba = rng.dirichlet(np.ones(3), 200)
    labels = rng.integers(0, 3, 200)
    order = np.array([2, 0, 1])
    back = np.argsort(order)
    here = suspected_label_errors(labels, proba, CLASSES)
    there = suspected_label_errors(back[labels], proba[:, order], tuple(CLASSES[i] for i in order))
    assert [suspect.row for suspect in here] == [suspect.row for suspect in there]
    assert [suspect.suggested for suspect in here] == [suspect.suggested for suspect in there]


def test_scores_fall_and_are_between_one_half_and_one() -> None:
    rng = np.random.default_rng(2)
    found = suspected_label_errors(rng.integers(0, 3, 500), rng.dirichlet(np.ones(3), 500), CLASSES)
    scores = [suspect.score for suspect in found]
    assert scores == sorted(scores, reverse=True)
    assert 0.5 <= scores[-1] <= scores[0] <= 1


def test_rows_without_a_label_or_a_probability_are_passed_over() -> None:
    proba = np.array([[0.1, 0.9], [np.nan, np.nan], [0.9, 0.1], [0.2, 0.8]])
    assert suspected_label_errors(np.array([-1, 0, 0, 1]), proba, ("a", "b")) == ()
    assert suspected_label_errors(np.zeros(0, dtype=np.int64), np.zeros((0, 2)), ("a", "b")) == ()


def test_a_class_nobody_was_given_can_be_suggested_only_against_strong_doubt() -> None:
    proba = np.array([[0.6, 0.4], [0.9, 0.1]])
    assert suspected_label_errors(np.array([0, 0]), proba, ("a", "b")) == ()


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="2 labels and 3 classes do not fit"):
        suspected_label_errors(np.array([0, 1]), np.ones((2, 2)), CLASSES)


@pytest.mark.real_data
def test_most_of_15_wrong_labels_are_among_the_first_30_shown() -> None:
    path = shared_data("banking77") / "train.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rng = np.random.default_rng(3)
    intents = sorted({row["label"] for row in rows})[::13]
    rows = [row for row in rows if row["label"] in intents]
    labels = np.array([intents.index(row["label"]) for row in rows])
    wrong = rng.choice(len(rows), 15, replace=False)
    labels[wrong] = (labels[wrong] + rng.integers(1, len(intents), 15)) % len(intents)
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
    model = make_pipeline(words, SGDClassifier(loss="log_loss", alpha=1e-3, random_state=0))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    proba = cross_val_predict(model, [row["text"] for row in rows], labels, cv=folds, method="predict_proba")
    shown = {suspect.row for suspect in suspected_label_errors(labels, proba, intents)[:30]}
    assert len(shown & set(wrong.tolist())) >= 12
