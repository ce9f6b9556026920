"""What was decided about a feature, and what research and product agreed on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from shipworthy.core.clock import SystemClock
from shipworthy.core.ids import new_id
from shipworthy.launch.decisions import Decision
from shipworthy.workbench.prd import DraftedPaper, drafted, newest_review, papers_of

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.workbench.workspace import Workspace

__all__ = ["DecisionLine", "add_decision", "agree_research", "list_decisions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionLine:
    """A decision of a feature."""

    feature: str
    """Its feature."""
    decision: Decision
    """What was decided, why, and what would reverse it."""
    due: bool
    """Whether the day to look again has come."""
    newer_review: str | None
    """The newest review, where it was made after the decision."""


def add_decision(
    workspace: Workspace,
    name: str,
    *,
    text: str,
    why: str,
    reverse_if: str,
    by: date | None = None,
    clock: Clock | None = None,
) -> DecisionLine:
    """Write a decision into the feature's log and into the ledger.

    Args:
        workspace: Where the feature is.
        name: The feature.
        text: What was decided.
        why: Why, in the person's own words.
        reverse_if: What would reverse it.
        by: When to look again at the latest.
        clock: The time; the machine's when left out.

    Raises:
        UserError: there is no such feature, or a text is empty or too long.
    """
    from shipworthy.evidence.ledger import Ledger, ledger_location
    from shipworthy.launch.decisions import append_decision

    clock = clock or SystemClock()
    now = clock.now()
    review = newest_review(workspace, name)
    path = papers_of(workspace, name) / "decisions.yaml"
    decision = Decision(
        id=new_id(now),
        at=now.date(),
        text=text,
        why=why,
        reverse_if=reverse_if,
        by=by,
        review=review.id if review else None,
    )
    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root, clock=clock) as ledger:
        append_decision(path, decision)
        ledger.record(
            kind="decision",
            title=f"Decision on {name}: {text.strip()[:300]}",
            feature=name,
            origin=review.report["origin"] if review else "own",
            drafted_by_tool=False,
            reason=why,
            verified=True,
            competencies=("prioritisation",),
            facts={"decision": decision.id, "review": decision.review, "by": by.isoformat() if by else None},
        )
    return _line(workspace, name, decision, on=now.date())


def list_decisions(workspace: Workspace, name: str | None = None, *, on: date) -> tuple[DecisionLine, ...]:
    """Every decision of one feature or of all, oldest first.

    Raises:
        UserError: there is no such feature, or a log cannot be read.
    """
    from shipworthy.launch.decisions import read_decisions

    if name is not None:
        papers = [papers_of(workspace, name)]
    else:
        papers = sorted(path.parent for path in workspace.root.glob("features/*/papers/decisions.yaml"))
    lines = [
        _line(workspace, folder.parent.name, decision, on=on)
        for folder in papers
        for decision in read_decisions(folder / "decisions.yaml")
    ]
    return tuple(sorted(lines, key=lambda line: line.decision.at))


def _line(workspace: Workspace, name: str, decision: Decision, *, on: date) -> DecisionLine:
    newest = newest_review(workspace, name)
    return DecisionLine(
        feature=name,
        decision=decision,
        due=decision.by is not None and decision.by <= on,
        newer_review=newest.id if newest and newest.id != decision.review else None,
    )


def agree_research(
    workspace: Workspace, name: str, *, reason: str | None = None, clock: Clock | None = None
) -> DraftedPaper:
    """Draft the one-page research agreement, or draft it again from the answers beside it.

    Args:
        workspace: Where the feature is.
        name: The feature.
        reason: Why the person decides as they do, in their own words; kept in the ledger.
        clock: The time; the machine's when left out.

    Raises:
        UserError: the answers cannot be used, or the page was changed by hand.
    """
    from shipworthy.launch.decisions import read_decisions
    from shipworthy.launch.paper import add_questions, write_page
    from shipworthy.launch.research import research_agreement
    from shipworthy.playbook.prd import paper_questions

    papers = papers_of(workspace, name)
    page, kept = papers / "research.md", papers / "research.answers.yaml"
    answers = add_questions(kept, paper_questions("research"), paper="research agreement")
    text = research_agreement(name, answers, read_decisions(papers / "decisions.yaml"))
    write_page(page, text)
    review = newest_review(workspace, name)
    origin = review.report["origin"] if review else "own"
    return drafted(
        workspace,
        "research",
        name,
        page,
        kept,
        answers,
        text,
        None,
        origin=origin,
        reason=reason,
        clock=clock,
    )
