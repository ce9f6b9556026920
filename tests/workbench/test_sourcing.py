"""``shipworthy source``, ``feature idea`` and ``review --with`` as somebody types them."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shipworthy.playbook.ideas import IdeaQuestion, idea_playbook
from shipworthy.workbench.ideas import judge_idea
from shipworthy.workbench.workspace import open_workspace
from tests.servers import ModelServer, Turn
from tests.servers.models import Question
from tests.support import require
from tests.workbench.small import FEATURE, files_of, rows, run, write_csv, write_feature
from tests.workbench.test_model_runs import topic_of

VALUE = {"volume_per_month": 40_000, "minutes_saved": 1, "cost_per_hour": 30, "currency": "EUR"}
DAY = ("--on", "2026-11-23")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHIPWORTHY_OFFLINE", "1")
    assert run("init", tmp_path / "work").code == 0
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def feature(work: Path, name: str = "triage", **changes: Any) -> Path:
    folder = work / "features" / name
    write_csv(folder / "data/feedback.csv", rows(180))
    write_feature(folder, {**FEATURE, "name": name, "bar": ["accuracy >= 0.6"], "value": VALUE, **changes})
    return folder


def valid(verb: str, value: Any) -> Any:
    Draft202012Validator(run("schema", verb).json).validate(value)
    return value


def knows(question: Question) -> Turn:
    return Turn(text=json.dumps({"label": topic_of(question.text)}))


def records(kind: str) -> list[Any]:
    return [one for one in run("evidence", "list", "--json").json if one["kind"] == kind]


def test_a_feature_is_weighed_written_down_and_recorded(work: Path) -> None:
    folder = feature(work)
    review = run("review", "triage", "--json").json
    done = run("source", "triage", *DAY)
    assert done.code == 0, done
    assert "Small classifier trained here (trained)." in done.out.splitlines()[0]
    paper = (folder / "papers/source.md").read_text()
    assert f"[review {review['id']}]" in paper
    assert "**Gap:** not measured" in paper
    (record,) = records("sourcing")
    assert record["facts"]["review"] == review["id"]
    assert (record["facts"]["recommended"], record["facts"]["decision"]) == ("trained", None)
    assert run("evidence", "verify").code == 0
    questions = (folder / "papers/source.answers.yaml").read_text()
    assert all(not line or line.startswith("#") for line in questions.splitlines())


def test_json_keeps_its_published_schema_and_says_the_same_twice(work: Path) -> None:
    feature(work)
    run("review", "triage")
    first, second = (valid("source", run("source", "triage", *DAY, "--json").json) for _ in range(2))
    assert first == second
    assert first["features"][0]["seed"] == 0


def test_a_decision_needs_a_reason_and_keeps_it_with_its_tripwires(work: Path) -> None:
    feature(work)
    run("review", "triage")
    bare = run("source", "triage", "--decide", "wait")
    assert (bare.code, "--reason" in bare.err) == (2, True)
    assert "Did you mean 'wait'?" in run("source", "triage", "--decide", "wiat", "--reason", "x").err
    assert run("source", "triage", *DAY, "--decide", "wait", "--reason", "Nobody to run it").code == 0
    (record,) = records("sourcing")
    assert (record["reason"], record["facts"]["decision"]) == ("Nobody to run it", "wait")
    assert record["facts"]["tripwires"][0]["day"] == "2027-05-23"


def test_a_file_of_answers_becomes_the_feature_s_own_and_a_wrong_one_changes_nothing(work: Path) -> None:
    folder = feature(work)
    run("review", "triage")
    (work / "good.yaml").write_text("tokens_in: 300\ntokens_out: 5\nprice: {input: 0.25, output: 2}\n")
    (work / "bad.yaml").write_text("tokens_in: 300\ntokns_out: 5\n")
    before = files_of(work)
    wrong = run("source", "triage", "--answers", "bad.yaml")
    assert (wrong.code, "line 2" in wrong.err, "tokens_out" in wrong.err) == (2, True, True)
    assert files_of(work) == before
    done = run("source", "triage", "--answers", "good.yaml", *DAY)
    assert "Break-even: machines of your own" in done.out
    assert (folder / "papers/source.answers.yaml").read_text() == (work / "good.yaml").read_text()


def test_every_feature_is_ranked_and_what_cannot_be_is_listed_with_its_reason(work: Path) -> None:
    feature(work)
    feature(work, "small", value={**VALUE, "volume_per_month": 10_000})
    feature(work, "bare", value=None)
    run("review", "triage")
    run("review", "small")
    before = files_of(work)
    ranking = valid("source", run("source", "--all", *DAY, "--json").json)["ranking"]
    assert [(one["rank"], one["feature"]) for one in ranking] == [(1, "triage"), (2, "small"), (None, "bare")]
    assert "monthly volume" in ranking[2]["problem"]
    assert files_of(work) == before
    assert run("source").code == run("source", "triage", "--all").code == 2


def test_another_model_is_tried_beside_the_present_one_and_the_tripwires_are_checked(work: Path) -> None:
    if find_spec("aiohttp") is None:
        require("http", "requests to a server need aiohttp")
    with ModelServer("openai", knows) as server:
        assert run("models", "add", "house", "--url", f"{server.url}/v1").code == 0
        model = {
            "name": "prompted",
            "kind": "model",
            "model": "house:old",
            "price": {"input": 1, "output": 1},
        }
        folder = feature(work, candidates=[model])
        spec = (folder / "feature.yaml").read_bytes()
        assert run("review", "triage").code == 0
        nothing = run("review", "triage", "--with", "house:new")
        (work / "wait.yaml").write_text(
            "wait: {until: 2031-01-01, score: accuracy >= 0.8, cost_per_1000: 0.0001}\n"
        )
        waits = ("--decide", "wait", "--reason", "Too dear today", "--answers", "wait.yaml")
        assert run("source", "triage", *waits, *DAY).code == 0
        tried = run("review", "triage", "--with", "house:new")
        line = valid("review", run("review", "triage", "--with", "house:new", "--json").json)
    assert "No sourcing decision is recorded" in nothing.out
    assert tried.code == 0, tried
    assert "Decided: wait. Decide again:" in tried.out
    met = {one["words"].split()[-1]: one["met"] for one in line["redecided"]["tripwires"]}
    assert [one["met"] for one in line["redecided"]["tripwires"]] == [False, True, None], met
    names = {"prompted with house new", "prompted", "majority", "keyword"}
    report = json.loads(Path(line["page"]).with_name("report.json").read_text())
    assert {one["name"] for one in report["candidates"]} == names
    assert report["candidates"][0]["name"] == "prompted with house new"
    assert report["candidates"][0]["calls"]["model"] == "house:new"
    assert (folder / "feature.yaml").read_bytes() == spec
    assert len(run("reviews", "list", "triage", "--json").json) == 1  # a trial is no review of feature.yaml
    assert run("reviews", "show", line["id"]).code == 0


def test_another_model_needs_a_candidate_that_is_one(work: Path) -> None:
    feature(work)
    done = run("review", "triage", "--with", "openai:gpt-5-mini")
    assert (done.code, "kind: model" in done.err) == (2, True)
    two = [{"name": name, "kind": "model", "model": "local"} for name in "ab"]
    feature(work, candidates=[*two, {"name": "trained", "kind": "trained"}], candidate="trained")
    open_ = run("review", "triage", "--with", "openai:gpt-5-mini")
    assert (open_.code, "candidate: a" in open_.err) == (2, True)


IDEA = """\
user: The support desk
today_works: slowly
need_shown_by: measured
rule: no
mistake_cost: low
examples: tens
inputs: yes
may_use: yes
"""


def test_an_idea_is_judged_written_down_and_becomes_a_feature_later(work: Path) -> None:
    (work / "idea.yaml").write_text(IDEA)
    found = valid("feature idea", run("feature", "idea", "triage", "--answers", "idea.yaml", "--json").json)
    assert (found["advice"], found["rule"]) == ("label_first", "few-examples")
    assert {gap["id"] for gap in found["gaps"]} == {
        *("job", "today", "need", "volume", "mistake", "caught", "success")
    }
    papers = work / "features/triage/papers"
    assert (papers / "idea.md").read_text().count("**Gap:**") == 7
    assert [one["title"] for one in records("idea")] == ["Idea triage: Label data first."]
    again = run("feature", "idea", "triage")  # what was said is kept
    assert (again.code, "Label data first." in again.out) == (0, True)
    table = write_csv(work / "feedback.csv", rows(60))
    assert run("feature", "new", "triage", "--data", table).code == 0
    assert (papers / "idea.md").exists()
    assert run("feature", "new", "triage", "--data", table).code == 2


def test_without_a_terminal_and_answers_the_flag_is_named(work: Path) -> None:
    done = run("feature", "idea", "triage")
    assert (done.code, "--answers" in done.err) == (2, True)
    assert not (work / "features").exists()
    assert run("feature", "idea").code == 2
    assert "need_shown_by [measured|asked|opinion|none|unknown]" in run("feature", "idea", "--questions").out


def test_somebody_who_is_asked_gets_each_open_question_once(work: Path) -> None:
    said = {"user": "the desk", "today_works": "well", "need_shown_by": "asked"}
    asked: list[str] = []

    def answer(question: IdeaQuestion) -> str | None:
        asked.append(question.id)
        return said.get(question.id)

    idea = judge_idea(open_workspace(work), "triage", ask=answer)
    assert (idea.advice, idea.rule) == ("without_ai", "works-today")
    assert asked == [question.id for question in idea_playbook().questions]
    assert judge_idea(open_workspace(work), "triage", ask=answer).gaps == idea.gaps
    assert len(asked) == len(idea_playbook().questions)  # what nobody knew is not asked again
