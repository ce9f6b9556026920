"""Card, Annex IV and briefs say what the review says, and a checker finds where they do not."""

from __future__ import annotations

import json
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.launch.papers import (
    AUDIENCES,
    Sourcebook,
    brief,
    card,
    check_paper,
    is_edited,
    paper_facts,
    share_edited,
    signed,
    technical_documentation,
    without_citations,
)
from shipworthy.launch.papers.checking import PaperProblem, Sources
from shipworthy.launch.papers.stated import QUESTIONS
from shipworthy.workbench.cards import check_papers
from tests.launch.paper_reports import NEWER, OLDER, share, small_report, workspace_with
from tests.support import require
from tests.workbench.small import run

NINE = share(0.91, 0.8834, 0.9311)
CITED = re.compile(r"\[review [^\]]+\]")


def sources(*reports: dict[str, Any]) -> Sources:
    newest = reports[-1]["id"]
    books = {
        report["id"]: Sourcebook(review=report["id"], facts=paper_facts(report), newest=newest)
        for report in reports
    }
    return books.get


def papers_of(report: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {audience: brief(report, audience=audience, tier=None) for audience in AUDIENCES}
    found["card"] = card(report, answers={"training_data": "Tickets of 3 years, labelled by 2 people."})
    found["annex-iv"] = technical_documentation(report, answers={}, tier=None)
    return found


def kinds(problems: tuple[PaperProblem, ...]) -> list[str]:
    return [problem.kind for problem in problems]


@pytest.mark.parametrize("name", [*AUDIENCES, "card", "annex-iv"])
def test_a_draft_agrees_with_its_review(name: str) -> None:
    report = small_report(right=NINE)

    assert check_paper(papers_of(report)[name], source=sources(report)) == ()


@pytest.mark.parametrize("name", [*AUDIENCES, "card", "annex-iv"])
def test_every_changed_number_is_found(name: str) -> None:
    report = small_report(right=NINE)
    text, source = papers_of(report)[name], sources(report)
    spots = [found for found in re.finditer(r"\d+", text) if _claims(text, found)]
    missed = [
        text[max(0, spot.start() - 40) : spot.end() + 10]
        for spot in spots
        for other in (int(spot[0]) + 1, f"{spot[0]}1", f"1{spot[0]}")
        if not check_paper(f"{text[: spot.start()]}{other}{text[spot.end() :]}", source=source)
    ]

    assert len(spots) >= 4
    assert missed == []


def _claims(text: str, number: re.Match[str]) -> bool:
    """Whether a number is a claim: not in a citation, heading, date, provision, statement or comment."""
    start = text.rfind("\n", 0, number.start()) + 1
    line = text[start : text.find("\n", number.end())]
    if line.startswith(("#", ">", "<!--")) or line.lstrip().startswith(("level:", "revision:")):
        return False
    if text[number.start() - 1].isalpha():
        return False
    if any(mark.start() <= number.start() - start < mark.end() for mark in CITED.finditer(line)):
        return False
    around = text[max(0, number.start() - 25) : number.end() + 25]
    metadata = text.startswith("---") and number.start() < text.index("\n---\n", 4)
    if metadata:
        return re.match(r"\s*(?:value|low|high|n): ", line) is not None
    return not re.search(r"[0-9a-f]{30}|\(EU\)|\d{4}-\d\d-\d\d", around)


def test_a_number_without_a_citation_is_found_in_digits_and_in_words() -> None:
    for claim in (
        "It is right in 97% of cases.",
        "Only 3 customers complained.",
        "It is right nine in ten times.",
        "Nearly all of the answers are right.",
        "It is never wrong.",
        "Fairness is guaranteed.",
        "> It is right in 97% of cases.",
    ):
        assert kinds(check_paper(f"# Card\n\n{claim}\n", source=lambda _: None)) in (
            ["uncited"],
            ["absolute"],
        )


def test_dates_ids_and_provisions_claim_nothing() -> None:
    text = (
        "# Brief 2\n\n1. See Art. 50(1) and Annex III(4)(a) of Regulation (EU) 2024/1689, "
        "from 2 December 2027.\n"
        "2. Written on 2026-11-23 from 2026-11-23-abc123.\n\n> We used 8 machines.\n"
    )

    assert kinds(check_paper(text.replace("Brief 2", "Brief"), source=lambda _: None)) == []
    assert kinds(check_paper(text, source=lambda _: None)) == ["uncited"]


def test_a_citation_of_what_is_not_there_is_found() -> None:
    report = small_report()
    source = sources(report)
    gone = f"Right: 91% [review 2026-01-01-zzzzzz: right]. Loved: 7 [review {OLDER}: love]."

    assert kinds(check_paper(gone, source=source)) == ["missing", "missing"]


def test_a_changed_review_makes_the_paper_a_mismatch_and_a_newer_one_makes_it_stale() -> None:
    before, after = small_report(right=NINE), small_report(NEWER, right=share(0.88, 0.85, 0.9))
    text = brief(before, audience="exec", tier=None)

    tampered = small_report(right=share(0.95, 0.93, 0.97))
    assert set(kinds(check_paper(text, source=sources(tampered)))) == {"mismatch"}
    (stale,) = check_paper(text, source=sources(before, after))
    assert (stale.kind, stale.message) == (
        "stale",
        f"It cites the review {OLDER}; the newest is {NEWER}.",
    )


def test_words_of_amount_are_held_to_the_numbers_too() -> None:
    report = small_report(right=NINE)
    text = brief(report, audience="exec", tier=None)
    assert "all of them (54 of 54)" in text

    report["mistakes"][0]["count"] = 20
    assert kinds(check_paper(text, source=sources(report))) == ["mismatch"]
    assert "the commonest mistake (20 of 54)" in brief(report, audience="exec", tier=None)


def test_a_brief_says_uncertainty_in_words() -> None:
    text = without_citations(brief(small_report(right=NINE), audience="user", tier=None))

    assert "In 100 messages about 9 go wrong (between 6 and 12)" in text
    assert "%" not in text
    assert "[review" not in text
    assert "shipworthy" not in text


def test_a_brief_fits_on_one_page() -> None:
    for audience in AUDIENCES:
        text = without_citations(brief(small_report(right=NINE), audience=audience, tier=None))
        assert len(text.split()) < 450


def test_what_strangers_wrote_is_no_markup() -> None:
    report = small_report()
    report["does"] = "Sorts [mail](javascript:alert) <script>x</script> | 3 kinds\n# Heading"
    text = brief(report, audience="user", tier=None)

    assert "<script>" not in text
    assert "\n# Heading" not in text
    assert not re.search(r"(?<!\\)\]\(javascript", text)
    assert check_paper(text, source=sources(report)) == ()


def test_what_is_unknown_is_a_visible_gap_and_what_was_stated_fills_it() -> None:
    report = small_report()
    empty, filled = (card(report, answers=answers) for answers in ({}, {"contact": "help@example.org"}))

    assert f"**Gap:** {QUESTIONS['contact']}" in empty
    assert "> help@example.org *(stated, not measured)*" in filled
    assert empty.count("**Gap:**") == filled.count("**Gap:**") + 1


def test_annex_iv_has_all_nine_points() -> None:
    text = technical_documentation(small_report(), answers={}, tier=None)

    assert [int(number) for number in re.findall(r"^## (\d)\.", text, flags=re.MULTILINE)] == list(
        range(1, 10)
    )


def test_metadata_survive_hugging_faces_own_classes_offline() -> None:
    if find_spec("huggingface_hub") is None:
        require("cards", "the optional part 'cards' is not installed (make extras)")
    hub: Any = import_module("huggingface_hub")
    report = small_report(right=NINE)
    text = card(report, answers={"license": "mit", "languages": "en, de"})

    read = hub.ModelCard(text)
    again = hub.ModelCardData(**read.data.to_dict())
    written = hub.ModelCard(f"---\n{again.to_yaml()}\n---\n{read.text}")

    assert written.data.to_dict() == read.data.to_dict()
    assert read.data.license == "mit"
    assert read.data.language == ["en", "de"]
    (accuracy,) = [result for result in read.data.eval_results if result.metric_name == "accuracy"]
    assert (accuracy.metric_value, accuracy.metric_args["n"]) == (0.91, 600)
    assert accuracy.metric_args["key"] == "scores.accuracy"
    assert read.text.lstrip().startswith("# Model card")
    assert check_paper(str(written), source=sources(report)) == ()


def test_a_draft_knows_whether_it_was_changed_and_how_much() -> None:
    draft = signed("# A\n\none two three four\n", source=OLDER)

    assert not is_edited(draft)
    assert is_edited(draft.replace("two", "2"))
    assert is_edited("# never ours")
    assert share_edited(draft, draft) == 0
    assert share_edited(draft, draft.replace("three", "3")) == pytest.approx(1 / 6, abs=0.001)
    assert share_edited(draft, "all new words here") == 1


def test_papers_are_written_checked_and_recorded(tmp_path: Path) -> None:
    folder = workspace_with(tmp_path / "w", small_report(right=NINE))
    done = run("brief", "triage", "--for", "exec", "--workspace", tmp_path / "w")
    assert (done.code, "In 100 messages about 9 go wrong" in done.out) == (0, True)
    assert run("card", "triage", "--workspace", tmp_path / "w").code == 0
    assert run("card", "triage", "--annex-iv", "--workspace", tmp_path / "w").code == 0
    assert run("papers", "check", "triage", "--workspace", tmp_path / "w").code == 0

    file = folder / "papers" / "brief-exec.md"
    file.write_text(file.read_text().replace("about 9 go", "about 2 go"))
    wrong = run("papers", "check", "triage", "--workspace", tmp_path / "w", "--json")
    problems = {paper["file"]: paper["problems"] for paper in wrong.json["papers"]}
    assert wrong.code == 1
    assert [problem["kind"] for problem in problems[str(file)]] == ["mismatch"]
    assert run("papers", "check", file).code == 1

    again = run("brief", "triage", "--for", "exec", "--workspace", tmp_path / "w")
    assert (again.code, "changed by hand" in again.err) == (2, True)
    assert run("brief", "triage", "--for", "exec", "--overwrite", "--workspace", tmp_path / "w").code == 0

    file.write_text(file.read_text().replace("## What to decide now", "## What I ask you to decide now"))
    assert run("papers", "check", "triage", "--workspace", tmp_path / "w").code == 0
    records = run("evidence", "list", "--workspace", tmp_path / "w", "--json").json
    papers = [(record["title"], record["drafted_by_tool"]) for record in records if record["kind"] == "paper"]
    assert papers[0] == ("brief-exec of triage, drafted", True)
    assert papers[-1] == ("brief-exec of triage, edited", True)
    assert 0 < records[-1]["share_edited"] < 0.2


def test_the_tier_of_the_risk_memo_is_named_where_it_was_assessed(tmp_path: Path) -> None:
    folder = workspace_with(tmp_path / "w", small_report(right=NINE)) / "papers"
    folder.mkdir()
    (folder / "risk.answers.yaml").write_text("role: deployer\nrecruitment: yes\nemployment: yes\n")
    for arguments in (["brief", "triage", "--for", "regulator"], ["card", "triage", "--annex-iv"]):
        run(*arguments, "--workspace", tmp_path / "w")

    for name in ("brief-regulator.md", "annex-iv.md"):
        text = (folder / name).read_text()
        assert "- Under the AI Act: " in text
        assert "is not assessed" not in text
    assert check_papers("triage", start=tmp_path / "w").sound


def test_a_newer_review_makes_papers_stale_until_they_are_drafted_anew(tmp_path: Path) -> None:
    folder = workspace_with(tmp_path / "w", small_report(right=NINE))
    run("brief", "triage", "--for", "user", "--workspace", tmp_path / "w")
    place = folder / "reviews" / NEWER
    place.mkdir()
    (place / "report.json").write_text(json.dumps(small_report(NEWER, right=share(0.8, 0.76, 0.84))))

    (paper,) = check_papers("triage", start=tmp_path / "w").papers
    assert kinds(paper.problems) == ["stale"]
    run("brief", "triage", "--for", "user", "--workspace", tmp_path / "w")
    assert check_papers("triage", start=tmp_path / "w").sound


def test_mistakes_of_a_user_are_explained(tmp_path: Path) -> None:
    folder = workspace_with(tmp_path / "w")
    none = run("card", "triage", "--workspace", tmp_path / "w")
    assert (none.code, "shipworthy review triage" in none.err) == (2, True)
    assert run("papers", "check", "triage", "--workspace", tmp_path / "w").code == 2
    assert run("papers", "check", "nowhere.md").code == 2
    assert run("brief", "triage", "--for", "boss", "--workspace", tmp_path / "w").code == 2

    workspace_with(tmp_path / "v", small_report())
    folder = tmp_path / "v" / "features" / "triage" / "papers"
    folder.mkdir()
    (folder / "card.answers.yaml").write_text("contakt: me\n")
    wrong = run("card", "triage", "--workspace", tmp_path / "v")
    assert (wrong.code, "Did you mean 'contact'" in wrong.err) == (2, True)


def test_a_broken_report_is_a_missing_one(tmp_path: Path) -> None:
    folder = workspace_with(tmp_path / "w", small_report())
    run("brief", "triage", "--for", "user", "--workspace", tmp_path / "w")
    report = folder / "reviews" / OLDER / "report.json"
    for text in ("[", "{}", '{"id": "2026-11-01-aaa111", "at": "x"}'):
        report.write_text(text)
        (paper,) = check_papers("triage", start=tmp_path / "w").papers
        assert set(kinds(paper.problems)) == {"missing"}


@given(st.text(max_size=400), st.text(alphabet="0123456789% .,[]()|>#*-\n:review", max_size=200))
def test_any_text_can_be_checked(first: str, second: str) -> None:
    report = small_report()
    for text in (first, second, f"{first}[review {OLDER}: right]{second}", f"---\n{first}\n---\n{second}"):
        for problem in check_paper(text, source=sources(report)):
            assert 1 <= problem.line <= text.count("\n") + 1
