"""Error analysis: read failures of the newest review, note, tag, count, and make the tags measurable."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from shipworthy.core.canonical import sha256_of
from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import DataError, UserError, nearest
from shipworthy.evals.errors.counting import ReaderAgreement, Saturation, TagCount
from shipworthy.workbench.error_measures import MadePart

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shipworthy.core.clock import Clock
    from shipworthy.datasets.frozen import FrozenDataset
    from shipworthy.evals.errors.drawing import Drawn, Failure
    from shipworthy.evals.errors.notes import Note, Notebook
    from shipworthy.evals.jobs.job import JobForm
    from shipworthy.evals.spec import FeatureSpec
    from shipworthy.workbench.reviews import FinishedReview
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "Desk",
    "ErrorAnalysis",
    "NoteLine",
    "ReadFailure",
    "Suggestions",
    "analyse_errors",
    "mode_name",
    "modes_like",
    "open_errors",
    "record_errors",
    "take_answers",
]

_COMPETENCIES = ("model-evaluation", "failure-modes")
_LONGEST = 4_000
_READ = 50
_UNUSABLE = "Gave no usable output"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFailure:
    """A failure that waits to be read. Everything in it but the kind is hostile."""

    example: str
    """The example's id."""
    kind: str
    """What kind of failure the review counts it as."""
    text: str
    """The input."""
    output: str
    """What was put out."""
    label: str
    """What is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """What a note may be tagged as, by words in common; a person decides."""

    tags: tuple[str, ...]
    """Tags in use whose notes are like it."""
    failure_modes: tuple[str, ...]
    """Ids of failure modes of the playbook that are like it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """One note, and what it may be tagged as."""

    example: str
    """The example's id."""
    kind: str
    """What kind of failure it is."""
    note: str
    """The person's own words."""
    tags: tuple[str, ...] | None
    """Its tags; None: not tagged yet."""
    suggested: Suggestions | None
    """What it may be tagged as, while it has no tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnalysis:
    """Where an error analysis stands."""

    feature: str
    """The feature."""
    by: str
    """Whose notes these are."""
    review: str
    """The review whose failures are read."""
    candidate: str
    """Whose failures they are."""
    file: str
    """The file that keeps every note, by whom and when."""
    tested: int
    """Rows of the review."""
    failures: dict[str, int]
    """Failures by kind."""
    drawn: int
    """Failures drawn to be read."""
    waiting: tuple[ReadFailure, ...]
    """Failures that this person has neither noted nor skipped."""
    notes: tuple[NoteLine, ...]
    """This person's notes."""
    tags: tuple[TagCount, ...]
    """Every tag with its share, the commonest first."""
    saturation: Saturation
    """Whether reading on would bring new tags."""
    readers: tuple[ReaderAgreement, ...]
    """How far people agree who read the same failures."""
    people: tuple[str, ...]
    """Everybody who wrote a note about this feature."""
    made: MadePart | None = None
    """What was made of a tag."""

    @property
    def untagged(self) -> int:
        """Notes without tags."""
        return sum(note.tags is None for note in self.notes)


@dataclass(frozen=True)
class Desk:
    """One person at the failures of one review."""

    feature: str
    """The feature."""
    spec: FeatureSpec
    """What feature.yaml says."""
    folder: Path
    """The feature's folder."""
    finished: FinishedReview
    """The review."""
    dataset: FrozenDataset
    """Its rows."""
    book: Notebook
    """The notes."""

    @cached_property
    def outputs(self) -> dict[str, tuple[str | None, str | None]]:
        """Kind of failure (None: right) and output in words, by example."""
        return _outputs(self.finished, self.form)

    @cached_property
    def form(self) -> JobForm | None:
        """The job; None: it classifies."""
        from shipworthy.evals.jobs.job import JOBS

        return JOBS.get(self.finished.report["job"])

    @property
    def candidate(self) -> str:
        """The candidate under review."""
        name: str = self.finished.report["candidates"][0]["name"]
        return name

    @cached_property
    def texts(self) -> dict[str, str]:
        """What a person reads of each row: the question, or the document with its name."""
        texts = {row.id: row.text for row in self.dataset.examples("test")}
        if self.form is None or not self.form.about_documents or self.spec.data.documents is None:
            return texts
        from shipworthy.evals.jobs.library import Library

        library = Library(self.folder / self.spec.data.documents)
        found = {name: library.get(name) for name in texts.values()}
        return {
            id_: name if (document := found[name]) is None else f"{name}\n{document.text}"
            for id_, name in texts.items()
        }

    @cached_property
    def failures(self) -> dict[str, Failure]:
        """Every failure by example."""
        from shipworthy.evals.errors.drawing import Failure

        labels = {row.id: row.label for row in self.dataset.examples("test")}
        return {
            id_: Failure(
                example=id_,
                kind=kind,
                text=self.texts.get(id_, "")[:_LONGEST],
                output=(output or "")[:_LONGEST],
                label=self._label_words(labels.get(id_))[:_LONGEST],
            )
            for id_, (kind, output) in self.outputs.items()
            if kind is not None
        }

    def _label_words(self, label: str | None) -> str:
        if self.form is None or label is None:
            return label or ""
        from shipworthy.evals.jobs.telling import label_words

        return label_words(self.form.read_label(label))

    @property
    def draw(self) -> Drawn:
        """The failures to be read."""
        found = self.book.draw(self.finished.id)
        assert found is not None
        return found

    def note(self, example: str, words: str) -> None:
        """Write a note about a failure."""
        self.book.note(self.finished.id, example, words)

    def skip(self, example: str) -> None:
        """Leave a failure without a note."""
        self.book.skip(self.finished.id, example)

    def undo(self) -> str | None:
        """Take back the last note or skip."""
        return self.book.undo(self.finished.id)

    def tag(self, example: str, tags: Iterable[str]) -> None:
        """Say which tags a note has."""
        self.book.tag(self.finished.id, example, tags)

    @property
    def waiting(self) -> tuple[ReadFailure, ...]:
        """Failures to be read, in order."""
        left = self.book.waiting(self.finished.id)
        return tuple(self.read(example) for example, _ in left if example in self.failures)

    def read(self, example: str) -> ReadFailure:
        """A failure as a person reads it."""
        one = self.failures[example]
        return ReadFailure(
            example=one.example, kind=one.kind, text=one.text, output=one.output, label=one.label
        )

    @property
    def notes(self) -> tuple[Note, ...]:
        """This person's notes about this review."""
        return self.book.notes(self.finished.id)

    def suggested(self, note: Note) -> Suggestions:
        """What a note may be tagged as."""
        from shipworthy.evals.errors.likeness import nearest_modes, nearest_tags

        tagged: dict[str, list[str]] = {tag: [] for tag in self.book.tags}
        for other in self.notes:
            for tag in other.tags or ():
                tagged[tag].append(other.note)
        return Suggestions(tags=nearest_tags(note.note, tagged), failure_modes=nearest_modes(note.note))

    def analysis(self, made: MadePart | None = None) -> ErrorAnalysis:
        """Where it stands."""
        from shipworthy.evals.errors.counting import count_tags, readers_agree, saturation

        draw, notes, review = self.draw, self.notes, self.finished.id
        return ErrorAnalysis(
            feature=self.feature,
            by=self.book.by,
            review=review,
            candidate=draw.candidate,
            file=str(self.book.path),
            tested=draw.tested,
            failures=dict(draw.sizes),
            drawn=len(draw.examples),
            waiting=self.waiting,
            notes=tuple(
                NoteLine(
                    example=note.example,
                    kind=note.kind,
                    note=note.note,
                    tags=note.tags,
                    suggested=self.suggested(note) if note.tags is None else None,
                )
                for note in notes
            ),
            tags=count_tags(notes, draw, self.book.tags),
            saturation=saturation(notes),
            readers=readers_agree({person: self.book.notes(review, person) for person in self.book.people}),
            people=self.book.people,
            made=made,
        )


def _outputs(finished: FinishedReview, form: JobForm | None) -> dict[str, tuple[str | None, str | None]]:
    from shipworthy.datasets.prediction_log import PredictionLog

    log = PredictionLog(finished.folder / "predictions.parquet")
    rows = log.columns(
        ["example_id", "repeat", "output", "label", "status", "checks"],
        candidate=finished.report["candidates"][0]["name"],
    )
    found: dict[str, tuple[str | None, str | None]] = {}
    for id_, repeat, output, label, status, checks in zip(*rows.values(), strict=True):
        if repeat == 0:  # of several repeats the first one is read
            found[id_] = _kind(form, output, label, status, checks or {}), _words(form, output)
    return found


def _kind(
    form: JobForm | None, output: str | None, label: str | None, status: str, checks: Mapping[str, float]
) -> str | None:
    if status != "ok" or output is None:
        return _UNUSABLE
    if form is None:
        said, right = json.loads(output), json.loads(label or "null")
        return None if said == right else f"{right} taken for {said}"
    if checks.get("right") == 1.0:
        return None
    return next((words for name, words in form.failures.items() if checks.get(name) == 1.0), _UNUSABLE)


def _words(form: JobForm | None, output: str | None) -> str | None:
    if output is None or form is None:
        return None if output is None else str(json.loads(output))
    from shipworthy.evals.jobs.telling import output_words

    return output_words(form.read_output(json.loads(output)))


def open_errors(
    workspace: Workspace,
    name: str,
    *,
    by: str,
    rows: int | None = None,
    review: str | None = None,
    clock: Clock | None = None,
) -> Desk:
    """Open the failures of a feature's newest review, or of the one named.

    The first time 50 failures (or ``rows``) are drawn by lot, some of every kind; a larger number later
    adds to them.

    Raises:
        UserError: there is no review, its rows are gone, or nothing failed.
    """
    from shipworthy.datasets.frozen import open_frozen
    from shipworthy.evals.errors.drawing import draw_failures
    from shipworthy.evals.errors.notes import Notebook
    from shipworthy.evals.spec import load_feature
    from shipworthy.workbench.reviews import find_review, list_reviews

    spec, file = load_feature(workspace.feature_file(name))
    reviews = list_reviews(workspace, name)
    if not reviews:
        raise UserError(f"{name!r} was never reviewed.", hint=f"Review it first: shipworthy review {name}")
    finished = reviews[-1] if review is None else find_review(workspace, review)
    if finished not in reviews:
        raise UserError(
            f"The review {finished.id!r} is not one of {name!r}.",
            hint=nearest(finished.id, [one.id for one in reviews]),
        )
    folder = file.path.parent
    book = Notebook(folder / "errors" / "notes.jsonl", by=by, clock=clock or SystemClock())
    desk = Desk(
        name, spec, folder, finished, open_frozen(workspace.frozen, finished.report["data"]["sha256"]), book
    )
    if not desk.failures:
        raise UserError(f"Nothing failed in the review {finished.id!r}: there is no error to read.")
    drawn = book.draw(finished.id)
    if drawn is None or (rows is not None and len(drawn.examples) < min(rows, len(desk.failures))):
        book.add_draw(
            draw_failures(
                list(desk.failures.values()),
                review=finished.id,
                candidate=desk.candidate,
                tested=len(desk.outputs),
                n=rows or _READ,
                seed=spec.data.seed,
            )
        )
    return desk


def analyse_errors(
    workspace: Workspace,
    name: str,
    *,
    by: str,
    rows: int | None = None,
    review: str | None = None,
    answers: Path | None = None,
    make: tuple[Literal["check", "segment"], str] | None = None,
    pattern: str | None = None,
    clock: Clock | None = None,
) -> ErrorAnalysis:
    """Where an error analysis stands, after taking notes from a file or making something of a tag.

    Args:
        workspace: Where the feature is.
        name: The feature.
        by: Whose notes.
        rows: How many failures to draw.
        review: The review; the newest when left out.
        answers: Notes and tags to take.
        make: What to make, and of which tag.
        pattern: What tells the rows or outputs meant.
        clock: The time; the machine's when left out.

    Raises:
        UserError: there is nothing to read, or a line or a tag cannot be used.
    """
    from shipworthy.workbench.error_measures import make_of

    desk = open_errors(workspace, name, by=by, rows=rows, review=review, clock=clock)
    if answers is not None:
        take_answers(desk, answers)
        record_errors(workspace, desk, clock=clock)
    made = None if make is None else make_of(desk, *make, pattern=pattern)
    return desk.analysis(made)


def take_answers(desk: Desk, answers: Path) -> None:
    """Take notes and tags from JSON Lines or CSV; all lines are checked before any is kept.

    ``{"example": "q31", "note": "says a price that is not there", "tags": ["made-up price"]}`` notes a
    failure and tags it; ``{"tag": "made-up price", "failure_mode": "hallucination"}`` ties a tag.

    Raises:
        DataError: a line is not of that form, or is about something that was not drawn.
    """
    from shipworthy.workbench.label_answers import read_answers

    lines = read_answers(answers)
    drawn = {example for example, _ in desk.draw.examples}
    noted = {note.example for note in desk.notes}
    for where, item in lines:
        try:
            _check_line(item, drawn, noted)
        except UserError as error:
            raise DataError(error.message, where=where, hint=error.hint) from None
    for _, item in lines:
        if "tag" in item:
            desk.book.define(item["tag"], str(item["failure_mode"]) if item.get("failure_mode") else None)
            continue
        if item.get("note"):
            desk.note(str(item["example"]), str(item["note"]))
        if "tags" in item:
            desk.tag(str(item["example"]), _tags(item))


def _check_line(item: Mapping[str, Any], drawn: set[str], noted: set[str]) -> None:
    """Refuse a line that could not be taken; ``noted`` grows by what it notes."""
    from shipworthy.evals.errors.notes import LONGEST_NOTE, tidy_tag
    from shipworthy.playbook.items import failure_mode

    if "tag" in item:
        tidy_tag(item["tag"])
        if item.get("failure_mode"):
            failure_mode(str(item["failure_mode"]))
        return
    for tag in _tags(item):
        tidy_tag(tag)
    example, words = str(item.get("example", "")), str(item.get("note", "")).strip()
    if example not in drawn:
        raise UserError(f"{example!r:.80} is none of the failures drawn.", hint=nearest(example, drawn))
    if not words and example not in noted:
        raise UserError(f"{example!r:.80} has no note yet: notes come before tags.", hint=_LINE)
    if len(words) > LONGEST_NOTE:
        raise UserError(f"A note has at most {LONGEST_NOTE:,} characters.")
    noted.add(example)


_LINE = '{"example": "q31", "note": "says a price that is not there", "tags": ["made-up price"]}'


def _tags(item: Mapping[str, Any]) -> list[str]:
    tags = item.get("tags") or []
    if isinstance(tags, str):
        tags = [part.strip() for part in tags.split(";") if part.strip()]
    if not isinstance(tags, list):
        raise UserError(f"'tags' is {tags!r:.60}.", hint=_LINE)
    return [str(tag) for tag in tags]


def record_errors(workspace: Workspace, desk: Desk, *, clock: Clock | None = None) -> None:
    """Write what was noted into the ledger, with a copy of the notes as they stand now."""
    from shipworthy.evidence.ledger import Ledger, ledger_location

    notes = desk.notes
    if not notes:
        return
    content = desk.book.path.read_bytes()
    kept = (
        desk.book.path.parent / "recorded" / f"notes-{sha256_of(content.decode(errors='replace'))[:12]}.jsonl"
    )
    if kept.exists():
        return
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(desk.book.path, kept)
    tags = sorted({tag for note in notes for tag in note.tags or ()})
    own = "\n".join(dict.fromkeys(note.note for note in notes)).replace("\x00", "")[:20_000]
    with Ledger.open(
        ledger_location(workspace.root), workspace=workspace.root, clock=clock or SystemClock()
    ) as ledger:
        ledger.record(
            kind="errors",
            title=f"Error analysis of {desk.feature}: {len(notes)} failures read, {len(tags)} tags",
            feature=desk.feature,
            origin=desk.finished.report["origin"],
            drafted_by_tool=False,
            share_edited=None,
            reason=own,
            verified=True,
            competencies=_COMPETENCIES,
            artifacts=[ledger.artifact(kept, name="notes")],
            facts={
                "review": desk.finished.id,
                "by": desk.book.by,
                "notes": len(notes),
                "failures": desk.draw.failures,
                "tags": tags[:200],
            },
        )


def mode_name(mode: str) -> str:
    """What a failure mode is called, with what it means."""
    from shipworthy.playbook.items import failure_mode

    found = failure_mode(mode)
    return f"{found.name} ({found.id})"


def modes_like(tag: str, note: str) -> tuple[str, ...]:
    """Ids of the failure modes whose description is most like a tag and its note."""
    from shipworthy.evals.errors.likeness import nearest_modes

    return nearest_modes(tag, [note])
