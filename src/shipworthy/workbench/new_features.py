"""A new feature: look at its files, propose what is what, and write a commented ``feature.yaml``."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from shipworthy.core.errors import DataError, UserError, Where, WorkspaceError, nearest
from shipworthy.core.files import new_folder, write_atomic
from shipworthy.workbench._feature_yaml import FeatureDraft, feature_yaml

if TYPE_CHECKING:
    from collections.abc import Collection

    from shipworthy.datasets.proposal import Proposal
    from shipworthy.datasets.table import Table
    from shipworthy.workbench.workspace import Workspace

__all__ = ["Job", "NewFeature", "new_feature"]

Job = Literal["classify", "answer", "extract", "summarise"]

_MOST_COPIED = 1_000_000_000  # bytes
_LIST = "files.jsonl"
_SCHEMA = "schema.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFeature:
    """A feature that was made, and why it looks as it does."""

    name: str
    """Its name."""
    file: Path
    """Its ``feature.yaml``."""
    reasons: dict[str, str]
    """Column to the reason why it was proposed for what it stands for there."""
    label: str | None
    """The label column, or the columns of its parts; None when the file has none yet."""
    rows: int
    """Rows in the file; without one, documents."""
    job: Job = "classify"
    """What is judged."""
    documents: int | None = None
    """Documents in the folder; None where the job needs none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Documents:
    """A folder of documents, and where the feature will find it."""

    written: str
    """As ``feature.yaml`` has it."""
    files: Mapping[str, Path]
    """Name to file."""
    copied: bool
    """Whether they are copied into the feature's folder."""


def new_feature(
    workspace: Workspace,
    name: str,
    *,
    data: Path | None = None,
    job: str = "classify",
    does: str | None = None,
    documents: Path | None = None,
    schema: str | None = None,
) -> NewFeature:
    """Make a feature from a file of examples, a folder of documents, or both.

    The file is copied into the feature's folder, and so are documents that lie outside the workspace. What
    each column is for is proposed from its content; every proposal stands in ``feature.yaml`` with its
    reason, to be corrected there.

    Args:
        workspace: Where it will be.
        name: Its name.
        data: Examples (one sheet of a workbook: ``book.xlsx#Sheet2``): texts, questions, or records and notes
            by the names of their documents. Without it, every document is listed, to be labelled.
        job: ``classify``, ``answer``, ``extract`` or ``summarise``.
        does: What it does, in one sentence.
        documents: Folder that questions are about, or that records or notes are made from.
        schema: What to extract: a YAML file, ``module:Class`` or the name of a bundled schema.

    Raises:
        UserError: the feature exists, the job is unknown, or a file cannot be used.
    """
    from shipworthy.evals.spec import feature_schema

    known = _job(job)
    if data is not None and data.is_dir() and known in {"extract", "summarise"} and documents is None:
        data, documents = None, data
    _check_given(known, data=data, documents=documents, schema=schema)
    folder = workspace.feature_folder(name)
    if folder.exists() and [child.name for child in folder.iterdir()] != ["papers"]:
        raise WorkspaceError(
            f"The feature {name!r} exists already; nothing was changed.",
            where=Where(file=folder),
            hint=f"shipworthy feature check {name}",
        )
    about = None if documents is None else _documents(documents, workspace, folder)
    fields = _fields(schema) if schema is not None else {}
    file, proposal, rows = _looked_at(known, data, about, fields)
    labelled = proposal.label is not None or bool(proposal.label_parts)
    text = feature_yaml(
        FeatureDraft(
            name=name,
            does=does,
            job=known,
            file=_LIST if data is None else data.name,
            documents=None if about is None else about.written,
            schema=None if schema is None else _SCHEMA if _is_file(schema) else schema,
            proposal=proposal,
            rows=rows,
        )
    )
    write_atomic(workspace.state / "feature.schema.json", json.dumps(feature_schema(), indent=1))
    _write(folder, text, file=file, about=about, schema=schema)
    return NewFeature(
        name=name,
        file=folder / "feature.yaml",
        reasons=dict(proposal.reasons),
        label=(proposal.label or ", ".join(proposal.label_parts.values())) if labelled else None,
        rows=rows,
        job=known,
        documents=None if about is None else len(about.files),
    )


def _job(job: str) -> Job:
    known: tuple[Job, ...] = get_args(Job)
    for one in known:
        if one == job:
            return one
    hint = nearest(job, known) or f"Known: {', '.join(map(repr, known))}."
    raise UserError(f"The job {job!r} is not available.", hint=hint)


def _check_given(job: Job, *, data: Path | None, documents: Path | None, schema: str | None) -> None:
    """Refuse what the job lacks or has no use for."""
    if job in {"classify", "answer"} and data is None:
        what = "questions" if job == "answer" else "texts"
        raise UserError(f"The job {job!r} needs a file of {what}.", hint=f"For instance --data {what}.csv")
    if job != "classify" and documents is None:
        raise UserError(f"The job {job!r} needs a folder of documents.", hint="--documents FOLDER")
    if job == "classify" and documents is not None:
        hint = "Leave it out, or choose --job answer, extract or summarise."
        raise UserError("The job 'classify' has no documents.", hint=hint)
    if job == "extract" and schema is None:
        from shipworthy.apps.extract import bundled_schemas

        raise UserError(
            "The job 'extract' needs a schema: what to read from each document.",
            hint=f"--schema FILE.yaml, module:Class, or a bundled one: {', '.join(bundled_schemas())}.",
        )
    if job != "extract" and schema is not None:
        raise UserError(f"The job {job!r} has no schema.", hint="Leave --schema out.")


def _documents(folder: Path, workspace: Workspace, feature: Path) -> _Documents:
    """The files of a folder; inside the workspace they are read where they are."""
    from shipworthy.retrieval.parsing.folders import files_of

    files = {name: path for name, path in files_of(folder) if isinstance(path, Path)}
    if not files:
        raise DataError(f"The folder {folder.name!r} has no files.", where=Where(file=folder))
    if folder.resolve().is_relative_to(workspace.root.resolve()):
        written = Path(os.path.relpath(folder.resolve(), feature.resolve())).as_posix()
        return _Documents(written=written, files=files, copied=False)
    size = sum(path.stat().st_size for path in files.values())
    if size > _MOST_COPIED:
        raise UserError(
            f"The folder {folder.name!r} is too large to copy ({size / 1e9:.1f} GB).",
            where=Where(file=folder),
            hint="Move it into the workspace: there it is read where it is.",
        )
    return _Documents(written="documents", files=files, copied=True)


def _is_file(schema: str) -> bool:
    return Path(schema).suffix.lower() in {".yaml", ".yml"}


def _fields(schema: str) -> dict[str, tuple[str, ...]]:
    """The fields of a record, with what else they are called in documents."""
    from shipworthy.apps.extract import load_schema

    return {name: spec.labels for name, spec in load_schema(schema).leaves()}


def _looked_at(
    job: Job, data: Path | None, about: _Documents | None, fields: Mapping[str, Collection[str]]
) -> tuple[Path | str, Proposal, int]:
    """The file (or the text of a list of documents), what is proposed for it, and its rows."""
    from shipworthy.datasets.proposal import Proposal
    from shipworthy.datasets.table import named_sheet, open_table

    if data is None:
        assert about is not None, "the job needs documents"
        lines = (json.dumps({"file": name}, ensure_ascii=False) + "\n" for name in about.files)
        reasons = {"file": "it names every document of the folder"}
        return "".join(lines), Proposal(input=("file",), reasons=reasons), len(about.files)
    with open_table(data) as table:
        proposal = _proposal(job, table, {} if about is None else about.files, fields)
        if not proposal.input:
            raise _no_input(job, data, about)
        return named_sheet(data)[0], proposal, table.n_rows


def _proposal(
    job: Job, table: Table, documents: Mapping[str, Path], fields: Mapping[str, Collection[str]]
) -> Proposal:
    from shipworthy.datasets.job_proposal import propose_for_job
    from shipworthy.datasets.proposal import propose

    if job == "classify":
        return propose(table)
    return propose_for_job(table, job=job, documents=documents.keys(), fields=fields)


def _no_input(job: Job, data: Path, about: _Documents | None) -> DataError:
    if about is None or job == "answer":
        return DataError(
            f"No column of this file holds {'questions' if job == 'answer' else 'texts'}.",
            where=Where(file=data),
            hint="A column with the "
            + ("questions to answer is needed." if job == "answer" else "messages to judge is needed."),
        )
    first = next(iter(about.files))
    return DataError(
        "No column of this file names the documents of the folder.",
        where=Where(file=data),
        hint=f"A column should hold names such as {first!r}; or leave --data out to label all of them.",
    )


def _write(
    folder: Path, text: str, *, file: Path | str, about: _Documents | None, schema: str | None
) -> None:
    """Write the feature whole; the papers of an idea may be there already."""
    if folder.exists():
        for name, content in _contents(file, about, schema):
            write_atomic(folder / name, content if isinstance(content, str) else content.read_bytes())
        write_atomic(folder / "feature.yaml", text)
        return
    with new_folder(folder) as fresh:
        for name, content in _contents(file, about, schema):
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                path.write_text(content, encoding="utf-8")
            else:
                shutil.copyfile(content, path)
        (fresh / "feature.yaml").write_text(text, encoding="utf-8")


def _contents(
    file: Path | str, about: _Documents | None, schema: str | None
) -> Iterator[tuple[str, Path | str]]:
    """Every file of the feature but ``feature.yaml``: its name, and its text or where it is copied from."""
    yield f"data/{_LIST if isinstance(file, str) else file.name}", file
    if schema is not None and _is_file(schema):
        yield _SCHEMA, Path(schema)
    if about is not None and about.copied:
        yield from ((f"{about.written}/{name}", path) for name, path in about.files.items())
