"""One sourcing decision from beginning to end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import SpecError, Where
from shipworthy.launch.sourcing.answers import SourceAnswers
from shipworthy.launch.sourcing.deciding import recommend, wait_for
from shipworthy.launch.sourcing.facts import gather_facts
from shipworthy.launch.sourcing.options import look_ahead
from shipworthy.launch.sourcing.paper import Sourcing
from shipworthy.launch.sourcing.simulating import DRAWS

if TYPE_CHECKING:
    from shipworthy.evals.spec import FeatureSpec

__all__ = ["weigh"]


def weigh(
    spec: FeatureSpec,
    report: Mapping[str, Any] | None,
    answers: SourceAnswers,
    *,
    on: date,
    seed: int = 0,
    where: Where | None = None,
) -> Sourcing:
    """Weigh the ways to source a feature.

    Args:
        spec: The feature.
        report: The JSON of its newest review; None where there is none.
        answers: What people said.
        on: The day.
        seed: Seed of the simulation.
        where: The answers' file, for errors.

    Raises:
        SpecError: the feature has no volume, or an answer cannot be used.
    """
    known = gather_facts(spec, report, answers, on=on, where=where or Where())
    value = spec.value
    if value is None or not value.volume_per_month:
        raise SpecError(
            "At 0 items a month nothing can be weighed.", where=Where(field="value.volume_per_month")
        )
    outlook = look_ahead(known, answers, value, spec.costs, on=on, seed=seed)
    waiting = wait_for(outlook, answers, value, spec.costs, report, on=on)
    unplaced = tuple(f"Which way {name!r} stands for: say under 'routes'." for name in known.unplaced)
    return Sourcing(
        feature=spec.name,
        on=on,
        review=known.review,
        verdict=None if report is None else str(report["verdict"]["decision"]),
        rows=0 if report is None else int(report["data"]["rows"].get("test", 0)),
        currency=value.currency,
        volume=value.volume_per_month,
        seed=seed,
        draws=DRAWS,
        options=outlook.options,
        break_even=outlook.break_even,
        waiting=waiting,
        recommendation=recommend(outlook, waiting, report, currency=value.currency),
        inputs=known.inputs,
        prices=known.prices,
        gaps=(*known.gaps, *unplaced),
    )
