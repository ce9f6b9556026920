"""Model providers: OpenAI chat completions, Anthropic messages, Gemini generateContent, a plain service.

What is said is decided by a script, called with the question and with how often it was asked before. The
server keeps its own books: every request, and every answer that a provider would have charged for.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.servers.http import Answer, Asked, LoopbackServer

__all__ = ["ModelServer", "Question", "Script", "Turn", "Wire"]

Wire = Literal["openai", "anthropic", "google", "endpoint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request, in the same words for all wires."""

    text: str
    """What the user said last."""
    labels: tuple[str, ...]
    """Labels of the schema, where one was sent."""
    before: int
    """How often the same text was asked before."""
    asked: Asked
    """The request itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What to say, and how."""

    text: str | None = None
    """The model's words; None for a fitting answer."""
    ending: Literal["stop", "length", "refused"] = "stop"
    """Why it stopped."""
    status: int = 200
    """An HTTP status other than 200 sends the vendor's error instead."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of the response."""
    raw: bytes | None = None
    """A body that replaces all of it."""
    code: str = ""
    """The vendor's word for the error."""
    hang: bool = False
    """Say nothing."""
    cut: bool = False
    """Break off."""


Script = Callable[[Question], Turn]


def _fitting(question: Question) -> Turn:
    del question
    return Turn()


class ModelServer(LoopbackServer):
    """One provider with one model.

    Args:
        wire: Which vendor's format.
        script: What to say.
        delay: Seconds before each answer.
        port: 0 for any.
    """

    def __init__(self, wire: Wire, script: Script = _fitting, *, delay: float = 0.0, port: int = 0) -> None:
        super().__init__(self._heard, port=port)
        self.wire = wire
        self.script = script
        self.requests: list[Asked] = []
        self.looked_at: list[Asked] = []
        self.listed = Answer(body=json.dumps({"object": "list", "data": [{"id": "m"}]}).encode())
        self.times: Counter[str] = Counter()
        self.billed: Counter[str] = Counter()
        self._delay = delay

    def _heard(self, asked: Asked) -> Answer:
        if asked.method == "GET" and asked.path.endswith("/models"):
            self.looked_at.append(asked)
            return self.listed
        self.requests.append(asked)
        text, labels = _READ[self.wire](asked.json)
        question = Question(text=text, labels=labels, before=self.times[text], asked=asked)
        self.times[text] += 1
        turn = self.script(question)
        charged = turn.status == 200 and not turn.hang and not turn.cut and turn.raw is None
        self.billed[text] += charged
        return Answer(
            status=turn.status,
            headers=turn.headers,
            body=self._body(question, turn),
            delay=self._delay,
            hang=turn.hang,
            cut=turn.cut,
        )

    def _body(self, question: Question, turn: Turn) -> bytes:
        if turn.raw is not None:
            return turn.raw
        if turn.status != 200:
            return json.dumps(_ERRORS[self.wire](turn)).encode()
        said = turn.text if turn.text is not None else fitting_text(question)
        return json.dumps(_WRITE[self.wire](question, turn, said)).encode()


def fitting_label(question: Question) -> str:
    """A label that depends on nothing but the text."""
    labels = question.labels or ("yes", "no")
    return labels[hashlib.sha256(question.text.encode()).digest()[0] % len(labels)]


def fitting_text(question: Question) -> str:
    """An answer that fits the schema, or a plain one."""
    label = fitting_label(question)
    return json.dumps({"label": label}) if question.labels else label


def _labels(schema: Any) -> tuple[str, ...]:
    properties = (schema or {}).get("properties", {})
    return tuple(properties.get("label", {}).get("enum", ()))


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+|\W", text)


def _read_openai(body: Any) -> tuple[str, tuple[str, ...]]:
    shape = body.get("response_format", {}).get("json_schema", {}).get("schema")
    return body["messages"][-1]["content"], _labels(shape)


def _write_openai(question: Question, turn: Turn, said: str) -> dict[str, Any]:
    refused = turn.ending == "refused"
    message = {"role": "assistant", "content": None if refused else said}
    if refused:
        message["refusal"] = said
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": {"length": "length"}.get(turn.ending, "stop"),
    }
    if question.asked.json.get("logprobs"):
        written: list[Any] = [
            {"token": t, "logprob": math.log(0.9), "bytes": None, "top_logprobs": []} for t in _tokens(said)
        ]
        choice["logprobs"] = {"content": written, "refusal": None}
    usage = {
        "prompt_tokens": 50,
        "completion_tokens": 7,
        "total_tokens": 57,
        "prompt_tokens_details": {"cached_tokens": 10},
    }
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_795_000_000,
        "model": "house-1-2026",
        "choices": [choice],
        "usage": usage,
    }


def _read_anthropic(body: Any) -> tuple[str, tuple[str, ...]]:
    content = body["messages"][-1]["content"]
    text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    native = body.get("output_config", {}).get("format", body.get("output_format", {})).get("schema")
    tools = body.get("tools") or [{}]
    return text, _labels(native or tools[0].get("input_schema"))


def _write_anthropic(question: Question, turn: Turn, said: str) -> dict[str, Any]:
    part: dict[str, Any] = {"type": "text", "text": said}
    if question.asked.json.get("tools") and turn.text is None:
        part = {"type": "tool_use", "id": "t1", "name": "answer", "input": json.loads(said)}
    stop = {"length": "max_tokens", "refused": "refusal"}.get(turn.ending, "end_turn")
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "house-1-2026",
        "content": [] if turn.ending == "refused" else [part],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {
            "input_tokens": 40,
            "output_tokens": 7,
            "cache_read_input_tokens": 10,
            "cache_creation_input_tokens": 0,
        },
    }


def _read_google(body: Any) -> tuple[str, tuple[str, ...]]:
    text = "".join(part.get("text", "") for part in body["contents"][-1]["parts"])
    chosen = body.get("generationConfig", {})
    return text, _labels(chosen.get("responseJsonSchema") or chosen.get("responseSchema"))


def _write_google(question: Question, turn: Turn, said: str) -> dict[str, Any]:
    stop = {"length": "MAX_TOKENS", "refused": "SAFETY"}.get(turn.ending, "STOP")
    candidate: dict[str, Any] = {"finishReason": stop, "index": 0}
    if turn.ending != "refused":
        candidate["content"] = {"role": "model", "parts": [{"text": said}]}
    if question.asked.json.get("generationConfig", {}).get("responseLogprobs"):
        chosen = [{"token": t, "tokenId": 1, "logProbability": math.log(0.9)} for t in _tokens(said)]
        candidate["logprobsResult"] = {"chosenCandidates": chosen, "topCandidates": []}
    return {
        "candidates": [candidate],
        "modelVersion": "house-1-2026",
        "usageMetadata": {
            "promptTokenCount": 50,
            "candidatesTokenCount": 7,
            "totalTokenCount": 57,
            "cachedContentTokenCount": 10,
        },
    }


def _read_endpoint(body: Any) -> tuple[str, tuple[str, ...]]:
    return (body or {}).get("text", ""), ("bug", "billing")


def _write_endpoint(question: Question, turn: Turn, said: str) -> dict[str, Any]:
    label = turn.text if turn.text is not None else fitting_label(question)
    return {
        "result": {"label": label, "score": 0.8},
        "scores": {"bug": 0.8, "billing": 0.2},
        "usage": {"in": 50, "out": 7},
    }


_READ: Mapping[Wire, Callable[[Any], tuple[str, tuple[str, ...]]]] = {
    "openai": _read_openai,
    "anthropic": _read_anthropic,
    "google": _read_google,
    "endpoint": _read_endpoint,
}
_WRITE: Mapping[Wire, Callable[[Question, Turn, str], dict[str, Any]]] = {
    "openai": _write_openai,
    "anthropic": _write_anthropic,
    "google": _write_google,
    "endpoint": _write_endpoint,
}
_ERRORS: Mapping[Wire, Callable[[Turn], dict[str, Any]]] = {
    "openai": lambda turn: {
        "error": {"message": "no", "type": turn.code or "server_error", "code": turn.code}
    },
    "anthropic": lambda turn: {
        "type": "error",
        "error": {"type": turn.code or "api_error", "message": "no"},
    },
    "google": lambda turn: {
        "error": {"code": turn.status, "message": "no", "status": turn.code or "INTERNAL"}
    },
    "endpoint": lambda turn: {"error": turn.code or "no"},
}
