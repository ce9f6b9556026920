"""What the weights make of a sentence's words, and that they were fitted on what lies beside this file."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fits.roles import labelled, sources, written
from shipworthy.career.roles import OTHER
from shipworthy.career.roles.learned import competency_chances, likely_asks
from shipworthy.playbook.items import competencies
from shipworthy.playbook.roles import role_models
from tests.support import shared_data


@given(st.text(max_size=300))
def test_chances_are_chances_whatever_the_text(text: str) -> None:
    chances = dict(competency_chances(text))

    assert chances.keys() == {OTHER, *(item.id for item in competencies())}
    assert sum(chances.values()) == pytest.approx(1)
    assert 0 <= likely_asks(text) <= 1


@pytest.mark.parametrize(
    ("asks", "states"),
    [
        (
            "You have carried a product through a hard winter",
            "You will carry a product through a hard winter",
        ),
        ("Someone who knows farms", "We know farms"),
        ("Du kennst dich mit Bauernhöfen aus", "Wir arbeiten mit Bauernhöfen"),
        ("Knowledge of farms and of those who run them", "Thirty days off and a share in the farm"),
    ],
)
def test_what_is_asked_is_told_from_what_is_stated(asks: str, states: str) -> None:
    assert likely_asks(asks) > 0.5 > likely_asks(states)


def test_case_quotes_and_punctuation_make_no_difference() -> None:
    assert likely_asks("You’ve run A SHOP!") == likely_asks("you've run a shop")
    assert competency_chances("You’ve run EVALS.") == competency_chances("you've run evals")


def test_what_has_no_end_is_no_sentence() -> None:
    assert likely_asks("You have experience. " * 41) == 0


def test_every_weight_has_its_bucket() -> None:
    for model in (role_models().asks, role_models().competencies):
        assert len(model.names) == len(model.biases) == len(model.steps) == len(model.weights)
        assert {len(row) for row in model.weights} == {len(model.rarity)}


@pytest.mark.real_data
def test_the_weights_were_fitted_on_these_labels_and_sentences() -> None:
    shared_data("jds")
    known = [written(), *(labelled(postings) for postings in sources().values())]

    source = json.loads(files("shipworthy.playbook").joinpath("data/roles/weights.json").read_text("utf-8"))[
        "source"
    ]

    assert f"on {sum(len(each.asks) for each in known):,} sentences" in source["title"]
    assert f"{sum(len(each.competencies) for each in known):,} of them requirements" in source["title"]


@pytest.mark.real_data
def test_nothing_held_out_is_learned_from() -> None:
    shared_data("jds")

    halves = {posting.half for postings in sources().values() for posting in postings}

    assert halves == {"tune", "held-out", "second", "last", "closing", "blind-tune"}
