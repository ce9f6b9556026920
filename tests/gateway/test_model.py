"""What is asked, how it is addressed, and what comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.core.errors import UserError
from shipworthy.gateway.model import CallFailure, FailureKind, Reply, Request, Settings, label_schema

TEXT = st.text(max_size=20)


def test_labels_alone_make_the_schema_of_the_answer() -> None:
    settings = Settings(labels=("bug", "billing"))
    assert settings.schema == label_schema(("bug", "billing"))
    assert settings.check is not None
    assert settings.check({"label": "bug"}) is None
    assert settings.check({"label": "spam"}) is not None


def test_a_schema_of_ones_own_stays() -> None:
    settings = Settings(labels=("bug",), schema={"type": "array"})
    assert settings.schema == {"type": "array"}


def test_the_address_of_a_request_depends_on_everything_that_determines_the_answer() -> None:
    usual = Settings(labels=("a", "b"))
    requests = [
        Request(settings=usual, prompt="text"),
        Request(settings=usual, prompt="text", repeat=1),
        Request(settings=usual, prompt="another"),
        Request(settings=Settings(labels=("b", "a")), prompt="text"),
        Request(settings=Settings(labels=("a", "b"), system="Sort."), prompt="text"),
        Request(settings=Settings(labels=("a", "b"), examples=(("x", "a"),)), prompt="text"),
        Request(settings=Settings(labels=("a", "b"), temperature=0.5), prompt="text"),
        Request(settings=Settings(labels=("a", "b"), max_tokens=9), prompt="text"),
        Request(settings=Settings(labels=("a", "b"), seed=1), prompt="text"),
        Request(settings=Settings(labels=("a", "b"), logprobs=True), prompt="text"),
    ]
    keys = {request.key(version) for request in requests for version in ("one", "two")}
    assert len(keys) == 2 * len(requests)
    assert requests[0].key("one") == Request(settings=Settings(labels=("a", "b")), prompt="text").key("one")


@given(TEXT, TEXT, st.integers(0, 99))
def test_equal_requests_have_equal_addresses(prompt: str, version: str, repeat: int) -> None:
    first, second = (Request(settings=Settings(), prompt=prompt, repeat=repeat) for _ in range(2))
    assert first.key(version) == second.key(version)
    assert len(first.key(version)) == 64


def test_half_a_surrogate_pair_is_replaced_because_it_cannot_be_sent() -> None:
    broken = Request(settings=Settings(), prompt="ü \ud83d")
    assert (broken.prompt, len(broken.key("1"))) == ("ü \ufffd\ufffd\ufffd", 64)


def test_repeats_get_seeds_of_their_own() -> None:
    seeded = Settings(seed=2**31 - 1)
    assert [Request(settings=seeded, prompt="", repeat=n).seed for n in range(3)] == [2**31 - 1, 0, 1]
    assert Request(settings=Settings(), prompt="", repeat=1).seed is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_tokens": 0},
        {"temperature": -1},
        {"temperature": 2.1},
        {"temperature": float("nan")},
        {"labels": ("a", "a")},
        {"labels": ("a", " ")},
        {"schema": {"type": "thing"}},
    ],
)
def test_settings_that_no_model_can_use_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UserError):
        Settings(**wrong)  # type: ignore[arg-type]


def test_a_reply_is_written_without_what_is_unknown_and_read_back_equal() -> None:
    reply = Reply(status="ok", text="x", proba={"a": 0.25}, cost=0.0, tokens_in=0, attempts=2)
    row = reply.row()
    assert row == {
        "status": "ok",
        "text": "x",
        "proba": {"a": 0.25},
        "tokens_in": 0,
        "attempts": 2,
        "cost": 0.0,
    }
    assert Reply(**row) == reply


@pytest.mark.parametrize(
    ("kind", "transient"),
    [
        ("rate_limited", True),
        ("overloaded", True),
        ("server", True),
        ("connection", True),
        ("timeout", False),
        ("unauthorised", False),
        ("quota", False),
        ("not_found", False),
        ("rejected", False),
    ],
)
def test_only_what_may_go_away_by_itself_is_worth_another_try(kind: FailureKind, transient: bool) -> None:
    failure = CallFailure("no", kind=kind)
    assert (failure.transient, failure.exit_code) == (transient, 4)
