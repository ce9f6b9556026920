"""The cache of replies, through the command line."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from shipworthy.gateway.cache import Cache
from shipworthy.gateway.model import Reply
from shipworthy.workbench.cache import cache_folder
from shipworthy.workbench.workspace import Workspace, init
from tests.workbench.small import run


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    workspace = init(tmp_path / "work")
    monkeypatch.chdir(workspace.root)
    return workspace


def fill(work: Workspace, replies: int) -> None:
    with Cache(cache_folder(work)) as cache:
        for number in range(replies):
            key = hashlib.sha256(str(number).encode()).hexdigest()
            cache.put(key, "openai:gpt-5-mini", Reply(status="ok", text="bug", cost=0.25))


def test_what_was_paid_for_is_shown_by_model(work: Workspace) -> None:
    fill(work, 3)
    content = run("cache", "show", "--json").json
    Draft202012Validator(run("schema", "cache show").json).validate(content)
    assert (content["replies"], content["models"]) == (3, [["openai:gpt-5-mini", 3, 0.75]])
    shown = run("cache", "show").out
    assert shown.startswith("3 replies, 0.0 of 500 MB: ")
    assert "openai:gpt-5-mini  3 replies, $0.7500 when they were made" in shown


def test_a_workspace_without_a_cache_has_an_empty_one_and_gets_none(work: Workspace) -> None:
    assert run("cache", "show", "--json").json["replies"] == 0
    assert run("cache", "clear", "--json").json["replies"] == 0
    assert not cache_folder(work).exists()


def test_clearing_forgets_all_replies(work: Workspace) -> None:
    fill(work, 3)
    assert run("cache", "clear").out == "3 replies forgotten.\n"
    assert run("cache", "show", "--json").json["replies"] == 0


def test_a_damaged_cache_is_the_environment_s_fault_and_can_be_cleared(work: Workspace) -> None:
    cache_folder(work).mkdir(parents=True)
    (cache_folder(work) / "replies.db").write_bytes(b"nonsense" * 1000)
    done = run("cache", "show")
    assert done.code == 4
    assert "next: shipworthy cache clear" in done.err
    assert run("cache", "clear").code == 0
    assert run("cache", "show").code == 0


def test_outside_of_a_workspace_there_is_no_cache(tmp_path: Path) -> None:
    for verb in ("show", "clear"):
        done = run("cache", verb, "--workspace", tmp_path)
        assert (done.code, "shipworthy init" in done.err) == (2, True)
