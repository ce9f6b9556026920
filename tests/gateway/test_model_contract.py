"""What every adapter that reaches a server does in the same way, against servers that speak its format."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from shipworthy.core.errors import EnvironmentFailure, MissingExtraError
from shipworthy.gateway.adapters.compatible import CompatibleModel, ServedModel
from shipworthy.gateway.adapters.endpoint import EndpointModel, EndpointSpec
from shipworthy.gateway.adapters.vendors import Vendor, VendorModel
from shipworthy.gateway.keys import Secret
from shipworthy.gateway.model import (
    CallFailure,
    FailureKind,
    Heed,
    Model,
    Reply,
    Request,
    Settings,
    not_heeded,
)
from shipworthy.gateway.permits import Permit
from tests.servers import ModelServer, Turn, Wire
from tests.support import require

KEY = "sk-test-0123456789abcdefghij"
SETTINGS = Settings(
    system="Sort the feedback.",
    examples=(("It crashed.", '{"label": "bug"}'),),
    labels=("bug", "billing"),
    max_tokens=50,
    temperature=0.5,
    seed=7,
    logprobs=True,
)
MODELS: Mapping[str, str] = {
    "openai": "gpt-4.1-mini",
    "anthropic": "claude-haiku-4-5",
    "anthropic, without JSON output": "claude-of-long-ago",
    "google": "gemini-2.5-flash",
}


@dataclass(frozen=True)
class Adapter:
    """An adapter and the format it speaks."""

    name: str
    wire: Wire

    def open(self, url: str, *, heed: Heed = not_heeded) -> Model:
        key, permit = Secret("A_KEY", KEY), Permit.to(url, named_in="the test")
        try:
            if self.name == "compatible":
                return CompatibleModel(
                    ServedModel(title="house:m", url=f"{url}/v1", name="m", permit=permit, key=key, heed=heed)
                )
            if self.name == "endpoint":
                return EndpointModel(_service(url), title="our service", permit=permit, heed=heed)
            vendor: Vendor = self.name.partition(",")[0]  # type: ignore[assignment]
            address = f"{url}/v1" if vendor == "openai" else url
            return VendorModel(
                vendor=vendor, model=MODELS[self.name], key=key, permit=permit, url=address, heed=heed
            )
        except MissingExtraError as error:
            require("models", error.message)
            raise


def _service(url: str) -> EndpointSpec:
    return EndpointSpec(
        url=f"{url}/classify",
        headers={"Authorization": "Bearer ${A_KEY}"},
        body={"text": "{text}", "instructions": "{system}", "seed": "{seed}"},
        output="result.label",
        confidence="result.score",
        probabilities="scores",
        tokens_in="usage.in",
        tokens_out="usage.out",
    )


ADAPTERS = [
    Adapter("compatible", "openai"),
    Adapter("openai", "openai"),
    Adapter("anthropic", "anthropic"),
    Adapter("anthropic, without JSON output", "anthropic"),
    Adapter("google", "google"),
    Adapter("endpoint", "endpoint"),
]
LANGUAGE_MODELS = [adapter for adapter in ADAPTERS if adapter.name != "endpoint"]


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.name)
def adapter(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Adapter:
    monkeypatch.setenv("A_KEY", KEY)
    found: Adapter = request.param
    return found


@pytest.fixture(params=LANGUAGE_MODELS, ids=lambda adapter: adapter.name)
def language_model(request: pytest.FixtureRequest) -> Adapter:
    found: Adapter = request.param
    return found


async def _asked(model: Model, prompt: str = "I was charged twice.", settings: Settings = SETTINGS) -> Reply:
    try:
        return await model.reply(Request(settings=settings, prompt=prompt))
    finally:
        await model.close()


def _reply(adapter: Adapter, turn: Turn, settings: Settings = SETTINGS) -> tuple[Reply, ModelServer]:
    with ModelServer(adapter.wire, lambda _: turn) as server:
        return asyncio.run(_asked(adapter.open(server.url), settings=settings)), server


def _endings(adapter: Adapter, turns: Mapping[str, Turn]) -> dict[str, Reply | CallFailure]:
    """How a call for each of the turns ends; each is one request."""

    async def main(model: Model) -> dict[str, Reply | CallFailure]:
        found: dict[str, Reply | CallFailure] = {}
        for name in turns:
            try:
                found[name] = await model.reply(Request(settings=SETTINGS, prompt=name))
            except CallFailure as failure:
                found[name] = failure
        await model.close()
        return found

    with ModelServer(adapter.wire, lambda question: turns[question.text]) as server:
        found = asyncio.run(main(adapter.open(server.url)))
    assert server.times == dict.fromkeys(turns, 1)
    return found


def test_a_fitting_answer_is_a_reply_with_its_tokens(adapter: Adapter) -> None:
    reply, server = _reply(adapter, Turn())
    assert (reply.status, reply.detail) == ("ok", None)
    assert reply.parsed["label"] in SETTINGS.labels
    assert (reply.tokens_in, reply.tokens_out) == (50, 7)
    assert sum(server.billed.values()) == len(server.requests) == 1


def test_a_language_model_says_which_version_answered_and_what_was_cached(language_model: Adapter) -> None:
    reply, _ = _reply(language_model, Turn())
    assert (reply.model_version, reply.cached_tokens) == ("house-1-2026", 10)


def test_everything_that_was_asked_for_is_sent_or_named_as_ignored(adapter: Adapter) -> None:
    with ModelServer(adapter.wire) as server:
        model = adapter.open(server.url)
        asyncio.run(_asked(model))
    sent = server.requests[0].body.decode()
    ignored = model.ignored(SETTINGS)
    for name, shown in (("system", "Sort the feedback."), ("examples", "It crashed."), ("seed", "7")):
        assert (shown in sent) != (name in ignored)
    assert ("0.5" in sent) != ("temperature" in ignored)
    assert "I was charged twice." in sent


def test_confidence_comes_from_log_probabilities_where_there_are_any(language_model: Adapter) -> None:
    reply, _ = _reply(language_model, Turn())
    if language_model.wire == "anthropic":
        assert (reply.confidence, reply.confidence_source) == (None, None)
    else:
        assert reply.confidence == pytest.approx(0.9)
        assert reply.confidence_source == "log-probability"


def test_an_answer_that_cannot_be_used_is_a_reply_with_its_reason(language_model: Adapter) -> None:
    cut_off = "cut off at 50 tokens (max_tokens)"
    turns = {
        "broken": (Turn(text='{"label": "bu'), "invalid", "not JSON"),
        "unknown label": (Turn(text='{"label": "spam"}'), "invalid", "not one of the values"),
        "wrong schema": (Turn(text='{"labels": "bug"}'), "invalid", "missing"),
        "words": (Turn(text="I think it is a bug."), "invalid", "not JSON"),
        "empty": (Turn(text=""), "invalid", "empty"),
        "cut off": (Turn(text='{"label": "b', ending="length"), "invalid", cut_off),
        "refused": (Turn(text="I may not say.", ending="refused"), "refused", ""),
    }
    endings = _endings(language_model, {name: turn for name, (turn, _, _) in turns.items()})
    for name, (_, status, words) in turns.items():
        reply = endings[name]
        assert isinstance(reply, Reply), name
        assert (reply.status, reply.parsed, reply.tokens_in) == (status, None, 50), name
        assert words in (reply.detail or ""), name


def test_free_text_needs_no_schema(language_model: Adapter) -> None:
    reply, server = _reply(language_model, Turn(text="It is a bug."), Settings(max_tokens=50))
    assert (reply.status, reply.text, reply.parsed) == ("ok", "It is a bug.", None)
    assert "schema" not in server.requests[0].body.decode().lower()


def test_every_http_status_has_one_meaning(adapter: Adapter) -> None:
    meanings: Mapping[str, tuple[FailureKind, bool]] = {
        "400": ("rejected", False),
        "401": ("unauthorised", False),
        "402": ("quota", False),
        "403": ("not_found", False),
        "404": ("not_found", False),
        "408": ("server", True),
        "409": ("server", False),
        "413": ("rejected", False),
        "422": ("rejected", False),
        "429": ("rate_limited", False),
        "429 insufficient_quota": ("quota", False),
        "500": ("server", False),
        "502": ("server", False),
        "503": ("overloaded", False),
        "504": ("server", True),
        "529": ("overloaded", False),
    }
    turns = {name: Turn(status=int(name[:3]), code=name[4:]) for name in meanings}
    endings = _endings(adapter, turns)
    found = {
        name: (failure.kind, failure.billed)
        for name, failure in endings.items()
        if isinstance(failure, CallFailure) and f"HTTP {name[:3]}" in failure.message
    }
    assert found == meanings


def test_the_wait_that_a_server_asks_for_is_passed_on(adapter: Adapter) -> None:
    turns = {name: Turn(status=int(name), headers={"Retry-After": "3"}) for name in ("429", "503")}
    endings = _endings(adapter, turns).values()
    assert [failure.retry_after for failure in endings if isinstance(failure, CallFailure)] == [3.0, 3.0]


def test_response_headers_are_heeded_on_success_and_on_failure(adapter: Adapter) -> None:
    seen: list[str | None] = []
    left = Turn(headers={"X-RateLimit-Remaining-Requests": "9"})
    turns = iter([left, Turn(status=500, headers={"A-B": "c"})])

    async def main(model: Model) -> None:
        await model.reply(Request(settings=SETTINGS, prompt="one"))
        with pytest.raises(CallFailure):
            await model.reply(Request(settings=SETTINGS, prompt="two"))
        await model.close()

    def heed(headers: Mapping[str, str]) -> None:
        seen.append(headers.get("x-ratelimit-remaining-requests") or headers.get("a-b"))

    with ModelServer(adapter.wire, lambda _: next(turns)) as server:
        asyncio.run(main(adapter.open(server.url, heed=heed)))
    assert seen == ["9", "c"]


def test_a_response_that_cannot_be_read_may_have_been_charged_and_is_worth_another_try(
    adapter: Adapter,
) -> None:
    bodies = (b"{half", b"", b"<html>", b"[]", b"null", b"3", b"[" * 50_000, b"\xff\xfe\x00", b'{"a": 1}')
    endings = _endings(adapter, {repr(body)[:20]: Turn(raw=body) for body in bodies})
    for name, ending in endings.items():
        if isinstance(ending, Reply):
            assert ending.status in {"invalid", "refused"}, name  # JSON, but no answer in it
        else:
            assert (ending.transient, ending.billed) == (True, True), name


def test_a_connection_that_breaks_off_may_have_been_charged(adapter: Adapter) -> None:
    failure = _endings(adapter, {"cut": Turn(cut=True)})["cut"]
    assert isinstance(failure, CallFailure)
    assert (failure.kind, failure.billed) == ("connection", True)


def test_a_server_that_is_not_there_is_connection_trouble(adapter: Adapter) -> None:
    with ModelServer(adapter.wire) as server:
        pass
    with pytest.raises(CallFailure) as caught:
        asyncio.run(_asked(adapter.open(server.url)))
    assert caught.value.kind == "connection"


def test_this_machine_is_reached_without_the_proxy_of_the_environment(
    adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    reply, _ = _reply(adapter, Turn())
    assert reply.status == "ok"


def test_a_redirect_is_not_followed(adapter: Adapter) -> None:
    turn = Turn(status=307, headers={"Location": "https://elsewhere.invalid/"}, raw=b"{}")
    with ModelServer(adapter.wire, lambda _: turn) as server, pytest.raises(EnvironmentFailure):
        asyncio.run(_asked(adapter.open(server.url)))
    assert len(server.requests) == 1


def test_a_call_that_hangs_can_be_given_up_and_the_next_one_works(adapter: Adapter) -> None:
    async def main(model: Model) -> Reply:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await model.reply(Request(settings=SETTINGS, prompt="hang"))
        return await _asked(model)

    with ModelServer(adapter.wire, lambda question: Turn(hang=question.text == "hang")) as server:
        assert asyncio.run(main(adapter.open(server.url))).status == "ok"


def test_a_model_works_in_one_event_loop_after_another_and_after_it_was_closed(adapter: Adapter) -> None:
    with ModelServer(adapter.wire) as server:
        model = adapter.open(server.url)
        replies = [asyncio.run(_asked(model)) for _ in range(2)]
        asyncio.run(model.close())
    assert replies[0] == replies[1]


def test_calls_at_the_same_time_do_not_mix_up_their_answers(adapter: Adapter) -> None:
    def script(question: Any) -> Turn:
        label = "bug" if question.text.startswith("bug") else "billing"
        return Turn(text=label if adapter.wire == "endpoint" else json.dumps({"label": label}))

    async def main(model: Model) -> list[Reply]:
        prompts = [f"{label} {number}" for number in range(10) for label in SETTINGS.labels]
        calls = (model.reply(Request(settings=SETTINGS, prompt=prompt)) for prompt in prompts)
        replies = await asyncio.gather(*calls)
        await model.close()
        return replies

    with ModelServer(adapter.wire, script) as server:
        replies = asyncio.run(main(adapter.open(server.url)))
    assert [reply.parsed["label"] for reply in replies] == ["bug", "billing"] * 10


def test_hostile_texts_arrive_as_they_are(adapter: Adapter) -> None:
    prompt = 'quote " brace {text} ${A_KEY} \\ \n <b> \u2028 🙂 <|im_end|>'
    with ModelServer(adapter.wire) as server:
        reply = asyncio.run(_asked(adapter.open(server.url), prompt))
    assert reply.status == "ok"
    assert list(server.times) == [prompt]


def test_the_key_is_sent_and_shown_nowhere_else(
    adapter: Adapter, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []

    async def main(model: Model) -> None:
        for prompt in ("fine", "500", "401", "echo", "said", "refused", "cut"):
            try:
                shown.append(repr(await model.reply(Request(settings=SETTINGS, prompt=prompt))))
            except CallFailure as failure:
                told = traceback.TracebackException.from_exception(failure, capture_locals=True)
                shown.extend((repr(failure), str(failure), *told.format()))
        shown.append(repr(vars(model)))
        await model.close()

    turns: Mapping[str, Turn] = {
        "500": Turn(status=500),
        "401": Turn(status=401, raw=json.dumps({"error": {"message": f"wrong key {KEY}"}}).encode()),
        "echo": Turn(raw=f"your key is {KEY}".encode()),
        "said": Turn(text=json.dumps({"label": f"your key is {KEY}"})),
        "refused": Turn(text=f"your key is {KEY}", ending="refused"),
        "cut": Turn(cut=True),
    }
    with ModelServer(adapter.wire, lambda question: turns.get(question.text, Turn())) as server:
        asyncio.run(main(adapter.open(server.url)))
        headers = server.requests[0].headers
    assert any(KEY in value for value in headers.values())
    written = "\n".join([*shown, caplog.text, *capfd.readouterr()])
    assert KEY not in written


def test_names_and_versions_tell_models_and_addresses_apart(adapter: Adapter) -> None:
    models = [adapter.open(f"http://127.0.0.1:{port}") for port in (1, 2, 2)]
    assert models[0].version != models[1].version == models[2].version
    assert KEY not in models[0].version + models[0].id


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "google"])
def test_a_vendor_is_not_reached_when_this_machine_is_offline(vendor: Vendor) -> None:
    from shipworthy.gateway.adapters.vendors import ADDRESSES

    permit = Permit.to(ADDRESSES[vendor], named_in="the test")
    try:
        model = VendorModel(vendor=vendor, model=MODELS[vendor], key=Secret("A_KEY", KEY), permit=permit)
    except MissingExtraError as error:
        require("models", error.message)
        raise
    with pytest.raises(EnvironmentFailure, match="SHIPWORTHY_OFFLINE"):
        asyncio.run(_asked(model))


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "google"])
def test_a_vendor_is_not_reached_with_the_permit_for_another_host(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHIPWORTHY_OFFLINE")
    permit = Permit.to("https://named.invalid", named_in="the test")
    try:
        model = VendorModel(vendor=vendor, model=MODELS[vendor], key=Secret("A_KEY", KEY), permit=permit)
    except MissingExtraError as error:
        require("models", error.message)
        raise
    with pytest.raises(EnvironmentFailure, match=r"only 'named\.invalid:443' was named"):
        asyncio.run(_asked(model))


def test_what_a_model_ignores_is_known_before_it_is_asked() -> None:
    def ignored(vendor: Vendor, model: str) -> tuple[str, ...]:
        permit = Permit.to("http://127.0.0.1:1", named_in="the test")
        try:
            named = VendorModel(vendor=vendor, model=model, key=Secret("A_KEY", KEY), permit=permit)
        except MissingExtraError as error:
            require("models", error.message)
            raise
        return named.ignored(SETTINGS)

    assert ignored("openai", "gpt-4.1-mini") == ()
    assert ignored("openai", "gpt-5-mini") == ("temperature", "logprobs")
    assert ignored("anthropic", "claude-haiku-4-5") == ("logprobs", "seed")
    assert ignored("google", "gemini-2.5-flash") == ()


_WITHOUT = """
import sys
sys.modules["aiohttp"] = sys.modules["pydantic_ai"] = None
from shipworthy.core.errors import MissingExtraError
from shipworthy.gateway.specs import ModelSpec, ServerSpec, open_model
for kind in ("server", "openai", "anthropic", "google"):
    server = ServerSpec(url="http://127.0.0.1:1") if kind == "server" else None
    try:
        open_model(ModelSpec(kind=kind, name="m", named_in="the test", server=server))
    except MissingExtraError as error:
        print(error.hint)
"""


def test_a_model_without_its_extra_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, KEY)
    said = subprocess.run([sys.executable, "-c", _WITHOUT], capture_output=True, text=True, check=True)
    extras = ("http", "openai", "anthropic", "google")
    assert said.stdout.splitlines() == [f"pip install 'shipworthy[{extra}]'" for extra in extras]


def test_naming_the_gateway_loads_no_library_of_a_model() -> None:
    script = (
        "import sys, shipworthy.gateway.calls, shipworthy.gateway.cache, shipworthy.gateway.specs; "
        "print(sorted({'aiohttp', 'pydantic_ai', 'openai', 'anthropic', 'google.genai', 'xllamacpp', "
        "'genai_prices', 'pydantic', 'numpy', 'scipy'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
