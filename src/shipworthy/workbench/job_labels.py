"""Labelling answers, records and minutes: choose rows, take labels, compare two people, decide.

Nothing here reads a candidate's output. Where a review is there, its confidences (and nothing else of it)
say which further rows are probably hard.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import DataError, ShipworthyError, SpecError, UserError
from shipworthy.core.files import write_atomic
from shipworthy.workbench.labels import LabelProgress, RowToLabel, decided_classes, refuse_to_overwrite

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.core.yaml_file import YamlFile
    from shipworthy.datasets.choosing import Choice
    from shipworthy.datasets.table import Table
    from shipworthy.evals.labelling.adjudicating import Adjudication
    from shipworthy.evals.labelling.agreement import AgreementLine
    from shipworthy.evals.labelling.forms import LabelForm
    from shipworthy.evals.labelling.session import Chosen, JobLabelSession, Said
    from shipworthy.evals.labelling.values import FieldForm
    from shipworthy.evals.spec import FeatureSpec
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "Adjudicating",
    "JobLabelling",
    "adjudicate_feature",
    "caution_of",
    "class_label",
    "classes_by_person",
    "job_of",
    "label_job",
    "option_words",
    "people_agree",
    "write_job_labelled",
]

_LONGEST_WAITING = 4_000


def job_of(workspace: Workspace, name: str) -> str:
    """The job of a feature."""
    from shipworthy.evals.spec import load_feature

    return load_feature(workspace.feature_file(name))[0].job


@dataclass(frozen=True, slots=True)
class JobLabelling:
    """A session under way, and what it will be written to."""

    feature: str
    """The feature."""
    session: JobLabelSession
    """Takes the labels."""
    form: LabelForm
    """What they are held against."""
    labelled: Path
    """Where the labelled examples go."""
    folder: Path
    """Where the labels are."""

    @property
    def progress(self) -> LabelProgress:
        """How far it is, and how far people agree."""
        session, done = self.session, self.session.progress
        agreement, differing = _agreed(self.folder, self.form.job)
        return LabelProgress(
            feature=self.feature,
            by=session.by,
            labels=str(session.path),
            labelled=str(self.labelled),
            done=done.done,
            skipped=done.skipped,
            left=done.left,
            classes=(),
            waiting=tuple(
                RowToLabel(row=row.row, text=_shown(self.form, row.text)) for row in session.waiting
            ),
            job=self.form.job,
            agreement=agreement,
            differing=differing,
            caution=caution_of(session.rows),
        )


def _shown(form: LabelForm, text: str) -> str:
    try:
        return (text if form.job == "answer" else f"{text}\n{form.text_of(text)}")[:_LONGEST_WAITING]
    except DataError as error:
        return f"{text}\n({error.message})"


def caution_of(rows: Sequence[Chosen]) -> str | None:
    """What to say where rows were picked by a candidate's doubt."""
    unsure = sum(row.why == "unsure" for row in rows)
    if not unsure:
        return None
    return (
        f"{unsure:,} of the {len(rows):,} rows were chosen because a candidate was unsure of rows like them. "
        "They help a repair most, and a score measured on them is too low for all rows: for a score, use "
        "those whose column 'chosen' says random."
    )


@contextmanager
def label_job(
    workspace: Workspace, name: str, *, by: str, rows: int | None = None, clock: Clock | None = None
) -> Iterator[JobLabelling]:
    """Open a labelling session for a feature whose job is not ``classify``.

    ``rows`` rows (50 when left out) are chosen the first time: half by lot, half spread over segments,
    documents, lengths and kinds of text. A larger number later adds rows; where there is a review by then, a
    quarter of those come from rows like the ones its candidate was least sure of. The labelled file is
    written when it ends.

    Raises:
        UserError: the feature has no file to label, or ``by`` is empty.
    """
    from shipworthy.evals.labelling.session import JobLabelSession, add_chosen, chosen_rows

    clock = clock or SystemClock()
    with _opened(workspace, name) as work:
        texts = work.texts()
        chosen = chosen_rows(work.labels, texts)
        wanted = rows or (0 if chosen else _FIRST)
        if len(chosen) < wanted and by.strip():
            more = _choose(workspace, work, n=wanted - len(chosen), without={row.row for row in chosen})
            add_chosen(work.labels, more, clock.now().isoformat(timespec="seconds"))
            chosen = chosen_rows(work.labels, texts)
        session = JobLabelSession(work.labels, rows=chosen, by=by, clock=clock, check=work.form.checked)
        try:
            yield JobLabelling(name, session, work.form, work.labelled, work.labels)
        finally:
            work.write(texts)


_FIRST = 50


@dataclass(frozen=True, slots=True)
class _Work:
    """A feature whose rows are open."""

    spec: FeatureSpec
    table: Table
    form: LabelForm
    folder: Path

    @property
    def labels(self) -> Path:
        return self.folder / "labels"

    @property
    def labelled(self) -> Path:
        assert self.spec.data.file is not None
        return self.folder / self.spec.data.file

    def texts(self) -> dict[int, str]:
        """Input by row."""
        from shipworthy.datasets.choosing import input_text
        from shipworthy.workbench.features import columns_of

        text = input_text(self.table, columns_of(self.spec.data, structured=True))
        return dict(self.table.store.query(f"SELECT row, {text} FROM {self.table.name}"))  # noqa: S608

    def write(self, texts: Mapping[int, str]) -> None:
        """The file of examples with the labels in it; nothing while nobody has labelled a row."""
        from shipworthy.evals.labelling.session import chosen_rows, decisions, everybody

        people = everybody(self.labels)
        if not people:
            return
        why = {row.row: row.why for row in chosen_rows(self.labels, texts)}
        write_job_labelled(
            self.labelled, self.table, self.spec, people=people, decided=decisions(self.labels), why=why
        )


@contextmanager
def _opened(workspace: Workspace, name: str) -> Iterator[_Work]:
    from shipworthy.datasets.table import open_table
    from shipworthy.evals.jobs.library import Library
    from shipworthy.evals.labelling.forms import LabelForm
    from shipworthy.evals.spec import load_feature

    spec, file = load_feature(workspace.feature_file(name))
    source, folder = _source(spec, file), file.path.parent
    documents = None if spec.data.documents is None else folder / spec.data.documents
    form = LabelForm(
        job=spec.job,  # type: ignore[arg-type]  # label_feature has classify
        library=Library(documents),
        fields=_fields(spec, folder),
    )
    with open_table(source) as table:
        yield _Work(spec, table, form, folder)


def _source(spec: FeatureSpec, file: YamlFile) -> Path:
    folder = file.path.parent
    if spec.data.to_label is None or spec.data.file is None:
        raise SpecError(
            f"The feature {spec.name!r} names no file to label.",
            where=file.where(("data",)),
            hint="Write 'to_label: data/FILE' for the rows, and 'file: data/labelled.jsonl' for the result.",
        )
    source = folder / spec.data.to_label
    refuse_to_overwrite(
        folder / spec.data.file, {source}, file.where(("data", "file")), kinds=(".jsonl", ".csv")
    )
    return source


def _fields(spec: FeatureSpec, folder: Path) -> tuple[FieldForm, ...]:
    """The fields of a record, typed by the schema of the feature's application where it has one."""
    from shipworthy.evals.labelling.values import FieldForm
    from shipworthy.evals.spec import AppSpec

    if spec.job != "extract":
        return ()
    named = [
        str(candidate.settings["schema"])
        for candidate in spec.candidates
        if isinstance(candidate, AppSpec) and "schema" in candidate.settings
    ]
    if not named:
        parts = spec.data.label if isinstance(spec.data.label, dict) else {}
        return tuple(FieldForm(name=name) for name in parts)
    from shipworthy.apps.extract.schema_file import load_schema

    return tuple(
        FieldForm(
            name=name,
            kind=field.kind,
            of=field.item.kind if field.item.kind != "object" else "text",
            values=tuple(value for value, _ in field.item.values),
            currency=field.item.currency,
            words=field.description,
        )
        for name, field in load_schema(named[0], folder=folder).leaves()
    )


def _choose(workspace: Workspace, work: _Work, *, n: int, without: set[int]) -> tuple[Choice, ...]:
    from shipworthy.datasets.choosing import choose, unlabelled_rows
    from shipworthy.workbench.features import columns_of

    columns, seed = columns_of(work.spec.data, structured=True), work.spec.data.seed
    pool = unlabelled_rows(work.table, columns, seed=seed, without=without)
    seen = {row.row: _described(work.form, row) for row in pool}
    unsure: list[int] = []
    if without:
        from shipworthy.evals.labelling.doubt import unsure_rows

        unsure = unsure_rows({row: one.text for row, one in seen.items()}, _reviewed(workspace, work))
    names = {row.row: row for row in pool}
    chosen = choose([seen[row.row] for row in pool], n=n, seed=seed, unsure=unsure)
    return tuple(replace(one, text=names[one.row].text, segments=names[one.row].segments) for one in chosen)


def _described(form: LabelForm, row: Choice) -> Choice:
    """A row with what its rows are spread over: segments, kind and folder of the document, length."""
    text = row.text
    more: dict[str, str | None] = {}
    if form.job != "answer":
        document = form.library.get(row.text)
        text = "" if document is None else document.text[:20_000]
        folder, _, file = row.text.rpartition("/")
        more = {"document: folder": folder, "document: kind": file.rpartition(".")[2].casefold()}
        text = text or row.text
    size = len(text.split())
    length = "short" if size < 12 else "medium" if size < 400 else "long"
    return replace(row, text=text, segments={**row.segments, **more, "length": length})


def _reviewed(workspace: Workspace, work: _Work) -> list[tuple[str, float]]:
    """Text and confidence of the rows of the newest review; none where there is no review or it says none."""
    from shipworthy.datasets.frozen import open_frozen
    from shipworthy.datasets.prediction_log import PredictionLog
    from shipworthy.workbench.reviews import list_reviews

    reviews = list_reviews(workspace, work.folder.name)
    if not reviews:
        return []
    report, folder = reviews[-1].report, reviews[-1].folder
    log = PredictionLog(folder / "predictions.parquet")
    try:
        rows = log.columns(["example_id", "confidence"], candidate=report["candidates"][0]["name"])
        dataset = open_frozen(workspace.frozen, report["data"]["sha256"])
    except ShipworthyError:  # the rows of an old review may be gone
        return []
    texts = {row.id: row.text for row in dataset.examples("test")}
    if work.form.job != "answer":
        texts = {id_: _text_of(work.form, name) for id_, name in texts.items()}
    pairs = zip(rows["example_id"], rows["confidence"], strict=True)
    return [(texts[id_], float(sure)) for id_, sure in pairs if sure is not None and id_ in texts]


def _text_of(form: LabelForm, name: str) -> str:
    document = form.library.get(name)
    return name if document is None else document.text


def write_job_labelled(
    path: Path,
    table: Table,
    spec: FeatureSpec,
    *,
    people: Mapping[str, Mapping[int, Said]],
    decided: Mapping[int, Said],
    why: Mapping[int, str],
) -> int:
    """Write the rows with their labels, as JSON Lines or CSV by the file's name; returns how many have one.

    A row's label is what was decided, or what one person said, or what all people said; where people differ
    and nobody decided, there is none. What the file had before stays.
    """
    from shipworthy.datasets.export import write_csv

    same = _same(spec.job)
    parts = {"": spec.data.label} if isinstance(spec.data.label, str) else dict(spec.data.label)
    own = [*parts.values(), "label_source", "chosen"]
    kept = [name for name in table.columns if name not in own]
    found: list[dict[str, Any]] = []
    labelled = 0
    for batch in table.batches(size=5_000):
        for place, row in enumerate(batch.numbers):
            said = [labels[row] for labels in people.values() if row in labels]
            label, source = _agreed_label(said, decided.get(row), same)
            labelled += label is not None
            item: dict[str, Any] = {name: batch.columns[name][place] for name in kept}
            for part, column in parts.items():
                old = batch.columns[column][place] if column in batch.columns else None
                item[column] = old if label is None else label if not part else label.get(part)
            found.append(item | {"label_source": source, "chosen": why.get(row)})
    if path.suffix.lower() == ".jsonl":
        write_atomic(path, "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in found))
    else:
        names = [*kept, *own]
        write_csv(path, names, [[_cell(item[name]) for name in names] for item in found])
    return labelled


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _agreed_label(said: Sequence[Said], decision: Said | None, same: Any) -> tuple[Any, str | None]:
    from shipworthy.evals.labelling.adjudicating import majority_or_none

    names = ", ".join(one.by for one in said)
    if decision is not None:
        return decision.label, f"{names}; decided by {decision.by}"
    return majority_or_none([one.label for one in said], same), names or None


def _same(job: str) -> Any:
    """Whether two labels as they are kept say the same."""
    from shipworthy.evals.labelling.agreement import same_label
    from shipworthy.evals.labelling.forms import label_from_plain

    if job == "classify":
        return same_label
    return lambda one, other: same_label(label_from_plain(job, one), label_from_plain(job, other))


def _agreed(folder: Path, job: str) -> tuple[tuple[AgreementLine, ...], int]:
    """Agreement of everybody who labelled, and on how many rows they differ undecided."""
    from shipworthy.evals.labelling.agreement import label_agreement
    from shipworthy.evals.labelling.forms import label_from_plain
    from shipworthy.evals.labelling.session import decisions, everybody

    people = everybody(folder)
    if len(people) < 2:
        return (), 0
    labels = {
        person: {row: label_from_plain(job, one.label) for row, one in said.items()}
        for person, said in people.items()
    }
    return label_agreement(labels), len(_differing(labels, set(decisions(folder))))


def _differing(labels: Mapping[str, Mapping[int, Any]], decided: set[int]) -> list[int]:
    from shipworthy.evals.labelling.agreement import same_label

    rows = sorted({row for said in labels.values() for row in said} - decided)
    each = [(row, [said[row] for said in labels.values() if row in said]) for row in rows]
    return [row for row, found in each if not all(same_label(found[0], other) for other in found[1:])]


def people_agree(progress: LabelProgress, labels: Mapping[str, Mapping[int, str]]) -> LabelProgress:
    """The same progress of a feature that classifies, with the agreement of its people."""
    from shipworthy.evals.labelling.agreement import label_agreement

    decided = set(decided_classes(Path(progress.labels).parent.parent))
    return replace(progress, agreement=label_agreement(labels), differing=len(_differing(labels, decided)))


@dataclass(frozen=True, slots=True)
class Adjudicating:
    """Rows that differ, being decided."""

    feature: str
    """The feature."""
    job: str
    """Its job."""
    adjudication: Adjudication
    """Takes the decisions."""
    form: LabelForm | None
    """What a label of one's own is held against; None: it is a class."""
    labelled: Path
    """Where the labelled examples go."""

    @property
    def progress(self) -> LabelProgress:
        """How far it is. Whose label is whose is not in it."""
        work, done = self.adjudication, self.adjudication.progress
        return LabelProgress(
            feature=self.feature,
            by=work.by,
            labels=str(work.path),
            labelled=str(self.labelled),
            done=done.done,
            skipped=done.skipped,
            left=done.left,
            classes=(),
            waiting=tuple(
                RowToLabel(
                    row=one.row,
                    text=one.text if self.form is None else _shown(self.form, one.text),
                    options=one.options,
                )
                for one in work.waiting
            ),
            job=self.job,
            differing=done.left + done.skipped,
        )


@contextmanager
def adjudicate_feature(
    workspace: Workspace, name: str, *, by: str, clock: Clock | None = None
) -> Iterator[Adjudicating]:
    """Decide the rows on which people differ, without seeing who said what.

    Raises:
        UserError: fewer than two people have labelled the feature.
    """
    from shipworthy.evals.labelling.adjudicating import Adjudication

    clock = clock or SystemClock()
    if job_of(workspace, name) == "classify":
        yield from _adjudicate_classes(workspace, name, by=by, clock=clock)
        return
    from shipworthy.evals.labelling.session import everybody

    with _opened(workspace, name) as work:
        texts, people = work.texts(), everybody(work.labels)
        _two(people, name)
        adjudication = Adjudication(
            work.labels,
            said={person: {row: one.label for row, one in said.items()} for person, said in people.items()},
            texts=texts,
            by=by,
            clock=clock,
            same=_same(work.spec.job),
            check=work.form.checked,
        )
        try:
            yield Adjudicating(name, work.spec.job, adjudication, work.form, work.labelled)
        finally:
            work.write(texts)


def _two(people: Mapping[str, Any], name: str) -> None:
    if len(people) < 2:
        raise UserError(
            f"{len(people)} person has labelled {name!r}; two are needed before rows can differ."
            if people
            else f"Nobody has labelled {name!r} yet.",
            hint=f"shipworthy label {name} --by SOMEBODY",
        )


def _adjudicate_classes(workspace: Workspace, name: str, *, by: str, clock: Clock) -> Iterator[Adjudicating]:
    from shipworthy.evals.labelling.adjudicating import Adjudication
    from shipworthy.evals.spec import load_feature
    from shipworthy.workbench.labels import label_feature

    spec, file = load_feature(workspace.feature_file(name))
    folder = file.path.parent
    if not (folder / "data" / "labels.csv").exists():
        _two({}, name)
    with label_feature(workspace, name, by=by, clock=clock) as work:
        people = classes_by_person(work.session.labels)
        _two(people, name)
        adjudication = Adjudication(
            folder / "labels",
            said=people,
            texts={choice.row: choice.text for choice in work.session.choices},
            by=by,
            clock=clock,
            same=_same("classify"),
            check=class_label,
        )
        yield Adjudicating(name, spec.job, adjudication, None, work.labelled)


def classes_by_person(labels: Sequence[Any]) -> dict[str, dict[int, str]]:
    """Class by row, by person."""
    people: dict[str, dict[int, str]] = {}
    for one in labels:
        people.setdefault(one.by, {})[one.row] = one.label
    return people


def class_label(label: Any, text: str) -> str:
    """A class as it is kept.

    Raises:
        DataError: it is none.
    """
    del text
    if not isinstance(label, str) or not label.strip():
        raise DataError(f"{label!r:.60} is not a label.", hint="Type the name of a class.")
    return " ".join(label.split())


def option_words(job: str, label: Any) -> str:
    """A label as a person reads it."""
    from shipworthy.evals.jobs.telling import label_words
    from shipworthy.evals.labelling.forms import label_from_plain

    return str(label) if job == "classify" else label_words(label_from_plain(job, label))
