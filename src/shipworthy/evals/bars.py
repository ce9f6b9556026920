"""Bars: the conditions a feature must meet, as a person writes them.

    macro_f1 >= 0.80
    recall[outage] >= 0.90
    gap(fnr, by=language_level) <= 0.05
    auto_handled >= 0.6 at precision >= 0.95
    beats(baseline)
    leakage <= 0.01
    cost_per_1000 <= 0.50
    net_value_month >= 0

Parsing knows the grammar and the names of metrics; whether a class or a segment exists is
checked where the data are known (:func:`Bar.check_names`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shipworthy.core.errors import SpecError, nearest

if TYPE_CHECKING:
    from shipworthy.stats.classification import Metric

__all__ = ["QUANTITIES", "Bar", "parse_bar"]

Kind = Literal["metric", "gap", "auto_handled", "beats", "leakage", "cost_per_1000", "net_value_month"]

_NUMBER = r"(?P<{0}>[-+]?\d[\d_]*(?:\.\d+)?)\s*(?P<{0}_percent>%?)"
_OPERATOR = r"(?P<op>>=|<=|≥|≤|>|<)"
_METRIC = r"(?P<metric>[A-Za-z_0-9]+)\s*(?:\[(?P<class>[^\]]+)\])?"
_FORMS: tuple[tuple[Kind, str], ...] = (
    ("beats", r"beats\(\s*(?P<rival>[^()]+?)\s*\)(?:\s+by\s+" + _NUMBER.format("value") + ")?"),
    (
        "gap",
        rf"gap\(\s*{_METRIC}\s*,\s*by\s*=\s*(?P<by>[^()]+?)\s*\)\s*{_OPERATOR}\s*{_NUMBER.format('value')}",
    ),
    (
        "auto_handled",
        rf"auto_handled\s*{_OPERATOR}\s*{_NUMBER.format('value')}\s+at\s+precision\s*(?:>=|≥)\s*"
        + _NUMBER.format("precision"),
    ),
    ("metric", rf"{_METRIC}\s*{_OPERATOR}\s*{_NUMBER.format('value')}"),
)
QUANTITIES: dict[str, Kind] = {
    "leakage": "leakage",
    "cost_per_1000": "cost_per_1000",
    "net_value_month": "net_value_month",
}
"""Quantities that are no metric, by name."""
_HINT = (
    "Write, for instance: 'macro_f1 >= 0.80', 'recall[outage] >= 0.90', 'gap(fnr, by=plan) <= 0.05', "
    "'auto_handled >= 0.6 at precision >= 0.95', 'beats(baseline)', 'leakage <= 0.01'."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One condition."""

    text: str
    """As written."""
    kind: Kind
    """Which form it has."""
    op: Literal[">=", "<="]
    """Whether more or less is better; strict signs are read as these."""
    value: float
    """The number to reach (for ``beats``: by how much, in shares)."""
    metric: str | None = None
    """Metric name (``metric`` and ``gap``)."""
    class_: str | None = None
    """Class in square brackets."""
    by: str | None = None
    """Segment column of a ``gap``."""
    precision: float | None = None
    """Precision claimed by ``auto_handled … at precision``."""
    rival: str | None = None
    """Candidate to beat; ``baseline`` means the better of the two baselines."""

    @property
    def words(self) -> str:
        """What the bar asks, in plain words."""
        return _words(self)

    def check_names(
        self, *, classes: Collection[str], segments: Collection[str], candidates: Collection[str]
    ) -> None:
        """Refuse names that the data and the feature do not have.

        Raises:
            SpecError: with the nearest name that exists.
        """
        for what, name, known in (
            ("class", self.class_, classes),
            ("segment", self.by, segments),
            ("candidate", self.rival, [*candidates, "baseline"]),
        ):
            if name is not None and name not in known:
                raise SpecError(
                    f"The bar {self.text!r} names the {what} {name!r}, which is not there.",
                    hint=nearest(name, known) or None,
                )


def parse_bar(text: str, *, metrics: Mapping[str, Metric]) -> Bar:
    """Read one bar.

    Args:
        text: As written by the user.
        metrics: All metrics by name.

    Raises:
        SpecError: the text has no known form, names an unknown metric, asks a good number to be
            small, or gives a share above 1.
    """
    for kind, pattern in _FORMS:
        match = re.fullmatch(pattern, text.strip())
        if match is not None:
            bar = _bar(text.strip(), kind, match.groupdict(), metrics)
            _check_sense(bar, metrics)
            return bar
    raise SpecError(f"The bar {text!r} could not be read.", hint=_HINT)


def _bar(text: str, kind: Kind, parts: dict[str, str | None], metrics: Mapping[str, Metric]) -> Bar:
    metric, class_ = parts.get("metric"), parts.get("class")
    if kind == "metric" and metric in QUANTITIES and class_ is None:
        kind, metric = QUANTITIES[metric], None
    if metric is not None and metric not in metrics:
        known = sorted({*metrics, *QUANTITIES})
        raise SpecError(
            f"The bar {text!r} names {metric!r}, which is not a metric.", hint=nearest(metric, known)
        )
    op = parts.get("op") or ">="
    return Bar(
        text=text,
        kind=kind,
        op=">=" if op[0] in ">≥" else "<=",
        value=_number(parts, "value") or 0.0,
        metric=metric,
        class_=class_.strip() if class_ else None,
        by=parts.get("by"),
        precision=_number(parts, "precision"),
        rival=parts.get("rival"),
    )


_UNBOUNDED = {"log_loss"}
_LOWER_IS_BETTER = {"gap", "leakage", "cost_per_1000"}


def _check_sense(bar: Bar, metrics: Mapping[str, Metric]) -> None:
    """Refuse what can only be a slip: 90 for 90%, and ``accuracy <= 0.9``."""
    money = bar.kind in {"cost_per_1000", "net_value_month"}
    counts = bar.metric is not None and metrics[bar.metric].unit == "count"
    unbounded = money or counts or bar.metric in _UNBOUNDED
    for number in (None if unbounded else bar.value, bar.precision):
        if number is not None and number > 1:
            raise SpecError(
                f"The bar {bar.text!r} asks for {number:g}, but shares and points end at 1.",
                hint=f"Did you mean {number:g}% ({number / 100:g})?",
            )
    if bar.kind == "metric" and bar.metric is not None:
        wanted = "<=" if metrics[bar.metric].better == "lower" else ">="
    else:
        wanted = "<=" if bar.kind in _LOWER_IS_BETTER else ">="
    if bar.op != wanted:
        better = "lower" if wanted == "<=" else "higher"
        raise SpecError(
            f"The bar {bar.text!r} points the wrong way: {better} is better here.",
            hint=f"Write {wanted} instead of {bar.op}.",
        )


def _number(parts: dict[str, str | None], name: str) -> float | None:
    digits = parts.get(name)
    if digits is None:
        return None
    return float(digits.replace("_", "")) / (100 if parts.get(f"{name}_percent") else 1)


_PHRASES = {
    "accuracy": "rows answered rightly",
    "macro_precision": "answers that are right, each label counting the same",
    "macro_recall": "rows found, each label counting the same",
    "macro_f1": "answers right and rows found in one score, each label counting the same",
    "weighted_f1": "answers right and rows found in one score",
    "precision": "answers {0!r} that are right",
    "recall": "{0!r} rows that are found",
    "f1": "{0!r} answers right and rows found in one score",
    "fnr": "{0!r} rows that are missed",
    "fpr": "other rows wrongly called {0!r}",
    "calibration_error": "distance between confidence and being right",
}
_WITHOUT_CLASS = {"fnr": "rows that are missed", "fpr": "rows wrongly given a label"}


def _phrase(bar: Bar) -> str:
    """What is measured, in plain words, with the statistic's name behind it."""
    name = str(bar.metric)
    plain = _PHRASES.get(name) if bar.class_ else _WITHOUT_CLASS.get(name, _PHRASES.get(name))
    about = f"{name}[{bar.class_}]" if bar.class_ else name
    if plain is None and (title := _titles().get(name)) is not None:
        return f"{title}{f' ({bar.class_})' if bar.class_ else ''} ({about})"
    return about if plain is None else f"{plain.format(bar.class_)} ({about})"


def _titles() -> dict[str, str]:
    from shipworthy.evals.checks import CHECKS

    return {check.name: check.title for check in CHECKS}


def _words(bar: Bar) -> str:
    limit = "at least" if bar.op == ">=" else "at most"
    match bar.kind:
        case "beats":
            by = f" by {bar.value * 100:g} points" if bar.value else ""
            rival = "the better of the two simple baselines" if bar.rival == "baseline" else repr(bar.rival)
            return f"more often right than {rival}{by}"
        case "gap":
            return f"{_phrase(bar)}: {limit} {bar.value * 100:g} points between any two groups of {bar.by!r}"
        case "auto_handled":
            rightly = f"{bar.precision:.0%} of them rightly"
            return f"{limit} {bar.value:.0%} of items handled without a person, {rightly}"
        case "leakage":
            return f"{limit} {bar.value * 100:g}% of test rows also stand in the training data"
        case "cost_per_1000":
            return f"mistakes and hand-overs cost {limit} {bar.value:g} per thousand items"
        case "net_value_month":
            return f"a net value of {limit} {bar.value:,.0f} a month"
        case "metric":
            return f"{_phrase(bar)}: {limit} {bar.value:g}"
