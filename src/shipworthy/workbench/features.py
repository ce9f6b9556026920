"""Features: list them, freeze their data, and check one without running anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import DataError, SpecError, UserError, nearest
from shipworthy.core.files import readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shipworthy.core.yaml_file import YamlFile
    from shipworthy.datasets.frozen import Columns, FrozenDataset
    from shipworthy.evals.spec import DataSpec, FeatureSpec
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "CheckedFeature",
    "FeatureLine",
    "check_feature",
    "check_names",
    "columns_of",
    "freeze_feature",
    "list_features",
    "spec_schema",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFeature:
    """What a check found."""

    name: str
    """The feature."""
    rows: dict[str, int]
    """Rows per split."""
    classes: tuple[str, ...]
    """All labels."""
    problems: tuple[str, ...]
    """What was met in the data and what will be done about it."""
    personal_data: tuple[str, ...]
    """Kinds of personal data, with counts."""
    notes: tuple[str, ...]
    """What is missing from feature.yaml and would make the review say more."""
    how_split: str
    """How training and test were told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureLine:
    """A feature in one line."""

    name: str
    """Its name."""
    does: str
    """What it does."""
    last_decision: str | None
    """The newest verdict; None before the first review."""


def list_features(workspace: Workspace) -> tuple[FeatureLine, ...]:
    """All features of a workspace, by name.

    Raises:
        SpecError: one of them has a ``feature.yaml`` that cannot be used.
    """
    from shipworthy.evals.spec import load_feature
    from shipworthy.workbench.reviews import list_reviews

    found = []
    for name in workspace.features():
        spec, _ = load_feature(workspace.feature_file(name))
        reviews = list_reviews(workspace, name)
        last = reviews[-1].line.decision if reviews else None
        found.append(FeatureLine(name=name, does=spec.does, last_decision=last))
    return tuple(found)


def spec_schema() -> dict[str, Any]:
    """The JSON Schema of ``feature.yaml``."""
    from shipworthy.evals.spec import feature_schema

    return feature_schema()


def columns_of(data: DataSpec, *, structured: bool = False) -> Columns:
    """The columns that ``feature.yaml`` names, for the datasets room.

    Args:
        data: What feature.yaml says about the data.
        structured: Whether labels are no classes (every job but ``classify``).
    """
    from shipworthy.datasets.frozen import Columns

    return Columns(
        input=data.inputs,
        label=data.label if isinstance(data.label, str) else None,
        label_parts={} if isinstance(data.label, str) else data.label,
        structured=structured,
        id=data.id,
        segments=data.all_segments,
        cluster=data.cluster,
        time=data.time,
        split=data.split,
        label_source=data.label_source_column,
        outcome=data.outcome.column if data.outcome else None,
        annotations=tuple(data.annotations),
    )


def freeze_feature(workspace: Workspace, spec: FeatureSpec, file: YamlFile) -> FrozenDataset:
    """The frozen dataset of a feature; the same files give the same dataset.

    Raises:
        DataError: a file or a column is missing or cannot be used.
    """
    from shipworthy.datasets.freezing import freeze

    folder, data = file.path.parent, spec.data
    sources = _sources(folder, data, file)
    try:
        return freeze(
            sources,
            columns_of(data, structured=spec.job != "classify"),
            folder=workspace.frozen,
            seed=data.seed,
            test_share=data.test_share,
            by=data.split_by,
            documents=None if data.documents is None else folder / data.documents,
        )
    except DataError as error:
        raise _placed(error, file) from None


def _sources(folder: Path, data: DataSpec, file: YamlFile) -> dict[str, Path] | Path:
    if data.file is not None:
        return _data_file(folder, data.file, file, ("data", "file"), to_label=data.to_label is not None)
    files = data.files
    assert files is not None
    named = {"train": files.train, "test": files.test, "production": files.production}
    return {
        split: _data_file(folder, name, file, ("data", "files", split))
        for split, name in named.items()
        if name is not None
    }


def _data_file(
    folder: Path, name: str, file: YamlFile, location: tuple[str, ...], *, to_label: bool = False
) -> Path:
    from shipworthy.datasets.table import named_sheet

    path = folder / name
    try:
        readable(named_sheet(path)[0])
    except UserError as error:
        hint = f"shipworthy label {folder.name}" if to_label else error.hint
        raise SpecError(error.message, where=file.where(location), hint=hint) from None
    return path


def _placed(error: DataError, file: YamlFile) -> DataError:
    """An error about a column, with the line of feature.yaml that names it."""
    field = error.where.field if error.where else None
    if error.where is None or error.where.file is not None or field is None:
        return error
    return DataError(error.message, where=file.where(tuple(field.split("."))), hint=error.hint)


def check_feature(workspace: Workspace, name: str) -> CheckedFeature:
    """Validate a feature and its data without running a candidate.

    Raises:
        UserError: what is wrong, where, and what to do.
    """
    from shipworthy.evals.spec import load_feature

    spec, file = load_feature(workspace.feature_file(name))
    dataset = freeze_feature(workspace, spec, file)
    check_names(spec, dataset, file)
    _check_models(workspace, spec, dataset)
    notes = _missing(spec)
    if spec.job != "classify":
        from shipworthy.evals.jobs.crew import job_notes
        from shipworthy.evals.reviewing import labelled
        from shipworthy.workbench.apps import APPS
        from shipworthy.workbench.settings import workspace_settings

        rows = [*labelled(dataset, "train"), *labelled(dataset, "test")]
        servers = workspace_settings(workspace).servers
        notes += job_notes(spec, file.path.parent, rows, APPS, servers=servers)
    return CheckedFeature(
        name=spec.name,
        rows=dict(dataset.splits),
        classes=dataset.classes,
        problems=tuple(str(problem) for problem in dataset.problems),
        personal_data=tuple(str(item) for item in dataset.personal_data),
        notes=tuple(notes),
        how_split=dataset.how_split,
    )


def _check_models(workspace: Workspace, spec: FeatureSpec, dataset: FrozenDataset) -> None:
    """Read the prompts and the models' names; nothing is sent.

    Raises:
        UserError: a prompt or a name that cannot be used.
    """
    from shipworthy.evals.spec import ModelSpec, ServiceSpec

    asked = [one for one in spec.candidates if isinstance(one, ModelSpec | ServiceSpec)]
    if not asked:
        return
    from shipworthy.evals.candidates.model import ModelCandidate
    from shipworthy.workbench.settings import workspace_settings

    settings = workspace_settings(workspace)
    folder = workspace.feature_folder(spec.name)
    for one in asked:
        built = ModelCandidate(one, folder=folder, servers=settings.servers, usual=settings.model)
        built.prompt.check_labels(dataset.classes)


def check_names(spec: FeatureSpec, dataset: FrozenDataset, file: YamlFile | None = None) -> None:
    """Refuse settings about a class, segment, candidate or bar that is not there, before anything runs.

    Raises:
        SpecError: with the line of ``file`` and the nearest name that exists.
    """
    _check_segments(spec, file)
    in_brackets, labels, baselines = _names(spec, dataset)
    for position, bar in enumerate(spec.bars):
        try:
            bar.check_names(
                classes=in_brackets,
                segments=spec.data.all_segments,
                candidates=[*(candidate.name for candidate in spec.candidates), *baselines],
            )
        except SpecError as error:
            where = file.where(("bar", position)) if file else None
            raise SpecError(error.message, where=where, hint=error.hint) from None
    _check_harms(spec, file)
    for location, label in _labels_named(spec):
        if label not in labels:
            where = file.where(location) if file else None
            hint = nearest(label, labels)
            raise SpecError(f"{label!r} is not a label of the data.", where=where, hint=hint)


def _names(
    spec: FeatureSpec, dataset: FrozenDataset
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, str]]:
    """What may stand in square brackets, what a row can be taken for, and the baselines."""
    if spec.job == "classify":
        return dataset.classes, dataset.classes, ("majority", "keyword")
    from shipworthy.evals.jobs.crew import read_labels
    from shipworthy.evals.jobs.job import OUTCOMES, job_form
    from shipworthy.evals.reviewing import labelled

    form = job_form(spec.job)
    labels = read_labels(form, [*labelled(dataset, "train"), *labelled(dataset, "test")])
    return form.parts(labels.values()), OUTCOMES, ("nothing", "rules")


def _check_segments(spec: FeatureSpec, file: YamlFile | None) -> None:
    """Refuse the label as a segment."""
    data = spec.data
    named: list[tuple[tuple[str | int, ...], str]] = [
        *((("data", "segments", i), name) for i, name in enumerate(data.segments)),
        *((("data", "protected", i, "segment"), item.segment) for i, item in enumerate(data.protected)),
    ]
    for location, name in named:
        if name in ([data.label] if isinstance(data.label, str) else data.label.values()):
            raise SpecError(
                f"{name!r} is the label, so it cannot be a segment.",
                where=file.where(location) if file else None,
                hint="Each label has a row of its own in the report; a segment is something else "
                "that is known of a row, such as the plan or the channel.",
            )


def _check_harms(spec: FeatureSpec, file: YamlFile | None) -> None:
    """Refuse a harm that is said to be measured by a bar that is not written."""
    bars = [bar.text for bar in spec.bars]
    for i, harm in enumerate(spec.harms):
        if harm.measured_by is not None and harm.measured_by not in bars:
            raise SpecError(
                f"The harm is measured by {harm.measured_by!r}, which is not among the bars.",
                where=file.where(("harms", i, "measured_by")) if file else None,
                hint=nearest(harm.measured_by, bars) or "Write that condition under 'bar' too.",
            )


def _labels_named(spec: FeatureSpec) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every label that feature.yaml names outside its bars, and where."""
    for i, protected in enumerate(spec.data.protected):
        if protected.label is not None:
            yield ("data", "protected", i, "label"), protected.label
    for i, pair in enumerate(spec.costs.pairs if spec.costs else ()):
        yield ("costs", "pairs", i, "label"), pair.label
        if pair.predicted is not None:
            yield ("costs", "pairs", i, "predicted"), pair.predicted
    for i, candidate in enumerate(spec.candidates):
        if candidate.kind == "keyword":
            for label in candidate.words or ():
                yield ("candidates", i, "words", label), label


def _missing(spec: FeatureSpec) -> list[str]:
    """What feature.yaml leaves open, as sentences."""
    open_points = {
        "bar": "no bar is written, so the review cannot give a verdict",
        "value": "no value is given, so there is no net value a month",
        "costs": "no costs are given, so all mistakes count the same",
        "fallback": "no fallback is given, so the feature can only ship if every bar is met on all rows",
        "harms": "no harms are named",
    }
    notes = [f"{words} ({name})" for name, words in open_points.items() if not getattr(spec, name)]
    if not spec.data.protected:
        notes.append("no protected segment is named (data.protected)")
    return notes
