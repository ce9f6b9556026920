"""How a language model reads and writes, shown on the real local model and on nothing else.

Numbers of hosted models are marked as estimates: their tokenizers are not on this machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shipworthy.core.errors import UserError
from shipworthy.gateway.adapters.local import NextToken
from shipworthy.gateway.model import Reply, Request, Settings
from shipworthy.gateway.prices import ListedPrice

__all__ = [
    "ContextExplained",
    "HostedCost",
    "Reader",
    "TemperatureExplained",
    "TokensExplained",
    "Window",
    "explain_context",
    "explain_temperature",
    "explain_tokens",
]

_VOCABULARY = 1_000_000
_LONGEST_TEXT = 1_000_000


class Reader(Protocol):
    """What is needed of the local model."""

    @property
    def id(self) -> str:
        """Its name."""
        ...

    @property
    def context(self) -> int:
        """Tokens it reads."""
        ...

    async def tokens(self, text: str) -> list[str]:
        """The text cut at token boundaries."""
        ...

    async def next_tokens(self, prompt: str, *, settings: Settings, most: int) -> list[NextToken]:
        """The most probable next tokens."""
        ...

    async def reply(self, request: Request) -> Reply:
        """What it writes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedCost:
    """What reading the same text costs at a hosted model; an estimate."""

    model: str
    """Provider and model."""
    dollars: float
    """US dollars to read the text once, if it is as many tokens there as here."""
    most: float
    """US dollars if every byte were a token: it cannot be more."""
    source: str
    """Where the price comes from."""
    caution: str | None
    """Why the price may be wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensExplained:
    """A text as a model reads it."""

    tokenizer: str
    """Whose tokens these are."""
    pieces: tuple[str, ...]
    """The tokens, in order."""
    count: int
    """How many tokens."""
    characters: int
    """Length of the text."""
    costs: tuple[HostedCost, ...]
    """Hosted models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperatureExplained:
    """What comes next at one temperature."""

    temperature: float
    """0: always the most probable."""
    tokens: tuple[tuple[str, float], ...]
    """The most probable tokens and their probabilities."""
    entropy: float
    """Bits of surprise in the next token."""
    within_top_p: int
    """Tokens that top-p leaves to choose from."""
    top_k_share: float
    """Probability of the tokens that top-k leaves to choose from."""
    samples: tuple[str, ...]
    """What the model wrote, once for each seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Whether a text fits into what a model reads at once."""

    model: str
    """Whose window."""
    size: int
    """Tokens it reads, its answer included."""
    tokens: int
    """Tokens of text and answer: counted for the local model, taken over from it for hosted ones."""
    estimated: bool
    """Whether the count is taken over."""
    fits: bool
    """Whether text and answer fit."""
    dollars: float | None
    """US dollars to read the text once; None where it does not fit or the price is unknown."""
    source: str
    """Where the price comes from."""
    caution: str | None
    """Why the price may be wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextExplained:
    """What of a text a model sees."""

    windows: tuple[Window, ...]
    """The local model first."""
    kept: int
    """Characters that the local model would read, counted from the start."""
    last_kept: str
    """The end of what it would read."""
    first_cut: str
    """The beginning of what it would not."""


async def explain_tokens(
    text: str, reader: Reader, *, prices: Sequence[ListedPrice] = (), at: datetime
) -> TokensExplained:
    """Cut a text into tokens, and say what reading it costs.

    Raises:
        UserError: the text is longer than a million characters.
    """
    pieces = await _pieces(text, reader)
    costs = [
        HostedCost(
            model=price.title,
            dollars=price.cost(tokens_in=len(pieces), cached=0, tokens_out=0, at=at),
            most=price.most(tokens_in=len(text.encode(errors="replace")), tokens_out=0),
            source=price.source,
            caution=price.caution,
        )
        for price in prices
    ]
    return TokensExplained(
        tokenizer=reader.id,
        pieces=tuple(pieces),
        count=len(pieces),
        characters=len(text),
        costs=tuple(costs),
    )


async def _pieces(text: str, reader: Reader) -> list[str]:
    if len(text) > _LONGEST_TEXT:
        raise UserError(f"The text has {len(text):,} characters; at most {_LONGEST_TEXT:,} are explained.")
    return await reader.tokens(text) if text else []


async def explain_temperature(
    prompt: str,
    reader: Reader,
    *,
    temperatures: Sequence[float] = (0.0, 0.3, 0.7, 1.0, 1.5),
    top_p: float = 0.9,
    top_k: int = 40,
    shown: int = 10,
    seeds: Sequence[int] = (1, 2, 3),
    length: int = 24,
) -> list[TemperatureExplained]:
    """The distribution of the next token at several temperatures, over the whole vocabulary, and samples.

    Raises:
        UserError: an empty prompt, or values out of range.
    """
    if not prompt.strip() or not 0 < top_p <= 1 or top_k < 1 or length < 1:
        raise UserError("Give a prompt, a top-p between 0 and 1, and a top-k and a length of 1 or more.")
    likely = await reader.next_tokens(prompt, settings=Settings(), most=_VOCABULARY)
    return [
        _explained(
            [(one.text, one.log_probability) for one in likely],
            temperature,
            top_p=top_p,
            top_k=top_k,
            shown=shown,
            samples=await _samples(prompt, reader, temperature, seeds, length),
        )
        for temperature in temperatures
    ]


async def _samples(
    prompt: str, reader: Reader, temperature: float, seeds: Sequence[int], length: int
) -> tuple[str, ...]:
    written = []
    for seed in seeds if temperature > 0 else seeds[:1]:
        settings = Settings(temperature=temperature, seed=seed, max_tokens=length)
        written.append((await reader.reply(Request(settings=settings, prompt=prompt))).text or "")
    return tuple(written)


def _explained(
    likely: Sequence[tuple[str, float]],
    temperature: float,
    *,
    top_p: float,
    top_k: int,
    shown: int,
    samples: tuple[str, ...],
) -> TemperatureExplained:
    chances = _at_temperature([log_probability for _, log_probability in likely], temperature)
    within, total = 0, 0.0
    for chance in chances:
        within, total = within + 1, total + chance
        if total >= top_p:
            break
    return TemperatureExplained(
        temperature=temperature,
        tokens=tuple((text, chance) for (text, _), chance in zip(likely[:shown], chances, strict=False)),
        entropy=-sum(chance * math.log2(chance) for chance in chances if chance > 0),
        within_top_p=within,
        top_k_share=sum(chances[:top_k]),
        samples=samples,
    )


def _at_temperature(log_probabilities: Sequence[float], temperature: float) -> list[float]:
    """Probabilities proportional to p^(1/T), in the same order: the most probable first."""
    if temperature == 0:
        return [1.0, *[0.0] * (len(log_probabilities) - 1)]
    highest = max(log_probabilities)
    weights = [math.exp((one - highest) / temperature) for one in log_probabilities]
    total = sum(weights)
    return [weight / total for weight in weights]


async def explain_context(
    text: str,
    reader: Reader,
    *,
    prices: Sequence[ListedPrice] = (),
    at: datetime,
    answer: int = 256,
    shown: int = 120,
) -> ContextExplained:
    """What of a text fits into the windows of models, with room for an answer.

    Raises:
        UserError: the text is longer than a million characters, or the answer fills the window.
    """
    if not 0 < answer < reader.context:
        raise UserError(f"An answer of {answer} tokens leaves no room in a window of {reader.context}.")
    pieces = await _pieces(text, reader)
    kept = await _fitting(text, reader, reader.context - answer)
    tokens = len(pieces) + answer
    windows = [
        Window(
            model=reader.id,
            size=reader.context,
            tokens=tokens,
            estimated=False,
            fits=tokens <= reader.context,
            dollars=0.0,
            source="runs on this machine",
            caution=None,
        )
    ]
    windows += [_window(price, len(pieces), answer, at) for price in prices if price.context_window]
    return ContextExplained(
        windows=tuple(windows),
        kept=kept,
        last_kept=text[max(kept - shown, 0) : kept],
        first_cut=text[kept : kept + shown],
    )


async def _fitting(text: str, reader: Reader, room: int) -> int:
    """The most characters, from the start, whose tokens fit. Found by halving: a token may be part of one."""
    least, most = 0, len(text)
    while least < most:
        middle = (least + most + 1) // 2
        if len(await reader.tokens(text[:middle])) <= room:
            least = middle
        else:
            most = middle - 1
    return least


def _window(price: ListedPrice, tokens: int, answer: int, at: datetime) -> Window:
    size = price.context_window or 0
    fits = tokens + answer <= size
    cost = price.cost(tokens_in=tokens, cached=0, tokens_out=0, at=at) if fits else None
    return Window(
        model=price.title,
        size=size,
        tokens=tokens + answer,
        estimated=True,
        fits=fits,
        dollars=cost,
        source=price.source,
        caution=price.caution,
    )
