"""The browser that other tests look through: offline, and named when it is missing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import offline_page
from tests.support import ROOT


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port on this machine that answers nobody and can be asked whether anybody called."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.setblocking(False)
        yield listening


def test_a_page_reads_the_files_beside_it(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "style.css").write_text("h1 { color: rgb(1, 2, 3) }")
    page_file = tmp_path / "page.html"
    page_file.write_text("<link rel=stylesheet href=style.css><h1>Ready</h1><img src=data:image/gif;base64,>")

    with offline_page(browser, viewport={"width": 390, "height": 844}) as page:
        page.goto(page_file.as_uri())
        heading = page.get_by_role("heading")
        assert heading.inner_text() == "Ready"
        assert heading.evaluate("it => getComputedStyle(it).color") == "rgb(1, 2, 3)"
        assert page.evaluate("innerWidth") == 390


def read(browser: Browser, page_file: Path) -> None:
    with offline_page(browser) as page:
        page.goto(page_file.as_uri())
        page.wait_for_load_state("networkidle")


def test_a_page_that_reaches_out_fails_its_test_and_reaches_nobody(
    browser: Browser, tmp_path: Path, listener: socket.socket
) -> None:
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    page_file = tmp_path / "page.html"
    page_file.write_text(f"""
      <link rel=preconnect href="http://{address}">
      <link rel=preload as=script href="http://{address}/preload">
      <img src="http://{address}/image">
      <iframe src="http://{address}/frame"></iframe>
      <script>
        fetch("http://{address}/fetch").catch(() => 0);
        navigator.sendBeacon("http://{address}/beacon", "x");
        new WebSocket("ws://{address}/socket");
      </script>
    """)

    with pytest.raises(AssertionError, match="tried to reach the network") as failure:
        read(browser, page_file)

    tried = str(failure.value).splitlines()[0].partition("network: ")[2].split(", ")
    names = ["beacon", "fetch", "frame", "image", "preload"]
    assert sorted(tried) == [*(f"http://{address}/{name}" for name in names), f"ws://{address}/socket"]
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize(
    "content",
    [
        '<meta http-equiv="refresh" content="0; url={target}">',
        '<form action="{target}"></form><script>document.forms[0].submit()</script>',
        "<script>open('{target}')</script>",
    ],
)
def test_a_page_that_leads_away_fails_its_test_and_reaches_nobody(
    browser: Browser, tmp_path: Path, listener: socket.socket, content: str
) -> None:
    target = f"http://127.0.0.1:{listener.getsockname()[1]}/away"
    page_file = tmp_path / "page.html"
    page_file.write_text(content.format(target=target))

    with pytest.raises(AssertionError, match=f"tried to reach the network: {target}"):
        read(browser, page_file)

    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize(
    ("required", "outcome", "said"),
    [
        ("", "1 skipped", "SKIPPED [1] tests/test_foundation_browser.py:"),
        ("postgres,browser", "1 error", "SHIPWORTHY_REQUIRE names 'browser', but Chromium is not installed"),
    ],
)
def test_without_chromium_its_tests_are_skipped_by_name_and_fail_where_it_is_required(
    required: str, outcome: str, said: str
) -> None:
    test = "tests/test_foundation_browser.py::test_a_page_reads_the_files_beside_it"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", test],
        cwd=ROOT,
        env={**os.environ, "SHIPWORTHY_CHROMIUM": "no-such-browser", "SHIPWORTHY_REQUIRE": required},
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome in done.stdout
    assert said in done.stdout
    assert "Chromium is not installed (Debian: apt-get install chromium)" in done.stdout
