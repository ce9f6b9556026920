"""How a model reads and writes, from real output."""

import asyncio
import math
from datetime import UTC, datetime

import pytest

from shipworthy.core.errors import MissingExtraError, UserError
from shipworthy.gateway.adapters.local import LocalModel
from shipworthy.gateway.explain import explain_context, explain_temperature, explain_tokens
from shipworthy.gateway.prices import ListedPrice, listed_price
from tests.support import require

AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def model() -> LocalModel:
    try:
        return LocalModel()
    except (MissingExtraError, UserError) as error:
        require("local-model", error.message)
        raise


@pytest.fixture(scope="module")
def prices() -> list[ListedPrice]:
    try:
        found = [listed_price("openai", "gpt-5-mini"), listed_price("anthropic", "claude-haiku-4-5")]
    except MissingExtraError as error:
        require("models", error.message)
        raise
    return [price for price in found if price is not None]


def test_a_text_is_cut_into_tokens_and_priced(model: LocalModel, prices: list[ListedPrice]) -> None:
    text = "Schadevergoeding! 🙂 was charged twice"
    explained = asyncio.run(explain_tokens(text, model, prices=prices, at=AT))
    assert "".join(explained.pieces) == text
    assert (explained.characters, explained.count) == (len(text), len(explained.pieces))
    assert [cost.model for cost in explained.costs] == ["openai:gpt-5-mini", "anthropic:claude-haiku-4-5"]
    assert explained.costs[0].dollars == pytest.approx(explained.count * 0.25e-6)
    assert all(cost.dollars < cost.most for cost in explained.costs)


def test_no_text_is_no_tokens(model: LocalModel) -> None:
    assert asyncio.run(explain_tokens("", model, at=AT)).count == 0


def test_temperature_flattens_the_distribution_and_zero_makes_it_certain(model: LocalModel) -> None:
    cold, cool, warm, hot = asyncio.run(
        explain_temperature(
            "Name a colour.", model, temperatures=(0.0, 0.5, 1.0, 2.0), seeds=(1, 2), length=4
        )
    )
    assert (cold.tokens[0][1], cold.entropy, cold.within_top_p, len(cold.samples)) == (1.0, 0.0, 1, 1)
    assert 0 < cool.entropy < warm.entropy < hot.entropy < math.log2(49_152)
    assert cool.within_top_p < warm.within_top_p < hot.within_top_p
    assert cool.top_k_share > warm.top_k_share > hot.top_k_share
    order = [token for token, _ in cool.tokens]
    assert order == [token for token, _ in hot.tokens]
    assert len(warm.samples) == 2


def test_at_temperature_one_the_probabilities_are_the_model_s_own(model: LocalModel) -> None:
    from shipworthy.gateway.model import Settings

    (warm,) = asyncio.run(explain_temperature("Name a colour.", model, temperatures=(1.0,), seeds=()))
    likely = asyncio.run(model.next_tokens("Name a colour.", settings=Settings(), most=10))
    expected: list[object] = [
        (one.text, pytest.approx(math.exp(one.log_probability), rel=1e-3)) for one in likely
    ]
    assert list(warm.tokens) == expected


def test_what_does_not_fit_is_cut_and_shown(model: LocalModel, prices: list[ListedPrice]) -> None:
    text = " ".join(f"word{number}" for number in range(3000))
    explained = asyncio.run(explain_context(text, model, prices=prices, at=AT))
    local, *hosted = explained.windows
    assert (local.fits, local.size, local.estimated) == (False, 4096, False)
    assert all(window.fits and window.estimated and window.dollars for window in hosted)
    assert 0 < explained.kept < len(text)
    assert text[: explained.kept].endswith(explained.last_kept)
    assert text[explained.kept :].startswith(explained.first_cut)
    assert len(explained.first_cut) == 120


def test_a_character_of_several_tokens_is_not_cut_through(model: LocalModel) -> None:
    text = "𓀀" * 4000
    explained = asyncio.run(explain_context(text, model, at=AT))
    assert explained.windows[0].tokens > 2 * len(text)
    assert 0 < explained.kept < len(text)
    assert len(asyncio.run(model.tokens(text[: explained.kept]))) <= 4096 - 256


def test_a_short_text_fits(model: LocalModel) -> None:
    explained = asyncio.run(explain_context("a short text", model, at=AT))
    assert explained.windows[0].fits
    assert (explained.kept, explained.last_kept, explained.first_cut) == (12, "a short text", "")


@pytest.mark.parametrize("wrong", [{"top_p": 0.0}, {"top_p": 1.1}, {"top_k": 0}, {"length": 0}])
def test_values_out_of_range_are_refused(model: LocalModel, wrong: dict[str, float]) -> None:
    with pytest.raises(UserError):
        asyncio.run(explain_temperature("x", model, **wrong))  # type: ignore[arg-type]


def test_endless_texts_and_answers_are_refused(model: LocalModel) -> None:
    with pytest.raises(UserError, match="characters"):
        asyncio.run(explain_tokens("x" * 1_000_001, model, at=AT))
    with pytest.raises(UserError, match="no room"):
        asyncio.run(explain_context("x", model, at=AT, answer=4096))
    with pytest.raises(UserError, match="Give a prompt"):
        asyncio.run(explain_temperature(" ", model))
