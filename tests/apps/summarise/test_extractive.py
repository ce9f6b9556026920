"""Notes by cues: what is found, what stays blank, and that nothing is made up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.apps.summarise import Summariser, Turn, document_of_turns
from shipworthy.apps.summarise.cues import Cues
from shipworthy.apps.summarise.extractive import summarise_by_cues, tidy
from shipworthy.apps.summarise.lines import lines_of, named_speakers
from shipworthy.apps.summarise.owners import says_who
from shipworthy.retrieval.document import Document, verified
from tests.apps.summarise.meetings import LAUNCH, meeting


def shown(document: Document) -> list[tuple[str, str, str | None, str | None]]:
    found = summarise_by_cues(document).items
    return [(item.kind, item.text, item.owner, item.due) for item in found]


def test_a_meeting_becomes_decisions_actions_questions_and_risks_in_its_own_order() -> None:
    assert shown(LAUNCH) == [
        ("action", "Ben, can you send the draft to legal by Friday?", "Ben", "by Friday"),
        ("decision", "We decided to drop the weekly digest.", None, None),
        ("risk", "I'm worried the vendor won't be ready before the launch.", None, None),
        ("action", "I'll ask them for a date tomorrow.", "Chidi Eze", "tomorrow"),
        ("question", "Who pays for the second licence?", None, None),
        ("question", "We still need to find out who owns the budget.", None, None),
        ("action", "Someone should update the wiki please.", None, None),
    ]


def test_an_answer_that_takes_a_task_on_belongs_to_it_and_is_no_task_of_its_own() -> None:
    document = meeting("Anna: Could you check the contract?", "Ben: Sure, I'll do that.")
    (item,) = summarise_by_cues(document).items
    assert item.owner == "Ben"
    assert [span.quote for span in item.spans] == ["Could you check the contract?", "Sure, I'll do that."]


def test_a_bare_yes_makes_nobody_an_owner() -> None:
    document = meeting("Anna: Could you check the contract for us?", "Ben: Mm-hmm.", "Chidi: Yeah.")
    assert [(item.owner, item.due) for item in summarise_by_cues(document).items] == [(None, None)]


def test_a_role_that_is_given_work_owns_it_in_the_words_of_the_line() -> None:
    document = meeting("B: The Industrial Designer will work on the prototype for the next meeting.")
    assert shown(document) == [
        (
            "action",
            "The Industrial Designer will work on the prototype for the next meeting.",
            "Industrial Designer",
            "for the next meeting",
        )
    ]


def test_a_question_that_is_answered_is_not_open() -> None:
    asked = meeting("Anna: What does the licence cost?", "Ben: It costs forty euros a month for each of us.")
    open_one = meeting("Anna: What does the licence cost?", "Ben: No idea.")
    assert shown(asked) == []
    assert [kind for kind, *_ in shown(open_one)] == ["question"]


def test_a_line_that_breaks_off_goes_on_in_the_next_one() -> None:
    document = meeting("A: You will work on the report", "A: and send the draft by Monday.")
    (item,) = summarise_by_cues(document).items
    assert item.text == "You will work on the report and send the draft by Monday."
    assert item.due == "by Monday"
    assert len(item.spans) == 2


def test_small_talk_makes_no_notes() -> None:
    document = meeting("A: Hello everybody.", "B: Hi.", "A: See you later.", "B: Bye, thanks.")
    assert shown(document) == []


def test_a_past_friday_is_no_due_date() -> None:
    document = meeting("A: I'll send you the report that was due last Friday.")
    assert [due for *_, due in shown(document)] == [None]


def test_labels_such_as_a_letter_or_speaker_2_are_no_names() -> None:
    document = meeting("B: Hi, I'm Laura and I'm the project manager.", "Speaker 2: Hi.", "Anna Keller: Hi.")
    assert named_speakers(lines_of(document)) == ("Anna Keller", "Anna", "Laura")


def test_tidy_takes_out_hesitation_and_words_said_twice() -> None:
    assert tidy("Um so uh we we'll, er, go go for for plan B") == "We we'll, go for plan B"


def test_an_empty_transcript_has_empty_notes() -> None:
    assert Summariser().summarise(document_of_turns("x", [])).summary.items == ()


_WORDS = st.sampled_from(
    """I'll you we will should send report Ben Anna by Friday tomorrow decided risk worried who? um the
    <b>x</b> [a](b) designer can please . ! \u202e 会議 🙂 \x00 \ud7ff""".split()  # noqa: SIM905 (a list of words reads as words)
)
_TURNS = st.lists(
    st.tuples(st.sampled_from(["Anna", "Ben Ode", "B", None]), st.lists(_WORDS, max_size=12)), max_size=25
)


@settings(max_examples=80, deadline=None)
@given(_TURNS)
def test_whatever_is_said_every_span_is_verbatim_and_every_owner_and_date_is_said(
    turns: list[tuple[str | None, list[str]]],
) -> None:
    document = document_of_turns("t", [Turn(text=" ".join(words), speaker=who) for who, words in turns])
    lines = {line.start: line for line in lines_of(document)}
    for item in summarise_by_cues(document).items:
        assert item.spans
        assert all(verified(span, document) for span in item.spans)
        rests_on = [lines[span.start] for span in item.spans]
        assert item.owner is None or says_who(item.owner, rests_on)
        assert item.due is None or any(item.due in line.text for line in rests_on)
        assert 0 <= item.confidence <= 1


def test_the_notes_of_a_very_long_meeting_stay_short() -> None:
    document = meeting(*["Anna: Ben, can you send the draft to legal by Friday?", "Ben: We talked."] * 2_000)
    assert len(summarise_by_cues(document).items) <= 5 + 4_000 // 50


@pytest.mark.parametrize("unit", ["1,", "1.", "-", "?", "a a ", "a, ", "one ", "I will send ", "x-x ", "'"])
def test_a_very_long_line_is_read_to_its_end(unit: str) -> None:
    long = unit * (200_000 // len(unit))  # where a pattern took the square of it, this would take minutes
    document = meeting(f"Anna: We decided on {long}!x", "Ben: I'll ask them.")
    assert all(verified(span, document) for item in summarise_by_cues(document).items for span in item.spans)


def test_an_amount_is_a_cue_of_a_decision_with_its_thousands_and_decimals() -> None:
    pattern = Cues.of("decision").patterns[Cues.of("decision").names.index("amount")]
    for words in ("it costs 1,250.50 euros", "12, people", "three of the buttons"):
        assert pattern.search(words), words
    assert not pattern.search("it costs 12")
