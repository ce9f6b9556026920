"""The pages of a portfolio: static HTML without script, links only to files of the same folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shipworthy.documents.report import page_templates
from shipworthy.documents.text import tame
from shipworthy.documents.words import SEVERITIES

__all__ = ["render_case", "render_index"]

_LONGEST = 5_000


def render_index(site: Mapping[str, Any]) -> str:
    """The first page.

    Args:
        site: Title, paragraphs about the person, contact lines, cases and competencies as plain JSON; every
            text in it is hostile.
    """
    view = tame(site, _LONGEST)
    return page_templates().get_template("portfolio_index.html").render(r=view)


def render_case(case: Mapping[str, Any], *, site: Mapping[str, Any]) -> str:
    """The page of one case.

    Args:
        case: The case as plain JSON; every text in it is hostile.
        site: The first page's JSON, for title and way back.
    """
    view = tame(case, _LONGEST)
    before, after = _around(view["parts"])
    return (
        page_templates()
        .get_template("portfolio_case.html")
        .render(r=view, site=tame(site, _LONGEST), before=before, after=after, severities=SEVERITIES)
    )


def _around(parts: Sequence[Mapping[str, Any]]) -> tuple[list[Any], list[Any]]:
    """The answers before the results, and those after."""
    at = next((place for place, part in enumerate(parts) if part["id"] == "metric"), len(parts))
    return list(parts[:at]), list(parts[at:])
