"""What building, tuning, buying or waiting costs: ranges with source and date."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shipworthy.playbook._files import read
from shipworthy.playbook.items import Source

__all__ = ["CostRange", "cost_ranges"]


class CostRange(BaseModel):
    """One uncertain quantity of a sourcing decision."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    """Its name, as under ``ranges`` in ``source.answers.yaml``."""
    what: str
    """What it is, with its unit."""
    low: float
    """Lower end."""
    high: float
    """Upper end."""
    whole: bool = False
    """Whether only whole numbers make sense."""
    basis: Literal["published", "assumption"]
    """Whether somebody published it, or it is ours."""
    source: Source
    """Where it comes from."""
    as_of: date
    """When it was read."""
    note: str | None = None
    """What to keep in mind."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    items: tuple[CostRange, ...]


@cache
def cost_ranges() -> tuple[CostRange, ...]:
    """All ranges, in the order of the file."""
    return read("sourcing.yaml", _File).items
