"""One posting, read: what it asks for and what it says about the job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shipworthy.career.roles.facts import Facts, facts_of
from shipworthy.career.roles.requirements import Requirement, requirements_in
from shipworthy.career.roles.text import posting_text

if TYPE_CHECKING:
    from shipworthy.core.errors import Where

__all__ = ["Reading", "read_posting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Facts):
    """A posting in parts. Every quote is ``text[start:end]``, so it can be checked."""

    years: int | None
    """The most years that a firm requirement asks for."""
    requirements: tuple[Requirement, ...]
    """What the posting asks for, in its order."""
    text: str
    """The posting as plain text; offsets count its characters."""


def read_posting(
    data: bytes | str,
    *,
    title: str | None = None,
    company: str | None = None,
    markup: bool = True,
    where: Where | None = None,
) -> Reading:
    """Read a posting that is plain text, HTML or PDF.

    Args:
        data: The posting; a text or the bytes of a file.
        title: The job's title, where it is known.
        company: The company, where it is known.
        markup: False where tags are text, as in a text that was read before.
        where: The place of the posting, for errors.

    Raises:
        DataError: it is too large, no text, or holds none.
        MissingExtraError: it is a PDF and the part that reads PDF is not installed.
    """
    text = posting_text(data, markup=markup, where=where)
    facts = facts_of(text, title=title, company=company)
    asked = requirements_in(text)
    return Reading(
        title=facts.title,
        company=facts.company,
        seniority=facts.seniority,
        pay=facts.pay,
        place=facts.place,
        segment=facts.segment,
        years=max((each.years for each in asked if each.must and each.years), default=None),
        requirements=asked,
        text=text,
    )
