"""How many labels are wrong, from probabilities that mean what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shipworthy.stats.estimate import Estimate, Measured, measured, undefined

if TYPE_CHECKING:
    from shipworthy.stats.arrays import FloatArray, IntArray

__all__ = ["wrong_labels"]

_UNLIKELY = 0.005
"""A label to which the model gives less than this is contradicted."""

_METHOD = "contradicted labels beyond those expected, exact Poisson"


def wrong_labels(labels: IntArray, proba: FloatArray) -> Measured:
    """Number of labels that are wrong, at least.

    With right labels and calibrated probabilities, the number of rows whose label was given a
    probability below 0.5% is close to Poisson with a mean that the probabilities themselves say.
    What is seen beyond that mean is the number of wrong labels (those that the model contradicts
    clearly; a wrong label on a row that reads either way is not counted).

    Args:
        labels: (n,) given labels as positions of the K classes.
        proba: (n, K) calibrated probabilities by a model that did not learn from the row; rows
            with NaN are passed over.

    Returns:
        A count whose interval is Garwood's (1936) for the Poisson mean, minus the expectation.
    """
    usable = ~np.isnan(proba).any(axis=1)
    shares, given = proba[usable], labels[usable]
    n = len(given)
    if n == 0:
        return measured(lambda level: undefined("no rows", method=_METHOD, unit="count", level=level))
    seen = int(np.sum(shares[np.arange(n), given] < _UNLIKELY))
    expected = float(shares[shares < _UNLIKELY].sum())

    def at(level: float) -> Estimate:
        from scipy.special import gammaincinv

        tail = (1 - level) / 2
        low = float(gammaincinv(seen, tail)) if seen else 0.0
        high = float(gammaincinv(seen + 1, 1 - tail))
        return Estimate(
            value=max(seen - expected, 0.0),
            low=max(low - expected, 0.0),
            high=max(high - expected, 0.0),
            n=n,
            method=_METHOD,
            level=level,
            unit="count",
        )

    return measured(at)
