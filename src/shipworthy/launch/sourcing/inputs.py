"""The uncertain quantities of a sourcing decision, and draws from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date  # at run time: Pydantic reads the field types
from typing import Literal

import numpy as np

from shipworthy.stats.arrays import FloatArray

__all__ = ["Basis", "Input", "drawn"]

Basis = Literal["measured", "given", "published", "assumption"]
"""Measured in a review, given by you, published by somebody, or assumed."""
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One quantity that a cost rests on."""

    id: str
    """Its name, as under ``ranges`` in ``source.answers.yaml``."""
    what: str
    """What it is, with its unit."""
    low: float
    """Lower end; for ``normal`` the lower end of a 95% interval."""
    high: float
    """Upper end; the same as ``low`` where it is certain."""
    shape: Literal["uniform", "whole", "normal"] = "uniform"
    """Every value between the ends alike, every whole number alike, or a bell around their middle."""
    basis: Basis
    """Who says so."""
    source: str
    """Where it comes from."""
    as_of: date | None = None
    """When it was read or measured."""
    note: str | None = None
    """What to keep in mind."""

    def at(self, lot: FloatArray) -> FloatArray:
        """The values at quantiles ``lot`` (n,), each between 0 and 1; never below 0."""
        match self.shape:
            case "uniform":
                return self.low + lot * (self.high - self.low)
            case "whole":
                first, last = round(self.low), round(self.high)
                values: FloatArray = np.minimum(first + np.floor(lot * (last - first + 1)), last)
                return values
            case "normal":
                from scipy.special import ndtri

                middle, spread = (self.low + self.high) / 2, (self.high - self.low) / (2 * _Z)
                bell: FloatArray = np.maximum(middle + spread * ndtri(np.clip(lot, 1e-12, 1 - 1e-12)), 0.0)
                return bell

    @property
    def middle(self) -> float:
        """The middle of its range."""
        return (self.low + self.high) / 2


def drawn(inputs: Sequence[Input], n: int, rng: np.random.Generator) -> Mapping[str, FloatArray]:
    """(n,) independent draws of every input, in their order."""
    return {one.id: one.at(rng.random(n)) for one in inputs}
