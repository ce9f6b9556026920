"""Drafting a PRD from ``feature.yaml``, the newest review, the risk answers and the person's words.

What nobody knows is written as a gap with what to fill in. Every number that was measured or set elsewhere
stands before the citation it can be checked against.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shipworthy.launch.paper import Answers, gap, inert
from shipworthy.launch.prd.facts import key_of
from shipworthy.playbook.prd import paper_questions

if TYPE_CHECKING:
    from shipworthy.evals.spec import FeatureSpec
    from shipworthy.launch.prd.citations import Fact
    from shipworthy.launch.risk import Assessment

__all__ = ["Material", "draft_prd", "escaped"]

_STATES = (
    ("Low confidence", "state_low_confidence"),
    ("No answer", "state_no_answer"),
    ("Wrong answer reported", "state_wrong"),
    ("Must not answer", "state_refused"),
    ("Timeout", "state_timeout"),
    ("Outage", "state_outage"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All that a draft is made from."""

    name: str
    """The feature, as its folder is called."""
    spec: FeatureSpec | None
    """``feature.yaml``; None where there is none yet."""
    feature: Mapping[str, Fact]
    """What can be cited from it."""
    review: str | None
    """Id of the newest review; None where there is none."""
    report: Mapping[str, Any] | None
    """Its content."""
    facts: Mapping[str, Fact]
    """What can be cited from it."""
    risk: Assessment | None
    """The risk tier; None where it was not assessed."""
    risks: Mapping[str, Fact]
    """What can be cited from it."""
    answers: Answers
    """The person's words."""
    sourced: tuple[str, str, tuple[str, ...]] | None = None
    """What was decided about sourcing, why, and what would reverse it; None where nothing was decided."""

    def cited(self, key: str) -> str | None:
        """A value of the review with its citation; None where there is none."""
        fact = self.facts.get(key)
        return None if fact is None else f"{escaped(fact.text)} [review {self.review}: {key}]"

    def set(self, key: str) -> str | None:
        """A value of ``feature.yaml`` with its citation; None where there is none."""
        fact = self.feature.get(key)
        return None if fact is None else f"{escaped(fact.text)} [feature.yaml: {key}]"

    def said(self, question: str) -> str:
        """The person's answer, or the gap."""
        return inert(self.answers[question]) if question in self.answers else gap(_ASK()[question])

    def also(self, question: str) -> Iterator[str]:
        """The person's answer where there is one."""
        if question in self.answers:
            yield inert(self.answers[question])


def _ASK() -> dict[str, str]:  # noqa: N802 - a table that is read late
    return {question.id: question.ask for question in paper_questions("prd")}


def escaped(text: str) -> str:
    """Text in which Markdown and HTML mean nothing."""
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", text.replace("\n", " "))


def draft_prd(material: Material) -> str:
    """The PRD as Markdown."""
    title = f"# PRD: {escaped(material.name)}\n"
    parts = [_section(name, lines) for name, lines in _sections(material)]
    return "\n".join([title, *_basis(material), *parts]).rstrip() + "\n"


def _section(name: str, paragraphs: Iterable[str]) -> str:
    return f"## {name}\n\n" + "\n\n".join(paragraphs) + "\n"


def _basis(material: Material) -> Iterator[str]:
    yield "Made by `shipworthy prd draft` from feature.yaml, the newest review and prd.answers.yaml.\n"
    verdict = material.cited("verdict")
    yield f"{verdict}\n" if verdict else gap("review the feature: shipworthy review FEATURE") + "\n"


def _sections(m: Material) -> Iterator[tuple[str, Iterable[str]]]:
    yield "Problem and users", _problem(m)
    yield "Success and the way without AI", _success(m)
    yield "Evaluation metrics", _metrics(m)
    yield "Data", _data(m)
    yield "Cost of errors and operating point", _costs(m)
    yield "Human fallback", _fallback(m)
    yield "Error states", _states(m)
    yield "Monitoring", [m.said("monitoring")]
    yield "Retraining triggers", [m.said("retraining")]
    yield "Kill criteria and rollback", [m.said("kill"), f"Rollback: {m.said('rollback')}"]
    yield "Abuse tests", [m.said("abuse")]
    yield "Risk tier", _risk(m)
    yield "Transparency", [*_duties(m), m.said("notice")]
    yield "Equity", _equity(m)
    yield "Harms", _harms(m)
    yield "Privacy", [m.said("privacy")]
    yield "Latency and running cost", _budgets(m)
    yield "Sourcing", _sourcing(m)
    yield "Definition of done", _done(m)


def _problem(m: Material) -> Iterator[str]:
    if m.spec is not None:
        yield f"{escaped(m.spec.does)} For {escaped(m.spec.for_whom)}."
    yield m.said("problem")
    yield from m.also("users") if m.spec is not None else [m.said("users")]


def _success(m: Material) -> Iterator[str]:
    yield m.said("success")
    if (worth := m.set("value.per_item")) is not None:
        volume = m.set("value.volume_per_month")
        yield f"- An item handled rightly is worth {worth}.\n- Items a month: {volume}."
    if (month := m.cited("value.month")) is not None:
        yield f"Net value a month, after mistakes: {month}."
    yield f"Without AI: {m.said('today')}"
    yield from _baselines(m)


def _baselines(m: Material) -> Iterator[str]:
    for candidate in m.report["candidates"] if m.report else ():
        value = m.cited(key_of("candidates", candidate["name"], "accuracy"))
        if candidate["baseline"] and value:
            words = escaped(candidate["words"].rstrip("."))
            yield f"Baseline “{escaped(candidate['name'])}” ({words}): accuracy {value}."


def _metrics(m: Material) -> Iterator[str]:
    bars = m.report["bars"] if m.report else ()
    if bars:
        keys = [key for key in m.facts if key.startswith("bars.") and key.count(".") == 1]
        asks = [key for key in m.facts if key.startswith("bars.") and key.count(".") == 2]
        rows = [
            (_bar(m, bar["text"]), m.cited(ask) or "", m.cited(key) or "", _outcome(bar))
            for bar, key, ask in zip(bars, keys, asks, strict=True)
        ]
        yield _table(("Bar", "Definition", "Current value", "Outcome"), rows)
    elif m.spec is not None and m.spec.bar:
        lines = [f"- {escaped(bar.text)}: {escaped(bar.words)}" for bar in m.spec.bars]
        yield "\n".join(lines)
        yield gap("the current values: shipworthy review FEATURE")
    else:
        yield gap("the bars, in feature.yaml under 'bar', for instance 'recall[outage] >= 0.90'")
    yield _slices(m)
    yield f"Owner: {m.said('metric_owner')}"


def _bar(m: Material, text: str) -> str:
    """A bar as it is written, with the place in feature.yaml where it still stands."""
    key = next((key for key, fact in m.feature.items() if key.startswith("bar.") and fact.text == text), None)
    return (m.set(key) if key else None) or escaped(text)


def _outcome(bar: Mapping[str, Any]) -> str:
    return {"met": "met", "failed": "failed"}.get(bar["all_rows"]["outcome"], "undecided")


def _slices(m: Material) -> str:
    names = m.spec.data.all_segments if m.spec else ()
    if not names:
        return gap("the segments to report apart, in feature.yaml under data.segments")
    text = f"Slices: by {', '.join(escaped(name) for name in names)}."
    values = [
        f"- {escaped(item['segment'])} = {escaped(item['value'])}: accuracy {value}"
        for item in (m.report["segments"] if m.report else ())
        if (value := m.cited(key_of("segments", item["segment"], item["value"])))
    ]
    return "\n\n".join([text, "\n".join(values[:20])]) if values else text


def _data(m: Material) -> Iterator[str]:
    yield m.said("data_source")
    if m.report is not None:
        yield f"Frozen dataset, SHA-256 {m.cited('data.sha256')}, test rows: {m.cited('data.rows.test')}."
    yield f"Right to use them: {m.said('data_right')}"


def _costs(m: Material) -> Iterator[str]:
    if m.spec is not None and m.spec.costs is not None:
        pairs = zip(
            m.spec.costs.pairs, [key for key in m.feature if key.startswith("costs.")][2:], strict=True
        )
        lines = [f"- Any other wrong answer costs {m.set('costs.wrong')}."]
        lines += [
            f"- {escaped(pair.label)} taken for {escaped(pair.predicted or 'another')} costs {m.set(key)}."
            for pair, key in pairs
        ]
        yield "\n".join([*lines, f"- Handing an item to a person costs {m.set('costs.handed_over')}."])
        yield from m.also("error_cost")
    else:
        yield m.said("error_cost")
    if (threshold := m.cited("handover.threshold")) is not None:
        yield (
            f"Operating point: it acts alone from a confidence of {threshold}. Share handled: "
            f"{m.cited('handover.share')}. Precision of these: {m.cited('handover.precision')}."
        )
    yield from (
        m.also("operating_point")
        if threshold is not None
        else [f"Operating point: {m.said('operating_point')}"]
    )


def _fallback(m: Material) -> Iterator[str]:
    fallback = m.spec.fallback if m.spec is not None else None
    if fallback is not None:
        yield f"Cases below the operating point go to {escaped(fallback.who)}."
        if fallback.user_sees:
            yield f"The user sees meanwhile: {escaped(fallback.user_sees)}"
        yield from m.also("fallback")
    else:
        yield m.said("fallback")
    capacity = m.set("fallback.capacity_a_day")
    yield f"Capacity: {m.said('fallback_capacity')}" if capacity is None else f"Capacity a day: {capacity}."
    if (expected := m.cited("handover.handed_over_a_day")) is not None:
        yield f"Expected a day: {expected}."


def _states(m: Material) -> Iterator[str]:
    rows = [(name, m.said(question).replace("\n", " ").replace("|", "\\|")) for name, question in _STATES]
    yield _table(("State", "What the user sees and can do"), rows)


def _risk(m: Material) -> Iterator[str]:
    if m.risk is None:
        yield gap("the tier under the EU AI Act: shipworthy risk assess FEATURE")
        return
    tier = m.risks["tier"].text
    pins = ", ".join(m.risk.pins[:6]) or "no pins"
    yield f"Under the EU AI Act: {escaped(tier)} [risk.answers.yaml: tier] ({pins})."
    if m.risk.tier == "undetermined":
        yield gap(f"answer {', '.join(item.id for item in m.risk.missing[:5])} in risk.answers.yaml")
    yield f"{m.risk.disclaimer} Law: {m.risk.law}. The whole memo is in risk.md."


def _duties(m: Material) -> Iterator[str]:
    if m.risk is not None:
        paragraphs = escaped(m.risks["art50"].text)
        yield f"Paragraphs of Art. 50 that apply: {paragraphs} [risk.answers.yaml: art50]."


def _equity(m: Material) -> Iterator[str]:
    results = m.report["protected"] if m.report else ()
    for result in results:
        name = escaped(result["segment"])
        if not result["measured"]:
            yield gap(
                f"{name}: a protected segment that the review could not measure; add labelled rows of it"
            )
            continue
        gap_now = m.cited(key_of("protected", result["segment"], "gap"))
        yield f"- {name} ({escaped(result['fairness_words'].rstrip('.'))}): largest gap {gap_now}."
    unseen = [item.segment for item in (m.spec.data.protected if m.spec else ())] if not results else []
    yield from (gap(f"{escaped(name)}: a protected segment that no review has measured") for name in unseen)
    yield from m.also("equity") if results else [m.said("equity")]


def _harms(m: Material) -> Iterator[str]:
    harms = m.report["harms"] if m.report else ()
    for place, harm in enumerate(harms, start=1):
        text = f"- {escaped(harm['who'])}: {escaped(harm['what'])} ({harm['severity']})"
        value = m.cited(f"harms.{place}")
        if value is None:
            yield f"{text}. {gap('nothing measures this harm, so it is not done; name a bar in measured_by')}"
        else:
            yield f"{text}; measured by {_bar(m, harm['measured_by'])}: {value}"
    for item in m.spec.harms if m.spec and not harms else ():
        todo = gap("measure it: shipworthy review FEATURE")
        yield f"- {escaped(item.who)}: {escaped(item.what)} ({item.severity}). {todo}"
    yield from m.also("harms") if harms else [m.said("harms")]


def _budgets(m: Material) -> Iterator[str]:
    yield f"Latency: {m.said('latency')}"
    yield f"Running cost: {m.said('run_cost')}"
    if (price := m.cited("scores.cost_per_1000")) is not None:
        yield f"Measured cost per thousand calls: {price}."


def _sourcing(m: Material) -> Iterator[str]:
    if m.sourced is None:
        yield m.said("sourcing")
        return
    decision, reason, reversed_by = m.sourced
    yield f"Decided: {escaped(decision)}, because: {inert(reason)}"
    if reversed_by:
        yield "\n".join(["What would reverse it:", *(f"- {escaped(one)}" for one in reversed_by)])
    yield from m.also("sourcing")


def _done(m: Material) -> Iterator[str]:
    yield "Done only when all of this is true; what was not measured is not done:"
    lines = ["- every bar above is met, on the end of its interval"]
    lines += ["- every protected segment and every harm above is measured and within its bar"]
    lines += ["- the abuse tests passed, the fallback is staffed, and nothing here is marked as a gap"]
    yield "\n".join(lines)
    yield f"Launch: {m.said('launch')}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))
