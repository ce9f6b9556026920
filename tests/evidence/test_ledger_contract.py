"""What a ledger promises, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from shipworthy.core.errors import EnvironmentFailure, UserError
from shipworthy.evidence import Artifact, Ledger, LedgerProblem, Record, _store, content_sha256
from shipworthy.evidence._engine import Database
from shipworthy.evidence._tables import REVISIONS, VERSION_TABLE, metadata
from tests.fakes import FixedClock
from tests.support import ROOT

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAIN: dict[str, Any] = {
    "kind": "review",
    "title": "Feedback triage",
    "origin": "own",
    "drafted_by_tool": False,
    "verified": True,
}


@contextmanager
def opened(location: str, workspace: Path, **options: Any) -> Iterator[Ledger]:
    with Ledger.open(location, workspace=workspace, clock=FixedClock(NOON), **options) as ledger:
        yield ledger


@pytest.fixture
def ledger(location: str, tmp_path: Path) -> Iterator[Ledger]:
    with opened(location, tmp_path) as ledger:
        yield ledger


def tamper(location: str, *statements: str) -> None:
    """What somebody with the database's password can do."""
    database = Database(location, patience=5)
    try:
        with database.writing() as connection:
            if database.is_file:
                connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            for statement in statements:
                connection.execute(text(statement))
    finally:
        database.close()


def kinds(problems: tuple[LedgerProblem, ...]) -> list[tuple[str, str]]:
    return [(problem.record, problem.kind) for problem in problems]


# Writing and reading


def test_a_new_ledger_is_empty_and_sound(ledger: Ledger) -> None:
    assert ledger.records() == ()
    assert ledger.verify() == ()


def test_a_record_reads_back_whole_after_the_ledger_was_closed(location: str, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("<p>hold</p>")
    with opened(location, tmp_path) as ledger:
        report = ledger.artifact(tmp_path / "report.html")
        written = ledger.record(
            kind="review",
            title="Feedback triage: hold — “outages” are missed",
            feature="triage",
            origin="bundled",
            drafted_by_tool=True,
            share_edited=0.1,
            reason="Outages cost us customers.\nSo: no.",
            verified=True,
            competencies=("probabilistic-thinking", "data-literacy"),
            artifacts=(report, Artifact(name="predictions", sha256="a" * 64, path="b/c.parquet")),
            facts={"rows": 600, "macro_f1": {"value": 0.1 + 0.2, "n": 600}, "Größe": None},
        )
    with opened(location, tmp_path) as ledger:
        assert ledger.records() == (written,)
    assert written == Record(
        id=written.id,
        at=NOON,
        kind="review",
        title="Feedback triage: hold — “outages” are missed",
        feature="triage",
        origin="bundled",
        drafted_by_tool=True,
        share_edited=0.1,
        reason="Outages cost us customers.\nSo: no.",
        verified=True,
        competencies=("probabilistic-thinking", "data-literacy"),
        artifacts=(report, Artifact(name="predictions", sha256="a" * 64, path="b/c.parquet")),
        facts={"rows": 600, "macro_f1": {"value": 0.1 + 0.2, "n": 600}, "Größe": None},
        previous=None,
        sha256=content_sha256(written),
    )
    assert written.id.startswith("2026-11-22-")


def test_each_record_names_the_hash_of_the_one_before(ledger: Ledger) -> None:
    first, second, third = (ledger.record(**PLAIN) for _ in range(3))
    assert [first.previous, second.previous, third.previous] == [None, first.sha256, second.sha256]
    assert ledger.records() == (first, second, third)


def test_the_time_is_kept_in_utc_to_the_microsecond(location: str, tmp_path: Path) -> None:
    local = datetime(2026, 11, 23, 0, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    with Ledger.open(location, workspace=tmp_path, clock=FixedClock(local)) as ledger:
        written = ledger.record(**PLAIN)
        assert ledger.records() == (written,)
        assert ledger.verify() == ()
    assert written.at.isoformat() == "2026-11-22T22:30:00.123456+00:00"
    assert written.id.startswith("2026-11-22-")


storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1).filter(
    str.strip
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=storable.map(lambda text: text[:500]).filter(str.strip),
    reason=st.none() | storable,
    share=st.none() | st.floats(0, 1),
    facts=st.dictionaries(st.text(max_size=8), json_values, max_size=4),
)
def test_whatever_may_be_recorded_reads_back_the_same(
    ledger: Ledger, title: str, reason: str | None, share: float | None, facts: dict[str, Any]
) -> None:
    written = ledger.record(**PLAIN | {"title": title}, reason=reason, share_edited=share, facts=facts)
    assert ledger.record_by_id(written.id) == written
    assert content_sha256(written) == written.sha256


def test_what_is_refused_leaves_no_trace(ledger: Ledger) -> None:
    with pytest.raises(UserError, match="may not be empty"):
        ledger.record(**PLAIN | {"title": ""})
    kept = ledger.record(**PLAIN)
    assert ledger.records() == (kept,)


def test_a_failure_in_the_middle_of_writing_leaves_no_trace(location: str, tmp_path: Path) -> None:
    class BrokenClock:
        def now(self) -> datetime:
            raise KeyboardInterrupt

    with opened(location, tmp_path) as ledger:
        first = ledger.record(**PLAIN)
    with (
        Ledger.open(location, workspace=tmp_path, clock=BrokenClock()) as ledger,
        pytest.raises(KeyboardInterrupt),
    ):
        ledger.record(**PLAIN)
    with opened(location, tmp_path) as ledger:
        second = ledger.record(**PLAIN)
        assert ledger.records() == (first, second)
        assert ledger.verify() == ()


def test_there_is_no_way_to_change_or_delete() -> None:
    public = {name for name in vars(Ledger) if not name.startswith("_")}
    assert public == {"open", "artifact", "record", "records", "record_by_id", "verify"}


# Finding


def test_records_are_found_by_kind_feature_competency_and_origin(ledger: Ledger) -> None:
    a = ledger.record(**PLAIN, feature="triage", competencies=("ethics", "prompting"))
    b = ledger.record(**PLAIN | {"kind": "paper", "origin": "external"}, competencies=("ethics",))
    c = ledger.record(**PLAIN | {"origin": "bundled"}, feature="triage")
    assert ledger.records(kind="paper") == (b,)
    assert ledger.records(feature="triage") == (a, c)
    assert ledger.records(competency="ethics") == (a, b)
    assert ledger.records(origin="bundled") == (c,)
    assert ledger.records(feature="triage", competency="prompting", kind="review", origin="own") == (a,)
    assert ledger.records(kind="review", competency="nothing") == ()


def test_a_record_is_found_by_the_beginning_of_its_id(ledger: Ledger) -> None:
    records = [ledger.record(**PLAIN) for _ in range(3)]
    for record in records:
        assert ledger.record_by_id(record.id) == record
        assert ledger.record_by_id(f" {record.id.upper()} ") == record
    alone = ledger.record_by_id(_shortest_prefix(records[0].id, [record.id for record in records]))
    assert alone == records[0]


def _shortest_prefix(wanted: str, ids: list[str]) -> str:
    return next(
        wanted[:length]
        for length in range(1, len(wanted) + 1)
        if sum(name.startswith(wanted[:length]) for name in ids) == 1
    )


def test_an_ambiguous_beginning_lists_what_it_could_mean(ledger: Ledger) -> None:
    first, second = ledger.record(**PLAIN), ledger.record(**PLAIN)
    with pytest.raises(UserError) as error:
        ledger.record_by_id("2026-11-22")
    assert error.value.message == "2 records begin with '2026-11-22'."
    assert error.value.hint == f"Type more of it: {first.id}, {second.id}."


@pytest.mark.parametrize("wanted", ["", "%", "_", "2027", "'; DROP TABLE shipworthy_record; --"])
def test_an_unknown_id_is_refused(ledger: Ledger, wanted: str) -> None:
    kept = ledger.record(**PLAIN)
    with pytest.raises(UserError, match="has no record"):
        ledger.record_by_id(wanted)
    assert ledger.records() == (kept,)


def test_a_mistyped_id_is_answered_with_the_nearest(ledger: Ledger) -> None:
    kept = ledger.record(**PLAIN)
    with pytest.raises(UserError, match=f"Did you mean '{kept.id}'"):
        ledger.record_by_id(kept.id[:-1] + "u")


# Several writers


def test_threads_that_write_at_once_lose_nothing_and_make_one_chain(ledger: Ledger) -> None:
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda number: ledger.record(**PLAIN, facts={"n": number}), range(40)))
    assert {record.id for record in ledger.records()} == {record.id for record in written}
    assert len(written) == 40
    assert ledger.verify() == ()


def test_processes_that_create_and_write_at_once_lose_nothing(location: str, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from shipworthy.evidence import Ledger\n"
        "with Ledger.open(sys.argv[1], workspace=Path('.')) as ledger:\n"
        "    for number in range(10):\n"
        "        ledger.record(kind='review', title=sys.argv[2], origin='own',"
        " drafted_by_tool=False, verified=True, competencies=('ethics',), facts={'n': number})\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", program, location, name]) for name in "abc"
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    with opened(location, tmp_path) as ledger:
        records = ledger.records(competency="ethics")
        assert ledger.verify() == ()
    found = {name: [record.facts["n"] for record in records if record.title == name] for name in "abc"}
    assert found == {name: list(range(10)) for name in "abc"}


def test_a_reader_is_not_kept_waiting_by_a_writer(location: str, tmp_path: Path) -> None:
    with opened(location, tmp_path, patience=0.05) as ledger:
        kept = ledger.record(**PLAIN)
        with held(location):
            assert ledger.records() == (kept,)


def test_a_ledger_that_stays_locked_is_the_environments_fault(location: str, tmp_path: Path) -> None:
    with opened(location, tmp_path, patience=0.05) as ledger:
        with held(location), pytest.raises(EnvironmentFailure, match="Another program is writing"):
            ledger.record(**PLAIN)
        assert ledger.records() == ()


@contextmanager
def held(location: str) -> Iterator[None]:
    """Another program in the middle of writing."""
    database = Database(location, patience=5)
    try:
        with database.writing():
            yield
    finally:
        database.close()


# Tampering

CELLS = [
    ("shipworthy_record", "id", "'2026-11-22-000000'"),
    ("shipworthy_record", "at", "'2026-11-21T12:00:00.000000+00:00'"),
    ("shipworthy_record", "kind", "'paper'"),
    ("shipworthy_record", "title", "'Ship it'"),
    ("shipworthy_record", "feature", "'other'"),
    ("shipworthy_record", "origin", "'external'"),
    ("shipworthy_record", "drafted_by_tool", "true"),
    ("shipworthy_record", "share_edited", "0.9"),
    ("shipworthy_record", "reason", "'Because.'"),
    ("shipworthy_record", "verified", "false"),
    ("shipworthy_record", "facts", "'{}'"),
    ("shipworthy_record", "previous", "NULL"),
    ("shipworthy_record", "sha256", f"'{'0' * 64}'"),
    ("shipworthy_record", "at", "'yesterday'"),
    ("shipworthy_record", "facts", "'['"),
    ("shipworthy_record", "facts", "'7'"),
    ("shipworthy_record_artifact", "name", "'other'"),
    ("shipworthy_record_artifact", "sha256", f"'{'0' * 64}'"),
    ("shipworthy_record_artifact", "path", "'other.txt'"),
    ("shipworthy_record_artifact", "place", "7 - place"),
    ("shipworthy_record_competency", "competency", "'prompting'"),
    ("shipworthy_record_competency", "place", "7 - place"),
]


def three_records(ledger: Ledger, workspace: Path) -> tuple[Record, Record, Record]:
    for name in ("a", "b"):
        (workspace / f"{name}.txt").write_text(name)
    files = [ledger.artifact(workspace / f"{name}.txt") for name in ("a", "b")]
    first, second, third = (
        ledger.record(**PLAIN, competencies=("ethics", "failure-modes"), artifacts=files, facts={"n": number})
        for number in range(3)
    )
    return first, second, third


@pytest.mark.parametrize(("table", "column", "value"), CELLS)
def test_an_edited_cell_shows(
    ledger: Ledger, location: str, tmp_path: Path, table: str, column: str, value: str
) -> None:
    _, second, _ = three_records(ledger, tmp_path)
    assert ledger.verify() == ()
    key = "position" if table == "shipworthy_record" else "record"
    tamper(location, f"UPDATE {table} SET {column} = {value} WHERE {key} = 2")
    problems = ledger.verify()
    name = "2026-11-22-000000" if column == "id" else second.id
    assert (name, "content") in kinds(problems)


def test_a_removed_record_shows_at_the_next(ledger: Ledger, location: str, tmp_path: Path) -> None:
    first, second, third = three_records(ledger, tmp_path)
    tables = ("shipworthy_record_artifact", "shipworthy_record_competency")
    parts = [f"DELETE FROM {table} WHERE record = 2" for table in tables]
    tamper(location, *parts, "DELETE FROM shipworthy_record WHERE position = 2")
    assert kinds(ledger.verify()) == [(third.id, "chain")]
    parts = [f"DELETE FROM {table} WHERE record = 1" for table in tables]
    tamper(location, *parts, "DELETE FROM shipworthy_record WHERE position = 1")
    assert kinds(ledger.verify()) == [(third.id, "chain")]
    assert (first, second) != (third, third)


def test_a_removed_artifact_or_competency_shows(ledger: Ledger, location: str, tmp_path: Path) -> None:
    first, second, _ = three_records(ledger, tmp_path)
    tamper(location, "DELETE FROM shipworthy_record_artifact WHERE record = 1 AND place = 1")
    tamper(location, "DELETE FROM shipworthy_record_competency WHERE record = 2")
    assert kinds(ledger.verify()) == [(first.id, "content"), (second.id, "content")]


def test_a_record_slipped_in_shows_even_with_a_hash_of_its_own(
    ledger: Ledger, location: str, tmp_path: Path
) -> None:
    *_, third = three_records(ledger, tmp_path)
    columns = (
        "at, kind, title, feature, origin, drafted_by_tool, share_edited, reason, verified, facts, sha256"
    )
    tamper(
        location,
        f"INSERT INTO shipworthy_record (position, id, previous, {columns})"
        f" SELECT 4, 'forged', previous, {columns} FROM shipworthy_record WHERE position = 3",
    )
    assert kinds(ledger.verify()) == [("forged", "chain"), ("forged", "content")]
    after = ledger.record(**PLAIN)
    assert after.previous == third.sha256
    assert kinds(ledger.verify()) == [("forged", "chain"), ("forged", "content")]


def test_records_in_another_order_show(ledger: Ledger, location: str) -> None:
    first, second = ledger.record(**PLAIN), ledger.record(**PLAIN)
    moves = [f"UPDATE shipworthy_record SET position = {new} WHERE position = {old}" for old, new in MOVES]
    tamper(location, *moves)
    assert kinds(ledger.verify()) == [(second.id, "chain"), (first.id, "chain")]


MOVES = [(1, 9), (2, 1), (9, 2)]


def test_a_record_that_is_none_any_more_is_refused_by_name(ledger: Ledger, location: str) -> None:
    record = ledger.record(**PLAIN)
    tamper(location, "UPDATE shipworthy_record SET facts = 'not JSON'")
    with pytest.raises(UserError, match=f"record '{record.id}' was changed and cannot be read"):
        ledger.records()


# Artifacts


def test_an_artifact_that_was_changed_or_removed_shows(ledger: Ledger, tmp_path: Path) -> None:
    kept, changed, removed, swapped = (tmp_path / name for name in ("kept", "changed", "removed", "swapped"))
    for path in (kept, changed, removed, swapped):
        path.write_text("as it was")
    record = ledger.record(
        **PLAIN, artifacts=[ledger.artifact(path) for path in (kept, changed, removed, swapped)]
    )
    assert ledger.verify() == ()
    changed.write_text("another")
    removed.unlink()
    swapped.unlink()
    swapped.symlink_to("/dev/zero")
    assert ledger.verify() == tuple(
        LedgerProblem(record=record.id, kind="artifact", message=f"The artifact {name!r} {wrong}.")
        for name, wrong in [
            ("changed", "was changed after it was recorded"),
            ("removed", "is missing"),
            ("swapped", "lies outside the workspace and was not opened"),
        ]
    )


def test_evidence_outside_the_workspace_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(ROOT / "pyproject.toml")
    for path in (ROOT / "pyproject.toml", tmp_path / "link"):
        with pytest.raises(UserError, match="must lie inside the workspace"):
            ledger.artifact(path)
    with pytest.raises(UserError, match="There is no file"):
        ledger.artifact(tmp_path / "missing.html")


def test_an_artifacts_path_does_not_depend_on_where_one_stands(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "features" / "triage"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("hold")
    monkeypatch.chdir(folder)
    assert ledger.artifact(Path("report.html")).path == "features/triage/report.html"
    assert ledger.artifact(Path("report.html"), name="the report").name == "the report"


def test_an_error_that_nobody_foresaw_is_not_dressed_up(ledger: Ledger, location: str) -> None:
    tamper(location, "DROP TABLE shipworthy_record_competency")
    with pytest.raises(DBAPIError, match="shipworthy_record_competency"):
        ledger.records()


# Versions of the tables


def test_a_ledger_of_a_newer_version_is_refused(location: str, tmp_path: Path) -> None:
    with opened(location, tmp_path):
        pass
    tamper(location, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with (
        pytest.raises(UserError, match=r"made by a newer Shipworthy.*'9999'.*'0001'") as error,
        opened(location, tmp_path),
    ):
        pass
    assert error.value.hint == "pip install --upgrade shipworthy"


def test_a_creation_that_was_interrupted_is_begun_again(
    location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(connection: Connection) -> None:
        upgrade(connection)
        raise KeyboardInterrupt

    upgrade = _store._upgrade
    monkeypatch.setattr(_store, "_upgrade", interrupted)
    with pytest.raises(KeyboardInterrupt), opened(location, tmp_path):
        pass
    monkeypatch.undo()
    with opened(location, tmp_path) as ledger:
        kept = ledger.record(**PLAIN)
        assert ledger.records() == (kept,)


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(location: str, tmp_path: Path) -> None:
    with opened(location, tmp_path):
        pass
    database = Database(location, patience=5)
    try:
        with database.reading() as connection:
            options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, metadata) == []
    finally:
        database.close()


def test_the_code_knows_every_migration_in_order() -> None:
    config = Config()
    config.set_main_option("script_location", "shipworthy.evidence:migrations")
    steps = ScriptDirectory.from_config(config).walk_revisions()
    assert tuple(step.revision for step in steps)[::-1] == REVISIONS


def test_opening_a_ledger_that_is_up_to_date_does_not_load_alembic(location: str, tmp_path: Path) -> None:
    with opened(location, tmp_path):
        pass
    program = (
        "import sys; from pathlib import Path; from shipworthy.evidence import Ledger\n"
        "with Ledger.open(sys.argv[1], workspace=Path('.')) as ledger: ledger.records()\n"
        "print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-W", "error", "-c", program, location]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    assert done.stdout == "False\n"
