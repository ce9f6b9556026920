"""Reviews: make one, and read the ones that were made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import UserError, Where, WorkspaceError, nearest
from shipworthy.core.files import new_folder
from shipworthy.core.ids import new_id
from shipworthy.core.progress import silent
from shipworthy.workbench.apps import APPS
from shipworthy.workbench.runs import AS_USUAL, Asking, asking_run, find_run, unheard

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from shipworthy.core.clock import Clock
    from shipworthy.core.progress import Progress
    from shipworthy.datasets.frozen import FrozenDataset
    from shipworthy.evals.attacks.report import AttackReport
    from shipworthy.evals.review import Review
    from shipworthy.evals.reviewing import Material
    from shipworthy.evals.running import Conduct
    from shipworthy.evals.spec import FeatureSpec
    from shipworthy.evidence.ledger import Ledger
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "BarChange",
    "Comparison",
    "FinishedReview",
    "Redecision",
    "ReviewLine",
    "WatchedTripwire",
    "compare_reviews",
    "find_review",
    "list_reviews",
    "resume_run",
    "review_feature",
    "review_schema",
    "write_review",
]

Origin = Literal["bundled", "own", "external"]
_TRIED = "tried"  # reviews with another model: the newest in reviews/ is always about feature.yaml
_COMPETENCIES = ("model-evaluation", "data-literacy", "probabilistic-thinking", "failure-modes")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLine:
    """A review in one line."""

    id: str
    """Its id."""
    at: str
    """When, ISO 8601 in UTC."""
    feature: str
    """Its feature."""
    decision: Literal["ship", "ship_with_fallback", "hold", "cannot_tell"]
    """The verdict."""
    headline: str
    """The verdict in one sentence."""
    threshold: float | None
    """Confidence from which the feature acts alone."""
    page: str
    """The report to look at."""
    redecided: Redecision | None = None
    """What became of the last sourcing decision; None unless another model was tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedTripwire:
    """One tripwire of a sourcing decision, held against a review."""

    words: str
    """The tripwire."""
    met: bool | None
    """Whether it is met; None where that cannot be told."""
    why: str
    """Why, in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redecision:
    """Whether a recorded decision is due again, now that another model was tried."""

    decision: str | None
    """What was decided; None where nothing is recorded."""
    tripwires: tuple[WatchedTripwire, ...]
    """Its tripwires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedReview:
    """A review on the disk."""

    id: str
    """Its id."""
    feature: str
    """Its feature."""
    folder: Path
    """Where its files are."""
    report: Mapping[str, Any]
    """The content of ``report.json``."""
    redecided: Redecision | None = None
    """What became of the last sourcing decision; None unless another model was tried."""

    @property
    def page(self) -> Path:
        """The report to look at."""
        return self.folder / "report.html"

    @property
    def stopped(self) -> str | None:
        """Why the run ended before every row was answered; None when it did not."""
        reason: str | None = self.report["stopped"]
        return reason

    @property
    def line(self) -> ReviewLine:
        """The review in one line."""
        verdict = self.report["verdict"]
        return ReviewLine(
            id=self.id,
            at=str(self.report["at"]),
            feature=self.feature,
            decision=verdict["decision"],
            headline=verdict["headline"],
            threshold=verdict["threshold"],
            page=str(self.page),
            redecided=self.redecided,
        )


def review_feature(
    workspace: Workspace,
    name: str,
    *,
    reason: str | None = None,
    asking: Asking = AS_USUAL,
    resume: str | None = None,
    notice: Callable[[str], None] = unheard,
    progress: Progress = silent,
    clock: Clock | None = None,
) -> FinishedReview:
    """Review a feature: data checks, run, scores, findings, verdict, report, evidence.

    Args:
        workspace: Where the feature is.
        name: The feature.
        reason: Why the person decides as they do, in their own words; kept in the ledger.
        asking: How models are asked, where candidates are models.
        resume: The run to go on with.
        notice: Told what a person should know before money is spent.
        progress: Told what is going on.
        clock: The time; the machine's when left out.

    Raises:
        UserError: the feature or its data cannot be used.
        EnvironmentFailure: the disk cannot be written.
    """
    from shipworthy.evals.spec import load_feature
    from shipworthy.evidence.ledger import Ledger, ledger_location
    from shipworthy.workbench.features import check_names, freeze_feature

    clock = clock or SystemClock()
    spec, file = load_feature(workspace.feature_file(name))
    if asking.with_model is not None:
        from shipworthy.evals.another_model import with_model

        spec = with_model(spec, asking.with_model)
    progress("data are read", 0, 1)
    dataset = freeze_feature(workspace, spec, file)
    check_names(spec, dataset, file)
    folder = file.path.parent
    with (
        Ledger.open(ledger_location(workspace.root), workspace=workspace.root, clock=clock) as ledger,
        asking_run(workspace, spec, dataset, asking=asking, resume=resume, notice=notice, clock=clock) as run,
    ):
        finished = write_review(
            spec,
            dataset,
            folder=folder,
            into=folder / ("reviews" if asking.with_model is None else _TRIED),
            origin=_origin(dataset),
            progress=progress,
            clock=clock,
            conduct=run.conduct,
            run_id=run.id,
            kept=workspace.state / "apps" / spec.name,
        )
        try:
            _record(ledger, finished, reason=reason)
        except BaseException:  # a review that is no evidence would be half a review
            shutil.rmtree(finished.folder, ignore_errors=True)
            raise
        run.finish(keep=finished.stopped is not None)
    return finished if asking.with_model is None else _redecided(workspace, finished, clock)


def _redecided(workspace: Workspace, finished: FinishedReview, clock: Clock) -> FinishedReview:
    """Hold the last sourcing decision against the candidate that was tried."""
    from shipworthy.workbench.sourcing import tripwires_after

    tried = finished.report["candidates"][0]
    decision, results = tripwires_after(workspace, finished.feature, tried, on=clock.now().date())
    watched = (WatchedTripwire(words=one.tripwire.words, met=one.met, why=one.words) for one in results)
    return replace(finished, redecided=Redecision(decision=decision, tripwires=tuple(watched)))


def resume_run(
    workspace: Workspace,
    which: str | None = None,
    *,
    budget: float | None = None,
    notice: Callable[[str], None] = unheard,
    progress: Progress = silent,
    clock: Clock | None = None,
) -> FinishedReview:
    """Go on with a run that ended early, and review what it gives. Nothing answered is asked again.

    Args:
        workspace: Where the run is.
        which: Its id (the end of it is enough); the newest when left out.
        budget: US dollars the whole run may cost now; as before when left out.
        notice: Told what it will cost.
        progress: Told what is going on.
        clock: The time; the machine's when left out.

    Raises:
        UserError: there is no such run, or the feature has changed since.
        EnvironmentFailure: a provider cannot be reached, or another process is at work on the run.
    """
    run, asking = find_run(workspace, which)
    asking = asking if budget is None else replace(asking, budget=budget)
    return review_feature(
        workspace, run.feature, asking=asking, resume=run.id, notice=notice, progress=progress, clock=clock
    )


def write_review(
    spec: FeatureSpec,
    dataset: FrozenDataset,
    *,
    folder: Path,
    into: Path,
    origin: Origin,
    progress: Progress,
    clock: Clock,
    has_settings: bool = True,
    conduct: Conduct | None = None,
    run_id: str | None = None,
    kept: Path | None = None,
) -> FinishedReview:
    """Make a review and put its files into a new folder that appears whole or not at all.

    Raises:
        UserError: the data or a candidate cannot be used.
        EnvironmentFailure: the disk cannot be written.
    """
    from shipworthy.evals.reviewing import Request, gather
    from shipworthy.evals.running import Conduct
    from shipworthy.evals.summarising import summarise

    review_id = new_id(clock.now())
    target = into / review_id
    with new_folder(target) as work:
        request = Request(
            id=review_id,
            run_id=run_id,
            spec=spec,
            dataset=dataset,
            folder=folder,
            work=work,
            origin=origin,
            clock=clock,
            progress=progress,
            has_settings=has_settings,
            conduct=conduct or Conduct(),
            apps=APPS,
            kept=kept,
        )
        try:
            material = gather(request)
            review = summarise(material, _attack_on(material) if has_settings else None)
        except SystemExit as leaving:  # its exit code must not be taken for a verdict
            raise UserError(
                f"The code of a candidate ended the program (exit code {leaving.code!r}).",
                hint="A function returns a label; it must not call sys.exit.",
            ) from leaving
        (work / "asked.jsonl").unlink(missing_ok=True)  # where no folder outlives the process
        if conduct is not None and conduct.record is not None:
            for exchanges in conduct.record.glob("exchanges-*.jsonl"):
                shutil.copyfile(exchanges, work / exchanges.name)
        report = _as_json(review)
        _write_papers(work, report)
    return FinishedReview(id=review_id, feature=spec.name, folder=target, report=report)


def _attack_on(material: Material) -> AttackReport | None:
    """The newest attack on exactly this version of the candidate under review."""
    from shipworthy.evals.attacks.report import latest_attack
    from shipworthy.workbench.attacks import ATTACKS

    version = material.fitted[material.chosen].version
    return latest_attack(material.request.folder / ATTACKS, material.chosen, version)


def _as_json(review: Review) -> dict[str, Any]:
    plain: dict[str, Any] = _layout().dump_python(review, mode="json")
    return plain


def _layout() -> TypeAdapter[Review]:
    """What a ``report.json`` holds."""
    from pydantic import TypeAdapter

    from shipworthy.evals.review import Review

    return TypeAdapter(Review)


def _write_papers(folder: Path, report: Mapping[str, Any]) -> None:
    from shipworthy.documents import junit, render_review

    (folder / "report.json").write_text(
        json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False), encoding="utf-8"
    )
    (folder / "report.html").write_text(render_review(report), encoding="utf-8")
    (folder / "junit.xml").write_text(junit(report), encoding="utf-8")


def _origin(dataset: FrozenDataset) -> Origin:
    """Bundled if any of the files is one that ships with the product, whatever its name."""
    from shipworthy.examples import bundled_files

    return "bundled" if {source.sha256 for source in dataset.sources} & bundled_files() else "own"


def _record(ledger: Ledger, finished: FinishedReview, *, reason: str | None) -> None:
    """Write the review into the ledger as evidence."""
    from shipworthy.documents.words import DECISIONS

    report = finished.report
    decision = DECISIONS[report["verdict"]["decision"]].word.lower()
    names = ("report.json", "report.html", "predictions.parquet")
    ledger.record(
        kind="review",
        title=f"Review {finished.id} of {finished.feature}: {decision}",
        feature=finished.feature,
        origin=report["origin"],
        drafted_by_tool=True,
        share_edited=None,
        reason=reason,
        verified=True,
        competencies=_COMPETENCIES,
        artifacts=[ledger.artifact(finished.folder / name) for name in names],
        facts={
            "review": finished.id,
            "decision": report["verdict"]["decision"],
            "rows": report["data"]["rows"],
            "dataset": report["data"]["sha256"],
            "findings": [finding["id"] for finding in report["findings"]],
        },
    )


def list_reviews(workspace: Workspace, feature: str | None = None) -> tuple[FinishedReview, ...]:
    """All reviews, oldest first, of one feature or of all.

    Raises:
        WorkspaceError: there is no such feature, or a review's file is broken.
    """
    if feature is not None:
        workspace.feature_file(feature)
    return _reviews(workspace, f"features/{feature or '*'}/reviews/*/report.json")


def _reviews(workspace: Workspace, pattern: str) -> tuple[FinishedReview, ...]:
    found = [_read(path) for path in workspace.root.glob(pattern) if not path.parent.name.startswith(".")]
    return tuple(sorted(found, key=lambda review: (str(review.report["at"]), review.id)))


def _read(path: Path) -> FinishedReview:
    try:
        review = _layout().validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise WorkspaceError(
            "This review's report.json cannot be read.",
            where=Where(file=path),
            hint="Reviews are never changed after they were made: restore the file, or remove the folder.",
        ) from error
    return FinishedReview(
        id=path.parent.name, feature=review.feature, folder=path.parent, report=_as_json(review)
    )


def find_review(workspace: Workspace, which: str | None = None) -> FinishedReview:
    """A review by id (the beginning or the end of it is enough), by feature name, or the newest.

    Raises:
        WorkspaceError: there is none, or several fit.
    """
    every = list_reviews(workspace)
    if not every:
        raise WorkspaceError("There is no review yet.", hint="Make one: shipworthy review FEATURE")
    if which is None:
        return every[-1]
    by_feature = [review for review in every if review.feature == which or review.folder.parts[-3] == which]
    if by_feature:
        return by_feature[-1]
    every += _reviews(workspace, f"features/*/{_TRIED}/*/report.json")
    fitting = [review for review in every if review.id.startswith(which) or review.id.endswith(which)]
    if len(fitting) == 1:
        return fitting[0]
    known = [review.id for review in (fitting or every)]
    what = "fits several reviews" if fitting else "is neither a review nor a feature here"
    raise WorkspaceError(f"{which!r} {what}.", hint=nearest(which, known) or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChange:
    """One bar in two reviews."""

    text: str
    """The bar."""
    before: str | None
    """Outcome and estimate then; None where the bar did not exist."""
    after: str | None
    """Outcome and estimate now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two reviews side by side."""

    before: ReviewLine
    """The first one named."""
    after: ReviewLine
    """The second one."""
    same_data: bool
    """Whether both were made on the same frozen dataset."""
    bars: tuple[BarChange, ...]
    """Every bar of either."""
    gone: tuple[str, ...]
    """Findings of the first that the second no longer has."""
    fresh: tuple[str, ...]
    """Findings that are new."""


def compare_reviews(workspace: Workspace, first: str, second: str) -> Comparison:
    """What changed from one review to another.

    Raises:
        UserError: the two are the same review.
    """
    before, after = find_review(workspace, first), find_review(workspace, second)
    if before.id == after.id:
        raise UserError(f"Both names mean the review {before.id!r}.", hint="Name two different reviews.")
    bars = {review.id: {bar["text"]: bar for bar in review.report["bars"]} for review in (before, after)}
    texts = dict.fromkeys([*bars[before.id], *bars[after.id]])
    titles = [{item["id"]: item["title"] for item in review.report["findings"]} for review in (before, after)]
    return Comparison(
        before=before.line,
        after=after.line,
        same_data=before.report["data"]["sha256"] == after.report["data"]["sha256"],
        bars=tuple(
            BarChange(
                text=text,
                before=_bar_words(bars[before.id].get(text)),
                after=_bar_words(bars[after.id].get(text)),
            )
            for text in texts
        ),
        gone=tuple(title for key, title in titles[0].items() if key not in titles[1]),
        fresh=tuple(title for key, title in titles[1].items() if key not in titles[0]),
    )


def _bar_words(bar: Mapping[str, Any] | None) -> str | None:
    return None if bar is None else str(bar["all_rows"]["words"])


def review_schema() -> dict[str, Any]:
    """The JSON Schema of ``report.json``."""
    schema = _layout().json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
