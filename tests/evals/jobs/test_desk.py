"""The desk at which applications ask their models: budget, price, and personal data."""

from __future__ import annotations

import asyncio

import pytest

from shipworthy.core.errors import DataError, UserError
from shipworthy.evals.jobs.desk import ModelDesk, all_of
from shipworthy.evals.running import Conduct
from shipworthy.gateway.budget import BudgetStop
from shipworthy.gateway.model import Request, Settings
from shipworthy.gateway.specs import ModelSpec, ServerSpec, model_spec
from shipworthy.retrieval.document import Document, Part

HOSTED = model_spec("openai:gpt-5-mini", named_in="the test")
HERE = ModelSpec(kind="server", name="m", named_in="the test", server=ServerSpec(url="http://localhost:1/v1"))
PRIVATE = "Write to anna.schmidt@firma-beispiel.ch or call +41 44 668 18 00."


def document(text: str) -> Document:
    return Document(
        name="a.txt", text=text, parts=(Part(start=0, end=len(text), kind="paragraph"),), sha256="0" * 64
    )


def test_what_is_on_another_machine_is_known_by_its_address() -> None:
    away = ModelSpec(
        kind="server", name="m", named_in="x", server=ServerSpec(url="https://models.example.org/v1")
    )
    assert [spec.leaves_the_machine for spec in (HOSTED, away, HERE)] == [True, True, False]
    assert not model_spec("local", named_in="x").leaves_the_machine


def test_an_unknown_price_is_refused_only_where_there_is_a_budget() -> None:
    ModelDesk.of(Conduct()).check(HERE)
    ModelDesk.of(Conduct(budget=1.0)).check(HOSTED)
    ModelDesk.of(Conduct(budget=1.0)).check(None)
    ModelDesk.of(Conduct(budget=1.0, accept_unknown_price=True)).check(HERE)
    with pytest.raises(UserError, match="price of 'server:m' is unknown") as failure:
        ModelDesk.of(Conduct(budget=1.0)).check(HERE)
    assert "--accept-unknown-price" in str(failure.value.hint)


def test_a_document_with_personal_data_is_refused_by_name_before_it_leaves() -> None:
    desk = ModelDesk()
    desk.refuse_personal_data(HERE, [document(PRIVATE)])
    desk.refuse_personal_data(None, [document(PRIVATE)])
    desk.refuse_personal_data(HOSTED, [document("Nobody is named here.")])
    ModelDesk.of(Conduct(send_personal_data=True)).refuse_personal_data(HOSTED, [document(PRIVATE)])
    with pytest.raises(DataError, match=r"'a.txt' holds personal data .*'openai:gpt-5-mini'") as failure:
        desk.refuse_personal_data(HOSTED, [document(PRIVATE)])
    assert "--send-personal-data" in str(failure.value.hint)


def test_no_request_with_personal_data_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    monkeypatch.setenv("SHIPWORTHY_OFFLINE", "1")  # whatever came as far as the network would say so

    async def ask(desk: ModelDesk) -> None:
        with desk.opened(HOSTED) as model:
            assert model is not None
            try:
                await model.reply(Request(settings=Settings(max_tokens=5), prompt=PRIVATE))
            finally:
                await model.close()

    with pytest.raises(DataError, match="What would be sent now holds personal data"):
        asyncio.run(ask(ModelDesk()))
    with pytest.raises(Exception, match="SHIPWORTHY_OFFLINE"):
        asyncio.run(ask(ModelDesk.of(Conduct(send_personal_data=True))))


def test_when_the_budget_is_full_what_is_under_way_is_waited_for() -> None:
    done = []

    async def part(number: int) -> int:
        if number == 0:
            raise BudgetStop("full")
        await asyncio.sleep(0)
        done.append(number)
        return number

    with pytest.raises(BudgetStop):
        asyncio.run(all_of(map(part, range(4))))
    assert done == [1, 2, 3]


def test_after_any_other_error_the_rest_is_cancelled() -> None:
    done = []

    async def part(number: int) -> int:
        if number == 0:
            raise DataError("broken")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        done.append(number)
        return number

    with pytest.raises(DataError):
        asyncio.run(all_of(map(part, range(4))))
    assert done == []
    assert asyncio.run(all_of(map(asyncio.sleep, [0, 0], "ab"))) == ["a", "b"]
