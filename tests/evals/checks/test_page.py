"""docs/checks.md lists every check, and what it shows can be used as it stands."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from shipworthy.evals.bars import parse_bar
from shipworthy.evals.checks import CHECKS, checks_of, metrics_of, scores_of
from shipworthy.evals.jobs.job import JOBS, OUTCOMES
from shipworthy.evals.jobs.labels import answer_label, record_label, summary_label
from shipworthy.evals.spec import FeatureSpec, OwnCheckSpec
from tests.evals.checks.cases import ANSWER
from tests.support import ROOT

PAGE = (ROOT / "docs" / "checks.md").read_text()
BLOCKS = re.findall(r"```(\w+)(?: title=\"[^\"]+\")?\n(.*?)```", PAGE, flags=re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [body for name, body in BLOCKS if name == kind]


def test_every_check_and_kind_of_failure_is_listed() -> None:
    assert [
        check.name for check in CHECKS if f"| `{check.name}` |" not in PAGE and "rouge" not in check.name
    ] == []
    assert [name for name in OUTCOMES[1:] if f"`{name}`" not in PAGE] == []
    assert [job for job in JOBS if f"### Job `{job}`" not in PAGE] == []


def test_the_example_is_a_feature_and_its_labels_can_be_read() -> None:
    first = next(block for block in blocks("yaml") if "job:" in block)
    spec = FeatureSpec.model_validate(yaml.safe_load(first))
    assert (spec.job, len(spec.bars)) == ("answer", 3)
    for line in blocks("jsonl")[0].splitlines():
        answer_label(json.dumps(json.loads(line)["label"]))
    every = yaml.safe_load(first)
    for other in blocks("yaml"):
        part = yaml.safe_load(other)
        if set(part) <= {"costs", "checks", "bar"}:
            FeatureSpec.model_validate(every | part)


def test_labels_in_the_table_can_be_read() -> None:
    row = dict(re.findall(r"^\| `(answer|extract|summarise)` \| `(\{.*?\})`", PAGE, flags=re.MULTILINE))
    assert answer_label(row["answer"]).answers == ("28 days",)
    assert record_label(row["extract"]).fields["items"].value == ["desk", "lamp"]
    assert summary_label(row["summarise"]).items[0].lines == (12, 13)


def test_bars_on_both_pages_can_be_read() -> None:
    bars = re.findall(r"^\| `([a-z_0-9]+(?:\[\w+\])? [<>]= [\d.]+)` \|", _section("bars"), flags=re.MULTILINE)
    assert len(bars) >= 5
    every = {name: metric for job in JOBS for name, metric in metrics_of(job, {}).items()}
    for text in bars:
        assert parse_bar(text, metrics=every).text == text


def _section(page: str) -> str:
    text = (ROOT / "docs" / f"{page}.md").read_text()
    return text.partition("## Answers, records and meeting notes")[2].partition("\n## ")[0]


def test_the_check_of_five_lines_works(tmp_path: Path) -> None:
    code = blocks("python")[0]
    assert len(code.splitlines()) <= 5
    (tmp_path / "house_rules.py").write_text(code)
    made = {"no_apologies": OwnCheckSpec(function="house_rules:no_apologies")}
    check = checks_of("answer", made, folder=tmp_path)["no_apologies"]
    assert scores_of(check, ANSWER)["no_apologies"].points == 1
