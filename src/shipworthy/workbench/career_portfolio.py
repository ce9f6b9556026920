"""A portfolio: cases with the person's words, a static site of them, and what of it stays private."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.career.portfolio.case import CaseGap, Withheld
from shipworthy.core.canonical import sha256_of
from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import UserError, Where, WorkspaceError, nearest
from shipworthy.core.files import write_atomic

if TYPE_CHECKING:
    from shipworthy.career.portfolio.answers import CaseAnswers, SiteAnswers
    from shipworthy.career.portfolio.case import Case
    from shipworthy.core.clock import Clock
    from shipworthy.evidence.ledger import Ledger
    from shipworthy.evidence.record import Record
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "AddedCase",
    "BuiltPortfolio",
    "CaseLine",
    "add_case",
    "build_portfolio",
    "list_cases",
    "portfolio_text",
]

_ENDING = ".answers.yaml"
_SITE = f"site{_ENDING}"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
_MANIFEST = "files.json"
_COMPETENCIES = ("communicating-uncertainty",)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedCase:
    """A new case."""

    id: str
    """Its name."""
    feature: str
    """The feature it is about."""
    review: str
    """The review whose numbers it will show."""
    file: str
    """Where to answer."""
    questions: int
    """How many questions there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """One case in a list."""

    id: str
    """Its name."""
    feature: str
    """The feature it is about."""
    review: str
    """The review whose numbers it shows."""
    answered: int
    """Questions answered."""
    of: int
    """Questions in all."""
    publish: tuple[str, ...]
    """What of the private things is published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltPortfolio:
    """A portfolio that was built, or would be."""

    folder: str
    """The site."""
    written: bool
    """Whether anything was written."""
    ready: bool
    """Whether nothing is missing."""
    files: tuple[str, ...]
    """Its files, in the folder."""
    gaps: tuple[CaseGap, ...]
    """What is missing; any of them blocks ``--final``."""
    withheld: tuple[Withheld, ...]
    """What stays private, and what was taken out of the person's words."""
    mentions: tuple[str, ...]
    """Private names that stand in the person's own words and would be shown."""
    record: str | None
    """Id of the evidence record of a final portfolio."""


def _cases(workspace: Workspace) -> Path:
    return workspace.root / "career" / "cases"


def add_case(
    workspace: Workspace, feature: str, *, review: str | None = None, name: str | None = None
) -> AddedCase:
    """Begin a case study about a reviewed feature: a file of questions, with nothing answered or published.

    Args:
        workspace: Where the feature is.
        feature: The feature.
        review: Its review; the newest when left out.
        name: The case's public name, also of its page; ``study-1`` and so on when left out.

    Raises:
        UserError: there is no such feature or review, or the name is taken or cannot be used.
    """
    from shipworthy.career.portfolio import QUESTIONS, case_answers_file, site_answers_file

    chosen = _review_of(workspace, feature, review)
    folder = _cases(workspace)
    known = [path.name.removesuffix(_ENDING) for path in folder.glob(f"*{_ENDING}")]
    case = name or next(free for n in range(1, 1000) if (free := f"study-{n}") not in known)
    if not _NAME.fullmatch(case) or case == "site":
        hint = "Use small letters, digits and dashes, for instance --as support-triage"
        raise UserError(f"{case[:80]!r} cannot be a case's name.", hint=hint)
    if case in known:
        raise UserError(f"There is a case {case!r} already.", where=Where(file=folder / f"{case}{_ENDING}"))
    file = folder / f"{case}{_ENDING}"
    write_atomic(file, case_answers_file(feature=feature, review=chosen))
    if not (folder / _SITE).exists():
        write_atomic(folder / _SITE, site_answers_file())
    return AddedCase(id=case, feature=feature, review=chosen, file=str(file), questions=len(QUESTIONS))


def _review_of(workspace: Workspace, feature: str, review: str | None) -> str:
    from shipworthy.workbench.reviews import list_reviews

    found = [one.id for one in list_reviews(workspace, feature)]
    if not found:
        raise WorkspaceError(f"{feature!r} has no review.", hint=f"Make one: shipworthy review {feature}")
    if review is None:
        return found[-1]
    matching = [name for name in found if name.startswith(review)]
    if len(matching) != 1:
        raise UserError(f"{feature!r} has no review {review[:80]!r}.", hint=nearest(review, found))
    return matching[0]


def list_cases(workspace: Workspace) -> tuple[CaseLine, ...]:
    """All cases, by name.

    Raises:
        SpecError: a file cannot be used; file, line and field are named.
    """
    return tuple(
        CaseLine(
            id=case.id,
            feature=case.feature,
            review=case.review,
            answered=sum(answer is not None for answer in case.answers.values()),
            of=len(case.answers),
            publish=tuple(sorted(case.publish)),
        )
        for case in _read_cases(workspace)
    )


def _read_cases(workspace: Workspace) -> list[CaseAnswers]:
    from shipworthy.career.portfolio import read_case

    files = sorted(_cases(workspace).glob(f"*{_ENDING}"))
    return [read_case(path) for path in files if path.name != _SITE and _is_case(path)]


def _is_case(path: Path) -> bool:
    if not _NAME.fullmatch(path.name.removesuffix(_ENDING)):
        raise UserError("This cannot be a case's name.", where=Where(file=path), hint="Rename the file.")
    return True


def build_portfolio(
    workspace: Workspace, *, preview: bool = False, final: bool = False, clock: Clock | None = None
) -> BuiltPortfolio:
    """Build the static site in ``career/portfolio``, with Markdown and JSON Resume beside the pages.

    Args:
        workspace: Whose cases and evidence are shown.
        preview: Write nothing; say what would stay private and what would be taken out.
        final: Write only if nothing is missing, and record the portfolio as evidence.
        clock: The time; the machine's when left out.

    Raises:
        UserError: there is no case, or an answers file cannot be used.
    """
    from shipworthy.evidence.ledger import Ledger, ledger_location

    clock = clock or SystemClock()
    answered = _read_cases(workspace)
    if not answered:
        raise WorkspaceError(
            "There is no case study yet.", hint="Begin one: shipworthy career portfolio add FEATURE"
        )
    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root, clock=clock) as ledger:
        site, cases = _site(workspace, ledger, answered, clock.now().date())
        ready = not (site["missing"] or any(case.gaps for case in cases))
        write = not preview and (ready or not final)
        pages = _pages(ledger, site, cases)
        folder = workspace.root / "career" / "portfolio"
        if write:
            _write(folder, pages)
        record = _record(ledger, folder, pages, cases) if write and final else None
    return BuiltPortfolio(
        folder=str(folder),
        written=write,
        ready=ready,
        files=tuple(sorted(pages)),
        gaps=(*site["missing"], *(gap for case in cases for gap in case.gaps)),
        withheld=(*site["withheld"], *(one for case in cases for one in case.withheld)),
        mentions=tuple(f"{case.id}: {one}" for case in cases for one in case.mentions),
        record=None if record is None else record.id,
    )


def _site(
    workspace: Workspace, ledger: Ledger, answered: Sequence[CaseAnswers], on: date
) -> tuple[dict[str, Any], list[Case]]:
    from shipworthy.career.portfolio import SITE_QUESTIONS, read_site

    said = read_site(_cases(workspace) / _SITE)
    cases = [_case(workspace, ledger, one, said) for one in answered]
    text, withheld = _said(said)
    published = _published(workspace, said)
    contact = {"email": "E-mail", "url": "Page"}
    site = {
        "title": text["title"],
        "about": [] if text["about"] is None else [p for p in text["about"].split("\n\n") if p.strip()],
        "name": published.get("name"),
        "contact": [{"name": contact[key], "text": published[key]} for key in contact if key in published],
        "published": published,
        "on": on.isoformat(),
        "missing": [
            CaseGap(case="site", question=one.id, words=one.ask)
            for one in SITE_QUESTIONS
            if text[one.id] is None
        ],
        "withheld": withheld,
    }
    return site, cases


def _said(said: SiteAnswers) -> tuple[dict[str, str | None], list[Withheld]]:
    from shipworthy.career.masking import masked_text

    text: dict[str, str | None] = {}
    withheld = []
    for name, answer in said.answers.items():
        found = None if answer is None else masked_text(answer, said.hide)
        text[name] = None if found is None else found.text
        for one in () if found is None else found.redactions:
            what = f"{one.kind} in {name!r}: {one.shown}"
            withheld.append(Withheld(case="site", what=what, why="taken out"))
    return text, withheld


def _published(workspace: Workspace, said: SiteAnswers) -> dict[str, str]:
    """The fields of the profile that the person publishes."""
    from shipworthy.workbench.career_market import profile_of

    profile = asdict(profile_of(workspace))
    return {
        name: profile[name] for name in ("name", "email", "url") if name in said.publish and profile[name]
    }


def _case(workspace: Workspace, ledger: Ledger, answers: CaseAnswers, site: SiteAnswers) -> Case:
    from dataclasses import replace

    from shipworthy.career.portfolio import case_of

    answers = replace(answers, hide=(*answers.hide, *site.hide))
    record = _record_of(ledger, answers)
    report = None if record is None else _report(workspace, record)
    try:
        return case_of(answers, record=None if report is None else record, report=report)
    except (ValueError, LookupError, TypeError, AttributeError):  # a report that somebody took apart
        return case_of(answers, record=None, report=None)


def _record_of(ledger: Ledger, answers: CaseAnswers) -> Record | None:
    """The record of the case's review, if it and all its files still are what was recorded."""
    broken = {problem.record for problem in ledger.verify() if problem.kind != "chain"}
    found = [
        record
        for record in ledger.records(kind="review", feature=answers.feature)
        if record.facts.get("review") == answers.review and record.id not in broken
    ]
    return found[-1] if found else None


def _report(workspace: Workspace, record: Record) -> Mapping[str, Any] | None:
    """The report whose bytes the record holds the hash of; None where it is missing or was changed."""
    for artifact in record.artifacts:
        if artifact.path.endswith("/report.json"):
            try:
                data = (workspace.root / artifact.path).read_bytes()
                found = json.loads(data)
            except (OSError, ValueError, RecursionError):
                return None
            return found if isinstance(found, dict) and sha256_of(data) == artifact.sha256 else None
    return None


def _pages(ledger: Ledger, site: dict[str, Any], cases: Sequence[Case]) -> dict[str, str]:
    """Every file of the site by its place in it."""
    from shipworthy.career.audit import audit
    from shipworthy.career.portfolio import case_markdown, json_resume
    from shipworthy.documents.portfolio_page import render_case, render_index

    broken = {problem.record for problem in ledger.verify() if problem.kind != "chain"}
    stands = audit(ledger.records(), broken=broken)
    skills = [{"name": one.name, "level": one.level_name} for one in stands.standings if one.level >= 2]
    gaps = len(site["missing"]) + sum(len(case.gaps) for case in cases)
    shown = {
        **{name: site[name] for name in ("title", "about", "name", "contact", "on")},
        "gaps": gaps,
        "skills": skills,
        "rule": stands.rule,
        "cases": [_line(case) for case in cases],
    }
    pages = {"index.html": render_index(shown)}
    for case in cases:
        plain = _plain(case)
        pages[f"case-{case.id}.html"] = render_case(plain, site=shown)
        pages[f"case-{case.id}.md"] = case_markdown(case)
        if case.evidence is not None:
            pages[f"evidence/{case.evidence.record['id']}.json"] = _json(plain["evidence"])
    pages["resume.json"] = _json(json_resume(cases, audit=stands, profile=site["published"], on=site["on"]))
    return pages


def _line(case: Case) -> dict[str, Any]:
    results = case.results
    return {
        "id": case.id,
        "title": case.title,
        "labels": list(case.labels),
        "decision": None if results is None else results["decision"],
        "scores": [] if results is None else results["scores"][:1],
        "gaps": len(case.gaps),
    }


def _plain(case: Case) -> dict[str, Any]:
    """A case as JSON, without what stays private."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(case), default=str))
    for name in ("withheld", "mentions"):
        del plain[name]
    return plain


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"


def _write(folder: Path, pages: Mapping[str, str]) -> None:
    """Write all files, and remove those that an earlier build wrote and this one does not.

    What somebody else put into the folder, or changed there, stays.
    """
    hashes = {name: sha256_of(text.encode(errors="backslashreplace")) for name, text in sorted(pages.items())}
    for name, digest in _manifest(folder).items():
        old = folder / name
        if name not in pages and old.is_file() and sha256_of(old.read_bytes()) == digest:
            old.unlink()
    for name, text in pages.items():
        write_atomic(folder / name, text)
    write_atomic(folder / _MANIFEST, _json(hashes))


def _manifest(folder: Path) -> dict[str, str]:
    """What an earlier build wrote, with the hash of each file; only places inside the folder."""
    try:
        known = json.loads((folder / _MANIFEST).read_bytes())
        named = {str(name): str(digest) for name, digest in known.items()}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}
    ours = re.compile(
        r"(?:index\.html|resume\.json|case-[a-z0-9-]{1,60}\.(?:html|md)|evidence/[\w-]{1,40}\.json)"
    )
    return {name: digest for name, digest in named.items() if ours.fullmatch(name)}


def _record(ledger: Ledger, folder: Path, pages: Mapping[str, str], cases: Sequence[Case]) -> Record:
    """A final portfolio is evidence: its words are the person's own, its decisions theirs too."""
    artifacts = [ledger.artifact(folder / name) for name in sorted(pages) if name.endswith(".md")]
    known = ledger.records(kind="portfolio")
    hashes = {artifact.sha256 for artifact in artifacts}
    for record in known:
        if {artifact.sha256 for artifact in record.artifacts} == hashes:
            return record
    decisions = [" ".join(part.paragraphs) for case in cases for part in case.parts if part.id == "decision"]
    bundled = all(case.evidence is not None and case.evidence.record["origin"] == "bundled" for case in cases)
    return ledger.record(
        kind="portfolio",
        title=f"Portfolio of {len(cases)} case stud{'y' if len(cases) == 1 else 'ies'}",
        origin="bundled" if bundled else "own",
        drafted_by_tool=False,
        reason="\n\n".join(decisions)[:20_000],
        verified=True,
        competencies=_COMPETENCIES,
        artifacts=artifacts,
        facts={
            "cases": [case.id for case in cases],
            "evidence": [case.evidence.record["id"] for case in cases if case.evidence is not None],
        },
    )


def portfolio_text(built: BuiltPortfolio, *, preview: bool) -> str:
    """A built portfolio as lines for a terminal."""
    lines = [f"Gap in {gap.case}, {gap.question}: {gap.words}" for gap in built.gaps]
    if preview:
        lines += ["", "Stays private, or was taken out:"]
        lines += [f"  {one.case}: {one.what} ({one.why})" for one in built.withheld]
    if built.mentions:
        lines += ["", "Your own words name things that are private; they will be shown as you wrote them:"]
        lines += [f"  {one}" for one in built.mentions]
    lines.append("")
    if built.written:
        lines.append(f"Wrote {len(built.files)} files to {built.folder}. Open index.html in it.")
        lines.append("Ready to be published." if built.ready else f"A draft: {len(built.gaps)} gaps.")
    else:
        lines.append("Nothing was written." + ("" if built.ready else f" {len(built.gaps)} gaps."))
        lines += [f"  would write {name}" for name in built.files] if preview else []
    return "\n".join(lines).lstrip("\n")
