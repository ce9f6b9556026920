"""A frozen dataset: the rows of a review, cleaned, split, hashed and never changed again.

On disk it is two files named by the hash of the first: a Parquet file with the rows, and a JSON
file that says where they came from, what was wrong with them and how they were split.
"""

# ruff: noqa: S608 - column names are made by us; split names are quoted
from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shipworthy.core.canonical import sha256_of_file, short
from shipworthy.core.errors import DataError, Where, nearest
from shipworthy.datasets.engine import connection, literal
from shipworthy.datasets.personal_data import PersonalData
from shipworthy.datasets.problem import Problem

__all__ = [
    "SPLITS",
    "Columns",
    "Example",
    "FrozenDataset",
    "Source",
    "open_frozen",
    "read_manifest",
    "write_manifest",
]

SPLITS = ("train", "test", "production", "unlabelled", "left_out")
"""Where a row can be. ``unlabelled``: it has no label, so that it neither trains nor tests.
``left_out``: it is in no split (no text to learn from, or no split named for it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column means what."""

    input: tuple[str, ...]
    """The text; several columns are joined by a blank line."""
    label: str | None = None
    """The right answer."""
    id: str | None = None
    """What names a row."""
    segments: tuple[str, ...] = ()
    """Columns to slice by."""
    cluster: str | None = None
    """Rows with the same value belong together (one customer, one document)."""
    time: str | None = None
    """When the row came about."""
    split: str | None = None
    """Which rows are for training and which for the test."""
    label_source: str | None = None
    """Who or what gave the label."""
    outcome: str | None = None
    """What happened afterwards (reopened, kept, refunded)."""
    annotations: tuple[str, ...] = ()
    """Labels by several people, one column each."""
    structured: bool = False
    """Whether a label is JSON of its own for each row, and not one of a few classes."""
    label_parts: Mapping[str, str] = field(default_factory=dict)
    """Part of a structured label to its column, where it does not stand in one column."""

    def named(self) -> dict[str, str]:
        """Every role with its column, for instance ``{"label": "category"}``."""
        single = {
            "label": self.label,
            "id": self.id,
            "cluster": self.cluster,
            "time": self.time,
            "split": self.split,
            "label_source": self.label_source,
            "outcome": self.outcome,
        }
        several = {"input": self.input, "segments": self.segments, "annotations": self.annotations}
        roles = {role: name for role, name in single.items() if name is not None}
        roles |= {f"label[{part}]": name for part, name in self.label_parts.items()}
        for role, names in several.items():
            roles |= {f"{role}[{place}]": name for place, name in enumerate(names)}
        return roles


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One row of a frozen dataset."""

    row: int
    """Its row number in the user's file (the header is row 1)."""
    id: str
    """What names it; unique in the dataset."""
    text: str
    """The input; may be empty."""
    label: str | None
    """The right answer, in its commonest spelling."""
    segments: Mapping[str, str | None]
    """Value by segment column."""
    cluster: str | None
    """What it belongs to."""
    at: datetime | None
    """When it came about, in UTC."""
    outcome: str | None
    """What happened afterwards."""
    label_source: str | None
    """Who or what gave the label."""
    annotations: Mapping[str, str | None]
    """Label by annotator's column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that the rows came from."""

    file: str
    """Its name."""
    sha256: str
    """Hex SHA-256 of its bytes."""
    n_rows: int
    """Rows read from it."""
    split: str | None
    """The split it was given as; None if it was to be split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenDataset:
    """Rows that never change. Get one from ``freeze`` or ``open_frozen``."""

    path: Path
    """The Parquet file, named by its hash."""
    sha256: str
    """Hex SHA-256 of the Parquet file."""
    columns: Columns
    """Which column means what."""
    splits: Mapping[str, int]
    """Rows by split; see ``SPLITS``."""
    classes: tuple[str, ...]
    """Labels that occur in train or test, sorted."""
    problems: tuple[Problem, ...]
    """What was wrong with the files, and what was done."""
    how_split: str
    """How train and test came about, in a sentence."""
    personal_data: tuple[PersonalData, ...]
    """What in these rows looks like personal data."""
    sources: tuple[Source, ...]
    """The files."""
    seed: int
    """Seed of the split."""
    key: str
    """Hash of the files, columns and options that it was made from."""
    kept: Mapping[str, str]
    """Columns of the files to columns of the Parquet file."""

    def examples(self, split: str) -> Iterator[Example]:
        """The rows of a split, in the order of the files."""
        for batch in self.batches(split, size=2_000):
            yield from batch

    def batches(self, split: str, *, size: int) -> Iterator[list[Example]]:
        """The rows of a split, ``size`` at a time, never all in memory."""
        place = {name: index for index, name in enumerate(_DERIVED)}
        segments = {name: len(_DERIVED) + index for index, name in enumerate(self.columns.segments)}
        start = len(_DERIVED) + len(segments)
        annotations = {name: start + index for index, name in enumerate(self.columns.annotations)}
        extra = [f"s{index}" for index in range(len(segments))]
        extra += [f"a{index}" for index in range(len(annotations))]
        for rows in self._stream(", ".join([*_DERIVED, *extra]), split, size):
            yield [
                Example(
                    row=row[place["row"]],
                    id=row[place["id"]],
                    text=row[place["text"]],
                    label=row[place["label"]],
                    cluster=row[place["cluster"]],
                    at=_aware(row[place["moment"]]),
                    outcome=row[place["outcome"]],
                    label_source=row[place["label_source"]],
                    segments={name: row[index] for name, index in segments.items()},
                    annotations={name: row[index] for name, index in annotations.items()},
                )
                for row in rows
            ]

    def texts(self, split: str) -> list[str]:
        """The inputs of a split."""
        return [text for rows in self._stream("text", split, 10_000) for (text,) in rows]

    def labels(self, split: str) -> list[str | None]:
        """The labels of a split (None only in production and unlabelled rows)."""
        return [label for rows in self._stream("label", split, 10_000) for (label,) in rows]

    def column(self, split: str, name: str) -> list[str | None]:
        """The values of any column of the files as they were written, in the order of ``examples``.

        Raises:
            DataError: there is no such column; the nearest name is suggested.
        """
        if name not in self.kept:
            hint = nearest(name, self.kept) or None
            raise DataError(f"The dataset {short(self.sha256)} has no column {name!r}.", hint=hint)
        return [value for rows in self._stream(self.kept[name], split, 10_000) for (value,) in rows]

    def _stream(self, selected: str, split: str, size: int) -> Iterator[list[tuple[Any, ...]]]:
        source = f"read_parquet({literal(str(self.path.resolve()))})"
        with connection(self.path.parent) as database:
            database.execute(f"SELECT {selected} FROM {source} WHERE split = {literal(split)}")
            while rows := database.fetchmany(size):
                yield rows


_DERIVED = ("row", "id", "text", "label", "cluster", "moment", "outcome", "label_source")


def _aware(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(tzinfo=UTC)


def open_frozen(folder: Path, sha256: str) -> FrozenDataset:
    """Open a dataset that was frozen before.

    Args:
        folder: Where it was frozen.
        sha256: Its hash, or the beginning of it (eight characters at least).

    Raises:
        DataError: it is not there, or its rows are not those that were frozen.
    """
    found = sorted(folder.glob(f"{sha256}*.json")) if len(sha256) >= 8 and sha256.isalnum() else []
    if len(found) != 1:
        raise DataError(
            f"There is no frozen dataset {short(sha256)!r}.",
            where=Where(file=folder),
            hint="Run the review again: it freezes the data anew.",
        )
    dataset = read_manifest(found[0])
    if not dataset.path.is_file() or sha256_of_file(dataset.path) != dataset.sha256:
        raise DataError(
            f"The rows of the frozen dataset {short(dataset.sha256)} are gone or were changed.",
            where=Where(file=dataset.path),
            hint="Restore the file, or run the review again to freeze the data anew.",
        )
    return dataset


def write_manifest(dataset: FrozenDataset) -> str:
    """The JSON text that says everything about a dataset except its rows."""
    values = asdict(dataset)
    del values["path"]
    return json.dumps({"format": 1, **values}, ensure_ascii=False, indent=1) + "\n"


def read_manifest(path: Path) -> FrozenDataset:
    """The dataset that a JSON file written by ``write_manifest`` describes."""
    values = json.loads(path.read_text(encoding="utf-8"))
    roles: dict[str, Any] = values["columns"]
    columns: dict[str, Any] = {
        role: tuple(item) if isinstance(item, list) else item for role, item in roles.items()
    }
    return FrozenDataset(
        path=path.with_suffix(".parquet"),
        sha256=values["sha256"],
        columns=Columns(**columns),
        splits=values["splits"],
        classes=tuple(values["classes"]),
        problems=tuple(Problem(**{**item, "rows": tuple(item["rows"])}) for item in values["problems"]),
        how_split=values["how_split"],
        personal_data=tuple(
            PersonalData(**{**item, "rows": tuple(item["rows"]), "names": tuple(item["names"])})
            for item in values["personal_data"]
        ),
        sources=tuple(Source(**item) for item in values["sources"]),
        seed=values["seed"],
        key=values["key"],
        kept=values["kept"],
    )
