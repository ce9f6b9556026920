"""A real browser for looking at our pages, with nothing to reach but files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, ProxySettings, Route, WebSocketRoute

__all__ = ["chromium", "launch", "offline_page"]

_FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    # No name is ever looked up; a page served by a test is reached by its address.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-first-run",
    "--no-sandbox",
]
# Chromium connects early, before a request exists that could be refused: let it connect to nobody.
_NOWHERE = ProxySettings(server="http://127.0.0.1:1", bypass="<-loopback>")
_NO_NETWORK = ("about:", "blob:", "data:", "file:")


def chromium() -> Path | None:
    """Chromium's executable: SHIPWORTHY_CHROMIUM, or the one that Debian installs."""
    found = shutil.which(os.environ.get("SHIPWORTHY_CHROMIUM", "chromium"))
    return Path(found) if found else None


def launch(playwright: Playwright, executable: Path) -> Browser:
    """Start Chromium without a window, in a new and empty profile."""
    return playwright.chromium.launch(executable_path=executable, headless=True, args=_FLAGS)


@contextmanager
def offline_page(browser: Browser, **options: Any) -> Iterator[Page]:
    """Give a page that reads files and nothing else; leaving the block fails if it tried to.

    Args:
        browser: The ``browser`` fixture.
        options: Those of Playwright's ``new_context``: ``viewport``, ``color_scheme``, …
    """
    tried: list[str] = []

    def refuse(route: Route) -> None:
        if route.request.url.startswith(_NO_NETWORK):
            route.continue_()
        else:
            tried.append(route.request.url)
            route.abort()

    def refuse_socket(socket: WebSocketRoute) -> None:
        tried.append(socket.url)

    context = browser.new_context(offline=True, proxy=_NOWHERE, service_workers="block", **options)
    try:
        context.route("**", refuse)
        context.route_web_socket("**", refuse_socket)
        yield context.new_page()
    finally:
        context.close()
    assert tried == [], f"The page tried to reach the network: {', '.join(tried)}"
