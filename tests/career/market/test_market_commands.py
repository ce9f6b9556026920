"""The market's commands: words for people, JSON for programs, a sheet from own facts only."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import jsonschema
import pytest

from shipworthy.workbench.career_roles import add_role
from shipworthy.workbench.verbs import result_schema
from shipworthy.workbench.workspace import open_workspace
from tests.workbench.small import run

POSTING = """\
Senior AI Product Manager
Company: Acme [x](javascript:alert(1)) Health

We are a digital health company. Remote.

Requirements
- You have evaluated models offline with labelled test sets.

The base salary range is $150,000 - $190,000 a year.
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    run("init", tmp_path / "w")
    monkeypatch.chdir(tmp_path / "w")
    add_role(open_workspace(tmp_path / "w"), POSTING.encode(), on=date(2026, 11, 20))
    return tmp_path / "w"


@pytest.mark.parametrize(
    ("command", "verb"),
    [
        ("career profile country=US ai_years=4", "career profile"),
        ("career market --on 2026-11-23", "career market"),
        (
            "career market --place Seattle --level senior --rate USD/CAD=1.4@2026-11-01 --on 2026-11-23",
            "career market",
        ),
        ("career negotiate --on 2026-11-23", "career negotiate"),
        ("career pitch", "career pitch"),
        ("career pitch history", "career pitch history"),
        ("career portfolio list", "career portfolio list"),
    ],
)
def test_json_follows_the_published_schema(home: Path, command: str, verb: str) -> None:
    done = run(*command.split(), "--json")

    assert (done.code, done.err) == (0, "")
    jsonschema.validate(done.json, result_schema(verb))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("career profile country", "sets nothing"),
        ("career profile contry=US", "Did you mean 'country'"),
        ("career market --rate 1.4", "is no exchange rate with a day"),
        ("career market --level boss", "There is no level 'boss'"),
        ("career market --on someday", "is no day"),
        ("career negotiate nobody", "There is no role 'nobody'"),
    ],
)
def test_mistakes_end_with_exit_code_2_and_what_to_do(home: Path, command: str, said: str) -> None:
    done = run(*command.split())

    assert done.code == 2
    assert said in done.err


def test_pay_of_a_saved_posting_is_joined_in_as_posted_with_its_own_words(home: Path) -> None:
    lines = run("career", "market", "--on", "2026-11-23", "--json").json["pay"]

    (own,) = [line for line in lines if line["quote"]]
    assert (own["provenance"], own["component"], own["low"], own["high"]) == (
        "posted",
        "base",
        150_000,
        190_000,
    )
    assert own["quote"] == "$150,000 - $190,000"
    assert (own["level"], own["segment"], own["n"], own["as_of"]) == ("senior", "domain", 1, "2026-11-20")
    later = run("career", "market", "--on", "2027-11-21", "--json").json["pay"]
    assert [line["stale"] for line in later if line["quote"]] == [True]


def test_a_saved_posting_counts_for_its_segment(home: Path) -> None:
    segments = run("career", "market", "--json").json["segments"]

    assert {one["id"]: one["saved_roles"] for one in segments} == {
        "frontier": 0,
        "startup": 0,
        "established": 0,
        "domain": 1,
    }


def test_measured_pay_is_shown_for_the_place_that_is_named(home: Path) -> None:
    def measured(*options: str) -> int:
        lines = run("career", "market", "--json", *options).json["pay"]
        return sum(line["provenance"] == "measured" for line in lines)

    assert (measured(), measured("--place", "seattle"), measured("--place", "Atlantis")) == (0, 5, 0)
    assert measured("--place", "seattle", "--country", "CA") == 0


def test_the_terminal_shows_each_rule_each_provenance_and_the_arithmetic(home: Path) -> None:
    text = run("career", "market", "--on", "2026-11-23").out

    assert "NOT YET: Frontier AI labs" in text
    assert "the guide's condition" in text
    assert "our reading" in text
    assert "[claimed] US, senior, total: USD 300,000 to 500,000 and more a year" in text
    assert "The two do not agree: the rule does not close." in text
    assert "Your profile does not say (shipworthy career profile ambiguity=…)." in text


def test_a_profile_that_was_set_is_used(home: Path) -> None:
    run("career", "profile", "ai_years=4", "country=CA")

    text = run("career", "market", "--on", "2026-11-23").out

    assert "By your years the guide would call you mid" in text
    assert "[claimed] CA, senior" in text
    assert "[claimed] US" not in text


def test_the_sheet_holds_own_facts_and_no_claimed_figure(home: Path) -> None:
    role = run("career", "roles", "list", "--json").json[0]["id"]

    done = run("career", "negotiate", role, "--on", "2026-11-23", "--json")

    text = done.json["text"]
    assert (home / "career" / "negotiation.md").read_text() == text
    assert "“$150,000 - $190,000” (base, as of 2026-11-20)" in text
    assert "claimed" not in text.replace("nothing claimed", "").replace("not merely claimed", "")
    assert "300,000" not in text
    assert done.json["gaps"] == text.count("**Gap:**") >= 4
    assert "No record answers the question" in text
    assert "](" not in text


def test_a_role_without_pay_is_a_gap(home: Path, tmp_path: Path) -> None:
    (tmp_path / "bare.txt").write_text(
        "AI Product Manager\nCompany: Bare\n\nRequirements\n- You write well.\n"
    )
    role = run("career", "roles", "add", "../bare.txt", "--json").json["id"]

    assert "the posting names no pay" in run("career", "negotiate", role, "--json").json["text"]
