"""One specific question a week for a community, drafted from the last finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shipworthy.career.question import DraftedQuestion

if TYPE_CHECKING:
    from shipworthy.workbench.workspace import Workspace

__all__ = ["ask_community"]


def ask_community(workspace: Workspace, review: str | None = None) -> DraftedQuestion:
    """Draft a question from the weightiest finding of a review, the newest when none is named.

    Raises:
        WorkspaceError: there is no such review.
        UserError: the review has no finding.
    """
    from shipworthy.career.question import draft_question
    from shipworthy.workbench.reviews import find_review

    return draft_question(find_review(workspace, review).report)
