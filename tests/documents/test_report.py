"""The report: what stands on the page, in which order, and what is left out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from shipworthy import documents
from shipworthy.documents import render_review
from shipworthy.documents.words import DECISIONS, OUTCOMES, SEVERITIES
from tests.browser import offline_page
from tests.documents.sample import REVIEWS, as_json, bare, cannot_tell, check_page, hold, with_fallback
from tests.support import ROOT

PAGES: dict[str, dict[str, Any]] = {name: as_json(made()) for name, made in REVIEWS.items()}
PAGES |= {"bare": as_json(bare()), "check": check_page()}
INLINE = {"a", "bdi", "code", "span", "strong"}
VOID = {"meta", "link", "path", "rect", "line", "circle", "use", "br", "img", "input"}


class Reader(HTMLParser):
    """What somebody who cannot see the page is told: headings, ids, references, table parts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.references: set[str] = set()
        self.sections: list[str] = []
        self.tags: list[str] = []
        self.unscoped = 0
        self.text: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag not in INLINE:
            self.text.append(" ")
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "id" in given:
            self.ids.append(given["id"])
        if given.get("href", "").startswith("#"):
            self.references.add(given["href"][1:])
        self.references |= set(given.get("aria-labelledby", "").split())
        self.unscoped += tag == "th" and given.get("scope") not in {"row", "col"}
        if tag == "section":
            self.sections.append(given["id"])

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split()).replace("\xa0", " ")


def words_of(report: dict[str, Any]) -> str:
    return Reader(render_review(report)).words


def test_the_public_names_are_these() -> None:
    assert documents.__all__ == ["junit", "render_review", "review_paste", "review_text"]


@pytest.mark.parametrize("report", PAGES.values(), ids=PAGES)
def test_a_page_is_well_formed_and_its_parts_can_be_found(report: dict[str, Any]) -> None:
    reader = Reader(render_review(report))
    assert len(reader.ids) == len(set(reader.ids))
    assert reader.references <= set(reader.ids)
    assert reader.headings[:2] == [1, 2]
    assert reader.headings.count(1) == 1
    assert all(
        after - before <= 1 for before, after in zip(reader.headings, reader.headings[1:], strict=False)
    )
    assert reader.unscoped == 0
    assert reader.tags.count("caption") == reader.tags.count("table")
    assert {"main", "nav", "header", "footer"} <= set(reader.tags)
    assert not {"script", "iframe", "form", "img", "object", "embed", "base"} & set(reader.tags)


@pytest.mark.parametrize("report", PAGES.values(), ids=PAGES)
def test_every_chart_has_a_title_and_a_description(report: dict[str, Any]) -> None:
    page = render_review(report)
    charts = re.findall(
        r'<svg[^>]*role="img"[^>]*>\s*<title id="[^"]+">[^<]+</title>\s*<desc id="[^"]+">[^<]+</desc>', page
    )
    assert len(charts) == page.count('role="img"')


@pytest.mark.parametrize("report", PAGES.values(), ids=PAGES)
def test_a_page_is_small_needs_nothing_and_is_the_same_every_time(report: dict[str, Any]) -> None:
    page = render_review(report)
    assert len(page.encode()) < 200_000
    assert page == render_review(json.loads(json.dumps(report)))
    assert "default-src 'none'" in page
    assert "http://" not in page
    assert "https://" not in page


def test_the_sections_follow_the_order_in_which_a_decision_is_read() -> None:
    assert Reader(render_review(PAGES["hold"])).sections == [
        "verdict",
        "bars",
        "worth",
        "candidates",
        "alone",
        "segments",
        "harms",
        "findings",
        "data",
        "mistakes",
        "classes",
        "users",
        "method",
        "words",
    ]


def test_sections_without_data_are_left_out() -> None:
    assert Reader(render_review(PAGES["bare"])).sections == ["verdict", "data", "method", "words"]
    assert Reader(render_review(PAGES["check"])).sections == [
        "verdict",
        "bars",
        "candidates",
        "data",
        "classes",
        "method",
        "words",
    ]
    assert Reader(render_review({})).sections == ["verdict", "words"]


def test_the_verdict_its_reasons_and_the_next_steps_come_before_anything_else() -> None:
    words = words_of(PAGES["hold"])
    start = words.index("Verdict")
    assert words[start:].startswith(
        "Verdict Hold It misses three outages in ten and understands simple English badly. "
        "Why Outages: 70.0% are recognised (44.9–87.0, n = 30); the bar is 90%. "
        "Messages in simple English: 69% right against 90% for all others (n = 96). "
        "28 test rows are copies of training rows; the bar allows one in a hundred. "
        "What to do next Add at least 150 labelled messages in simple English to the training data."
    )
    assert (
        "Bars 3 of 7 met 3 failed, 1 undecided Right overall 86.3% (83.3–88.8, n = 612 in 410 groups)"
        in words
    )


@pytest.mark.parametrize(
    ("name", "banner"),
    [
        ("hold", "Verdict Hold"),
        ("ship", "Verdict Ship Every"),
        ("ship_with_fallback", "It acts alone from confidence 0.74; a person takes everything below."),
        ("cannot_tell", "About 240 more labelled examples would probably decide it."),
    ],
)
def test_each_verdict_says_what_it_asks_for(name: str, banner: str) -> None:
    assert banner in words_of(PAGES[name])


def test_an_unknown_verdict_is_never_shown_as_a_pass() -> None:
    report = {**PAGES["ship"], "verdict": {**PAGES["ship"]["verdict"], "decision": "sh1p"}}
    page = render_review(report)
    assert 'class="verdict tone-open"' in page
    assert ">sh1p</h2>" in page


def test_bundled_data_is_called_practice() -> None:
    label = "Practice data, written for this example"
    assert label in words_of(PAGES["hold"])
    assert label not in words_of(PAGES["cannot_tell"])
    assert "Data from outside your organisation" in words_of(PAGES["ship"])


def test_what_is_undefined_says_why_and_is_never_a_number() -> None:
    words = words_of(PAGES["cannot_tell"])
    assert "undefined: the price of a call is not known" in words
    assert "undefined: it gives no confidence" in words
    assert "No confidence was found from which 95% of the handled rows are right for sure." in words
    assert "Handled without a person" not in words


def test_a_segment_that_was_not_measured_is_not_called_fine() -> None:
    words = words_of(PAGES["hold"])
    assert "Not measured So the verdict cannot be a plain “ship”." in words
    assert "Gap nothing measures it" in words
    assert "region = Islands n = 7" in words


def test_with_a_fallback_each_bar_shows_both_sets_of_rows() -> None:
    words = words_of(PAGES["ship_with_fallback"])
    assert "On all rows: undecided, 97.1% (78.5–99.7, n = 34)" in words
    assert "On the rows it handles itself 100.0% (88.6–100.0, n = 30)" in words


def test_unknown_capacity_and_capacity_that_does_not_fit_are_said() -> None:
    review = hold()
    assert review.handover is not None
    for fits, said in (
        (None, "Whether the hand-overs fit the people there are is unknown"),
        (False, "may be more than the people there are can take"),
        (True, "The hand-overs fit the people there are, even at the upper end of the interval."),
    ):
        assert said in words_of(as_json(replace(review, handover=replace(review.handover, fits=fits))))


def test_missing_baselines_are_said() -> None:
    review = replace(hold(), candidates=hold().candidates[:1])
    assert "No baseline was measured" in words_of(as_json(review))


def test_the_number_of_things_left_out_is_said() -> None:
    review = hold()
    many = replace(review.findings[2], rows=review.findings[2].rows * 10)
    words = words_of(as_json(replace(review, findings=(many,) * 60)))
    assert "30 of 150 rows shown; the others are in report.json." in words
    assert "40 of 60 findings shown; the others are in report.json." in words


@pytest.mark.parametrize("text", ["&" * 1_000_000, "\u202e" * 1_000_000])
def test_a_review_of_any_size_makes_a_page_below_one_megabyte(text: str) -> None:
    review = hold()
    finding = review.findings[2]
    rows = tuple(replace(row, text=text, id=text, note=text) for row in finding.rows)
    huge = replace(
        review,
        does=text,
        findings=(
            replace(finding, rows=rows * 3, evidence=(text,) * 50, pairs=review.findings[1].pairs * 50),
        )
        * 30,
        mistakes=tuple(replace(kind, examples=rows) for kind in review.mistakes * 20),
        classes=review.classes * 100,
        segments=review.segments * 100,
        segments_too_small={f"{text[:300]}{i}": i for i in range(1_000)},
        versions={f"{i}{text[:300]}": text for i in range(200)},
    )
    page = render_review(as_json(huge))
    assert len(page.encode()) < 1_000_000
    assert Reader(page).sections[0] == "verdict"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(scheme: str) -> None:
    colours = palette(scheme)
    behind = [colours[name] for name in ("paper", "card", "faint", "quiet-tint")]
    for name in ("ink", "soft", "accent", "quiet"):
        assert min(contrast(colours[name], ground) for ground in behind) >= 4.5, name
    for tone in ("good", "fallback", "open", "bad"):
        assert contrast(colours[tone], colours[f"{tone}-tint"]) >= 4.5, tone
        assert contrast(colours[tone], colours["card"]) >= 4.5, tone
        assert contrast(colours["ink"], colours[f"{tone}-tint"]) >= 4.5, tone
    for solid in re.findall(r"--solid: (#\w{6})", render_review({})):
        assert contrast(rgb("#ffffff"), rgb(solid)) >= 4.5
    for heat, share in (("heat-wrong", 0.55), ("heat-right", 0.4)):
        mixed = tuple(
            share * a + (1 - share) * b for a, b in zip(colours[heat], colours["card"], strict=True)
        )
        assert contrast(colours["ink"], mixed) >= 4.5, heat


def palette(scheme: str) -> dict[str, tuple[float, ...]]:
    style = render_review({})
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    text = light if scheme == "light" else light + dark
    found = {name: rgb(value) for name, value in re.findall(r"--([\w-]+): (#\w{6});", text)}
    return found | {
        name: tuple(float(part) for part in value.split())
        for name, value in re.findall(r"--(heat-\w+): ([\d ]+);", text)
    }


def rgb(value: str) -> tuple[float, ...]:
    return tuple(int(value[i : i + 2], 16) for i in (1, 3, 5))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The contrast ratio of the Web Content Accessibility Guidelines 2.2."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: tuple[float, ...]) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_page_without_scrolling_sideways(
    browser: Browser, tmp_path: Path, scheme: str
) -> None:
    with offline_page(browser, viewport={"width": 360, "height": 800}, color_scheme=scheme) as page:
        for name, report in PAGES.items():
            place = tmp_path / f"{name}.html"
            place.write_text(render_review(report), encoding="utf-8")
            page.goto(place.as_uri())
            page.evaluate("document.querySelectorAll('details').forEach(it => { it.open = true })")
            assert page.evaluate("document.documentElement.scrollWidth") == 360, name


def test_the_keyboard_reaches_the_verdict_first_and_every_wide_table(
    browser: Browser, tmp_path: Path
) -> None:
    place = tmp_path / "hold.html"
    place.write_text(render_review(PAGES["hold"]), encoding="utf-8")
    with offline_page(browser, viewport={"width": 390, "height": 800}) as page:
        page.goto(place.as_uri())
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.innerText") == "Skip to the verdict"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        unreachable = page.evaluate(
            "[...document.querySelectorAll('main *')].filter(it => getComputedStyle(it).overflowX === 'auto'"
            " && it.scrollWidth > it.clientWidth && it.tabIndex !== 0).length"
        )
        assert unreachable == 0


def test_a_wide_screen_has_a_table_of_contents_that_a_phone_and_paper_do_without(
    browser: Browser, tmp_path: Path
) -> None:
    place = tmp_path / "hold.html"
    place.write_text(render_review(PAGES["hold"]), encoding="utf-8")
    with offline_page(browser, viewport={"width": 1280, "height": 900}) as page:
        page.goto(place.as_uri())
        contents = page.get_by_role("navigation", name="Contents")
        assert contents.get_by_role("link").count() == 14
        page.emulate_media(media="print")
        assert not contents.is_visible()
        folded = page.get_by_text("Since Tuesday the export of report 7 stops at 80%")
        assert folded.evaluate("it => it.checkVisibility({contentVisibilityAuto: true})")
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": 390, "height": 800})
        assert not contents.is_visible()


def test_the_fallback_s_page_and_the_undecided_page_differ_in_more_than_colour() -> None:
    assert "#i-people" in render_review(as_json(with_fallback()))
    assert (
        'class="banner">\n<svg class="icon" aria-hidden="true" focusable="false"><use href="#i-question"/>'
        in (render_review(as_json(cannot_tell())))
    )


def test_the_guide_explains_every_verdict_and_every_section() -> None:
    guide = (ROOT / "docs" / "reading-a-report.md").read_text(encoding="utf-8")
    page = render_review(PAGES["hold"])
    titles = re.findall(r'<h2 id="[^"]+">([^<]+)</h2>', page)[1:]
    assert re.findall("^## (.+)$", guide, re.MULTILINE)[2:] == titles
    assert re.findall(r"^\| \*\*(.+?)\*\*", guide, re.MULTILINE) == [one.word for one in DECISIONS.values()]
    assert all(
        f"**{one.word.lower()}**" in guide.lower() for one in [*OUTCOMES.values(), *SEVERITIES.values()]
    )


def test_the_template_engine_is_loaded_only_to_render() -> None:
    code = "import sys, shipworthy.documents; print({'jinja2', 'xml', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
