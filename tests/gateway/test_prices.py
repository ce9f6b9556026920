"""Prices, against the package they come from."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.core.errors import UserError
from shipworthy.gateway.prices import GivenPrice, ListedPrice, known_disagreements, listed_price
from tests.support import require

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _the_list() -> None:
    try:
        import genai_prices  # noqa: F401
    except ImportError:
        require("models", "genai-prices is not installed (pip install 'shipworthy[openai]')")


MODELS = [
    ("openai", "gpt-5-mini"),
    ("openai", "gpt-4.1"),
    ("anthropic", "claude-haiku-4-5"),
    ("anthropic", "claude-sonnet-4-5"),
    ("google", "gemini-2.5-pro"),  # steps by size of prompt
    ("google", "gemini-3.6-flash"),  # changes at a date
    ("deepseek", "deepseek-chat"),  # changes by time of day
]


@settings(max_examples=60)
@given(
    st.sampled_from(MODELS),
    st.integers(1, 400_000),
    st.floats(0, 1),
    st.integers(0, 50_000),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_a_call_costs_what_the_list_s_own_calculator_says(
    named: tuple[str, str], tokens_in: int, share: float, tokens_out: int, at: datetime
) -> None:
    from genai_prices import Usage, calc_price

    provider, model = named
    cached = int(tokens_in * share)
    price = listed_price(provider, model)
    assert price is not None
    usage = Usage(input_tokens=tokens_in, cache_read_tokens=cached, output_tokens=tokens_out)
    theirs = calc_price(usage, model, provider_id=provider, genai_request_timestamp=at)
    ours = price.cost(tokens_in=tokens_in, cached=cached, tokens_out=tokens_out, at=at)
    assert ours == pytest.approx(float(theirs.total_price), rel=1e-12)
    assert ours <= price.most(tokens_in=tokens_in, tokens_out=tokens_out) * (1 + 1e-12)


def test_an_unknown_model_has_no_price() -> None:
    assert listed_price("openai", "model-of-the-neighbour") is None
    assert listed_price("nobody", "gpt-5-mini") is None


def test_a_price_says_where_it_comes_from_and_how_new_that_is() -> None:
    price = listed_price("openai", "gpt-5-mini")
    assert price is not None
    assert price.source.startswith("genai-prices ")
    assert "(openai/gpt-5-mini), as of 2026-" in price.source
    assert price.per_million(AT) == (0.25, 2.0)


def test_eleven_models_are_known_whose_price_lists_disagree() -> None:
    assert len(known_disagreements()) == 11
    assert {one.provider for one in known_disagreements()} == {"deepseek", "google", "mistral", "x-ai"}
    assert all(len({prices[1:] for prices in one.prices}) == 2 for one in known_disagreements())


def test_a_disputed_price_comes_with_a_caution() -> None:
    disputed, agreed = listed_price("x-ai", "grok-code-fast-1"), listed_price("openai", "gpt-5-mini")
    assert disputed is not None
    assert disputed.caution == (
        "Price lists disagree (US dollars per million tokens, compared 2026-11-22): "
        "litellm says 1 in and 2 out and genai-prices says 0.2 in and 1.5 out."
    )
    assert agreed is not None
    assert agreed.caution is None


def test_a_price_that_the_list_will_change_says_when_and_to_what() -> None:
    from genai_prices.data_snapshot import get_snapshot

    provider, model = get_snapshot().find_provider_model("gemini-3.6-flash", None, "google", None)
    before, after = (
        ListedPrice(provider.id, model, today=today).caution
        for today in (date(2026, 12, 31), date(2027, 1, 1))
    )
    change = " The list changes this price on 2027-01-01, to 1.5 in and 7.5 out."
    assert after is not None
    assert before == after + change


def test_a_given_price_counts_tokens_and_calls() -> None:
    price = GivenPrice(input=1, output=2, cached_input=0.5, call=0.01, said_in="the contract of May")
    cost = price.cost(tokens_in=1_000_000, cached=400_000, tokens_out=500_000, at=AT)
    assert cost == pytest.approx(0.6 + 0.2 + 1 + 0.01)
    assert price.most(tokens_in=1_000_000, tokens_out=500_000) == pytest.approx(2.01)
    assert (price.source, price.caution, price.by_token) == ("the contract of May", None, True)


def test_a_price_by_call_needs_no_tokens() -> None:
    assert not GivenPrice(call=0.01).by_token


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_a_price_is_a_number_that_can_be_paid(wrong: float) -> None:
    with pytest.raises(UserError, match="not a price"):
        GivenPrice(input=wrong)
