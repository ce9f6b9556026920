"""Commands about postings: read, save, apply, and what is still open."""

from __future__ import annotations

import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shipworthy.cli.lines import say_lines, stdin_lines
from shipworthy.cli.options import HERE, AsJson, Workspace
from shipworthy.cli.output import notice, say, say_json
from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shipworthy.career.roles import Reading
    from shipworthy.workbench.career_roles import Gaps, RoleGaps, RoleLine

__all__ = ["gaps", "roles_app"]

roles_app = typer.Typer(help="Postings: what they ask for, in their own words.", no_args_is_help=True)

_WIDTH = 96
_LARGEST = 10_000_001
_Posting = Annotated[str | None, typer.Argument(help="A posting: text, HTML or PDF; - for standard input.")]
_Role = Annotated[str, typer.Argument(help="The role's name, or how it begins.")]
_Title = Annotated[str | None, typer.Option(help="The job's title, where the posting does not say it.")]
_Company = Annotated[str | None, typer.Option(help="The company, where the posting does not say it.")]
_Day = Annotated[str, typer.Option("--on", help="The day, as year-month-day.")]


@roles_app.command()
def read(
    file: _Posting = None,
    *,
    title: _Title = None,
    company: _Company = None,
    as_json: AsJson = False,
) -> None:
    """Read a posting: its requirements with offsets, must or nice, years, pay, place, segment.

    Needs no workspace. Without FILE it reads JSON Lines from standard input ({"id": …, "text": …}) and writes
    one result a line.

    Example: shipworthy career roles read posting.html
    """
    from shipworthy.workbench.career_roles import ReadRole, read_role

    if file is None:
        return _lines()
    if file == "-":
        from shipworthy.career.roles import read_posting

        found = ReadRole(reading=read_posting(_stdin(), title=title, company=company))
    else:
        found = read_role(Path(file), title=title, company=company)
    if as_json:
        return say_json("career roles read", found)
    assert found.reading is not None
    return say("\n".join(_shown(found.reading)))


@roles_app.command()
def add(
    file: _Posting,
    *,
    title: _Title = None,
    company: _Company = None,
    url: Annotated[str | None, typer.Option(help="Where it was found; kept, never opened.")] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Save a posting in career/roles/ of the workspace.

    Example: shipworthy career roles add posting.html
    """
    from shipworthy.workbench.career_roles import add_role
    from shipworthy.workbench.workspace import open_workspace

    place = open_workspace(workspace)
    posting = _stdin() if file == "-" else Path(file or "")
    today = datetime.now(UTC).date()
    saved = add_role(place, posting, on=today, title=title, company=company, url=url)
    if as_json:
        return say_json("career roles add", saved)
    say(f"Saved {saved.id}: {saved.must} firm requirements, {saved.nice} merely preferred")
    return say("Next: shipworthy career gaps")


@roles_app.command("list")
def list_(*, workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """List the saved roles, oldest first, with applications and replies.

    Example: shipworthy career roles list
    """
    from shipworthy.workbench.career_roles import list_roles
    from shipworthy.workbench.workspace import open_workspace

    roles = list_roles(open_workspace(workspace))
    if as_json:
        return say_json("career roles list", roles)
    for role in roles:
        say(_in_one_line(role))
    return None if roles else say("No roles yet. Save one: shipworthy career roles add posting.html")


@roles_app.command()
def apply(role: _Role, *, on: _Day, workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """Note that you applied.

    Example: shipworthy career roles apply acme-product-manager --on 2026-12-01
    """
    from shipworthy.workbench.career_roles import note_application
    from shipworthy.workbench.workspace import open_workspace

    noted = note_application(open_workspace(workspace), role, on=_day(on))
    return say_json("career roles apply", noted) if as_json else say(_in_one_line(noted))


@roles_app.command()
def reply(
    role: _Role,
    *,
    on: _Day,
    what: Annotated[str, typer.Option(help="What you heard, in a few words.")],
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Note what you heard after applying.

    Example: shipworthy career roles reply acme-product-manager --on 2026-12-09 --what "first call"
    """
    from shipworthy.workbench.career_roles import note_reply
    from shipworthy.workbench.workspace import open_workspace

    noted = note_reply(open_workspace(workspace), role, on=_day(on), what=what)
    return say_json("career roles reply", noted) if as_json else say(_in_one_line(noted))


def gaps(
    role: Annotated[str | None, typer.Argument(help="Only this role; all of them if left out.")] = None,
    *,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Hold the saved roles against your evidence: met, partly, missing, not stated; and what to do next.

    Example: shipworthy career gaps
    """
    from shipworthy.workbench.career_roles import ENOUGH, find_gaps
    from shipworthy.workbench.workspace import open_workspace

    found = find_gaps(open_workspace(workspace), role)
    if role is None and len(found.roles) < ENOUGH:
        notice(
            f"{len(found.roles)} of {ENOUGH} roles: what several postings ask for says more than one does."
        )
    return say_json("career gaps", found) if as_json else say("\n".join(_gaps_shown(found)))


def _lines() -> None:
    """JSON Lines in, JSON Lines out."""
    from shipworthy.workbench.career_roles import read_roles

    hint = 'Give a file, - and a posting on standard input, or {"id": …, "text": …} lines on standard input.'
    nothing = UserError("There is nothing to read.", hint=hint)
    say_lines(read_roles(stdin_lines(nothing)), nothing=nothing, failing="could not be read")


def _stdin() -> bytes:
    if sys.stdin.isatty():
        raise UserError("There is nothing on standard input.", hint="Name a file instead of -.")
    data = sys.stdin.buffer.read(_LARGEST)
    if len(data) >= _LARGEST:
        raise UserError("What came on standard input is too large for a posting.")
    return data


def _day(written: str) -> Any:
    try:
        return datetime.strptime(written, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        message = f"{written[:40]!r} is no day."
        raise UserError(message, hint="Write it as year-month-day, for instance 2026-12-02.") from None


def _shown(reading: Reading) -> Iterator[str]:
    """A posting for people: the job, then what it asks for."""
    yield " at ".join(part for part in (reading.title, reading.company) if part) or "Untitled"
    yield from _job(reading)
    for must, title in ((True, "Must have"), (False, "Nice to have")):
        some = [each for each in reading.requirements if each.must is must]
        if some:
            yield f"\n{title} ({len(some)})"
        for each in some:
            years = f", {each.years} years" if each.years is not None else ""
            yield from _wrapped("  - ", f"“{each.quote}”")
            yield f"      {each.competency}{years}, characters {each.start} to {each.end}"
    if not reading.requirements:
        yield "\nNo requirement was found. Postings in prose without 'you have' or 'we need' may say none."


def _job(reading: Reading) -> Iterator[str]:
    """Level, place, segment and pay, with the words that say so."""
    level, place, segment = reading.seniority, reading.place, reading.segment
    yield _fact("level", level.level if level else None, level.quote if level else "")
    yield _fact("place", place.kind if place else None, place.quote if place else "")
    yield _fact("segment", segment.name if segment else None, segment.quote if segment else "")
    for pay in reading.pay:
        amount = f"{pay.low:,.0f} to {pay.high:,.0f} {pay.currency} a {pay.period}, {pay.component}"
        yield _fact("pay", amount, pay.quote)
    if not reading.pay:
        yield _fact("pay", None, "")


def _fact(name: str, value: str | None, quote: str) -> str:
    return f"  {name:<8} {value or 'not stated'}" + (f" (“{_flat(quote)}”)" if quote else "")


def _gaps_shown(found: Gaps) -> Iterator[str]:
    for each in found.roles:
        yield from _role_shown(each)
    several = len(found.roles) > 1
    if several and found.nearest:
        fit = next(each.fit for each in found.roles if each.id == found.nearest)
        yield f"Nearest: {found.nearest}"
        yield f"  {fit.met} of {fit.judged} firm requirements met, {fit.partly} partly, {fit.missing} missing"
        yield from _wrapped("  ", f"Rule: {found.nearest_rule}.")
    elif several:
        yield "Nearest: cannot be told, since the ledger says nothing on any firm requirement"
    yield from _next_shown(found)


def _role_shown(role: RoleGaps) -> Iterator[str]:
    yield f"{role.id}: {role.title}"
    for standing in role.requirements:
        asked = standing.requirement
        mark = "" if asked.must else ", nice to have"
        yield from _wrapped(f"  {standing.status:<10}  ", f"“{asked.quote}”")
        proof = f" ({', '.join(standing.evidence)})" if standing.evidence else ""
        yield from _wrapped(" " * 14, f"{asked.competency}{mark}. {standing.why}{proof}")
    if not role.requirements:
        yield "  no requirement was found in it"
    yield ""


def _next_shown(found: Gaps) -> Iterator[str]:
    after = found.next
    if not after.of:
        yield "\nNothing is open that evidence here could improve."
        return
    how = "no smaller set does" if after.method == "exact" else "the next best one each time"
    yield f"\nDo next: closes {after.closes} of {after.of} open requirements ({how})"
    for number, action in enumerate(after.actions, start=1):
        yield f"  {number}. {action.command}"
        yield from _wrapped(
            "     ", f"{action.what} Closes {action.closes}: {', '.join(action.competencies)}."
        )
    if after.elsewhere:
        yield "\nNo command here leaves evidence of these yet; what would count:"
    for gap in after.elsewhere:
        yield from _wrapped("  - ", f"{gap.competency} ({gap.requirements}): {gap.counts}")


def _in_one_line(role: RoleLine) -> str:
    state = f"applied {role.applied}" if role.applied else "not applied"
    if role.last_reply:
        state += f", heard {role.last_reply}: {role.heard}"
    at = f" at {role.company}" if role.company else ""
    return f"{role.id}  {role.title}{at}  {role.must} must, {role.nice} nice  {state}"


def _wrapped(lead: str, text: str) -> list[str]:
    return textwrap.wrap(
        _flat(text),
        _WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_on_hyphens=False,
    )


def _flat(text: str) -> str:
    shown = " ".join(text.replace("**", "").split())
    return shown if len(shown) <= 600 else shown[:599] + "…"
