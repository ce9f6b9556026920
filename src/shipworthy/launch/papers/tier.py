"""The risk tier as papers mention it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shipworthy.launch.papers.facts import GAP, plain

if TYPE_CHECKING:
    from shipworthy.launch.risk.assessing import Assessment

__all__ = ["tier_lines"]


def tier_lines(tier: Assessment | None) -> Iterator[str]:
    """The tier with its provisions, or the gap."""
    if tier is None:
        yield f"{GAP} the tier under the AI Act is not assessed (shipworthy risk assess).\n"
        return
    yield f"- Under the AI Act: {plain(tier.headline)}"
    yield f"- It rests on: {plain(', '.join(tier.pins) or 'no provision')}"
    if tier.art50:
        yield f"- Duties of transparency: {plain(', '.join(_article(paragraph) for paragraph in tier.art50))}"
    yield f"- Text: {plain(tier.law)}, checked on {tier.text_as_of.isoformat()}. {tier.disclaimer}\n"


def _article(paragraph: str) -> str:
    return paragraph if paragraph.startswith("Art") else f"Art. {paragraph}"
