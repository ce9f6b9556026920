"""OpenAI, Anthropic and Google Gemini through pydantic-ai and the vendors' own clients.

pydantic-ai knows what each model accepts (sampling parameters, names of limits, dialects of JSON schema);
the vendors' clients speak to the server, on aiohttp. Their retries are off and their response headers are
passed on: both are our business. A client belongs to one event loop, so there is one for each.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from shipworthy.core.canonical import sha256_of
from shipworthy.core.errors import EnvironmentFailure, MissingExtraError
from shipworthy.gateway.answers import Said, judged
from shipworthy.gateway.http import http_failure
from shipworthy.gateway.keys import Secret, scrub, without
from shipworthy.gateway.model import CallFailure, Heed, Reply, Request, Settings, not_heeded
from shipworthy.gateway.permits import Permit, host_of, is_loopback

if TYPE_CHECKING:
    import aiohttp
    import httpx2
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import Model as VendorsModel
    from pydantic_ai.models import ModelRequestParameters

__all__ = ["ADDRESSES", "KEY_NAMES", "Vendor", "VendorModel", "is_installed"]

Vendor = Literal["openai", "anthropic", "google"]

ADDRESSES: Mapping[Vendor, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
}
KEY_NAMES: Mapping[Vendor, tuple[str, ...]] = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "google": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
}
_TAKES_A_SEED = frozenset({"openai", "google"})
_PROVIDERS: Mapping[Vendor, str] = {
    "openai": "OpenAIProvider",
    "anthropic": "AnthropicProvider",
    "google": "GoogleProvider",
}
_ENDINGS: Mapping[str | None, str] = {"length": "length", "content_filter": "refused"}
_LONGEST = 600.0  # seconds; the deadline of a call is kept by the caller
_TOOL = "answer"

Close = Callable[[], Awaitable[None]]


def is_installed(vendor: Vendor) -> bool:
    """Whether the vendor's extra is there; nothing of it is loaded."""
    names = ("aiohttp", "pydantic_ai", "google.genai" if vendor == "google" else vendor)
    try:
        return all(find_spec(name) is not None for name in names)
    except ModuleNotFoundError:  # the package around it is missing
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    """Whom to ask, and as whom."""

    model: str
    key: Secret
    url: str
    permit: Permit
    heed: Heed

    @property
    def by_proxy(self) -> bool:
        """Whether the environment's proxies are used: never to reach this machine."""
        return not is_loopback(host_of(self.url))

    def hooks(self) -> dict[str, list[Callable[[Any], Awaitable[None]]]]:
        """What an httpx2 client calls before each request and after each response."""

        async def before(request: httpx2.Request) -> None:
            self.permit.check(str(request.url))

        async def after(response: httpx2.Response) -> None:
            self.heed(response.headers)

        return {"request": [before], "response": [after]}

    def watch(self) -> aiohttp.TraceConfig:
        """What an aiohttp session calls before each request, redirects included, and after each response."""
        import aiohttp

        async def before(*told: Any) -> None:  # session, context, what is sent
            self.permit.check(str(told[-1].url))

        async def redirected(*told: Any) -> None:
            raise CallFailure(f"A redirect by {told[-1].url} is not followed.", kind="rejected")

        async def after(*told: Any) -> None:
            self.heed(told[-1].response.headers)

        watch = aiohttp.TraceConfig()
        watch.on_request_start.append(before)
        watch.on_request_redirect.append(redirected)
        watch.on_request_end.append(after)
        return watch


@dataclass(frozen=True, slots=True)
class _Client:
    """What one event loop uses."""

    model: VendorsModel
    close: Close
    loop: asyncio.AbstractEventLoop


class VendorModel:
    """One hosted model.

    Args:
        vendor: Whose.
        model: Model name as the vendor has it.
        key: The account's key.
        permit: The host that was named.
        url: Another address than the vendor's own.
        heed: Sees the headers of every response.

    Raises:
        MissingExtraError: the vendor's extra is not installed.
    """

    def __init__(
        self,
        *,
        vendor: Vendor,
        model: str,
        key: Secret,
        permit: Permit,
        url: str | None = None,
        heed: Heed = not_heeded,
    ) -> None:
        self.id = f"{vendor}:{model}"
        self.version = f"{vendor}:{sha256_of([model, url])}"
        self._vendor: Vendor = vendor
        self._account = _Account(model=model, key=key, url=url or ADDRESSES[vendor], permit=permit, heed=heed)
        self._client: _Client | None = None
        self._shapes: dict[str, ModelRequestParameters] = {}
        self._without: dict[str, tuple[str, ...]] = {}
        try:
            import_module("aiohttp")
            import_module(f"pydantic_ai.models.{vendor}")
        except ImportError as error:
            raise MissingExtraError(vendor, needed_for=f"Asking {self.id}") from error

    async def reply(self, request: Request) -> Reply:
        """Ask once."""
        from pydantic_ai.direct import model_request
        from pydantic_ai.exceptions import ContentFilterError

        self._account.permit.check(self._account.url)
        client = self._ready()
        failure: CallFailure
        try:
            response = await model_request(
                client.model,
                _messages(request),
                model_settings=self._settings(request),
                model_request_parameters=self._shape(request.settings, client.model),
                instrument=False,
            )
        except ContentFilterError as error:
            why = without([self._account.key], str(error))
            return judged(Said(text=None, ending="refused", refusal=why), request.settings)
        except EnvironmentFailure:
            raise
        except Exception as error:  # noqa: BLE001 - a garbled response can raise anything inside the clients
            failure = self._failure(error)
        else:
            return judged(_said(response, self._account.key), request.settings)
        # Raised outside of the handler: the vendors' frames hold the headers, and the key with them.
        raise failure

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None and client.loop is asyncio.get_running_loop():
            await client.close()

    def _ready(self) -> _Client:
        loop = asyncio.get_running_loop()
        if self._client is None or self._client.loop is not loop:
            model, close = _BUILD[self._vendor](self._account)
            self._client = _Client(model, close, loop)
        return self._client

    def ignored(self, settings: Settings) -> tuple[str, ...]:
        """Settings that were asked for and that this model does not take."""
        profile = import_module(f"pydantic_ai.providers.{self._vendor}").__dict__[_PROVIDERS[self._vendor]]
        known = profile.model_profile(self._account.model) or {}
        # Reasoning models choose their own sampling, and say nothing about probabilities.
        fixed = known.get("openai_supports_reasoning") and known.get("thinking_enabled_by_default")
        fixed = fixed or known.get("anthropic_disallows_sampling_settings")
        asked = {
            "temperature": settings.temperature is not None and fixed,
            "logprobs": settings.logprobs and (fixed or self._vendor == "anthropic"),
            "seed": settings.seed is not None and self._vendor not in _TAKES_A_SEED,
        }
        return tuple(name for name, is_ignored in asked.items() if is_ignored)

    def _settings(self, request: Request) -> Any:
        settings, without = request.settings, self._left_out(request.settings)
        chosen: dict[str, Any] = {"max_tokens": settings.max_tokens}
        if settings.temperature is not None and "temperature" not in without:
            chosen["temperature"] = settings.temperature
        if request.seed is not None and "seed" not in without:
            chosen["seed"] = request.seed
        if settings.logprobs and "logprobs" not in without:
            chosen[f"{self._vendor}_logprobs"] = True
        return chosen

    def _left_out(self, settings: Settings) -> tuple[str, ...]:
        known = self._without.get(settings.digest)
        if known is None:
            known = self._without[settings.digest] = self.ignored(settings)
        return known

    def _shape(self, settings: Settings, model: VendorsModel) -> ModelRequestParameters:
        """How the vendor is asked for JSON: by its own means, or as the arguments of a tool."""
        known = self._shapes.get(settings.digest)
        if known is None:
            known = self._shapes[settings.digest] = _parameters(settings, model)
        return known

    def _failure(self, error: Exception) -> CallFailure:
        from aiohttp import ClientConnectorError, ClientError
        from pydantic_ai import exceptions as theirs

        if isinstance(error, theirs.ModelHTTPError):
            failure = http_failure(
                error.status_code,
                json.dumps(error.body, default=str) if error.body else "",
                error.headers or {},
                who=self.id,
                secrets=(self._account.key,),
                wait=error.retry_after,
            )
            if isinstance(error, theirs.ModelQuotaExceededError):
                failure.kind = "quota"
            return failure
        said = scrub(str(error) or type(error).__name__, (self._account.key,))[:300]
        if isinstance(error, theirs.ModelConnectionError):
            sent = error.phase not in {"pool", "connect"}
            return CallFailure(f"{self.id} could not be reached: {said}", kind="connection", billed=sent)
        if isinstance(error, OSError | ClientError):
            refused = isinstance(error, ClientConnectorError)
            return CallFailure(
                f"{self.id} could not be reached: {said}", kind="connection", billed=not refused
            )
        return CallFailure(
            f"{self.id} sent something that cannot be read: {said}", kind="server", billed=True
        )


def _openai(account: _Account) -> tuple[VendorsModel, Close]:
    import openai
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    client = openai.AsyncOpenAI(
        api_key=account.key.reveal(),
        base_url=account.url,
        organization="",
        project="",
        max_retries=0,
        timeout=_LONGEST,
        http_client=openai.DefaultAioHttpClient(
            event_hooks=account.hooks(),
            follow_redirects=False,
            timeout=_LONGEST,
            trust_env=account.by_proxy,
        ),
    )
    return OpenAIChatModel(account.model, provider=OpenAIProvider(openai_client=client)), client.close


def _anthropic(account: _Account) -> tuple[VendorsModel, Close]:
    import anthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    client = anthropic.AsyncAnthropic(
        api_key=account.key.reveal(),
        base_url=account.url,
        max_retries=0,
        timeout=_LONGEST,
        http_client=anthropic.DefaultAioHttpClient(
            event_hooks=account.hooks(),
            follow_redirects=False,
            timeout=_LONGEST,
            trust_env=account.by_proxy,
        ),
    )
    return AnthropicModel(account.model, provider=AnthropicProvider(anthropic_client=client)), client.close


def _google(account: _Account) -> tuple[VendorsModel, Close]:
    import aiohttp
    from google.genai import Client
    from google.genai.types import HttpOptions, HttpRetryOptions
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[account.watch()],
        trust_env=account.by_proxy,
    )
    client = Client(
        vertexai=False,
        api_key=account.key.reveal(),
        http_options=HttpOptions(
            base_url=account.url,
            aiohttp_client=session,
            timeout=int(_LONGEST * 1000),
            retry_options=HttpRetryOptions(attempts=1),
        ),
    )
    return GoogleModel(account.model, provider=GoogleProvider(client=client)), session.close


_BUILD: Mapping[Vendor, Callable[[_Account], tuple[VendorsModel, Close]]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "google": _google,
}


def _messages(request: Request) -> list[ModelMessage]:
    from pydantic_ai.messages import (
        ModelRequest,
        ModelResponse,
        SystemPromptPart,
        TextPart,
        UserPromptPart,
    )

    messages: list[ModelMessage] = []
    first: list[Any] = [SystemPromptPart(request.settings.system)] if request.settings.system else []
    for said, answered in request.settings.examples:
        messages += [ModelRequest([*first, UserPromptPart(said)]), ModelResponse([TextPart(answered)])]
        first = []
    return [*messages, ModelRequest([*first, UserPromptPart(request.prompt)])]


def _parameters(settings: Settings, model: VendorsModel) -> ModelRequestParameters:
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.output import OutputObjectDefinition
    from pydantic_ai.tools import ToolDefinition

    if settings.schema is None:
        return ModelRequestParameters()
    schema = dict(settings.schema)
    if model.profile.get("supports_json_schema_output"):
        shape = OutputObjectDefinition(json_schema=schema, name=_TOOL, strict=True)
        return ModelRequestParameters(output_mode="native", output_object=shape)
    tool = ToolDefinition(name=_TOOL, parameters_json_schema=schema, kind="output")
    return ModelRequestParameters(output_mode="tool", output_tools=[tool], allow_text_output=False)


def _said(response: ModelResponse, key: Secret) -> Said:
    from pydantic_ai.messages import TextPart, ToolCallPart

    details = response.provider_details or {}
    calls = [part.args_as_json_str() for part in response.parts if isinstance(part, ToolCallPart)]
    texts = [part.content for part in response.parts if isinstance(part, TextPart)]
    usage = response.usage
    refusal = details.get("refusal")
    return Said(
        text=without([key], calls[0] if calls else "".join(texts)) or None,
        ending=_ENDINGS.get(response.finish_reason, "stop"),
        refusal=without([key], str(refusal)) if refusal else None,
        tokens=_tokens(details.get("logprobs")),
        tokens_in=usage.input_tokens or None,
        tokens_out=usage.output_tokens if usage.input_tokens or usage.output_tokens else None,
        cached_tokens=usage.cache_read_tokens if usage.input_tokens else None,
        model_version=without([key], response.model_name or "")[:200] or None,
    )


def _tokens(logprobs: Any) -> list[tuple[str, float]]:
    """Tokens written and their log-probabilities: a list from OpenAI, a mapping from Google."""
    if isinstance(logprobs, Mapping):
        chosen = logprobs.get("chosen_candidates") or ()
        return [(str(one["token"]), float(one["log_probability"])) for one in chosen]
    return [(one["token"], one["logprob"]) for one in logprobs or ()]
