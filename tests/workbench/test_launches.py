"""``shipworthy launch``: one page, one verdict, and nothing that is missing ships."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from playwright.sync_api import Browser, Page

from tests.browser import offline_page
from tests.workbench.small import files_of, run
from tests.workbench.test_sourcing import feature, work

__all__ = ["work"]

DAY = ("--on", "2026-11-23")


def launch(*more: str) -> Any:
    done = run("launch", "triage", *DAY, *more, "--json")
    Draft202012Validator(run("schema", "launch").json).validate(done.json)
    return done


NOTHING_LISTED = """\
role: provider
manipulation: none
exploits_vulnerability: no
intimate_images: no
child_abuse_material: no
predicts_crime: none
uses_biometrics: no
emotions: none
product: none
infrastructure: no
education: no
employment: no
essential_services: no
law_enforcement: no
migration: no
justice: no
elections: no
talks_to_people: no
generates_content: no
deep_fake: no
public_interest_text: no
"""


def answers(work: Path, social_score: str = "none") -> Path:
    """Answers of a provider whose tool sorts messages and does nothing else that the Act lists."""
    file = work / "answers.yaml"
    file.write_text(f"{NOTHING_LISTED}social_score: {social_score}\n")
    return file


def test_what_is_missing_is_a_gap_and_cannot_be_told(work: Path) -> None:
    feature(work)
    done = launch()
    found = done.json["launch"]
    assert (done.code, found["decision"]) == (3, "cannot_tell")
    assert [part["decision"] for part in found["parts"]] == ["cannot_tell"] * 3
    assert len(found["gaps"]) == 3


def test_a_good_review_alone_does_not_ship(work: Path) -> None:
    feature(work)
    assert run("review", "triage").code == 0
    done = launch()
    parts = {part["id"]: part["decision"] for part in done.json["launch"]["parts"]}
    assert (done.code, parts) == (3, {"review": "ship", "risk": "cannot_tell", "prd": "cannot_tell"})


def test_a_settled_tier_counts_and_a_prd_full_of_gaps_holds(work: Path) -> None:
    feature(work)
    run("review", "triage")
    run("risk", "assess", "triage", "--answers", answers(work))
    run("prd", "draft", "triage")
    done = launch("--reason", "The desk asked for it")
    found = done.json["launch"]
    parts = {part["id"]: part["decision"] for part in found["parts"]}
    assert (done.code, parts) == (1, {"review": "ship", "risk": "ship", "prd": "hold"})
    assert found["reasons"] == [f"The PRD: {found['parts'][2]['words']}"]
    assert "checked on" in found["disclaimer"]
    (record,) = [one for one in run("evidence", "list", "--json").json if one["kind"] == "launch"]
    assert (record["facts"]["decision"], record["reason"]) == ("hold", "The desk asked for it")
    assert run("evidence", "verify").code == 0
    assert json.loads(Path(done.json["json_file"]).read_text()) == found


def test_a_prohibited_practice_holds_whatever_else_is_good(work: Path) -> None:
    feature(work)
    run("review", "triage")
    assert (
        run("risk", "assess", "triage", "--answers", answers(work, "general\nscore_unrelated: yes")).code == 1
    )
    done = launch()
    parts = {part["id"]: part["decision"] for part in done.json["launch"]["parts"]}
    assert (done.code, parts["review"], parts["risk"]) == (1, "ship", "hold")


def test_bars_that_changed_after_the_review_decide_nothing(work: Path) -> None:
    folder = feature(work)
    run("review", "triage")
    file = folder / "feature.yaml"
    file.write_text(file.read_text().replace("accuracy >= 0.6", "accuracy >= 0.99"))
    found = launch().json["launch"]["parts"][0]
    assert (found["decision"], "not those that were reviewed" in found["words"]) == ("cannot_tell", True)


def test_data_that_changed_after_the_review_decide_nothing(work: Path) -> None:
    folder = feature(work)
    run("review", "triage")
    file = folder / "data" / "feedback.csv"
    file.write_text(file.read_text().replace("bug", "Bug", 1))
    found = launch().json["launch"]["parts"][0]
    words = "The data are not those that were reviewed: feedback.csv is another file now, or gone."
    assert (found["decision"], found["words"]) == ("cannot_tell", words)
    file.unlink()
    assert launch().json["launch"]["parts"][0]["words"] == words


def test_papers_about_an_older_review_are_stale_and_due_waits_are_said(work: Path) -> None:
    feature(work)
    run("review", "triage")
    wait = ("--decide", "wait", "--reason", "Prices fall", "--on", "2026-03-01")
    run("source", "triage", *wait)
    before = launch().json["launch"]
    run("review", "triage", "--no-cache")
    after = launch().json["launch"]
    state = {one["name"]: one["state"] for one in after["papers"]}
    assert {one["name"]: one["state"] for one in before["papers"]}["source.md"] == "current"
    assert state == {"source.md": "stale", "prd.md": "missing"}
    assert any(one.startswith("Due again: Sourcing: wait") for one in after["gaps"])


def test_a_feature_that_does_not_exist_changes_nothing(work: Path) -> None:
    feature(work)
    before = files_of(work)
    done = run("launch", "triag")
    assert (done.code, "Did you mean 'triage'?" in done.err) == (2, True)
    assert run("launch", "triage", "--on", "soon").code == 2
    assert files_of(work) == before


def test_the_page_fits_its_screen_and_shows_the_verdict_first(work: Path, browser: Browser) -> None:
    feature(work)
    run("review", "triage")
    run("risk", "assess", "triage", "--answers", answers(work))
    run("prd", "draft", "triage")
    run("source", "triage", *DAY)
    page_file = Path(launch("--reason", "Because").json["page"])
    for width in (1280, 390):
        with offline_page(browser, viewport={"width": width, "height": 900}) as page:
            page.goto(page_file.as_uri())
            _fits(page, width)


def _fits(page: Page, width: int) -> None:
    assert page.locator("h1").inner_text() == "triage"
    assert page.locator("#verdict-title").inner_text() == "Hold"
    box = page.locator("#verdict-title").bounding_box()
    assert box is not None
    assert box["y"] < 900
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("script").count() == 0
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert len(ids) == len(set(ids))
    links = page.evaluate("[...document.querySelectorAll('a')].map(one => one.getAttribute('href'))")
    assert {link[1:] for link in links} <= set(ids)
