"""The regulation's YAML files, checked on the way in and turned into the values of ``regulation``."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shipworthy.playbook._files import read
from shipworthy.playbook.conditions import Comparison, condition
from shipworthy.playbook.items import Source
from shipworthy.playbook.regulation import Answers, Basis, Cue, Duty, Later, Question, Regime, Rule, RuleTier

__all__ = ["read_cues", "read_duties", "read_questions", "read_regimes", "read_rules"]

_PLAIN = "no, if it is stated what it does and this is no part of it; unknown, if that is not stated"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


class _QuestionItem(_Strict):
    id: str
    group: str
    ask: str
    yes_if: str | None = None
    no_if: str | None = None
    one_of: dict[str, str] = {}
    any_of: dict[str, str] = {}
    is_date: bool = Field(default=False, alias="date")
    in_doubt: str = "unknown"
    pins: tuple[str, ...]
    opened_by: tuple[str, ...] = ()
    if_unknown: str | None = None
    decides: Literal["tier", "duties"] = Field("tier", alias="for")

    @field_validator("in_doubt", "if_unknown", mode="before")
    @classmethod
    def _yes_or_no(cls, value: Any) -> Any:
        """YAML reads a bare yes as true."""
        return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


class _QuestionFile(_Strict):
    source: Source
    as_of: date
    items: tuple[_QuestionItem, ...]


class _PinsIf(_Strict):
    when: Any
    pins: tuple[str, ...]


class _RuleItem(_Strict):
    id: str
    tier: RuleTier
    title: str
    basis: Basis | None = None
    paragraph: str | None = None
    all: list[Any]
    unless: list[str] = []
    topic: list[Any] = []
    pins: tuple[str, ...]
    pins_if: tuple[_PinsIf, ...] = ()
    leaves: tuple[_PinsIf, ...] = ()
    applies_from: date | None = Field(None, alias="from")


class _RuleFile(_Strict):
    source: Source
    as_of: date
    items: tuple[_RuleItem, ...]


class _LaterIf(_Strict):
    when: Any
    applies_from: date = Field(alias="from")


class _DutyItem(_Strict):
    id: str
    who: tuple[str, ...]
    what: str
    when: list[Any]
    pins: tuple[str, ...]
    applies_from: date | Literal["tier"] = Field(alias="from")
    later_if: tuple[_LaterIf, ...] = ()
    other_reading: date | None = None
    note: str | None = None


class _DutyFile(_Strict):
    source: Source
    as_of: date
    items: tuple[_DutyItem, ...]


class _RegimeItem(_Strict):
    id: str
    name: str
    place: str
    status: str
    since: date
    says: str
    limits: str
    source: Source


class _RegimeFile(_Strict):
    as_of: date
    items: tuple[_RegimeItem, ...]


class _CueItem(_Strict):
    fact: str
    value: str = "yes"
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    but_not: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    @field_validator("value", mode="before")
    @classmethod
    def _yes_or_no(cls, value: Any) -> Any:
        return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


class _CueFile(_Strict):
    families: dict[str, str]
    items: tuple[_CueItem, ...]


def read_questions() -> tuple[Question, ...]:
    """Every question."""
    file = read("regulation/questions.yaml", _QuestionFile)
    return tuple(_question(item, file) for item in file.items)


def _question(item: _QuestionItem, file: _QuestionFile) -> Question:
    kinds: dict[Answers, bool] = {
        "date": item.is_date,
        "one_of": bool(item.one_of),
        "any_of": bool(item.any_of),
    }
    return Question(
        id=item.id,
        group=item.group,
        ask=item.ask,
        answers=next((kind for kind, is_so in kinds.items() if is_so), "yes_no"),
        choices=item.one_of or item.any_of,
        yes_if=item.yes_if,
        no_if=item.no_if,
        in_doubt=_PLAIN if item.in_doubt == "plain" else item.in_doubt,
        pins=item.pins,
        opened_by=tuple(_comparison(text) for text in item.opened_by if text != "annex_three"),
        after_annex_three="annex_three" in item.opened_by,
        if_unknown=item.if_unknown,
        decides=item.decides,
        source=file.source,
        as_of=file.as_of,
    )


def _comparison(text: str) -> Comparison:
    read_as = condition(text)
    assert isinstance(read_as, Comparison)
    return read_as


def read_rules() -> tuple[Rule, ...]:
    """Every rule."""
    file = read("regulation/rules.yaml", _RuleFile)
    return tuple(_rule(item, file) for item in file.items)


def _rule(item: _RuleItem, file: _RuleFile) -> Rule:
    return Rule(
        id=item.id,
        tier=item.tier,
        title=item.title,
        basis=item.basis,
        paragraph=item.paragraph,
        elements=condition(item.all),
        unless=tuple(_comparison(text) for text in item.unless),
        topic=condition(item.topic or item.all[:1]),
        pins=item.pins,
        pins_if=tuple((condition(part.when), part.pins) for part in item.pins_if),
        leaves=tuple((condition(part.when), part.pins) for part in item.leaves),
        applies_from=item.applies_from,
        source=file.source,
        as_of=file.as_of,
    )


def read_duties() -> tuple[Duty, ...]:
    """Every duty."""
    file = read("regulation/duties.yaml", _DutyFile)
    return tuple(_duty(item, file) for item in file.items)


def _duty(item: _DutyItem, file: _DutyFile) -> Duty:
    return Duty(
        id=item.id,
        who=item.who,
        what=item.what,
        when=condition(item.when),
        pins=item.pins,
        applies_from=None if item.applies_from == "tier" else item.applies_from,
        later_if=tuple(
            Later(when=condition(part.when), applies_from=part.applies_from) for part in item.later_if
        ),
        other_reading=item.other_reading,
        note=item.note,
        source=file.source,
        as_of=file.as_of,
    )


def read_regimes() -> tuple[Regime, ...]:
    """Every other regime."""
    file = read("regulation/regimes.yaml", _RegimeFile)
    return tuple(Regime(**{**dict(item), "as_of": file.as_of}) for item in file.items)


def read_cues() -> tuple[Cue, ...]:
    """Every cue."""
    file = read("regulation/cues.yaml", _CueFile)
    return tuple(_cue(item, file.families) for item in file.items)


def _cue(item: _CueItem, families: dict[str, str]) -> Cue:
    any_of, all_of, but_not, unless = (
        tuple(_spelled_out(text, families) for text in texts)
        for texts in (item.any, item.all, item.but_not, item.unless)
    )
    given = tuple(text if "=" in text else f"{text}=yes" for text in item.given)
    return Cue(
        fact=item.fact,
        value=item.value,
        any_of=any_of,
        all_of=all_of,
        but_not=but_not,
        given=given,
        unless=unless,
    )


def _spelled_out(text: str, families: dict[str, str]) -> str:
    """A pattern with the words of each {family} in its place; a family may name those before it."""
    for name in reversed(families):
        text = text.replace(f"{{{name}}}", f"(?:{families[name]})")
    return text
