"""Which model, named by whom."""

from pathlib import Path

import pytest

from shipworthy.core.errors import UserError
from shipworthy.gateway.adapters.endpoint import EndpointSpec
from shipworthy.gateway.prices import GivenPrice
from shipworthy.gateway.specs import ModelSpec, ServerSpec, model_spec, open_model, price_of
from tests.support import require

HOUSE = ServerSpec(url="http://localhost:11434/v1")
SERVERS = {"house": HOUSE}


@pytest.mark.parametrize(
    ("text", "kind", "name", "title"),
    [
        ("openai:gpt-5-mini", "openai", "gpt-5-mini", "openai:gpt-5-mini"),
        ("anthropic:claude-haiku-4-5", "anthropic", "claude-haiku-4-5", "anthropic:claude-haiku-4-5"),
        ("google:gemini-2.5-flash", "google", "gemini-2.5-flash", "google:gemini-2.5-flash"),
        (" local ", "local", "", "local"),
        ("local:models/a.gguf", "local", "models/a.gguf", "local:models/a.gguf"),
        ("replay:exchanges.jsonl", "replay", "exchanges.jsonl", "replay:exchanges.jsonl"),
        ("house:llama3.2:3b", "server", "llama3.2:3b", "house:llama3.2:3b"),
    ],
)
def test_a_model_is_written_as_who_and_which(text: str, kind: str, name: str, title: str) -> None:
    spec = model_spec(text, named_in="--candidates", servers=SERVERS)
    assert (spec.kind, spec.name, spec.title, spec.named_in) == (kind, name, title, "--candidates")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("opneai:gpt-5", "Did you mean 'openai'?"),
        ("openai", "openai:<model>"),
        ("house", "house:<model>"),
        ("replay", "replay:<model>"),
        ("gpt-5-mini", "provider:model"),
        ("", "Known:"),
        ("openai:", "provider:model"),
    ],
)
def test_a_model_nobody_knows_is_refused_with_what_to_write(text: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        model_spec(text, named_in="--candidates", servers=SERVERS)
    assert words in str(caught.value)


def test_a_model_that_nobody_named_is_not_used() -> None:
    with pytest.raises(UserError, match="Nobody named"):
        model_spec("openai:gpt-5-mini", named_in="")


def test_a_missing_key_is_said_with_the_model_and_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UserError, match=r"'openai:gpt-5-mini' \(named in feature\.yaml\) needs a key"):
        open_model(model_spec("openai:gpt-5-mini", named_in="feature.yaml"))


def test_a_model_without_its_address_is_refused() -> None:
    with pytest.raises(UserError, match="needs the address"):
        open_model(ModelSpec(kind="server", name="m", named_in="the test"))
    with pytest.raises(UserError, match="needs the description"):
        open_model(ModelSpec(kind="endpoint", name="m", named_in="the test"))
    with pytest.raises(UserError, match="no file"):
        open_model(ModelSpec(kind="replay", name="none.jsonl", named_in="the test"))


def test_limits_are_counted_by_whoever_is_asked() -> None:
    endpoint = EndpointSpec(url="https://our.example.com/classify")
    providers = [
        model_spec("openai:gpt-5-mini", named_in="t").provider,
        model_spec("openai:gpt-5", named_in="t").provider,
        model_spec("house:a", named_in="t", servers=SERVERS).provider,
        ModelSpec(kind="endpoint", name="ours", named_in="t", endpoint=endpoint).provider,
    ]
    assert providers == [
        "openai",
        "openai",
        "server http://localhost:11434/v1",
        "endpoint https://our.example.com/classify",
    ]


def test_prices_are_listed_given_nothing_or_unknown() -> None:
    pytest.importorskip("genai_prices", reason=require.__doc__ or "")
    given = GivenPrice(input=1.0)
    listed = price_of(model_spec("openai:gpt-5-mini", named_in="t"))
    assert listed is not None
    assert listed.source.startswith("genai-prices")
    assert price_of(model_spec("openai:nobody-knows", named_in="t")) is None
    assert (
        price_of(ModelSpec(kind="openai", name="gpt-5-mini", named_in="t", url="http://localhost/v1")) is None
    )
    assert price_of(ModelSpec(kind="openai", name="gpt-5-mini", named_in="t", price=given)) is given
    assert price_of(model_spec("house:m", named_in="t", servers=SERVERS)) is None
    paid = {"house": ServerSpec(url=HOUSE.url, price=given)}
    assert price_of(model_spec("house:m", named_in="t", servers=paid)) is given
    local = price_of(model_spec("local", named_in="t"))
    assert local is not None
    assert (local.source, local.most(tokens_in=10**6, tokens_out=10**6)) == ("runs on this machine", 0.0)


def test_a_server_is_opened_with_the_key_it_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HOUSE_KEY", raising=False)
    locked = {"house": ServerSpec(url=HOUSE.url, key_name="HOUSE_KEY")}
    with pytest.raises(UserError, match="HOUSE_KEY is not set"):
        open_model(model_spec("house:m", named_in="t", servers=locked))
    with pytest.raises(UserError, match="not an http or https address"):
        open_model(model_spec("bad:m", named_in="t", servers={"bad": ServerSpec(url="localhost:11434")}))
