"""A review of each job counts what was planted, decides by the same rule, and keeps failures in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from shipworthy.core.errors import DataError, SpecError
from shipworthy.core.progress import silent
from shipworthy.datasets.freezing import freeze
from shipworthy.datasets.frozen import Example, FrozenDataset
from shipworthy.evals.jobs.candidate import (
    FittedJob,
    JobAnswers,
    JobBuilder,
    JobCandidate,
    Spent,
    Surroundings,
)
from shipworthy.evals.jobs.outputs import Answer, AnswerSentence
from shipworthy.evals.review import Review
from shipworthy.evals.reviewing import Request, gather
from shipworthy.evals.running import Conduct
from shipworthy.evals.spec import FeatureSpec, load_feature
from shipworthy.evals.summarising import summarise
from shipworthy.retrieval.document import Span
from shipworthy.workbench.features import columns_of
from tests.evals.jobs.made import answer_feature, extract_feature, place, summarise_feature, write_rows
from tests.fakes.clock import FixedClock


def frozen(spec: FeatureSpec, folder: Path) -> FrozenDataset:
    assert spec.data.file is not None
    assert spec.data.documents is not None
    return freeze(
        folder / spec.data.file,
        columns_of(spec.data, structured=True),
        folder=folder / "frozen",
        seed=0,
        documents=folder / spec.data.documents,
    )


def reviewed(file: Path, apps: Mapping[str, JobBuilder] | None = None) -> Review:
    spec, _ = load_feature(file)
    folder = file.parent
    (folder / "work").mkdir()
    request = Request(
        id="2026-11-23-aaaaaa",
        spec=spec,
        dataset=frozen(spec, folder),
        folder=folder,
        work=folder / "work",
        origin="own",
        clock=FixedClock(),
        progress=silent,
        conduct=Conduct(),
        apps=apps or {},
    )
    return summarise(gather(request))


def values(review: Review) -> dict[str, float | None]:
    return {check.name: check.estimate.value for check in review.checks}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "feature"


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Review:
    """The review of the answers as they were planted."""
    return reviewed(answer_feature(tmp_path_factory.mktemp("answers") / "feature"))


def test_answers_are_counted_as_they_were_planted(answers: Review) -> None:
    review = answers
    scores = review.candidates[0].scores
    assert scores["accuracy"].value == 45 / 60
    assert {one.label: one.count for one in review.mistakes} == {
        "Did not answer a question that the documents answer": 6,
        "Answered a question that the documents do not answer": 5,
        "Answered something else than a right answer": 4,
    }
    found = review.abstentions
    assert found is not None
    counts = (found.answered, found.abstained, found.answered_unanswerable, found.abstained_unanswerable)
    assert counts == (34, 6, 5, 15)
    checks = values(review)
    assert checks["abstention_precision"] == 15 / 21
    assert checks["abstention_recall"] == 15 / 20
    assert checks["citation_precision"] == 1.0
    assert checks["citation_recall"] == 30 / 40
    assert checks["citations_verbatim"] == 1.0
    assert checks["sentences_cited"] == 30 / 39
    assert "retrieval_recall" not in checks  # nothing says what was retrieved
    assert review.data.classes == {"answerable": 40, "not answerable": 20}


def test_what_only_classes_have_stays_empty(answers: Review) -> None:
    review = answers
    assert (review.classes, review.confusion, review.confusion_classes) == ((), (), ())
    assert review.cost_curve is None
    assert [curve.name for curve in review.curves] == ["reliability"]
    assert {finding.id.partition(".")[0] for finding in review.findings} <= {
        "baseline",
        "output",
        "calibration",
    }


def test_both_baselines_stand_beside_the_candidate(answers: Review) -> None:
    review = answers
    right = {one.name: one.scores["accuracy"].value for one in review.candidates}
    assert right == {"kept": 45 / 60, "nothing": 20 / 60, "rules": 40 / 60}
    assert [one.baseline for one in review.candidates] == [False, True, True]


def test_a_threshold_hands_over_what_is_unsure_and_saves_the_verdict(home: Path) -> None:
    review = reviewed(
        answer_feature(
            home,
            bar=["accuracy >= 0.9", "abstention_recall >= 0.7"],
            fallback={"who": "the desk", "capacity_a_day": 100, "precision": 0.9},
            value={"minutes_saved": 3, "cost_per_hour": 40, "volume_per_month": 3000},
            costs={
                "wrong": 5,
                "handed_over": 1,
                "pairs": [{"label": "right", "predicted": "invented", "cost": 50}],
            },
        )
    )
    assert review.verdict.decision == "ship_with_fallback"
    assert review.handover is not None
    assert review.handover.share.value == 45 / 60
    assert review.handover.precision.value == 1.0
    assert [one.escaped for one in review.mistakes] == [0, 0, 0]
    handled = {check.name: check.handled for check in review.checks}
    recall = handled["abstention_recall"]
    assert recall is not None
    assert (recall.value, recall.n) == (1.0, 15)
    assert review.value is not None
    assert review.value.month.value == pytest.approx((45 * 2 - 15 * 1) / 60 * 3000)


def test_without_a_fallback_a_failed_bar_holds(home: Path) -> None:
    review = reviewed(answer_feature(home, bar=["abstention_precision >= 0.95"]))
    assert review.verdict.decision == "hold"
    assert review.bars[0].all_rows.outcome == "failed"
    assert "abstentions where the documents hold no answer" in review.bars[0].words


def test_a_kind_of_failure_costs_what_feature_yaml_says(home: Path) -> None:
    review = reviewed(
        answer_feature(
            home,
            bar=["cost_per_1000 <= 9000"],
            costs={"wrong": 1, "pairs": [{"label": "right", "predicted": "invented", "cost": 50}]},
            value={"volume_per_month": 60},
        )
    )
    assert review.value is not None
    assert review.value.cost_per_1000.value == pytest.approx((5 * 50 + 10) / 60 * 1000)


def test_a_rule_in_feature_yaml_says_when_an_output_is_right(home: Path) -> None:
    review = reviewed(answer_feature(home, right="answer_exact >= 1"))
    assert review.candidates[0].scores["accuracy"].value == 15 / 60
    assert review.right_means.startswith("By feature.yaml an output is right when")


def test_segments_and_gaps_are_measured_on_checks_too(home: Path) -> None:
    review = reviewed(answer_feature(home, bar=["gap(answer_f1, by=kind) <= 0.6"]))
    gap = review.bars[0].all_rows.estimate
    assert gap.value is not None
    assert gap.value < 0.1
    assert {row.value for row in review.segments} == {"old", "new"}


def test_made_up_citations_are_found_and_shown(home: Path) -> None:
    file = answer_feature(home)
    rows = [json.loads(line) for line in (home / "outputs.jsonl").read_text().splitlines()]
    for row in rows[:3]:
        row["output"]["citations"][0]["quote"] = "<script>alert(1)</script> The deposit is free."
    write_rows(home / "outputs.jsonl", rows)
    review = reviewed(file)
    finding = next(one for one in review.findings if one.id == "output.unsupported")
    assert (finding.severity, finding.failure_mode) == ("serious", "hallucination")
    assert finding.estimates["share of rows"].value == 3 / 60
    quote = finding.rows[0].quotes[0]
    assert (quote.verbatim, "deposit is free" in quote.quote) == (False, True)
    assert values(review)["citations_verbatim"] == 27 / 30


def test_records_are_measured_field_by_field(home: Path) -> None:
    review = reviewed(extract_feature(home))
    fields = next(check for check in review.checks if check.name == "field_accuracy")
    assert {part: estimate.value for part, estimate in fields.parts.items()} == {
        "number": 1.0,
        "total": 1.0,
        "due": 4 / 20,
    }
    assert fields.estimate.value == (20 + 20 + 4) / 60
    assert values(review)["field_f1"] == pytest.approx(2 * 40 / (2 * 40 + 16))
    assert values(review)["spans_verbatim"] == 1.0
    assert [bar.all_rows.outcome for bar in review.bars] == ["met", "met", "met"]
    assert review.mistakes[0].label == "Did not find a value that the document has"
    assert review.mistakes[0].examples[0].text.startswith("invoice")
    assert review.mistakes[0].examples[0].quotes[0].place.startswith("invoice")


def test_summaries_are_measured_statement_by_statement(home: Path) -> None:
    review = reviewed(summarise_feature(home))
    recall = next(check for check in review.checks if check.name == "item_recall")
    assert recall.estimate.value == 0.5
    assert {part: one.value for part, one in recall.parts.items()} == {"decision": 1.0, "action": 0.0}
    assert recall.estimate.low is not None
    assert recall.estimate.low < 0.45  # thirty meetings that are all alike do not make it certain
    assert values(review)["line_overlap"] == 1.0


def test_failures_stay_in_every_denominator(home: Path) -> None:
    file = extract_feature(home, candidates=[{"name": "torn", "kind": "callable", "function": "torn:read"}])
    torn = "document.name in ('invoice01.txt', 'invoice03.txt')"
    (home / "torn.py").write_text(
        "from reader import read as whole\n\n\ndef read(document):\n"
        f"    if {torn}:\n        raise ValueError('torn page')\n"
        "    return whole(document)\n"
    )
    (home / "inbox" / "invoice05.txt").write_bytes(b"")
    review = reviewed(file)
    statuses = review.candidates[0].statuses
    assert statuses["error"] >= 2
    failed = 20 - statuses["ok"]
    assert values(review)["field_recall"] == pytest.approx(2 * (20 - failed) / (40 + 16))
    assert any(finding.id == "run.failed_rows" for finding in review.findings)
    assert any(one.label == "Gave no usable output" and one.count == failed for one in review.mistakes)


def test_a_document_on_both_sides_is_a_leak(home: Path) -> None:
    file = extract_feature(home)
    for i in range(0, 8, 2):
        (home / "inbox" / f"invoice{i:02d}.txt").write_text(
            (home / "inbox" / f"invoice{i + 1:02d}.txt").read_text()
        )
    review = reviewed(file)
    leak = next(finding for finding in review.findings if finding.id == "leakage.near_duplicates")
    assert len(leak.pairs) >= 4
    assert review.bars[0].all_rows.estimate.n <= 16


def test_the_datasets_hash_covers_what_the_documents_say(home: Path) -> None:
    spec, _ = load_feature(extract_feature(home))
    before = frozen(spec, home)
    assert frozen(spec, home).sha256 == before.sha256
    (home / "inbox" / "invoice00.txt").write_text("Another text.")
    after = frozen(spec, home)
    assert after.sha256 != before.sha256
    source = after.sources[-1]
    assert (source.file, source.n_rows) == ("inbox/", 40)


def test_a_label_of_another_form_is_named_by_its_row(home: Path) -> None:
    file = answer_feature(home)
    rows = [json.loads(line) for line in (home / "questions.jsonl").read_text().splitlines()]
    rows[4]["label"] = {"answerable": "perhaps"}
    write_rows(home / "questions.jsonl", rows)
    with pytest.raises(DataError, match="label of row 5 cannot be used"):
        reviewed(file)


@dataclass(frozen=True)
class FakeApp:
    """Answers every question with one sentence of the handbook; says what it saw."""

    settings: Mapping[str, Any]
    around: Surroundings
    seen: list[Example] = field(default_factory=list)
    sends_to: str | None = None
    words: str = "A fake application."
    version: str = "1"

    def fit(self, train: Sequence[Example]) -> FittedJob:
        del train
        return self

    def answer(self, batch: Sequence[Example]) -> JobAnswers:
        self.seen.extend(batch)
        assert self.around.documents is not None
        quote = "The deposit for red badges is 10 euros."
        start, end = place(self.around.documents, "page0.md", quote)
        span = Span(document="page0.md", start=start, end=end, quote=quote)
        sentence = AnswerSentence(text=quote, citations=(span,), supported=1.0)
        output = Answer(outcome="answer", text=quote, sentences=(sentence,))
        n = len(batch)
        return JobAnswers(
            outputs=[output] * n,
            statuses=["ok"] * n,
            confidence=[0.5] * n,
            retrieved=[[span]] * n,
            spent=[Spent(tokens_in=10, tokens_out=5, cost=0.002, price_source="a list")] * n,
        )


def test_an_application_is_given_no_labels_of_the_test_and_its_calls_are_priced(home: Path) -> None:
    seen: list[Example] = []
    file = answer_feature(home, candidates=[{"name": "app", "kind": "app", "settings": {"k": 3}}])
    review = reviewed(file, {"answer": partial(FakeApp, seen=seen)})
    assert len(seen) == 60
    assert {example.label for example in seen} == {None}
    app = review.candidates[0]
    assert app.cost_per_1000 is not None
    assert app.cost_per_1000.value == pytest.approx(2.0)
    assert values(review)["retrieval_recall"] == 1 / 40
    assert values(review)["retrieval_mrr"] == 1 / 40
    assert app.scores["accuracy"].value == 1 / 60


def test_personal_data_does_not_leave_the_machine_without_leave(home: Path) -> None:
    file = answer_feature(home, candidates=[{"name": "app", "kind": "app"}])
    (home / "docs" / "people.md").write_text("Write to ada@lovelace-labs.com for a badge.\n")
    seen: list[Example] = []
    with pytest.raises(DataError, match="'a hosted model' is on another machine"):
        reviewed(file, {"answer": partial(FakeApp, sends_to="a hosted model", seen=seen)})
    assert seen == []


def test_an_unknown_setting_is_placed_at_its_candidate(home: Path) -> None:
    def picky(settings: Mapping[str, Any], around: Surroundings) -> JobCandidate:
        del around
        raise SpecError(f"The setting {next(iter(settings))!r} is not known.")

    file = answer_feature(home, candidates=[{"name": "app", "kind": "app", "settings": {"kk": 3}}])
    with pytest.raises(SpecError, match="'kk' is not known") as failure:
        reviewed(file, {"answer": picky})
    assert failure.value.where is not None
    assert failure.value.where.field == "candidates.app.settings"


def test_a_check_of_the_users_own_can_be_a_bar(home: Path) -> None:
    file = answer_feature(home, checks={"brief": "mine:brief"}, bar=["brief >= 0.9"])
    (home / "mine.py").write_text("def brief(case):\n    return len(case.output.text) < 60\n")
    review = reviewed(file)
    assert review.bars[0].all_rows.outcome == "met"
    assert values(review)["brief"] == 1.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bar": ["anser_f1 >= 0.5"]}, "Did you mean 'answer_f1'"),
        ({"bar": ["macro_f1 >= 0.5"]}, "not a metric"),
        ({"bar": ["answer_f1 <= 0.5"]}, "higher is better"),
        ({"bar": ["citation_recall >= 90"]}, "shares and points end at 1"),
        ({"candidates": [{"name": "m", "kind": "trained"}]}, "does not do the job 'answer'"),
        ({"candidates": [{"name": "nothing", "kind": "app"}]}, "belongs to a baseline"),
        ({"checks": {"answer_f1": "a:b"}}, "belongs to a check"),
        (
            {"checks": {"mine": {"function": "a:b", "pattern": "x"}}},
            "one of 'function', 'schema' and 'pattern'",
        ),
        ({"right": "accuracy >= 1"}, "does not say when one output is right"),
        ({"right": "beats(nothing)"}, "does not say when one output is right"),
        ({"job": "classify", "bar": ["accuracy >= 0.5"]}, "has no 'documents'"),
        ({"decide": "least_cost", "costs": {"wrong": 1}}, "has no 'least cost'"),
    ],
)
def test_settings_that_the_job_does_not_have_are_refused(
    home: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        load_feature(answer_feature(home, **changes))


def test_other_jobs_need_a_folder_of_documents(home: Path) -> None:
    file = extract_feature(home)
    spec = json.loads(file.read_text())
    del spec["data"]["documents"]
    file.write_text(json.dumps(spec))
    with pytest.raises(SpecError, match=r"needs 'data.documents'"):
        load_feature(file)
