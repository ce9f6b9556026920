"""The rows of all files in one working table, and the rules that clean them.

Each rule changes the working table and says so in a problem with row numbers. Which rows are set
aside as test is not decided here.
"""

# ruff: noqa: S608 - table and column names are made by us; values are parameters or quoted
from __future__ import annotations

from collections.abc import Mapping, Sequence

from shipworthy.core.errors import DataError, Where, nearest
from shipworthy.datasets.engine import literal
from shipworthy.datasets.frozen import Columns
from shipworthy.datasets.problem import SHOWN_ROWS, Kind, Problem, counted
from shipworthy.datasets.store import Store
from shipworthy.datasets.table import Table
from shipworthy.datasets.times import date_format
from shipworthy.datasets.values import present, spellings

__all__ = ["SPLIT_NAMES", "Worktable"]

_MOST_CLASSES = 2_000
_MOST_SEGMENT_VALUES = 10_000

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "trainset": "train",
    "fit": "train",
    "learn": "train",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
    "holdout": "test",
    "hold-out": "test",
    "held-out": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "development": "validation",
    "prod": "production",
    "production": "production",
    "live": "production",
}


_VALIDATION_ROWS = {
    "train": "They train.",
    "test": "They are the test, because no row is marked as test.",
}


def _has_text(column: str) -> str:
    return f"regexp_matches({column}, '\\S')"


def _some(names: Sequence[str], most: int = 8) -> str:
    shown = ", ".join(repr(name) for name in names[:most])
    return shown + (f" and {len(names) - most:,} more" if len(names) > most else "")


class Worktable:
    """All rows of the files in one table of the store, called ``rows``.

    Args:
        store: Where the tables are.
        tables: The files by the split they were given as (None: to be split).
        columns: Which column means what.
    """

    def __init__(self, store: Store, tables: Mapping[str | None, Table], columns: Columns) -> None:
        self.store = store
        self.tables = tables
        self.columns = columns
        self.problems: list[Problem] = [problem for table in tables.values() for problem in table.problems]
        self.files = [table.path.name for table in tables.values()]
        names = dict.fromkeys(name for table in tables.values() for name in table.columns)
        if len(columns.input) == 1:
            names.pop(columns.input[0], None)
        self.kept = {name: f"c{place}" for place, name in enumerate(names)}
        """Columns of the files to columns of the working table; a lone input is its ``text``."""
        self._check_columns()
        self._collect()

    @property
    def table(self) -> Table:
        """The first file."""
        return next(iter(self.tables.values()))

    # --- collecting ----------------------------------------------------------------------------

    def _check_columns(self) -> None:
        for role, name in self.columns.named().items():
            lacking = [split for split, table in self.tables.items() if name not in table.columns]
            if not lacking:
                continue
            table = self.tables[lacking[0]]
            unlabelled = set(lacking) == {"production"}
            needed = role.startswith("input") or (role.split("[")[0] == "label" and not unlabelled)
            if needed or len(lacking) == len(self.tables):
                raise DataError(
                    f"{table.path.name!r} has no column {name!r}, which is named as {role.split('[')[0]}.",
                    where=Where(file=table.path, field=f"data.{role.split('[')[0]}"),
                    hint=nearest(name, table.columns) or None,
                )
            for split in lacking:
                self._note_missing_column(self.tables[split], name)

    def _note_missing_column(self, table: Table, name: str) -> None:
        self.problems.append(
            Problem(
                kind="missing_column",
                file=table.path.name,
                column=name,
                words=f"The file has no column {name!r}, which another file has.",
                done="Its rows have no value there.",
            )
        )

    def _collect(self) -> None:
        several = [*(f"s{k}" for k in range(len(self.columns.segments)))]
        several += [*(f"a{k}" for k in range(len(self.columns.annotations)))]
        texts = ["split", "wanted", "id", "text", "label", "cluster", "outcome", "label_source"]
        declared = ", ".join(f"{name} VARCHAR" for name in (*texts, *several, *self.kept.values()))
        self.store.query(
            f"CREATE TABLE rows (position BIGINT, file INTEGER, row BIGINT, moment TIMESTAMP, {declared})"
        )
        for place, (split, table) in enumerate(self.tables.items()):
            self.store.query(
                f"INSERT INTO rows SELECT {place}::BIGINT << 40 | row, {place}, row, {self._time(table)}, "
                f"{', '.join(self._texts(split, table))} FROM {table.name}"
            )

    def _texts(self, split: str | None, table: Table) -> list[str]:
        roles = self.columns
        return [
            "NULL" if split is None else literal(split),
            _value(table, roles.split) if split is None else "NULL",
            _value(table, roles.id),
            _text(table, roles.input),
            _label(table, roles),
            _value(table, roles.cluster),
            _value(table, roles.outcome),
            _value(table, roles.label_source),
            *(_raw(table, name) for name in (*roles.segments, *roles.annotations)),
            *(_raw(table, name) for name in self.kept),
        ]

    def _time(self, table: Table) -> str:
        name = self.columns.time
        if name is None or name not in table.columns:
            return "NULL"
        column = table.sql(name)
        written = date_format(table.store, table.name, column)
        if written is None:
            raise DataError(
                f"Column {name!r} of {table.path.name!r} is named as time, but most cells are not dates.",
                where=Where(file=table.path, field="data.time"),
                hint="Name another column, write the dates as 2026-11-22, or leave the time out.",
            )
        if written.ambiguous:
            self.problems.append(
                Problem(
                    kind="ambiguous_dates",
                    file=table.path.name,
                    column=name,
                    words="No date shows whether the day or the month comes first.",
                    done=f"They were read as {written.name}.",
                )
            )
        return written.expression

    # --- rules ---------------------------------------------------------------------------------

    def note(self, kind: Kind, condition: str, words: str, done: str, column: str | None = None) -> None:
        """Add a problem per file about the rows that meet an SQL condition: "3 rows have" and the words."""
        found = self.store.query(
            f"SELECT file, count(*), min(row, {SHOWN_ROWS}) FROM rows WHERE {condition} "
            "GROUP BY file ORDER BY file"
        )
        for file, count, rows in found:
            self.problems.append(
                Problem(
                    kind=kind,
                    file=self.files[file],
                    column=column,
                    words=f"{counted(count, 'row has', 'rows have')} {words}",
                    done=done,
                    count=count,
                    rows=tuple(rows),
                )
            )

    def clean(self) -> None:
        """Apply the rules that do not depend on the split."""
        self._name_splits()
        self._name_rows()
        if self.columns.structured:
            self._leave_unlabelled()
        elif self.columns.label is not None:
            self._spell_labels()
        for place, name in enumerate(self.columns.segments):
            self._spell_segment(f"s{place}", name)
        if self.columns.time is not None:
            self.note(
                "missing_time",
                "moment IS NULL",
                "no date that can be read.",
                "Kept; a split by time lets them train.",
                self.columns.time,
            )

    def _name_splits(self) -> None:
        if self.columns.split is None or None not in self.tables:
            return
        found = self.store.query("SELECT DISTINCT wanted FROM rows WHERE split IS NULL")
        meant = {value: SPLIT_NAMES.get(value.casefold()) for (value,) in found if value is not None}
        known = set(filter(None, meant.values()))
        if not known:
            raise DataError(
                f"Column {self.columns.split!r} is named as split, but no value in it says train or test: "
                f"{_some(sorted(meant))}.",
                where=Where(file=self.table.path, field="data.split"),
                hint="Use the words train and test, or leave the split out: the rows are then split for you.",
            )
        validation = "train" if "test" in known else "test"
        if "validation" in known:
            self._note_validation(validation)
        for value, name in meant.items():
            if name is not None:
                target = validation if name == "validation" else name
                self.store.query("UPDATE rows SET split = ? WHERE wanted = ?", (target, value))
        self._leave_out_unnamed()
        if "train" in known and not known & {"test", "validation"}:
            self.store.query("UPDATE rows SET split = NULL WHERE split = 'train'")

    def _leave_out_unnamed(self) -> None:
        self.note(
            "missing_split",
            "split IS NULL",
            "no split that says train, test or production.",
            "Left out.",
            self.columns.split,
        )
        self.store.query("UPDATE rows SET split = 'left_out' WHERE split IS NULL")

    def _note_validation(self, target: str) -> None:
        self.problems.append(
            Problem(
                kind="split_names",
                file=self.table.path.name,
                column=self.columns.split,
                words="Some rows are marked as validation.",
                done=_VALIDATION_ROWS[target],
            )
        )

    def _name_rows(self) -> None:
        many = len(self.tables) > 1
        default = "coalesce(split, 'row') || '-' || row" if many else "row::VARCHAR"
        if self.columns.id is not None:
            self.note("missing_id", "id IS NULL", "no id.", "The row number is used.", self.columns.id)
        self.store.query(f"UPDATE rows SET id = {default} WHERE id IS NULL")
        self._part_duplicate_ids()

    def _part_duplicate_ids(self) -> None:
        repeated = (
            "SELECT position FROM rows QUALIFY row_number() OVER (PARTITION BY id ORDER BY position) > 1"
        )
        first = True
        while self.store.first(f"SELECT EXISTS ({repeated})")[0]:
            self.store.query(f"CREATE OR REPLACE TEMP TABLE repeated AS {repeated}")
            if first:
                self.note(
                    "duplicate_id",
                    "position IN (SELECT position FROM repeated)",
                    "an id that an earlier row has.",
                    "Kept; the row number was added to the id.",
                    self.columns.id,
                )
            self.store.query(
                "UPDATE rows SET id = id || ' (row ' || row || ')' FROM repeated "
                "WHERE rows.position = repeated.position"
            )
            first = False

    def _spell_labels(self) -> None:
        name = self.columns.label
        places = {"label": name, **{f"a{k}": each for k, each in enumerate(self.columns.annotations)}}
        counts = self._distinct("label")
        self._check_classes(counts)
        annotated = (value for place in places if place != "label" for value, _ in self._distinct(place))
        counts += [(value, 0) for value in annotated]  # people's labels follow the spelling of the label
        spelling = spellings(counts)
        for place, column in places.items():
            self._respell(place, spelling, "label_spelling", str(column))
        self._leave_unlabelled()

    def _leave_unlabelled(self) -> None:
        self.note(
            "missing_label",
            "label IS NULL AND split IS DISTINCT FROM 'production' AND split IS DISTINCT FROM 'left_out'",
            "no label.",
            "Left out of train and test, kept as unlabelled.",
            self.columns.label or ", ".join(self.columns.label_parts.values()),
        )
        self.store.query(
            "UPDATE rows SET split = 'unlabelled' WHERE label IS NULL "
            "AND split IS DISTINCT FROM 'production' AND split IS DISTINCT FROM 'left_out'"
        )

    def _distinct(self, column: str) -> list[tuple[str | None, int]]:
        rows = self.store.query(
            f"SELECT {column}, count(*) FROM rows GROUP BY {column} ORDER BY min(position)"
        )
        return [(value, count) for value, count in rows]

    def _check_classes(self, counts: list[tuple[str | None, int]]) -> None:
        labelled = sum(count for value, count in counts if value is not None)
        if len(counts) > _MOST_CLASSES or (len(counts) > 50 and len(counts) > 0.5 * labelled):
            raise DataError(
                f"Column {self.columns.label!r} is named as label, but has {len(counts):,} different values "
                f"in {labelled:,} rows, for example {str(counts[0][0])[:60]!r}.",
                where=Where(file=self.table.path, field="data.label"),
                hint="A label is one of a few classes: name the column that holds them.",
            )

    def _spell_segment(self, place: str, name: str) -> None:
        counts = self._distinct(place)
        if len(counts) <= _MOST_SEGMENT_VALUES:
            self._respell(place, spellings(counts), "segment_spelling", name)

    def _respell(self, place: str, spelling: Mapping[str, str | None], kind: Kind, name: str) -> None:
        changed = {raw: value for raw, value in spelling.items() if raw != value}
        self.store.query("CREATE OR REPLACE TEMP TABLE spelling (raw VARCHAR, value VARCHAR)")
        for raw, value in changed.items():
            self.store.query("INSERT INTO spelling VALUES (?, ?)", (raw, value))
        moved = sorted({f"{raw!r} to {value!r}" for raw, value in changed.items() if value is not None})
        self.note(
            kind,
            f"{place} IN (SELECT raw FROM spelling WHERE value IS NOT NULL)",
            f"a value in {name!r} that differs from another only by case or space.",
            f"Merged to the commonest spelling: {', '.join(moved[:8])}{', …' if len(moved) > 8 else ''}.",
            name,
        )
        self.store.query(f"UPDATE rows SET {place} = value FROM spelling WHERE {place} = raw")


def _raw(table: Table, name: str | None) -> str:
    return "NULL" if name is None or name not in table.columns else table.sql(name)


def _label(table: Table, roles: Columns) -> str:
    """The label as it is written, or as one JSON text of its parts; NULL where there is none."""
    if not roles.structured:
        return _raw(table, roles.label)
    if not roles.label_parts:
        return _value(table, roles.label)
    values = {part: _value(table, name) for part, name in roles.label_parts.items()}
    pairs = ", ".join(f"{literal(part)}, {value}" for part, value in values.items())
    return (
        f"CASE WHEN coalesce({', '.join(values.values())}) IS NOT NULL THEN json_object({pairs})::VARCHAR END"
    )


def _value(table: Table, name: str | None) -> str:
    column = _raw(table, name)
    return column if column == "NULL" else present(column)


def _text(table: Table, names: tuple[str, ...]) -> str:
    if not names:
        return "''"
    if len(names) == 1:
        return f"coalesce({table.sql(names[0])}, '')"
    parts = ", ".join(f"CASE WHEN {_has_text(table.sql(name))} THEN {table.sql(name)} END" for name in names)
    return f"concat_ws(chr(10) || chr(10), {parts})"
