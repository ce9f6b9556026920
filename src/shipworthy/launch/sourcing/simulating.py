"""Monte Carlo over the inputs: ranges of what follows from them, and which input makes the range wide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shipworthy.launch.sourcing.inputs import Input, drawn
from shipworthy.stats.arrays import FloatArray

__all__ = ["DRAWS", "Spread", "VarianceShare", "spread", "variance_shares"]

DRAWS = 20_000
"""Draws of a simulation: the ends of a range are then good to about half a percentile."""
_LOW, _HIGH = 0.05, 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A quantity that follows from uncertain inputs; the ends rest on beliefs, not on a sample."""

    middle: float
    """Half of the draws are below."""
    low: float
    """1 draw in 20 is below."""
    high: float
    """1 draw in 20 is above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceShare:
    """How much of a result's uncertainty one input makes."""

    input: str
    """The input's id."""
    what: str
    """What it is."""
    share: float
    """Share of the variance that would go if it were known exactly."""


def spread(values: FloatArray) -> Spread | None:
    """Middle and ends of (n,) draws; None where an end is not finite."""
    low, middle, high = (
        float(np.quantile(values, level, method="inverted_cdf")) for level in (_LOW, 0.5, _HIGH)
    )
    finite = np.isfinite([low, middle, high]).all()
    return Spread(low=low, middle=middle, high=high) if finite else None


def variance_shares(
    inputs: Sequence[Input],
    result: Callable[[Mapping[str, FloatArray]], FloatArray],
    *,
    seed: int,
    n: int = DRAWS,
) -> tuple[VarianceShare, ...]:
    """First-order shares of the variance of ``result``, the largest first; empty where it does not vary.

    Each share is 1 - E[(f(B) - f(A with that input from B))²] / 2 Var f, estimated with two independent
    sets of draws A and B.

    References:
        M. Jansen, "Analysis of variance designs for model output", Computer Physics Communications 117
        (1999) 35-43; A. Saltelli et al., the same journal 181 (2010) 259-270, table 2.
    """
    rng = np.random.default_rng(seed)
    first, second = drawn(inputs, n, rng), drawn(inputs, n, rng)
    base = result(second)
    variance = float(np.var(np.concatenate([result(first), base])))
    if not np.isfinite(variance) or variance <= 0:
        return ()
    found = []
    for one in inputs:
        if one.low < one.high:
            mixed = result({**first, one.id: second[one.id]})
            share = 1 - float(np.mean((base - mixed) ** 2)) / (2 * variance)
            found.append(VarianceShare(input=one.id, what=one.what, share=min(max(share, 0.0), 1.0)))
    return tuple(sorted(found, key=lambda one: -one.share))
