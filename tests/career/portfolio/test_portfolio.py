"""The portfolio: checkable numbers, visible gaps, and nothing private unless somebody chose it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.career.audit import audit
from shipworthy.career.masking import masked_text
from shipworthy.career.portfolio import PUBLISHABLE, QUESTIONS, CaseAnswers, case_of, json_resume
from shipworthy.evidence.record import Artifact
from shipworthy.workbench.career_portfolio import add_case
from shipworthy.workbench.verbs import result_schema
from shipworthy.workbench.workspace import open_workspace
from tests.career.test_audit import record
from tests.documents.payloads import PAYLOADS
from tests.documents.sample import REVIEWS, as_json
from tests.workbench.small import FEATURE, rows, run, write_csv, write_feature

SCHEMA = json.loads((Path(__file__).parent / "json_resume_schema.json").read_text())
ANSWERS = {
    "title": "Sorting messages",
    "product": "real",
    "users": "Agents.\n\nWe sat beside them.",
    "problem": "Messages wait.",
    "options": "Rules, a classifier, a model.",
    "tradeoffs": "The classifier; no explanations.",
    "metric": "The right queue at once.",
    "limits": "Nothing about other languages.",
    "decision": "Ship, since a person takes the rest.",
    "learned": "Label the test first.",
}


def answered(**changes: Any) -> CaseAnswers:
    fields: dict[str, Any] = {
        "id": "triage",
        "feature": "secret-feature",
        "review": "r",
        "answers": ANSWERS,
        "publish": frozenset(),
        "hide": (),
    }
    return CaseAnswers(**{**fields, **changes})


PROOF = record(
    1,
    feature="secret-feature",
    title="Review r of secret-feature: ship",
    reason="My secret reason.",
    artifacts=(Artifact(name="report", sha256="0" * 64, path="features/secret-feature/report.json"),),
)


# --- privacy -----------------------------------------------------------------------------------

_OURS = {
    "decision",
    "outcome",
    "severity",
    "failure_mode",
    "unit",
    "method",
    "id",
    "at",
    "job",
    "kind",
    "schema",
}
_OURS |= {"origin", "fairness", "fairness_words"}


def canaries(value: Any, name: str = "") -> Any:
    """The report with every text that can hold something private replaced by one that can be found."""
    if isinstance(value, str):
        return value if name in _OURS else f"canary {value}"
    if isinstance(value, list):
        return [canaries(item) for item in value]
    if isinstance(value, dict):
        ours = {"scores", "rows", "statuses"}
        return {
            key if name in ours or not _is_data(name) else f"canary {key}": canaries(item, key)
            for key, item in value.items()
        }
    return value


def _is_data(name: str) -> bool:
    return name in {"classes", "groups", "unmeasured", "files", "segments_too_small", "versions"}


def hostile(name: str) -> dict[str, Any]:
    report = as_json(REVIEWS[name]())
    spoiled: dict[str, Any] = canaries(report)
    spoiled["bars"] = [
        {**new, "text": old["text"]} for new, old in zip(spoiled["bars"], report["bars"], strict=True)
    ]
    return spoiled


@pytest.mark.parametrize("name", REVIEWS)
def test_no_text_of_the_review_and_of_the_record_leaves_unless_it_is_published(name: str) -> None:
    case = case_of(answered(), record=PROOF, report=hostile(name))

    assert case.results is not None
    shown = repr(
        (case.title, case.labels, case.parts, case.purpose, case.reason, case.results, case.evidence)
    )
    assert "canary" not in shown
    assert "secret" not in shown
    assert not re.search(r"outage|refund|language_level|features/", shown)


@pytest.mark.parametrize(
    ("publish", "appears"),
    [
        ("name", "canary Feedback triage"),
        ("purpose", "canary Reads a customer's message"),
        ("segments", "language_level"),
        ("classes", "outage"),
        ("reason", "My secret reason."),
        ("record", "features/secret-feature/report.json"),
    ],
)
def test_what_is_published_appears_and_nothing_else_does(publish: str, appears: str) -> None:
    case = case_of(answered(publish=frozenset({publish})), record=PROOF, report=hostile("hold"))
    without = case_of(answered(), record=PROOF, report=hostile("hold"))

    assert appears in repr((case.purpose, case.reason, case.results, case.evidence))
    assert appears not in repr((without.purpose, without.reason, without.results, without.evidence))
    assert {one.what for one in without.withheld} - {one.what for one in case.withheld} == {
        PUBLISHABLE[publish]
    }


def test_the_name_of_a_check_of_one_s_own_stays_private_and_a_built_in_one_is_called_by_its_title() -> None:
    report = as_json(REVIEWS["hold"]())
    scores = report["candidates"][0]["scores"]
    scores |= {"acme_only": scores["accuracy"], "answer_f1": scores["accuracy"]}
    results = case_of(answered(), record=PROOF, report=report).results

    assert results is not None
    words = [one["words"] for one in results["scores"]]
    assert "acme" not in repr(results)
    assert "A check of the author's" in words
    assert "words in common with a right answer" in words


def test_a_bar_about_a_built_in_check_is_shown_in_words_and_one_about_an_own_check_is_not() -> None:
    report = as_json(REVIEWS["hold"]())
    report["job"] = "answer"
    for bar, text in zip(report["bars"], ("citations_verbatim >= 0.95", "acme_only >= 0.5"), strict=False):
        bar["text"] = text
    results = case_of(answered(), record=PROOF, report=report).results

    assert results is not None
    assert [bar["words"] for bar in results["bars"]][:2] == [
        "citations that stand in the document, word for word (citations_verbatim): at least 0.95",
        "a condition written before the run",
    ]


def test_volumes_and_money_are_shown_only_where_they_are_published() -> None:
    report = as_json(REVIEWS["ship_with_fallback"]())
    private = case_of(answered(), record=PROOF, report=report).results
    public = case_of(answered(publish=frozenset({"business"})), record=PROOF, report=report).results

    assert private is not None
    assert public is not None
    assert (private["value"], private["currency"], private["alone"]["capacity_a_day"]) == (None, "", None)
    assert public["value"]["n"] > 0
    assert public["alone"]["capacity_a_day"] is not None


def test_the_person_s_own_words_are_freed_of_personal_data_and_named_where_they_name_what_is_private() -> (
    None
):
    words = {
        **ANSWERS,
        "users": "Ask ada@firma.de or +49 30 901820, see /srv/ada/x.csv and C:\\Users\\ada\\y.txt;"
        " Frau Doe knows.",
        "limits": "An outage is rare.",
    }
    case = case_of(answered(answers=words, hide=("doe",)), record=PROOF, report=as_json(REVIEWS["hold"]()))

    users = next(part for part in case.parts if part.id == "users").paragraphs[0]
    assert users == "Ask [taken out] or [taken out], see [taken out] and [taken out]; Frau [taken out] knows."
    taken = [one.what for one in case.withheld if one.why == "taken out"]
    assert len(taken) == 5
    assert "ada" not in str(taken)
    assert "a label: outage" in case.mentions


@given(text=st.text(max_size=200), hide=st.lists(st.text(min_size=1, max_size=10), max_size=3))
def test_masking_leaves_nothing_that_it_would_mask_again(text: str, hide: list[str]) -> None:
    hide = [word for word in hide if word.strip().casefold() not in "[taken out]"]
    first = masked_text(text, hide)

    assert all("[taken out]" in first.text for _ in first.redactions)
    assert (
        len(first.redactions) == first.text.count("[taken out]") - text.count("[taken out]")
        or "taken" in text
    )


def test_ordinary_words_are_not_taken_for_places_on_a_disk() -> None:
    text = "Yes/no questions and/or either/or, 24/7, 1/2 of it, see https://example.org/a/b for n/a."

    assert masked_text(text).text == text


# --- gaps and labels ---------------------------------------------------------------------------


@pytest.mark.parametrize("question", [one.id for one in QUESTIONS])
def test_what_is_not_answered_is_a_gap(question: str) -> None:
    case = case_of(
        answered(answers={**ANSWERS, question: None}), record=PROOF, report=as_json(REVIEWS["hold"]())
    )

    assert [gap.question for gap in case.gaps] == [question]


def test_without_evidence_that_holds_no_number_is_shown() -> None:
    case = case_of(answered(), record=None, report=None)

    assert (case.results, case.evidence) == (None, None)
    assert [gap.question for gap in case.gaps] == ["evidence"]


@pytest.mark.parametrize(
    ("origin", "product", "labels"),
    [
        ("own", "real", ()),
        ("own", "fictional", ("Fictional product",)),
        ("bundled", "real", ("Fictional product", "Practice: the data came with Shipworthy")),
    ],
)
def test_a_made_up_product_is_called_one_and_the_bundled_example_always_is(
    origin: Any, product: str, labels: tuple[str, ...]
) -> None:
    from dataclasses import replace

    case = case_of(
        answered(answers={**ANSWERS, "product": product}),
        record=replace(PROOF, origin=origin),
        report=as_json(REVIEWS["hold"]()),
    )

    assert case.labels == labels


# --- JSON Resume -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "profile", [{}, {"name": "Ada", "email": "ada@firma.de", "url": "https://a.example/b"}]
)
@pytest.mark.parametrize("name", REVIEWS)
def test_the_json_resume_follows_the_published_schema(name: str, profile: dict[str, str]) -> None:
    case = case_of(answered(), record=PROOF, report=as_json(REVIEWS[name]()))

    found = json_resume([case], audit=audit([PROOF]), profile=profile, on="2026-11-23")

    jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(found)
    assert found["basics"] == profile
    assert [one["name"] for one in found["projects"]] == ["Sorting messages"]
    assert [one["name"] for one in found["skills"]] == ["Model evaluation"]


# --- the whole site ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ready_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a review on own data and one answered case."""
    home = tmp_path_factory.mktemp("portfolio") / "w"
    run("init", home)
    folder = home / "features" / "secret-triage"
    write_feature(folder, {**FEATURE, "name": "secret-triage"})
    write_csv(folder / "data" / "feedback.csv", rows())
    run("review", "secret-triage", "--reason", "Waiting costs a day.", "--workspace", home)
    run("career", "portfolio", "add", "secret-triage", "--workspace", home)
    answer(home, "study-1", ANSWERS)
    answer(home, "site", {"title": "Checked work", "about": "I measure first."})
    return home


def answer(home: Path, case: str, answers: dict[str, str], *, publish: str = "[]") -> None:
    file = home / "career" / "cases" / f"{case}.answers.yaml"
    text = file.read_text()
    for name, words in answers.items():
        line = f"{name}: {json.dumps(words)}".replace("\\", "\\\\")
        text = re.sub(rf"^{name}: .*$", line, text, flags=re.MULTILINE)
    file.write_text(re.sub(r"^publish: .*$", f"publish: {publish}", text, flags=re.MULTILINE))


@pytest.fixture
def home(ready_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ready_home, tmp_path / "w")
    monkeypatch.chdir(tmp_path / "w")
    return tmp_path / "w"


class Links(HTMLParser):
    """Addresses and headings of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.headings: list[int] = []
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [str(value) for name, value in attrs if name in {"href", "src"}]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))


def site(home: Path) -> dict[str, str]:
    folder = home / "career" / "portfolio"
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()
    }


def test_a_final_site_is_whole_and_every_link_leads_to_a_file_in_it(home: Path) -> None:
    done = run("career", "portfolio", "build", "--final", "--json")

    assert done.code == 0, done.err
    jsonschema.validate(done.json, result_schema("career portfolio build"))
    assert (done.json["ready"], done.json["written"], done.json["gaps"]) == (True, True, [])
    files = site(home)
    assert {"index.html", "case-study-1.html", "case-study-1.md", "resume.json"} < files.keys()
    for name in ("index.html", "case-study-1.html"):
        found = Links(files[name])
        local = [each for each in found.addresses if not each.startswith(("#", "data:,"))]
        assert local
        assert all(each in files for each in local), local
        assert found.headings[0] == 1
        assert all(b - a <= 1 for a, b in zip(found.headings, found.headings[1:], strict=False))
        assert "script" not in found.tags
        assert "default-src 'none'" in files[name]
    jsonschema.validate(json.loads(files["resume.json"]), SCHEMA)


def test_nothing_of_the_workspace_leaves_by_default(home: Path) -> None:
    run("career", "profile", "name=Ada Secretname", "email=ada@firma.de")

    run("career", "portfolio", "build")

    text = "\n".join(site(home).values())
    assert not re.search(
        r"secret-triage|Secretname|firma|bug|praise|\bfree\b|\bpro\b|Waiting costs|support team", text
    )
    assert "feedback.csv" not in text
    assert str(home) not in text


def test_the_published_record_can_be_checked_by_anybody(home: Path) -> None:
    answer(home, "study-1", {}, publish="[record]")
    run("career", "portfolio", "build")
    (published,) = (json.loads(text) for name, text in site(home).items() if name.startswith("evidence/"))
    record = published["record"]

    said = record.pop("sha256")
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert published["whole"]
    assert hashlib.sha256(text.encode()).hexdigest() == said
    report = next(one for one in record["artifacts"] if one["path"].endswith("report.json"))
    assert hashlib.sha256((home / report["path"]).read_bytes()).hexdigest() == report["sha256"]


def test_every_number_of_a_case_is_in_the_published_evidence(home: Path) -> None:
    run("career", "portfolio", "build")
    files = site(home)
    evidence = json.loads(next(text for name, text in files.items() if name.startswith("evidence/")))
    known = str(evidence["results"]["scores"][0]["estimate"]["n"])

    shown = re.findall(r"n = (\d+)", files["case-study-1.md"])

    assert known in shown
    page = files["case-study-1.html"]
    for score in evidence["results"]["scores"]:
        one = score["estimate"]
        written = f"{one['value'] * 100:.1f}%" if one["unit"] == "share" else f"{one['value']:.3f}"
        assert written in page


def test_a_gap_blocks_a_final_site_and_shows_on_a_draft(home: Path) -> None:
    answer(home, "study-1", {"limits": ""})

    final = run("career", "portfolio", "build", "--final")
    assert final.code == 1
    assert "Gap in study-1, limits" in final.out
    assert not (home / "career" / "portfolio").exists()

    draft = run("career", "portfolio", "build")
    assert draft.code == 0
    assert "Draft with 1 gap" in site(home)["case-study-1.html"]
    assert "Not answered yet" in site(home)["case-study-1.html"]


def test_a_preview_writes_nothing_and_names_what_stays_private(home: Path) -> None:
    done = run("career", "portfolio", "build", "--preview")

    assert done.code == 0
    assert not (home / "career" / "portfolio").exists()
    assert all(words in done.out for words in PUBLISHABLE.values())
    assert "would write case-study-1.html" in done.out


def test_numbers_of_a_review_that_was_changed_afterwards_are_not_shown(home: Path) -> None:
    (report,) = home.glob("features/*/reviews/*/report.json")
    report.write_text(report.read_text().replace('"value": 0.', '"value": 1.', 1))

    done = run("career", "portfolio", "build", "--final", "--json")

    assert done.code == 1
    assert [gap["question"] for gap in done.json["gaps"]] == ["evidence"]


def test_building_again_removes_what_is_gone_and_leaves_what_somebody_added(home: Path) -> None:
    run("career", "portfolio", "add", "secret-triage", "--as", "second")
    run("career", "portfolio", "build")
    folder = home / "career" / "portfolio"
    (folder / "CNAME").write_text("example.org")
    (home / "career" / "cases" / "second.answers.yaml").unlink()
    assert (folder / "case-second.html").exists()

    run("career", "portfolio", "build")

    assert not (folder / "case-second.html").exists()
    assert (folder / "CNAME").read_text() == "example.org"


def test_a_manifest_that_somebody_wrote_removes_nothing_elsewhere(home: Path) -> None:
    run("career", "portfolio", "build")
    victim = home / "shipworthy.toml"
    digest = hashlib.sha256(victim.read_bytes()).hexdigest()
    (home / "career" / "portfolio" / "files.json").write_text(json.dumps({"../../shipworthy.toml": digest}))

    run("career", "portfolio", "build")

    assert victim.exists()


def test_a_final_portfolio_is_evidence_once(home: Path) -> None:
    first = run("career", "portfolio", "build", "--final", "--json").json["record"]
    again = run("career", "portfolio", "build", "--final", "--json").json["record"]

    assert first is not None
    assert again == first
    shown = run("career", "audit", "--json").json["audit"]["standings"]
    assert {one["competency"]: one["level"] for one in shown}["communicating-uncertainty"] == 2


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("career portfolio build --workspace {empty}", "There is no case study yet."),
        ("career portfolio add nothing", "There is no feature 'nothing'"),
        ("career portfolio add secret-triage --as ../../x", "cannot be a case's name"),
        ("career portfolio add secret-triage --as site", "cannot be a case's name"),
        ("career portfolio add secret-triage --as study-1", "There is a case 'study-1' already."),
        ("career portfolio add secret-triage --review 1999", "has no review '1999'"),
    ],
)
def test_mistakes_end_with_exit_code_2(home: Path, tmp_path: Path, command: str, said: str) -> None:
    run("init", tmp_path / "empty")

    done = run(*command.format(empty=tmp_path / "empty").split())

    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tile: x", "There is no question 'tile'"),
        ("publish: [everything]", "nothing that can be published"),
        ("product: maybe", "is no answer to 'product'"),
        ("users: [1]", "is not a text"),
        ("hide: yes", "is a list of words"),
        ("review: ''", "does not say its review"),
    ],
)
def test_a_wrong_line_of_a_case_is_named(home: Path, line: str, said: str) -> None:
    file = home / "career" / "cases" / "study-1.answers.yaml"
    kept = [
        each for each in file.read_text().splitlines() if not each.startswith(line.partition(":")[0] + ":")
    ]
    file.write_text("\n".join([*kept, line]))

    done = run("career", "portfolio", "build")

    assert done.code == 2
    assert said in done.err
    assert "study-1.answers.yaml" in done.err


HOSTILE = [*PAYLOADS, "# Head\n## Other", "[a](javascript:alert(1))", "![x](http://evil.example/x)"]


def pages(payload: str) -> tuple[str, str, str]:
    """Case page, first page and Markdown of a case in which every text of the person is ``payload``."""
    from shipworthy.career.portfolio import case_markdown
    from shipworthy.documents.portfolio_page import render_case, render_index
    from shipworthy.workbench.career_portfolio import _line, _plain

    words = {**dict.fromkeys(ANSWERS, payload), "product": "real"}
    everything = frozenset(PUBLISHABLE)
    report = as_json(REVIEWS["hold"]())
    report |= {"does": payload, "for_whom": payload, "feature": payload}
    for one in report["segments"]:
        one["segment"] = one["value"] = payload
    case = case_of(answered(answers=words, publish=everything), record=PROOF, report=report)
    first = {"title": payload, "about": [payload], "name": payload, "on": "2026-11-23", "gaps": 0}
    first |= {"contact": [{"name": "Page", "text": payload}], "rule": "", "cases": [_line(case)]}
    first |= {"skills": [{"name": "Ethics", "level": "done once"}]}
    return render_case(_plain(case), site=first), render_index(first), case_markdown(case)


def test_hostile_words_add_no_tag_no_address_and_no_heading() -> None:
    harmless = pages("harmless")
    for payload in HOSTILE:
        hostile_pages = pages(payload)
        for found, expected in zip(hostile_pages[:2], harmless[:2], strict=True):
            assert Links(found).tags == Links(expected).tags, payload
            assert set(Links(found).addresses) == set(Links(expected).addresses), payload
        markdown = hostile_pages[2]
        assert markdown.count("\n#") == harmless[2].count("\n#"), payload
        assert not re.search(r"(?<!\\)\[(?!\d{4}-\d\d-\d\d-)[^\]]*\]\(|(?<!\\)<", markdown), payload


def test_a_case_is_begun_with_nothing_answered_and_nothing_published(home: Path) -> None:
    added = add_case(open_workspace(home), "secret-triage", name="fresh")
    lines = run("career", "portfolio", "list", "--json").json

    assert added.questions == 10
    fresh = next(line for line in lines if line["id"] == "fresh")
    assert (fresh["answered"], fresh["publish"]) == (0, [])
