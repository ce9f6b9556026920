"""Judges: hold one against people, let it score rows, compare two of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from shipworthy.core.canonical import sha256_of_file
from shipworthy.core.clock import SystemClock, written
from shipworthy.core.errors import DataError, UserError, Where
from shipworthy.core.files import readable, write_atomic
from shipworthy.core.ids import new_id
from shipworthy.core.progress import silent
from shipworthy.evals.judges import (
    DETERMINISTIC,
    Calibration,
    Grade,
    Judge,
    JudgeCheck,
    JudgeReview,
    Piece,
    calibration_of,
    judge_check,
    open_judge,
    review_judge,
)
from shipworthy.evals.judges.comparing import JudgesCompared, compare
from shipworthy.workbench.json_lines import each_line
from shipworthy.workbench.judge_rows import USUAL, Columns, piece_from_line, pieces_of
from shipworthy.workbench.runs import AS_USUAL, Asking, conduct_of, unheard

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.core.progress import Progress
    from shipworthy.evals.running import Conduct
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "JudgeRecord",
    "ReviewedJudge",
    "ScoredLine",
    "ScoredRows",
    "compare_judges",
    "review_labelled",
    "score_lines",
    "score_rows",
]

JUDGES = "judges"
"""Folder of a workspace with prompt files of judges and their records."""

_COMPETENCIES = ("model-evaluation", "data-literacy", "probabilistic-thinking")
_RECORD = ".record.json"
_TOGETHER = 64
_LONGEST_LINE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRecord:
    """A review of a judge as it is kept: what it is worth, and what corrects its scores."""

    id: str
    """Id of the review."""
    at: str
    """When, ISO 8601 in UTC."""
    data: str
    """Name of the file with people's labels."""
    data_sha256: str
    """Hash of that file."""
    review: JudgeReview
    """What the judge is worth."""
    calibration: Calibration
    """What people and the judge said, row by row, without any text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedJudge:
    """A review of a judge, and where it is kept."""

    id: str
    """Its id."""
    review: JudgeReview
    """What the judge is worth."""
    record: Path | None
    """The file that ``judge score`` reads; None where nothing is kept (no workspace and no --out)."""
    stopped: str | None
    """Why grading ended early, if it did."""


def review_labelled(
    workspace: Workspace | None,
    name: str,
    data: Path,
    *,
    columns: Columns = USUAL,
    model: str | None = None,
    scale: Sequence[str] = (),
    own: Sequence[str] = (),
    seed: int = 0,
    out: Path | None = None,
    reason: str | None = None,
    asking: Asking = AS_USUAL,
    notice: Callable[[str], None] = unheard,
    progress: Progress = silent,
    clock: Clock | None = None,
) -> ReviewedJudge:
    """Hold a judge against people's labels; in a workspace it is kept, and is evidence.

    Args:
        workspace: Where the record is kept; None outside of one.
        name: A rule, a shipped prompt, or a prompt file.
        data: Labelled rows: CSV, TSV, XLSX, JSON Lines or Parquet.
        columns: Which column holds what.
        model: The model to ask.
        scale: Scores from worst to best, where the labels are words and the judge gives bare numbers.
        own: Authors that are the judge itself.
        seed: Decides the halves where bare numbers are cut into scores.
        out: Another file for the record.
        reason: Why the person does this, in their own words; kept in the ledger.
        asking: How models are asked.
        notice: Told what a person should know before money is spent.
        progress: Told how far it is.
        clock: The time; the machine's when left out.

    Raises:
        UserError: the judge or the file cannot be used.
        EnvironmentFailure: a provider cannot be reached, or the disk cannot be written.
    """
    clock = clock or SystemClock()
    pieces = list(pieces_of(data, columns))
    judge = _open(workspace, name, model, asking, notice, clock)
    review, graded = review_judge(judge, pieces, scale=scale, own=own, seed=seed, progress=progress)
    record = JudgeRecord(
        id=new_id(clock.now()),
        at=written(clock.now()),
        data=data.name,
        data_sha256=sha256_of_file(data),
        review=review,
        calibration=calibration_of(judge, graded),
    )
    kept = out or (
        None if workspace is None else workspace.root / JUDGES / f"{judge.name}-{record.id}{_RECORD}"
    )
    if kept is not None:
        write_atomic(kept, _written(record))
        if workspace is not None:
            _evidence(workspace, record, kept, reason, clock)
    return ReviewedJudge(id=record.id, review=review, record=kept, stopped=_stopped(judge))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRows:
    """What a judge says of the rows of a file."""

    check: JudgeCheck
    """Scores, their mean, and what it is worth."""
    record: Path | None
    """The judge's record that corrected it; None where none did."""
    stopped: str | None
    """Why grading ended early, if it did."""


def score_rows(
    workspace: Workspace | None,
    name: str,
    data: Path,
    *,
    columns: Columns = USUAL,
    model: str | None = None,
    scale: Sequence[str] = (),
    record: Path | None = None,
    asking: Asking = AS_USUAL,
    notice: Callable[[str], None] = unheard,
    progress: Progress = silent,
    clock: Clock | None = None,
) -> ScoredRows:
    """Let a judge score the rows of a file; the mean is corrected where people's labels allow it.

    Args:
        workspace: Where the judge's record is looked for; None outside of one.
        name: A rule, a shipped prompt, or a prompt file.
        data: The rows; people's labels on some of them correct the score best.
        columns: Which column holds what.
        model: The model to ask.
        scale: Scores from worst to best, where the labels are words and the judge gives bare numbers.
        record: The judge's record; the newest of this version in the workspace when left out.
        asking: How models are asked.
        notice: Told what a person should know before money is spent.
        progress: Told how far it is.
        clock: The time; the machine's when left out.

    Raises:
        UserError: the judge, the file or the record cannot be used.
        EnvironmentFailure: a provider cannot be reached.
    """
    judge = _open(workspace, name, model, asking, notice, clock or SystemClock())
    file, calibration = _record_of(workspace, judge, record)
    pieces = list(pieces_of(data, columns))
    if not pieces:
        raise UserError("This file has no rows.", where=Where(file=data))
    check = judge_check(judge, pieces, calibration=calibration, scale=scale or None, progress=progress)
    by_record = check.calibrated and "record" in check.words
    return ScoredRows(check=check, record=file if by_record else None, stopped=_stopped(judge))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredLine:
    """What a judge says of one line."""

    id: str
    """Its id, or its number."""
    status: Literal["ok", "cannot_assess", "refused", "invalid", "timeout", "error"]
    """How it ended."""
    score: str | None = None
    """The score on the judge's scale."""
    number: float | None = None
    """The score as a number."""
    quote: str | None = None
    """What a model's score rests on, verbatim."""
    detail: str | None = None
    """Why there is no score."""
    calibrated: bool = False
    """Whether this version of the judge was compared with people."""
    kappa: float | None = None
    """Its Cohen's kappa with people then."""


def score_lines(
    workspace: Workspace | None,
    name: str,
    lines: Iterable[str],
    *,
    columns: Columns = USUAL,
    model: str | None = None,
    record: Path | None = None,
    asking: Asking = AS_USUAL,
    notice: Callable[[str], None] = unheard,
    clock: Clock | None = None,
) -> Iterator[ScoredLine]:
    """Score JSON Lines such as ``{"id": "7", "input": "…", "output": "…"}``, in order.

    A line that cannot be read gives a line with ``detail``; the others are scored all the same.

    Raises:
        UserError: the judge or its record cannot be used.
        EnvironmentFailure: a provider cannot be reached.
    """
    judge = _open(workspace, name, model, asking, notice, clock or SystemClock())
    file, calibration = _record_of(workspace, judge, record)
    kappa = None if file is None or calibration is None else _read(file).review.kappa.value
    calibrated = calibration is not None and calibration.version == judge.version and calibration.enough
    waiting: list[Piece | ScoredLine] = []
    pair = judge.kind == "pairwise"
    for given in each_line(
        lines,
        lambda line: piece_from_line(line, columns, pair=pair),
        lambda line, error: ScoredLine(id=line.name, status="error", detail=error),
        longest=_LONGEST_LINE,
        hint='Each line should be like {"input": "…", "output": "…"}.',
    ):
        waiting.append(given)
        if len(waiting) == _TOGETHER:
            yield from _scored(judge, waiting, calibrated=calibrated, kappa=kappa)
            waiting = []
    yield from _scored(judge, waiting, calibrated=calibrated, kappa=kappa)


def compare_judges(
    workspace: Workspace | None,
    first: str,
    second: str,
    data: Path,
    *,
    columns: Columns = USUAL,
    model: str | None = None,
    second_model: str | None = None,
    scale: Sequence[str] = (),
    seed: int = 0,
    asking: Asking = AS_USUAL,
    notice: Callable[[str], None] = unheard,
    progress: Progress = silent,
    clock: Clock | None = None,
) -> JudgesCompared:
    """Which of two judges agrees better with people, paired by row.

    Args:
        workspace: Where prompt files and the cache are; None outside of one.
        first: One judge.
        second: The other; it may be the same prompt with another model.
        data: Labelled rows.
        columns: Which column holds what.
        model: The model that the first asks.
        second_model: The model that the second asks; as the first's when left out.
        scale: Scores from worst to best, where labels are words and a judge gives bare numbers.
        seed: Decides the halves where bare numbers are cut into scores.
        asking: How models are asked.
        notice: Told what a person should know before money is spent.
        progress: Told how far it is.
        clock: The time; the machine's when left out.

    Raises:
        UserError: a judge or the file cannot be used, or the judges grade different things.
        EnvironmentFailure: a provider cannot be reached.
    """
    clock = clock or SystemClock()
    pieces = list(pieces_of(data, columns))
    judges = [
        _open(workspace, name, None if name in DETERMINISTIC else chosen, asking, notice, clock)
        for name, chosen in ((first, model), (second, second_model or model))
    ]
    return compare(judges[0], judges[1], pieces, scale=scale, seed=seed, progress=progress)


def _open(
    workspace: Workspace | None,
    name: str,
    model: str | None,
    asking: Asking,
    notice: Callable[[str], None],
    clock: Clock,
) -> Judge:
    folder = None if workspace is None else workspace.root / JUDGES
    conduct = _conduct(workspace, asking, notice)
    return open_judge(name, conduct=conduct, clock=clock, model=model, folder=folder)


def _conduct(workspace: Workspace | None, asking: Asking, notice: Callable[[str], None]) -> Conduct:
    if workspace is not None:
        return conduct_of(workspace, asking, notice)
    from shipworthy.evals.running import Conduct
    from shipworthy.gateway.calls import Patience

    return Conduct(
        concurrency=asking.concurrency,
        budget=asking.budget,
        accept_unknown_price=asking.accept_unknown_price,
        send_personal_data=asking.send_personal_data,
        patience=Patience(deadline=asking.deadline),
        notice=notice,
    )


def _evidence(
    workspace: Workspace, record: JudgeRecord, file: Path, reason: str | None, clock: Clock
) -> None:
    """Write the review into the ledger; a review that is no evidence would be half a review."""
    from shipworthy.evidence.ledger import Ledger, ledger_location
    from shipworthy.examples import bundled_files

    review = record.review
    try:
        with Ledger.open(ledger_location(workspace.root), workspace=workspace.root, clock=clock) as ledger:
            inside = file.resolve().is_relative_to(workspace.root.resolve())
            ledger.record(
                kind="judge-review",
                title=f"Review {record.id} of the judge {review.judge}: kappa {review.kappa}"[:500],
                origin="bundled" if record.data_sha256 in bundled_files() else "own",
                drafted_by_tool=True,
                reason=reason,
                verified=True,
                competencies=_COMPETENCIES,
                artifacts=[ledger.artifact(file)] if inside else (),
                facts=_facts(record),
            )
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def _facts(record: JudgeRecord) -> dict[str, object]:
    review = record.review
    return {
        "review": record.id,
        "judge": review.judge,
        "version": review.version,
        "rows": review.rows,
        "dataset": record.data_sha256,
        "agreement": review.agreement.value,
        "kappa": review.kappa.value,
        "biases": {bias.name: bias.seen for bias in review.biases},
    }


def _stopped(judge: Judge) -> str | None:
    return getattr(judge, "stopped", None)


def _scored(
    judge: Judge, waiting: Sequence[Piece | ScoredLine], *, calibrated: bool, kappa: float | None
) -> Iterator[ScoredLine]:
    pieces = [one for one in waiting if not isinstance(one, ScoredLine)]
    grades = iter(judge.grade(pieces) if pieces else ())
    for one in waiting:
        yield one if isinstance(one, ScoredLine) else _line(next(grades), calibrated=calibrated, kappa=kappa)


def _line(grade: Grade, *, calibrated: bool, kappa: float | None) -> ScoredLine:
    return ScoredLine(
        id=grade.id,
        status=grade.status,
        score=grade.score,
        number=grade.number,
        quote=grade.quote,
        detail=grade.detail,
        calibrated=calibrated,
        kappa=kappa if calibrated else None,
    )


def _record_of(
    workspace: Workspace | None, judge: Judge, named: Path | None
) -> tuple[Path | None, Calibration | None]:
    """The judge's record: the one named, or the newest of this version, or else of another version."""
    if named is not None:
        return named, _read(named).calibration
    if workspace is None:
        return None, None
    found: list[tuple[str, Path, Calibration]] = []
    for path in sorted((workspace.root / JUDGES).glob(f"*{_RECORD}")):
        with suppress(UserError):  # somebody's other file
            record = _read(path)
            if record.calibration.judge == judge.name:
                found.append((record.at, path, record.calibration))
    found.sort(key=lambda one: (one[2].version == judge.version, one[0]))
    return (found[-1][1], found[-1][2]) if found else (None, None)


def _written(record: JudgeRecord) -> str:
    from pydantic import TypeAdapter

    return TypeAdapter(JudgeRecord).dump_json(record, indent=1).decode() + "\n"


def _read(path: Path) -> JudgeRecord:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(JudgeRecord).validate_json(readable(path).read_bytes())
    except (ValidationError, ValueError) as error:
        raise DataError(
            "This is not the record of a judge, or it was changed.",
            where=Where(file=path),
            hint="Make one: shipworthy judge review JUDGE --data labelled.jsonl --out FILE",
        ) from error
