"""How a language model reads and writes, shown on the local model; what the same costs at hosted ones."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import MissingExtraError, UserError, Where
from shipworthy.core.files import readable
from shipworthy.gateway import explain
from shipworthy.gateway.explain import ContextExplained, TemperatureExplained, TokensExplained

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.gateway.adapters.local import LocalModel
    from shipworthy.gateway.prices import ListedPrice

__all__ = [
    "TemperatureShown",
    "explain_context",
    "explain_temperature",
    "explain_tokens",
    "text_of",
]

_HOSTED = ("openai:gpt-5-mini", "anthropic:claude-haiku-4-5", "google:gemini-2.5-flash")
_LARGEST_FILE = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperatureShown:
    """What a model would write next, at several temperatures."""

    model: str
    """Whose words these are."""
    prompt: str
    """What it was asked."""
    top_p: float
    """Share of probability that top-p keeps."""
    top_k: int
    """Number of tokens that top-k keeps."""
    temperatures: tuple[TemperatureExplained, ...]
    """One for each temperature."""


def text_of(file: Path) -> str:
    """The text of a file.

    Raises:
        UserError: it is missing, too large, or not UTF-8 text.
    """
    size = readable(file).stat().st_size
    where = Where(file=file)
    if size > _LARGEST_FILE:
        raise UserError(f"The file has {size:,} bytes; at most {_LARGEST_FILE:,} are explained.", where=where)
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(
            "This file is not UTF-8 text.", where=where, hint="Save it as plain text in UTF-8."
        ) from None


def explain_tokens(text: str, *, models: Sequence[str] = (), clock: Clock | None = None) -> TokensExplained:
    """Cut a text into tokens, and say what reading it costs at hosted models.

    Args:
        text: The text.
        models: ``local`` or ``local:FILE`` for whose tokens, and hosted models to price.
        clock: The time, for prices; the machine's when left out.

    Raises:
        UserError: the local model is not here, a model cannot be understood, or the text is too long.
    """
    at = (clock or SystemClock()).now()
    return asyncio.run(explain.explain_tokens(text, _reader(models), prices=_prices(models), at=at))


def explain_temperature(
    prompt: str,
    *,
    model: str = "local",
    temperatures: Sequence[float] = (0.0, 0.3, 0.7, 1.0, 1.5),
    top_p: float = 0.9,
    top_k: int = 40,
    samples: int = 3,
    length: int = 24,
) -> TemperatureShown:
    """What the local model would write next, at several temperatures, and what it does write.

    Args:
        prompt: What it is asked.
        model: ``local`` or ``local:FILE``.
        temperatures: Each 0 to 2.
        top_p: Share of probability that top-p keeps.
        top_k: Number of tokens that top-k keeps.
        samples: Answers to draw at each temperature, with seeds 1, 2, …
        length: Tokens of each answer.

    Raises:
        UserError: the local model is not here, or a value cannot be used.
    """
    reader = _reader([model])
    found = explain.explain_temperature(
        prompt,
        reader,
        temperatures=temperatures,
        top_p=top_p,
        top_k=top_k,
        seeds=range(1, samples + 1),
        length=length,
    )
    return TemperatureShown(
        model=reader.id, prompt=prompt, top_p=top_p, top_k=top_k, temperatures=tuple(asyncio.run(found))
    )


def explain_context(
    text: str, *, models: Sequence[str] = (), answer: int = 256, clock: Clock | None = None
) -> ContextExplained:
    """What of a text fits into what models read at once, what is cut off, and what reading it costs.

    Args:
        text: The text.
        models: ``local`` or ``local:FILE`` for whose tokens, and hosted models.
        answer: Tokens to keep free for the answer.
        clock: The time, for prices; the machine's when left out.

    Raises:
        UserError: the local model is not here, a model cannot be understood, or the text is too long.
    """
    at = (clock or SystemClock()).now()
    found = explain.explain_context(text, _reader(models), prices=_prices(models), at=at, answer=answer)
    return asyncio.run(found)


def _is_local(model: str) -> bool:
    return model.partition(":")[0].strip() == "local"


def _reader(models: Sequence[str]) -> LocalModel:
    """The local model that was named, else the packaged one."""
    from shipworthy.gateway.adapters.local import LocalModel

    local = [model for model in models if _is_local(model)]
    if len(local) > 1:
        raise UserError("Tokens are shown for one local model; several were named.", hint="Name one.")
    path = local[0].partition(":")[2].strip() if local else ""
    return LocalModel(Path(path) if path else None)


def _prices(models: Sequence[str]) -> list[ListedPrice]:
    """Prices of the hosted models that were named, else of one small model of each vendor."""
    named = [model for model in models if not _is_local(model)]
    try:
        found = [_price(model) for model in named or _HOSTED]
    except MissingExtraError:
        if named:
            raise
        return []  # the list of prices comes with a vendor's extra
    return found


def _price(model: str) -> ListedPrice:
    from shipworthy.gateway.adapters.vendors import ADDRESSES
    from shipworthy.gateway.prices import listed_price
    from shipworthy.gateway.specs import model_spec

    spec = model_spec(model, named_in="--model")
    price = listed_price(spec.kind, spec.name) if spec.kind in ADDRESSES else None
    if price is None:
        raise UserError(
            f"Nobody here knows what {spec.title!r} costs and how much it reads.",
            hint="Name a hosted model of the price list, for instance openai:gpt-5-mini.",
        )
    return price
