"""What several test modules need: the public datasets, and parts a plain machine may lack."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

__all__ = ["ROOT", "require", "shared_data"]

ROOT = Path(__file__).resolve().parents[1]


def require(part: str, reason: str) -> None:
    """Skip the test because ``part`` is absent; fail it where SHIPWORTHY_REQUIRE names the part."""
    required = os.environ.get("SHIPWORTHY_REQUIRE", "").split(",")
    if part in required:
        pytest.fail(f"SHIPWORTHY_REQUIRE names {part!r}, but {reason}")
    pytest.skip(f"{part}: {reason}")


def shared_data(name: str) -> Path:
    """The path of a public dataset in ``../shared/data``, or skip the test where it is absent."""
    path = ROOT.parent / "shared" / "data" / name
    if not path.exists():
        require("data", f"the public dataset {name!r} is not beside the repository (../shared/data)")
    return path
