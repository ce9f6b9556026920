"""Postmortems: known incidents, their checks run again, and one's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import UserError, Where
from shipworthy.core.files import readable, write_atomic
from shipworthy.core.progress import silent
from shipworthy.launch.postmortem.linting import LintProblem  # at run time: Pydantic reads the field types
from shipworthy.stats.estimate import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from shipworthy.core.clock import Clock
    from shipworthy.core.progress import Progress
    from shipworthy.evals.spec import FeatureSpec
    from shipworthy.playbook.incidents import (
        AnswerCheck,
        CitationCheck,
        IncidentCase,
        MissingCheck,
        ScoresCheck,
    )
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "IncidentLine",
    "IncidentRun",
    "LintedPostmortem",
    "NewPostmortem",
    "check_postmortem",
    "list_incidents",
    "new_postmortem",
    "run_incident",
    "show_incident",
    "text_of",
]

Kind = Literal["recorded_scores", "answer_against_source", "citation_resolves", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLine:
    """A known incident in one line."""

    id: str
    """Its name here."""
    name: str
    """What it is called."""
    when: str
    """When it happened."""
    check: Kind
    """How it is checked here; ``missing`` where it is not."""
    summary: str
    """It in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRun:
    """What the check says about an incident."""

    id: str
    """The incident."""
    check: Kind
    """How it was checked."""
    fired: bool | None
    """Whether it would have been caught; None where the check is missing."""
    headline: str
    """The answer in one sentence."""
    constructed: str | None
    """What in the rows or texts is published and what is ours."""
    found: tuple[str, ...]
    """What was found, most important first."""
    estimates: dict[str, Estimate]
    """Measurements that carry it."""
    files: tuple[str, ...]
    """What was written: the rows and the report."""


def list_incidents() -> tuple[IncidentLine, ...]:
    """The known incidents."""
    from shipworthy.playbook.incidents import incidents

    return tuple(
        IncidentLine(id=case.id, name=case.name, when=case.when, check=case.check.kind, summary=case.summary)
        for case in incidents()
    )


def show_incident(name: str) -> IncidentCase:
    """A known incident.

    Raises:
        UserError: there is none; the nearest one is named.
    """
    from shipworthy.playbook.incidents import incident

    return incident(name)


def text_of(case: IncidentCase) -> str:
    """A known incident as one page for a terminal."""
    from shipworthy.launch.postmortem.page import page

    return page(case)


def run_incident(
    name: str, *, into: Path | None = None, progress: Progress = silent, clock: Clock | None = None
) -> IncidentRun:
    """Run the check that would have fired.

    Args:
        name: The incident.
        into: Folder for the rows and the report, where there are any; ``postmortems`` when left out.
        progress: Told what is going on.
        clock: The time; the machine's when left out.

    Raises:
        UserError: there is no such incident, or the folder cannot be used.
    """
    case = show_incident(name)
    match case.check.kind:
        case "recorded_scores":
            return _scores(case, case.check, into or Path("postmortems"), progress, clock or SystemClock())
        case "answer_against_source":
            return _answers(case, case.check)
        case "citation_resolves":
            return _citations(case, case.check)
        case "missing":
            return _missing(case, case.check)


def _scores(
    case: IncidentCase, check: ScoresCheck, into: Path, progress: Progress, clock: Clock
) -> IncidentRun:
    """A real review of the constructed rows."""
    import tempfile

    from shipworthy.datasets.freezing import freeze
    from shipworthy.workbench.features import columns_of
    from shipworthy.workbench.reviews import write_review

    folder = into / case.id
    rows = folder / "recorded.csv"
    write_atomic(rows, "".join(_rows(check)))
    spec = _spec(case, check)
    with tempfile.TemporaryDirectory(prefix="shipworthy-") as home:
        dataset = freeze({"test": rows}, columns_of(spec.data), folder=Path(home), seed=0)
        review = write_review(
            spec,
            dataset,
            folder=folder,
            into=folder / "reviews",
            origin="bundled",
            progress=progress,
            clock=clock,
        )
    report = review.report
    return IncidentRun(
        id=case.id,
        check="recorded_scores",
        fired=report["verdict"]["decision"] == "hold",
        headline=report["verdict"]["headline"],
        constructed=check.constructed,
        found=tuple(_found(report, check)),
        estimates=_estimates(report, check),
        files=(str(rows), str(review.page)),
    )


def _rows(check: ScoresCheck) -> Iterator[str]:
    group = check.protected.segment if check.protected is not None else None
    scored = any(cell.score is not None for cell in check.cells)
    yield ",".join(
        ["id", "label", "output", *(["score", "score_not"] if scored else []), *filter(None, [group])]
    )
    yield "\n"
    first = 1
    for cell in check.cells:
        score = [f"{cell.score}", f"{1 - cell.score:.10g}"] if cell.score is not None else []
        rest = ",".join([cell.label, cell.output, *score, *filter(None, [cell.group])])
        for number in range(first, first + cell.n):
            yield f"{number},{rest}\n"
        first += cell.n


def _spec(case: IncidentCase, check: ScoresCheck) -> FeatureSpec:
    from shipworthy.evals.spec import DataSpec, FeatureSpec, FilesSpec, ProtectedSpec, RecordedSpec

    labels = list(dict.fromkeys(cell.label for cell in check.cells))
    scored = any(cell.score is not None for cell in check.cells)
    (other,) = [label for label in labels if label != check.positive]
    groups = check.protected
    return FeatureSpec(
        name=case.id,
        does=check.does,
        for_whom="not said",
        data=DataSpec(
            files=FilesSpec(test="recorded.csv"),
            input=[],
            label="label",
            id="id",
            protected=[]
            if groups is None
            else [
                ProtectedSpec(
                    segment=groups.segment,
                    fairness=groups.fairness,
                    reason=groups.reason,
                    label=check.positive,
                )
            ],
            label_source="constructed by Shipworthy from published figures, or to show a pattern",
        ),
        candidates=[
            RecordedSpec(
                name="recorded",
                kind="recorded",
                file="recorded.csv",
                id="id",
                output="output",
                probabilities={check.positive: "score", other: "score_not"} if scored else None,
            )
        ],
        candidate="recorded",
        bar=list(check.bars),
    )


def _found(report: Any, check: ScoresCheck) -> Iterator[str]:
    for bar in report["bars"]:
        yield f"{bar['text']}: {bar['all_rows']['words']}"
    for item in report["protected"]:
        yield item["words"]
    for finding in report["findings"]:
        if finding["severity"] in {"blocker", "serious"}:
            yield f"{finding['severity']}: {finding['title']}"
    for name, gap in _other_definitions(check).items():
        yield f"By {name} the gap between groups would be {gap}."


def _estimates(report: Any, check: ScoresCheck) -> dict[str, Estimate]:
    bars = {bar["text"]: Estimate(**bar["all_rows"]["estimate"]) for bar in report["bars"]}
    return bars | _other_definitions(check)


def _other_definitions(check: ScoresCheck) -> dict[str, Estimate]:
    """The same rows judged by definitions of fair that were not chosen."""
    if check.protected is None or not check.protected.instead:
        return {}
    import numpy as np

    from shipworthy.stats.fairness import fairness_gap
    from shipworthy.stats.sample import Sample

    classes = tuple(sorted({cell.label for cell in check.cells}))
    sizes = [cell.n for cell in check.cells]
    sample = Sample(
        labels=np.repeat([classes.index(cell.label) for cell in check.cells], sizes),
        predictions=np.repeat([classes.index(cell.output) for cell in check.cells], sizes),
        classes=classes,
    )
    groups = [cell.group for cell in check.cells for _ in range(cell.n)]
    return {
        name: fairness_gap(sample, name, groups, class_=check.positive).at()
        for name in check.protected.instead
    }


def _answers(case: IncidentCase, check: AnswerCheck) -> IncidentRun:
    import numpy as np

    from shipworthy.launch.postmortem.against_source import contradictions
    from shipworthy.stats.intervals import proportion

    found: list[str] = []
    wrong = []
    for item in check.exchanges:
        against = list(contradictions(item.answer, item.source))
        wrong.append(bool(against))
        found += [f"“{one.answer}”: {one.why}: “{one.source}”" for one in against]
    return IncidentRun(
        id=case.id,
        check="answer_against_source",
        fired=any(wrong),
        headline=f"{sum(wrong)} of {len(wrong)} answers say what their source does not.",
        constructed=check.constructed,
        found=tuple(found),
        estimates={"answers against their source": proportion(np.array(wrong)).at()},
        files=(),
    )


def _citations(case: IncidentCase, check: CitationCheck) -> IncidentRun:
    import numpy as np

    from shipworthy.launch.postmortem.resolving import resolve_citations
    from shipworthy.stats.intervals import proportion

    cited = resolve_citations(check.text, check.works)
    lost = [item for item in cited if item.work is None]
    return IncidentRun(
        id=case.id,
        check="citation_resolves",
        fired=bool(lost),
        headline=f"{len(lost)} of {len(cited)} citations lead to no work on the list.",
        constructed=check.constructed,
        found=tuple(f"{item.text}: no such work on the list" for item in lost),
        estimates={
            "citations that resolve": proportion(np.array([item.work is not None for item in cited])).at()
        },
        files=(),
    )


def _missing(case: IncidentCase, check: MissingCheck) -> IncidentRun:
    return IncidentRun(
        id=case.id,
        check="missing",
        fired=None,
        headline="This product has no check that would have fired.",
        constructed=None,
        found=(f"Missing: {check.what}", f"Nearest: {check.nearest}"),
        estimates={},
        files=(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPostmortem:
    """A postmortem of one's own, drafted from its answers."""

    feature: str
    """The feature."""
    file: str
    """The one-pager."""
    answers_file: str
    """Where its answers are kept."""
    problems: tuple[LintProblem, ...]
    """What it still lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintedPostmortem:
    """A postmortem that was checked."""

    file: str
    """The file."""
    problems: tuple[LintProblem, ...]
    """What it lacks; empty where nothing."""


def new_postmortem(
    workspace: Workspace,
    name: str,
    *,
    day: date | None = None,
    overwrite: bool = False,
    clock: Clock | None = None,
) -> NewPostmortem:
    """Write the one-pager about an incident of a feature from answers that a person fills in.

    Args:
        workspace: Where the feature is.
        name: The feature.
        day: The day of the incident; today when left out.
        overwrite: Draft anew even where a person has changed the page.
        clock: The time; the machine's when left out.

    Raises:
        UserError: an answer cannot be used, or the page was changed by hand.
    """
    from shipworthy.launch.papers.draft import is_edited
    from shipworthy.launch.postmortem.linting import lint
    from shipworthy.launch.postmortem.own import answers_text, one_pager, read_own

    clock = clock or SystemClock()
    when = (day or clock.now().date()).isoformat()
    papers = workspace.feature_file(name).parent / "papers"
    file, kept = papers / f"postmortem-{when}.md", papers / f"postmortem-{when}.answers.yaml"
    if file.exists() and not overwrite and is_edited(_text(file)):
        raise UserError(
            f"{file.name!r} was changed by hand; nothing was written.",
            where=Where(file=file),
            hint="Check it with 'shipworthy postmortem check', or draft it anew with --overwrite.",
        )
    if not kept.exists():
        write_atomic(kept, answers_text())
    answers = read_own(kept)
    text = one_pager(answers, feature=name, day=when)
    write_atomic(file, text)
    problems = lint(text)
    if not problems:
        _record(workspace, name, file, kept, clock)
    return NewPostmortem(feature=name, file=str(file), answers_file=str(kept), problems=problems)


def _record(workspace: Workspace, name: str, file: Path, kept: Path, clock: Clock) -> None:
    """Evidence, once a postmortem is whole; nearly all of its words are the person's own."""
    from shipworthy.evidence.ledger import Ledger, ledger_location
    from shipworthy.launch.papers.draft import share_edited
    from shipworthy.launch.postmortem.own import one_pager

    day = file.stem.removeprefix("postmortem-")
    location = ledger_location(workspace.root)
    with Ledger.open(location, workspace=workspace.root, clock=clock) as ledger:
        artifacts = [ledger.artifact(file), ledger.artifact(kept)]
        known = ledger.records(kind="postmortem", feature=name)
        if any(artifacts[0].sha256 == each.sha256 for record in known for each in record.artifacts):
            return
        ledger.record(
            kind="postmortem",
            title=f"Postmortem of {name}, {day}",
            feature=name,
            origin="own",
            drafted_by_tool=True,
            share_edited=share_edited(one_pager({}, feature=name, day=day), _text(file)),
            verified=True,
            competencies=("failure-modes", "ethics"),
            artifacts=artifacts,
            facts={"day": day},
        )


def check_postmortem(file: Path) -> LintedPostmortem:
    """Lint any postmortem in Markdown; no workspace needed. Reviews that it cites are looked up beside it.

    Raises:
        UserError: the file cannot be read.
    """
    from shipworthy.launch.postmortem.linting import lint

    problems = (*lint(_text(file), name=file.name), *_citations_of(file))
    return LintedPostmortem(
        file=str(file), problems=tuple(sorted(problems, key=lambda problem: problem.line))
    )


def _citations_of(file: Path) -> Iterator[LintProblem]:
    """Where a cited review does not say what the postmortem says. Its own numbers have other sources."""
    from shipworthy.workbench.cards import check_papers

    for paper in check_papers(f"{file.resolve().parent}/{file.name}").papers:
        for problem in paper.problems:
            if problem.kind in {"mismatch", "missing", "stale"}:
                yield LintProblem(
                    rule=f"citation-{problem.kind}",
                    line=problem.line,
                    says=problem.message,
                    quote="",
                    why="What cites a review has to be what the review says.",
                    next_step=problem.next_step,
                )


def _text(file: Path) -> str:
    try:
        return readable(file).read_bytes()[:2_000_000].decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError("This postmortem is not UTF-8 text.", where=Where(file=file)) from None
