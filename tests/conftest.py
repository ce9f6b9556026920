"""What holds for every test: no key of the person who runs it, and one browser for those that look."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium, launch
from tests.support import require

# Everybody sees the same examples; `pytest --hypothesis-profile=search` looks for new ones.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("same")

_PRIVATE = re.compile(
    r"(API_?KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS)"
    r"|^(ANTHROPIC|AWS|AZURE|GEMINI|GOOGLE|HF|OLLAMA|OPENAI|PG|SHIPWORTHY|XDG)_|^PG[A-Z]+$"
)
_COLOUR = {"CLICOLOR_FORCE", "FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS"}  # Typer and Rich heed them
_KEPT = ("SHIPWORTHY_CHROMIUM", "SHIPWORTHY_REQUIRE", "SHIPWORTHY_TEST_")


@pytest.fixture(scope="session", autouse=True)
def a_stranger_s_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run as somebody with an empty home, no keys, no settings of ours and no colours."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name in _COLOUR or (_PRIVATE.search(name) and not name.startswith(_KEPT)):
                patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("NO_COLOR", "1")
        patch.setenv("TERM", "dumb")
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first and those that use the browser last.

    The pages' commands take up to a minute a page: begun last, they would keep one worker busy while the
    other waits. Playwright's event loop stays the running one until the browser is closed, and
    ``asyncio.run`` refuses to work meanwhile.
    """
    items.sort(
        key=lambda item: (
            "browser" in getattr(item, "fixturenames", ()),
            getattr(item, "originalname", "") != "test_commands_print_what_the_page_shows",
        )
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once; see ``tests.browser.offline_page`` for a page in it."""
    executable = chromium()
    if executable is None:
        require("browser", "Chromium is not installed (Debian: apt-get install chromium)")
        return
    with sync_playwright() as playwright:
        running = launch(playwright, executable)
        yield running
        running.close()
