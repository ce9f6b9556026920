"""HTTP as the adapters need it: one host, one client for each event loop, bounded answers, no redirects.

aiohttp costs about a tenth of the CPU of the vendors' clients (docs/measurements/gateway.md), so
servers without quirks of their own are spoken to directly.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from shipworthy import __version__
from shipworthy.core.errors import MissingExtraError
from shipworthy.gateway.keys import Secret, scrub, without
from shipworthy.gateway.limits import retry_after
from shipworthy.gateway.model import CallFailure, FailureKind, Heed, not_heeded
from shipworthy.gateway.permits import Permit, host_of, is_loopback

if TYPE_CHECKING:
    import aiohttp

__all__ = ["LARGEST", "HttpClient", "http_failure"]

LARGEST = 4_000_000
"""Bytes of a response that are read unless more are asked for."""

_CONNECT = 15.0
_NO_HEADERS: Mapping[str, Secret | str] = {}
_EMPTY_ACCOUNT = ("insufficient_quota", "billing", "credit balance", "exceeded your current quota")
_BY_STATUS: Mapping[int, FailureKind] = {
    401: "unauthorised",
    402: "quota",
    403: "not_found",  # not this model, not from here, not with this key: as hopeless, unless others work
    404: "not_found",
    408: "server",
    409: "server",
    429: "rate_limited",
    503: "overloaded",
    529: "overloaded",
}
_HINTS: Mapping[FailureKind, str] = {
    "unauthorised": "Check the key: it was refused.",
    "quota": "The account has no credit left. Top it up, and resume.",
    "not_found": "Check the model's name and the address, and that the key may use this model.",
}
_MAY_BE_BILLED = frozenset({408, 504})


def http_failure(
    status: int,
    body: str,
    headers: Mapping[str, str],
    *,
    who: str,
    secrets: Sequence[Secret] = (),
    wait: float | None = None,
) -> CallFailure:
    """What an HTTP status that is not a success means.

    Args:
        status: HTTP status code.
        body: What the server said; its beginning goes into the message, without keys.
        headers: Of the response, names in lower case.
        who: The model, for the message.
        secrets: Keys that must not be repeated.
        wait: Seconds to wait, where the body says so.
    """
    kind = _BY_STATUS.get(status, "server" if status >= 500 else "rejected")
    if kind in {"rate_limited", "rejected"} and any(words in body.lower() for words in _EMPTY_ACCOUNT):
        kind = "quota"
    said = scrub(" ".join(body.split())[:300], secrets)
    return CallFailure(
        f"{who} answered HTTP {status}: {said or 'nothing else'}",
        kind=kind,
        retry_after=retry_after(headers) if wait is None else wait,
        billed=status in _MAY_BE_BILLED,
        hint=_HINTS.get(kind),
    )


class HttpClient:
    """Sends requests to the permitted host.

    Args:
        permit: The host that was named.
        who: The model, for messages.
        headers: Sent with every request; a secret one is shown nowhere.
        heed: Sees the headers of every response.
        secrets: Keys within the headers, kept out of messages.
        largest: Bytes of a response that are read.

    Raises:
        MissingExtraError: aiohttp is not installed.
    """

    def __init__(
        self,
        permit: Permit,
        *,
        who: str,
        headers: Mapping[str, Secret | str] = _NO_HEADERS,
        heed: Heed = not_heeded,
        secrets: Sequence[Secret] = (),
        largest: int = LARGEST,
    ) -> None:
        try:
            import aiohttp
            from yarl import URL
        except ImportError as error:
            raise MissingExtraError("http", needed_for=f"Asking {who}") from error
        self._library = aiohttp
        self._address = URL
        self._permit = permit
        self._who = who
        self._headers = headers
        self._heed = heed
        self._secrets = secrets
        self._largest = largest
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def json(self, method: str, url: str, body: Any) -> Any:
        """Send ``body`` as JSON (None: no body) and return the JSON that comes back.

        Raises:
            CallFailure: no answer, an answer that is not a success, or one that cannot be read.
        """
        self._permit.check(url)
        outcome = await self._outcome(method, url, body)
        # Raised here, where no frame of the traceback holds a header or what the server said.
        if isinstance(outcome, CallFailure):
            raise outcome
        return outcome.value

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None and self._loop is asyncio.get_running_loop():
            await session.close()

    async def _outcome(self, method: str, url: str, body: Any) -> _Value | CallFailure:
        try:
            status, content, seen = await self._exchange(method, url, body)
        except (TimeoutError, OSError, ValueError, self._library.ClientError) as error:
            return self._no_answer(error)
        if 200 <= status < 300:
            return self._value(content)
        text = content.decode("utf-8", "replace")
        return http_failure(status, text, seen, who=self._who, secrets=self._secrets)

    async def _exchange(self, method: str, url: str, body: Any) -> tuple[int, bytes, Mapping[str, str]]:
        data = None if body is None else json.dumps(body).encode()
        address = self._address(url, encoded=True)  # as it was written, with no decoding and encoding
        async with self._client(url).request(method, address, data=data, allow_redirects=False) as response:
            self._heed(response.headers)
            parts, size = [], 0
            async for part in response.content.iter_any():
                size += len(part)
                if size > self._largest:
                    raise _TooLargeError(self._largest)
                parts.append(part)
            return response.status, b"".join(parts), response.headers

    def _client(self, url: str) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:
            library = self._library
            self._loop = loop
            self._session = library.ClientSession(
                connector=library.TCPConnector(limit=0),
                cookie_jar=library.DummyCookieJar(),
                timeout=library.ClientTimeout(total=None, sock_connect=_CONNECT),
                headers=self._sent_headers(),
                proxy=_proxy(url),
                auto_decompress=False,
            )
        return self._session

    def _sent_headers(self) -> dict[str, str]:
        given = {
            name: value.reveal() if isinstance(value, Secret) else value
            for name, value in self._headers.items()
        }
        return {
            "User-Agent": f"shipworthy/{__version__}",
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            **given,
        }

    def _no_answer(self, error: Exception) -> CallFailure:
        library = self._library
        refused = isinstance(error, library.ClientConnectorError | library.ConnectionTimeoutError)
        if isinstance(error, _TooLargeError):
            return CallFailure(f"{self._who}: {error}", kind="rejected", billed=True)
        told = scrub(str(error) or type(error).__name__, self._secrets)[:300]
        return CallFailure(f"{self._who} could not be reached: {told}", kind="connection", billed=not refused)

    def _value(self, content: bytes) -> _Value | CallFailure:
        try:
            return _Value(json.loads(without(self._secrets, content.decode())))
        except (ValueError, RecursionError):
            beginning = scrub(content[:80].decode("utf-8", "replace"), self._secrets)
        said = f"{self._who} sent something that is not JSON: {beginning!r}"
        return CallFailure(said, kind="server", billed=True)


@dataclass(frozen=True, slots=True)
class _Value:
    """JSON that came back; it may be anything."""

    value: Any


class _TooLargeError(ValueError):
    def __init__(self, largest: int) -> None:
        super().__init__(f"the answer is larger than {largest:,} bytes")


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for this address; none for this machine."""
    if is_loopback(host_of(url)):
        return None
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    return None if proxy is None or proxy_bypass(parts.hostname or "") else proxy
