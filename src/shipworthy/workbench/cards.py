"""Model card, Annex IV, briefs, and whether they still agree with the reviews that they cite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import UserError, Where, WorkspaceError
from shipworthy.core.files import readable, write_atomic
from shipworthy.launch.papers.checking import PaperProblem  # at run time: Pydantic reads the field types

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.launch.papers.briefs import Audience
    from shipworthy.launch.papers.checking import Sources
    from shipworthy.launch.risk.assessing import Assessment
    from shipworthy.workbench.reviews import FinishedReview
    from shipworthy.workbench.workspace import Workspace

__all__ = ["CheckedPaper", "CheckedPapers", "Paper", "check_papers", "write_brief", "write_card"]

_OURS = ("card.md", "annex-iv.md", "brief-exec.md", "brief-user.md", "brief-regulator.md")
_COMPETENCIES = ("communicating-uncertainty", "ethics")
_LARGEST_REPORT = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper that was drafted."""

    feature: str
    """The feature it is about."""
    review: str
    """The review that every number in it cites."""
    file: str
    """Where it was written."""
    answers_file: str | None
    """Where the answers are kept that no review can give; None where there are none."""
    gaps: int
    """What it does not know, counted."""
    text: str
    """The paper."""
    plain: str
    """The same without citations, to be published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPaper:
    """A paper held against the reviews that it cites."""

    file: str
    """The paper."""
    drafted_by_tool: bool
    """Whether Shipworthy wrote the first version."""
    share_edited: float | None
    """Share of that draft which a person changed; None where there is no draft to compare with."""
    problems: tuple[PaperProblem, ...]
    """What no review carries; empty where words and numbers agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPapers:
    """Papers that were checked."""

    papers: tuple[CheckedPaper, ...]
    """One by one."""

    @property
    def sound(self) -> bool:
        """Whether all of them agree with their reviews."""
        return not any(paper.problems for paper in self.papers)


def write_card(
    workspace: Workspace,
    name: str,
    *,
    annex_iv: bool = False,
    overwrite: bool = False,
    reason: str | None = None,
    clock: Clock | None = None,
) -> Paper:
    """Write a feature's model card, or its Annex IV, from its newest review and what was stated.

    Args:
        workspace: Where the feature is.
        name: The feature.
        annex_iv: Write the headings of Annex IV instead of the card.
        overwrite: Draft anew even where a person has changed the paper.
        reason: Why the person says it so, in their own words; kept in the ledger.
        clock: The time; the machine's when left out.

    Raises:
        UserError: there is no review yet, an answer cannot be used, or the paper was changed by hand.
    """
    from shipworthy.launch.papers.stated import card_answers_file, read_stated

    papers = _papers(workspace, name)
    kept = papers / "card.answers.yaml"
    answers = read_stated(kept) if kept.exists() else {}
    draft = _card_draft("annex-iv.md" if annex_iv else "card.md", answers, _tier(papers, clock))
    review = _newest(workspace, name)
    file = papers / ("annex-iv.md" if annex_iv else "card.md")
    paper = _written(
        workspace, review, file, draft, overwrite=overwrite, answers_file=kept, reason=reason, clock=clock
    )
    if not kept.exists():
        write_atomic(kept, card_answers_file(answers))
    return paper


def write_brief(
    workspace: Workspace,
    name: str,
    *,
    audience: Audience,
    overwrite: bool = False,
    reason: str | None = None,
    clock: Clock | None = None,
) -> Paper:
    """Write a one-page brief about a feature from its newest review.

    Raises:
        UserError: there is no review yet, or the brief was changed by hand.
    """
    papers = _papers(workspace, name)
    draft = _brief_draft(audience, _tier(papers, clock))
    review = _newest(workspace, name)
    file = papers / f"brief-{audience}.md"
    return _written(workspace, review, file, draft, overwrite=overwrite, reason=reason, clock=clock)


Drafting = Callable[[Mapping[str, Any]], str]


def _card_draft(name: str, answers: Mapping[str, str], tier: Assessment | None) -> Drafting:
    from shipworthy.launch.papers import card, technical_documentation

    if name == "card.md":
        return lambda report: card(report, answers=answers)
    return lambda report: technical_documentation(report, answers=answers, tier=tier)


def _brief_draft(audience: Audience, tier: Assessment | None) -> Drafting:
    from shipworthy.launch.papers import brief

    return lambda report: brief(report, audience=audience, tier=tier)


def _papers(workspace: Workspace, name: str) -> Path:
    return workspace.feature_file(name).parent / "papers"


def _newest(workspace: Workspace, name: str) -> FinishedReview:
    from shipworthy.workbench.reviews import list_reviews

    found = list_reviews(workspace, name)
    if not found:
        raise WorkspaceError(
            f"{name!r} has no review, so there is nothing to cite.",
            hint=f"Make one: shipworthy review {name}",
        )
    return found[-1]


def _tier(papers: Path, clock: Clock | None) -> Assessment | None:
    """The tier from the answers of the risk memo, where there are any."""
    kept = papers / "risk.answers.yaml"
    if not kept.exists():
        return None
    from shipworthy.launch.risk.answers import read_answers
    from shipworthy.launch.risk.assessing import assess

    return assess(read_answers(kept), on=(clock or SystemClock()).now().date())


def _written(
    workspace: Workspace,
    review: FinishedReview,
    file: Path,
    draft: Drafting,
    *,
    overwrite: bool,
    answers_file: Path | None = None,
    reason: str | None = None,
    clock: Clock | None,
) -> Paper:
    from shipworthy.launch.papers.checking import without_citations
    from shipworthy.launch.papers.draft import is_edited
    from shipworthy.launch.papers.facts import GAP

    if file.exists() and not overwrite and is_edited(_text(file)):
        raise UserError(
            f"{file.name!r} was changed by hand; nothing was written.",
            where=Where(file=file),
            hint="Check it with 'shipworthy papers check', or draft it anew with --overwrite.",
        )
    text = draft(review.report)
    same = file.exists() and _text(file) == text
    write_atomic(file, text)
    if not same or reason is not None:
        share = _share(file, text, review.report)
        _record(workspace, review.feature, file, review.report, share, reason, clock)
    return Paper(
        feature=review.feature,
        review=review.id,
        file=str(file),
        answers_file=None if answers_file is None else str(answers_file),
        gaps=text.count(GAP),
        text=text,
        plain=without_citations(text),
    )


def _text(file: Path) -> str:
    try:
        return readable(file).read_bytes()[:2_000_000].decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError("This paper is not UTF-8 text.", where=Where(file=file)) from None


def _record(
    workspace: Workspace,
    feature: str,
    file: Path,
    report: Mapping[str, Any],
    share: float | None,
    reason: str | None,
    clock: Clock | None,
) -> None:
    """Evidence: the paper by its hash, who drafted it, and how much of it is the person's own.

    A reason that was given for the paper before it was edited stays its reason.
    """
    from shipworthy.evidence.ledger import Ledger, ledger_location

    location = ledger_location(workspace.root)
    with Ledger.open(location, workspace=workspace.root, clock=clock or SystemClock()) as ledger:
        artifact = ledger.artifact(file)
        known = [
            record
            for record in ledger.records(kind="paper", feature=feature)
            if record.facts.get("paper") == file.stem
        ]
        said = reason or next((record.reason for record in reversed(known) if record.reason), None)
        same = [
            record for record in known if any(artifact.sha256 == each.sha256 for each in record.artifacts)
        ]
        if same and (said is None or any(record.reason == said for record in same)):
            return
        ledger.record(
            kind="paper",
            title=f"{file.stem} of {feature}" + (", edited" if share else ", drafted"),
            feature=feature,
            origin=report["origin"],
            drafted_by_tool=True,
            share_edited=share,
            reason=said,
            verified=True,
            competencies=_COMPETENCIES,
            artifacts=[artifact],
            facts={"review": report["id"], "paper": file.stem},
        )


def check_papers(
    which: str, *, start: Path = Path(), reason: str | None = None, clock: Clock | None = None
) -> CheckedPapers:
    """Hold papers against the reviews that they cite.

    Args:
        which: A feature of the workspace, or a Markdown file in a ``papers`` folder (no workspace needed).
        start: A folder in or below the workspace.
        reason: Why an edited paper says it so, in the person's own words; kept in the ledger.
        clock: The time; the machine's when left out.

    Raises:
        UserError: there is no such feature or file, or it has no papers.
    """
    from shipworthy.workbench.workspace import open_workspace

    if which.endswith(".md") or "/" in which:
        file = readable(Path(which))
        return CheckedPapers(papers=(_checked(file, _reports(file.resolve().parent.parent))[0],))
    workspace = open_workspace(start)
    papers = _papers(workspace, which)
    files = [papers / name for name in _OURS if (papers / name).exists()]
    if not files:
        raise UserError(
            f"{which!r} has no papers to check.", hint=f"Write one: shipworthy brief {which} --for exec"
        )
    reports = _reports(papers.parent)
    found = []
    for file in files:
        checked, review = _checked(file, reports)
        found.append(checked)
        if review is not None and checked.share_edited and not checked.problems:
            _record(workspace, which, file, reports[review], checked.share_edited, reason, clock)
    return CheckedPapers(papers=tuple(found))


def _reports(feature: Path) -> dict[str, dict[str, Any]]:
    """The reviews of a feature's folder by id, oldest first; a broken one is as good as none."""
    import json

    from shipworthy.launch.papers.facts import paper_facts

    found = {}
    for path in feature.glob("reviews/*/report.json"):
        if path.parent.name.startswith(".") or path.stat().st_size > _LARGEST_REPORT:
            continue
        try:
            report = json.loads(path.read_bytes())
            paper_facts(report)
            found[str(report["id"])] = (str(report["at"]), report)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            continue  # a report that somebody took apart says nothing
    return {
        name: report for name, (_, report) in sorted(found.items(), key=lambda item: (item[1][0], item[0]))
    }


def _checked(file: Path, reports: Mapping[str, dict[str, Any]]) -> tuple[CheckedPaper, str | None]:
    from shipworthy.launch.papers.checking import check_paper
    from shipworthy.launch.papers.draft import draft_of

    text = _text(file)
    draft = draft_of(text)
    share = None
    if draft is not None:
        share = _share(file, text, reports.get(draft.source))
    checked = CheckedPaper(
        file=str(file),
        drafted_by_tool=draft is not None,
        share_edited=share,
        problems=check_paper(text, source=_source(reports), name=file.name),
    )
    return checked, draft.source if draft is not None and draft.source in reports else None


def _source(reports: Mapping[str, dict[str, Any]]) -> Sources:
    from functools import cache

    from shipworthy.launch.papers.facts import Sourcebook, paper_facts

    @cache
    def book(review: str) -> Sourcebook | None:
        if review not in reports:
            return None
        return Sourcebook(review=review, facts=paper_facts(reports[review]), newest=list(reports)[-1])

    return book


def _share(file: Path, text: str, report: Mapping[str, Any] | None) -> float | None:
    """How much of our draft a person changed, answers that they gave included."""
    from shipworthy.launch.papers import AUDIENCES, share_edited

    tier = _tier(file.parent, None)
    drafts = {f"brief-{audience}.md": _brief_draft(audience, tier) for audience in AUDIENCES}
    draft = (drafts | {name: _card_draft(name, {}, tier) for name in ("card.md", "annex-iv.md")}).get(
        file.name
    )
    return None if draft is None or report is None else share_edited(draft(report), text)
