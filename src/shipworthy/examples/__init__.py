"""Examples that ship with the product. Their data were written for the example."""

from __future__ import annotations

from pathlib import Path

__all__ = ["bundled_files", "example_folder"]

_HERE = Path(__file__).parent


def example_folder(name: str) -> Path:
    """The folder of a bundled example."""
    return _HERE / name


def bundled_files() -> frozenset[str]:
    """SHA-256 of every bundled data file: what rests on one of them counts as practice only."""
    from shipworthy.core.canonical import sha256_of_file

    every = (path for form in ("csv", "jsonl") for path in _HERE.glob(f"*/data/*.{form}"))
    return frozenset(map(sha256_of_file, every))
