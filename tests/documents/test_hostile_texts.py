"""Whatever stands in a data file, the report shows it as text and does nothing else with it."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog

from shipworthy.documents import render_review
from tests.browser import offline_page
from tests.documents.payloads import PAYLOADS, filled
from tests.documents.sample import as_json, cannot_tell, hold

REPORT = {**as_json(hold()), "cost_curve": as_json(cannot_tell())["cost_curve"]}
HARMLESS = "harmless words"


class Outline(HTMLParser):
    """The tags of a page in order, each with the names of its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.addresses: set[str | None] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *(name for name, _ in attrs)))
        self.addresses |= {value for name, value in attrs if name in {"href", "src", "action", "data"}}

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}",))

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", data))

    def handle_decl(self, decl: str) -> None:
        self.tags.append(("declaration", decl))


_STATE = """() => {
  document.querySelectorAll('details').forEach(it => { it.open = true });
  return [typeof pwned, document.scripts.length, document.images.length, location.href];
}"""


def rendered(report: dict[str, Any], text: str, *, everywhere: bool) -> str:
    return render_review(filled(report, text, everywhere=everywhere))


def test_the_corpus_is_large_and_reaches_every_text() -> None:
    assert len(set(PAYLOADS)) >= 40
    hostile = str(filled(REPORT, "☠", everywhere=True))
    assert hostile.count("☠") > 500
    assert "Feedback triage" not in hostile
    assert "outage" not in hostile


@pytest.mark.parametrize("everywhere", [False, True], ids=["free texts", "every text"])
def test_no_text_adds_a_tag_or_an_attribute(*, everywhere: bool) -> None:
    harmless = Outline(rendered(REPORT, HARMLESS, everywhere=everywhere))
    for payload in PAYLOADS:
        hostile = Outline(rendered(REPORT, payload, everywhere=everywhere))
        assert hostile.tags == harmless.tags, payload
        assert hostile.addresses == harmless.addresses, payload


def test_every_address_in_a_page_is_a_place_in_the_page() -> None:
    addresses = Outline(render_review(REPORT)).addresses
    assert {str(address) for address in addresses if not str(address).startswith("#")} == {"data:,"}


def test_a_template_in_a_text_is_shown_and_not_run() -> None:
    page = rendered(REPORT, "{{ 271 * 271 }}", everywhere=False)
    assert "{{ 271 * 271 }}" in page
    assert "73441" not in page


def test_characters_that_cannot_be_seen_are_shown_by_name() -> None:
    page = rendered(REPORT, "a\u202eb\x1bc\u200bd\x00e\ud800f", everywhere=False)
    assert "a‹U+202E›b‹U+001B›c‹U+200B›d‹U+0000›e‹U+D800›f" in page
    assert not set("\u202e\x1b\u200b\x00\ud800") & set(page)
    page.encode()


def test_a_page_full_of_hostile_texts_is_inert_even_without_its_own_policy(
    browser: Browser, tmp_path: Path
) -> None:
    dialogs: list[str] = []

    def refuse(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    with offline_page(browser, bypass_csp=True) as page:
        page.on("dialog", refuse)
        for i, payload in enumerate(PAYLOADS):
            place = tmp_path / f"{i}.html"
            place.write_text(rendered(REPORT, payload, everywhere=bool(i % 2)), encoding="utf-8")
            page.goto(place.as_uri())
            found = page.evaluate(_STATE)
            assert found == ["undefined", 0, 0, place.as_uri()], payload
    assert dialogs == []


def test_the_page_s_policy_stops_a_script_that_somebody_adds(browser: Browser, tmp_path: Path) -> None:
    page_text = render_review(REPORT)
    place = tmp_path / "tampered.html"
    place.write_text(
        page_text.replace("</body>", "<script>pwned=1</script><img src=x onerror=pwned=1></body>")
    )
    with offline_page(browser) as page:
        page.goto(place.as_uri())
        assert page.evaluate("typeof pwned") == "undefined"


def test_long_texts_without_a_space_do_not_widen_a_phone_s_page(browser: Browser, tmp_path: Path) -> None:
    place = tmp_path / "long.html"
    place.write_text(rendered(REPORT, "W" * 300, everywhere=True), encoding="utf-8")
    with offline_page(browser, viewport={"width": 360, "height": 800}) as page:
        page.goto(place.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(it => { it.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") == 360
