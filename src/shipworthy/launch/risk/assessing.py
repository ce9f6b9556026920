"""One assessment: the tier with everything that explains it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date  # at run time: Pydantic reads the field types
from typing import TYPE_CHECKING, Literal

from shipworthy.launch.risk.duties import DutyLine, Gpai, duties_of, gpai_of, roles_of
from shipworthy.launch.risk.missing import missing_questions, unknowns
from shipworthy.launch.risk.tree import TIERS, Known, Tier, decide, known_facts
from shipworthy.playbook.conditions import comparisons, facts_of, holds, says
from shipworthy.playbook.regulation import question, rules, text_as_of

if TYPE_CHECKING:
    from shipworthy.launch.risk.answers import Answers
    from shipworthy.launch.risk.tree import Outcome
    from shipworthy.playbook.regulation import Question, Rule

__all__ = ["DISCLAIMER", "LAW", "Ask", "Assessment", "Change", "Stated", "Step", "assess", "open_questions"]

LAW = "Regulation (EU) 2024/1689 as amended by Regulation (EU) 2026/1744"
DISCLAIMER = "Orientation, not legal advice."
_NAMES: Mapping[Tier, str] = {
    "prohibited": "Prohibited",
    "high": "High-risk",
    "exempt_6_3": "Not high-risk, by the exemption of Art. 6(3)",
    "limited": "Limited risk: duties of transparency",
    "minimal": "Minimal risk: no rule of the Act beyond AI literacy",
    "out_of_scope": "Outside the Act",
    "undetermined": "Undetermined",
}
_GPAI_PINS: Mapping[Gpai, tuple[str, ...]] = {
    "none": (),
    "model": ("Art. 53(1)",),
    "systemic": ("Art. 51(2)", "Art. 53(1)", "Art. 55(1)"),
    "unknown": ("Art. 51(2)", "Art. 53(1)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question that is still open."""

    id: str
    """Its name in an answers file."""
    ask: str
    """The question."""
    answers: tuple[str, ...]
    """What it takes."""
    pins: tuple[str, ...]
    """The provisions behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A fact that a step rests on."""

    id: str
    """The question."""
    answer: str | None
    """What it counts as; None where it is unknown."""
    assumed: bool
    """Whether nobody said so: it follows from another answer, or the stricter one was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rule on the way to the tier."""

    rule: str
    """Its name in the playbook."""
    title: str
    """What it is about."""
    result: Literal["applies", "does_not_apply", "open"]
    """Whether it applies."""
    pins: tuple[str, ...]
    """Its provisions."""
    because: tuple[Stated, ...]
    """The facts that it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A fact that would change the tier if it were otherwise."""

    id: str
    """The question."""
    now: str
    """What it counts as."""
    otherwise: str
    """Another answer."""
    tier: Tier
    """The tier that this answer would give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a feature is under the AI Act, and what follows."""

    tier: Tier
    """prohibited, high, exempt_6_3, limited, minimal, out_of_scope, or undetermined."""
    display_tier: Tier
    """The same in the four classes people know: exempt_6_3 shows as limited or minimal."""
    possible: tuple[Tier, ...]
    """Every tier that is still possible, the most severe first."""
    headline: str
    """The tier in one sentence."""
    pins: tuple[str, ...]
    """The provisions that decided and apply, and the exceptions that kept a more severe tier away."""
    checked: tuple[str, ...]
    """The provisions of rules that were near and do not apply, where ``pins`` has them not."""
    art50: tuple[str, ...]
    """Paragraphs of Art. 50 that apply, whatever the tier."""
    gpai: Gpai
    """Chapter V on general-purpose models, which stands beside the tier."""
    roles: tuple[str, ...]
    """The roles for which duties are listed."""
    duties: tuple[DutyLine, ...]
    """What to do, with days."""
    missing: tuple[Ask, ...]
    """The shortest list of questions that settles the tier."""
    also_open: tuple[Ask, ...]
    """Questions that the tier does not need, but the paragraphs of Art. 50 or the duties do."""
    path: tuple[Step, ...]
    """The rules that apply, are open, or were near, in the Act's order."""
    would_change: tuple[Change, ...]
    """What would change the tier."""
    assumed: tuple[Stated, ...]
    """What nobody said and was taken in the stricter way."""
    notes: tuple[str, ...]
    """What to look at."""
    on: date
    """The day for which it is said which duties apply."""
    law: str
    """The text that was applied."""
    text_as_of: date
    """The day on which that text was checked last."""
    disclaimer: str
    """What this is not."""


def assess(answers: Answers, *, on: date) -> Assessment:
    """Decide the tier from answers.

    Args:
        answers: Answers by question; what is absent or None is unknown.
        on: The day for which it is said which duties apply already.
    """
    known = known_facts(answers)
    outcome = decide(known.facts)
    paragraphs = tuple(dict.fromkeys(rule.paragraph for rule in outcome.transparency if rule.paragraph))
    missing = missing_questions(answers)
    path = tuple(_path(outcome, known))
    pins = _pins(outcome, path, known)
    return Assessment(
        tier=outcome.tier,
        display_tier=_display(outcome),
        possible=outcome.possible,
        headline=_headline(outcome),
        pins=pins,
        checked=_checked(path, pins),
        art50=paragraphs,
        gpai=gpai_of(known.facts),
        roles=roles_of(known.facts, outcome),
        duties=duties_of(outcome, known.facts, on=on),
        missing=tuple(_ask(item) for item in missing),
        also_open=tuple(_ask(item) for item in _also_open(outcome, known) if item not in missing),
        path=path,
        would_change=tuple(_changes(answers, known, outcome, path)),
        assumed=tuple(_stated(name, known) for name in known.assumed),
        notes=tuple(_notes(answers, known, outcome)),
        on=on,
        law=LAW,
        text_as_of=text_as_of(),
        disclaimer=DISCLAIMER,
    )


def open_questions(answers: Answers) -> tuple[Question, ...]:
    """What to ask next: what decides the tier, then what Art. 50 and the duties turn on."""
    known = known_facts(answers)
    outcome = decide(known.facts)
    return (
        *missing_questions(answers),
        *(_also_open(outcome, known) if outcome.tier != "undetermined" else ()),
    )


def _display(outcome: Outcome) -> Tier:
    if outcome.tier != "exempt_6_3":
        return outcome.tier
    return "limited" if outcome.transparency or outcome.transparency_open else "minimal"


def _headline(outcome: Outcome) -> str:
    name = _NAMES[outcome.tier]
    if outcome.tier == "undetermined":
        return f"{name}: still possible are {', '.join(outcome.possible)}."
    titles = [f"{rule.title.lower()} ({rule.pins[0]})" for rule in outcome.decisive]
    return f"{name}: {'; '.join(titles)}." if titles and outcome.tier != "limited" else f"{name}."


def _ask(item: Question) -> Ask:
    allowed = (
        ("yes", "no") if item.answers == "yes_no" else tuple(item.choices) or ("a day such as 2026-08-02",)
    )
    return Ask(id=item.id, ask=item.ask, answers=(*allowed, "unknown"), pins=item.pins)


def _also_open(outcome: Outcome, known: Known) -> Iterator[Question]:
    yield from unknowns(outcome.transparency_open, known.facts)
    if outcome.tier != "out_of_scope":
        for name in ("role", "gpai_compute"):
            if known.facts[name] is None:
                yield question(name)


def _path(outcome: Outcome, known: Known) -> Iterator[Step]:
    shown = {
        "applies": {rule.id for rule in (*outcome.decisive, *outcome.transparency)},
        "open": {rule.id for rule in (*outcome.open, *outcome.transparency_open)},
        "does_not_apply": {rule.id for rule in outcome.near},
    }
    for rule in rules():
        for result, ids in shown.items():
            if rule.id in ids:
                yield _step(rule, result, known)  # type: ignore[arg-type]
                break


def _step(rule: Rule, result: Literal["applies", "does_not_apply", "open"], known: Known) -> Step:
    names = dict.fromkeys([*facts_of(rule.elements), *(exception.fact for exception in rule.unless)])
    because = tuple(_stated(name, known) for name in names)
    pins = dict.fromkeys([*rule.pins, *_more_pins(rule, known)])
    if result == "does_not_apply":
        pins |= dict.fromkeys([*_pins_of_leaving(rule, known)] or _pins_against(rule, known))
    if rule.basis == "annex_iii" and result == "applies":
        pins = {"Art. 6(2)": None, **pins}
    return Step(rule=rule.id, title=rule.title, result=result, pins=tuple(pins), because=because)


def _more_pins(rule: Rule, known: Known) -> Iterator[str]:
    for when, pins in rule.pins_if:
        if holds(when, known.facts):
            yield from pins


def _pins_against(rule: Rule, known: Known) -> Iterator[str]:
    """The provisions behind the facts for which a rule that was near does not apply."""
    for test in (*rule.unless, *comparisons(rule.elements)):
        if test.fact != "role" and holds(test, known.facts) is (test in rule.unless):
            yield from question(test.fact).pins


def _pins(outcome: Outcome, path: Iterable[Step], known: Known) -> tuple[str, ...]:
    """What decided and applies, what kept a more severe tier away, and Chapter V."""
    decisive = {rule.id for rule in outcome.decisive}
    severe = outcome.tier in {"prohibited", "high"}
    applying = (
        pin
        for step in path
        if step.result == "applies" and (not severe or step.rule in decisive)
        for pin in step.pins
    )
    left = (pin for rule in _left(outcome) for pin in _pins_of_leaving(rule, known))
    return tuple(dict.fromkeys([*applying, *left, *_GPAI_PINS[gpai_of(known.facts)]]))


def _left(outcome: Outcome) -> Iterator[Rule]:
    """The rules that were near and would have led to a more severe tier, and an exemption that fails."""
    if outcome.tier == "undetermined":
        return
    shown = TIERS.index(_display(outcome))
    for rule in outcome.near:
        if rule.tier == "exempt_6_3" or TIERS.index(rule.tier) < shown:
            yield rule


def _pins_of_leaving(rule: Rule, known: Known) -> Iterator[str]:
    """The provisions of the exceptions that were claimed, and of the answers a rule's ``leaves`` names."""
    for exception in rule.unless:
        if holds(exception, known.facts):
            yield from question(exception.fact).pins
    for when, pins in rule.leaves:
        if holds(when, known.facts):
            yield from pins


def _checked(path: Iterable[Step], pins: tuple[str, ...]) -> tuple[str, ...]:
    near = (pin for step in path if step.result == "does_not_apply" for pin in step.pins)
    return tuple(dict.fromkeys(pin for pin in near if pin not in pins))


def _stated(name: str, known: Known) -> Stated:
    value = known.facts[name]
    answer = None if value is None else ", ".join(sorted(value))
    return Stated(id=name, answer=answer, assumed=answer is not None and name not in known.given)


def _changes(answers: Answers, known: Known, outcome: Outcome, path: Iterable[Step]) -> Iterator[Change]:
    """Every single answer on the path that would give another tier."""
    names = dict.fromkeys(fact.id for step in path for fact in step.because if fact.answer is not None)
    for name in names:
        item, now = question(name), _stated(name, known).answer or ""
        if item.answers == "date" or item.decides == "duties":
            continue
        for other in ("yes", "no") if item.answers == "yes_no" else tuple(item.choices):
            if other in now.split(", "):
                continue
            tier = decide(known_facts({**answers, name: frozenset({other})}).facts).tier
            if tier not in {outcome.tier, "undetermined"}:
                yield Change(id=name, now=now, otherwise=other, tier=tier)


def _always_high(outcome: Outcome, known: Known) -> bool:
    return says(known.facts, "profiling") and any(rule.basis == "annex_iii" for rule in outcome.decisive)


def _notes(answers: Answers, known: Known, outcome: Outcome) -> Iterator[str]:
    for name in known.overruled:
        if decide(known_facts({**answers, name: None}).facts).tier == outcome.tier:
            continue
        yield (
            f"{name!r} was answered although what it belongs to was denied "
            f"({', '.join(opener.fact for opener in question(name).opened_by)}); it counts all the same. "
            "Check the two."
        )
    if any(rule.basis == "annex_i_b" for rule in outcome.decisive):
        yield "High-risk by classification, but most of the Act does not apply directly (Art. 2(2))."
    if outcome.tier == "high" and _always_high(outcome, known):
        yield "It profiles people, so no exemption is open to it (Art. 6(3), third subparagraph)."
    if outcome.tier == "prohibited" and all(
        str(rule.applies_from) == "2026-12-02" for rule in outcome.decisive
    ):
        yield "This prohibition was added in 2026 and applies from 2 December 2026."
