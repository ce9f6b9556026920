"""From what a model wrote to a reply."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.gateway.answers import Said, judged, parsed_json
from shipworthy.gateway.model import Settings

LABELS = Settings(labels=("bug", "billing issue"), logprobs=True)
FREE = Settings()


@pytest.mark.parametrize(
    ("said", "status", "detail"),
    [
        (Said(text='{"label": "bug"}'), "ok", None),
        (Said(text=' ```json\n{"label": "bug"}\n``` '), "ok", None),
        (Said(text='```\n{"label": "bug"}```'), "ok", None),
        (Said(text="bug"), "invalid", "the answer is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (
            Said(text='{"label": "spam"}'),
            "invalid",
            "'label' is 'spam', which is not one of the values asked for",
        ),
        (Said(text='{"label": NaN}'), "invalid", "the answer is not JSON: NaN is not JSON"),
        (Said(text="[" * 100_000), "invalid", "the answer is not JSON: it is nested too deeply"),
        (Said(text=""), "invalid", "the answer is empty"),
        (Said(text=None), "invalid", "the answer is empty"),
        (Said(text=" \n"), "invalid", "the answer is empty"),
        (Said(text='{"label": "bug"}', ending="length"), "invalid", "cut off at 256 tokens (max_tokens)"),
        (Said(text=None, ending="refused", refusal="I may not."), "refused", "I may not."),
        (Said(text="No.", ending="refused"), "refused", "No."),
        (Said(text=None, ending="refused"), "refused", "the provider's filter stopped the answer"),
        (Said(text='{"label": "bug"}', ending="tool_calls"), "ok", None),
    ],
)
def test_every_way_to_end_has_its_status_and_reason(said: Said, status: str, detail: str | None) -> None:
    reply = judged(said, LABELS)
    assert (reply.status, reply.detail) == (status, detail)
    assert reply.parsed == ({"label": "bug"} if status == "ok" else None)
    assert reply.text == said.text


def test_free_text_is_an_answer_as_it_is() -> None:
    reply = judged(Said(text="any words", tokens_in=3, tokens_out=2, model_version="m-1"), FREE)
    assert reply.row() == {
        "status": "ok",
        "text": "any words",
        "tokens_in": 3,
        "tokens_out": 2,
        "model_version": "m-1",
    }


def test_the_confidence_is_the_product_over_the_tokens_of_the_label() -> None:
    tokens = [
        ('{"label', -9.0),
        ('": "', -9.0),
        ("bill", math.log(0.8)),
        ("ing issue", math.log(0.5)),
        ('"}', -9.0),
    ]
    reply = judged(Said(text='{"label": "billing issue"}', tokens=tokens), LABELS)
    assert reply.confidence == pytest.approx(0.4)
    assert reply.confidence_source == "log-probability"
    assert reply.proba is None


def test_a_token_that_reaches_into_the_label_counts() -> None:
    tokens = [('{"label": "b', math.log(0.5)), ('ug"}', math.log(0.5))]
    assert judged(Said(text='{"label": "bug"}', tokens=tokens), LABELS).confidence == pytest.approx(0.25)


@pytest.mark.parametrize(
    "tokens",
    [[], [("nothing alike", -1.0)], [('{"label": "bug"}', math.nan)], [("bug", -1.0)]],
)
def test_tokens_that_do_not_spell_the_answer_give_no_confidence(tokens: list[tuple[str, float]]) -> None:
    reply = judged(Said(text='{"label": "bug"}', tokens=tokens), LABELS)
    assert (reply.confidence, reply.confidence_source) == (None, None)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_json_is_read_with_or_without_a_fence(value: Any) -> None:
    import json

    text = json.dumps(value)
    assert parsed_json(text) == (value, None)
    assert parsed_json(f"```json\n{text}\n```") == (value, None)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    assert judged(Said(text=text), LABELS).status in {"ok", "invalid"}


def test_a_long_reason_is_shortened() -> None:
    reply = judged(Said(text=None, ending="refused", refusal="no " * 1000), LABELS)
    assert reply.detail is not None
    assert len(reply.detail) == 300
