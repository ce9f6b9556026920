"""Reviews of models and services: nothing is paid twice, nothing is lost, and what it took is said."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.servers import FaultSchedule, ModelServer, Turn
from tests.servers.models import Question, Script
from tests.support import HEED_SIGNALS, require
from tests.workbench.small import FEATURE, Done, Row, rows, run, write_csv, write_feature

TOPICS = {"bug": "crash error broken fails freeze", "billing": "invoice refund charge payment price"}
PROCESS = "import sys; from shipworthy.cli.main import main; sys.argv[0] = 'shipworthy'; main()"


def topic_of(text: str) -> str:
    words = set(text.split())
    return next((topic for topic, said in TOPICS.items() if words & set(said.split())), "praise")


def knows(question: Question) -> Turn:
    """A service that is always right."""
    return Turn(text=topic_of(question.text))


def wavers(question: Question) -> Turn:
    """A service that is wrong every second time it is asked about a refund."""
    wrong = question.before % 2 == 1 and "refund" in question.text
    return Turn(text="bug" if wrong else topic_of(question.text))


def hangs(question: Question) -> Turn:
    """A service that never answers."""
    del question
    return Turn(hang=True)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if find_spec("aiohttp") is None:
        require("http", "requests to a server need aiohttp")
    monkeypatch.setenv("SHIPWORTHY_OFFLINE", "1")
    assert run("init", tmp_path / "work").code == 0
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def feature(work: Path, server: ModelServer, table: list[Row] | None = None, **changes: Any) -> Path:
    """A feature whose candidate is a service behind ``server``."""
    folder = work / "features/triage"
    write_csv(folder / "data/feedback.csv", table or rows(180))
    service = {"name": "svc", "kind": "endpoint", "url": f"{server.url}/classify", "output": "result.label"}
    spec = {
        **FEATURE,
        "bar": ["accuracy >= 0.6"],
        "candidates": [{**service, "price": {"call": 0.001}}],
        **changes,
    }
    return write_feature(folder, spec)


def log_of(work: Path) -> list[tuple[Any, ...]]:
    """The newest prediction log without what differs from run to run."""
    newest = max(
        work.glob("features/triage/reviews/*/predictions.parquet"), key=lambda path: path.stat().st_mtime
    )
    chosen = '* EXCLUDE (run_id, "at", latency_ms)'
    return duckdb.connect().execute(f"SELECT {chosen} FROM '{newest}'").fetchall()


def report_of(work: Path) -> Any:
    newest = max(work.glob("features/triage/reviews/*/report.json"), key=lambda path: path.stat().st_mtime)
    return json.loads(newest.read_text(encoding="utf-8"))


def test_a_service_that_knows_is_reviewed_and_what_it_took_is_said(work: Path) -> None:
    with ModelServer("endpoint", knows) as server:
        feature(work, server)
        done = run("review", "triage")
    report = report_of(work)
    service = next(one for one in report["candidates"] if one["name"] == "svc")
    assert done.code == 0, done
    assert service["scores"]["accuracy"]["value"] == 1.0
    assert service["statuses"] == {"ok": 54}
    assert service["calls"]["cost_per_1000"]["value"] == pytest.approx(1.0)
    assert {key: service["calls"][key] for key in ("calls", "repeats", "price", "agreement")} == {
        "calls": 54,
        "repeats": 1,
        "price": "given in feature.yaml",
        "agreement": None,
    }
    assert set(server.times.values()) == {1}
    assert "svc: 54 calls, about 0.05 and at most 0.05 US dollars (given in feature.yaml)." in done.err


def test_a_second_review_pays_nothing(work: Path) -> None:
    with ModelServer("endpoint", knows) as server:
        feature(work, server)
        run("review", "triage")
        first, asked = log_of(work), len(server.requests)
        run("review", "triage")
        assert len(server.requests) == asked
        assert log_of(work) == first
        run("review", "triage", "--no-cache")
        assert len(server.requests) == 2 * asked


def test_what_changes_from_call_to_call_is_measured_and_shown(work: Path) -> None:
    with ModelServer("endpoint", wavers) as server:
        feature(work, server)
        run("review", "triage", "--repeats", "4")
    service = next(one for one in report_of(work)["candidates"] if one["name"] == "svc")
    refunds = [row for row in log_of(work) if row[1] == "svc"]
    calls = service["calls"]
    assert len(refunds) == calls["calls"] == 4 * 54
    assert 0 < calls["flips"]["value"] < 0.5
    assert calls["flips"]["value"] == pytest.approx(1 - calls["agreement"]["value"])
    assert all("refund" in row["text"] for row in calls["unstable"])
    assert "more examples" in calls["spread"]


def test_a_service_without_confidence_is_as_sure_as_its_repeats_agree(work: Path) -> None:
    with ModelServer("endpoint", wavers) as server:
        feature(work, server)
        run("review", "triage", "--repeats", "3")
    report = report_of(work)
    assert next(one for one in report["candidates"] if one["chosen"])["scores"]["accuracy"]["value"] == 1.0
    assert report["handover"] is not None
    assert "with repeats it is how many of them agree" in json.dumps(report)


def test_a_budget_is_a_hard_stop_that_leaves_a_review_and_a_run_to_go_on_with(work: Path) -> None:
    with ModelServer("endpoint", knows) as server:
        feature(work, server)
        stopped = run("review", "triage", "--budget", "0.02", "--concurrency", "4")
        partial = report_of(work)
        waiting = run("runs", "list", "--json").json
        asked = len(server.requests)
        resumed = run("runs", "resume", "--budget", "1")
        assert (stopped.code, asked) == (4, 20)
        assert partial["stopped"].startswith("The budget of 0.02 US dollars has no room")
        assert partial["verdict"]["decision"] == "cannot_tell"
        assert [(one["answered"], one["calls"], one["under_way"]) for one in waiting] == [(20, 54, False)]
        assert waiting[0]["spent"] == pytest.approx(0.02)
        assert resumed.code == 0, resumed
        assert set(server.times.values()) == {1}
        assert run("runs", "list", "--json").json == []


def test_a_partial_review_counts_only_the_rows_that_were_answered(work: Path) -> None:
    with ModelServer("endpoint", knows) as server:
        feature(work, server)
        run("review", "triage", "--budget", "0.02")
    report = report_of(work)
    assert {one["name"]: one["scores"]["accuracy"]["n"] for one in report["candidates"]} == {
        "svc": 20,
        "majority": 20,
        "keyword": 20,
    }
    assert any(finding["id"] == "run.ended_early" for finding in report["findings"])


def test_a_budget_with_an_unknown_price_is_refused_unless_told_otherwise(work: Path) -> None:
    with ModelServer("endpoint", knows) as server:
        service = {"name": "svc", "kind": "endpoint", "url": f"{server.url}/x", "output": "result.label"}
        feature(work, server, candidates=[service])
        refused = run("review", "triage", "--budget", "1")
        assert (refused.code, server.requests) == (2, [])
        assert "The price of 'endpoint:svc' is unknown" in refused.err
        assert run("review", "triage", "--budget", "1", "--accept-unknown-price").code == 0
    cost = next(one for one in report_of(work)["candidates"] if one["name"] == "svc")["cost_per_1000"]
    assert (cost["value"], cost["warning"]) == (
        None,
        "what some calls cost is not known: give the candidate a price",
    )


def test_rows_with_personal_data_go_to_no_other_machine_unless_that_was_said(work: Path) -> None:
    table = rows(180)
    table[0]["message"] += " write to ana.lopez@mailbox.org"
    with ModelServer("endpoint", knows) as server:
        file = feature(work, server, table)
        file.write_text(file.read_text().replace("127.0.0.1", "models.example.com"))
        refused = run("review", "triage")
    assert refused.code == 2
    assert "personal data" in refused.err
    assert "--send-personal-data" in refused.err
    assert "ana.lopez" not in refused.err


def test_a_call_past_its_deadline_is_a_row_without_an_answer(work: Path) -> None:
    def sometimes(question: Question) -> Turn:
        return Turn(hang=True) if "refund" in question.text else knows(question)

    with ModelServer("endpoint", sometimes) as server:
        feature(work, server)
        done = run("review", "triage", "--deadline", "0.5", "--concurrency", "32")
        hung = sum("refund" in request.json["text"] for request in server.requests)
    service = next(one for one in report_of(work)["candidates"] if one["name"] == "svc")
    assert (done.code in {0, 1, 3}, hung > 0) == (True, True), done
    assert service["statuses"] == {"ok": 54 - hung, "timeout": hung}
    assert all("no answer within 0.5 seconds" in row["note"] for row in service["calls"]["failures"])


def test_a_deadline_is_more_than_nothing(work: Path) -> None:
    with ModelServer("endpoint", knows) as server:
        feature(work, server)
        refused = run("review", "triage", "--deadline", "0")
    assert refused.code == 2
    assert "The deadline is 0.0; give seconds, more than 0." in refused.err


def test_a_run_does_not_go_on_when_the_feature_has_changed(work: Path) -> None:
    with ModelServer("endpoint", knows) as server:
        file = feature(work, server)
        run("review", "triage", "--budget", "0.02")
        file.write_text(file.read_text().replace("accuracy >= 0.6", "accuracy >= 0.7"))
        refused = run("runs", "resume")
    assert refused.code == 2
    assert "has changed since it began" in refused.err


def test_a_provider_that_goes_away_ends_the_run_and_says_how_to_go_on(work: Path) -> None:
    answers = iter(range(10_000))

    def fades(question: Question) -> Turn:
        return knows(question) if next(answers) < 20 else Turn(status=401)

    with ModelServer("endpoint", fades) as server:
        feature(work, server)
        failed = run("review", "triage", "--concurrency", "2")
        run_id = run("runs", "list", "--json").json[0]["id"]
    assert failed.code == 4
    assert f"shipworthy runs resume {run_id}" in failed.err


def test_answers_that_cannot_be_used_are_counted_shown_and_escaped(work: Path) -> None:
    def sometimes(question: Question) -> Turn:
        odd = len(question.text) % 5 == 0
        return Turn(text="<script>alert(1)</script>") if odd else knows(question)

    with ModelServer("endpoint", sometimes) as server:
        feature(work, server)
        run("review", "triage")
    report = report_of(work)
    service = next(one for one in report["candidates"] if one["name"] == "svc")
    assert service["statuses"]["invalid"] + service["statuses"]["ok"] == 54
    assert service["scores"]["accuracy"]["n"] == 54
    assert len(service["calls"]["failures"]) == service["statuses"]["invalid"]
    page = next(work.glob("features/triage/reviews/*/report.html")).read_text(encoding="utf-8")
    assert "<script" not in page


# --- crashes ------------------------------------------------------------------------------------------


def command(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HEED_SIGNALS + PROCESS, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "SHIPWORTHY_OFFLINE": "1"},
    )


def killed_after(server: ModelServer, requests: int, *arguments: str) -> None:
    """Start a command and kill it without warning once the server has seen so many requests."""
    process = command(*arguments)
    while len(server.requests) < requests and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def faulty(seed: int) -> Script:
    schedule = FaultSchedule(seed=seed, hang=0.0)

    def script(question: Question) -> Turn:
        turn = schedule(question)
        return knows(question) if turn == Turn() else turn

    return script


def test_a_run_killed_anywhere_goes_on_and_ends_as_if_nothing_had_happened(work: Path) -> None:
    drawn = random.Random(7)
    concurrency = 8
    with ModelServer("endpoint", faulty(3)) as server:
        feature(work, server)
        run("review", "triage", "--no-cache", "--concurrency", str(concurrency))
        whole = log_of(work)
    with ModelServer("endpoint", faulty(3), port=server.port, delay=0.005) as server:
        kills, begun = 0, False
        seen = 0
        for _ in range(4):
            seen += drawn.randrange(3, 25)
            verb = ["runs", "resume"] if begun else ["review", "triage", "--no-cache"]
            killed_after(server, seen, *verb, *([] if begun else ["--concurrency", str(concurrency)]))
            begun = bool(run("runs", "list", "--json").json)
            kills += 1
        last = run("runs", "resume")
        assert last.code in {0, 1, 3}, last
        assert sum(server.billed.values()) - len(server.billed) <= kills * concurrency
    assert log_of(work) == whole


def test_two_processes_reviewing_at_once_ask_nothing_twice(work: Path) -> None:
    with ModelServer("endpoint", knows, delay=0.005) as server:
        feature(work, server)
        both = [command("review", "triage"), command("review", "triage")]
        ended = [process.communicate() for process in both]
        assert [process.returncode for process in both] == [0, 0], ended
        assert set(server.billed.values()) == {1}
    assert len(list(work.glob("features/triage/reviews/*/report.json"))) == 2


def test_a_run_that_another_process_is_at_work_on_is_left_alone(work: Path) -> None:
    with ModelServer("endpoint", hangs) as server:
        feature(work, server)
        process = command("review", "triage")
        while not server.requests:
            time.sleep(0.01)
        listed = run("runs", "list", "--json").json
        second = run("runs", "resume")
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert [one["under_way"] for one in listed] == [True]
    assert (second.code, "Another process is at work" in second.err) == (4, True)
    assert process.returncode == 130


# --- comparisons --------------------------------------------------------------------------------------


def two(work: Path, server: ModelServer, table: list[Row] | None = None) -> None:
    one = {"kind": "endpoint", "output": "result.label", "price": {"call": 0.001}}
    both = [{**one, "name": name, "url": f"{server.url}/{name}"} for name in ("good", "poor")]
    feature(work, server, table, candidates=both, candidate="good")


def poor_by_path(question: Question) -> Turn:
    return Turn(text="bug") if "poor" in question.asked.path else knows(question)


def test_candidates_are_compared_pair_by_pair_on_the_same_rows(work: Path) -> None:
    with ModelServer("endpoint", poor_by_path) as server:
        two(work, server)
        done = run("compare", "triage", "--json")
    found = done.json
    duel = found["duels"][0]
    assert done.code == 0
    assert [one["right"]["value"] for one in found["candidates"]] == pytest.approx([1.0, 1 / 3])
    assert (duel["first"], duel["second"], duel["standing"]) == ("good", "poor", "better")
    assert duel["difference"]["value"] == pytest.approx(2 / 3)
    assert duel["anytime"]["low"] <= duel["difference"]["low"]
    written = json.loads(next(work.glob("features/triage/comparisons/*/report.json")).read_text())
    assert written == found


def test_a_comparison_stops_early_once_it_is_settled(work: Path) -> None:
    with ModelServer("endpoint", poor_by_path) as server:
        two(work, server, rows(600))
        found = run("compare", "triage", "--stop-early", "--concurrency", "2", "--json").json
        assert len(server.requests) < 2 * 180
    assert found["rows"] < 180
    assert found["stopped"].startswith("Stop: good is better than poor")


def test_how_often_one_of_several_answers_is_right_is_said_where_asked_for(work: Path) -> None:
    with ModelServer("endpoint", wavers) as server:
        feature(work, server)
        found = run("compare", "triage", "--repeats", "2", "--pass-at", "2", "--json").json["candidates"][0]
        more = run("compare", "triage", "--repeats", "2", "--pass-at", "3", "--json").json["candidates"][0]
    assert found["right"]["value"] < 1
    assert found["any_right"]["value"] == 1.0
    assert more["any_right"]["value"] is None


def test_a_comparison_may_ask_about_a_random_part_of_the_rows(work: Path) -> None:
    with ModelServer("endpoint", poor_by_path) as server:
        two(work, server)
        found = run("compare", "triage", "--rows", "20", "--json").json
        assert len(server.requests) == 40
    assert (found["rows"], found["stopped"]) == (20, "20 of 54 rows were asked about, drawn at random.")


def test_a_comparison_of_prompts_needs_two_prompts_of_one_model(work: Path) -> None:
    with ModelServer("endpoint", knows) as server:
        two(work, server)
        refused = run("compare", "triage", "--by", "prompt")
    assert refused.code == 2
    assert "No two of these candidates differ in the prompt alone." in refused.err


def test_an_unknown_candidate_is_named_with_the_nearest_one(work: Path) -> None:
    with ModelServer("endpoint", knows) as server:
        two(work, server)
        refused: Done = run("compare", "triage", "--candidates", "god")
    assert (refused.code, "Did you mean 'good'?" in refused.err) == (2, True)


# --- prompts ------------------------------------------------------------------------------------------


def knows_json(question: Question) -> Turn:
    return Turn(text=json.dumps({"label": topic_of(question.text.rpartition("Message:")[2])}))


def prompted(work: Path, server: ModelServer, table: list[Row], prompt: str) -> None:
    added = run("models", "add", "house", "--url", f"{server.url}/v1")
    assert added.code == 0, added
    candidate = {"name": "small", "kind": "model", "model": "house:llama", "prompt": "prompts/sort.md"}
    file = feature(work, server, table, candidates=[candidate])
    (file.parent / "prompts").mkdir()
    (file.parent / "prompts/sort.md").write_text(prompt, encoding="utf-8")


PROMPT = "---\ntemperature: 0\n{shots}---\nWhich of {{{{ labels }}}}?\nMessage: {{{{ input }}}}\n"


def test_a_model_on_a_server_of_ones_own_answers_by_a_prompt_file(work: Path) -> None:
    with ModelServer("openai", knows_json) as server:
        prompted(work, server, rows(180), PROMPT.format(shots=""))
        checked, done = run("feature", "check", "triage"), run("review", "triage")
        sent = server.requests[0].json
    small = next(one for one in report_of(work)["candidates"] if one["name"] == "small")
    assert (checked.code, done.code) == (0, 0), (checked, done)
    assert small["scores"]["accuracy"]["value"] == 1.0
    assert small["calls"]["tokens_in"] == 50
    assert small["calls"]["confidence"].startswith("Confidence: the probability that the model itself gave")
    assert sent["temperature"] == 0
    assert sent["messages"][-1]["content"].startswith("Which of billing, bug, praise?\nMessage: ")


def test_a_few_shot_example_taken_from_the_test_is_leakage(work: Path) -> None:
    table = rows(180)
    for i, row in enumerate(table):
        row["split"] = "train" if i < 90 else "test"
    data = {**FEATURE["data"], "split": "split"}
    shots = f"examples:\n  - input: {table[100]['message']}\n    output: {table[100]['topic']}\n"
    with ModelServer("openai", knows_json) as server:
        prompted(work, server, table, PROMPT.format(shots=shots))
        file = work / "features/triage/feature.yaml"
        file.write_text(json.dumps({**json.loads(file.read_text()), "data": data}))
        run("review", "triage")
    report = report_of(work)
    leak = next(finding for finding in report["findings"] if finding["id"] == "leakage.near_duplicates")
    found = {pair["train"]["id"]: pair["test"]["id"] for pair in leak["pairs"]}
    assert found["example 1 of the prompt"] == "r100"


def test_a_prompt_with_a_mistake_is_refused_before_anything_is_sent(work: Path) -> None:
    with ModelServer("openai", knows_json) as server:
        prompted(work, server, rows(60), PROMPT.format(shots="").replace("input", "inputt"))
        refused = [run("feature", "check", "triage"), run("review", "triage")]
        assert server.requests == []
    assert [one.code for one in refused] == [2, 2]
    assert all("Did you mean 'input'?" in one.err and "line 5" in one.err for one in refused)


def test_a_recorded_review_can_be_done_again_without_the_model(work: Path) -> None:
    with ModelServer("openai", knows_json) as server:
        prompted(work, server, rows(180), PROMPT.format(shots=""))
        run("review", "triage", "--record")
    before = log_of(work)
    recorded = next(work.glob("features/triage/reviews/*/exchanges-small.jsonl"))
    file = work / "features/triage/feature.yaml"
    spec = json.loads(file.read_text())
    spec["candidates"][0]["model"] = f"replay:{recorded.relative_to(file.parent)}"
    file.write_text(json.dumps(spec))
    assert run("review", "triage", "--no-cache").code == 0
    answers = [row[4:9] for row in before if row[1] == "small"]
    assert [row[4:9] for row in log_of(work) if row[1] == "small"] == answers
