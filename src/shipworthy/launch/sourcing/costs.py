"""What each way costs a month at a volume, and from which volume a machine of your own is cheaper.

All amounts are US dollars. Every function takes arrays of draws and works on each draw by itself.

A machine is bought whole, so the cost of an open model on machines of your own is a step function of the
volume: ``replicas(V) · GPUs · hours · price · overhead + people``, with
``replicas(V) = max(at least, ⌈V / capacity of one⌉)``. A hosted model costs ``V · price + people``.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from shipworthy.stats.arrays import FloatArray

__all__ = [
    "HOURS",
    "api_month",
    "break_even",
    "capacity",
    "fleet",
    "item_price",
    "self_host_month",
    "trained_month",
    "tuned_month",
]

Draws = Mapping[str, FloatArray]
HOURS = 730.0
"""Hours in a month."""
_WORKING_DAYS = 220.0
_MILLION = 1e6


def item_price(x: Draws) -> FloatArray:
    """What a hosted model charges for one item.

    As measured in the review times how far price lists differ, or tokens times list price.
    """
    if "api_item" in x:
        return x["api_item"] * x["price_factor"]
    return (x["tokens_in"] * x["price_in"] + x["tokens_out"] * x["price_out"]) / _MILLION


def api_month(x: Draws) -> FloatArray:
    """A hosted model as it is: calls, and the people who look after it."""
    return x["volume"] * item_price(x) + x["operator_year"] / 12 * x["api_share"]


def tuned_month(x: Draws) -> FloatArray:
    """A tuned model: calls, people, and the rounds of tuning spread over the year."""
    calls = x["volume"] * item_price(x) * x["tuned_price"]
    tuning_round = x["tuning_days"] / _WORKING_DAYS * x["operator_year"] + x["tuning_compute"]
    return calls + x["operator_year"] / 12 * x["api_share"] + x["tuning_rounds"] / 12 * tuning_round


def trained_month(x: Draws) -> FloatArray:
    """A small classifier: a server and a little of somebody's time."""
    return x["small_server"] + x["operator_year"] / 12 * x["trained_share"]


def capacity(x: Draws) -> FloatArray:
    """Items a month that one replica can take: tokens a second, over the hours that it is busy."""
    load = x["tokens_out"] + x["read_weight"] * x["tokens_in"]
    return x["tokens_per_second"] * 3600 * HOURS * x["utilisation"] / np.maximum(load, 1e-9)


def fleet(x: Draws) -> FloatArray:
    """Replicas that must run: whole ones, and never fewer than are needed to survive a failure."""
    return np.maximum(x["replicas_at_least"], np.ceil(x["volume"] / capacity(x)))


def self_host_month(x: Draws) -> FloatArray:
    """An open model on machines of your own."""
    return fleet(x) * _replica(x) + _people(x)


def break_even(x: Draws) -> FloatArray:
    """The first volume a month at which machines of your own cost no more than the hosted model.

    With k replicas (cost ``k·g + F``, room for ``k·c`` items) against ``a + p·V`` they are level at
    ``V = (k·g + F - a) / p``. That counts only if the k replicas can take V, that is if
    ``F - a <= k·(p·c - g)``; the smallest such k decides. Just above a step it may be dearer again.

    Returns:
        (n,) items a month; infinite where no fleet, however large, gets there.
    """
    price, room, each = item_price(x), capacity(x), _replica(x)
    fixed = _people(x) - x["operator_year"] / 12 * x["api_share"]
    gained = price * room - each
    least = x["replicas_at_least"]
    with np.errstate(divide="ignore", invalid="ignore"):
        grown = np.maximum(least, np.ceil(fixed / gained))
        replicas = np.where(gained > 0, grown, np.where(fixed <= least * gained, least, np.inf))
        level = (replicas * each + fixed) / price
    after_step = np.where(replicas > least, room * (replicas - 1), 0.0)
    found: FloatArray = np.where(np.isfinite(replicas) & (price > 0), np.maximum(level, after_step), np.inf)
    return np.maximum(found, 0.0)


def _replica(x: Draws) -> FloatArray:
    return x["gpus_per_replica"] * x["gpu_hour"] * HOURS * x["overhead"]


def _people(x: Draws) -> FloatArray:
    return x["operator_year"] / 12 * x["operator_share"]
