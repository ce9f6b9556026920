"""What several test modules need: the public datasets, and parts a plain machine may lack."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shipworthy.core.errors import MissingExtraError
from shipworthy.gateway.http import HttpClient
from shipworthy.gateway.permits import Permit

__all__ = ["HEED_SIGNALS", "ROOT", "require", "require_http", "shared_data"]

ROOT = Path(__file__).resolve().parents[1]
HEED_SIGNALS = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
"""
"""First lines of a program that a test interrupts: under nohup or behind a script's ``&`` it is deaf."""


def require(part: str, reason: str) -> None:
    """Skip the test because ``part`` is absent; fail it where SHIPWORTHY_REQUIRE names the part."""
    required = os.environ.get("SHIPWORTHY_REQUIRE", "").split(",")
    if part in required:
        pytest.fail(f"SHIPWORTHY_REQUIRE names {part!r}, but {reason}")
    pytest.skip(f"{part}: {reason}")


def require_http() -> None:
    """Skip the test where nothing can be asked over HTTP: an extra for models is not installed."""
    try:
        HttpClient(Permit.to("http://127.0.0.1:1", named_in="the test"), who="nobody")
    except MissingExtraError as error:
        require("models", error.message)


def shared_data(name: str) -> Path:
    """The path of a public dataset in ``../shared/data``, or skip the test where it is absent."""
    path = ROOT.parent / "shared" / "data" / name
    if not path.exists():
        require("data", f"the public dataset {name!r} is not beside the repository (../shared/data)")
    return path
