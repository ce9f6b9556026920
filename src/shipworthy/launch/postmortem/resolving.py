"""Whether the works that a text cites exist, as far as a list of works knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["ResolvedCitation", "resolve_citations"]

_NAME = r"[A-Z][\w'’-]{1,40}"
_CITED = re.compile(
    rf"(?P<first>{_NAME})(?P<more>(?:,? (?:and|&) {_NAME}|,? et al\.?)?),? "
    r"\(?(?P<year>(?:19|20)\d\d)[a-z]?\)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedCitation:
    """One citation of a text."""

    text: str
    """As it stands there."""
    work: str | None
    """The work that it means; None where the list has none."""


def resolve_citations(text: str, works: Sequence[str]) -> tuple[ResolvedCitation, ...]:
    """Look up every citation of the form ``Surname (2019)`` or ``(Surname et al., 2019)``.

    Args:
        text: The text that cites.
        works: The works that exist, each with its authors in front and its year at the end.
    """
    found: dict[tuple[str, str], ResolvedCitation] = {}
    for cited in _CITED.finditer(text[:200_000]):
        key = (cited["first"].casefold(), cited["year"])
        work = next((work for work in works if _is(work, *key)), None)
        shown = f"{cited['first']}{cited['more']}, {cited['year']}"
        found.setdefault(key, ResolvedCitation(text=shown, work=work))
    return tuple(found.values())


def _is(work: str, surname: str, year: str) -> bool:
    return re.match(rf"{re.escape(surname)}\b", work.casefold()) is not None and work.rstrip(". ").endswith(
        year
    )
