"""Runs the migrations inside the connection and transaction that the ledger brings along."""

from alembic import context

from shipworthy.evidence._tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
