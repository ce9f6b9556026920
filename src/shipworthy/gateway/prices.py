"""What a call costs, from whom we know it, and as of when. An unknown price is None, never 0.

Prices are US dollars. Those of hosted models come from the genai-prices package, offline; where another
list is known to disagree (``data/price_disagreements.json``) the price says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Protocol

from shipworthy.core.errors import MissingExtraError, UserError

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice

__all__ = ["Disagreement", "GivenPrice", "ListedPrice", "Price", "known_disagreements", "listed_price"]

_MILLION = 1_000_000
_DATE = re.compile(r"20\d\d-\d\d-\d\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A model for which two price lists give different prices."""

    provider: str
    """Provider id."""
    model: str
    """Model id."""
    prices: tuple[tuple[str, float, float], ...]
    """Name of the list, price of a million input tokens, price of a million output tokens."""
    as_of: date
    """When the lists were compared."""

    def words(self) -> str:
        """One sentence."""
        each = " and ".join(
            f"{name} says {given:g} in and {written:g} out" for name, given, written in self.prices
        )
        return f"Price lists disagree (US dollars per million tokens, compared {self.as_of}): {each}."


class Price(Protocol):
    """What a model's calls cost."""

    @property
    def source(self) -> str:
        """Where the price comes from, with its date."""
        ...

    @property
    def caution(self) -> str | None:
        """Why the price may be wrong, in one sentence."""
        ...

    @property
    def by_token(self) -> bool:
        """Whether the cost depends on tokens."""
        ...

    def cost(self, *, tokens_in: int, cached: int, tokens_out: int, at: datetime) -> float:
        """US dollars for one call; ``cached`` of ``tokens_in`` came from the provider's prompt cache."""
        ...

    def most(self, *, tokens_in: int, tokens_out: int) -> float:
        """The most such a call can cost at any time of day, nothing being cached."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rates:
    """Dollars per million tokens, and per call."""

    given: float
    cached: float
    written: float
    call: float = 0.0

    def of(self, tokens_in: int, cached: int, tokens_out: int) -> float:
        fresh = max(tokens_in - cached, 0)
        tokens = fresh * self.given + cached * self.cached + tokens_out * self.written
        return tokens / _MILLION + self.call


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPrice:
    """A price that the user gave. All zero means: costs nothing.

    Raises:
        UserError: a negative price.
    """

    input: float = 0.0
    """US dollars per million input tokens."""
    output: float = 0.0
    """US dollars per million output tokens."""
    cached_input: float | None = None
    """US dollars per million input tokens from the prompt cache; None: like the others."""
    call: float = 0.0
    """US dollars per call."""
    said_in: str = "given by you"
    """Who says so, and when."""

    def __post_init__(self) -> None:
        for value in (self.input, self.output, self.cached_input or 0.0, self.call):
            if not 0 <= value < float("inf"):
                raise UserError(
                    f"{value!r} is not a price.", hint="US dollars per million tokens, 0 or more."
                )

    @property
    def source(self) -> str:
        """Where the price comes from."""
        return self.said_in

    @property
    def caution(self) -> None:
        """Nothing is known against it."""
        return

    @property
    def by_token(self) -> bool:
        """Whether any token costs something."""
        return any((self.input, self.output, self.cached_input))

    def cost(self, *, tokens_in: int, cached: int, tokens_out: int, at: datetime) -> float:
        """US dollars for one call."""
        del at
        cached_rate = self.input if self.cached_input is None else self.cached_input
        rates = _Rates(given=self.input, cached=cached_rate, written=self.output, call=self.call)
        return rates.of(tokens_in, cached, tokens_out)

    def most(self, *, tokens_in: int, tokens_out: int) -> float:
        """The most such a call can cost."""
        dear = max(self.input, self.cached_input or 0.0)
        return _Rates(given=dear, cached=0, written=self.output, call=self.call).of(tokens_in, 0, tokens_out)


class ListedPrice:
    """A price from genai-prices, with its dates, times of day and sizes of prompt."""

    by_token = True

    def __init__(self, provider: str, model: ModelInfo, *, today: date | None = None) -> None:
        self.title = f"{provider}:{model.id}"
        self.context_window = model.context_window
        self._info = model
        self.source = f"genai-prices {_version()} ({provider}/{model.id}), as of {_newest_entry()}"
        found = next(
            (one for one in known_disagreements() if (one.provider, one.model) == (provider, model.id)), None
        )
        coming = _coming(model, today or datetime.now(UTC).date())
        self.caution = " ".join(filter(None, (None if found is None else found.words(), coming))) or None
        self._dearest = self._highest()

    def cost(self, *, tokens_in: int, cached: int, tokens_out: int, at: datetime) -> float:
        """US dollars for one call at that moment."""
        return _rates(self._info.get_prices(at), tokens_in).of(tokens_in, cached, tokens_out)

    def most(self, *, tokens_in: int, tokens_out: int) -> float:
        """The most such a call can cost, over all dates, times of day and sizes."""
        return self._dearest.of(tokens_in, 0, tokens_out)

    def per_million(self, at: datetime) -> tuple[float, float]:
        """US dollars for a million input and a million output tokens of short prompts."""
        rates = _rates(self._info.get_prices(at), 0)
        return rates.given, rates.written

    def _highest(self) -> _Rates:
        prices = self._info.prices
        tables = [one.prices for one in prices] if isinstance(prices, list) else [prices]
        return _Rates(
            given=max(
                _steepest(table, ("input_mtok", "cache_write_mtok", "cache_read_mtok")) for table in tables
            ),
            cached=0.0,
            written=max(_steepest(table, ("output_mtok",)) for table in tables),
            call=max(_steepest(table, ("requests_kcount",)) / 1000 for table in tables),
        )


def _coming(model: ModelInfo, today: date) -> str | None:
    """The next change of the price that the list knows of, in one sentence."""
    prices = model.prices if isinstance(model.prices, list) else []
    starts = [(getattr(one.constraint, "start_date", None), one.prices) for one in prices]
    later = [(start, table) for start, table in starts if start is not None and start > today]
    if not later:
        return None
    start, table = min(later, key=lambda pair: pair[0])
    rates = _rates(table, 0)
    return f"The list changes this price on {start}, to {rates.given:g} in and {rates.written:g} out."


def _rates(table: ModelPrice, tokens_in: int) -> _Rates:
    known = table.__dict__
    given = _rate(known.get("input_mtok"), tokens_in)
    cached = known.get("cache_read_mtok")
    return _Rates(
        given=given,
        cached=given if cached is None else _rate(cached, tokens_in),
        written=_rate(known.get("output_mtok"), tokens_in),
        call=_rate(known.get("requests_kcount"), tokens_in) / 1000,
    )


def _rate(price: Any, tokens_in: int) -> float:
    """A plain price, or the one for this size of prompt: the last step that the prompt exceeds."""
    if price is None:
        return 0.0
    for tier in reversed(getattr(price, "tiers", ())):
        if tokens_in > tier.start:
            return float(tier.price)
    return float(getattr(price, "base", price))


def _steepest(table: ModelPrice, names: Sequence[str]) -> float:
    found = [table.__dict__.get(name) for name in names]
    return (
        max(float(price) for one in found if one is not None for price in _steps(one))
        if any(one is not None for one in found)
        else 0.0
    )


def _steps(price: Any) -> Iterable[Any]:
    yield getattr(price, "base", price)
    yield from (tier.price for tier in getattr(price, "tiers", ()))


def listed_price(provider: str, model: str, *, writes: bool = True) -> ListedPrice | None:
    """The price of a hosted model; None where the list has none.

    Args:
        provider: Provider id as in genai-prices: openai, anthropic, google, …
        model: Model name as the provider has it.
        writes: Whether it writes tokens, which then need a price; embedding models only read.

    Raises:
        MissingExtraError: no provider's extra is installed, so there is no list.
    """
    try:
        from genai_prices.data_snapshot import get_snapshot
    except ImportError as error:
        raise MissingExtraError(provider, needed_for=f"The price of {model!r}") from error
    try:
        found, info = get_snapshot().find_provider_model(model, None, provider, None)
    except LookupError:
        return None
    priced = _any_price(info, ("input_mtok", "output_mtok") if writes else ("input_mtok",))
    return ListedPrice(found.id, info) if priced else None


def _any_price(info: ModelInfo, names: Sequence[str]) -> bool:
    """A model without a price of its tokens is one whose price is unknown, not one that is free."""
    prices = info.prices
    tables = [one.prices for one in prices] if isinstance(prices, list) else [prices]
    return bool(tables) and all(name in table.__dict__ for table in tables for name in names)


@cache
def known_disagreements() -> tuple[Disagreement, ...]:
    """Models whose price differs between lists, as shipped with this version."""
    content = (
        resources.files("shipworthy.gateway").joinpath("data/price_disagreements.json").read_text("utf-8")
    )
    told = json.loads(content)
    return tuple(
        Disagreement(
            provider=one["provider"],
            model=one["model"],
            prices=tuple((name, each["input"], each["output"]) for name, each in one["prices"].items()),
            as_of=date.fromisoformat(told["as_of"]),
        )
        for one in told["disagreements"]
    )


@cache
def _version() -> str:
    from importlib.metadata import version

    return version("genai-prices")


@cache
def _newest_entry() -> str:
    """The latest past date that the list's remarks mention: the list is at least that new.

    The package does not say when its prices were collected.
    """
    from genai_prices.data_snapshot import get_snapshot

    today = datetime.now(UTC).date().isoformat()
    remarks = [
        remark
        for provider in get_snapshot().providers
        for remark in (provider.price_comments, *(model.price_comments for model in provider.models))
        if remark
    ]
    dates = {found for remark in remarks for found in _DATE.findall(remark) if found <= today}
    return max(dates, default="an unknown date")
