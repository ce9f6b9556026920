"""A review finds what was planted, leaves leaked rows out of its bars, and keeps its published form."""

import csv
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter

from shipworthy.core.progress import silent
from shipworthy.datasets.freezing import freeze
from shipworthy.evals.review import Finding, Review
from shipworthy.evals.reviewing import Request, gather
from shipworthy.evals.spec import FeatureSpec
from shipworthy.evals.summarising import summarise
from shipworthy.workbench.features import columns_of
from tests.fakes.clock import FixedClock

TOPICS = {
    "billing": ["invoice", "refund", "charged", "payment", "card", "receipt", "price", "bank"],
    "bug": ["crash", "error", "broken", "freeze", "screen", "button", "login", "sync"],
    "praise": ["love", "great", "thanks", "perfect", "happy", "wonderful", "best", "nice"],
}
FILLER = [f"word{i}" for i in range(400)]


def message(label: str, rng: random.Random) -> str:
    return " ".join([*rng.sample(TOPICS[label], 3), *rng.sample(FILLER, 6)])


def rows(n: int, seed: int) -> list[dict[str, str]]:
    rng = random.Random(seed)
    made = []
    for i in range(n):
        label = rng.choice(list(TOPICS))
        made.append(
            {
                "id": f"{seed}-{i}",
                "text": message(label, rng),
                "team": label,
                "plan": rng.choice(["free", "pro"]),
                "customer": f"{seed}-c{i // 2}",
                "kept": "yes",
            }
        )
    return made


def spec(**changes: Any) -> FeatureSpec:
    settings: dict[str, Any] = {
        "name": "triage",
        "does": "Sends messages to teams.",
        "for_whom": "support",
        "data": {
            "files": {"train": "train.csv", "test": "test.csv"},
            "input": "text",
            "label": "team",
            "id": "id",
            "segments": ["plan"],
            "cluster": "customer",
            "outcome": {"column": "kept", "good": "yes"},
        },
        "bar": ["accuracy >= 0.8", "beats(majority)", "leakage <= 0.05"],
        "value": {"minutes_saved": 3, "cost_per_hour": 40, "volume_per_month": 3000},
        "costs": {"wrong": 5, "handed_over": 1},
        "fallback": {"who": "the desk", "capacity_a_day": 90},
        **changes,
    }
    return FeatureSpec.model_validate(settings)


def reviewed(
    folder: Path, train: list[dict[str, str]], test: list[dict[str, str]], feature: FeatureSpec
) -> Review:
    for name, content in (("train", train), ("test", test)):
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(content[0]))
            writer.writeheader()
            writer.writerows(content)
    dataset = freeze(
        {"train": folder / "train.csv", "test": folder / "test.csv"},
        columns_of(feature.data),
        folder=folder / "frozen",
        seed=0,
    )
    (folder / "work").mkdir()
    request = Request(
        id="2026-11-22-aaaaaa",
        spec=feature,
        dataset=dataset,
        folder=folder,
        work=folder / "work",
        origin="own",
        clock=FixedClock(),
        progress=silent,
    )
    return summarise(gather(request))


Rows = list[dict[str, str]]


def leak(train: Rows, test: Rows) -> None:
    for known, row in zip(train[:36], test, strict=False):
        row |= {"text": known["text"].upper() + "!", "team": known["team"]}


def garble_free(train: Rows, test: Rows) -> None:
    for row in test:
        if row["plan"] == "free":
            row["text"] = " ".join(random.Random(row["id"]).sample(FILLER, 9))


def mislabel(train: Rows, test: Rows) -> None:
    for row in test[:12]:
        row["team"] = "praise" if row["team"] != "praise" else "bug"


def end_badly(train: Rows, test: Rows) -> None:
    for row in test[:60]:
        row["kept"] = "no"


def hide_group(train: Rows, test: Rows) -> None:
    for i, row in enumerate(test):
        row["plan"] = "school" if i < 5 else "pro"


def nothing(train: Rows, test: Rows) -> None:
    pass


PLANTED = (nothing, leak, garble_free, mislabel, end_badly, hide_group)
PROTECTED = {"segment": "plan", "fairness": "equal_accuracy", "reason": "the law"}

Plant = Callable[[Rows, Rows], None]
Reviews = Callable[[Plant], Review]


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Reviews:
    """Reviews by what was planted; each is made once."""

    @cache
    def made(plant: Plant) -> Review:
        train, test = rows(300, 1), rows(240, 2)
        plant(train, test)
        feature = spec()
        if plant is hide_group:
            feature = spec(data=feature.data.model_dump() | {"protected": [PROTECTED]})
        return reviewed(tmp_path_factory.mktemp("review"), train, test, feature)

    return made


def finding(review: Review, name: str) -> Finding:
    return next(item for item in review.findings if item.id == name)


def test_a_clean_feature_ships_and_is_told_that_keywords_would_do(
    review: Reviews,
) -> None:
    clean = review(nothing)
    assert clean.verdict.decision == "ship"
    assert [item.id for item in clean.findings if item.severity != "note"] == ["baseline.keyword"]


def test_the_report_keeps_its_published_form(review: Reviews) -> None:
    adapter = TypeAdapter(Review)
    jsonschema.validate(
        adapter.dump_python(review(leak), mode="json"), adapter.json_schema(mode="serialization")
    )


def test_leaked_rows_are_shown_and_left_out_of_the_bars(review: Reviews) -> None:
    leaked = review(leak)
    found = finding(leaked, "leakage.near_duplicates")
    assert len(found.pairs) == 36
    assert found.estimates["share of test rows leaked"].value == pytest.approx(36 / 240)
    by_text = {bar.text: bar.all_rows for bar in leaked.bars}
    assert by_text["accuracy >= 0.8"].estimate.n == 204
    assert by_text["leakage <= 0.05"].outcome == "failed"
    assert leaked.verdict.decision == "hold"


def test_a_failing_segment_is_named_with_its_numbers(review: Reviews) -> None:
    found = finding(review(garble_free), "segment.plan.free")
    assert found.severity == "serious"
    assert "for plan = free, n = " in found.title


def test_wrong_labels_are_counted_and_listed_first(review: Reviews) -> None:
    found = finding(review(mislabel), "labels.suspected.test")
    assert found.severity == "warning"
    planted = {f"2-{i}" for i in range(12)}
    assert len(planted & {row.id for row in found.rows}) >= 10


def test_right_answers_that_end_badly_are_named(review: Reviews) -> None:
    ended = review(end_badly)
    assert finding(ended, "metric.outcome").severity == "warning"
    assert ended.outcome is not None
    assert ended.outcome.rows[0].id.startswith("2-")


def test_a_protected_group_that_is_too_small_rules_out_shipping(review: Reviews) -> None:
    open_question = review(hide_group)
    assert open_question.protected[0].unmeasured == {"school": 5}
    assert open_question.verdict.decision == "cannot_tell"


def test_both_baselines_stand_beside_the_candidate(review: Reviews) -> None:
    found = {item.name: (item.chosen, item.baseline) for item in review(nothing).candidates}
    assert found == {"trained": (True, False), "majority": (False, True), "keyword": (False, True)}


def test_every_finding_names_a_failure_mode_of_the_playbook(review: Reviews) -> None:
    from shipworthy.playbook import failure_modes

    known = {mode.id for mode in failure_modes()}
    for plant in PLANTED:
        assert {item.failure_mode for item in review(plant).findings} <= known
