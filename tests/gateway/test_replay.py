"""Exchanges that were recorded, asked again without a model."""

import json
from pathlib import Path

import pytest

from shipworthy.core.errors import DataError, UserError
from shipworthy.gateway.adapters.replay import Recorder, ReplayModel
from shipworthy.gateway.budget import Budget
from shipworthy.gateway.calls import Caller
from shipworthy.gateway.limits import Limiter
from shipworthy.gateway.model import CallFailure, Reply, Request, Settings
from shipworthy.gateway.prices import GivenPrice
from tests.fakes import ScriptedModel
from tests.gateway.virtual_time import run

SETTINGS = Settings(labels=("bug", "billing"), system="Sort.")


def _request(prompt: str, repeat: int = 0) -> Request:
    return Request(settings=SETTINGS, prompt=prompt, repeat=repeat)


def _scripted() -> ScriptedModel:
    return ScriptedModel(
        script=lambda request, _: {"label": "bug" if "crash" in request.prompt else "billing"}
    )


def _record(path: Path, *prompts: str, model: ScriptedModel | None = None) -> list[Reply]:
    async def main() -> list[Reply]:
        caller = Caller(
            model or _scripted(), limiter=Limiter(1), budget=Budget(), price=GivenPrice(input=1.0, output=1.0)
        )
        with Recorder(caller, path) as recorder:
            return [await recorder.reply(_request(prompt)) for prompt in prompts]

    return run(main())


def test_a_recorded_exchange_is_answered_word_for_word_without_the_model(tmp_path: Path) -> None:
    recorded = _record(tmp_path / "e.jsonl", "it crashes", "refund me \ud83d")
    replay = ReplayModel(tmp_path / "e.jsonl")
    again = [run(replay.reply(_request(prompt))) for prompt in ("it crashes", "refund me \ud83d")]
    assert [reply.row() for reply in again] == [{**one.row(), "from_cache": True} for one in recorded]
    assert (replay.id, replay.version, len(replay)) == ("replay:scripted:test", "scripted:1", 2)


def test_a_replay_behind_a_caller_costs_nothing_and_keeps_the_recorded_cost(tmp_path: Path) -> None:
    recorded = _record(tmp_path / "e.jsonl", "it crashes")
    caller = Caller(
        ReplayModel(tmp_path / "e.jsonl"), limiter=Limiter(1), budget=Budget(0.0), price=GivenPrice()
    )
    reply = run(caller.reply(_request("it crashes")))
    assert (reply.cost, reply.price_source) == (recorded[0].cost, recorded[0].price_source)
    assert (caller.tally.cost, caller.budget.spending.spent) == (0.0, 0.0)


@pytest.mark.parametrize(
    "request_",
    [
        _request("never asked"),
        _request("it crashes", repeat=1),
        Request(settings=Settings(labels=("bug",)), prompt="it crashes"),
    ],
)
def test_what_was_never_asked_is_a_failure_that_says_so(tmp_path: Path, request_: Request) -> None:
    _record(tmp_path / "e.jsonl", "it crashes")
    with pytest.raises(CallFailure, match=r"'e\.jsonl' holds no exchange") as caught:
        run(ReplayModel(tmp_path / "e.jsonl").reply(request_))
    assert not caught.value.transient
    assert "record it again" in str(caught.value)


def test_a_recording_is_continued_and_the_last_answer_counts(tmp_path: Path) -> None:
    _record(tmp_path / "e.jsonl", "it crashes")
    changed = ScriptedModel(script=lambda *_: {"label": "billing"})
    _record(tmp_path / "e.jsonl", "it crashes", "more", model=changed)
    replay = ReplayModel(tmp_path / "e.jsonl")
    assert len(replay) == 2
    assert run(replay.reply(_request("it crashes"))).parsed == {"label": "billing"}


def test_a_line_that_was_cut_off_by_a_crash_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    _record(path, "it crashes", "more")
    path.write_bytes(path.read_bytes()[:-20])
    assert len(ReplayModel(path)) == 1
    _record(path, "even more")
    assert len(ReplayModel(path)) == 2


def test_a_recording_of_another_model_is_not_mixed_in(tmp_path: Path) -> None:
    _record(tmp_path / "e.jsonl", "it crashes")
    other = _scripted()
    other.version = "scripted:2"
    with pytest.raises(UserError, match="exchanges of 'scripted:test'"):
        _record(tmp_path / "e.jsonl", "more", model=other)


def test_a_recording_holds_what_was_asked_and_answered(tmp_path: Path) -> None:
    _record(tmp_path / "e.jsonl", "it crashes")
    header, exchange = (json.loads(line) for line in (tmp_path / "e.jsonl").read_text().splitlines())
    assert header == {
        "format": "shipworthy exchanges",
        "version": 1,
        "model": "scripted:test",
        "model_version": "scripted:1",
    }
    assert exchange["key"] == _request("it crashes").key("scripted:1")
    assert (exchange["system"], exchange["prompt"], exchange["repeat"]) == ("Sort.", "it crashes", 0)
    assert Reply.from_row(exchange["reply"]).parsed == {"label": "bug"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"{}\n",
        b"[1]\n",
        b"\xff\xfe\n",
        b'{"format": "another"}\n',
        b'{"format": "shipworthy exchanges", "version": 2, "model": "m", "model_version": "1"}\n',
    ],
)
def test_a_file_that_holds_no_exchanges_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "e.jsonl").write_bytes(content)
    with pytest.raises(DataError, match="does not hold recorded exchanges"):
        ReplayModel(tmp_path / "e.jsonl")


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "nonsense",
        '{"key": "a", "reply": {"status": "ok", "unknown": 1}}',
        '{"key": "a", "reply": 3}',
        "[]",
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    _record(tmp_path / "e.jsonl", "it crashes")
    with (tmp_path / "e.jsonl").open("a") as stream:
        stream.write(line + "\n")
    with pytest.raises(DataError, match="not a recorded exchange") as caught:
        ReplayModel(tmp_path / "e.jsonl")
    assert "line 3" in str(caught.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file"):
        ReplayModel(tmp_path / "none.jsonl")
