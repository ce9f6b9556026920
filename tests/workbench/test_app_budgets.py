"""Applications with a model: the budget holds, nothing is paid for twice, nothing private leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.evals.jobs.made import answer_feature
from tests.servers import ModelServer, Turn
from tests.support import require_http
from tests.workbench.small import run

PRIVATE = "Anna: Write to anna.schmidt@firma-beispiel.ch by Friday.\nBen: I will call +41 44 668 18 00.\n"
NOTHING: dict[str, dict[str, list[str]]] = {"ask": {"sentences": []}, "summarise": {"items": []}}


@pytest.fixture(autouse=True)
def http(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_http()
    (tmp_path / "shipworthy.toml").write_text("")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def handbook(tmp_path: Path) -> Path:
    folder = tmp_path / "features" / "handbook"
    candidate = {"name": "app", "kind": "app", "settings": {"model": "house:m", "meanings": False}}
    answer_feature(folder, candidates=[candidate], bar=["citations_verbatim >= 0.5"])
    return folder


def test_a_review_stops_at_its_budget_and_pays_for_no_question_twice(handbook: Path) -> None:
    price = ("--price-in", "100", "--price-out", "100")
    with ModelServer("openai", lambda _: Turn(text=json.dumps(NOTHING["ask"]))) as server:
        assert run("models", "add", "house", "--url", f"{server.url}/v1", *price).code == 0
        none = run("review", "handbook", "--budget", "0.1")
        assert (none.code, "The budget of 0.1 US dollars" in none.err) == (4, True), none.err
        assert "in the cache. Raise --budget and give the same command again." in none.err
        assert not list((handbook / "reviews").glob("*"))

        part = run("review", "handbook", "--budget", "0.5")
        asked = len(server.requests)
        report = json.loads(next((handbook / "reviews").glob("*/report.json")).read_text())
        rows = {one["name"]: one["scores"]["accuracy"]["n"] for one in report["candidates"]}
        assert part.code == 4, part.err
        assert report["stopped"].startswith("The budget of 0.5 US dollars")
        assert rows == dict.fromkeys(("app", "nothing", "rules"), rows["app"])
        assert (0 < rows["app"] < 60, rows["app"] % 5) == (True, 0), rows
        assert "Review again with a larger --budget" in part.out

        assert run("review", "handbook", "--budget", "1000").code in {1, 3}
        assert sum(server.billed.values()) == len(server.billed), "each question was paid for once"
        assert len(server.requests) > asked


@pytest.mark.parametrize(
    "words",
    [
        ("review", "handbook"),
        ("ask", "handbook", "What is the deposit for red desks?", "--model", "house:m", "--no-meaning"),
        ("extract", "invoice", "features/handbook/docs/page0.md", "--model", "house:m"),
        ("summarise", "features/handbook/docs/page0.md", "--model", "house:m"),
        ("career", "interview", "start", "--answer", "features/handbook/docs/page0.md", "--model", "house:m"),
    ],
    ids=lambda words: str(words[0]),
)
def test_with_a_budget_an_unknown_price_is_refused_before_anything_is_sent(
    words: tuple[str, ...], handbook: Path
) -> None:
    with ModelServer("openai") as server:
        assert run("models", "add", "house", "--url", f"{server.url}/v1").code == 0
        done = run(*words, "--budget", "1")
        assert (done.code, "The price of 'house:m' is unknown" in done.err) == (2, True), done.err
        assert "--accept-unknown-price" in done.err
        assert server.requests == []


@pytest.mark.parametrize(
    "words",
    [
        ("ask", "papers", "Whom do I write to by Friday?", "--no-meaning"),
        ("ask", "papers", "Is anna.schmidt@firma-beispiel.ch right?", "--no-meaning"),
        ("extract", "invoice", "papers"),
        ("summarise", "papers/talk.txt"),
        ("career", "interview", "start", "--answer", "papers/talk.txt"),
    ],
    ids=lambda words: " ".join(words[:3]),
)
def test_personal_data_do_not_leave_this_machine_without_leave(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    monkeypatch.setenv("SHIPWORTHY_OFFLINE", "1")
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "talk.txt").write_text(PRIVATE)
    done = run(*words, "--model", "openai:gpt-5-mini")
    assert (done.code, "personal data" in done.err, "Nothing of it was sent" in done.err) == (
        2,
        True,
        True,
    ), done
    assert "--send-personal-data" in done.err
    sent = run(*words, "--model", "openai:gpt-5-mini", "--send-personal-data")
    assert "SHIPWORTHY_OFFLINE" in sent.err, "now it came as far as the network"


def test_a_review_refuses_to_send_documents_with_personal_data(
    handbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    monkeypatch.setenv("SHIPWORTHY_OFFLINE", "1")
    (handbook / "docs" / "talk.md").write_text(PRIVATE)
    spec = json.loads((handbook / "feature.yaml").read_text())
    spec["candidates"][0]["settings"]["model"] = "openai:gpt-5-mini"
    (handbook / "feature.yaml").write_text(json.dumps(spec))
    done = run("review", "handbook")
    assert (done.code, "documents hold personal data" in done.err) == (2, True), done.err
    assert "--send-personal-data" in done.err


def test_a_summary_stops_at_its_budget(tmp_path: Path) -> None:
    (tmp_path / "talk.txt").write_text("Anna: I will order paint.\nBen: Good.\n")
    with ModelServer("openai", lambda _: Turn(text=json.dumps(NOTHING["summarise"]))) as server:
        added = run(
            "models", "add", "house", "--url", f"{server.url}/v1", "--price-in", "9", "--price-out", "9"
        )
        assert added.code == 0
        words = ("summarise", "talk.txt", "--model", "house:m")
        assert (run(*words, "--budget", "0.0001").code, len(server.requests)) == (4, 0)
        assert (run(*words, "--budget", "1").code, len(server.requests)) == (0, 1)
        assert (run(*words, "--budget", "0").code, len(server.requests)) == (0, 1), "it is in the cache"
