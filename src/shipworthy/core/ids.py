"""Names for things that happen: sortable by time, short enough to type."""

from __future__ import annotations

import secrets
from datetime import datetime

__all__ = ["new_id"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread


def new_id(at: datetime) -> str:
    """A fresh id such as ``2026-11-22-7k3f9q``: the day, then six random characters."""
    tail = "".join(secrets.choice(_ALPHABET) for _ in range(6))
    return f"{at:%Y-%m-%d}-{tail}"
