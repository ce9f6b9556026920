"""Vectors from a server with OpenAI's ``POST /embeddings``: OpenAI, Ollama, LM Studio, vLLM, llama.cpp.

One request asks for the vectors of a batch of texts. To a ``Caller`` it is a request like any other, so
retries, deadline, limits and the budget are the ones of every call.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from shipworthy.core.canonical import sha256_of
from shipworthy.gateway.adapters.compatible import ServedModel, count_in
from shipworthy.gateway.calls import Caller, CostRange, estimated_cost
from shipworthy.gateway.model import CallFailure, Reply, Request, Settings

__all__ = ["EmbeddingsModel", "HostedEmbedder", "vectors_in"]

_LONGEST_TEXT = 8_000
_MOST_TEXTS, _MOST_CHARACTERS = 32, 200_000  # of one request
_WIDEST = 8_192
_LARGEST = 16_000_000  # bytes of a reply: 32 of the widest vectors, 17 digits a number, twice over
_NOTHING = "."  # servers refuse a text without a character

_T = TypeVar("_T")


class EmbeddingsModel:
    """An embedding model; a request's prompt is a JSON list of texts.

    Args:
        served: The model and its server.
    """

    def __init__(self, served: ServedModel) -> None:
        self.id = served.title
        self.version = f"embeddings:{sha256_of([served.url, served.name])}"
        self._served = served
        self._http = served.http(largest=_LARGEST)

    def ignored(self, settings: Settings) -> tuple[str, ...]:
        """Nothing: there is nothing to set."""
        del settings
        return ()

    async def reply(self, request: Request) -> Reply:
        """Ask once; ``parsed`` are the vectors."""
        texts = json.loads(request.prompt)
        wanted = {"model": self._served.name, "input": texts}
        answer = await self._http.json("POST", self._served.at("embeddings"), wanted)
        vectors = vectors_in(answer, len(texts), who=self.id)
        usage = answer.get("usage")
        tokens = count_in(usage.get("prompt_tokens")) if isinstance(usage, dict) else None
        return Reply(status="ok", parsed=vectors, tokens_in=tokens, tokens_out=0)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()


def vectors_in(answer: Any, n: int, *, who: str) -> NDArray[np.float32]:
    """The unit vectors that a reply holds, (n, d), in the order of the texts.

    Raises:
        CallFailure: it does not hold one finite vector for each text, all of one length.
    """
    try:
        items = answer["data"]
        rows = {count_in(item["index"]): item["embedding"] for item in items}
        if len(items) != n or set(rows) != set(range(n)):
            wrong = f"{len(items):,} vectors, not one for each of {n:,} texts"
        else:
            return _unit([rows[place] for place in range(n)])
    except (KeyError, TypeError, OverflowError):
        wrong = "JSON that is no list of vectors"
    except ValueError as error:
        wrong = str(error)
    raise CallFailure(f"{who} sent {wrong}.", kind="rejected", billed=True)


def _unit(rows: list[Any]) -> NDArray[np.float32]:
    widths = {len(row) for row in rows}
    if len(widths) != 1 or not 1 <= max(widths) <= _WIDEST:
        raise ValueError(
            f"vectors of {min(widths):,} to {max(widths):,} numbers, not of one length up to 8,192"
        )
    if not all(type(number) in {float, int} for row in rows for number in row):
        raise TypeError
    vectors = np.array(rows, dtype=np.float64)
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise ValueError("a vector with a number that is not finite")
    if not lengths.all():
        raise ValueError("a vector without a direction: all its numbers are 0")
    return np.asarray(vectors / lengths, dtype=np.float32)


def _no_look(texts: Sequence[str]) -> None:
    del texts


class HostedEmbedder:
    """An embedder behind a server; nothing is sent before ``embed`` is called.

    Args:
        caller: An :class:`EmbeddingsModel` with its limits and its budget.
        look: Called with the texts before they are sent; what it raises stops them.
        otherwise: What can be done without the server, as a sentence for its failures.
    """

    def __init__(
        self, caller: Caller, *, look: Callable[[Sequence[str]], None] = _no_look, otherwise: str = ""
    ) -> None:
        self.name = caller.id
        self.version = caller.version
        self.cost: float | None = 0.0
        """US dollars of the requests so far; None where a price or what was used is unknown."""
        self._caller = caller
        self._budget = caller.budget
        self._look = look
        self._otherwise = otherwise
        self._width = 0

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, d) unit vectors, one per text, in order; texts beyond 8,000 characters are cut there.

        Raises:
            BudgetStop: no room for another request.
            CallFailure: there are no vectors: the server cannot be reached, refuses, or sends something else.
        """
        sent = [_sendable(text) for text in texts]
        self._look(sent)
        with self._budget.lent() as left:
            self._caller.budget = left
            found = _waited_for(self._all(list(_requests(sent))))
        return np.concatenate(found) if found else np.zeros((0, self._width), dtype=np.float32)

    @property
    def calls(self) -> int:
        """Requests that were wanted so far, each counted once."""
        return self._caller.tally.calls

    def estimate(self, texts: Iterable[str], *, at: datetime) -> CostRange | None:
        """What the vectors of these texts will cost; None where the price is unknown or there is no text."""
        parts = [estimated_cost([one], self._caller.price, at=at) for one in _requests(map(_sendable, texts))]
        known = [part for part in parts if part is not None]
        if not known:
            return None
        return CostRange(
            likely=sum(part.likely for part in known),
            most=sum(part.most for part in known),
            calls=len(known),
            source=known[0].source,
            caution=known[0].caution,
        )

    async def _all(self, requests: list[Request]) -> list[NDArray[np.float32]]:
        try:
            return [await self._one(request) for request in requests]
        finally:
            await self._caller.close()

    async def _one(self, request: Request) -> NDArray[np.float32]:
        try:
            reply = await self._caller.reply(request)
        except CallFailure as failure:
            raise self._failure(failure.message, failure) from None
        if reply.status != "ok":
            raise self._failure(f"{self.name} gave no vectors: {reply.detail}")
        self.cost = None if self.cost is None or reply.cost is None else self.cost + reply.cost
        vectors: NDArray[np.float32] = reply.parsed
        self._width = self._width or vectors.shape[1]
        if vectors.shape[1] != self._width:
            raise self._failure(
                f"{self.name} sent vectors of {vectors.shape[1]:,} numbers after {self._width:,}."
            )
        return vectors

    def _failure(self, message: str, cause: CallFailure | None = None) -> CallFailure:
        known = None if cause is None else cause.hint
        return CallFailure(
            message,
            kind="rejected" if cause is None else cause.kind,
            hint=f"{known or 'Check that the server runs and has this model.'} {self._otherwise}".strip(),
        )


def _sendable(text: str) -> str:
    """A text as servers take it: not empty, not endless, without a null character."""
    clean = text[:_LONGEST_TEXT].replace("\x00", " ")
    return clean if clean.strip() else _NOTHING


_SETTINGS = Settings(max_tokens=1)


def _requests(texts: Iterable[str]) -> Iterator[Request]:
    """The texts in batches, each small enough for one request."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (len(batch) == _MOST_TEXTS or size + len(text) > _MOST_CHARACTERS):
            yield _request(batch)
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield _request(batch)


def _request(batch: list[str]) -> Request:
    # Not as \u escapes: half of a surrogate pair would survive as one, and bytes should bound the tokens.
    return Request(settings=_SETTINGS, prompt=json.dumps(batch, ensure_ascii=False))


def _waited_for(work: Coroutine[Any, Any, _T]) -> _T:
    """The result of a coroutine, also where an event loop of the caller's is running, which then waits."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as other:
        return other.submit(asyncio.run, work).result()
