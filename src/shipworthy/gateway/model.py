"""The Model port: one call to one language model, and how it ended.

An adapter makes one attempt. What the model said is a ``Reply``, good or bad; that the model could not
be asked is a ``CallFailure``. Retries, limits, prices and the cache are in ``calls.py``, which offers the
same port. This module knows nothing about providers, datasets or journals.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Protocol, get_args

from shipworthy.core.canonical import sha256_of
from shipworthy.core.errors import EnvironmentFailure, UserError
from shipworthy.gateway.json_schema import Problem, checker

__all__ = [
    "LOG_PROBABILITY",
    "CallFailure",
    "FailureKind",
    "Heed",
    "Model",
    "Reply",
    "Request",
    "Settings",
    "Status",
    "label_schema",
    "not_heeded",
]

Status = Literal["ok", "refused", "invalid", "timeout", "error"]
"""How a call ended; the prediction log's words. A reply cut off at max_tokens is invalid."""

LOG_PROBABILITY = "log-probability"
"""The confidence is the probability that the model itself gave its answer."""

_WRAPPING = 64  # tokens a provider puts around a conversation, at most
_WRAPPING_A_TURN = 8

Heed = Callable[[Mapping[str, str]], None]
"""Called with the headers of every HTTP response, errors included; names are looked up in lower case."""


def not_heeded(headers: Mapping[str, str]) -> None:
    """Headers nobody looks at."""
    del headers


def label_schema(labels: tuple[str, ...]) -> dict[str, Any]:
    """The JSON schema of an answer that is one of ``labels``: ``{"label": "…"}``."""
    return {
        "type": "object",
        "properties": {"label": {"type": "string", "enum": list(labels)}},
        "required": ["label"],
        "additionalProperties": False,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What all requests of one candidate share; checked and hashed once, not for every row.

    Raises:
        UserError: a value no model can use, or a schema with a keyword that is not checked here.
    """

    system: str | None = None
    """Instructions ahead of the conversation."""
    examples: tuple[tuple[str, str], ...] = ()
    """Earlier turns, as pairs of what a user said and what the model should have answered."""
    labels: tuple[str, ...] = ()
    """The labels to choose from. Without a schema of your own, the answer is ``{"label": …}``."""
    schema: Mapping[str, Any] | None = None
    """JSON schema of the answer; None for free text."""
    temperature: float | None = None
    """None leaves it to the provider (some models accept no other)."""
    max_tokens: int = 256
    """Longest answer, in tokens."""
    seed: int | None = None
    """Sent as seed + repeat where the provider takes one, so that repeats can differ."""
    logprobs: bool = False
    """Ask for log-probabilities, where the provider gives them."""
    digest: str = field(init=False, repr=False)
    """Hash of all of the above."""
    size: int = field(init=False, repr=False, compare=False)
    """Bytes that all of the above adds to each request, at most; no tokenizer makes more tokens."""
    check: Callable[[Any], Problem | None] | None = field(init=False, repr=False, compare=False)
    """What is wrong with a parsed answer, if anything; None for free text."""

    def __post_init__(self) -> None:
        self._refuse_nonsense()
        put = object.__setattr__
        if self.labels and self.schema is None:
            put(self, "schema", label_schema(self.labels))
        shared = {one.name: getattr(self, one.name) for one in fields(self) if one.init}
        put(self, "digest", sha256_of(shared))
        put(self, "size", self._size())
        put(self, "check", None if self.schema is None else checker(self.schema))

    def _size(self) -> int:
        texts = [self.system or "", *(text for pair in self.examples for text in pair)]
        wrapping = _WRAPPING + _WRAPPING_A_TURN * 2 * (1 + len(self.examples))
        schema = 0 if self.schema is None else 2 * len(str(self.schema).encode(errors="replace")) + 400
        return sum(len(text.encode(errors="replace")) for text in texts) + schema + wrapping

    def _refuse_nonsense(self) -> None:
        if self.max_tokens < 1:
            raise UserError(f"max_tokens is {self.max_tokens!r}; an answer needs at least 1 token.")
        if self.temperature is not None and not 0 <= self.temperature <= 2:
            raise UserError(f"temperature is {self.temperature!r}; models take 0 to 2.")
        if len(set(self.labels)) < len(self.labels) or not all(label.strip() for label in self.labels):
            raise UserError(f"The labels {self.labels!r} are not all different and not empty.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to one model."""

    settings: Settings
    """What it shares with the others."""
    prompt: str
    """What the user says: the prompt with the example's text in it. Text that is not Unicode is replaced."""
    repeat: int = 0
    """Which repetition of the same question this is, from 0."""

    def __post_init__(self) -> None:
        if not self.prompt.isascii():  # half of a surrogate pair cannot be sent as UTF-8
            sound = self.prompt.encode(errors="surrogatepass").decode(errors="replace")
            object.__setattr__(self, "prompt", sound)

    @property
    def seed(self) -> int | None:
        """The seed to send."""
        given = self.settings.seed
        return None if given is None else (given + self.repeat) % 2**31

    def key(self, version: str) -> str:
        """The content address: hex SHA-256 of model version, settings, repeat and prompt."""
        text = f"{version}\0{self.settings.digest}\0{self.repeat}\0{self.prompt}"
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How a call ended and what it took. What is not known is None, never 0."""

    status: Status
    """Only ``ok`` is an answer that can be used."""
    text: str | None = None
    """What the model wrote, also when it cannot be used."""
    parsed: Any = None
    """The JSON value in the text, where a schema was asked for and the text fits it."""
    proba: Mapping[str, float] | None = None
    """Label to probability, over all labels asked for."""
    confidence: float | None = None
    """Probability of the answer given."""
    confidence_source: str | None = None
    """Where the confidence comes from: ``log-probability``, ``service`` (the user's own), or None."""
    scores: Mapping[str, float] | None = None
    """Label to log-likelihood, before any calibration."""
    tokens_in: int | None = None
    """Tokens read, those from the provider's prompt cache included."""
    tokens_out: int | None = None
    """Tokens written, reasoning included."""
    cached_tokens: int | None = None
    """Tokens of ``tokens_in`` that the provider had in its prompt cache."""
    latency_ms: float | None = None
    """Time of the attempt that ended the call, without waiting for limits."""
    attempts: int = 1
    """Requests sent."""
    cost: float | None = None
    """US dollars for the call when it was made; None where the price or the tokens are unknown."""
    price_source: str | None = None
    """Where the price comes from, with its date."""
    model_version: str | None = None
    """The version the provider says answered."""
    detail: str | None = None
    """Why the status is not ok."""
    from_cache: bool = False
    """Nothing was sent or paid this time."""

    def row(self) -> dict[str, Any]:
        """Plain values by name, without those that are at their default; ``from_row`` reads it back."""
        return {name: value for name, value, usual in self._values() if value != usual}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Reply:
        """The reply that ``row`` wrote, out of a file that somebody may have changed.

        Raises:
            ValueError: no reply has such a row.
        """
        for name, value in row.items():
            if not isinstance(value, _KINDS.get(name, ())):
                raise ValueError(  # noqa: TRY004 - what is wrong is the file's content
                    f"{name!r} is not a part of a reply, or not {value!r:.80}"
                )
        if row.get("status") not in _STATUSES:
            raise ValueError(f"{row.get('status')!r:.80} is not how a call ends")
        return cls(**row)

    def _values(self) -> list[tuple[str, Any, Any]]:
        return [(name, getattr(self, name), usual) for name, usual in _DEFAULTS]


_DEFAULTS = [(one.name, one.default) for one in fields(Reply)]
_STATUSES = frozenset(get_args(Status))
_Kinds = tuple[type, ...]
_TEXT: _Kinds = (str, type(None))
_NUMBER: _Kinds = (int, float, type(None))
_COUNT: _Kinds = (int, type(None))
_MAPPING: _Kinds = (dict, type(None))
_KINDS: Mapping[str, _Kinds] = {
    "status": (str,),
    "text": _TEXT,
    "parsed": (object,),
    "proba": _MAPPING,
    "confidence": _NUMBER,
    "confidence_source": _TEXT,
    "scores": _MAPPING,
    "tokens_in": _COUNT,
    "tokens_out": _COUNT,
    "cached_tokens": _COUNT,
    "latency_ms": _NUMBER,
    "attempts": (int,),
    "cost": _NUMBER,
    "price_source": _TEXT,
    "model_version": _TEXT,
    "detail": _TEXT,
    "from_cache": (bool,),
}
"""Of which types the parts of a reply are."""

FailureKind = Literal[
    "rate_limited", "overloaded", "server", "connection", "timeout", "unauthorised", "quota", "not_found",
    "rejected",
]  # fmt: skip
"""Why the model could not be asked. The first four may go away by themselves."""


class CallFailure(EnvironmentFailure):
    """The model could not be asked, or gave nothing that can be read.

    Args:
        message: What happened, without any key in it.
        kind: Why, in one word.
        retry_after: Seconds the provider wants us to wait; None where it said nothing.
        billed: Whether the attempt may have been charged for.
        hint: What to do next.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: FailureKind,
        retry_after: float | None = None,
        billed: bool = False,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind
        self.retry_after = retry_after
        self.billed = billed

    @property
    def transient(self) -> bool:
        """Whether asking again may help."""
        return self.kind in {"rate_limited", "overloaded", "server", "connection"}


class Model(Protocol):
    """Anything that answers a request."""

    @property
    def id(self) -> str:
        """Its name for people, for instance ``openai:gpt-5-mini``."""
        ...

    @property
    def version(self) -> str:
        """All that is known beforehand of what determines its answers; part of the content address."""
        ...

    def ignored(self, settings: Settings) -> tuple[str, ...]:
        """Names of the settings that were asked for and that this model does not take."""
        ...

    async def reply(self, request: Request) -> Reply:
        """Ask once.

        Raises:
            CallFailure: there is no reply.
        """
        ...

    async def close(self) -> None:
        """Let go of connections. A closed model may be asked again."""
        ...
