"""The terminal summary and the five lines for a chat."""

from __future__ import annotations

import pytest

from shipworthy.documents import review_paste, review_text
from tests.documents.payloads import PAYLOADS, filled
from tests.documents.sample import REVIEWS, as_json, bare, cannot_tell, check_page, hold, with_fallback

ALL = {name: as_json(made()) for name, made in REVIEWS.items()} | {
    "bare": as_json(bare()),
    "check": check_page(),
}


def test_the_terminal_shows_verdict_reasons_bars_findings_and_next_steps() -> None:
    assert (
        review_text(as_json(hold()))
        == """\
HOLD: Feedback triage
It misses three outages in ten and understands simple English badly.
(Practice data, written for this example.)

Why
  1. Outages: 70.0% are recognised (44.9–87.0, n = 30); the bar is 90%.
  2. Messages in simple English: 69% right against 90% for all others (n = 96).
  3. 28 test rows are copies of training rows; the bar allows one in a hundred.

Bars: 3 of 7 met, 3 failed, 1 undecided
  Met        macro_f1 >= 0.80                          0.842 (0.809–0.875, n = 612 in 408 groups)
  Failed     recall[outage] >= 0.90                    70.0% (46.0–86.5, n = 30)
  Failed     gap(accuracy, by=language_level) <= 0.05  +17.3 points (+10.2 to +24.4, n = 612 in 408 groups)
  Met        auto_handled >= 0.6 at precision >= 0.95  70.4% (65.4–75.0, n = 612)
  Met        beats(baseline)                           +31.2 points (+26.0 to +36.4, n = 612 in 408 groups)
  Failed     leakage <= 0.01                           4.4% (2.7–7.0, n = 640)
  Undecided  net_value_month >= 0                      EUR 2,140 (−840 to 5,120, n = 612 in 408 groups)
             about 480 more labelled examples would probably decide it

Worst findings
  Blocker: Messages in simple English are understood 22 points less often
     Next: Add at least 150 labelled messages in simple English and review again.
  Serious: 28 test rows are copies of training rows
     Next: Split again by conversation: shipworthy feature split triage --by conversation
  Warning: 15 labels are probably wrong
     Next: Read these rows, correct the labels that are wrong, and review again.

What to do next
  1. Add at least 150 labelled messages in simple English to the training data.
  2. Split again by conversation, so that copies stay on one side.
  3. Correct the 15 labels listed under Findings, then run: shipworthy review triage"""
    )


def test_the_least_review_has_a_summary() -> None:
    assert review_text(as_json(bare())) == "CANNOT TELL YET: Feedback triage\nThere is no bar."
    assert review_text({}) == "UNKNOWN"


def test_with_a_fallback_the_bars_are_those_above_the_threshold() -> None:
    text = review_text(as_json(with_fallback()))
    assert text.startswith("SHIP WITH A HUMAN FALLBACK: Feedback triage")
    assert "Bars: 7 of 7 met\n" in text
    assert "  Met        recall[outage] >= 0.90                    100.0% (88.6–100.0, n = 30)\n" in text


def test_five_lines_say_it_in_a_chat() -> None:
    assert review_paste(as_json(cannot_tell())) == (
        "Cannot tell yet: Refund check. 61 rows are too few to say whether nine in ten refunds are right.\n"
        "Why: The bar on recall is undecided: 88.5% (78.2–94.3, n = 61).\n"
        "Bars: 0 of 2 met, 2 undecided; recall[refund] >= 0.90: undecided, 88.5% (78.2–94.3, n = 61)\n"
        "Next: Label 240 more refunds: shipworthy label refunds\n"
        "Your own data: 612 test rows. Shipworthy review 2026-11-24-c0ffee, 22 November 2026, 14:05 UTC"
    )


@pytest.mark.parametrize("report", ALL.values(), ids=ALL)
def test_a_chat_always_gets_five_lines(report: dict[str, object]) -> None:
    lines = review_paste(report).split("\n")
    assert len(lines) == 5
    assert all(line.strip() for line in lines)


def test_the_worst_bar_is_the_one_pasted_and_practice_data_is_named() -> None:
    lines = review_paste(as_json(hold())).split("\n")
    assert lines[2] == (
        "Bars: 3 of 7 met, 3 failed, 1 undecided; recall[outage] >= 0.90: failed, 70.0% (46.0–86.5, n = 30)"
    )
    assert lines[4].startswith("Practice data, written for this example: 612 test rows.")


@pytest.mark.parametrize("everywhere", [False, True])
def test_hostile_texts_stay_on_their_line_and_format_nothing(*, everywhere: bool) -> None:
    plain = review_text(filled(as_json(hold()), "x", everywhere=everywhere)).count("\n")
    chat_attacks = (
        "# big\n## bigger",
        "[x](https://evil.example)",
        "![](https://evil.example/p.gif)",
        "<!here> @all `x`",
    )
    for payload in (*PAYLOADS, *chat_attacks, "\x1b[2J\x1b]0;title\x07"):
        report = filled(as_json(hold()), payload, everywhere=everywhere)
        pasted = review_paste(report)
        assert pasted.count("\n") == 4
        assert not set("*`~@#|$\\\x1b\r") & set(pasted)
        assert "](" not in pasted
        assert "://" not in pasted
        assert "<!" not in pasted
        text = review_text(report)
        assert "\x1b" not in text
        assert text.count("\n") >= plain
