"""The portfolio as it is looked at: on a desk, on a phone, on paper; and hostile words in it do nothing."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog

from shipworthy.documents.portfolio_page import render_index
from tests.browser import offline_page
from tests.career.portfolio.test_portfolio import HOSTILE, pages
from tests.documents.test_report import contrast

_COLOURS = """() => [...document.querySelectorAll('h1, h2, h3, p, dt, dd, a, li, span')]
  .filter(it => it.checkVisibility() && it.innerText && !it.closest('svg') && !it.matches('.skip'))
  .map(it => {
    let back = it, colour = 'rgba(0, 0, 0, 0)';
    while (back && colour === 'rgba(0, 0, 0, 0)') {
      colour = getComputedStyle(back).backgroundColor; back = back.parentElement;
    }
    return [getComputedStyle(it).color, colour, it.innerText.slice(0, 40)];
  })"""
_OUTLINE = """() => ({
  headings: [...document.querySelectorAll('h1, h2, h3, h4')].map(it => Number(it.tagName[1])),
  unnamed: [...document.querySelectorAll('section, nav, article')].filter(
    it => !it.getAttribute('aria-label')
      && !document.getElementById(it.getAttribute('aria-labelledby'))).length,
  pictures: [...document.querySelectorAll('img, svg:not([aria-hidden=true])')].length,
  landmarks: ['main', 'header', 'footer'].map(name => document.querySelectorAll(name).length),
  lang: document.documentElement.lang,
  ids: [...document.querySelectorAll('[id]')].map(it => it.id),
  empty: [...document.querySelectorAll('a')].filter(it => !it.textContent.trim()).length,
})"""


def written(folder: Path, payload: str) -> tuple[Path, Path]:
    case, index, _ = pages(payload)
    (folder / "case-triage.html").write_text(case, encoding="utf-8")
    (folder / "index.html").write_text(index, encoding="utf-8")
    return folder / "case-triage.html", folder / "index.html"


def numbers(colour: str) -> tuple[float, ...]:
    return tuple(float(part) for part in colour.partition("(")[2].rstrip(")").split(",")[:3])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_fit_and_every_text_stands_out(
    browser: Browser, tmp_path: Path, scheme: str, width: int
) -> None:
    with offline_page(browser, viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
        for place in written(tmp_path, "Agents sort by hand, and a message waits a day."):
            page.goto(place.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") == width
            seen = page.evaluate(_COLOURS)
            assert len(seen) > 10
            low = [one for one in seen if contrast(numbers(one[0]), numbers(one[1])) < 4.5]
            assert low == []


def test_the_pages_have_one_outline_that_can_be_heard(browser: Browser, tmp_path: Path) -> None:
    with offline_page(browser) as page:
        for place in written(tmp_path, "Words."):
            page.goto(place.as_uri())
            found = page.evaluate(_OUTLINE)
            assert found["headings"][0] == 1
            assert found["headings"].count(1) == 1
            assert all(after - before <= 1 for before, after in pairwise(found["headings"]))
            assert (found["unnamed"], found["pictures"], found["empty"]) == (0, 0, 0)
            assert found["landmarks"] == [1, 1, 1]
            assert found["lang"] == "en"
            assert len(set(found["ids"])) == len(found["ids"])


def test_from_the_first_page_to_a_case_and_back_by_keyboard(browser: Browser, tmp_path: Path) -> None:
    _, index = written(tmp_path, "Words.")
    with offline_page(browser, viewport={"width": 390, "height": 800}) as page:
        page.goto(index.as_uri())
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.innerText") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.get_by_role("link", name="Words.").first.click()
        assert page.url.endswith("case-triage.html")
        page.get_by_role("link", name="All case studies").last.click()
        assert page.url.endswith("index.html")


def test_a_case_prints_without_its_contents(browser: Browser, tmp_path: Path) -> None:
    case, _ = written(tmp_path, "Words.")
    with offline_page(browser, viewport={"width": 1280, "height": 900}, color_scheme="dark") as page:
        page.goto(case.as_uri())
        assert page.get_by_role("navigation", name="Contents").is_visible()
        page.emulate_media(media="print")
        assert not page.get_by_role("navigation", name="Contents").is_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.pdf()[:5] == b"%PDF-"


def test_hostile_words_are_inert_even_without_the_page_s_own_policy(browser: Browser, tmp_path: Path) -> None:
    dialogs: list[str] = []

    def refuse(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    with offline_page(browser, bypass_csp=True) as page:
        page.on("dialog", refuse)
        for start in range(0, len(HOSTILE), 8):  # each payload is a paragraph of every answer
            payload = "\n\n".join(HOSTILE[start : start + 8])
            for place in written(tmp_path, payload):
                page.goto(place.as_uri())
                state = page.evaluate("[typeof pwned, document.scripts.length, document.images.length]")
                assert state == ["undefined", 0, 0], payload
                assert page.url == place.as_uri(), payload
    assert dialogs == []


def test_an_empty_portfolio_is_a_page_too(browser: Browser, tmp_path: Path) -> None:
    bare: dict[str, Any] = {
        "title": None,
        "about": [],
        "name": None,
        "contact": [],
        "on": "2026-11-23",
        "gaps": 2,
    }
    (tmp_path / "index.html").write_text(render_index({**bare, "cases": [], "skills": [], "rule": ""}))
    with offline_page(browser) as page:
        page.goto((tmp_path / "index.html").as_uri())
        assert page.get_by_text("Draft with 2 gaps").is_visible()
        assert page.get_by_text("No case study yet.").is_visible()
