"""What to do, what would reverse it, and what waiting would have to bring."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date  # at run time: Pydantic reads the field types
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from shipworthy.documents.numbers import amount
from shipworthy.launch.sourcing.answers import SourceAnswers
from shipworthy.launch.sourcing.options import Option, Outlook
from shipworthy.launch.sourcing.simulating import Spread, spread
from shipworthy.launch.sourcing.tripwires import Tripwire, score_tripwire

if TYPE_CHECKING:
    from shipworthy.evals.spec import CostsSpec, ValueSpec

__all__ = ["Recommendation", "Waiting", "recommend", "required_fall", "required_points", "wait_for"]

Choice = Literal["api", "fine_tune", "self_host", "trained", "wait", "measure_first"]
_MONTHS_TO_WAIT = 6
_SETTLED = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Waiting as an option of its own."""

    until: date
    """When it ends at the latest."""
    months: float
    """Months until then."""
    costs: Spread | None
    """What the best way of today would bring until then, which waiting gives up; None where unknown."""
    points_needed: float | None
    """Points of accuracy by which a later model must be better for waiting to pay; None where unknown."""
    price_fall_needed: float | None
    """Share by which the price must fall for waiting to pay; above 1 no price does; None where unknown."""
    words: tuple[str, ...]
    """The trend that waiting rests on, as a stated assumption."""
    tripwires: tuple[Tripwire, ...]
    """What ends the wait; there is always a date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """What to do now."""

    choice: Choice
    """A way, wait, or measure first."""
    candidate: str | None
    """The candidate that stands for it."""
    words: str
    """The recommendation in one sentence."""
    because: tuple[str, ...]
    """Why."""
    reversed_by: tuple[str, ...]
    """What would reverse it."""


def required_points(monthly: float, months: float, horizon: float, *, per_point: float) -> float | None:
    """Points of accuracy that a later model must gain, so that waiting ``months`` of ``horizon`` pays.

    Waiting gives up ``months · monthly`` and gains ``(horizon - months) · Δ``, where Δ is what the points
    bring a month: ``points = months · monthly / (horizon - months) / per_point``.

    Args:
        monthly: What the best way of today brings a month.
        months: Months of waiting.
        horizon: Months that the decision should hold.
        per_point: What one point of accuracy (0.01) brings a month.
    """
    if per_point <= 0 or horizon <= months:
        return None
    return max(monthly, 0.0) * months / (horizon - months) / per_point


def required_fall(monthly: float, months: float, horizon: float, *, spent: float) -> float | None:
    """Share of today's price that must fall away for waiting to pay; see :func:`required_points`.

    Args:
        monthly: What the best way of today brings a month.
        months: Months of waiting.
        horizon: Months that the decision should hold.
        spent: What the best way of today costs a month.
    """
    if spent <= 0 or horizon <= months:
        return None
    return max(monthly, 0.0) * months / (horizon - months) / spent


def wait_for(
    outlook: Outlook,
    answers: SourceAnswers,
    value: ValueSpec,
    mistakes: CostsSpec | None,
    report: Mapping[str, Any] | None,
    *,
    on: date,
) -> Waiting:
    """What waiting costs, what it would have to bring, and what ends it."""
    until = answers.wait.until or _later(on, _MONTHS_TO_WAIT)
    months = max((until - on).days / 30.44, 0.0)
    best = _best(outlook)
    lost = points = fall = None
    if best is not None and outlook.by_value:
        monthly = float(np.median(outlook.score[best]))
        lost = spread(outlook.score[best] * months)
        wrong = 0.0 if mistakes is None else mistakes.wrong
        per_point = value.volume_per_month * (value.per_item + wrong) / 100
        horizon = float(answers.horizon_months)
        points = required_points(monthly, months, horizon, per_point=per_point)
        fall = required_fall(monthly, months, horizon, spent=float(np.median(outlook.cost[best])))
        if monthly < 0:  # it must first become worth anything
            points = -monthly / per_point if per_point > 0 else None
            fall = -monthly / float(np.median(outlook.cost[best]))
    return Waiting(
        until=until,
        months=round(months, 1),
        costs=lost,
        points_needed=points,
        price_fall_needed=fall,
        words=tuple(_trend(points, fall, months, answers, most_points=_room(outlook, best))),
        tripwires=tuple(_tripwires(outlook, answers, value, report, until)),
    )


def _room(outlook: Outlook, best: int | None) -> float:
    """Points of accuracy that the best way of today leaves."""
    accuracy = None if best is None else outlook.options[best].accuracy
    return 100.0 if accuracy is None or accuracy.value is None else (1 - accuracy.value) * 100


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _best(outlook: Outlook) -> int | None:
    return max(outlook.score, key=lambda place: float(np.median(outlook.score[place])), default=None)


def _trend(
    points: float | None, fall: float | None, months: float, answers: SourceAnswers, *, most_points: float
) -> Iterator[str]:
    if points is None and fall is None:
        yield "What waiting would have to bring cannot be said: no way has a measured quality and a worth."
        return
    yield (
        f"Assumed: you wait {months:.1f} of {answers.horizon_months} months, and get nothing until then. No "
        "trend of prices or quality is assumed; this is what it would have to be."
    )
    if points is not None:
        room = "; none can be, for that is more than it gets wrong" if points > most_points else ""
        yield f"A later model would have to be right {points:.1f} points more often than today's best{room}."
    if fall is not None and fall > 1:
        yield "Or cheaper: no price makes up for it, not even nothing."
    elif fall is not None:
        yearly = 1 - (1 - min(fall, 1.0)) ** (12 / months) if months else 1.0
        yield f"Or all it costs would have to fall by {fall:.0%}, a trend of {yearly:.0%} a year."


def _tripwires(
    outlook: Outlook,
    answers: SourceAnswers,
    value: ValueSpec,
    report: Mapping[str, Any] | None,
    until: date,
) -> Iterator[Tripwire]:
    yield Tripwire(kind="date", words=f"Decide again on {until} at the latest.", day=until)
    if answers.wait.score is not None:
        yield score_tripwire(answers.wait.score)
    elif report is not None:
        yield from _first_open_bar(report)
    limit = answers.wait.cost_per_1000
    if limit is None:
        limit = _price_that_pays(outlook, value)
    if limit is not None:
        words = f"Decide again when a thousand items cost at most {limit:.4g} US dollars."
        yield Tripwire(kind="price", words=words, limit=limit)


def _first_open_bar(report: Mapping[str, Any]) -> Iterator[Tripwire]:
    """The first bar about a score that is not met."""
    scores = report["candidates"][0]["scores"]
    for bar in report["bars"]:
        metric = bar["text"].partition(">=")[0].strip()
        if bar["all_rows"]["outcome"] != "met" and metric in scores and ">=" in bar["text"]:
            yield score_tripwire(bar["text"])
            return


def _price_that_pays(outlook: Outlook, value: ValueSpec) -> float | None:
    """The price of a thousand calls at which a hosted model that loses would bring what it costs."""
    for place, option in enumerate(outlook.options):
        if option.route == "api" and place in outlook.score and outlook.by_value:
            net = float(np.median(outlook.score[place]))
            cost = float(np.median(outlook.cost[place]))
            if net < 0 < cost + net:
                return (cost + net) / value.per_us_dollar / value.volume_per_month * 1000
    return None


def recommend(
    outlook: Outlook, waiting: Waiting, report: Mapping[str, Any] | None, *, currency: str
) -> Recommendation:
    """What to do now, and what would reverse it."""
    best = _best(outlook)
    if report is None or best is None:
        return _measure_first(outlook, report)
    option = outlook.options[best]
    low, high = (float(np.quantile(outlook.score[best], level)) for level in (0.05, 0.95))
    if report["verdict"]["decision"] == "hold":
        why = f"The newest review says hold: {report['verdict']['headline']}"
        return _wait("Wait: nothing that was measured is good enough yet.", (why,), waiting)
    if outlook.by_value and high < 0:
        loss = amount(-high, "money", currency=currency)
        why = f"Even the best way ({option.title}) loses {loss} a month or more."
        return _wait("Wait: no way that was measured is worth what it costs.", (why,), waiting)
    return Recommendation(
        choice=option.route,
        candidate=option.candidate,
        words=f"{option.title} ({option.candidate}).",
        because=tuple(_reasons(outlook, best, low, currency)),
        reversed_by=tuple(_reversals(outlook, best, waiting, currency)),
    )


def _measure_first(outlook: Outlook, report: Mapping[str, Any] | None) -> Recommendation:
    barred = [one for one in outlook.options if any(limit.state == "broken" for limit in one.constraints)]
    because = [] if report is not None else ["There is no review: no way's quality is known."]
    because += [f"{one.title} is out: {_broken(one)}" for one in barred]
    if not because:
        because = ["No way has both a measured quality and a known cost."]
    return Recommendation(
        choice="measure_first",
        candidate=None,
        words="Cannot tell yet: measure first. Add the ways you consider to the candidates, and review.",
        because=tuple(because),
        reversed_by=(),
    )


def _broken(option: Option) -> str:
    return " ".join(limit.words for limit in option.constraints if limit.state == "broken")


def _wait(words: str, because: tuple[str, ...], waiting: Waiting) -> Recommendation:
    return Recommendation(
        choice="wait",
        candidate=None,
        words=words,
        because=because,
        reversed_by=tuple(one.words for one in waiting.tripwires),
    )


def _reasons(outlook: Outlook, best: int, low: float, currency: str) -> Iterator[str]:
    option = outlook.options[best]
    if len(outlook.score) == 1:
        yield "It is the only way whose quality was measured and that nothing rules out."
    elif option.best_share is not None:
        what = "brings most" if outlook.by_value else "costs least"
        yield f"It {what} in {option.best_share:.0%} of the simulated cases."
        if option.best_share < _SETTLED:
            yield "That does not settle it: where two ways are as good, take the one that is easier to leave."
    if not outlook.by_value:
        yield "What an item is worth is not in feature.yaml, so ways are compared by cost alone."
    else:
        yield "It is taken to handle every item; what it hands over to people is not in these figures."
    if outlook.by_value and low < 0:
        worst = amount(low, "money", currency=currency)
        yield f"It may still lose money: 1 case in 20 is below {worst} a month."


def _reversals(outlook: Outlook, best: int, waiting: Waiting, currency: str) -> Iterator[str]:
    option = outlook.options[best]
    even = outlook.break_even
    if even is not None and option.route == "api":
        yield _volume_reversal(even.volume, even.reached)
    mine = float(np.median(outlook.score[best]))
    for place in sorted(outlook.score, key=lambda one: -float(np.median(outlook.score[one]))):
        if place != best:
            other = outlook.options[place]
            lead = mine - float(np.median(outlook.score[place]))
            yield (
                f"{other.title} ({other.candidate}) would be level if it brought or saved "
                f"{amount(lead, 'money', currency=currency)} a month more."
            )
    unmeasured = [one.title for one in outlook.options if one.candidate is None]
    if unmeasured:
        yield f"A measured quality of what has none: {', '.join(unmeasured)}."
    unknown = {limit.words for limit in option.constraints if limit.state == "unknown"}
    yield from sorted(unknown)
    yield waiting.tripwires[0].words


def _volume_reversal(volume: Spread | None, reached: float) -> str:
    if volume is None:
        return "No volume: machines of your own hardly ever become cheaper within these ranges."
    span = f"{volume.middle:,.0f} items a month ({volume.low:,.0f} to {volume.high:,.0f})"
    none = f"in {1 - reached:.0%} of the cases none does"
    return f"A volume of about {span} makes machines of your own as cheap; {none}."
