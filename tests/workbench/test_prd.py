"""The PRD of a feature: drafted from a real review, tied to it by citations, drafted again without loss."""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shipworthy.evidence.ledger import Ledger, ledger_location
from shipworthy.launch.paper import add_questions, read_answers
from shipworthy.launch.prd import check_prd
from shipworthy.launch.prd.citations import citations
from shipworthy.launch.prd.reading import read_markdown
from shipworthy.launch.risk import write_answers
from shipworthy.playbook.prd import paper_questions
from shipworthy.workbench.prd import check_feature_prd, draft_feature_prd, feature_sources
from shipworthy.workbench.workspace import Workspace, init
from tests.launch.facts import harmless
from tests.workbench.small import FEATURE, rows, run, write_csv, write_feature

ON = date(2026, 11, 23)
SPEC = FEATURE | {
    "data": FEATURE["data"]
    | {"protected": [{"segment": "plan", "fairness": "equal_accuracy", "reason": "All plans pay alike."}]},
    "bar": ["accuracy >= 0.6", "recall[bug] >= 0.5", "beats(baseline)"],
    "harms": [
        {"who": "customers", "what": "wait longer", "severity": "high", "measured_by": "accuracy >= 0.6"},
        {"who": "agents", "what": "trust it blindly"},
    ],
    "value": {"currency": "EUR", "benefit_per_item": 2, "volume_per_month": 3000},
    "costs": {"wrong": 5, "handed_over": 1, "pairs": [{"label": "bug", "cost": 40}]},
    "fallback": {"who": "the | triage <b>desk</b>", "capacity_a_day": 60, "user_sees": "# We are reading it"},
}
ANSWERS = {question.id: question.example for question in paper_questions("prd")}


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with one review, which no test changes."""
    workspace = init(tmp_path_factory.mktemp("prd") / "work")
    folder = workspace.root / "features" / "triage"
    write_csv(folder / "data" / "feedback.csv", rows(400))
    write_feature(folder, SPEC)
    write_answers(folder / "papers" / "risk.answers.yaml", harmless(talks_to_people="yes"))
    assert run("review", "triage", "--workspace", workspace.root).code in {0, 1, 3}
    return workspace


@pytest.fixture
def workspace(reviewed: Workspace, tmp_path: Path) -> Workspace:
    return Workspace(Path(shutil.copytree(reviewed.root, tmp_path / "work")))


def papers(workspace: Workspace) -> Path:
    return workspace.root / "features" / "triage" / "papers"


def answer(workspace: Workspace, **answers: str) -> None:
    text = "".join(f"{name}: {json.dumps(value)}\n" for name, value in answers.items())
    papers(workspace).mkdir(exist_ok=True)
    (papers(workspace) / "prd.answers.yaml").write_text(text)


def rules_of(workspace: Workspace) -> set[str]:
    return {finding.rule for finding in check_feature_prd(workspace, "triage", on=ON).findings}


def test_a_draft_cites_a_review_that_exists_and_says_what_it_says(workspace: Workspace) -> None:
    made = draft_feature_prd(workspace, "triage", on=ON)
    text = Path(made.file).read_text()
    cited = list(citations(read_markdown(text, name="x")))
    (review,) = (path.name for path in (workspace.root / "features/triage/reviews").iterdir())
    report = json.loads((workspace.root / "features/triage/reviews" / review / "report.json").read_text())
    accuracy = report["bars"][0]["all_rows"]["estimate"]

    assert {item.source for item in cited} == {review, "feature.yaml", "risk.answers.yaml"}
    assert made.review == review
    assert f"{accuracy['value']:.1%} (" in text
    assert f"n = {accuracy['n']}) [review {review}: bars.accuracy]" in text
    assert {"bars.recall-bug", "bars.beats-baseline", "data.sha256", "harms.1", "value.month"} <= {
        item.key for item in cited
    }
    assert not {"citation.unknown", "citation.value", "citation.stale"} & rules_of(workspace)


def test_every_number_of_a_draft_stands_before_its_citation(workspace: Workspace) -> None:
    text = Path(draft_feature_prd(workspace, "triage", on=ON).file).read_text()
    left = []
    for block in read_markdown(text, name="x").blocks:
        rest = re.sub(r"[^|\[\]]*\[(review [\w-]+|[\w.]+\.yaml): [^\]]+\]", "", block.text)
        rest = re.sub(r"Art\. [\d(),. ]+|Regulation .*|\[GAP: .*?\]|\(Art[^)]*\)", "", rest)
        left += re.findall(r"\d+", rest)

    assert left == []


@pytest.mark.parametrize("which", range(3))
def test_a_changed_digit_in_any_cited_number_is_noticed(workspace: Workspace, which: int) -> None:
    text = Path(draft_feature_prd(workspace, "triage", on=ON).file).read_text()
    sources = feature_sources(workspace, "triage", on=ON)
    cited = [m.start() for m in re.finditer(r"\[(?:review [\w-]+|feature\.yaml): [^\]]+\]", text)]
    for at in cited[which::3]:
        digits = [
            i for i in range(text.rfind("\n", 0, at), at) if text[i].isdigit() and "]" not in text[i:at]
        ]
        if not digits:
            continue
        place = digits[-1]
        damaged = text[:place] + str((int(text[place]) + 4) % 10) + text[place + 1 :]
        found = {item.rule for item in check_prd(damaged, name="x", sources=sources).findings}
        assert "citation.value" in found, text[place - 40 : at + 60]


def test_a_newer_review_makes_the_paper_stale_and_drafting_again_puts_it_right(workspace: Workspace) -> None:
    first = draft_feature_prd(workspace, "triage", on=ON)
    assert run("review", "triage", "--workspace", workspace.root).code in {0, 1, 3}

    assert "citation.stale" in rules_of(workspace)
    second = draft_feature_prd(workspace, "triage", on=ON)
    assert second.review != first.review
    assert "citation.stale" not in rules_of(workspace)


def test_a_review_that_was_altered_or_removed_is_noticed(workspace: Workspace) -> None:
    draft_feature_prd(workspace, "triage", on=ON)
    (folder,) = (workspace.root / "features/triage/reviews").iterdir()
    report = json.loads((folder / "report.json").read_text())
    report["bars"][0]["all_rows"]["estimate"]["value"] -= 0.1
    (folder / "report.json").write_text(json.dumps(report))
    assert "citation.value" in rules_of(workspace)

    shutil.rmtree(folder)
    assert "citation.unknown" in rules_of(workspace)


def test_changed_settings_and_risk_answers_are_noticed_too(workspace: Workspace) -> None:
    draft_feature_prd(workspace, "triage", on=ON)
    spec = SPEC | {"fallback": {"who": "the desk", "capacity_a_day": 61}}
    write_feature(workspace.root / "features" / "triage", spec)
    lines = {
        item.line
        for item in check_feature_prd(workspace, "triage", on=ON).findings
        if item.rule == "citation.value"
    }
    assert len(lines) == 1

    write_answers(papers(workspace) / "risk.answers.yaml", harmless(employment="yes", recruitment="yes"))
    again = [f for f in check_feature_prd(workspace, "triage", on=ON).findings if f.rule == "citation.value"]
    assert len(again) > 1


def test_what_nobody_knows_is_a_gap_and_unmeasured_harms_and_groups_are_not_done(
    workspace: Workspace,
) -> None:
    made = draft_feature_prd(workspace, "triage", on=ON)
    text = Path(made.file).read_text()

    assert "What hurts today, how often, and how do you know?" in made.gaps
    assert made.answered == 0
    assert re.search(r"agents: trust it blindly \(medium\)\. \[GAP: nothing measures this harm", text)
    assert "text.placeholder" in rules_of(workspace)


def test_with_every_question_answered_only_what_was_not_measured_is_left(workspace: Workspace) -> None:
    spec = SPEC | {"harms": SPEC["harms"][:1]}
    write_feature(workspace.root / "features" / "triage", spec)
    assert run("review", "triage", "--workspace", workspace.root).code in {0, 1, 3}
    answer(workspace, **ANSWERS)
    made = draft_feature_prd(workspace, "triage", on=ON)

    assert made.gaps == ()
    assert made.share_own > 0.3
    done = run("prd", "check", "triage", "--workspace", workspace.root)
    assert (done.code, "0 blocking" in done.out) == (0, True), done.out


def test_what_was_decided_about_sourcing_stands_in_the_draft_with_what_would_reverse_it(
    workspace: Workspace,
) -> None:
    where = ("--workspace", workspace.root)
    assert run("source", "triage", "--decide", "wait", "--on", str(ON), *where).code == 2
    wait = ("--decide", "wait", "--reason", "Prices <b>fall</b>", "--on", str(ON))
    assert run("source", "triage", *wait, *where).code == 0
    draft_feature_prd(workspace, "triage", on=ON)
    text = (workspace.root / "features/triage/papers/prd.md").read_text()
    section = text.partition("## Sourcing\n")[2].partition("\n## ")[0].strip().splitlines()
    assert section[0] == "Decided: wait, because: Prices &lt;b>fall&lt;/b>"
    assert section[2] == "What would reverse it:"
    assert section[3].startswith("- ")
    found = check_feature_prd(workspace, "triage", on=ON).findings
    assert [one for one in found if one.rule.startswith("sourcing")] == []


def test_hostile_settings_and_answers_stay_inside_their_place(workspace: Workspace) -> None:
    answer(
        workspace,
        problem="# Fallback\n<!-- x -->\n```\n---\n<script>alert(1)</script>\u202e",
        kill="a | b\n\n===",
    )
    text = Path(draft_feature_prd(workspace, "triage", on=ON).file).read_text()
    document = read_markdown(text, name="x")

    assert [section.title for section in document.sections].count("Fallback") == 0
    assert "We are reading it" not in [section.title for section in document.sections]
    assert "<script" not in text
    assert "\u202e" not in text
    assert [section.title for section in document.sections][-1] == "Definition of done"


def test_drafting_again_keeps_every_byte_of_the_answers(workspace: Workspace) -> None:
    kept = papers(workspace) / "prd.answers.yaml"
    mine = "# Ana's notes\nproblem:   >\n  Mail is\n  slow.   # not a comment\nkill: [two misses, one leak]\n"
    papers(workspace).mkdir(exist_ok=True)
    kept.write_text(mine)
    draft_feature_prd(workspace, "triage", on=ON)
    once = kept.read_text()
    text = (papers(workspace) / "prd.md").read_text()
    draft_feature_prd(workspace, "triage", on=ON)

    assert once.startswith(mine)
    assert kept.read_text() == once
    assert "- two misses\n- one leak" in text
    assert (papers(workspace) / "prd.md").read_text() == text


def test_words_typed_into_the_page_are_not_lost(workspace: Workspace) -> None:
    page = Path(draft_feature_prd(workspace, "triage", on=ON).file)
    page.write_text(page.read_text().replace("## Harms", "## Harms\n\nMy own words."))
    done = run("prd", "draft", "triage", "--workspace", workspace.root)

    assert done.code == 2
    assert "changed by hand" in done.err
    assert "prd.answers.yaml" in done.err
    assert "My own words." in page.read_text()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    st.dictionaries(
        st.sampled_from(sorted(ANSWERS)),
        st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=60),
    )
)
def test_answers_survive_being_asked_again(tmp_path: Path, answers: dict[str, str]) -> None:
    file = tmp_path / "prd.answers.yaml"
    file.write_text(yaml.safe_dump(answers, default_style='"') if answers else "", encoding="utf-8")
    questions = paper_questions("prd")
    first = add_questions(file, questions, paper="PRD")
    written = file.read_bytes()

    assert first == {name: text.strip() for name, text in answers.items() if text.strip()}
    assert add_questions(file, questions, paper="PRD") == first
    assert file.read_bytes() == written


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("problm: x\n", "Did you mean 'problem'?"),
        ("problem: {a: 1}\n", "text or a list of texts"),
        ("- x\n", "'question: answer' lines"),
        (f"problem: {'x' * 20_001}\n", "20,001 characters"),
    ],
)
def test_an_answer_that_cannot_be_used_is_refused_with_its_place(
    workspace: Workspace, text: str, message: str
) -> None:
    (papers(workspace) / "prd.answers.yaml").write_text(text)
    done = run("prd", "draft", "triage", "--workspace", workspace.root)

    assert done.code == 2
    assert message in done.err
    assert "prd.answers.yaml" in done.err


def test_drafts_and_checks_are_evidence_that_counts_the_persons_own_words(workspace: Workspace) -> None:
    draft_feature_prd(workspace, "triage", on=ON)
    answer(workspace, problem="Mail is slow and outages wait for two hours.")
    draft_feature_prd(workspace, "triage", on=ON, reason="The desk asked for it.")
    check_feature_prd(workspace, "triage", on=ON)
    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root) as ledger:
        bare, own, check = ledger.records()[1:]
        problems = list(ledger.verify())

    assert [record.kind for record in (bare, own, check)] == ["prd", "prd", "prd-check"]
    assert (bare.share_edited, bare.competencies) == (0.0, ())
    assert own.share_edited is not None
    assert own.share_edited > 0
    assert (own.drafted_by_tool, own.reason) == (True, "The desk asked for it.")
    assert "ethics" in own.competencies
    assert check.facts["blocking"]
    assert problems == []


def test_a_feature_without_review_risk_or_settings_can_be_drafted_too(tmp_path: Path) -> None:
    workspace = init(tmp_path / "work")
    (workspace.root / "features" / "idea").mkdir(parents=True)
    made = draft_feature_prd(workspace, "idea", on=ON)

    assert made.review is None
    assert "the tier under the EU AI Act: shipworthy risk assess FEATURE" in made.gaps
    assert len(made.gaps) > 25


# --- the commands ---------------------------------------------------------------------------------------


def test_any_markdown_is_checked_without_a_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "any.md"
    file.write_text("# Sorter\n\n## Fallback\n\nTBD\n")
    done = run("prd", "check", file)
    shown = run("prd", "check", file, "--json")

    assert (done.code, shown.code) == (1, 1)
    assert "line 5 (Fallback): blocking, text.placeholder" in done.out
    Draft202012Validator(run("schema", "prd check").json).validate(shown.json)
    monkeypatch.setattr(sys, "stdin", io.StringIO(file.read_text()))
    assert run("prd", "check", "-", "--json").json["findings"] == shown.json["findings"]


def test_lines_in_lines_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [{"id": "a", "text": "# PRD\n\n## Fallback\n\nTBD\n"}, {"text": "# Other"}]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(map(json.dumps, lines))))
    done = run("prd", "check")
    results = [json.loads(line) for line in done.out.splitlines()]

    assert (done.code, [item["name"] for item in results]) == (1, ["a", "line 2"])
    assert "text.placeholder" in {item["rule"] for item in results[0]["findings"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [("nonsense", "This is not JSON."), ('{"id": 1}', "This has no text."), ("[1]", "This has no text.")],
)
def test_a_line_that_cannot_be_used_says_why_and_the_others_are_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f'{{"text": "# a"}}\n{text}\n"# b"\n'))
    done = run("prd", "check")
    first, second, third = map(json.loads, done.out.splitlines())
    assert (done.code, first["name"], third["name"]) == (2, "line 1", "line 3")
    assert second["error"].startswith(f"Line 2: {said}")


def test_nothing_on_standard_input_is_the_users_mistake(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    done = run("prd", "check")

    assert (done.code, done.out) == (2, "")


def test_wrong_names_and_files_are_the_users_mistake(workspace: Workspace, tmp_path: Path) -> None:
    picture = tmp_path / "x.md"
    picture.write_bytes(b"\x89PNG\xff")

    assert run("prd", "draft", "triag", "--workspace", workspace.root).code == 2
    assert "shipworthy prd draft triage" in run("prd", "check", "triage", "--workspace", workspace.root).err
    assert run("prd", "check", tmp_path / "none.md").code == 2
    assert "not UTF-8" in run("prd", "check", picture).err
    assert "no Markdown" in run("prd", "check", tmp_path / "x.pdf").err


def test_the_rules_can_be_listed() -> None:
    listed = run("prd", "rules", "--json").json

    assert len(listed) >= 30
    Draft202012Validator(run("schema", "prd rules").json).validate(listed)
    assert "fallback.capacity (blocking)" in run("prd", "rules").out


def test_what_a_draft_prints_has_the_published_layout(workspace: Workspace) -> None:
    done = run("prd", "draft", "triage", "--workspace", workspace.root, "--json")

    Draft202012Validator(run("schema", "prd draft").json).validate(done.json)
    assert "gaps:" in run("prd", "draft", "triage", "--workspace", workspace.root).out


def test_read_answers_of_an_empty_file_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("# nothing yet\n")

    assert read_answers(tmp_path / "a.yaml", paper_questions("prd")) == {}
