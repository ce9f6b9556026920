"""Alembic's folder: how a ledger's tables came to be what they are."""
