"""The AI Act as data: the questions it turns on, the rules, the duties, and the text behind every pin.

As of Regulation (EU) 2024/1689 amended by Regulation (EU) 2026/1744. What to do with it is elsewhere; here
it is only read and looked up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date  # at run time: Pydantic reads the field types
from functools import cache
from importlib.resources import files
from typing import Literal

from shipworthy.core.errors import UserError, nearest
from shipworthy.playbook.conditions import Comparison, Condition
from shipworthy.playbook.items import Source

__all__ = [
    "Answers",
    "Basis",
    "Cue",
    "Duty",
    "Later",
    "Provision",
    "Question",
    "Regime",
    "Rule",
    "cues",
    "duties",
    "provision",
    "provisions",
    "question",
    "questions",
    "regimes",
    "rules",
    "text_as_of",
]

Answers = Literal["yes_no", "one_of", "any_of", "date"]
"""What a question takes: yes or no, one choice, several choices, or a day; and always ``unknown``."""
Basis = Literal["annex_i_a", "annex_i_b", "annex_iii"]
"""Why a system is high-risk: a product of Annex I, Section A or B, or an area of Annex III."""
RuleTier = Literal["out_of_scope", "prohibited", "high", "exempt_6_3", "limited"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One fact about a feature, asked in plain words."""

    id: str
    """Stable name, used in answers files."""
    group: str
    """What it belongs to: scope, role, prohibited, …"""
    ask: str
    """The question."""
    answers: Answers
    """What it takes."""
    choices: Mapping[str, str]
    """Each choice and what it means; empty for yes or no and for a day."""
    yes_if: str | None
    """What counts as yes, with examples."""
    no_if: str | None
    """What does not, with examples."""
    in_doubt: str
    """Which answer to give in doubt."""
    pins: tuple[str, ...]
    """The provisions behind it."""
    opened_by: tuple[Comparison, ...]
    """It matters only if one of these holds; empty where it always matters."""
    after_annex_three: bool
    """It matters only if a rule of Annex III applies."""
    if_unknown: str | None
    """What it counts as while nobody knows: the stricter answer of a question of scope or an exception."""
    decides: Literal["tier", "duties"]
    """Whether it can change the tier, or only the duties."""
    source: Source
    """Where it comes from."""
    as_of: date
    """Day on which it was checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One way to reach a tier."""

    id: str
    """Stable name."""
    tier: RuleTier
    """The tier that it leads to."""
    title: str
    """What it is about."""
    basis: Basis | None
    """For a high-risk rule: why."""
    paragraph: str | None
    """For a rule of transparency: its paragraph, such as ``50(1)``."""
    elements: Condition | Comparison
    """What must hold."""
    unless: tuple[Comparison, ...]
    """Exceptions; each counts only when it is known to hold."""
    topic: Condition | Comparison
    """When the rule is worth a word although it does not apply."""
    pins: tuple[str, ...]
    """Its provisions."""
    pins_if: tuple[tuple[Condition | Comparison, tuple[str, ...]], ...]
    """Provisions that are added when a condition holds."""
    leaves: tuple[tuple[Condition | Comparison, tuple[str, ...]], ...]
    """Provisions on which it turns that the rule does not apply, each with the reason."""
    applies_from: date | None
    """First day on which it applies; None where it has no date of its own."""
    source: Source
    """Where it comes from."""
    as_of: date
    """Day on which it was checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Another day on which a duty starts."""

    when: Condition | Comparison
    """In which case."""
    applies_from: date
    """The day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Something that somebody must do."""

    id: str
    """Stable name."""
    who: tuple[str, ...]
    """In which roles."""
    what: str
    """What, in one sentence."""
    when: Condition | Comparison
    """In which case."""
    pins: tuple[str, ...]
    """Its provisions."""
    applies_from: date | None
    """First day on which it applies; None for the day of the rules that decided the tier."""
    later_if: tuple[Later, ...]
    """Cases in which it starts on another day."""
    other_reading: date | None
    """The day that another reading of the text leads to."""
    note: str | None
    """What to know about it."""
    source: Source
    """Where it comes from."""
    as_of: date
    """Day on which it was checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """Rules besides the AI Act, in brief."""

    id: str
    """Stable name."""
    name: str
    """What it is called."""
    place: str
    """Where it holds."""
    status: str
    """In force, signed, voluntary, moving."""
    since: date
    """The day that matters most: since or from when."""
    says: str
    """What it does."""
    limits: str
    """What it does not do, or what is not known."""
    source: Source
    """Where it comes from."""
    as_of: date
    """Day on which it was checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """The text of one pin."""

    pin: str
    """Its name, such as ``Art. 5(1)(f)``."""
    text: str
    """The wording, or why it is cited by number only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """Words in a description from which a fact may be proposed."""

    fact: str
    """The question."""
    value: str
    """The answer that is proposed."""
    any_of: tuple[str, ...]
    """Regular expressions; one must be found."""
    all_of: tuple[str, ...]
    """Regular expressions; each must be found, in one sentence, in any order."""
    but_not: tuple[str, ...]
    """Regular expressions of idioms; words that stand in one do not count."""
    given: tuple[str, ...]
    """Proposals, `fact=value`; one must have been made. Without words of its own the cue quotes theirs."""
    unless: tuple[str, ...]
    """Regular expressions; none may be found."""


@cache
def questions() -> tuple[Question, ...]:
    """Every question, in the order in which it is asked."""
    from shipworthy.playbook._regulation_files import read_questions

    return read_questions()


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, the most severe tier first within its group."""
    from shipworthy.playbook._regulation_files import read_rules

    return read_rules()


@cache
def duties() -> tuple[Duty, ...]:
    """Every duty."""
    from shipworthy.playbook._regulation_files import read_duties

    return read_duties()


@cache
def regimes() -> tuple[Regime, ...]:
    """Other regimes, in brief."""
    from shipworthy.playbook._regulation_files import read_regimes

    return read_regimes()


@cache
def cues() -> tuple[Cue, ...]:
    """Words that point to a fact."""
    from shipworthy.playbook._regulation_files import read_cues

    return read_cues()


@cache
def provisions() -> Mapping[str, Provision]:
    """The text of every pin, by pin."""
    text = (files("shipworthy.playbook") / "data" / "regulation" / "act.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    return {
        pin: Provision(pin=pin, text=body.strip()) for pin, body in zip(parts[::2], parts[1::2], strict=True)
    }


def text_as_of() -> date:
    """The day on which the text of the Act was checked last."""
    return max(rule.as_of for rule in rules())


def question(id: str) -> Question:  # noqa: A002 - the field's name
    """The question called ``id``.

    Raises:
        UserError: there is none; the nearest one is named.
    """
    known = _by_id()
    if id not in known:
        raise UserError(f"There is no question {id!r}.", hint=nearest(id, known))
    return known[id]


@cache
def _by_id() -> Mapping[str, Question]:
    return {item.id: item for item in questions()}


def provision(pin: str) -> Provision:
    """The text of a pin.

    Raises:
        UserError: it is not in the extract; the nearest one is named.
    """
    known = provisions()
    if pin not in known:
        raise UserError(f"The extract of the AI Act has no {pin!r}.", hint=nearest(pin, known))
    return known[pin]
