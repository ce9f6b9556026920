"""What a record is, before any database is involved."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shipworthy.core.errors import UserError
from shipworthy.evidence import Artifact, Record, content_sha256
from shipworthy.evidence.record import checked

RECORD = Record(
    id="2026-11-22-7k3f9q",
    at=datetime(2026, 11, 22, 12, 30, tzinfo=UTC),
    kind="review",
    title="Feedback triage: hold",
    feature="triage",
    origin="own",
    drafted_by_tool=True,
    share_edited=0.25,
    reason="Outages are missed too often.",
    verified=True,
    competencies=("model-evaluation",),
    artifacts=(Artifact(name="report", sha256="0" * 64, path="features/triage/reviews/x/report.html"),),
    facts={"verdict": "hold", "rows": 600},
    previous="f" * 64,
    sha256="",
)
FIELDS: dict[str, Any] = {
    "kind": "review",
    "title": "A title",
    "feature": None,
    "origin": "own",
    "drafted_by_tool": False,
    "share_edited": None,
    "reason": None,
    "verified": True,
    "competencies": (),
    "artifacts": (),
    "facts": {},
}


def test_the_hash_of_a_record_is_the_same_in_every_version() -> None:
    assert content_sha256(RECORD) == "ea3b1be64dfdba5a884624fa3f73393019cbfd9b111b4ed5042c7ef13d444600"


@pytest.mark.parametrize(
    "change",
    [
        {"id": "2026-11-22-7k3f9r"},
        {"at": datetime(2026, 11, 22, 12, 30, 0, 1, tzinfo=UTC)},
        {"kind": "paper"},
        {"title": "Feedback triage: ship"},
        {"feature": None},
        {"origin": "bundled"},
        {"drafted_by_tool": False},
        {"share_edited": 0.26},
        {"reason": None},
        {"verified": False},
        {"competencies": ()},
        {"artifacts": ()},
        {"facts": {"verdict": "ship", "rows": 600}},
        {"previous": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_hash_covers_every_field(change: dict[str, Any]) -> None:
    assert content_sha256(replace(RECORD, **change)) != content_sha256(RECORD)


def test_the_hash_does_not_cover_itself() -> None:
    assert content_sha256(replace(RECORD, sha256="a" * 64)) == content_sha256(RECORD)


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        RECORD.title = "Ship it"  # type: ignore[misc]


@pytest.mark.parametrize(("origin", "practice"), [("bundled", True), ("own", False), ("external", False)])
def test_only_bundled_data_counts_as_practice_only(origin: Any, practice: bool) -> None:
    assert replace(RECORD, origin=origin).practice_only is practice


def test_facts_are_kept_as_json_would_keep_them() -> None:
    facts = {"n": 600.0, "range": (0.5, 1), 3: None}
    assert checked(**FIELDS | {"facts": facts})["facts"] == {"n": 600, "range": [0.5, 1], "3": None}


def test_a_competency_is_listed_once() -> None:
    given = ("ethics", "prompting", "ethics")
    assert checked(**FIELDS | {"competencies": given})["competencies"] == ("ethics", "prompting")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("title", " ", "title of an evidence record may not be empty"),
        ("title", "x" * 501, "501 characters"),
        ("title", "a\x00b", r"holds the character '\\x00'"),
        ("reason", "half a pair: \ud83d", r"holds the character '\\ud83d'"),
        ("feature", "", "feature of an evidence record may not be empty"),
        ("kind", "x" * 51, "51 characters"),
        ("competencies", ("",), "competency of an evidence record may not be empty"),
        ("facts", {"label": "\ud83d"}, "facts of an evidence record holds"),
        ("artifacts", (Artifact(name="a", sha256="0" * 64, path="a\x00b"),), "artifact's path"),
    ],
)
def test_a_text_that_no_database_keeps_is_refused_in_plain_words(
    field: str, value: Any, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        checked(**FIELDS | {field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("origin", "borrowed"),
        ("share_edited", 1.5),
        ("share_edited", float("nan")),
        ("artifacts", (Artifact(name="a", sha256="abc", path="a"),)),
        ("facts", {"rows": ["a whole example " * 20] * 500}),
    ],
)
def test_a_value_that_only_our_code_can_get_wrong_is_a_bug(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"origin|share_edited|SHA-256|counts and names"):
        checked(**FIELDS | {field: value})


def test_importing_the_package_loads_no_database_library() -> None:
    program = (
        "import sys, shipworthy.evidence\n"
        "print([name for name in ('sqlalchemy', 'alembic', 'psycopg', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
