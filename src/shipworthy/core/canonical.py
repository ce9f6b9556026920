"""One way to write a value down, so that equal values have equal hashes.

This module knows nothing about what the values mean.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

__all__ = ["canonical_json", "sha256_of", "sha256_of_file", "short"]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        if not math.isfinite(value):
            return {"float": str(value)}
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        plain = {_name(key): _plain(item) for key, item in value.items()}
        if len(plain) < len(value):
            raise ValueError(f"two of the names in {list(value)[:12]!r} are written the same in JSON")
        return plain
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _name(key: Any) -> str:
    return key if isinstance(key, str) else str(_plain(key))


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces, in which 1.0 and 1 are the same number.

    JSON has no infinity and no NaN; they are written ``{"float":"inf"}``, unlike any text.

    Raises:
        ValueError: two keys of a mapping are the same text, such as 1 and "1".
        TypeError: a value that JSON does not know.
    """
    return json.dumps(
        _plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def sha256_of(value: Any) -> str:
    """Hex SHA-256 of a JSON-like value (or of text or bytes as they are).

    Text may hold half of a surrogate pair, as JSON files in the wild do.
    """
    if isinstance(value, bytes):
        data = value
    else:
        text = value if isinstance(value, str) else canonical_json(value)
        data = text.encode(errors="surrogatepass")
    return hashlib.sha256(data).hexdigest()


def sha256_of_file(path: Path) -> str:
    """Hex SHA-256 of a file's bytes, read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def short(digest: str) -> str:
    """The first twelve characters of a digest: enough to tell two apart in print."""
    return digest[:12]
