"""Records, their artifacts and their competencies."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        "shipworthy_record",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("feature", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("drafted_by_tool", sa.Boolean(), nullable=False),
        sa.Column("share_edited", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_shipworthy_record"),
        sa.UniqueConstraint("id", name="uq_shipworthy_record_id"),
    )
    op.create_table(
        "shipworthy_record_artifact",
        *_key("shipworthy_record_artifact"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
    )
    op.create_table(
        "shipworthy_record_competency",
        *_key("shipworthy_record_competency"),
        sa.Column("competency", sa.Text(), nullable=False),
    )


def _key(table: str) -> tuple[sa.Column[int] | sa.Constraint, ...]:
    return (
        sa.Column("record", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["record"], ["shipworthy_record.position"], name=f"fk_{table}_record"),
        sa.PrimaryKeyConstraint("record", "place", name=f"pk_{table}"),
    )
