"""From what a model wrote to an answer: is it there, is it whole, does it fit what was asked for?"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shipworthy.gateway.model import LOG_PROBABILITY, Reply, Settings

__all__ = ["Ending", "Said", "judged", "parsed_json"]

_FENCE = "```"
_LONGEST_DETAIL = 300

Ending = str
"""How a provider says that it stopped: ``stop``, ``length`` or ``refused``; others count as stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a provider sent back, in the same words for all of them."""

    text: str | None
    """What the model wrote."""
    ending: Ending = "stop"
    """Why it stopped."""
    refusal: str | None = None
    """What it said instead of an answer."""
    tokens: Sequence[tuple[str, float]] = ()
    """Text and log-probability of each token written, where they were given."""
    tokens_in: int | None = None
    """Tokens read, cached ones included."""
    tokens_out: int | None = None
    """Tokens written."""
    cached_tokens: int | None = None
    """Tokens read from the provider's prompt cache."""
    model_version: str | None = None
    """Who the provider says answered."""


def judged(said: Said, settings: Settings) -> Reply:
    """The reply: refused, cut off, not what was asked for, or an answer."""
    used: dict[str, Any] = {
        "text": said.text,
        "tokens_in": said.tokens_in,
        "tokens_out": said.tokens_out,
        "cached_tokens": said.cached_tokens,
        "model_version": said.model_version,
    }
    if said.ending == "refused":
        reason = said.refusal or said.text or "the provider's filter stopped the answer"
        return Reply(status="refused", detail=_short(reason), **used)
    if said.ending == "length":
        detail = f"cut off at {settings.max_tokens} tokens (max_tokens)"
        return Reply(status="invalid", detail=detail, **used)
    if not said.text or not said.text.strip():
        return Reply(status="invalid", detail="the answer is empty", **used)
    if settings.check is None:
        return Reply(status="ok", **used)
    parsed, problem = parsed_json(said.text)
    if problem is None:
        problem = settings.check(parsed)
    if problem is not None:
        return Reply(status="invalid", detail=_short(problem), **used)
    confidence = _confidence(said, settings, parsed)
    source = None if confidence is None else LOG_PROBABILITY
    return Reply(status="ok", parsed=parsed, confidence=confidence, confidence_source=source, **used)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_DETAIL else text[: _LONGEST_DETAIL - 1] + "…"


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def parsed_json(text: str) -> tuple[Any, str | None]:
    """The JSON value of a text, which may stand in one Markdown fence; or None and what is wrong."""
    try:
        return json.loads(_unfenced(text), parse_constant=_refuse_constant), None
    except RecursionError:
        return None, "the answer is not JSON: it is nested too deeply"
    except ValueError as error:
        return None, f"the answer is not JSON: {error}"


def _unfenced(text: str) -> str:
    inside = text.strip()
    if not (inside.startswith(_FENCE) and inside.endswith(_FENCE) and "\n" in inside):
        return text
    return inside.partition("\n")[2][: -len(_FENCE)]


def _confidence(said: Said, settings: Settings, parsed: Any) -> float | None:
    """Probability of the label given, as the product over the tokens that spell it.

    It is the model's own probability of writing this label here; what it would have written instead is
    not known, so there are no probabilities of the other labels. None where the tokens do not join up
    to the text, or the label is not in it word by word.
    """
    label = parsed.get("label") if isinstance(parsed, dict) and settings.labels else None
    if not said.tokens or not isinstance(label, str):
        return None
    joined = "".join(token for token, _ in said.tokens)
    quoted = json.dumps(label, ensure_ascii=False)
    found = joined.rfind(quoted)
    if found < 0:
        return None
    first, last = found + 1, found + len(quoted) - 1
    total, position = 0.0, 0
    for token, logprob in said.tokens:
        if position < last and position + len(token) > first:
            total += logprob
        position += len(token)
    return math.exp(min(total, 0.0)) if not math.isnan(total) else None
