"""A small HTTP/1.1 server on a thread of its own, standard library only, quick enough to be a stopwatch."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType
from typing import Any, Self

__all__ = ["Answer", "Asked", "LoopbackServer"]


@dataclass(frozen=True)
class Asked:
    """A request that came in."""

    method: str
    """GET, POST, …"""
    path: str
    """Path and query."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    """As sent."""

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None where there is none."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to send back."""

    status: int = 200
    """HTTP status."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Besides length and type."""
    body: bytes = b""
    """As it is."""
    delay: float = 0.0
    """Seconds before it is sent."""
    hang: bool = False
    """Never answer."""
    cut: bool = False
    """Close the connection in the middle of the body."""


class _Connection(asyncio.Protocol):
    def __init__(self, server: LoopbackServer) -> None:
        self._server = server
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.open.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._server.open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        while (end := self._seen.find(b"\r\n\r\n")) >= 0:
            head, *lines = self._seen[:end].decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
            }
            length = int(headers.get("content-length", 0))
            if len(self._seen) < end + 4 + length:
                return
            body, self._seen = self._seen[end + 4 : end + 4 + length], self._seen[end + 4 + length :]
            method, path, _ = head.split(" ", 2)
            self._answer(Asked(method, path, headers, body))

    def _answer(self, asked: Asked) -> None:
        answer = self._server.answered(asked)
        if answer.hang:
            return
        if answer.delay:
            asyncio.get_running_loop().call_later(answer.delay, self._send, answer)
        else:
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        if self._transport.is_closing():
            return
        headers = {
            "content-type": "application/json",
            "content-length": str(len(answer.body)),
            **answer.headers,
        }
        head = f"HTTP/1.1 {answer.status} Said\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers.items())
        body = answer.body[: len(answer.body) // 2] if answer.cut else answer.body
        self._transport.write(head.encode("latin-1") + b"\r\n" + body)
        if answer.cut:
            self._transport.close()


class LoopbackServer:
    """Answers every request by calling ``answered`` on the server's thread. Use as a context manager."""

    def __init__(self, answered: Callable[[Asked], Answer], *, port: int = 0) -> None:
        self.answered = answered
        self.open: set[asyncio.Transport] = set()
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        starting = self._loop.create_server(lambda: _Connection(self), "127.0.0.1", self._port)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result()
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        for transport in list(self.open):
            transport.abort()
        await asyncio.sleep(0)
