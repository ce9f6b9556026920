"""The ledger's rows: read, append, and tables brought up to date.

This module knows nothing about hashes; it keeps what it is given, in order.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Table, insert, inspect, select, table
from sqlalchemy import column as named_column

from shipworthy.core.canonical import canonical_json
from shipworthy.core.errors import UserError
from shipworthy.evidence._engine import Database
from shipworthy.evidence._tables import REVISIONS, VERSION_TABLE, artifacts, competencies, records
from shipworthy.evidence.record import Artifact, Record, content_sha256

__all__ = ["Store", "StoredRow"]

_ALEMBIC = Lock()  # Alembic keeps the migration under way in module globals: one at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """One record as the database holds it, which need not be as it was written."""

    columns: RowMapping
    """The columns of its main row."""
    artifacts: tuple[Artifact, ...]
    """Its artifacts, in order."""
    competencies: tuple[str, ...]
    """Its competencies, in order."""

    @property
    def id(self) -> str:
        """The record's id."""
        return str(self.columns["id"])

    @property
    def previous(self) -> str | None:
        """The hash it says the record before it has."""
        previous: str | None = self.columns["previous"]
        return previous

    @property
    def sha256(self) -> str:
        """The hash it says it has."""
        return str(self.columns["sha256"])

    def record(self) -> Record:
        """The record.

        Raises:
            UserError: somebody wrote something into the database that is no record.
        """
        record = self.record_or_none()
        if record is None:
            raise UserError(
                f"The ledger's record {self.id!r} was changed and cannot be read any more.",
                hint="Restore the ledger from a backup.",
            )
        return record

    def record_or_none(self) -> Record | None:
        """The record, or None where what is stored is no record."""
        fields: dict[str, Any] = {name: self.columns[name] for name in self.columns if name != "position"}
        try:
            fields["at"] = datetime.fromisoformat(fields["at"])
            fields["facts"] = dict(json.loads(fields["facts"]))
            if fields["share_edited"] is not None:
                fields["share_edited"] = float(fields["share_edited"])
            record = Record(artifacts=self.artifacts, competencies=self.competencies, **fields)
            content_sha256(record)
        except (TypeError, ValueError):
            return None
        return record


class Store:
    """Every record in order, in one database."""

    def __init__(self, location: str | Path, *, patience: float) -> None:
        self._database = Database(location, patience=patience)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def prepare(self) -> None:
        """Create the tables or bring them up to date; loads Alembic only if there is something to do."""
        with self._database.reading() as connection:
            current = self._is_current(connection)
        if current:
            return
        self._database.use_write_ahead_log()
        with self._database.writing() as connection:
            if not self._is_current(connection):
                _upgrade(connection)

    def _is_current(self, connection: Connection) -> bool:
        tables = inspect(connection)
        if not tables.has_table(VERSION_TABLE):
            if self._database.is_file and tables.get_table_names():
                raise UserError(
                    "This database belongs to another program; it is not a ledger.",
                    where=self._database.where,
                    hint="Name another file for the ledger.",
                )
            return False
        stored = connection.scalar(select(table(VERSION_TABLE, named_column("version_num"))))
        if stored not in REVISIONS:
            raise UserError(
                f"The ledger was made by a newer Shipworthy: its format is {stored!r},"
                f" and this version knows formats up to {REVISIONS[-1]!r}.",
                where=self._database.where,
                hint="pip install --upgrade shipworthy",
            )
        return bool(stored == REVISIONS[-1])

    def append(self, after: Callable[[str | None], Record]) -> Record:
        """Add the record that ``after`` makes of the last record's hash, and return it."""
        with self._database.writing() as connection:
            newest = select(records.c.position, records.c.sha256).order_by(records.c.position.desc()).limit(1)
            last = connection.execute(newest).one_or_none()
            record = after(last.sha256 if last else None)
            _insert(connection, (last.position if last else 0) + 1, record)
        return record

    def ids(self) -> tuple[str, ...]:
        """The id of every record, oldest first."""
        with self._database.reading() as connection:
            return tuple(connection.scalars(select(records.c.id).order_by(records.c.position)))

    def rows(self, *, competency: str | None = None, **columns: str | None) -> tuple[StoredRow, ...]:
        """The records whose columns equal those given (None: any), oldest first."""
        wanted = [records.c[name] == value for name, value in columns.items() if value is not None]
        if competency is not None:
            shown = select(competencies.c.record).where(competencies.c.competency == competency)
            wanted.append(records.c.position.in_(shown))
        positions = select(records.c.position).where(*wanted)
        with self._database.reading() as connection:
            main = connection.execute(select(records).where(*wanted).order_by(records.c.position)).mappings()
            files = _by_record(connection, artifacts, positions)
            shows = _by_record(connection, competencies, positions)
            return tuple(
                StoredRow(
                    columns=row,
                    artifacts=tuple(
                        Artifact(name=file["name"], sha256=file["sha256"], path=file["path"])
                        for file in files[row["position"]]
                    ),
                    competencies=tuple(show["competency"] for show in shows[row["position"]]),
                )
                for row in main
            )


def _insert(connection: Connection, position: int, record: Record) -> None:
    row = asdict(record) | {
        "position": position,
        "at": record.at.isoformat(timespec="microseconds"),
        "facts": canonical_json(dict(record.facts)),
    }
    files, shows = row.pop("artifacts"), row.pop("competencies")
    connection.execute(insert(records), row)
    if files:
        numbered = [{"record": position, "place": place, **file} for place, file in enumerate(files)]
        connection.execute(insert(artifacts), numbered)
    if shows:
        numbered = [
            {"record": position, "place": place, "competency": name} for place, name in enumerate(shows)
        ]
        connection.execute(insert(competencies), numbered)


def _by_record(connection: Connection, part: Table, positions: Select[int]) -> dict[int, list[RowMapping]]:
    """The rows of ``part`` that belong to the records at ``positions``, in order."""
    found: dict[int, list[RowMapping]] = defaultdict(list)
    query = select(part).where(part.c.record.in_(positions)).order_by(part.c.record, part.c.place)
    for row in connection.execute(query).mappings():
        found[row["record"]].append(row)
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "shipworthy.evidence:migrations")
    config.attributes["connection"] = connection
    with _ALEMBIC:
        command.upgrade(config, "head")
