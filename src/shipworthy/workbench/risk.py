"""The risk tier of a feature: its questions, an assessment, the memo and the record in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date  # at run time: Pydantic reads the field types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import UserError, Where
from shipworthy.core.files import readable, write_atomic
from shipworthy.launch.risk.assessing import DISCLAIMER, LAW, Assessment, assess
from shipworthy.launch.risk.proposing import Proposal
from shipworthy.workbench.json_lines import GivenLine, LineProblem, each_line, problem_of

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.launch.risk.answers import Answers
    from shipworthy.playbook.conditions import Comparison, Condition
    from shipworthy.playbook.regulation import Provision, Question
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "NOBODY_HINT",
    "Questioner",
    "RiskQuestion",
    "RiskQuestions",
    "RiskResult",
    "assess_answers",
    "assess_feature",
    "assess_lines",
    "assess_risk",
    "describe",
    "list_questions",
    "settled",
    "show_provision",
    "text_of",
]

_HOW = (
    "One line 'id: answer' a question, for instance 'recruitment: yes'. Answer every question without "
    "needed_when, from what the feature is for. "
    "'no' where the plain meaning of its description excludes it (a film recommender reads no emotions); "
    "'unknown' where the description leaves it open. The 'In doubt' line of a question goes before these "
    "general rules. A question with needed_when is answered when that holds and may be left out otherwise. "
    "Scope that is not mentioned may be left out and is taken as in scope, and an exception counts only when "
    "it is answered, so leaving either out never lowers the tier. All else that is left out is unknown."
)
_LONGEST_LINE = 100_000
_FIRST = ("role",)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskQuestion:
    """One question, ready to be answered by somebody who knows the feature and not the law."""

    id: str
    """Its name in an answers file."""
    group: str
    """What it belongs to."""
    question: str
    """The question."""
    help: str
    """What counts, what does not, with examples, and what to answer in doubt."""
    answers: tuple[str, ...]
    """What it takes; ``unknown`` always works."""
    several: bool
    """Whether it takes a list of answers."""
    pins: tuple[str, ...]
    """The provisions behind it; 'shipworthy risk show PIN' prints them."""
    needed_when: str | None
    """When it matters; None where it always does."""
    if_left_out: str
    """What it counts as when it is left out or unknown."""
    decides: str
    """``tier``, or ``duties`` where it cannot change the tier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskQuestions:
    """Every question, and how to answer."""

    how_to_answer: str
    """The rules for all of them."""
    law: str
    """The text they were made from."""
    text_as_of: date
    """The day on which that text was checked last."""
    disclaimer: str
    """What this is not."""
    questions: tuple[RiskQuestion, ...]
    """The questions, in the order in which they are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskResult(Assessment):
    """An assessment, what it was made for, and where it was written."""

    id: str | None
    """The feature, or the id that a line came with."""
    proposed: tuple[Proposal, ...]
    """Facts proposed from the description; they count for nothing until they are answers."""
    answers_file: str | None
    """Where the answers are kept."""
    memo_file: str | None
    """The memo."""


Questioner = Callable[["Question"], "frozenset[str] | None"]
"""Somebody who answers one question; None for "I do not know"."""


def list_questions() -> RiskQuestions:
    """Every question with its help and pins."""
    from shipworthy.playbook.regulation import questions, text_as_of

    return RiskQuestions(
        how_to_answer=_HOW,
        law=LAW,
        text_as_of=text_as_of(),
        disclaimer=DISCLAIMER,
        questions=tuple(_question(item) for item in questions()),
    )


def _question(item: Question) -> RiskQuestion:
    from shipworthy.launch.risk.words import help_of

    allowed = (
        ("yes", "no") if item.answers == "yes_no" else tuple(item.choices) or ("a day such as 2026-08-02",)
    )
    return RiskQuestion(
        id=item.id,
        group=item.group,
        question=item.ask,
        help=help_of(item),
        answers=(*allowed, "unknown"),
        several=item.answers == "any_of",
        pins=item.pins,
        needed_when=_needed_when(item),
        if_left_out=item.if_unknown or _when_left_out(item),
        decides=item.decides,
    )


def _needed_when(item: Question) -> str | None:
    if item.after_annex_three:
        return f"one of these holds: {'; '.join(_areas())}"
    openers = [_opened(opener) for opener in item.opened_by]
    return " or ".join(openers) or None


def _areas() -> Iterator[str]:
    """What makes a rule of Annex III apply, in the questions' ids."""
    from shipworthy.playbook.regulation import rules

    return (_in_ids(rule.elements) for rule in rules() if rule.basis == "annex_iii")


def _in_ids(asked: Condition | Comparison) -> str:
    from shipworthy.playbook.conditions import Comparison

    if isinstance(asked, Comparison):
        return _opened(asked)
    joined = (" and " if asked.how == "all" else " or ").join(_in_ids(part) for part in asked.parts)
    return f"({joined})" if asked.how == "any" else joined


def _when_left_out(item: Question) -> str:
    """``unknown``; where what opens a question is denied, it follows that the answer is no."""
    if not item.opened_by:
        return "unknown"
    return f"unknown; {'no' if item.answers == 'yes_no' else 'none'}, assumed, where it is not needed"


def _opened(opener: Comparison) -> str:
    from shipworthy.playbook.regulation import question

    if opener.values:
        return f"{opener.fact} is {' or '.join(sorted(opener.values))}"
    return f"{opener.fact} is {'yes' if question(opener.fact).answers == 'yes_no' else 'anything but none'}"


def show_provision(pin: str) -> Provision:
    """The wording behind a pin.

    Raises:
        UserError: there is no such pin; the nearest one is named.
    """
    from shipworthy.playbook.regulation import provision

    return provision(pin)


def describe(text: str | None, file: Path | None) -> str | None:
    """The description from an option or a file.

    Raises:
        UserError: both are given, or the file cannot be read.
    """
    if text is not None and file is not None:
        raise UserError("There are two descriptions.", hint="Give --describe or --description, not both.")
    if file is None:
        return text
    try:
        return readable(file).read_bytes()[:_LONGEST_LINE].decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError("This description is not UTF-8 text.", where=Where(file=file)) from None


def assess_risk(
    *,
    answers: Answers,
    on: date,
    description: str | None = None,
    id: str | None = None,  # noqa: A002 - the field's name
) -> RiskResult:
    """Decide the tier from answers; propose further facts from a description.

    Args:
        answers: What is known.
        on: The day for which it is said which duties apply.
        description: Free text; what is proposed from it does not count before it is an answer.
        id: A name to give back.
    """
    return _result(assess(answers, on=on), id=id, proposed=_proposals(description, answers))


def assess_answers(
    file: Path | None,
    *,
    on: date,
    description: str | None = None,
    ask: Questioner | None = None,
    confirm: Callable[[Proposal], bool] | None = None,
) -> RiskResult:
    """Assess without a workspace: from a file of answers, from a person, or both. Nothing is kept.

    Raises:
        UserError: an answer cannot be used, or there is nothing to go by.
    """
    from shipworthy.launch.risk.answers import read_answers

    if file is None and description is None and ask is None:
        raise UserError("There is nothing to assess.", hint=NOBODY_HINT)
    known = read_answers(file) if file is not None else {}
    asked = ask if file is None else None  # a file is taken as it is
    known = settled(known, ask=asked, proposals=_proposals(description, known), confirm=confirm)
    return assess_risk(answers=known, on=on, description=description)


def _proposals(description: str | None, answers: Answers) -> tuple[Proposal, ...]:
    from shipworthy.launch.risk.proposing import propose

    found = propose(description) if description else ()
    return tuple(proposal for proposal in found if answers.get(proposal.id) is None)


def _result(
    assessment: Assessment,
    *,
    id: str | None = None,  # noqa: A002 - the field's name
    proposed: tuple[Proposal, ...] = (),
    answers_file: Path | None = None,
    memo_file: Path | None = None,
) -> RiskResult:
    return RiskResult(
        **{item.name: getattr(assessment, item.name) for item in fields(Assessment)},
        id=id,
        proposed=proposed,
        answers_file=None if answers_file is None else str(answers_file),
        memo_file=None if memo_file is None else str(memo_file),
    )


def assess_lines(lines: Iterable[str], *, on: date) -> Iterator[RiskResult | LineProblem]:
    """Assess many: one JSON object a line with ``id`` and ``answers`` or ``description``, one result each.

    A line that cannot be used gives a problem in its place, and the others are assessed all the same.
    """
    hint = 'Write {"id": "…", "answers": {"recruitment": "yes"}} or {"id": "…", "description": "…"}.'
    return each_line(lines, lambda line: _assessed(line, on), problem_of, longest=_LONGEST_LINE, hint=hint)


def _assessed(line: GivenLine, on: date) -> RiskResult:
    from shipworthy.launch.risk.answers import parse_answers

    given = line.fields()
    if not {"answers", "description"} & given.keys():
        raise line.bad("This has neither 'answers' nor 'description'.")
    description = given.get("description")
    if description is not None and not isinstance(description, str):
        raise line.bad("A description is a text.", field="description")
    answers = parse_answers(given.get("answers", {}), where=lambda name: line.where(name or None))
    return assess_risk(answers=answers, on=on, description=description, id=line.id)


def assess_feature(
    workspace: Workspace,
    name: str,
    *,
    on: date,
    answers: Path | None = None,
    description: str | None = None,
    ask: Questioner | None = None,
    confirm: Callable[[Proposal], bool] | None = None,
    reason: str | None = None,
    clock: Clock | None = None,
) -> RiskResult:
    """Assess a feature: answers kept beside it, a memo, a record in the ledger.

    Args:
        workspace: Where the feature is.
        name: The feature.
        on: The day for which it is said which duties apply.
        answers: A file of answers; they are taken over into the feature's own file.
        description: Free text to propose facts from.
        ask: Answers a question; None where nobody can be asked.
        confirm: Says whether a proposed fact is so; None where nobody can be asked.
        reason: Why the person decides as they do, in their own words; kept in the ledger.
        clock: The time; the machine's when left out.

    Raises:
        UserError: an answer cannot be used, or there are none and nobody can be asked.
    """
    from shipworthy.evidence.ledger import Ledger, ledger_location
    from shipworthy.launch.risk.answers import read_answers, write_answers
    from shipworthy.launch.risk.memo import memo

    home = _papers(workspace, name)
    kept, page = home / "risk.answers.yaml", home / "risk.md"
    known = dict(read_answers(kept)) if kept.exists() else {}
    known |= read_answers(answers) if answers is not None else {}
    if not known and ask is None and description is None:
        raise UserError(f"There are no answers about {name!r}.", hint=NOBODY_HINT)
    known = settled(
        known,
        ask=ask,
        proposals=_proposals(description, known),
        confirm=confirm,
        keep=lambda so_far: write_answers(kept, so_far),
    )
    decided = assess(known, on=on)
    location = ledger_location(workspace.root)
    with Ledger.open(location, workspace=workspace.root, clock=clock or SystemClock()) as ledger:
        if not kept.exists() or read_answers(kept) != known:
            write_answers(kept, known)
        write_atomic(page, memo(decided, feature=name))
        _record(ledger, name, decided, known, reason)
    return _result(
        decided, id=name, proposed=_proposals(description, known), answers_file=kept, memo_file=page
    )


NOBODY_HINT = "Give a file with --answers answers.yaml; 'shipworthy risk questions' lists what to put in it."


def _papers(workspace: Workspace, name: str) -> Path:
    folder = workspace.feature_folder(name)
    if not folder.is_dir():
        workspace.feature_file(name)  # says which features there are
    return folder / "papers"


def _record(ledger: Any, name: str, decided: Assessment, answers: Answers, reason: str | None) -> None:
    """Evidence: the decision with all it was made from, so that the record needs no file that may change."""
    ledger.record(
        kind="risk",
        title=f"Risk tier of {name}: {decided.tier}",
        feature=name,
        origin="own",
        drafted_by_tool=True,
        reason=reason,
        verified=True,
        competencies=("regulatory-fluency",),
        facts={
            "tier": decided.tier,
            "pins": list(decided.pins),
            "art50": list(decided.art50),
            "law": decided.law,
            "text_as_of": decided.text_as_of.isoformat(),
            "answers": {key: "unknown" if value is None else sorted(value) for key, value in answers.items()},
        },
    )


def settled(
    answers: Answers,
    *,
    ask: Questioner | None,
    proposals: Iterable[Proposal] = (),
    confirm: Callable[[Proposal], bool] | None = None,
    keep: Callable[[Answers], None] | None = None,
) -> dict[str, frozenset[str] | None]:
    """Confirm what is proposed, then ask only what decides, one question at a time.

    Args:
        answers: What is known; a question answered ``unknown`` is not asked again.
        ask: Answers a question; None where nobody can be asked.
        proposals: Facts to confirm.
        confirm: Says whether a proposed fact is so; None where nobody can be asked.
        keep: Told the answers after each one, so that an interruption loses none.
    """
    known = dict(answers)
    if confirm is not None:
        for proposal in proposals:
            if confirm(proposal):
                known[proposal.id] = (known.get(proposal.id) or frozenset()) | {proposal.answer}
    if ask is not None:
        while (item := _next(known)) is not None:
            known[item.id] = ask(item)
            if keep is not None:
                keep(known)
    return known


def _next(known: Answers) -> Question | None:
    """What to ask now: who you are, what decides the tier, then what Art. 50 and the duties turn on."""
    from shipworthy.launch.risk.assessing import open_questions
    from shipworthy.playbook.regulation import question

    waiting = [question(name) for name in _FIRST] + list(open_questions(known))
    return next((item for item in waiting if item.id not in known), None)


def text_of(result: RiskResult) -> str:
    """A result as lines for a terminal."""
    from shipworthy.launch.risk.words import in_words

    parts = [in_words(result)]
    if result.proposed:
        parts.append("\nThe description suggests (confirm by answering):")
        parts += [f"  {item.id}: {item.answer}, from “{item.quote}”" for item in result.proposed]
    if result.memo_file is not None:
        parts.append(f"\nMemo: {result.memo_file}\nAnswers: {result.answers_file}")
    return "\n".join(parts)
