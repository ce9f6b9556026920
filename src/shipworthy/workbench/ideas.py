"""An idea for a feature: what is known before any model, and what to do with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import UserError
from shipworthy.core.files import write_atomic
from shipworthy.launch.ideas.judging import Idea

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.playbook.ideas import IdeaQuestion
    from shipworthy.workbench.workspace import Workspace

__all__ = ["judge_idea"]

_COMPETENCIES = ("prioritisation", "research-product")


def judge_idea(
    workspace: Workspace,
    name: str,
    *,
    answers: Path | None = None,
    ask: Callable[[IdeaQuestion], str | None] | None = None,
    reason: str | None = None,
    clock: Clock | None = None,
) -> Idea:
    """Judge an idea: answers kept in the feature's folder, a page, a record in the ledger.

    Args:
        workspace: Where the feature is, or will be.
        name: What the feature is or will be called.
        answers: A file of answers; they overrule those that are kept.
        ask: Answers a question that is still open; None where nobody can be asked.
        reason: Why the person decides as they do, in their own words; kept in the ledger.
        clock: The time; the machine's when left out.

    Raises:
        UserError: an answer cannot be used, or there are none and nobody can be asked.
    """
    from shipworthy.evidence.ledger import Ledger, ledger_location
    from shipworthy.launch.ideas import judge, page, read_idea_answers, write_idea_answers
    from shipworthy.playbook.ideas import idea_playbook

    home = workspace.feature_folder(name) / "papers"
    kept, sheet = home / "idea.answers.yaml", home / "idea.md"
    known = dict(read_idea_answers(kept)) if kept.exists() else {}
    known |= read_idea_answers(answers) if answers is not None else {}
    if not known and ask is None:
        raise UserError(
            f"Nothing is known about the idea {name!r}, and there is no terminal to ask in.",
            hint="Give a file with --answers; 'shipworthy feature idea --questions' lists what it holds.",
        )
    if ask is not None:
        for question in idea_playbook().questions:
            if question.id not in known:
                known[question.id] = ask(question)
    idea = replace(judge(name, known), answers_file=str(kept), page_file=str(sheet))
    location = ledger_location(workspace.root)
    with Ledger.open(location, workspace=workspace.root, clock=clock or SystemClock()) as ledger:
        write_idea_answers(kept, known)
        write_atomic(sheet, page(idea))
        ledger.record(
            kind="idea",
            title=f"Idea {name}: {idea.words}",
            feature=name,
            origin="own",
            drafted_by_tool=True,
            reason=reason,
            verified=True,
            competencies=_COMPETENCIES,
            facts={"advice": idea.advice, "rule": idea.rule, "gaps": [gap.id for gap in idea.gaps]},
        )
    return idea
