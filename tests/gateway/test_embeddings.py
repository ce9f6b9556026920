"""Vectors from a server: what is sent, what is believed, what it costs, and what happens when it fails."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.core.errors import UserError
from shipworthy.gateway.adapters.compatible import ServedModel
from shipworthy.gateway.adapters.embeddings import EmbeddingsModel, HostedEmbedder, vectors_in
from shipworthy.gateway.budget import Budget, BudgetStop
from shipworthy.gateway.calls import Caller, Patience
from shipworthy.gateway.keys import NO_SECRET, Secret
from shipworthy.gateway.limits import Limiter
from shipworthy.gateway.model import CallFailure
from shipworthy.gateway.permits import Permit
from shipworthy.gateway.prices import GivenPrice, listed_price
from shipworthy.gateway.specs import ServerSpec, embeddings_spec, open_embeddings, price_of
from tests.servers import Batch, EmbeddingServer, Sent
from tests.support import require

KEY = "sk-not-a-real-key-4711-embeddings"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
QUICK = Patience(deadline=20, first_wait=0.001)
DEAR = GivenPrice(input=1_000_000)  # a dollar a token


def model(url: str, name: str = "nomic", *, key: Secret = NO_SECRET) -> EmbeddingsModel:
    permit = Permit.to(url, named_in="the test")
    return EmbeddingsModel(ServedModel(title="house:nomic", url=url, name=name, permit=permit, key=key))


def hosted(
    server: EmbeddingServer,
    *,
    key: Secret = NO_SECRET,
    look: Callable[[Sequence[str]], None] = lambda _: None,
    otherwise: str = "",
    **changed: Any,
) -> HostedEmbedder:
    usual: dict[str, Any] = {"limiter": Limiter(4), "budget": Budget(), "patience": QUICK}
    caller = Caller(model(f"{server.url}/v1", key=key), **{**usual, **changed})
    return HostedEmbedder(caller, look=look, otherwise=otherwise)


def test_a_request_names_the_model_and_brings_the_texts() -> None:
    with EmbeddingServer() as server:
        hosted(server, key=Secret("A_KEY", KEY)).embed(["first", "second"])
        asked = server.requests[0]
    assert asked.json == {"model": "nomic", "input": ["first", "second"]}
    assert asked.headers["authorization"] == f"Bearer {KEY}"


def test_a_server_without_a_key_gets_none() -> None:
    with EmbeddingServer() as server:
        hosted(server).embed(["a text"])
        assert "authorization" not in server.requests[0].headers


def test_many_texts_are_sent_in_batches_bounded_by_count_and_by_characters() -> None:
    with EmbeddingServer() as server:
        hosted(server).embed([f"text {number}" for number in range(70)])
        assert [len(asked.json["input"]) for asked in server.requests] == [32, 32, 6]
        server.requests.clear()
        hosted(server).embed(["w" * 9_000] * 30)
        sizes = [[len(text) for text in asked.json["input"]] for asked in server.requests]
    assert sizes == [[8_000] * 25, [8_000] * 5]


def test_it_works_where_an_event_loop_is_running() -> None:
    async def main(embedder: HostedEmbedder) -> list[int]:
        return [embedder.embed([text]).shape[0] for text in ("one", "two")]

    with EmbeddingServer() as server:
        assert asyncio.run(main(hosted(server))) == [1, 1]


@pytest.mark.parametrize("status", [408, 409, 500, 503])
def test_what_may_pass_is_tried_again(status: int) -> None:
    with EmbeddingServer(lambda batch: Sent(status=status if batch.before < 2 else 200)) as server:
        assert hosted(server).embed(["a text"]).shape == (1, 64)
        assert len(server.requests) == 3


def test_retry_after_is_honoured() -> None:
    def script(batch: Batch) -> Sent:
        return Sent(status=429, headers={"retry-after": "0.2"}) if batch.before == 0 else Sent()

    times: list[float] = []

    def timed(batch: Batch) -> Sent:
        times.append(asyncio.get_running_loop().time())
        return script(batch)

    with EmbeddingServer(timed) as server:
        hosted(server).embed(["a text"])
    assert times[1] - times[0] >= 0.2


def test_a_server_that_asks_for_too_long_a_wait_is_given_up() -> None:
    with EmbeddingServer(lambda _: Sent(status=429, headers={"retry-after": "3600"})) as server:
        with pytest.raises(CallFailure, match="HTTP 429"):
            hosted(server).embed(["a text"])
        assert len(server.requests) == 1


def _items(change: Callable[[list[dict[str, Any]]], Any]) -> Callable[[dict[str, Any]], Any]:
    def changed(reply: dict[str, Any]) -> Any:
        return {**reply, "data": change(reply["data"])}

    return changed


def _with(place: int, value: Any) -> Callable[[dict[str, Any]], Any]:
    return _items(lambda data: [{**data[0], "embedding": [*data[0]["embedding"][:place], value]}, data[1]])


SPOILT: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "fewer": (_items(lambda data: data[:1]), "1 vectors, not one for each of 2 texts"),
    "more": (_items(lambda data: [*data, {**data[0], "index": 2}]), "3 vectors, not one for each of 2"),
    "the same place twice": (_items(lambda data: [data[0], data[0]]), "not one for each"),
    "no place": (_items(lambda data: [{"embedding": data[0]["embedding"]}] * 2), "no list of vectors"),
    "a place that is true": (_items(lambda data: [data[0], {**data[1], "index": False}]), "not one for each"),
    "not a number": (_with(63, math.nan), "not finite"),
    "endless": (_with(63, -math.inf), "not finite"),
    "too large to square": (_with(63, 1e300), "not finite"),
    "larger than any float": (_with(63, 10**400), "no list of vectors"),
    "a text": (_with(63, "0.5"), "no list of vectors"),
    "shorter": (_with(8, 1.0), "vectors of 9 to 64 numbers"),
    "zeros": (_items(lambda data: [{**one, "embedding": [0] * 64} for one in data]), "without a direction"),
    "empty": (_items(lambda data: [{**one, "embedding": []} for one in data]), "vectors of 0 to 0 numbers"),
    "wide": (_items(lambda data: [{**one, "embedding": [1] * 8193} for one in data]), "up to 8,192"),
    "base64": (_items(lambda data: [{**one, "embedding": "AAAA"} for one in data]), "no list of vectors"),
    "null": (lambda _: None, "no list of vectors"),
    "a chat": (lambda _: {"choices": []}, "no list of vectors"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_reply_that_is_not_one_finite_vector_a_text_is_refused_and_not_asked_for_again(name: str) -> None:
    change, told = SPOILT[name]
    with EmbeddingServer(lambda _: Sent(change=change)) as server:
        with pytest.raises(CallFailure, match=told):
            hosted(server).embed(["one", "two"])
        assert len(server.requests) == 1


def test_a_huge_reply_is_not_read_to_its_end() -> None:
    with (
        EmbeddingServer(lambda _: Sent(raw=b" " * 17_000_000)) as server,
        pytest.raises(CallFailure, match="larger than 16,000,000 bytes"),
    ):
        hosted(server).embed(["a text"])


def test_a_reply_of_another_length_than_before_is_refused() -> None:
    def shorter(reply: dict[str, Any]) -> dict[str, Any]:
        return {**reply, "data": [{**one, "embedding": one["embedding"][:9]} for one in reply["data"]]}

    with EmbeddingServer(lambda batch: Sent(change=shorter if batch.before else None)) as server:
        embedder = hosted(server)
        embedder.embed(["a text"])
        with pytest.raises(CallFailure, match="9 numbers after 64"):
            embedder.embed(["another"])


def _json_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(["data", "index", "embedding", "x"])
    return st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(VALUES, _json_of, max_leaves=12)


@given(JSON | st.lists(JSON, max_size=4).map(lambda row: {"data": [{"index": 0, "embedding": row}]}))
@settings(max_examples=300)
def test_whatever_a_server_sends_is_vectors_or_a_failure(answer: Any) -> None:
    try:
        vectors = vectors_in(answer, 1, who="house:nomic")
    except CallFailure:
        return
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1], abs=1e-5)


def test_silence_is_given_up_at_the_deadline() -> None:
    with EmbeddingServer(lambda _: Sent(hang=True)) as server:
        embedder = hosted(server, patience=Patience(deadline=0.2))
        with pytest.raises(CallFailure, match="no answer within"):
            embedder.embed(["a text"])


def test_a_server_that_is_not_there_is_named_with_the_next_step() -> None:
    with EmbeddingServer() as server:
        gone = hosted(server, patience=Patience(attempts=2, first_wait=0), otherwise="Or --no-meaning.")
    with pytest.raises(CallFailure, match="house:nomic could not be reached") as failed:
        gone.embed(["a text"])
    assert failed.value.hint == "Check that the server runs and has this model. Or --no-meaning."


SAYING_THE_KEY = (
    Sent(status=400),
    Sent(status=401, raw=f"wrong key {KEY}".encode()),
    Sent(raw=f"your key is {KEY}".encode()),
    Sent(raw=json.dumps({"data": KEY}).encode()),
)


def test_the_key_is_sent_and_shown_nowhere_else(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = []
    with EmbeddingServer(lambda batch: SAYING_THE_KEY[batch.before]) as server:
        embedder = hosted(server, key=Secret("A_KEY", KEY), patience=Patience(attempts=1))
        for _ in range(len(SAYING_THE_KEY)):
            with pytest.raises(CallFailure) as failed:
                embedder.embed(["a text"])
            told = traceback.TracebackException.from_exception(failed.value, capture_locals=True)
            shown += [repr(failed.value), *told.format(), repr(vars(embedder)), embedder.version]
        assert [KEY in asked.headers["authorization"] for asked in server.requests] == [True] * 4
    assert KEY not in "\n".join([*shown, caplog.text, *capfd.readouterr()])


def test_what_is_known_to_cost_is_booked_and_what_is_unknown_stays_unknown() -> None:
    budget = Budget()
    with EmbeddingServer() as server:
        known, unknown = hosted(server, price=DEAR, budget=budget), hosted(server)
        known.embed(["three short words"])
        unknown.embed(["three short words"])
    assert (known.cost, unknown.cost) == (3.0, None)
    assert budget.spending.spent == 3.0


def test_a_server_that_does_not_count_tokens_leaves_the_cost_unknown() -> None:
    with EmbeddingServer(lambda _: Sent(change=lambda reply: {"data": reply["data"]})) as server:
        embedder = hosted(server, price=DEAR)
        embedder.embed(["a text"])
    assert embedder.cost is None


def test_the_budget_is_a_hard_stop_that_counts_what_others_spent() -> None:
    budget = Budget(400, spent=100)
    with EmbeddingServer() as server:
        embedder = hosted(server, price=DEAR, budget=budget)
        embedder.embed(["one two"])
        with pytest.raises(BudgetStop, match=r"budget of 400 US dollars.*102\.0000 spent"):
            embedder.embed(["w" * 300])
        assert len(server.requests) == 1
    assert budget.spending.spent == 102.0


def test_what_may_have_been_charged_counts_against_the_budget() -> None:
    budget = Budget(1_000)
    with EmbeddingServer(lambda _: Sent(hang=True)) as server:
        embedder = hosted(server, price=DEAR, budget=budget, patience=Patience(deadline=0.2))
        with pytest.raises(CallFailure):
            embedder.embed(["a text"])
    assert 0 < budget.spending.perhaps < 100


def test_a_budget_and_an_unknown_price_do_not_go_together() -> None:
    with EmbeddingServer() as server:
        with pytest.raises(UserError, match="price of 'house:nomic' is unknown"):
            hosted(server, budget=Budget(1.0))
        assert hosted(server, budget=Budget(1.0), unknown_price_accepted=True).embed(["a"]).shape == (1, 64)


def test_an_estimate_is_a_range_that_holds_the_cost() -> None:
    texts = ["three short words"] * 70
    with EmbeddingServer() as server:
        embedder = hosted(server, price=DEAR)
        expected = embedder.estimate(texts, at=NOW)
        embedder.embed(texts)
        nothing = hosted(server).estimate(texts, at=NOW), embedder.estimate([], at=NOW)
    assert expected is not None
    assert embedder.cost is not None
    assert embedder.cost <= expected.likely <= expected.most
    assert expected.calls == 3
    assert nothing == (None, None)


def test_texts_are_looked_at_before_any_is_sent() -> None:
    def look(texts: object) -> None:
        raise UserError(f"no: {texts}")

    with EmbeddingServer() as server:
        with pytest.raises(UserError, match="a secret"):
            hosted(server, look=look).embed(["a text"] * 40 + ["a secret"])
        assert server.requests == []


def test_the_version_tells_models_and_addresses_apart() -> None:
    here, there = "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"
    assert model(here).version == model(here).version
    assert len({model(here).version, model(there).version, model(here, "another").version}) == 3


def test_openai_and_servers_give_vectors_and_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    servers = {"house": ServerSpec(url="http://127.0.0.1:1/v1", price=GivenPrice(input=0.1))}
    for name in ("openai:text-embedding-3-small", "house:nomic-embed-text"):
        spec = embeddings_spec(name, named_in="the test", servers=servers)
        assert open_embeddings(spec).id == name
    for name in ("anthropic:claude-haiku-4-5", "google:gemini-embedding-001", "local", "replay:x.jsonl"):
        with pytest.raises(UserError, match="gives no vectors here"):
            embeddings_spec(name, named_in="the test", servers=servers)


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UserError, match="OPENAI_API_KEY is not set"):
        open_embeddings(embeddings_spec("openai:text-embedding-3-small", named_in="the test"))


def test_the_list_knows_what_embedding_models_cost() -> None:
    try:
        price = listed_price("openai", "text-embedding-3-small", writes=False)
    except UserError:
        require("models", "no extra with a price list is installed")
        raise
    assert price is not None
    assert price.per_million(NOW) == (0.02, 0.0)
    assert price.most(tokens_in=1_000_000, tokens_out=1) == 0.02
    assert listed_price("openai", "text-embedding-3-small") is None  # what it writes has no price
    assert listed_price("openai", "text-embedding-of-nobody", writes=False) is None


def test_a_server_costs_what_was_given_and_is_unknown_otherwise() -> None:
    given = GivenPrice(input=0.1)
    servers = {"a": ServerSpec(url="http://127.0.0.1:1/v1", price=given), "b": ServerSpec(url="http://x/v1")}
    specs = [embeddings_spec(f"{name}:m", named_in="the test", servers=servers) for name in servers]
    assert [price_of(spec, writes=False) for spec in specs] == [given, None]
