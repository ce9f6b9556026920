"""Words learnt from labelled meetings."""

from __future__ import annotations

import pytest

from shipworthy.apps.summarise.fitting import FEWEST_MEETINGS, Labelled, fitted
from shipworthy.apps.summarise.lines import lines_of
from shipworthy.apps.summarise.scoring import BY_HAND, Scorer, Talk, terms, worth
from tests.apps.summarise.meetings import meeting

TURNS = ("A: So the blue one is nice.", "B: I went there.", "A: We decided to leave.", "B: So it was.")


def odd_meetings(n: int) -> list[Labelled]:
    """Meetings in which what begins with *so* is a decision, and a plain decision is none."""
    return [(meeting(*TURNS), {"decision": {1, 4}}) for _ in range(n)]


def test_few_labelled_lines_teach_nothing() -> None:
    assert fitted(odd_meetings(9)).weights == BY_HAND


def test_many_labelled_lines_of_few_meetings_teach_nothing() -> None:
    long = meeting(*TURNS * 10)
    labelled: list[Labelled] = [(long, {"decision": set(range(1, 41, 4))})] * (FEWEST_MEETINGS - 1)

    assert fitted(labelled).weights == BY_HAND


def test_learnt_words_rank_as_the_labels_say_and_other_kinds_stay() -> None:
    labelled = odd_meetings(20)
    scorer = fitted(labelled)
    talk = Talk.of(lines_of(labelled[0][0]))
    before, after = Scorer().scores(talk, "decision"), scorer.scores(talk, "decision")

    assert before[3] < before[2]
    assert min(after[0], after[3]) > max(after[1], after[2])
    assert scorer.weights["decision"].cues == BY_HAND["decision"].cues
    assert scorer.weights["action"] == BY_HAND["action"]
    assert fitted(labelled) == scorer


def test_words_that_tell_nothing_in_other_meetings_count_nothing() -> None:
    """Each meeting has a word of its own for what is labelled, and the cues see it anyway."""
    labelled: list[Labelled] = [
        (meeting("A: We decided to leave.", f"B: The {word} is here.", name=word), {"decision": {1}})
        for word in "abcdefghijklmnopqrstuvwx"
    ]

    assert fitted(labelled).weights == BY_HAND


def test_a_line_is_worth_its_known_terms_together_by_the_root_of_their_number() -> None:
    weights = {"so": 2.0, "so it": 1.0, "was": 1.0}

    assert worth(terms("so it was"), weights) == pytest.approx(4 / 3**0.5)
    assert worth(terms("so so"), weights) == 2.0
    assert worth(terms("it is"), weights) == 0.0
