"""Freeze files of rows into a dataset: clean, split, hash, write.

Freezing the same files with the same choices again finds what was made before.
"""

# ruff: noqa: S608 - table and column names are made by us; paths are quoted
from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from shipworthy.core.canonical import sha256_of, sha256_of_file
from shipworthy.core.errors import DataError, UserError, Where, nearest
from shipworthy.core.files import new_file, readable, write_atomic
from shipworthy.datasets.cleaning import Worktable
from shipworthy.datasets.engine import literal
from shipworthy.datasets.frozen import SPLITS, Columns, FrozenDataset, Source, read_manifest, write_manifest
from shipworthy.datasets.personal_data import PersonalData, find_personal_data
from shipworthy.datasets.problem import Problem, counted
from shipworthy.datasets.store import Store
from shipworthy.datasets.table import Table, named_sheet, open_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["MEASURABLE", "By", "freeze"]

By = Literal["time", "cluster", "random"]
"""What decides which rows are set aside as test."""

MEASURABLE = 10
"""A class with fewer test rows than this is too small to measure."""

_RULES = 1  # part of every key: raise it when the rules of cleaning or splitting change
_NEAR_COPIES_UP_TO = 200_000


def freeze(
    files: Mapping[str, Path] | Path,
    columns: Columns,
    *,
    folder: Path,
    seed: int,
    test_share: float = 0.3,
    by: By | None = None,
    documents: Path | None = None,
) -> FrozenDataset:
    """Clean the rows, split them if they are not split, and write them once and for all.

    Args:
        files: One file, or files by split: ``train``, ``test`` and ``production``; a sheet of a
            workbook is named as in ``book.xlsx#Sheet2``. A file whose
            split column says train and test is taken at its word; otherwise, and where there
            is ``train`` without ``test``, rows are set aside as test.
        columns: Which column means what.
        folder: Where frozen datasets are kept.
        seed: Seed of the split.
        test_share: Share of the labelled rows to set aside.
        by: ``time``: the latest rows are the test; ``cluster``: rows that belong together stay on
            one side; ``random``: rows one by one. By default time if there is a time column, else
            cluster if there is one. Rows that repeat each other's text stay on one side always.
        documents: Folder of files that the rows are about; the dataset's hash covers their contents.

    Raises:
        DataError: a file or a column cannot be used, there is only one class, or no test rows.
    """
    if not 0 < test_share < 1:
        raise UserError(f"The share of test rows must be between 0 and 1, not {test_share!r}.")
    given = _given(files)
    about = None if documents is None else _documents(documents)
    key = _key(given, columns, seed, test_share, by, *([] if about is None else [about.sha256]))
    if (found := _found(folder, key)) is not None:
        return found
    with closing(Store(readable=[named_sheet(path)[0] for path in given.values()])) as store:
        tables = {split: open_table(path, store=store) for split, path in given.items()}
        work = Worktable(store, tables, columns)
        work.clean()
        how_split = _split(work, seed=seed, test_share=test_share, by=by)
        _note_picked(work)
        classes = _check(work)
        rows = _write(work, folder, about)
        dataset = FrozenDataset(
            path=rows,
            sha256=rows.stem,
            columns=columns,
            splits=_sizes(work),
            classes=classes,
            problems=tuple(work.problems),
            how_split=how_split,
            personal_data=_personal_data(tables, columns),
            sources=(
                *(_source(split, given[split], table) for split, table in tables.items()),
                *([] if about is None else [about]),
            ),
            seed=seed,
            key=key,
            kept=work.kept,
        )
    write_atomic(rows.with_suffix(".json"), write_manifest(dataset))
    return dataset


def _documents(folder: Path) -> Source:
    """A folder's files as one source: its hash covers every name and content. Hidden files are not meant."""
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder.name!r}.", where=Where(field="data.documents"))
    found = []
    for place, inside, names in os.walk(folder):
        inside[:] = sorted(name for name in inside if not name.startswith("."))
        found += [Path(place) / name for name in sorted(names) if not name.startswith(".")]
    hashes = [[path.relative_to(folder).as_posix(), sha256_of_file(readable(path))] for path in found]
    if not hashes:
        raise DataError(f"The folder {folder.name!r} is empty.", where=Where(field="data.documents"))
    return Source(file=f"{folder.name}/", sha256=sha256_of(hashes), n_rows=len(hashes), split=None)


def _given(files: Mapping[str, Path] | Path) -> dict[str | None, Path]:
    if isinstance(files, Path):
        return {None: _there(files)}
    known = ("train", "test", "production")
    for split in files:
        if split not in known:
            raise UserError(f"There is no split {split!r}.", hint=nearest(split, known))
    if not files.keys() & {"train", "test"}:
        hint = "Name a file for 'test', or one for 'train' to be split."
        raise UserError("There is no file to test on.", hint=hint)
    lone = "test" not in files
    return {
        None if lone and split == "train" else split: _there(Path(files[split]))
        for split in known
        if split in files
    }


def _there(path: Path) -> Path:
    readable(named_sheet(path)[0])
    return path


def _key(given: Mapping[str | None, Path], columns: Columns, *choices: Any) -> str:
    from dataclasses import asdict

    files = [[split, path.name, sha256_of_file(named_sheet(path)[0])] for split, path in given.items()]
    return sha256_of([_RULES, files, asdict(columns), list(choices)])


def _found(folder: Path, key: str) -> FrozenDataset | None:
    for manifest in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        try:
            dataset = read_manifest(manifest)
        except (ValueError, KeyError, TypeError):
            continue  # a file of somebody else's
        if dataset.key == key and dataset.path.is_file() and sha256_of_file(dataset.path) == dataset.sha256:
            return dataset
    return None


# --- splitting ---------------------------------------------------------------------------------


def _split(work: Worktable, *, seed: int, test_share: float, by: By | None) -> str:
    """Give every row a split; returns how, in a sentence."""
    free = work.store.first("SELECT count(*) FROM rows WHERE split IS NULL")[0]
    if None not in work.tables:
        how = "The files say which rows are for training and which for the test."
    elif not free:
        how = f"Column {work.columns.split!r} says which rows are for training and which for the test."
    else:
        how = _set_aside(work, _by(work, by), free, seed=seed, test_share=test_share)
    empty = "NOT regexp_matches(text, '\\S')"
    work.note(
        "empty_text",
        empty,
        "no text.",
        "Kept in the test, because people send such messages too; not used for training.",
        ", ".join(work.columns.input),
    )
    work.store.query(f"UPDATE rows SET split = 'left_out' WHERE split = 'train' AND {empty}")
    return how


def _by(work: Worktable, by: By | None) -> By:
    if by in {"time", "cluster"} and getattr(work.columns, by) is None:
        where = Where(field=f"data.{by}")
        raise UserError(f"A split by {by} needs a {by} column.", where=where, hint=f"Name the {by} column.")
    if by is not None:
        return by
    if work.columns.time is not None:
        return "time"
    return "cluster" if work.columns.cluster is not None else "random"


def _set_aside(work: Worktable, by: By, free: int, *, seed: int, test_share: float) -> str:
    import numpy as np

    from shipworthy.datasets.split import joined_groups, split_by_group, split_by_time

    rows = _arrays(work)
    copies, copied = _copies(work, free)
    if by == "time":
        dated = rows["moment"] >= 0
        test = np.zeros(free, dtype=bool)
        if dated.any():
            groups = joined_groups(copies[dated])
            test[dated] = split_by_time(rows["moment"][dated], groups, test_share=test_share)
    else:
        groups = joined_groups(copies, rows["cluster"]) if by == "cluster" else joined_groups(copies)
        test = split_by_group(rows["class"], groups, test_share=test_share, seed=seed)
    work.store.query("CREATE TEMP TABLE chosen (position BIGINT)")
    work.store.insert("chosen", {"position": rows["position"][test]})
    work.store.query("UPDATE rows SET split = 'test' FROM chosen WHERE rows.position = chosen.position")
    work.store.query("UPDATE rows SET split = 'train' WHERE split IS NULL")
    chosen = int(test.sum())
    _note_uneven(work, chosen, free, test_share)
    return _how(work, by, chosen, free, copied, seed)


def _arrays(work: Worktable) -> dict[str, NDArray[np.int64]]:
    work.store.query(
        "CREATE TEMP TABLE classes AS SELECT label, row_number() OVER (ORDER BY label) AS number "
        f"FROM (SELECT DISTINCT label FROM rows WHERE label IS NOT NULL AND {not work.columns.structured})"
    )
    return work.store.arrays(
        "SELECT position, coalesce(number, 0)::BIGINT AS class, "
        "CASE WHEN cluster IS NULL THEN -1 ELSE (hash(cluster) >> 2)::BIGINT END AS cluster, "
        "coalesce(epoch_us(moment), -1) AS moment "
        "FROM rows LEFT JOIN classes USING (label) WHERE split IS NULL ORDER BY position"
    )


def _copies(work: Worktable, free: int) -> tuple[NDArray[np.int64], str]:
    """Group of repeated texts per row to split, and in words what counts as repeated."""
    if free <= _NEAR_COPIES_UP_TO:
        import numpy as np

        from shipworthy.datasets.duplicates import duplicate_groups

        rows = work.store.query("SELECT text FROM rows WHERE split IS NULL ORDER BY position")
        groups = np.array(duplicate_groups([text for (text,) in rows]), dtype=np.int64)
        return groups, "copies of a text, lightly edited ones too,"
    found = work.store.arrays(
        "SELECT CASE WHEN regexp_matches(text, '(\\S+\\s+){3}\\S') THEN "
        "(hash(regexp_replace(lower(strip_accents(text)), '[^\\p{L}\\p{N}]+', '', 'g')) >> 2)::BIGINT "
        "ELSE -1 END AS copy FROM rows WHERE split IS NULL ORDER BY position"
    )
    return found["copy"], "copies of a text (not edited ones: there are too many rows to compare)"


def _how(work: Worktable, by: By, chosen: int, free: int, copied: str, seed: int) -> str:
    start = f"The file has no split: {chosen:,} of {free:,} rows ({chosen / free:.0%}) were set aside as test"
    classes = work.columns.label is not None and not work.columns.structured
    labelled = ", each class in proportion" if classes else ""
    if by == "time":
        return f"{start}, the latest by {work.columns.time!r}; {copied} that also occur earlier train only."
    if by == "cluster":
        return (
            f"{start} at random (seed {seed}){labelled}; rows of one {work.columns.cluster!r} and {copied} "
            "are on one side."
        )
    return f"{start} at random (seed {seed}){labelled}; {copied} are on one side."


def _note_uneven(work: Worktable, chosen: int, free: int, test_share: float) -> None:
    if chosen and abs(chosen / free - test_share) > max(0.05, 1 / free):
        work.problems.append(
            Problem(
                kind="uneven_split",
                file=work.table.path.name,
                words=f"The test has {chosen / free:.0%} of the rows instead of {test_share:.0%}.",
                done="Rows that belong together could not be divided more evenly.",
            )
        )


def _note_picked(work: Worktable) -> None:
    """Say so where ``shipworthy label`` picked test rows by what they are, and others have no label."""
    why = work.kept.get("chosen")
    unlabelled = work.store.first("SELECT count(*) FROM rows WHERE split = 'unlabelled'")[0]
    if why is None or "label_source" not in work.kept or not unlabelled:
        return
    work.note(
        "picked_label",
        f"split = 'test' AND {why} = 'spread'",
        "a label because rare kinds of text and segments were to be seen, not because the lot fell on it.",
        "Kept in the test, so shares over all its rows lean towards what is rare. With 'chosen' among the "
        "segments, the report shows the rows drawn by lot ('random') by themselves.",
        "chosen",
    )


# --- checking and writing ----------------------------------------------------------------------


def _check(work: Worktable) -> tuple[str, ...]:
    """The classes; refuses a dataset on which nothing can be measured."""
    test = work.tables.get("test", work.table)
    where = Where(file=test.path)
    files = [repr(table.path.name) for split, table in work.tables.items() if split != "production"]
    if work.columns.label is None or work.columns.structured:
        counts: dict[str, dict[str, int]] = {}
    else:
        counts = _class_counts(work)
        if not counts:
            raise DataError(
                f"No row of {' or '.join(files)} has a label in column {work.columns.label!r}.",
                where=where,
                hint="Label a hundred rows first: shipworthy label",
            )
    if not work.store.first("SELECT count(*) FROM rows WHERE split = 'test'")[0]:
        raise _no_test_rows(work, test)
    if len(counts) == 1:
        raise DataError(
            f"All rows of {' and '.join(files)} have the same label {next(iter(counts))!r}.",
            where=where,
            hint="At least two classes are needed: check that the right column is named as label.",
        )
    _note_classes(work, counts)
    return tuple(sorted(counts))


def _no_test_rows(work: Worktable, test: Table) -> DataError:
    if "test" not in work.tables:
        hint = "Give more rows, or split by something else: all rows may belong together or have one date."
        return DataError(
            f"There are no test rows in {test.path.name!r}.", where=Where(file=test.path), hint=hint
        )
    return DataError(
        f"No row of {test.path.name!r} has a label in column {work.columns.label!r}, "
        "so there are no test rows.",
        where=Where(file=test.path),
        hint="Label a hundred of them first, or give one labelled file to be split.",
    )


def _class_counts(work: Worktable) -> dict[str, dict[str, int]]:
    found = work.store.query(
        "SELECT label, split, count(*) FROM rows WHERE split IN ('train', 'test') GROUP BY ALL ORDER BY label"
    )
    counts: dict[str, dict[str, int]] = {}
    for label, split, count in found:
        if label is not None:
            counts.setdefault(label, {"train": 0, "test": 0})[split] = count
    return counts


def _note_classes(work: Worktable, counts: Mapping[str, Mapping[str, int]]) -> None:
    small = sorted((count["test"], label) for label, count in counts.items() if count["test"] < MEASURABLE)
    if small:
        names = ", ".join(f"{label!r} ({count})" for count, label in small[:10])
        names += ", …" if len(small) > 10 else ""
        classes = counted(len(small), "class has", "classes have")
        work.problems.append(
            Problem(
                kind="small_class",
                column=work.columns.label,
                words=f"{classes} fewer than {MEASURABLE} test rows: {names}.",
                done="Kept; nothing can be said about such a class alone.",
                count=len(small),
            )
        )
    unseen = [label for label, count in counts.items() if not count["train"]]
    if unseen and any(count["train"] for count in counts.values()):
        work.store.query("CREATE TEMP TABLE unseen AS SELECT unnest(?::VARCHAR[]) AS label", [unseen])
        work.note(
            "unseen_label",
            "split = 'test' AND label IN (SELECT label FROM unseen)",
            f"a label that no training row has: {', '.join(map(repr, unseen[:10]))}.",
            "Kept in the test: a trained candidate cannot get them right.",
            work.columns.label,
        )


def _sizes(work: Worktable) -> dict[str, int]:
    found = dict(work.store.query("SELECT split, count(*) FROM rows GROUP BY split"))
    return {split: found[split] for split in SPLITS if split in found}


def _personal_data(tables: Mapping[str | None, Table], columns: Columns) -> tuple[PersonalData, ...]:
    roles = columns.named().items()
    names = dict.fromkeys(name for role, name in roles if role not in {"label", "time", "split"})
    found = [
        entry
        for table in tables.values()
        for entry in find_personal_data(table, [name for name in names if name in table.columns])
    ]
    return tuple(sorted(found, key=lambda entry: -entry.count))


def _source(split: str | None, path: Path, table: Table) -> Source:
    return Source(file=path.name, sha256=table.sha256, n_rows=table.n_rows, split=split)


def _write(work: Worktable, folder: Path, about: Source | None) -> Path:
    """Write the rows to a file named by its hash; the same rows give the same bytes."""
    segments = [f"s{place}" for place in range(len(work.columns.segments))]
    annotations = [f"a{place}" for place in range(len(work.columns.annotations))]
    derived = ["row", "split", "id", "text", "label", "cluster", "moment", "outcome", "label_source"]
    documents = [] if about is None else [f"{literal(about.sha256)} AS documents"]
    selected = ", ".join([*derived, *segments, *annotations, *work.kept.values(), *documents])
    made = work.store.folder / "rows.parquet"
    work.store.query(
        f"COPY (SELECT {selected} FROM rows) TO {literal(str(made))} "
        "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000)"
    )
    path = folder / f"{sha256_of_file(made)}.parquet"
    if not path.exists():
        with new_file(path) as temporary:
            shutil.copyfile(made, temporary)
    return path
