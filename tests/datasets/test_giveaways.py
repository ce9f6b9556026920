"""What gives the label away is named; honest words are not."""

import json

import numpy as np
import pytest

from shipworthy.datasets.giveaways import cluster_overlap, giveaways
from tests.support import shared_data

LABELS = ["bug"] * 60 + ["question"] * 60 + ["praise"] * 60


def test_a_form_that_only_one_label_uses_is_a_giveaway() -> None:
    texts = [
        f"it broke in way {i}\n## Steps to reproduce\nstep {i}" if i < 60 else f"hello {i}\nhow are you {i}"
        for i in range(180)
    ]
    found = giveaways(texts, LABELS)
    assert [(item.kind, item.pattern, item.label) for item in found] == [
        ("template", "## Steps to reproduce", "bug")
    ]
    assert found[0].words == (
        "100% of the 60 rows with the line '## Steps to reproduce' are 'bug', against 33% of all rows."
    )
    assert found[0].rows.tolist() == list(range(60))


def test_lines_of_one_form_are_one_giveaway() -> None:
    texts = [f"a {i}\n# One\n# Two\n# Three" if i < 60 else f"b {i}\nc {i}" for i in range(180)]
    found = giveaways(texts, LABELS)
    assert [(item.pattern, item.also) for item in found] == [("# One", ("# Three", "# Two"))]


def test_a_tag_that_names_the_answer_is_a_giveaway() -> None:
    texts = [f"[Support] number {i}" if 60 <= i < 120 else f"number {i}" for i in range(180)]
    assert [(item.kind, item.pattern, item.label) for item in giveaways(texts, LABELS)] == [
        ("tag", "support", "question")
    ]


def test_a_segment_that_is_all_one_label_is_a_giveaway() -> None:
    segments = {"product": ["devtools" if i < 50 else "app" for i in range(180)]}
    found = giveaways([f"text {i}" for i in range(180)], LABELS, segments=segments)
    assert [(item.kind, item.pattern) for item in found] == [("segment", "product = devtools")]


def test_ordinary_words_are_no_giveaway() -> None:
    words = {"bug": "it crashes with an error", "question": "how do I do this", "praise": "I love it"}
    assert giveaways([f"{words[label]} {i}" for i, label in enumerate(LABELS)], LABELS) == ()


def test_a_form_that_all_labels_use_is_no_giveaway() -> None:
    assert giveaways([f"a {i}\n# Report\nb {i}" for i in range(180)], LABELS) == ()


def test_the_order_of_the_rows_does_not_matter() -> None:
    texts = [f"a {i}\n# Form\nb" if i < 60 else f"c {i}\nd {i}" for i in range(180)]
    order = np.random.default_rng(0).permutation(180)
    shuffled = giveaways([texts[i] for i in order], [LABELS[i] for i in order])
    assert [item.words for item in shuffled] == [item.words for item in giveaways(texts, LABELS)]


@pytest.mark.real_data
def test_the_forms_of_real_issue_trackers_leak_the_label() -> None:
    path = shared_data("github_issues/issues.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found = giveaways([f"{row['title']}\n\n{row['body']}" for row in rows], [row["label"] for row in rows])
    devtools = next(item for item in found if item.pattern == "### DevTools package (automated)")
    assert devtools.words == (
        "99% of the 79 rows with the line '### DevTools package (automated)' (and 10 more lines of the "
        "same form) are 'bug', against 33% of all rows."
    )


def test_clusters_on_both_sides_are_counted_by_test_rows() -> None:
    overlap = cluster_overlap(["a", "b", None], ["a", "a", "c", None])
    assert overlap.names == ("a",)
    assert overlap.share.value == pytest.approx(2 / 3)
    assert overlap.share.n == 3
