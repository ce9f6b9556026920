"""What holds for every test of the gateway: no request leaves this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from shipworthy.gateway.permits import is_loopback

_OUTSIDE: list[str] = []


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    """Note every address outside of this machine that Python looks up or connects to."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
    elif event == "socket.getaddrinfo":
        host = str(arguments[0])
    else:
        return
    if not is_loopback(f"{host}:0"):
        _OUTSIDE.append(host)


sys.addaudithook(_listen)


@pytest.fixture(autouse=True)
def nothing_leaves_this_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Switch the gateway to this machine only, and fail the test that tried otherwise."""
    monkeypatch.setenv("SHIPWORTHY_OFFLINE", "1")
    _OUTSIDE.clear()
    yield
    assert _OUTSIDE == []
