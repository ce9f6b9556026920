"""Keys are found, used, and shown nowhere."""

import pickle
import traceback

import pytest

from shipworthy.core.errors import UserError
from shipworthy.gateway.keys import FoundKey, Secret, found_keys, scrub, secret

KEY = "sk-proj-1234567890abcdefghij"


def test_the_first_name_that_is_set_is_used() -> None:
    found = secret(
        ["A_KEY", "B_KEY"], needed_for="the test", environment={"A_KEY": " ", "B_KEY": f" {KEY}\n"}
    )
    assert (found.name, found.reveal()) == ("B_KEY", KEY)


def test_a_missing_key_says_what_to_type_and_what_needs_it() -> None:
    with pytest.raises(UserError) as caught:
        secret(["HOUSE_KEY"], needed_for="'house:llama'", environment={})
    assert str(caught.value) == (
        "'house:llama' needs a key, and HOUSE_KEY is not set.\n"
        "  next: export HOUSE_KEY=… (or, with the keyring package: keyring set shipworthy HOUSE_KEY)"
    )


@pytest.mark.parametrize("value", ["sk-line\nbreak", "sk-ünicode", "sk-nul\x00"])
def test_a_key_that_no_header_can_hold_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(UserError) as caught:
        secret(["A_KEY"], needed_for="the test", environment={"A_KEY": value})
    assert "A_KEY" in str(caught.value)
    assert value not in str(caught.value)


def test_keys_are_listed_by_name_and_place_only() -> None:
    assert found_keys(["A_KEY", "B_KEY"], environment={"B_KEY": KEY}) == (
        FoundKey(name="B_KEY", place="environment"),
    )


def test_a_key_in_the_keyring_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring")
    from keyring.backend import KeyringBackend

    class Memory(KeyringBackend):  # type: ignore[misc, unused-ignore] # without the extra, Any
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return KEY if (service, username) == ("shipworthy", "A_KEY") else None

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

    monkeypatch.delenv("A_KEY", raising=False)
    before = keyring.get_keyring()
    keyring.set_keyring(Memory())  # type: ignore[no-untyped-call, unused-ignore]
    try:
        assert secret(["A_KEY"], needed_for="the test").reveal() == KEY
        assert found_keys(["A_KEY"]) == (FoundKey(name="A_KEY", place="keyring"),)
        monkeypatch.setenv("A_KEY", "from the environment")
        assert secret(["A_KEY"], needed_for="the test").reveal() == "from the environment"
    finally:
        keyring.set_keyring(before)


def test_a_machine_without_a_keyring_has_no_key_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring")
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call, unused-ignore]
    monkeypatch.delenv("A_KEY", raising=False)
    try:
        assert found_keys(["A_KEY"]) == ()
    finally:
        keyring.set_keyring(before)


def test_a_secret_does_not_show_its_value() -> None:
    hidden = Secret("A_KEY", KEY)
    assert repr(hidden) == str(hidden) == f"{hidden}" == "Secret('A_KEY')"
    assert not hasattr(hidden, "__dict__")
    with pytest.raises(TypeError, match="A_KEY"):
        pickle.dumps(hidden)


def test_a_traceback_with_local_variables_does_not_show_a_secret() -> None:
    hidden = Secret("A_KEY", KEY)
    try:
        raise RuntimeError(hidden)
    except RuntimeError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "Secret('A_KEY')" in shown
    assert KEY not in shown


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        (f"refused: {KEY}!", "refused: [A_KEY]!"),
        ("refused: sk-ant-api03-abcdefgh12345678", "refused: [key]"),
        ("key AIzaSyA1234567890abcdefghijklmno", "key [key]"),
        ("Authorization: Bearer abcdefgh.ijkl", "Authorization: [key]"),
        ("a task-oriented sketch of the key question", "a task-oriented sketch of the key question"),
    ],
)
def test_keys_are_taken_out_of_messages(text: str, scrubbed: str) -> None:
    assert scrub(text, [Secret("A_KEY", KEY), Secret("EMPTY", "")]) == scrubbed
