"""Records out of documents: files, a folder of them, or JSON Lines.

What was extracted is in a journal beside the result before anything else happens to it. So a run that is
killed goes on where it was when the same command is given again, and repeats nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.apps.extract.results import ExtractedRecord
from shipworthy.core.errors import SpecError, UserError, Where, nearest
from shipworthy.core.progress import Progress, silent
from shipworthy.workbench.json_lines import GivenLine, each_line
from shipworthy.workbench.runs import AS_USUAL, Asking, model_desk, repeatable, unheard

if TYPE_CHECKING:
    from shipworthy.apps.extract import Extractor, Schema
    from shipworthy.apps.extract.streaming import Stream
    from shipworthy.gateway.specs import ModelSpec
    from shipworthy.workbench.workspace import Workspace

__all__ = ["Extracted", "FieldTally", "extract_files", "extract_lines"]

_LARGEST_LINE = 20_000_000
_HINT = 'Each line should be like {"id": "7", "text": "…"}.'


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldTally:
    """How often a field came out how."""

    field: str
    """Its dotted name."""
    found: int
    """Documents with a value."""
    absent: int
    """Documents that say there is none."""
    not_found: int
    """Documents in which nothing was recognised."""
    conflict: int
    """Documents that give different values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What came out of some documents."""

    schema: str
    """Name of the schema."""
    how: str
    """The model that was asked, or ``rules``."""
    documents: int
    """Documents read."""
    resumed: int
    """Of these, read before this run was interrupted."""
    incomplete: int
    """Records in which a required field is missing."""
    conflicting: int
    """Records with a field for which the document gives different values."""
    rejected: int
    """Files that gave no record."""
    fields: tuple[FieldTally, ...]
    """Each field, in the order of the schema."""
    limits: tuple[str, ...]
    """What cannot be done without a model, in sentences."""
    dropped: int
    """Values of the model that were dropped: not verbatim in the text, or not what their quotation says."""
    cost: float | None
    """US dollars of the calls; None: no call, or a price is unknown."""
    out: str | None
    """The file of records; None: they are below."""
    spans: str | None
    """The file that says where each value stands; None where ``out`` itself does."""
    rejects: str | None
    """The file of what was rejected, and why; None where nothing was."""
    records: tuple[ExtractedRecord, ...]
    """The records, where no file was asked for."""


def extract_files(
    schema: str,
    files: Sequence[Path],
    *,
    out: Path | None = None,
    model: str | None = None,
    workspace: Workspace | None = None,
    asking: Asking = AS_USUAL,
    progress: Progress = silent,
    notice: Callable[[str], None] = unheard,
) -> Extracted:
    """Extract a record from each file.

    Args:
        schema: A YAML file, ``module:Class``, the name of a bundled schema, or a feature of ``workspace``.
        files: Files and folders; in a folder all files are read.
        out: File to write: .csv, .xlsx, .jsonl or .parquet. It appears whole or not at all.
        model: For instance ``local`` or ``openai:gpt-5-mini``; without one it works by rules.
        workspace: Where servers, features and the cache are; None outside of one.
        asking: How the model is asked; after a full budget the same command goes on.
        progress: Told about every document.
        notice: Told beforehand what leaves this machine.

    Raises:
        SpecError: the schema cannot be used.
        UserError: there is no file, the ending is unknown, or ``out`` is one of the inputs.
        EnvironmentFailure: the model cannot be asked, the budget is used up, or the disk cannot be written.
    """
    from shipworthy.apps.extract import Extractor
    from shipworthy.apps.extract.streaming import Stream, journal_of

    read, usual = _schema(schema, workspace)
    inputs = _inputs(files)
    _check_out(out, inputs)
    spec = _model(model or usual, workspace, notice)
    with journal_of(out) as journal:
        desk = None
        if spec is not None:
            desk = model_desk(workspace, asking, notice, cache=None if journal is None else journal.parent)
        extractor = Extractor(read, model=spec, desk=desk)
        with repeatable(cached=desk is not None and desk.conduct.cache is not None), extractor:
            run = Stream(extractor=extractor, journal=journal, progress=progress)
            resumed = run.all(inputs)
        how = "rules" if spec is None else spec.title
        return _finished(read, how, extractor.limits, run, out=out, resumed=resumed)


def _schema(named: str, workspace: Workspace | None) -> tuple[Schema, str | None]:
    """The schema, and the model that its feature names."""
    from shipworthy.apps.extract import bundled_schemas, load_schema

    looks_like_a_file = Path(named).suffix.lower() in {".yaml", ".yml"} or ":" in named
    features = [] if workspace is None else list(workspace.features())
    if looks_like_a_file or (named in bundled_schemas() and named not in features):
        return load_schema(named), None
    if workspace is not None and named in features:
        return _feature_schema(named, workspace)
    known = [*bundled_schemas(), *features]
    raise UserError(
        f"{named!r} is neither a schema nor a feature here.",
        hint=f"{nearest(named, known)} A schema of your own is a file that ends in .yaml, or module:Class.",
    )


def _feature_schema(name: str, workspace: Workspace) -> tuple[Schema, str | None]:
    from shipworthy.apps.extract import load_schema
    from shipworthy.evals.spec import load_feature

    path = workspace.feature_file(name)
    spec, _ = load_feature(path)
    for candidate in spec.candidates:
        settings = getattr(candidate, "settings", None)
        if candidate.kind == "app" and isinstance(settings, dict) and isinstance(settings.get("schema"), str):
            model = settings.get("model")
            return load_schema(settings["schema"], folder=path.parent), model if isinstance(
                model, str
            ) else None
    raise SpecError(
        f"The feature {name!r} has no candidate that extracts.",
        where=Where(file=path, field="candidates"),
        hint="Add one: kind: app, settings: {schema: schema.yaml}",
    )


def _model(named: str | None, workspace: Workspace | None, notice: Callable[[str], None]) -> ModelSpec | None:
    from shipworthy.gateway.specs import model_spec
    from shipworthy.workbench.models import servers

    if named is None:
        return None
    spec = model_spec(named, named_in="--model", servers=servers(workspace))
    if spec.leaves_the_machine:
        notice(f"The documents are sent to {spec.title}, which was named.")
    return spec


def _inputs(files: Sequence[Path]) -> list[tuple[str, Any]]:
    """Name and path of every file, each once; of a folder all that is in it.

    Raises:
        UserError: a name does not exist, or there is no file at all.
    """
    from shipworthy.core.files import readable
    from shipworthy.retrieval.parsing.folders import files_of

    found: dict[str, Any] = {}
    for path in files:
        if path.is_dir():
            found.update({(path / name).as_posix(): inside for name, inside in files_of(path)})
        else:
            found[path.as_posix()] = readable(path)
    if not found:
        raise UserError("There is no file to read.", hint="Name files or a folder, for instance inbox/*.pdf")
    return list(found.items())


def _check_out(out: Path | None, inputs: Sequence[tuple[str, Any]]) -> None:
    from shipworthy.apps.extract.writing import FORMATS, beside

    if out is None:
        return
    if out.suffix.lower() not in FORMATS:
        hint = f"Known: {', '.join(FORMATS)}."
        raise UserError(f"{out.name!r} has no ending that says what to write.", hint=hint)
    if out.is_dir():
        raise UserError(f"{out.name!r} is a folder.", where=Where(file=out), hint="Name a file.")
    taken = {path.resolve() for _, path in inputs if isinstance(path, Path)}
    for path in (out, beside(out, "spans"), beside(out, "rejects")):
        if path.resolve() in taken:
            message = f"{path.name!r} is one of the files to read; it would be overwritten."
            raise UserError(message, where=Where(file=path), hint="Name another file with --out.")


def _finished(
    schema: Schema, how: str, limits: tuple[str, ...], run: Stream, *, out: Path | None, resumed: int
) -> Extracted:
    from shipworthy.apps.extract.writing import write_records

    states: dict[str, Counter[str]] = {name: Counter() for name, _ in schema.leaves()}
    counts: Counter[str] = Counter()
    cost: float | None = 0.0
    for row in run.records():
        counts["documents"] += 1
        counts["incomplete"] += bool(row["missing"])
        counts["conflicting"] += bool(row["conflicts"])
        counts["dropped"] += row["dropped"]
        cost = None if cost is None or row["cost"] is None else cost + row["cost"]
        for name, tally in states.items():
            tally[row["fields"][name]["state"]] += 1
    rejected = sum(1 for _ in run.rejects())
    written = write_records(schema, run, out, rejected=rejected) if out is not None else (None, None)
    return Extracted(
        schema=schema.name,
        how=how,
        documents=counts["documents"],
        resumed=resumed,
        incomplete=counts["incomplete"],
        conflicting=counts["conflicting"],
        rejected=rejected,
        fields=tuple(
            FieldTally(
                field=name,
                found=tally["found"],
                absent=tally["absent"],
                not_found=tally["not_found"],
                conflict=tally["conflict"],
            )
            for name, tally in states.items()
        ),
        limits=limits,
        dropped=counts["dropped"],
        cost=cost,
        out=None if out is None else str(out),
        spans=written[0],
        rejects=written[1],
        records=() if out is not None else tuple(map(_record, run.rows())),
    )


def _record(row: Mapping[str, Any]) -> ExtractedRecord:
    from pydantic import TypeAdapter

    return TypeAdapter(ExtractedRecord).validate_python({key: row[key] for key in row if key != "sha256"})


def extract_lines(
    schema: str,
    lines: Iterable[str],
    *,
    model: str | None = None,
    workspace: Workspace | None = None,
    asking: Asking = AS_USUAL,
    notice: Callable[[str], None] = unheard,
) -> Iterator[ExtractedRecord]:
    """A record for each line of JSON Lines, such as ``{"id": "7", "text": "…"}``.

    A line may also be the text itself, as a JSON string. A line that cannot be used gives a record with
    ``error``; the others are extracted all the same. Empty lines are skipped.

    Raises:
        SpecError: the schema cannot be used.
        EnvironmentFailure: the model cannot be asked, or the budget is used up.
    """
    from shipworthy.apps.extract import Extractor

    read, usual = _schema(schema, workspace)
    spec = _model(model or usual, workspace, notice)
    desk = None if spec is None else model_desk(workspace, asking, notice)
    cached = desk is not None and desk.conduct.cache is not None
    with repeatable(cached=cached), Extractor(read, model=spec, desk=desk) as extractor:
        yield from each_line(
            lines,
            lambda line: _extracted_line(extractor, line),
            lambda line, error: ExtractedRecord(document=line.name, error=error),
            longest=_LARGEST_LINE,
            hint=_HINT,
        )


def _extracted_line(extractor: Extractor, line: GivenLine) -> ExtractedRecord:
    from shipworthy.apps.extract.results import extracted
    from shipworthy.core.canonical import sha256_of
    from shipworthy.retrieval.document import Document, Part

    text = line.text()
    part = Part(start=0, end=len(text), kind="paragraph", line=1)
    document = Document(name=line.name, text=text, parts=(part,), sha256=sha256_of(text))
    return extracted(document, extractor.extract([document])[0])
