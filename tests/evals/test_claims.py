"""Reading what somebody claims, and saying what it shows."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shipworthy.core.errors import DataError
from shipworthy.evals.claims import Claim, Judgement, claims_in, judge, topics
from shipworthy.evals.claims.metrics import METRICS, counted_in
from shipworthy.stats.intervals import wilson
from shipworthy.stats.selection import best_of_range

REPORT = """\
# TriageBot 3: evaluation report

**TriageBot 3 sets a new standard.** In our tests it answered
93.4% of customer tickets correctly, compared with 91% for
the leading competitor.

- Latency fell by 30%, and agents save 40% of their time.
- We tried 12 prompts and chose the best.
- On the public HelpDesk-QA benchmark (1,200 questions) it reaches 88.5% accuracy over 5 runs.
- We did not check for contamination.

| Model | Accuracy | Macro-F1 | n |
|---|---|---|---|
| TriageBot 3 | **93.4%** | 0.91 | 1,000 |
| Competitor | 90.0% | 0.88 | 1,000 |

Measured in March 2026 on production traffic. At 95% confidence the result is significant.
"""


def said(text: str) -> list[dict[str, Any]]:
    """What was read in each claim, without what was not said."""
    left_out = {"quote", "line", "decimals"}
    return [
        {
            name: value
            for name, value in asdict(claim).items()
            if value not in (None, False) and name not in left_out
        }
        for claim in claims_in(text)
    ]


def only(text: str) -> Any:
    claims = judge(text).claims
    assert len(claims) == 1, [each.claim for each in claims]
    return claims[0]


# --- reading ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("93% on 500", {"value": 0.93, "n": 500}),
        ("93.4 % accuracy (n = 1,200)", {"value": 0.934, "metric": "accuracy", "n": 1200}),
        ("93,4% on 2k tickets", {"value": 0.934, "n": 2000}),
        ("465 of 500 correct", {"value": 0.93, "successes": 465, "n": 500, "metric": "accuracy"}),
        ("465/500", {"value": 0.93, "successes": 465, "n": 500}),
        ("93 percent of 500 emails were resolved", {"value": 0.93, "n": 500, "metric": "success rate"}),
        ("It is 93% accurate.", {"value": 0.93, "metric": "accuracy"}),
        ("F1 = 0.87, n=40", {"value": 0.87, "metric": "F1", "n": 40}),
        ("0.93 AUC on 800 cases", {"value": 0.93, "metric": "AUC", "n": 800}),
        ("Hallucination rate 2% on 300 answers", {"value": 0.02, "metric": "hallucinations", "n": 300}),
        (
            "93% on 500, best of 12 prompts",
            {"value": 0.93, "n": 500, "best_of": 12, "best_of_what": "prompts"},
        ),
        (
            "We tried twelve models; 93% on 500.",
            {"value": 0.93, "n": 500, "best_of": 12, "best_of_what": "models"},
        ),
        ("After 30 iterations: 93%", {"value": 0.93, "best_of": 30, "best_of_what": "iterations"}),
        ("the best of three runs had 93%", {"value": 0.93, "best_of": 3, "best_of_what": "runs"}),
        (
            "88% pass@5 on HumanEval",
            {"value": 0.88, "metric": "pass@k", "attempts": 5, "dataset": "HumanEval"},
        ),
        ("93%, averaged over 5 seeds", {"value": 0.93, "runs": 5}),
        ("93% on our internal test set", {"value": 0.93, "dataset": "our internal test set"}),
        (
            "94% vs 91% for GPT-4 on 480 tickets",
            {"value": 0.94, "against": 0.91, "n": 480, "against_n": 480},
        ),
        (
            "94% on 500 tickets vs 91% on 300 tickets",
            {"value": 0.94, "n": 500, "against": 0.91, "against_n": 300},
        ),
        ("beats GPT-4 (91%) with 93% on 500", {"value": 0.93, "n": 500, "against": 0.91}),
        ("accuracy rose from 85% to 93%", {"value": 0.93, "metric": "accuracy", "against": 0.85}),
        ("90-95% accuracy", {"value": 0.9, "up_to": 0.95, "metric": "accuracy"}),
        ("93% (465/500)", {"value": 0.93, "successes": 465, "n": 500}),
        ("93% of 1.2 million requests", {"value": 0.93, "n": 1_200_000}),
        (
            "91.5% vs 89% for humans on 1,000 X-rays",
            {"value": 0.915, "against": 0.89, "n": 1000, "against_n": 1000},
        ),
        ("BLEU 31.0 on 400 sentences", {"value": 0.31, "metric": "overlap with a reference", "n": 400}),
        ("93% with 12 few-shot examples on 500 tickets", {"value": 0.93, "n": 500}),
        ("93% on 8 GPUs", {"value": 0.93}),
        ("more than 93%", {"value": 0.93}),
        ("65% on 500 tasks, best of 8 attempts", {"value": 0.65, "n": 500, "attempts": 8}),
        ("8% better than before", {"value": 0.08, "gain": True}),
        ("errors cut by 40%", {"value": 0.4, "gain": True, "metric": "errors"}),
        ("300% faster", {"value": 3.0, "gain": True}),
    ],
)
def test_a_claim_is_read_as_it_was_meant(text: str, expected: dict[str, Any]) -> None:
    assert said(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "The 95% confidence interval is wide.",
        "We used a threshold of 80% and temperature 0.7.",
        "version 0.93 of 12/11/2026",
        "best of 12 prompts",
        "150% of nothing",
        "p = 0.03",
        "99.9% uptime",
        "accuracy 1.2",
        "The interval goes from 84-90%.",
        "",
    ],
)
def test_numbers_that_are_no_scores_are_left_alone(text: str) -> None:
    assert said(text) == []


def test_what_it_was_trained_on_is_not_what_it_was_tested_on() -> None:
    text = "Trained on 50,000 examples it reaches 93% accuracy on 500 held-out examples."
    assert said(text) == [{"value": 0.93, "metric": "accuracy", "n": 500}]


def test_two_scores_of_a_sentence_share_its_examples_and_keep_their_metrics() -> None:
    for text in ("Precision 91%, recall 87% on 500 tickets", "91% precision and 87% recall on 500 tickets"):
        assert said(text) == [
            {"value": 0.91, "metric": "precision", "n": 500},
            {"value": 0.87, "metric": "recall", "n": 500},
        ]


def test_a_reported_interval_is_no_claim_of_its_own() -> None:
    for text in ("F1 of 0.87 (95% CI 0.84-0.90), n=1,200", "F1 0.87, 95% CI: 84-90%, n=1,200"):
        assert said(text) == [{"value": 0.87, "metric": "F1", "n": 1200}]


def test_the_quote_is_verbatim_and_the_line_is_where_it_begins() -> None:
    first, *_, last = claims_in(REPORT)
    assert first.quote in REPORT
    assert first.quote.startswith("In our tests it answered\n93.4%")
    assert (first.line, last.line) == (3, 15)
    assert claims_in(REPORT.replace("\n", "\r\n"))[0] == first


def test_a_table_gives_a_claim_for_each_score_and_holds_the_best_against_the_next() -> None:
    rows = [claim for claim in claims_in(REPORT) if claim.about]
    assert [(claim.about, claim.metric, claim.value, claim.n) for claim in rows] == [
        ("TriageBot 3", "accuracy", 0.934, 1000),
        ("TriageBot 3", "F1", 0.91, 1000),
        ("Competitor", "accuracy", 0.9, 1000),
        ("Competitor", "F1", 0.88, 1000),
    ]
    assert [(claim.against, claim.against_n, claim.against_whom) for claim in rows[::2]] == [
        (0.9, 1000, "Competitor"),
        (None, None, None),
    ]


def test_what_another_place_of_the_text_says_was_tried_is_kept_apart() -> None:
    first, *_ = claims_in(REPORT)
    assert (first.best_of, first.tried_elsewhere) == (None, 12)
    assert claims_in("93% on 500.\n\nWe tried 3 models.\n\nWe tried 9 prompts.")[0].tried_elsewhere is None


@given(
    st.integers(1, 99),
    st.integers(1, 2_000_000),
    st.integers(2, 500),
    st.sampled_from(["{v}% on {n} tickets, best of {k} prompts", "best of {k} prompts: {v}% (n = {n})"]),
)
def test_what_is_written_is_what_is_read(value: int, n: int, k: int, form: str) -> None:
    (claim,) = claims_in(form.format(v=value, n=f"{n:,}", k=k))
    assert (claim.value, claim.n, claim.best_of) == (value / 100, n, k)


@given(st.text(alphabet="09%.,/ |-\nonfbests vsk=(1", max_size=400))
@settings(max_examples=300)
def test_no_text_breaks_it_and_every_quote_is_in_the_text(text: str) -> None:
    judgement = judge(text)
    for judged in judgement.claims:
        assert judged.claim.quote in text
        assert judged.claim.gain or 0 <= judged.claim.value <= 1
        assert judged.says


@pytest.mark.parametrize(
    "piece",
    ["1", "9%", ";", "1 of 2 ", "93% on 500 ", "best of ", "|", "n = ", "on the ", " B2", "500 aaaa ", ". ",
     "a-", "|a|b|\n|-|-|\n|93%|1|\n", "|-", "12 a-b c d e tickets vs 3,000,000 of 9,999,999 ", "not ",
     "\n", "* "],
)  # fmt: skip
def test_long_hostile_texts_are_read_to_the_end(piece: str) -> None:
    judgement = judge((piece * (30_000 // len(piece)))[:30_000])
    assert len(judgement.claims) <= 200
    assert len(judgement.topics) == 9


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(DataError, match="200,001 letters"):
        judge("a" * 200_001)


def test_every_metric_is_found_by_its_name() -> None:
    names = {name for name in METRICS if name not in {"pass@k", "overlap with a reference", "ranking score"}}
    assert {found.name for name in names if (found := counted_in(name))} == names
    assert counted_in("false positive rate") == METRICS["false positive rate"]
    assert counted_in("the weather") is None


# --- judging ------------------------------------------------------------------------------------------


def test_a_claim_has_wilsons_interval_and_the_winner_s_curse() -> None:
    judged = only("93% accuracy on 500, best of 12 prompts")
    assert (judged.interval.low, judged.interval.high) == wilson(0.93, 500)
    luck = best_of_range(12, 500, 0.93)
    assert (judged.selection.inflation, judged.selection.low) == (luck.inflation, luck.low)
    assert judged.if_n == ()
    assert judged.says == (
        "93% on 500 examples: the true value is plausibly between 90.4% and 94.9%.",
        "The best of 12 equally good prompts would look about 2.0 points too good by luck alone, which leaves"
        " 91.0%; with that allowed for, the range is 89.1% to 94.9%.",
        "The smallest change for the worse that 500 examples would show, in 80 of 100 cases, is 3.4 points.",
    )


def test_without_n_there_is_no_interval_but_what_it_would_be() -> None:
    judged = only("93% accuracy, best of 12 prompts")
    assert judged.interval.value is None
    assert judged.interval.warning == "the number of examples is not said"
    assert (judged.selection, judged.detectable) == (None, None)
    assert [row.n for row in judged.if_n] == [50, 200, 1000]
    assert [row.interval.low for row in judged.if_n] == [wilson(0.93, n)[0] for n in (50, 200, 1000)]
    inflations = [row.inflation for row in judged.if_n]
    assert inflations == sorted(inflations, reverse=True)
    assert "On how many examples was it measured, and how were they chosen?" in judged.questions


def test_luck_makes_the_fewest_mistakes_look_too_few() -> None:
    judged = only("Error rate of 7% on 500 tickets, best of 12 prompts")
    good = only("93% accuracy on 500 tickets, best of 12 prompts")
    assert judged.selection.corrected == pytest.approx(1 - good.selection.corrected)
    assert judged.selection.low <= 0.07 < judged.selection.corrected < judged.selection.high
    assert judged.detectable == pytest.approx(good.detectable)


@pytest.mark.parametrize(
    ("text", "beyond"),
    [
        ("95% accuracy vs 85% on 1,000 tickets", "yes"),
        ("93% accuracy vs 91% on 500 tickets", "cannot tell"),
        ("93% accuracy vs 91% on 200 tickets", "no"),
        ("93% accuracy vs 92.5% on 200 tickets", "no"),
        ("93% accuracy on 500 tickets vs 91% on 300 tickets", "no"),
        ("93% accuracy vs 91%", "cannot tell"),
        ("95% F1 vs 85% on 1,000 tickets", "cannot tell"),
        ("93.6% accuracy vs 90.0% on 800 tickets", "yes"),
        ("93.6% accuracy vs 90.0% on 800 tickets, best of 200 prompts", "cannot tell"),
    ],
)
def test_a_difference_is_held_against_noise_however_it_was_measured(text: str, beyond: str) -> None:
    compared = only(text).compared
    assert compared.beyond_noise == beyond
    assert compared.why


def test_on_the_same_examples_the_least_disagreement_decides_what_is_possible() -> None:
    compared = only("93% accuracy vs 91% on 500 tickets").compared
    assert compared.apart.low < 0 < compared.together.low
    assert compared.together.high < compared.apart.high
    assert "unless both answered the very same examples" in compared.why


def test_a_percentage_that_no_whole_number_gives_is_noticed() -> None:
    assert any(
        "No whole number of 30 examples is 94%" in line for line in only("94% accuracy on 30 tickets").says
    )
    assert not any("whole number" in line for line in only("93% accuracy on 30 tickets").says)
    assert not any("whole number" in line for line in only("94% accuracy on 30 tickets over 5 runs").says)


def test_a_gain_says_nothing_without_its_two_scores() -> None:
    judged = only("40% fewer mistakes")
    assert judged.interval.value is None
    assert judged.says == ("40%: a change says nothing without the two scores that it lies between.",)
    assert "From which score to which" in judged.questions[0]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("91% recall on 500", "Recall rests on a part of the examples only, so the true range is wider."),
        ("91% F1 on 500 tickets", "F1 is no share of the examples, so this range is a rough guide."),
        ("91% on 500 tickets", "What was counted is not said; taken as a share of the examples."),
        ("88% pass@5", "An example counts as right if one of 5 answers was; who gets one answer sees less."),
        ("90-95% on 500 rows", "A range was claimed (90% to 95%); this is about its lower end."),
        ("91% on 500 rows over 5 runs", "5 runs of the same examples are no more examples: n stays 500."),
    ],
)  # fmt: skip
def test_what_kind_of_number_it_is_changes_what_it_shows(text: str, line: str) -> None:
    assert line in only(text).says


@pytest.mark.parametrize(
    "text", ["100% accuracy on 50", "0% errors on 50 tickets", "100% accuracy on 1", "0% accuracy on 9"]
)
def test_all_and_none_have_honest_ends(text: str) -> None:
    judged = only(text + ", best of 4 prompts")
    assert judged.interval.high - judged.interval.low > 0.05
    assert judged.selection.low <= judged.claim.value <= judged.selection.high


# --- what is missing ----------------------------------------------------------------------------------


def statuses(text: str) -> dict[str, str]:
    return {topic.name: topic.status for topic in topics(text)}


def test_what_is_not_said_is_named_as_missing_and_asked_for() -> None:
    found = judge("93% accuracy on 500")
    assert {topic.status for topic in found.topics} == {"not said"}
    assert found.missing == found.topics
    assert all(topic.quote is None and topic.question.endswith("?") for topic in found.topics)


def test_what_is_said_is_quoted_and_what_was_not_done_is_not_taken_as_done() -> None:
    found = {topic.name: topic for topic in topics(REPORT)}
    assert {name: topic.status for name, topic in found.items()} == {
        "selection": "mentioned",
        "baseline": "not said",
        "segments": "not said",
        "leakage": "said to be missing",
        "data": "mentioned",
        "repeats": "mentioned",
        "cost and speed": "mentioned",
        "error costs": "not said",
        "date": "mentioned",
    }
    assert found["leakage"].quote == "- We did not check for contamination."
    assert found["data"].quote == "Measured in March 2026 on production traffic."


def test_a_topic_that_is_denied_and_then_spoken_of_is_mentioned() -> None:
    text = "No baseline was run at first. The keyword baseline has 71%."
    assert statuses(text)["baseline"] == "mentioned"
    assert statuses("There is no baseline.")["baseline"] == "said to be missing"
    assert statuses("| Model | by segment |\n|---|---|\n| a | 3% |")["segments"] == "mentioned"


def test_a_judgement_goes_through_json_unchanged() -> None:
    adapter = TypeAdapter(Judgement)
    found = judge(REPORT, identifier="r1")
    assert adapter.validate_json(adapter.dump_json(found)) == found


def test_nothing_said_is_none() -> None:
    (claim,) = claims_in("93%")
    assert claim == Claim(quote="93%", line=1, value=0.93)
