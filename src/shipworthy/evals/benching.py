"""The bench that bars are held against: the rows without leaked ones, rivals, money and what checks say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shipworthy.core.errors import SpecError, Where
from shipworthy.datasets import duplicates
from shipworthy.evals import sections
from shipworthy.evals.candidates.model import Asker
from shipworthy.evals.measuring import Bench, Money
from shipworthy.evals.review import Pair

if TYPE_CHECKING:
    from shipworthy.evals.jobs.scoring import Scored
    from shipworthy.evals.prompts import Shot
    from shipworthy.evals.reviewing import Material
    from shipworthy.evals.spec import FeatureSpec
    from shipworthy.stats.arrays import BoolArray, FloatArray

__all__ = ["Leaks", "check_bars", "find_leaks", "make_bench", "target_precision"]

_TARGET = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaks:
    """Test rows that also stand in the training data."""

    pairs: tuple[Pair, ...]
    """The pairs, likest first."""
    mask: BoolArray
    """(n,) which test rows they are."""


def check_bars(material: Material) -> None:
    """Refuse a bar about a class, segment or candidate that is not there.

    Raises:
        SpecError: with the nearest name that exists.
    """
    spec = material.request.spec
    for position, bar in enumerate(spec.bars):
        try:
            bar.check_names(
                classes=_classes(material),
                segments=spec.data.all_segments,
                candidates=tuple(material.crew.candidates),
            )
        except SpecError as error:
            raise SpecError(error.message, where=Where(field=f"bar.{position}"), hint=error.hint) from None


def _classes(material: Material) -> Sequence[str]:
    """What may stand in square brackets."""
    panel = material.crew.panel
    return material.crew.classes if panel is None else panel.form.parts(panel.labels.values())


def target_precision(spec: FeatureSpec) -> float:
    """The precision claimed for handled rows: from a bar, else from the fallback, else 95%."""
    claims = [bar.precision for bar in spec.bars if bar.precision is not None]
    if claims:
        return max(claims)
    return spec.fallback.precision if spec.fallback else _TARGET


def find_leaks(material: Material) -> Leaks:
    """Test rows that stand in the training data, or among the examples in the prompt under review."""
    train, test = material.train, material.test
    shots = _shots(material)
    known = [row.text for row in train] + [shot.input for shot in shots]
    found = duplicates.near_duplicates(known, [row.text for row in test])
    mask = np.zeros(len(test), dtype=bool)
    mask[[pair.test for pair in found]] = True
    worst_first = sorted(found, key=lambda pair: (-pair.share, pair.test))
    pairs = tuple(
        Pair(
            train=sections.example_row(train[pair.train])
            if pair.train < len(train)
            else sections.shot_row(shots[pair.train - len(train)], pair.train - len(train)),
            test=sections.example_row(test[pair.test]),
            kind=pair.kind,
            share=pair.share,
        )
        for pair in worst_first
    )
    return Leaks(pairs=pairs, mask=mask)


def _paid(material: Material, kept: BoolArray) -> FloatArray | None:
    """(n,) what the calls about each row cost, in the feature's currency; None where nothing is called."""
    costs = sections.costs_of(material, material.chosen)
    if costs is None:
        return None
    value = material.request.spec.value
    return costs[kept] * (1.0 if value is None else value.per_us_dollar)


def _shots(material: Material) -> Sequence[Shot]:
    asker = material.fitted[material.chosen]
    return asker.prompt.settings.examples if isinstance(asker, Asker) else ()


def make_bench(material: Material, leaked: BoolArray) -> Bench:
    """The candidate under review on the rows that are not leaked, ready to be measured."""
    spec = material.request.spec
    kept = {name: sample.take(~leaked) for name, sample in material.samples.items()}
    baselines = {name: kept[name] for name in material.crew.baselines}
    best = max(baselines, key=lambda name: float(baselines[name].correct.mean() if baselines[name].n else 0))
    examples = [example for example, leak in zip(material.test, leaked, strict=True) if not leak]
    money = None
    if spec.costs is not None:
        money = Money(value=spec.value, costs=spec.costs, calls=_paid(material, ~leaked))
    return Bench(
        sample=kept[material.chosen],
        rivals={**kept, "baseline": baselines[best]},
        segments={
            name: [example.segments.get(name) for example in examples] for name in spec.data.all_segments
        },
        leaked=leaked,
        money=money,
        scored=_scored(material, ~leaked),
    )


def _scored(material: Material, kept: BoolArray) -> dict[str, Scored]:
    if material.crew.panel is None:
        return {}
    from shipworthy.evals.jobs.scoring import scored_of

    found = scored_of(material.rows[material.chosen], material.crew.panel.checks)
    return {name: scored.take(kept) for name, scored in found.items()}
