"""The decision: from facts to a tier, with what is still open.

Elements of a rule must be known: an unknown one leaves the rule, and with it the tier, undetermined.
Exceptions must be claimed: an unknown one does not count. So a missing fact never gives a lower tier.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shipworthy.playbook.conditions import holds, says
from shipworthy.playbook.regulation import question, questions, rules

if TYPE_CHECKING:
    from shipworthy.launch.risk.answers import Answers
    from shipworthy.playbook.conditions import Facts
    from shipworthy.playbook.regulation import Question, Rule

__all__ = ["TIERS", "Known", "Outcome", "Tier", "applies", "decide", "known_facts", "result_of"]

Tier = Literal["prohibited", "high", "exempt_6_3", "limited", "minimal", "out_of_scope", "undetermined"]
"""What a feature is under the Act."""
TIERS: tuple[Tier, ...] = ("prohibited", "high", "exempt_6_3", "limited", "minimal", "out_of_scope")
"""The tiers, the most severe first."""
_OPEN_SOURCE = "open_source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Every question with what it counts as."""

    facts: Facts
    """Values by question; None where nobody knows."""
    given: frozenset[str]
    """Questions that somebody answered."""
    assumed: tuple[str, ...]
    """Questions nobody answered that count as their stricter answer."""
    overruled: tuple[str, ...]
    """Questions answered although what opens them was denied; the answer counts all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the rules say about some facts."""

    tier: Tier
    """The tier, or undetermined."""
    possible: tuple[Tier, ...]
    """Every tier that is still possible, the most severe first."""
    decisive: tuple[Rule, ...]
    """The rules that lead to the tier."""
    open: tuple[Rule, ...]
    """Rules that may still change the tier."""
    near: tuple[Rule, ...]
    """Rules that were near and do not apply."""
    transparency: tuple[Rule, ...]
    """The rules of Art. 50 that apply."""
    transparency_open: tuple[Rule, ...]
    """The rules of Art. 50 that may apply."""


def known_facts(answers: Answers) -> Known:
    """Fill in what follows: a closed question counts as no, scope and exceptions as the stricter answer."""
    facts: dict[str, frozenset[str] | None] = {}
    assumed: list[str] = []
    overruled: list[str] = []
    for item in questions():
        _settle(item, answers, facts)
    for item in questions():
        given = answers.get(item.id)
        if given is None and item.if_unknown is not None and not _closed(item, facts):
            assumed.append(item.id)
        if given not in (None, frozenset({"no"}), frozenset({"none"})) and _closed(item, facts):
            overruled.append(item.id)
    answered = frozenset(name for name, value in answers.items() if value is not None)
    return Known(facts=facts, given=answered, assumed=tuple(assumed), overruled=tuple(overruled))


def _settle(item: Question, answers: Answers, facts: dict[str, frozenset[str] | None]) -> None:
    if item.id in facts:
        return
    for opener in item.opened_by:
        _settle(question(opener.fact), answers, facts)
    value = answers.get(item.id)
    if value is None and _closed(item, facts):
        value = frozenset({"no" if item.answers == "yes_no" else "none"})
    if value is None and item.if_unknown is not None:
        value = frozenset({item.if_unknown})
    facts[item.id] = value


def _closed(item: Question, facts: Facts) -> bool:
    """Whether everything that would open a question was denied."""
    return bool(item.opened_by) and all(holds(opener, facts) is False for opener in item.opened_by)


def applies(rule: Rule, facts: Facts) -> bool | None:
    """Whether a rule applies; None where that depends on something unknown."""
    if any(holds(exception, facts) for exception in rule.unless):
        return False
    return holds(rule.elements, facts)


@dataclass(frozen=True, slots=True)
class _Verdicts:
    """Whether any rule of each kind applies."""

    prohibited: bool | None
    product: bool | None
    area: bool | None
    exempt: bool | None
    limited: bool | None

    @property
    def exemption(self) -> set[Tier]:
        """What an area of Annex III leads to."""
        return _either("exempt_6_3", "high", which=self.exempt)

    @property
    def below(self) -> set[Tier]:
        """What is left outside high risk."""
        return _either("limited", "minimal", which=self.limited)

    @property
    def without_products(self) -> set[Tier]:
        """Every tier below prohibited, Annex I aside."""
        if self.area is None:
            return self.exemption | self.below
        return self.exemption if self.area else self.below

    @property
    def possible(self) -> set[Tier]:
        """Every tier that is possible."""
        if self.prohibited:
            return {"prohibited"}
        rest: set[Tier] = {"high"} if self.product else self.without_products
        if self.product is None:
            rest = rest | {"high"}
        return rest | ({"prohibited"} if self.prohibited is None else set())


def _either(yes: Tier, no: Tier, *, which: bool | None) -> set[Tier]:
    if which is None:
        return {yes, no}
    return {yes} if which else {no}


def decide(facts: Facts) -> Outcome:
    """Apply every rule to the facts."""
    results = {rule.id: applies(rule, facts) for rule in rules()}
    outside = [rule for rule in rules() if rule.tier == "out_of_scope" and results[rule.id]]
    if outside:
        return _outcome({"out_of_scope"}, outside, (), results)
    verdicts = _Verdicts(
        prohibited=result_of(_rules_of("prohibited"), results),
        product=result_of(_rules_of("annex_i_a", "annex_i_b"), results),
        area=result_of(_rules_of("annex_iii"), results),
        exempt=result_of(_rules_of("exempt_6_3"), results),
        limited=result_of(_rules_of("limited"), results),
    )
    possible = verdicts.possible
    if "minimal" in possible and says(facts, _OPEN_SOURCE):
        possible = (possible - {"minimal"}) | {"out_of_scope"}
    perhaps_outside = any(results[rule.id] is None for rule in _rules_of("out_of_scope"))
    possible = possible | ({"out_of_scope"} if perhaps_outside else set())
    matter = (*_rules_of("out_of_scope"), *_that_matter(verdicts))
    still_open = [rule for rule in matter if results[rule.id] is None] if len(possible) > 1 else ()
    decisive = _decisive(verdicts, results) if len(possible) == 1 else []
    return _outcome(possible, decisive, still_open, results, facts)


def _outcome(
    possible: set[Tier],
    decisive: Iterable[Rule],
    still_open: Iterable[Rule],
    results: Mapping[str, bool | None],
    facts: Facts | None = None,
) -> Outcome:
    ordered = tuple(tier for tier in TIERS if tier in possible)
    tier = ordered[0] if len(ordered) == 1 else "undetermined"
    near = (rule for rule in rules() if facts and results[rule.id] is False and holds(rule.topic, facts))
    if not result_of(_rules_of("annex_iii"), results):
        near = (rule for rule in near if rule.tier != "exempt_6_3")
    shown = _rules_of("limited") if tier not in {"prohibited", "out_of_scope"} else []
    return Outcome(
        tier=tier,
        possible=ordered,
        decisive=tuple(decisive),
        open=tuple(still_open),
        near=tuple(near),
        transparency=tuple(rule for rule in shown if results[rule.id]),
        transparency_open=tuple(rule for rule in shown if results[rule.id] is None),
    )


def _rules_of(*names: str) -> list[Rule]:
    return [rule for rule in rules() if (rule.basis or rule.tier) in names]


def result_of(some: Iterable[Rule], results: Mapping[str, bool | None]) -> bool | None:
    """Whether any of some rules applies; None where none is known to and one may."""
    found = [results[rule.id] for rule in some]
    return True if True in found else None if None in found else False


def _that_matter(verdicts: _Verdicts) -> Iterator[Rule]:
    """The rules whose result can still change the tier, whatever the others turn out to be."""
    if verdicts.prohibited is None:
        yield from _rules_of("prohibited")
    if verdicts.product or verdicts.without_products == {"high"}:
        return
    if verdicts.product is None:
        yield from _rules_of("annex_i_a", "annex_i_b")
    if verdicts.area is None:
        yield from _rules_of("annex_iii")
    if verdicts.area is not False:
        yield from _rules_of("exempt_6_3")
    if verdicts.area is not True:
        yield from _rules_of("limited")


def _decisive(verdicts: _Verdicts, results: Mapping[str, bool | None]) -> list[Rule]:
    if verdicts.prohibited:
        names = ["prohibited"]
    elif verdicts.product or verdicts.area:
        names = ["annex_i_a", "annex_i_b", "annex_iii"]
        names += ["exempt_6_3"] if verdicts.exempt and not verdicts.product else []
    else:
        names = ["limited"]
    return [rule for rule in _rules_of(*names) if results[rule.id]]
