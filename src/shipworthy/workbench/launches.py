"""The launch review: everything that decides a launch on one page, with one verdict."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.clock import SystemClock, written
from shipworthy.core.files import new_folder
from shipworthy.core.ids import new_id
from shipworthy.launch.launch_review import (
    LaunchDecision,
    LaunchPaper,
    LaunchReview,
    joined,
    prd_part,
    review_part,
    risk_part,
)

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.evals.spec import FeatureSpec
    from shipworthy.evidence.ledger import Ledger
    from shipworthy.launch.papers.facts import Sourcebook
    from shipworthy.workbench.reviews import FinishedReview
    from shipworthy.workbench.workspace import Workspace

__all__ = ["FinishedLaunch", "launch_feature", "page_text"]

_COMPETENCIES = ("regulatory-fluency", "failure-modes", "communicating-uncertainty")
_CITED = re.compile(r"review[ :]+(\d{4}-\d\d-\d\d-[0-9a-z]{6})")
_MODELS = ("model", "endpoint")
_LARGEST = 2_000_000
_OWN_CHECK = ("prd.md", "source.md", "risk.md", "idea.md", "research.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedLaunch:
    """A launch review on the disk."""

    launch: LaunchReview
    """What it says."""
    page: str
    """The page to look at."""
    json_file: str
    """The same as JSON."""


def launch_feature(
    workspace: Workspace, name: str, *, on: date, reason: str | None = None, clock: Clock | None = None
) -> FinishedLaunch:
    """Hold the launch review of a feature: a page, its JSON and a record in the ledger.

    Nothing is measured anew. What is missing is a gap, and a gap never ships.

    Args:
        workspace: Where the feature is.
        name: The feature.
        on: The day for which it is asked whether duties apply and decisions are due.
        reason: Why the person decides as they do, in their own words.
        clock: The time; the machine's when left out.

    Raises:
        UserError: there is no such feature, or one of its files cannot be used.
        EnvironmentFailure: the disk cannot be written.
    """
    from shipworthy.documents.launch_page import render_launch
    from shipworthy.evidence.ledger import Ledger, ledger_location

    clock = clock or SystemClock()
    launch = _gathered(workspace, name, on=on, reason=reason, clock=clock)
    target = workspace.feature_folder(name) / "launches" / launch.id
    plain = _as_json(launch)
    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root, clock=clock) as ledger:
        with new_folder(target) as work:
            text = json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False)
            (work / "launch.json").write_text(text, encoding="utf-8", errors="backslashreplace")
            (work / "launch.html").write_text(
                render_launch(plain), encoding="utf-8", errors="backslashreplace"
            )
        try:
            _record(ledger, launch, target)
        except BaseException:  # a launch review that is no evidence would be half a one
            shutil.rmtree(target, ignore_errors=True)
            raise
    return FinishedLaunch(
        launch=launch, page=str(target / "launch.html"), json_file=str(target / "launch.json")
    )


def page_text(finished: FinishedLaunch) -> str:
    """A launch review as lines for a terminal."""
    from shipworthy.documents.launch_page import launch_text

    return f"{launch_text(_as_json(finished.launch))}\n\nPage: {finished.page}"


def _as_json(launch: LaunchReview) -> dict[str, Any]:
    from pydantic import TypeAdapter

    plain: dict[str, Any] = TypeAdapter(LaunchReview).dump_python(launch, mode="json")
    return plain


def _gathered(workspace: Workspace, name: str, *, on: date, reason: str | None, clock: Clock) -> LaunchReview:
    from shipworthy.evals.spec import load_feature
    from shipworthy.launch.risk import assess, read_answers
    from shipworthy.launch.risk.assessing import DISCLAIMER
    from shipworthy.workbench.prd import newest_review

    spec, _ = load_feature(workspace.feature_file(name))
    papers = workspace.feature_folder(name) / "papers"
    newest = newest_review(workspace, name)
    report = None if newest is None else newest.report
    answers = papers / "risk.answers.yaml"
    risk = assess(read_answers(answers), on=on) if answers.exists() else None
    prd = prd_part(_checked_prd(workspace, name, papers / "prd.md", on=on), feature=name)
    now = clock.now()
    return joined(
        parts=(
            review_part(
                report,
                bars=spec.bar,
                candidate=spec.candidate,
                files=_data_files(workspace.feature_folder(name), spec),
                feature=name,
            ),
            risk_part(risk, feature=name),
            prd,
        ),
        papers=tuple(_papers(workspace, name, papers)),
        decisions=tuple(_decisions(workspace, name, on=on)),
        attack=None if newest is None else _attack(newest),
        asks_a_model=_asks_a_model(spec, report),
        about={
            "id": new_id(now),
            "at": written(now),
            "on": on.isoformat(),
            "feature": spec.name,
            "does": spec.does,
            "for_whom": spec.for_whom,
            "origin": "own" if report is None else report["origin"],
            "disclaimer": DISCLAIMER
            if risk is None
            else f"{DISCLAIMER} {risk.law}, checked on {risk.text_as_of}.",
            "reason": reason,
        },
    )


def _data_files(folder: Path, spec: FeatureSpec) -> dict[str, str | None]:
    from shipworthy.core.canonical import sha256_of_file

    split = spec.data.files
    named = (spec.data.file,) if split is None else (split.train, split.test, split.production)
    paths = [folder / name for name in named if name is not None]
    return {path.name: sha256_of_file(path) if path.is_file() else None for path in paths}


def _checked_prd(workspace: Workspace, name: str, page: Path, *, on: date) -> Any:
    from shipworthy.core.files import readable
    from shipworthy.launch.prd import check_prd
    from shipworthy.workbench.prd import feature_sources

    if not page.exists():
        return None
    text = readable(page).read_bytes()[:_LARGEST].decode("utf-8-sig", errors="replace")
    return check_prd(text, name=page.name, sources=feature_sources(workspace, name, on=on))


def _asks_a_model(spec: FeatureSpec, report: Mapping[str, Any] | None) -> bool:
    if report is not None:
        return report["candidates"][0]["kind"] in _MODELS
    return any(candidate.kind in _MODELS for candidate in spec.candidates)


def _attack(newest: FinishedReview) -> str | None:
    """What the newest attack on exactly the version under review found."""
    from shipworthy.evals.attacks.report import latest_attack
    from shipworthy.workbench.attacks import ATTACKS

    chosen = newest.report["candidates"][0]
    found = latest_attack(newest.folder.parent.parent / ATTACKS, chosen["name"], chosen["version"])
    return None if found is None else f"Attack {found.id}: {found.overall.words}"


def _papers(workspace: Workspace, name: str, papers: Path) -> Iterator[LaunchPaper]:
    from shipworthy.workbench.reviews import list_reviews

    reviews = [one for one in list_reviews(workspace) if one.folder.parts[-3] == name]
    source = _sourcebooks(reviews)
    for file in sorted(papers.glob("*.md")):
        text = file.read_bytes()[:_LARGEST].decode("utf-8-sig", errors="replace")
        yield _paper(file.name, text, source, reviews[-1].id if reviews else None)
    if not (papers / "prd.md").exists():
        yield LaunchPaper(name="prd.md", state="missing", words="There is no PRD.")


def _sourcebooks(reviews: list[FinishedReview]) -> Callable[[str], Sourcebook | None]:
    from functools import cache

    from shipworthy.launch.papers.facts import Sourcebook, paper_facts

    known = {one.id: one.report for one in reviews}

    @cache
    def book(review: str) -> Sourcebook | None:
        if review not in known:
            return None
        return Sourcebook(review=review, facts=paper_facts(known[review]), newest=reviews[-1].id)

    return book


def _paper(
    name: str, text: str, source: Callable[[str], Sourcebook | None], newest: str | None
) -> LaunchPaper:
    """Whether a paper cites the newest review, and what it cites is so."""
    from shipworthy.launch.papers.checking import check_paper

    cited = dict.fromkeys(_CITED.findall(text))
    older = [review for review in cited if review != newest]
    if older:
        words = f"It cites the review {older[0]}; the newest is {newest or 'not here'}. Make it anew."
        return LaunchPaper(name=name, state="stale", words=words)
    if not cited:
        return LaunchPaper(name=name, state="current", words="It cites no review.")
    problems = () if name in _OWN_CHECK else check_paper(text, source=source, name=name)
    if problems:
        words = f"Line {problems[0].line}: {problems[0].message} ({len(problems)} in all)"
        return LaunchPaper(name=name, state="wrong", words=words)
    return LaunchPaper(name=name, state="current", words=f"It cites the newest review, {newest}.")


def _decisions(workspace: Workspace, name: str, *, on: date) -> Iterator[LaunchDecision]:
    from shipworthy.workbench.decisions import list_decisions
    from shipworthy.workbench.sourcing import agreed_tripwires

    for line in list_decisions(workspace, name, on=on):
        yield LaunchDecision(
            at=line.decision.at.isoformat(),
            words=line.decision.text,
            why=line.decision.why,
            reversed_by=line.decision.reverse_if,
            due=line.due,
        )
    said, tripwires = agreed_tripwires(workspace, name)
    if said is not None:
        yield LaunchDecision(
            at="",
            words=f"Sourcing: {said}",
            why="See source.md.",
            reversed_by=" ".join(one.words for one in tripwires),
            due=any(one.day is not None and one.day <= on for one in tripwires),
        )


def _record(ledger: Ledger, launch: LaunchReview, folder: Path) -> None:
    """Write the launch review into the ledger as evidence."""
    from shipworthy.documents.words import DECISIONS

    ledger.record(
        kind="launch",
        title=f"Launch review {launch.id} of {launch.feature}: {DECISIONS[launch.decision].word.lower()}",
        feature=launch.feature,
        origin=launch.origin,
        drafted_by_tool=True,
        reason=launch.reason,
        verified=True,
        competencies=_COMPETENCIES,
        artifacts=[ledger.artifact(folder / name) for name in ("launch.json", "launch.html")],
        facts={
            "launch": launch.id,
            "decision": launch.decision,
            "on": launch.on,
            "parts": {part.id: part.decision for part in launch.parts},
            "sources": {part.id: part.source for part in launch.parts},
            "gaps": len(launch.gaps),
        },
    )
