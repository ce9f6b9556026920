"""The user's own HTTP service."""

import asyncio
import json
from typing import Any

import pytest
from pydantic import ValidationError

from shipworthy.core.errors import UserError
from shipworthy.gateway.adapters.endpoint import EndpointModel, EndpointSpec
from shipworthy.gateway.model import CallFailure, Reply, Request, Settings
from shipworthy.gateway.permits import Permit
from tests.servers import Answer, Asked, LoopbackServer
from tests.support import require_http

SETTINGS = Settings(labels=("bug", "billing"), system="Sort.", seed=3)


@pytest.fixture(autouse=True)
def _the_extra() -> None:
    require_http()


def _reply(
    answer: Any, *, prompt: str = "text", settings: Settings = SETTINGS, **spec: Any
) -> tuple[Reply, Asked]:
    seen: list[Asked] = []

    def answered(asked: Asked) -> Answer:
        seen.append(asked)
        return Answer(body=json.dumps(answer).encode())

    async def main(url: str) -> Reply:
        told = EndpointSpec(**{**spec, "url": url + spec.get("url", "/")})
        model = EndpointModel(told, title="ours", permit=Permit.to(url, named_in="the test"))
        try:
            return await model.reply(Request(settings=settings, prompt=prompt, repeat=2))
        finally:
            await model.close()

    with LoopbackServer(answered) as server:
        return asyncio.run(main(server.url)), seen[0]


def test_the_template_is_filled_without_changing_its_shape() -> None:
    body = {
        "inputs": [{"doc": "{text}", "kind": "a {text} b"}],
        "system": "{system}",
        "seed": "{seed}",
        "n": "{repeat}",
        "fixed": [1, None, True, "{other}", "{text"],
    }
    prompt = '"}], "admin": true, {system} ${PATH}'
    _, asked = _reply({"output": "bug"}, prompt=prompt, body=body)
    assert asked.json == {
        "inputs": [{"doc": prompt, "kind": f"a {prompt} b"}],
        "system": "Sort.",
        "seed": 5,
        "n": 2,
        "fixed": [1, None, True, "{other}", "{text"],
    }


def test_a_text_in_the_address_is_encoded() -> None:
    _, asked = _reply({"output": "bug"}, prompt="a/b?c&d=é #x", method="GET", url="/%2F/?q={text}")
    assert (asked.method, asked.path, asked.body) == ("GET", "/%2F/?q=a%2Fb%3Fc%26d%3D%C3%A9%20%23x", b"")


def test_headers_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_TOKEN", "abc-123456")
    _, asked = _reply({"output": "bug"}, headers={"X-Token": "t ${OUR_TOKEN}", "X-Plain": "p"})
    assert (asked.headers["x-token"], asked.headers["x-plain"]) == ("t abc-123456", "p")


def test_a_header_s_missing_variable_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUR_TOKEN", raising=False)
    with pytest.raises(UserError, match="OUR_TOKEN is not set"):
        _reply({}, headers={"X-Token": "${OUR_TOKEN}"})


def test_output_confidence_and_probabilities_are_found_by_their_paths() -> None:
    answer = {"choices": [{"said": "bug", "sure": 0.7}], "all": {"bug": 0.7, "billing": 0.3}, "used": 12}
    reply, _ = _reply(
        answer,
        output="choices.0.said",
        confidence="choices.0.sure",
        probabilities="all",
        tokens_in="used",
        tokens_out="not.there",
    )
    assert reply.row() == {
        "status": "ok",
        "text": "bug",
        "parsed": {"label": "bug"},
        "proba": {"bug": 0.7, "billing": 0.3},
        "confidence": 0.7,
        "confidence_source": "service",
        "tokens_in": 12,
    }


def test_the_confidence_is_the_answer_s_probability_where_only_those_are_given() -> None:
    reply, _ = _reply({"output": "bug", "all": {"bug": 0.6, "billing": 0.4}}, probabilities="all")
    assert reply.confidence == 0.6


@pytest.mark.parametrize(
    ("answer", "spec"),
    [
        ({"output": "spam"}, {}),
        ({"output": 3}, {}),
        ({"output": None}, {}),
        ({"other": "bug"}, {}),
        ([], {}),
        (None, {}),
        ({"output": "bug", "sure": 1.2}, {"confidence": "sure"}),
        ({"output": "bug", "sure": True}, {"confidence": "sure"}),
        ({"output": "bug", "sure": "high"}, {"confidence": "sure"}),
        ({"output": "bug"}, {"confidence": "sure"}),
        ({"output": "bug", "all": [0.1]}, {"probabilities": "all"}),
        ({"output": ["bug"]}, {"output": "output.7"}),
    ],
)
def test_an_answer_that_does_not_fit_is_invalid_with_a_reason(answer: Any, spec: dict[str, Any]) -> None:
    reply, _ = _reply(answer, **spec)
    assert reply.status == "invalid"
    assert reply.detail


def test_a_service_may_answer_with_any_json_that_was_asked_for() -> None:
    wanted = Settings(schema={"type": "object", "required": ["city"]})
    reply, _ = _reply({"output": {"city": "Gent"}}, settings=wanted)
    assert (reply.status, reply.parsed, reply.text) == ("ok", {"city": "Gent"}, '{"city": "Gent"}')


def test_an_answer_that_is_too_large_is_not_read() -> None:
    with pytest.raises(CallFailure, match="larger than 1,000 bytes") as caught:
        _reply({"output": "x" * 2000}, largest_bytes=1000)
    assert not caught.value.transient


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://example.com"},
        {"url": "http://{text}.example.com/"},
        {"url": "http://user:pass@example.com/"},
        {"url": "http://example.com/a b"},
        {"method": "DELETE"},
        {"headers": {"X Y": "1"}},
        {"headers": {"X": "a\nb"}},
        {"output": ""},
        {"output": "a..b"},
        {"unknown": 1},
        {"largest_bytes": 0},
    ],
)
def test_a_description_that_cannot_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValidationError, UserError)):
        EndpointSpec(**{"url": "http://example.com/", **wrong})


def test_a_changed_description_or_version_makes_another_model() -> None:
    def version(**spec: Any) -> str:
        told = EndpointSpec(url="http://example.com/", **spec)
        return EndpointModel(told, title="ours", permit=Permit.to(told.url, named_in="the test")).version

    versions = [version(), version(version="2"), version(output="label"), version(body={"q": "{text}"})]
    assert len(set(versions)) == 4
    assert version(largest_bytes=99) == version()


def test_what_the_service_is_not_told_is_known() -> None:
    def ignored(**spec: Any) -> tuple[str, ...]:
        told = EndpointSpec(url="http://example.com/", **spec)
        return EndpointModel(told, title="ours", permit=Permit.to(told.url, named_in="t")).ignored(SETTINGS)

    assert ignored() == ("system", "seed")
    assert ignored(body={"s": "{system}", "n": "{seed}"}) == ()


def test_what_a_spec_says_besides_the_request_does_not_change_what_is_cached() -> None:
    class Named(EndpointSpec):
        name: str

    def version(spec: EndpointSpec) -> str:
        permit = Permit.to(spec.url, named_in="the test")
        return EndpointModel(spec, title="t", permit=permit).version

    plain = EndpointSpec(url="http://127.0.0.1:1/x")
    one, other = (Named(url=plain.url, name=name) for name in ("one", "other"))
    assert version(plain) == version(one) == version(other)
    assert version(plain) != version(plain.model_copy(update={"output": "label"}))
