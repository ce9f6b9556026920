"""The market for the work somebody wants: what fits, what is paid, a sheet for negotiating."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date  # at run time: Pydantic reads the field types
from typing import TYPE_CHECKING

from shipworthy.career.market.claims import RuleCheck
from shipworthy.career.market.fit import FIT_RULE, SegmentFit
from shipworthy.career.market.pay import PayLine
from shipworthy.career.profile import Profile

if TYPE_CHECKING:
    from pathlib import Path

    from shipworthy.career.roles.saved import SavedRole
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "MarketView",
    "NegotiationSheet",
    "PayClaim",
    "ProfileView",
    "market_text",
    "profile_file",
    "profile_of",
    "set_profile",
    "show_market",
    "write_sheet",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PayClaim:
    """Something that is said about pay, and what can be said against it."""

    id: str
    """Playbook id."""
    words: str
    """The claim."""
    check: str
    """What is known about it."""
    arithmetic: RuleCheck | None
    """Where it names shares of a band: whether its own numbers agree."""
    source: str
    """Who says it."""
    as_of: date
    """When."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketView:
    """The market as it looks to one person on one day."""

    on: date
    """The day."""
    segments: tuple[SegmentFit, ...]
    """The four parts and whether they fit."""
    fit_rule: str
    """How the rules come to a fit."""
    level: str | None
    """The level at which the guide puts the years in the profile; None where they are unknown."""
    pay: tuple[PayLine, ...]
    """What is known about pay, measured first, claimed last."""
    hidden: int
    """Lines of pay that the filters left out."""
    claims: tuple[PayClaim, ...]
    """What is said about pay without data to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileView:
    """What somebody says about themselves."""

    profile: Profile
    """The fields."""
    file: str
    """Where they are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NegotiationSheet:
    """A sheet to have beside oneself when pay is talked about."""

    role: str | None
    """The saved role that it is for."""
    text: str
    """Markdown."""
    gaps: int
    """What it does not know, counted."""
    file: str
    """Where it was written."""


def profile_file(workspace: Workspace) -> Path:
    """Where the profile is kept."""
    return workspace.root / "career" / "profile.yaml"


def profile_of(workspace: Workspace) -> Profile:
    """What the profile says; all unknown where there is none.

    Raises:
        SpecError: a line of it cannot be used.
    """
    from shipworthy.career.profile import read_profile

    return read_profile(profile_file(workspace))


def set_profile(workspace: Workspace, changes: Mapping[str, str]) -> ProfileView:
    """Set fields of the profile, or show it where nothing is to change.

    Raises:
        UserError: there is no such field, or it does not take the value.
    """
    from shipworthy.career.profile import changed_profile, write_profile

    file, profile = profile_file(workspace), profile_of(workspace)
    if changes:
        profile = changed_profile(profile, changes)
        write_profile(file, profile)
    return ProfileView(profile=profile, file=str(file))


def show_market(
    workspace: Workspace,
    *,
    on: date,
    country: str | None = None,
    place: str | None = None,
    level: str | None = None,
    rate: str | None = None,
) -> MarketView:
    """Which parts of the market fit, and what is known about pay.

    Args:
        workspace: Whose evidence, profile and saved postings are read.
        on: The day; figures older than twelve months are marked, figures of a later day left out.
        country: Only pay of this country (two letters); the profile's where left out.
        place: Part of a place's name, such as Seattle; measured pay is shown for named places only.
        level: Only pay of this level, and pay that is about all levels.
        rate: What to convert with, such as ``USD/CAD=1.37@2026-11-20``.

    Raises:
        UserError: a rate, a level or the profile cannot be used.
    """
    from shipworthy.career.market import level_by_years, pay_lines, rate_in, segment_fits
    from shipworthy.workbench.career_audit import audit_career

    profile, roles = profile_of(workspace), _roles(workspace)
    by_segment = Counter[str](each.reading.segment.id for each in roles if each.reading.segment)
    lines = pay_lines(on=on, saved=roles, rate=None if rate is None else rate_in(rate, on=on))
    wanted = (country or profile.country, place, _level(level))
    shown = tuple(line for line in lines if _is_wanted(line, *wanted))
    guide = level_by_years(profile)
    return MarketView(
        on=on,
        segments=segment_fits(audit_career(workspace).audit.levels(), profile, by_segment),
        fit_rule=FIT_RULE,
        level=None if guide is None else f"{guide.id}: {guide.words}",
        pay=shown,
        hidden=len(lines) - len(shown),
        claims=_claims(on),
    )


def _roles(workspace: Workspace) -> tuple[SavedRole, ...]:
    from shipworthy.career.roles.saved import saved_roles

    return saved_roles(workspace.root / "career" / "roles")


def _level(level: str | None) -> str | None:
    from typing import get_args

    from shipworthy.core.errors import UserError, nearest
    from shipworthy.playbook.market import LevelId

    known = get_args(LevelId)
    if level is not None and level not in known:
        raise UserError(f"There is no level {level[:40]!r}.", hint=nearest(level, known))
    return level


def _is_wanted(line: PayLine, country: str | None, place: str | None, level: str | None) -> bool:
    if line.provenance == "measured" and place is None:
        return False
    fits_place = place is None or line.place is None or place.casefold() in line.place.casefold()
    fits_country = country is None or line.country in {None, country.upper()}
    return fits_place and fits_country and (level is None or line.level in {None, level})


def _claims(on: date) -> tuple[PayClaim, ...]:
    from shipworthy.career.market import check_shares
    from shipworthy.playbook.market import market

    known = market()
    return tuple(
        PayClaim(
            id=claim.id,
            words=claim.words,
            check=claim.check,
            arithmetic=check_shares(claim, known.band(claim.of), known.band(claim.printed))
            if claim.of is not None and claim.printed is not None
            else None,
            source=claim.source.title,
            as_of=claim.as_of,
        )
        for claim in known.claims
        if claim.as_of <= on
    )


def market_text(view: MarketView) -> str:
    """The market as lines for a terminal."""
    import textwrap

    from shipworthy.career.market.shown import fit_text, pay_text

    lines = [*fit_text(view.segments), "", *textwrap.wrap(f"The rule. {view.fit_rule}", 96)]
    if view.level is not None:
        lines.append(f"By your years the guide would call you {view.level}.")
    lines += ["", f"Pay as known on {view.on}. Base and total are never put together.", *pay_text(view.pay)]
    if view.hidden:
        lines.append(f"{view.hidden} more lines: name a place (--place Seattle) or a country (--country US).")
    lines += ["", "What is said without data to look at:"]
    for claim in view.claims:
        lines += textwrap.wrap(f"[claimed] {claim.words} ({claim.source}, {claim.as_of})", 96)
        steps = () if claim.arithmetic is None else claim.arithmetic.steps
        for text in (claim.check, *steps):
            lines += textwrap.wrap(text, 96, initial_indent="   ", subsequent_indent="     ")
    return "\n".join(lines)


def write_sheet(workspace: Workspace, role: str | None = None, *, on: date) -> NegotiationSheet:
    """Write ``career/negotiation.md``: what they posted, what you can show, what you do not know.

    Args:
        workspace: Whose postings and evidence are read.
        role: The saved role that it is for; without one the sheet is about no particular role.
        on: The day.

    Raises:
        WorkspaceError: there is no such role.
    """
    from shipworthy.career.market.negotiation import negotiation_sheet
    from shipworthy.career.roles.saved import find_role
    from shipworthy.core.files import write_atomic
    from shipworthy.workbench.career_pitch import draft_pitch

    saved = None if role is None else find_role(workspace.root / "career" / "roles", role)
    view = show_market(workspace, on=on)
    sheet = negotiation_sheet(saved, pay=view.pay, pitch=draft_pitch(workspace), on=on)
    file = workspace.root / "career" / "negotiation.md"
    write_atomic(file, sheet.text)
    return NegotiationSheet(
        role=None if saved is None else saved.id, text=sheet.text, gaps=sheet.gaps, file=str(file)
    )
