"""The PRD of a feature: drafted from what the workspace knows, and checked, ours or anybody's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import DataError, Where, WorkspaceError
from shipworthy.core.files import readable
from shipworthy.launch.prd import CheckedPrd, blocking, check_prd
from shipworthy.playbook.prd import RuleSeverity  # at run time: Pydantic reads the field types
from shipworthy.workbench.json_lines import GivenLine, LineProblem, each_line, problem_of

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.launch.paper import Answers
    from shipworthy.launch.prd.citations import Source, Sources
    from shipworthy.workbench.reviews import FinishedReview
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "DraftedPaper",
    "PrdRuleLine",
    "check_feature_prd",
    "check_prd_file",
    "check_prd_lines",
    "check_prd_text",
    "draft_feature_prd",
    "drafted",
    "feature_sources",
    "list_prd_rules",
    "newest_review",
    "papers_of",
    "paths_lead_to_file",
]

_LONGEST_LINE = 2_100_000
_MOST_BYTES = 8_000_000
_COMPETENCIES = ("failure-modes", "ml-lifecycle", "ethics")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedPaper:
    """A paper that was drafted."""

    feature: str
    """Its feature."""
    file: str
    """The page."""
    answers_file: str
    """Where the person's words go."""
    review: str | None
    """The review its numbers come from; None where there is none or none is needed."""
    answered: int
    """Questions the person has answered."""
    gaps: tuple[str, ...]
    """What is still to be filled in."""
    share_own: float
    """Share of the page's words that are the person's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrdRuleLine:
    """A rule that PRDs are held against."""

    id: str
    """Its name."""
    severity: RuleSeverity
    """Blocking or advice."""
    why: str
    """What is wrong where it is broken."""
    next: str
    """What to do then."""
    failing: str
    """Markdown that breaks it."""
    passing: str
    """Markdown that keeps it."""


def draft_feature_prd(
    workspace: Workspace, name: str, *, on: date, reason: str | None = None, clock: Clock | None = None
) -> DraftedPaper:
    """Draft a feature's PRD, or draft it again: answers are kept, numbers are those of the newest review.

    Args:
        workspace: Where the feature is.
        name: The feature.
        on: The day for which the risk tier is said.
        reason: Why the person decides as they do, in their own words; kept in the ledger.
        clock: The time; the machine's when left out.

    Raises:
        UserError: the answers cannot be used, or the page was changed by hand.
    """
    from shipworthy.launch.paper import add_questions, write_page
    from shipworthy.launch.prd.drafting import draft_prd
    from shipworthy.playbook.prd import paper_questions

    papers = papers_of(workspace, name)
    page, kept = papers / "prd.md", papers / "prd.answers.yaml"
    answers = add_questions(kept, paper_questions("prd"), paper="PRD")
    material = _material(workspace, name, answers, on=on)
    text = draft_prd(material)
    write_page(page, text)
    origin = material.report["origin"] if material.report else "own"
    return drafted(
        workspace,
        "prd",
        name,
        page,
        kept,
        answers,
        text,
        material.review,
        origin=origin,
        reason=reason,
        clock=clock,
    )


def papers_of(workspace: Workspace, name: str) -> Path:
    """The folder of a feature's papers, whether or not it exists.

    Raises:
        UserError: there is no such feature.
    """
    folder = workspace.feature_folder(name)
    if not folder.is_dir():
        workspace.feature_file(name)  # says which features there are
    return folder / "papers"


def _material(workspace: Workspace, name: str, answers: Answers, *, on: date) -> Any:
    from shipworthy.launch.prd.drafting import Material
    from shipworthy.launch.prd.facts import feature_facts, review_facts, risk_facts

    spec = _spec(workspace, name)
    review = newest_review(workspace, name)
    risk = _risk(workspace, name, on=on)
    return Material(
        name=name,
        spec=spec,
        feature=feature_facts(spec) if spec else {},
        review=review.id if review else None,
        report=review.report if review else None,
        facts=review_facts(review.report) if review else {},
        risk=risk,
        risks=risk_facts(risk) if risk else {},
        answers=answers,
        sourced=_sourced(workspace, name),
    )


def _sourced(workspace: Workspace, name: str) -> tuple[str, str, tuple[str, ...]] | None:
    """The last decision about sourcing that somebody gave a reason for."""
    from shipworthy.evidence.ledger import Ledger, ledger_location

    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root) as ledger:
        records = ledger.records(kind="sourcing", feature=name)
    decided = [one for one in records if one.facts.get("decision") and one.reason]
    if not decided:
        return None
    facts = decided[-1].facts
    reversed_by = [*facts["reversed_by"], *(one["words"] for one in facts["tripwires"])]
    return facts["decision"].replace("_", " "), str(decided[-1].reason), tuple(dict.fromkeys(reversed_by))


def _spec(workspace: Workspace, name: str) -> Any:
    from shipworthy.evals.spec import load_feature

    path = workspace.feature_folder(name) / "feature.yaml"
    return load_feature(path)[0] if path.is_file() else None


def newest_review(workspace: Workspace, name: str) -> FinishedReview | None:
    """The newest review of the feature in a folder; None where there is none."""
    from shipworthy.workbench.reviews import list_reviews

    every = [review for review in list_reviews(workspace) if review.folder.parts[-3] == name]
    return every[-1] if every else None


def _risk(workspace: Workspace, name: str, *, on: date) -> Any:
    from shipworthy.launch.risk import assess, read_answers

    path = papers_of(workspace, name) / "risk.answers.yaml"
    return assess(read_answers(path), on=on) if path.is_file() else None


def drafted(
    workspace: Workspace,
    kind: str,
    name: str,
    page: Path,
    kept: Path,
    answers: Answers,
    text: str,
    review: str | None,
    *,
    origin: Any,
    reason: str | None,
    clock: Clock | None,
) -> DraftedPaper:
    """Record a drafted paper in the ledger and say what became of it."""
    from shipworthy.core.canonical import sha256_of
    from shipworthy.evidence.ledger import Ledger, ledger_location
    from shipworthy.launch.paper import gaps_in, share_of_own

    share, gaps = share_of_own(answers, text), gaps_in(text)
    location = ledger_location(workspace.root)
    with Ledger.open(location, workspace=workspace.root, clock=clock or SystemClock()) as ledger:
        ledger.record(
            kind=kind,
            title=f"{_TITLES[kind]} of {name} drafted: {len(gaps)} gaps",
            feature=name,
            origin=origin,
            drafted_by_tool=True,
            share_edited=share,
            reason=reason,
            verified=True,
            competencies=_SHOWS[kind] if answers else (),  # what the tool wrote alone shows nothing
            facts={
                "sha256": sha256_of(text),
                "review": review,
                "answered": sorted(answers),
                "gaps": len(gaps),
            },
        )
    return DraftedPaper(
        feature=name,
        file=str(page),
        answers_file=str(kept),
        review=review,
        answered=len(answers),
        gaps=gaps,
        share_own=share,
    )


_TITLES = {"prd": "PRD", "research": "Research agreement"}
_SHOWS = {"prd": _COMPETENCIES, "research": ("research-product", "prioritisation")}


# --- checking -------------------------------------------------------------------------------------------


def paths_lead_to_file(target: str) -> bool:
    """Whether what was typed means a file and not a feature."""
    return "/" in target or target.lower().endswith((".md", ".markdown", ".txt")) or Path(target).is_file()


def check_feature_prd(
    workspace: Workspace, name: str, *, on: date, reason: str | None = None, clock: Clock | None = None
) -> CheckedPrd:
    """Check the PRD of a feature, its citations included, and record the outcome.

    Args:
        workspace: Where the feature is.
        name: The feature.
        on: The day for which the risk tier is said.
        reason: Why the person decides as they do, in their own words; kept in the ledger.
        clock: The time; the machine's when left out.

    Raises:
        UserError: there is no such feature, or it has no PRD yet.
    """
    page = papers_of(workspace, name) / "prd.md"
    if not page.is_file():
        raise WorkspaceError(
            f"{name!r} has no PRD yet.", where=Where(file=page), hint=f"Make one: shipworthy prd draft {name}"
        )
    checked = check_prd(_read(page), name=str(page), sources=feature_sources(workspace, name, on=on))
    _record_check(workspace, name, checked, reason, clock)
    return checked


def _record_check(
    workspace: Workspace, name: str, checked: CheckedPrd, reason: str | None, clock: Clock | None
) -> None:
    from shipworthy.core.canonical import sha256_of_file
    from shipworthy.evidence.ledger import Ledger, ledger_location
    from shipworthy.launch.paper import read_answers, share_of_own
    from shipworthy.playbook.prd import paper_questions

    page = Path(checked.name)
    kept = page.with_name("prd.answers.yaml")
    answers = read_answers(kept, paper_questions("prd")) if kept.is_file() else {}
    review = newest_review(workspace, name)
    stops = blocking(checked.findings)
    location = ledger_location(workspace.root)
    with Ledger.open(location, workspace=workspace.root, clock=clock or SystemClock()) as ledger:
        ledger.record(
            kind="prd-check",
            title=f"PRD of {name} checked: {len(stops)} blocking findings",
            feature=name,
            origin=review.report["origin"] if review else "own",
            drafted_by_tool=kept.is_file(),
            share_edited=share_of_own(answers, _read(page)) if kept.is_file() else None,
            reason=reason,
            verified=True,
            competencies=_COMPETENCIES if answers else (),
            facts={
                "sha256": sha256_of_file(page),
                "rules": checked.rules,
                "blocking": sorted({finding.rule for finding in stops}),
                "advice": sorted({item.rule for item in checked.findings if item.severity == "advice"}),
            },
        )


def check_prd_file(file: Path, *, workspace: Workspace | None, on: date) -> CheckedPrd:
    """Check any PRD in Markdown. Nothing is recorded.

    Args:
        file: The file.
        workspace: Where its citations lead; None where there is no workspace.
        on: The day for which the risk tier is said.

    Raises:
        UserError: the file cannot be read as text.
    """
    if file.suffix.lower() in {".docx", ".pdf", ".html", ".odt", ".rtf", ".pages"}:
        raise DataError(
            f"{file.name!r} is no Markdown.",
            where=Where(file=file),
            hint="Export it as Markdown or plain text.",
        )
    name = None
    if workspace is not None:
        inside = file.resolve().parts[len(workspace.root.resolve().parts) :]
        name = inside[1] if len(inside) > 2 and inside[0] == "features" else None
    return check_prd(_read(file), name=str(file), **_citing(workspace, name, on))


def check_prd_text(text: str, *, name: str, workspace: Workspace | None, on: date) -> CheckedPrd:
    """Check a PRD that was pasted. Nothing is recorded.

    Raises:
        UserError: it is too large or no text.
    """
    return check_prd(text, name=name, **_citing(workspace, None, on))


def _citing(workspace: Workspace | None, name: str | None, on: date) -> dict[str, Any]:
    return {} if workspace is None else {"sources": feature_sources(workspace, name, on=on)}


def check_prd_lines(
    lines: Iterable[str], *, workspace: Workspace | None, on: date
) -> Iterator[CheckedPrd | LineProblem]:
    """Check many: one JSON object a line with ``text`` and perhaps ``id``, one result each.

    A line may also be the text itself, as a JSON string. A line that cannot be used gives a problem in its
    place, and the others are checked all the same.
    """

    def checked(line: GivenLine) -> CheckedPrd:
        name = line.id or f"line {line.number}"
        return check_prd_text(line.text(), name=name, workspace=workspace, on=on)

    hint = 'Write {"id": "…", "text": "# PRD …"} in each line.'
    return each_line(lines, checked, problem_of, longest=_LONGEST_LINE, hint=hint)


def _read(path: Path) -> str:
    size = readable(path).stat().st_size
    if size > _MOST_BYTES:
        raise DataError(f"This file is too large for a PRD ({size:,} bytes).", where=Where(file=path))
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(
            "This file is not UTF-8 text.", where=Where(file=path), hint="Save it as Markdown in UTF-8."
        ) from None


def feature_sources(workspace: Workspace, name: str | None, *, on: date) -> Sources:
    """Where the citations of a paper lead.

    Args:
        workspace: Where the reviews are.
        name: The feature whose ``feature.yaml`` and risk answers are meant; None where none is.
        on: The day for which the risk tier is said.
    """
    from shipworthy.launch.prd.citations import Source
    from shipworthy.launch.prd.facts import feature_facts, review_facts, risk_facts
    from shipworthy.workbench.reviews import list_reviews

    @cache
    def reviews() -> dict[str, FinishedReview]:
        return {review.id: review for review in list_reviews(workspace)}

    @cache
    def source(cited: str) -> Source | None:
        if cited == "feature.yaml":
            spec = _spec(workspace, name) if name else None
            return Source(facts=feature_facts(spec)) if spec else None
        if cited == "risk.answers.yaml":
            risk = _risk(workspace, name, on=on) if name else None
            return Source(facts=risk_facts(risk)) if risk else None
        review = reviews().get(cited)
        if review is None:
            return None
        beside = [
            other.id for other in reviews().values() if other.folder.parts[-3] == review.folder.parts[-3]
        ]
        return Source(facts=review_facts(review.report), newer=None if beside[-1] == cited else beside[-1])

    return source


def list_prd_rules() -> tuple[PrdRuleLine, ...]:
    """Every rule with its explanation and examples."""
    from shipworthy.playbook.prd import prd_rules

    return tuple(
        PrdRuleLine(
            id=rule.id,
            severity=rule.severity,
            why=rule.why,
            next=rule.next,
            failing=rule.failing,
            passing=rule.passing,
        )
        for rule in prd_rules()
    )
