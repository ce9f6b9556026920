"""A review as a test: ``shipworthy_review("features/triage")`` in a pytest suite.

pytest loads this module by itself once Shipworthy is installed, so it imports nothing but pytest; the rest is
loaded when a test asks for a review.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shipworthy.workbench.reviews import FinishedReview

__all__ = ["shipworthy_review"]


def shipworthy_review(folder: str | Path, *, allow_cannot_tell: bool = False) -> FinishedReview:
    """Review a feature; the test fails if the verdict is *hold*, or *cannot tell yet* unless that is allowed.

    Args:
        folder: The feature's folder, for instance ``features/triage``, below the working folder.
        allow_cannot_tell: Let the test pass while the measurements do not decide every bar.

    Returns:
        The review: ``line.decision``, ``page`` (the report), ``report`` (the content of ``report.json``).
    """
    from shipworthy.core.errors import ShipworthyError
    from shipworthy.workbench.reviews import review_feature
    from shipworthy.workbench.workspace import open_workspace

    try:
        place = Path(folder).resolve()
        workspace = open_workspace(place if place.is_dir() else place.parent)
        if place != workspace.feature_folder(place.name):
            pytest.fail(f"{str(folder)!r} is no feature's folder: it should be features/NAME.", pytrace=False)
        finished = review_feature(workspace, place.name)
    except ShipworthyError as error:
        pytest.fail(f"The review could not be made.\n{error}", pytrace=False)
    allowed = {"ship", "ship_with_fallback", *(["cannot_tell"] if allow_cannot_tell else [])}
    if finished.line.decision not in allowed:
        pytest.fail(_reasons(finished), pytrace=False)
    return finished


def _reasons(finished: FinishedReview) -> str:
    verdict = finished.report["verdict"]
    reasons = [f"  {number}. {reason}" for number, reason in enumerate(verdict["reasons"], start=1)]
    return "\n".join([f"{finished.feature}: {verdict['headline']}", *reasons, f"Report: {finished.page}"])


@pytest.fixture(name="shipworthy_review", scope="session")
def _shipworthy_review(pytestconfig: pytest.Config) -> Callable[..., FinishedReview]:
    """Review a feature by its folder, below pytest's root: fails on *hold* and on *cannot tell yet*."""

    def review(folder: str | Path, *, allow_cannot_tell: bool = False) -> FinishedReview:
        return shipworthy_review(pytestconfig.rootpath / folder, allow_cannot_tell=allow_cannot_tell)

    return review
