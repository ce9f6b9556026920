"""Foreign artefacts brought in: as a folder of files, or as a feature that can be reviewed at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.canonical import sha256_of_file, short
from shipworthy.core.errors import UserError, Where, WorkspaceError
from shipworthy.core.files import new_folder, readable, write_atomic

if TYPE_CHECKING:
    from shipworthy.datasets.imports.artefact import Artefact, Leftover, Remark
    from shipworthy.datasets.imports.writing import Outputs, Written
    from shipworthy.workbench.workspace import Workspace

__all__ = ["ImportedCandidate", "ImportedFile", "NamedCount", "import_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCount:
    """Something by name, and how often it occurred."""

    name: str
    """What it is."""
    count: int
    """How often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedCandidate:
    """Answers of one candidate that were brought in."""

    name: str
    """Its name in feature.yaml."""
    title: str
    """What the foreign file calls it."""
    file: str
    """The file of its answers."""
    rows: int
    """Examples that it answered."""
    repeats: int
    """How often it answered each, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFile:
    """A foreign file, brought in."""

    form: str
    """Its format."""
    tool: str | None
    """What wrote it, as far as it says."""
    folder: str
    """Where the files are."""
    feature: str | None
    """The feature that was made."""
    examples: int
    """Examples."""
    labelled: int
    """Examples with a right answer."""
    inputs: tuple[str, ...]
    """Columns that hold what the feature is given."""
    segments: tuple[str, ...]
    """Columns to slice by."""
    candidates: tuple[ImportedCandidate, ...]
    """Whose answers there are."""
    prompts: tuple[str, ...]
    """Prompt files that were made."""
    decided: tuple[NamedCount, ...]
    """What was decided on the way, and how often."""
    not_carried_over: tuple[NamedCount, ...]
    """What the foreign file holds and no file of ours does, by its name there."""
    next: str
    """The command to type next."""


def import_file(
    file: Path,
    *,
    form: str | None = None,
    into: Path | None = None,
    workspace: Workspace | None = None,
    feature: str | None = None,
) -> ImportedFile:
    """Bring in a foreign file: examples, answers by candidate, a prediction log and prompts.

    Args:
        file: The file.
        form: Its format; told by its content when left out.
        into: A new folder to write to; ``<file>-imported`` beside the file when left out.
        workspace: Where to make the feature.
        feature: Make a feature of this name in the workspace instead of a folder.

    Raises:
        UserError: the file is of no known format, or cannot be used; or the folder or feature exists.
        EnvironmentFailure: the disk cannot be written.
    """
    from shipworthy.datasets.imports import read_artefact

    if feature is not None and into is not None:
        raise UserError("--into and --feature exclude each other.", hint="Give one of the two.")
    target = _target(file, into, workspace, feature)
    artefact = read_artefact(file, form=form)
    with new_folder(target) as folder:
        data = folder / "data" if feature else folder
        data.mkdir(exist_ok=True)
        name = feature or file.stem
        run = short(sha256_of_file(readable(file)))
        written = _written(artefact, data, folder / "prompts", feature=name, run=f"import-{run}")
        if feature is not None:
            assert workspace is not None
            (folder / "feature.yaml").write_text(_yaml(feature, file, artefact, written), encoding="utf-8")
        result = _result(artefact, written, target, feature)
        (data / "import.json").write_text(_account(file, result), encoding="utf-8")
    if workspace is not None and feature is not None:
        _write_schema(workspace)
    return result


def _target(file: Path, into: Path | None, workspace: Workspace | None, feature: str | None) -> Path:
    if feature is None:
        target = into or file.parent / f"{file.stem}-imported"
        if target.exists():
            raise UserError(
                f"{target.name!r} already exists and is never overwritten.",
                where=Where(file=target),
                hint="Name another folder with --into.",
            )
        return target
    if workspace is None:
        raise UserError("A feature is made in a workspace.", hint="Make one: shipworthy init my-work")
    target = workspace.feature_folder(feature)
    if target.exists():
        raise WorkspaceError(
            f"The feature {feature!r} exists already; nothing was changed.",
            where=Where(file=target),
            hint="Choose another name with --feature.",
        )
    return target


def _written(artefact: Artefact, data: Path, prompts: Path, *, feature: str, run: str) -> Written:
    from shipworthy.datasets.imports.writing import write_artefact

    return write_artefact(artefact, data, prompts, feature=feature, run=run)


def _write_schema(workspace: Workspace) -> None:
    from shipworthy.evals.spec import feature_schema

    write_atomic(workspace.state / "feature.schema.json", json.dumps(feature_schema(), indent=1))


def _result(artefact: Artefact, written: Written, target: Path, feature: str | None) -> ImportedFile:
    return ImportedFile(
        form=artefact.form,
        tool=artefact.tool,
        folder=str(target),
        feature=feature,
        examples=written.examples,
        labelled=written.labelled,
        inputs=written.inputs,
        segments=written.segments,
        candidates=tuple(_candidate(each) for each in written.outputs),
        prompts=written.prompts,
        decided=tuple(_counted(remark) for remark in written.remarks),
        not_carried_over=tuple(_named(left) for left in written.leftovers),
        next=_next(written, target, feature),
    )


def _candidate(outputs: Outputs) -> ImportedCandidate:
    return ImportedCandidate(
        name=outputs.name,
        title=outputs.title,
        file=outputs.file,
        rows=outputs.rows,
        repeats=outputs.repeats,
    )


def _counted(remark: Remark) -> NamedCount:
    return NamedCount(name=remark.words, count=remark.count)


def _named(left: Leftover) -> NamedCount:
    return NamedCount(name=left.name, count=left.count)


def _next(written: Written, target: Path, feature: str | None) -> str:
    if feature is not None:
        if not written.labelled:
            return f"shipworthy label {feature}"
        return f"shipworthy {'review' if written.outputs else 'feature check'} {feature}"
    if written.outputs and written.labelled:
        return f"shipworthy check {target / written.outputs[0].file} --id id --label label --output output"
    return f"shipworthy feature new NAME --data {target / 'examples.csv'}"


def _account(file: Path, result: ImportedFile) -> str:
    """What was brought in from where, as JSON."""
    from pydantic import TypeAdapter

    told: dict[str, Any] = TypeAdapter(ImportedFile).dump_python(
        result, mode="json", exclude={"folder", "next"}
    )
    source = {"file": file.name, "sha256": sha256_of_file(file)}
    return json.dumps({"source": source, **told}, ensure_ascii=False, indent=1)


def _yaml(name: str, file: Path, artefact: Artefact, written: Written) -> str:
    """``feature.yaml`` for what was brought in."""
    lines = [
        "# yaml-language-server: $schema=../../.shipworthy/feature.schema.json",
        f"# Brought in from {_comment(file.name)} ({_comment(artefact.tool or artefact.form)}).",
        "# What was decided and what could not be carried over stands in data/import.json.",
        f"name: {_scalar(name)}",
        "does: Say in one sentence what the feature does.",
        "for_whom: Say whom it is for.",
        "job: classify",
        "",
        "data:",
        *_data(written),
        "",
        *_candidates(written),
        "",
        "# What it must reach to ship, written before the review. Correct the number: only you know what",
        "# your users need.",
        "bar:",
        "  - accuracy >= 0.85",
        "",
    ]
    return "\n".join(lines)


def _data(written: Written) -> list[str]:
    if not written.labelled:
        lines = ["  # There are no labels yet: 'shipworthy label' asks about to_label and writes file."]
        lines += ["  to_label: data/examples.csv", "  file: data/labelled.csv"]
        if written.outputs:
            lines += [
                "  # The answers were given already and nothing is learnt: nearly all rows are the test.",
                "  test_share: 0.9",
            ]
    elif written.outputs:
        lines = ["  files:", "    test: data/examples.csv"]
    else:
        lines = ["  file: data/examples.csv"]
    inputs = written.inputs[0] if len(written.inputs) == 1 else list(written.inputs)
    lines += [f"  input: {_scalar(inputs)}", "  label: label", "  id: id"]
    if written.segments:
        lines.append(f"  segments: {_scalar(list(written.segments))}")
    return lines


def _candidates(written: Written) -> list[str]:
    lines = ["candidates:"]
    if not written.outputs:
        lines += ["  - name: trained", "    kind: trained"]
        for prompt in written.prompts:
            lines.append(
                f"  # - {{name: {prompt.removesuffix('.md')}, kind: model, prompt: prompts/{prompt}}}"
            )
        return lines
    for each in written.outputs:
        lines += [
            f"  - name: {_scalar(each.name)}  # {_comment(each.title)}",
            "    kind: recorded",
            f"    file: {_scalar('data/' + each.file)}",
            "    id: id",
            "    output: output",
        ]
    if len(written.outputs) > 1:
        lines += ["# The verdict is about this one. It is only the first: name the one you mean to ship."]
    return [*lines, f"candidate: {_scalar(written.outputs[0].name)}"]


def _scalar(value: Any) -> str:
    """A value as YAML on one line."""
    import yaml

    dumped = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000)
    return str(dumped).removesuffix("\n...\n").strip()


def _comment(text: str) -> str:
    """Text for one line of comment, without what YAML does not allow."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:200])
