"""Language models: what is reachable from here, servers of one's own, the local model, and a first call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import ShipworthyError, UserError

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.gateway.model import Reply, Settings
    from shipworthy.gateway.prices import Price
    from shipworthy.gateway.specs import ModelSpec, ServerSpec
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "GotModel",
    "LocalLine",
    "ModelPrice",
    "ReachableModels",
    "RemovedServer",
    "ServerLine",
    "TriedModel",
    "VendorLine",
    "add_server",
    "get_local_model",
    "list_models",
    "price_lines",
    "remove_server",
    "servers",
    "try_model",
]

_PATIENCE = 2.0  # seconds in which a server must answer to count as there
_GET_LOCAL = "shipworthy models get local"
_TYPED = "--model"


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorLine:
    """A vendor of hosted models."""

    name: str
    """As models are written: ``openai``, ``anthropic`` or ``google``."""
    installed: bool
    """Whether the optional part for it is installed."""
    key: str | None
    """Name of the key that was found; never the key."""
    place: str | None
    """Where it was found: ``environment`` or ``keyring``."""
    next: str | None
    """What to type before it can be used; None when nothing is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalLine:
    """The small model on this machine."""

    installed: bool
    """Whether the optional part that runs it is installed."""
    here: bool
    """Whether its weights are here, whole and as published."""
    next: str | None
    """What to type before it can be used; None when nothing is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLine:
    """A server that was added."""

    name: str
    """As models are written: ``name:model``."""
    url: str
    """Its base address."""
    key_name: str | None
    """Name of its key; None where it wants none."""
    key_found: bool | None
    """Whether a key of that name is there; None where it wants none."""
    price_in: float | None
    """US dollars per million tokens read, as given by you; None where unknown."""
    price_out: float | None
    """US dollars per million tokens written; None where unknown."""
    answers: bool
    """Whether it answered just now, asked without its key."""
    models: tuple[str, ...]
    """Models that it says it has, the first hundred; none where it tells only those with a key."""
    trouble: str | None
    """Why it did not answer, or lists no models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrice:
    """What a model costs."""

    model: str
    """As it was named."""
    named_in: str
    """Where it was named."""
    price_in: float | None
    """US dollars per million tokens read; None: unknown, which is not nothing."""
    price_out: float | None
    """US dollars per million tokens written; None: unknown."""
    source: str | None
    """Who says so, and as of when."""
    caution: str | None
    """Why the price may be wrong or is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachableModels:
    """What can be asked from here."""

    vendors: tuple[VendorLine, ...]
    """Hosted models."""
    local: LocalLine
    """The model on this machine."""
    servers: tuple[ServerLine, ...]
    """Servers of the workspace."""
    models: tuple[ModelPrice, ...]
    """Models that were named, with their prices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedServer:
    """A server that is no longer in the workspace."""

    name: str
    """Its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GotModel:
    """The local model, as it is here now."""

    path: Path
    """The file."""
    bytes: int
    """Its size."""
    sha256: str
    """Its hash, which is the published one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedModel:
    """One call and what it took."""

    model: str
    """Who was asked."""
    model_version: str | None
    """Who the provider says answered."""
    status: Literal["ok", "refused", "invalid", "timeout", "error"]
    """How the call ended."""
    text: str | None
    """What the model wrote."""
    label: str | None
    """The label in it, where labels were offered."""
    confidence: float | None
    """Probability of the label given."""
    confidence_source: str | None
    """Where the confidence comes from; None where the model gives none."""
    proba: Mapping[str, float] | None
    """Label to probability, where the model gives one for each."""
    detail: str | None
    """Why the status is not ok."""
    tokens_in: int | None
    """Tokens read; None: the provider does not say."""
    tokens_out: int | None
    """Tokens written."""
    latency_ms: float | None
    """How long the answer took."""
    attempts: int
    """Requests sent."""
    cost: float | None
    """US dollars; None: the price or the tokens are unknown."""
    price_source: str | None
    """Who says so, and as of when."""
    caution: str | None
    """Why the cost may be wrong."""
    ignored: tuple[str, ...]
    """Settings that this model does not take."""


def servers(workspace: Workspace | None) -> Mapping[str, ServerSpec]:
    """The servers that were added, by name; none outside of a workspace.

    Raises:
        SpecError: ``shipworthy.toml`` cannot be used.
    """
    from shipworthy.workbench.settings import workspace_settings

    return {} if workspace is None else workspace_settings(workspace).servers


def list_models(
    workspace: Workspace | None, *, named: Sequence[str] = (), clock: Clock | None = None
) -> ReachableModels:
    """What can be asked from here. Only servers that were added are contacted, to see whether they answer.

    Args:
        workspace: Where servers and features are; None outside of one.
        named: Models to price instead of those that the workspace names.
        clock: The time; the machine's when left out.

    Raises:
        UserError: a named model cannot be understood, or ``shipworthy.toml`` cannot be used.
    """
    known = servers(workspace)
    models = [(text, _TYPED) for text in named] or list(_named_models(workspace))
    return ReachableModels(
        vendors=tuple(_vendors()),
        local=_local(),
        servers=asyncio.run(_server_lines(known)),
        models=tuple(price_lines(models, known, clock=clock)),
    )


def _vendors() -> Iterator[VendorLine]:
    from shipworthy.gateway.adapters.vendors import ADDRESSES, KEY_NAMES, is_installed
    from shipworthy.gateway.keys import found_keys

    for vendor in ADDRESSES:
        found = next(iter(found_keys(KEY_NAMES[vendor])), None)
        installed = is_installed(vendor)
        missing = f"export {KEY_NAMES[vendor][0]}=…" if found is None else None
        yield VendorLine(
            name=vendor,
            installed=installed,
            key=found.name if found else None,
            place=found.place if found else None,
            next=missing if installed else f"pip install 'shipworthy[{vendor}]'",
        )


def _local() -> LocalLine:
    from shipworthy.gateway.adapters.local import is_installed, packaged_gguf

    installed = is_installed()
    try:
        here, missing = packaged_gguf() is not None, _GET_LOCAL
    except ShipworthyError as error:
        here, missing = False, error.hint or _GET_LOCAL
    if not installed:
        missing = "pip install 'shipworthy[local]'"
    return LocalLine(installed=installed, here=here, next=None if installed and here else missing)


async def _server_lines(known: Mapping[str, ServerSpec]) -> tuple[ServerLine, ...]:
    return tuple(await asyncio.gather(*(_server_line(name, server) for name, server in known.items())))


async def _server_line(name: str, server: ServerSpec) -> ServerLine:
    from shipworthy.gateway.keys import found_keys
    from shipworthy.gateway.model import CallFailure
    from shipworthy.gateway.specs import models_of

    models: tuple[str, ...] = ()
    answers, trouble = True, None
    try:
        async with asyncio.timeout(_PATIENCE):
            models = await models_of(server, title=name, named_in="shipworthy.toml")
    except TimeoutError:
        answers, trouble = False, f"{name} did not answer within {_PATIENCE:g} seconds"
    except CallFailure as failure:
        answers = failure.kind in {"unauthorised", "not_found", "rejected"}
        trouble = None if failure.kind == "unauthorised" else failure.message
    except ShipworthyError as error:
        answers, trouble = False, error.message + (f" Next: {error.hint}" if error.hint else "")
    return ServerLine(
        name=name,
        url=server.url,
        key_name=server.key_name,
        key_found=None if server.key_name is None else bool(found_keys([server.key_name])),
        price_in=None if server.price is None else server.price.input,
        price_out=None if server.price is None else server.price.output,
        answers=answers,
        models=models,
        trouble=trouble,
    )


def _named_models(workspace: Workspace | None) -> Iterator[tuple[str, str]]:
    """The workspace's default and its features' candidates, each with where it is named."""
    from shipworthy.workbench.settings import workspace_settings

    if workspace is None:
        return
    default = workspace_settings(workspace).model
    if default:
        yield default, "shipworthy.toml"
    from shipworthy.evals.spec import ModelSpec, load_feature

    for name in workspace.features():
        try:
            spec, _ = load_feature(workspace.feature_file(name))
        except UserError:  # `feature check` says what is wrong with it
            continue
        for candidate in spec.candidates:
            if isinstance(candidate, ModelSpec) and candidate.model:
                yield candidate.model, f"features/{name}/feature.yaml"


def price_lines(
    models: Sequence[tuple[str, str]], known: Mapping[str, ServerSpec], *, clock: Clock | None = None
) -> Iterator[ModelPrice]:
    """Prices of models, each given with where it was named; a model that is named twice comes once.

    Raises:
        UserError: a model that was named on the command line cannot be understood.
    """
    from shipworthy.gateway.specs import model_spec

    first = dict(reversed(models))  # where it was named first
    for text in dict(models):
        named_in = first[text]
        try:
            spec = model_spec(text, named_in=named_in, servers=known)
        except UserError as error:
            if named_in == _TYPED:
                raise
            yield _unknown_price(text, named_in, f"{error.message} Next: {error.hint}")
        else:
            yield _price_line(spec, clock or SystemClock())


def _price_line(spec: ModelSpec, clock: Clock) -> ModelPrice:
    from shipworthy.gateway.prices import ListedPrice
    from shipworthy.gateway.specs import price_of

    price: Price | None = None
    caution = None
    try:
        price = price_of(spec)
    except UserError as error:
        caution = f"{error.message} Next: {error.hint}"
    per_token = price.per_million(clock.now()) if isinstance(price, ListedPrice) else _given(price)
    return ModelPrice(
        model=spec.title,
        named_in=spec.named_in,
        price_in=per_token[0],
        price_out=per_token[1],
        source=price.source if price else None,
        caution=price.caution if price else caution,
    )


def _unknown_price(model: str, named_in: str, why: str) -> ModelPrice:
    return ModelPrice(model=model, named_in=named_in, price_in=None, price_out=None, source=None, caution=why)


def _given(price: Price | None) -> tuple[float, float] | tuple[None, None]:
    from shipworthy.gateway.prices import GivenPrice

    return (price.input, price.output) if isinstance(price, GivenPrice) else (None, None)


def add_server(
    workspace: Workspace,
    name: str,
    *,
    url: str,
    key_name: str | None = None,
    structured: str = "json_schema",
    price_in: float | None = None,
    price_out: float | None = None,
) -> ServerLine:
    """Keep a server with OpenAI's chat completions in ``shipworthy.toml``, and see whether it answers.

    Args:
        workspace: Where.
        name: How its models are written: ``name:model``.
        url: Base address, for instance ``http://localhost:11434/v1``.
        key_name: Name of the variable or keyring entry with its key; the key itself is kept nowhere.
        structured: How it is asked for JSON: ``json_schema``, ``json_object`` or ``none``.
        price_in: US dollars per million tokens read.
        price_out: US dollars per million tokens written.

    Raises:
        UserError: a value cannot be used.
    """
    from shipworthy.workbench.settings import keep_server

    values: dict[str, str | float | None] = {
        "url": url,
        "key_name": key_name,
        "structured": None if structured == "json_schema" else structured,
        "price_in": price_in,
        "price_out": price_out,
    }
    server = keep_server(workspace, name, {key: value for key, value in values.items() if value is not None})
    return asyncio.run(_server_line(name, server))


def remove_server(workspace: Workspace, name: str) -> RemovedServer:
    """Take a server out of ``shipworthy.toml``.

    Raises:
        UserError: there is no such server.
    """
    from shipworthy.workbench import settings

    settings.remove_server(workspace, name)
    return RemovedServer(name=name)


def get_local_model() -> GotModel:
    """Fetch the small local model with pip, without what its package depends on, and check its hash.

    Raises:
        MissingExtraError: the extra ``local`` is not installed.
        EnvironmentFailure: pip could not fetch it, or the file is damaged.
    """
    from shipworthy.core.canonical import sha256_of_file
    from shipworthy.gateway.adapters.local import get_local

    path = get_local()
    return GotModel(path=path, bytes=path.stat().st_size, sha256=sha256_of_file(path))


def try_model(
    workspace: Workspace | None,
    model: str,
    text: str,
    *,
    labels: Sequence[str] = (),
    system: str | None = None,
    max_tokens: int = 1024,
) -> TriedModel:
    """Ask a model once.

    Args:
        workspace: Where servers are; None outside of one.
        model: For instance ``openai:gpt-5-mini``, ``local`` or ``house:llama3.2``.
        text: What to say.
        labels: Labels to choose from; none for a free answer.
        system: Instructions ahead of the text.
        max_tokens: Longest answer.

    Raises:
        UserError: the model cannot be understood, its key is missing, or a setting cannot be used.
        EnvironmentFailure: the model could not be reached.
    """
    from shipworthy.gateway.model import Settings
    from shipworthy.gateway.specs import model_spec

    spec = model_spec(model, named_in="shipworthy models try", servers=servers(workspace))
    settings = Settings(system=system, labels=tuple(labels), max_tokens=max_tokens, logprobs=bool(labels))
    return asyncio.run(_tried(spec, settings, text))


async def _tried(spec: ModelSpec, settings: Settings, text: str) -> TriedModel:
    from shipworthy.gateway.budget import Budget
    from shipworthy.gateway.calls import Caller, Patience
    from shipworthy.gateway.limits import Limiter
    from shipworthy.gateway.model import Request
    from shipworthy.gateway.specs import open_model, price_of

    price = price_of(spec)
    patience = Patience(attempts=3)  # somebody waits for it
    caller = Caller(open_model(spec), limiter=Limiter(1), budget=Budget(), price=price, patience=patience)
    try:
        reply = await caller.reply(Request(settings=settings, prompt=text))
    finally:
        await caller.close()
    ignored = tuple(name for name in caller.ignored(settings) if name != "logprobs")
    return _as_tried(spec, reply, caution=price.caution if price else None, ignored=ignored)


def _as_tried(spec: ModelSpec, reply: Reply, *, caution: str | None, ignored: tuple[str, ...]) -> TriedModel:
    parsed = reply.parsed
    return TriedModel(
        model=spec.title,
        model_version=reply.model_version,
        status=reply.status,
        text=reply.text,
        label=str(parsed["label"]) if isinstance(parsed, dict) and "label" in parsed else None,
        confidence=reply.confidence,
        confidence_source=reply.confidence_source,
        proba=reply.proba,
        detail=reply.detail,
        tokens_in=reply.tokens_in,
        tokens_out=reply.tokens_out,
        latency_ms=reply.latency_ms,
        attempts=reply.attempts,
        cost=reply.cost,
        price_source=reply.price_source,
        caution=caution,
        ignored=ignored,
    )
