"""What a review measured, as strangers may see it: numbers with intervals, and names only where published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from shipworthy.core.errors import UserError
from shipworthy.documents.contents import deciding
from shipworthy.documents.numbers import whole
from shipworthy.documents.words import DECISIONS, KINDS, METRICS, SEVERITIES
from shipworthy.playbook.items import failure_modes

__all__ = ["public_results"]

_ESTIMATE = ("value", "low", "high", "n", "method", "level", "clusters", "unit", "warning")
_MOST = 12


def public_results(report: Mapping[str, Any], publish: Collection[str]) -> dict[str, Any]:
    """The numbers of a review that may be shown, as plain JSON.

    Args:
        report: The content of ``report.json``.
        publish: What the person publishes; see ``PUBLISHABLE``.
    """
    decision = str(report["verdict"]["decision"])
    return {
        "review": report["id"],
        "on": str(report["at"])[:10],
        "feature": report["feature"] if "name" in publish else None,
        "job": report["job"],
        "decision": decision,
        "decision_word": DECISIONS[decision].word,
        "scores": [*_scores(report)],
        "better": [*_better(report)],
        "bars": [_bar(bar, report["job"], decision, publish) for bar in report["bars"]],
        "alone": _alone(report, publish),
        "groups": _groups(report, publish),
        "findings": _findings(report),
        "value": _number(report["value"]["month"]) if _shows_value(report, publish) else None,
        "currency": str(report["value"]["currency"]) if _shows_value(report, publish) else "",
        "method": [*_method(report)],
    }


def _shows_value(report: Mapping[str, Any], publish: Collection[str]) -> bool:
    return report["value"] is not None and "business" in publish


def _number(estimate: Mapping[str, Any]) -> dict[str, Any]:
    """An estimate with nothing beside it; a warning may name what is private, so it is left out."""
    found = {name: estimate[name] for name in _ESTIMATE}
    return found | {"warning": None if estimate["value"] is not None else "not measured"}


def _scores(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    from shipworthy.evals.checks import CHECKS

    known = METRICS | {check.name: (check.title, check.name) for check in CHECKS}
    for number, (name, estimate) in enumerate(report["candidates"][0]["scores"].items(), 1):
        own = ("A check of the author's", f"check {number}")  # its name may say too much
        words, term = known.get(name, own)
        if "[" not in name:
            yield {"words": words, "term": term, "estimate": _number(estimate)}


def _better(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """How much more often right than the simplest things that could work."""
    for one in report["candidates"][1:]:
        if one["difference"] is not None and one["baseline"]:
            kind = KINDS.get(one["kind"], "one simple way").removeprefix("baseline: ")
            yield {"words": f"the simple baseline ({kind})", "estimate": _number(one["difference"])}


def _bar(bar: Mapping[str, Any], job: str, decision: str, publish: Collection[str]) -> dict[str, Any]:
    outcome = deciding(bar, decision)
    rows = "all rows" if outcome is bar["all_rows"] else "rows it handles alone"
    hidden = bool({"net_value", "cost_per"} & {str(bar["text"])[:9], str(bar["text"])[:8]})
    hidden = hidden and "business" not in publish
    return {
        "words": _bar_words(str(bar["text"]), job, publish),
        "outcome": outcome["outcome"],
        "rows": rows,
        "estimate": None if hidden else _number(outcome["estimate"]),
    }


def _bar_words(text: str, job: str, publish: Collection[str]) -> str:
    """A bar in plain words, without the names of classes, segments and candidates unless published."""
    from shipworthy.evals.bars import parse_bar
    from shipworthy.evals.checks import metrics_of

    try:
        bar = parse_bar(text, metrics=metrics_of(job, {}))
    except UserError:  # about a check of the author's, whose name may say too much
        return "a condition written before the run"
    if bar.class_ is not None and "classes" not in publish:
        bar = replace(bar, class_="one class")
    if bar.by is not None and "segments" not in publish:
        bar = replace(bar, by="a protected segment")
    if bar.rival not in {None, "baseline"}:
        bar = replace(bar, rival="another candidate")
    if bar.kind in {"cost_per_1000", "net_value_month"} and "business" not in publish:
        return "a condition on cost or value"
    return bar.words.replace("'", "")


def _alone(report: Mapping[str, Any], publish: Collection[str]) -> dict[str, Any] | None:
    handover = report["handover"]
    if handover is None or handover["threshold"] is None:
        return None
    business = "business" in publish
    a_day = handover["handed_over_a_day"] if business else None
    return {
        "threshold": handover["threshold"],
        "share": _number(handover["share"]),
        "precision": _number(handover["precision"]),
        "handed_over_a_day": None if a_day is None else _number(a_day),
        "capacity_a_day": handover["capacity_a_day"] if business else None,
    }


def _groups(report: Mapping[str, Any], publish: Collection[str]) -> dict[str, Any]:
    named = "segments" in publish
    found = [one for one in report["segments"] if one["found"]]
    return {
        "looked_at": len(report["segments"]),
        "gaps_found": len(found),
        "gaps": [
            {
                "name": f"{one['segment']}: {one['value']}" if named else f"Group {number}",
                "rate": _number(one["rate"]),
                "rest": _number(one["rest"]),
                "gap": _number(one["gap"]),
            }
            for number, one in enumerate(found[:_MOST], 1)
        ],
        "protected": [
            {
                "name": one["segment"] if named else f"Protected segment {number}",
                "fairness": one["fairness_words"],
                "measured": one["measured"],
                "gap": _number(one["gap"]),
            }
            for number, one in enumerate(report["protected"], 1)
        ],
    }


def _findings(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Findings by failure mode: their own words hold names."""
    order, modes = list(SEVERITIES), {mode.id: (mode.name, mode.meaning) for mode in failure_modes()}
    counted = Counter(
        (one["severity"], modes.get(one["failure_mode"], _OTHER_MODE)) for one in report["findings"]
    )
    return [
        {"severity": severity, "mode": name, "meaning": meaning, "n": n}
        for (severity, (name, meaning)), n in sorted(
            counted.items(), key=lambda item: order.index(item[0][0])
        )
    ]


_OTHER_MODE = ("Of another kind", "This version of the playbook does not know the failure mode.")


def _method(report: Mapping[str, Any]) -> Iterator[str]:
    rows = ", ".join(f"{whole(n)} {_SPLITS.get(name, 'other')}" for name, n in report["data"]["rows"].items())
    yield f"Rows: {rows}."
    scores = report["candidates"][0]["scores"].values()
    clusters = next((one["clusters"] for one in scores if one["clusters"] is not None), None)
    if clusters is not None:
        yield f"Test rows belong to {whole(clusters)} independent groups; every interval allows for that."
    kinds = Counter(KINDS.get(one["kind"], "another kind") for one in report["candidates"])
    named = ", ".join(f"{n} × {kind}" if n > 1 else kind for kind, n in kinds.items())
    yield f"Measured side by side on the same rows: {named}."
    yield (
        f"{len(report['bars'])} bars were written before the run; each is held against the end of its"
        " interval, with Holm's correction over all of them."
    )
    yield "Rows without a usable answer stay in every denominator and count as wrong."


_SPLITS = {"train": "for training", "test": "for the test", "production": "from production, without labels"}
