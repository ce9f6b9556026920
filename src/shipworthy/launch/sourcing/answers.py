"""``papers/source.answers.yaml``: what no review can know about a sourcing decision."""

from __future__ import annotations

from datetime import date  # at run time: Pydantic reads the field types
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shipworthy.core.errors import SpecError
from shipworthy.core.yaml_file import model_from_yaml, read_yaml
from shipworthy.launch.sourcing.tripwires import score_tripwire

__all__ = ["Route", "SourceAnswers", "TokenPrice", "WaitAnswers", "read_source_answers"]

Route = Literal["api", "fine_tune", "self_host", "trained"]
"""A hosted model as it is, a tuned one, an open model on machines of your own, a small classifier."""
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class TokenPrice(_Strict):
    """What a hosted model charges."""

    input: Amount
    """US dollars per million tokens read."""
    output: Amount
    """US dollars per million tokens written."""


class WaitAnswers(_Strict):
    """When waiting ends."""

    until: date | None = None
    """The day on which to decide again at the latest."""
    cost_per_1000: Amount | None = None
    """US dollars for a thousand items at which to decide again."""
    score: str | None = Field(None, max_length=300)
    """A score at which to decide again, for instance ``accuracy >= 0.92``."""

    @field_validator("score")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        if value is not None:
            score_tripwire(value)
        return value


class SourceAnswers(_Strict):
    """What only people know, and what replaces the ranges that ship with Shipworthy."""

    model: str | None = Field(None, max_length=200)
    """A hosted model to price, for instance ``openai:gpt-5-mini``, where the review measured none."""
    price: TokenPrice | None = None
    """Its price, where no list has it."""
    tokens_in: Amount | None = None
    """Tokens read per item, where no review measured them."""
    tokens_out: Amount | None = None
    """Tokens written per item, where no review measured them."""
    routes: dict[str, Route] = {}
    """Candidate to the way it stands for, where its kind does not say."""
    ranges: dict[str, tuple[float, float]] = {}
    """Input to the range that replaces ours."""
    data_may_go: Literal["anywhere", "one_region", "nowhere"] | None = None
    """Where the data may be processed; ``nowhere``: only on machines of your own."""
    vendor_in_region: bool | None = None
    """Whether the vendor promises to process them in that region."""
    max_latency_ms: Amount | None = None
    """The slowest that 19 of 20 answers may be."""
    vendor_retires: date | None = None
    """When the vendor switches this model off."""
    horizon_months: int = Field(12, ge=1, le=120)
    """Months that the decision should hold."""
    wait: WaitAnswers = WaitAnswers()
    """When waiting ends."""

    @field_validator("ranges")
    @classmethod
    def _ordered(cls, value: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
        for name, (low, high) in value.items():
            if not 0 <= low <= high < float("inf"):
                raise SpecError(
                    f"The range of {name!r} is {low:g} to {high:g}.",
                    hint="Write [lower, higher], 0 or more: gpu_hour: [1.8, 2.6]",
                )
        return value


def read_source_answers(path: Path) -> SourceAnswers:
    """Read the answers.

    Raises:
        SpecError: a name or a value cannot be used; file and line are given.
    """
    file = read_yaml(path)
    return SourceAnswers() if file.value is None else model_from_yaml(SourceAnswers, file)
