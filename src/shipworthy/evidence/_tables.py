"""The ledger's tables, the same for SQLite and PostgreSQL.

A change here needs a migration in ``migrations/versions`` and its name at the end of REVISIONS;
a test compares the three.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, ForeignKey, Integer, MetaData, Table, Text

__all__ = ["REVISIONS", "VERSION_TABLE", "artifacts", "competencies", "metadata", "records"]

REVISIONS = ("0001",)
"""Every format this version can read, oldest first. Known here so that a start need not load Alembic."""
VERSION_TABLE = "shipworthy_revision"
"""Alembic's own table, named so that a PostgreSQL database may hold other people's tables too."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

records = Table(
    "shipworthy_record",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("at", Text, nullable=False),  # ISO 8601 in UTC: sorts, and reads back to the microsecond
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("feature", Text),
    Column("origin", Text, nullable=False),
    Column("drafted_by_tool", Boolean, nullable=False),
    Column("share_edited", Double),
    Column("reason", Text),
    Column("verified", Boolean, nullable=False),
    Column("facts", Text, nullable=False),  # canonical JSON: a JSON type may reorder what was hashed
    Column("previous", Text),
    Column("sha256", Text, nullable=False),
)

artifacts = Table(
    "shipworthy_record_artifact",
    metadata,
    Column("record", ForeignKey("shipworthy_record.position"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("path", Text, nullable=False),
)

competencies = Table(
    "shipworthy_record_competency",
    metadata,
    Column("record", ForeignKey("shipworthy_record.position"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("competency", Text, nullable=False),
)
