"""How a model reads and writes, through the command line; from the real local model."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shipworthy.core.errors import MissingExtraError, UserError
from shipworthy.gateway.adapters import local
from shipworthy.workbench.explain import explain_tokens
from tests.gateway.conftest import nothing_leaves_this_machine  # noqa: F401 (holds here too)
from tests.support import require
from tests.workbench.small import run


@pytest.fixture
def model() -> None:
    try:
        local.LocalModel()
    except (MissingExtraError, UserError) as error:
        require("local-model", error.message)


@pytest.fixture
def priced() -> None:
    pytest.importorskip("genai_prices", reason="needs shipworthy[openai]")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is no workspace, and stays as empty as it was."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert {path.name for path in tmp_path.iterdir()} <= {"text.txt"}


def valid(verb: str, value: Any) -> Any:
    Draft202012Validator(run("schema", verb).json).validate(value)
    return value


@pytest.mark.usefixtures("model", "priced")
def test_tokens_are_the_model_s_own_with_their_number_and_cost(elsewhere: Path) -> None:
    text = "Unbelievably, it rained.\n"
    (elsewhere / "text.txt").write_text(text)
    found = valid("explain tokens", run("explain", "tokens", text, "--json").json)
    assert "".join(found["pieces"]) == text
    assert (found["count"], found["characters"]) == (len(found["pieces"]), len(text))
    assert [cost["model"].partition(":")[0] for cost in found["costs"]] == ["openai", "anthropic", "google"]
    assert all(0 < cost["dollars"] < cost["most"] and "as of" in cost["source"] for cost in found["costs"])
    assert run("explain", "tokens", "--file", "text.txt", "--json").json == found
    shown = run("explain", "tokens", text).out
    assert shown.splitlines()[0] == "|".join(found["pieces"]).replace("\n", "⏎")
    assert "their tokenizers are not on this machine" in shown


@pytest.mark.usefixtures("model", "priced")
def test_hosted_models_that_are_named_are_priced_with_their_cautions(elsewhere: Path) -> None:
    asked = ("explain", "tokens", "Hello", "--model", "local", "--model", "google:gemini-3.6-flash")
    (cost,) = run(*asked, "--json").json["costs"]
    assert cost["model"] == "google:gemini-3.6-flash"
    assert "caution: Price lists disagree" in run(*asked).out


@pytest.mark.usefixtures("model")
def test_without_a_price_list_tokens_are_still_shown(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices.data_snapshot", None)
    done = run("explain", "tokens", "Hello")
    assert done.code == 0
    assert "pip install 'shipworthy[openai]'" in done.out
    named = run("explain", "tokens", "Hello", "--model", "openai:gpt-5-mini")
    assert named.code == 2


@pytest.mark.usefixtures("model")
def test_temperatures_flatten_what_comes_next_and_samples_repeat(elsewhere: Path) -> None:
    asked = ("explain", "temperature", "Name a colour.", "--at", "0", "--at", "1", "--samples", "2")
    found = valid("explain temperature", run(*asked, "--length", "6", "--json").json)
    cold, warm = found["temperatures"]
    assert (cold["temperature"], cold["entropy"], len(cold["samples"])) == (0.0, 0.0, 1)
    assert warm["entropy"] > 1
    assert sum(share for _, share in warm["tokens"]) < 1
    assert run(*asked, "--length", "6", "--json").json == found
    shown = run(*asked, "--length", "6").out
    assert "temperature 0: always the likeliest" in shown
    assert f"writes: {warm['samples'][1]!r}" in shown


@pytest.mark.usefixtures("model", "priced")
def test_what_does_not_fit_is_cut_and_shown(elsewhere: Path) -> None:
    (elsewhere / "text.txt").write_text(" ".join(f"word{number}" for number in range(3000)))
    asked = ("explain", "context", "text.txt", "--model", "openai:gpt-5-mini")
    found = valid("explain context", run(*asked, "--json").json)
    here, there = found["windows"]
    assert (here["fits"], here["size"], there["fits"], there["estimated"]) == (False, 4096, True, True)
    assert there["dollars"] == pytest.approx((there["tokens"] - 256) * 0.25e-6)
    shown = run(*asked).out
    assert f"reads the first {found['kept']:,} characters; what comes after is cut off" in shown
    assert "does not fit" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("tokens",), "Give either a text or a file."),
        (("tokens", "a", "--file", "text.txt"), "Give either a text or a file."),
        (("tokens", "--file", "none.txt"), "There is no file 'none.txt'"),
        (("tokens", "a", "--model", "house:m"), "not a model that can be reached"),
        (("tokens", "a", "--model", "openai:nobody-knows"), "Nobody here knows what"),
        (("tokens", "a", "--model", "local:none.gguf"), "There is no file 'none.gguf'"),
        (("tokens", "a", "--model", "local", "--model", "local:b.gguf"), "several were named"),
        (("temperature", " "), "Give a prompt"),
        (("temperature", "a", "--top-p", "3"), "a top-p between 0 and 1"),
        (("temperature", "a", "--at", "3"), "Invalid value"),
        (("context", "text.txt", "--answer", "5000"), "leaves no room"),
        (("context", "."), "is a folder"),
    ],
)
@pytest.mark.usefixtures("model", "priced")
def test_what_was_typed_wrong_is_said(elsewhere: Path, arguments: tuple[str, ...], words: str) -> None:
    (elsewhere / "text.txt").write_text("a text")
    done = run("explain", *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err


def test_a_file_that_is_no_text_or_too_large_is_refused(elsewhere: Path) -> None:
    file = elsewhere / "text.txt"
    file.write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8 text" in run("explain", "context", file).err
    file.write_bytes(b"x" * 4_000_001)
    assert "at most 4,000,000" in run("explain", "context", file).err


@pytest.mark.parametrize("verb", [("tokens", "a"), ("temperature", "a"), ("context", "text.txt")])
def test_a_missing_model_or_runner_is_said_with_the_command_to_type(
    elsewhere: Path, verb: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (elsewhere / "text.txt").write_text("a text")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "xllamacpp", None)
        done = run("explain", *verb)
        assert (done.code, "next: pip install 'shipworthy[local]'" in done.err) == (2, True)
    pytest.importorskip("xllamacpp", reason="needs shipworthy[local]")
    monkeypatch.setattr(local, "packaged_gguf", lambda: None)
    done = run("explain", *verb)
    assert (done.code, "next: shipworthy models get local" in done.err) == (2, True)


@pytest.mark.usefixtures("model", "priced")
def test_the_small_models_of_each_vendor_are_still_on_the_price_list() -> None:
    assert len(explain_tokens("a").costs) == 3
