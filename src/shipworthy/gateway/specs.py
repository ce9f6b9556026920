"""Which model, named by whom: the only way to one.

A model is written as text: ``openai:gpt-5-mini``, ``anthropic:…``, ``google:…``, ``local`` or
``local:<file.gguf>``, ``replay:<file>``, or ``<server>:<model>`` for a server that was added. A spec says
where the user wrote it; without that there is no permit, and without a permit there is no request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from shipworthy.core.errors import UserError, nearest
from shipworthy.gateway.adapters.vendors import ADDRESSES, KEY_NAMES, Vendor
from shipworthy.gateway.keys import NO_SECRET, secret
from shipworthy.gateway.model import Heed, Model, not_heeded
from shipworthy.gateway.permits import Permit, host_of, is_loopback
from shipworthy.gateway.prices import GivenPrice, Price, listed_price

if TYPE_CHECKING:
    from shipworthy.gateway.adapters.compatible import ServedModel, Structured
    from shipworthy.gateway.adapters.endpoint import EndpointSpec

__all__ = [
    "ModelKind",
    "ModelSpec",
    "ServerSpec",
    "embeddings_spec",
    "model_spec",
    "models_of",
    "open_embeddings",
    "open_model",
    "price_of",
]

ModelKind = Literal["openai", "anthropic", "google", "server", "local", "endpoint", "replay"]

_COSTS_NOTHING = {
    "local": GivenPrice(said_in="runs on this machine"),
    "replay": GivenPrice(said_in="recorded before"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSpec:
    """A server with OpenAI's chat completions."""

    url: str
    """Base address, for instance ``http://localhost:11434/v1``."""
    key_name: str | None = None
    """Variable or keyring entry with its key; None where it wants none."""
    structured: Structured = "json_schema"
    """How it is asked for JSON."""
    price: GivenPrice | None = None
    """What its calls cost, where somebody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """One model that somebody named."""

    kind: ModelKind
    """How it is reached."""
    name: str
    """Model name at the provider or server; a path for ``local`` and ``replay``; a title for ``endpoint``."""
    named_in: str
    """Where the user named it."""
    server: ServerSpec | None = None
    """The server, for kind ``server``."""
    endpoint: EndpointSpec | None = None
    """The service, for kind ``endpoint``."""
    url: str | None = None
    """Another address than the vendor's own."""
    price: GivenPrice | None = None
    """A price that overrules the list."""
    title: str = field(default="")
    """Name for people; kind and name when left out."""

    def __post_init__(self) -> None:
        if not self.named_in.strip():
            raise UserError(f"Nobody named the model {self.name!r}, so it is not used.")
        if not self.title:
            object.__setattr__(self, "title", f"{self.kind}:{self.name}" if self.name else self.kind)

    @property
    def provider(self) -> str:
        """Whose limits its requests count towards."""
        address = self.server.url if self.server else self.endpoint.url if self.endpoint else self.url
        return f"{self.kind} {address or ''}".strip()

    @property
    def leaves_the_machine(self) -> bool:
        """Whether texts are sent to another machine."""
        address = self.server or self.endpoint
        url = address.url if address is not None else self.url
        if url is not None:
            return not is_loopback(host_of(url))
        return self.kind not in {"local", "replay"}


def model_spec(text: str, *, named_in: str, servers: Mapping[str, ServerSpec] | None = None) -> ModelSpec:
    """Read a model's name.

    Args:
        text: For instance ``openai:gpt-5-mini`` or ``house:llama3.2``.
        named_in: Where the user wrote it.
        servers: Servers that were added, by name.

    Raises:
        UserError: nobody knows what is meant.
    """
    added = servers or {}
    prefix, colon, name = text.strip().partition(":")
    if prefix in added and name:
        return ModelSpec(
            kind="server", name=name, named_in=named_in, server=added[prefix], title=f"{prefix}:{name}"
        )
    if prefix in ADDRESSES and name:
        vendor: Vendor = prefix  # type: ignore[assignment]
        return ModelSpec(kind=vendor, name=name, named_in=named_in)
    if prefix == "local":
        return ModelSpec(kind="local", name=name, named_in=named_in)
    if prefix == "replay" and name:
        return ModelSpec(kind="replay", name=name, named_in=named_in)
    if not colon and text in {*ADDRESSES, *added, "replay"}:
        raise UserError(f"{text!r} has many models; say which.", hint=f"{text}:<model>")
    known = [*ADDRESSES, "local", "replay", *added]
    raise UserError(
        f"{text!r} is not a model that can be reached here.",
        hint=f"{nearest(prefix, known)} Written as provider:model, for instance openai:gpt-5-mini; "
        "shipworthy models add NAME --url URL adds a server.",
    )


def embeddings_spec(
    text: str, *, named_in: str, servers: Mapping[str, ServerSpec] | None = None
) -> ModelSpec:
    """Read the name of an embedding model; written like any model's.

    Args:
        text: For instance ``openai:text-embedding-3-small`` or ``house:nomic-embed-text``.
        named_in: Where the user wrote it.
        servers: Servers that were added, by name.

    Raises:
        UserError: nobody knows what is meant, or no vectors can be had from there.
    """
    spec = model_spec(text, named_in=named_in, servers=servers)
    if spec.kind not in {"openai", "server"}:
        raise UserError(
            f"{text!r} gives no vectors here: only OpenAI and servers that were added are asked for them.",
            hint="For instance openai:text-embedding-3-small; shipworthy models add NAME --url URL adds a "
            "server. The model on this machine needs no name: pip install 'shipworthy[embeddings]'",
        )
    return spec


def open_model(spec: ModelSpec, *, heed: Heed = not_heeded) -> Model:
    """The adapter for a model; nothing is sent yet.

    Args:
        spec: The model.
        heed: Sees the headers of every response; usually ``Limiter.learn``.

    Raises:
        UserError: a key is missing, a file is missing, an address is wrong.
        MissingExtraError: an optional part is not installed.
    """
    if spec.kind == "server":
        return _server(spec, heed)
    if spec.kind == "endpoint":
        return _endpoint(spec, heed)
    if spec.kind == "replay":
        from shipworthy.gateway.adapters.replay import ReplayModel

        return ReplayModel(Path(spec.name))
    if spec.kind == "local":
        from shipworthy.gateway.adapters.local import LocalModel

        return LocalModel(Path(spec.name) if spec.name else None)
    return _vendor(spec, spec.kind, heed)


def _vendor(spec: ModelSpec, vendor: Vendor, heed: Heed) -> Model:
    from shipworthy.gateway.adapters.vendors import VendorModel

    key = secret(KEY_NAMES[vendor], needed_for=f"{spec.title!r} (named in {spec.named_in})")
    permit = Permit.to(spec.url or ADDRESSES[vendor], named_in=spec.named_in)
    return VendorModel(vendor=vendor, model=spec.name, key=key, permit=permit, url=spec.url, heed=heed)


async def models_of(server: ServerSpec, *, title: str, named_in: str) -> tuple[str, ...]:
    """Names of the models that a server says it has.

    No key is sent: to look around in a workspace that somebody else made must not give keys away.

    Raises:
        UserError: its address is wrong.
        CallFailure: no answer, or none with a list of models; ``unauthorised`` where it wants the key.
    """
    from shipworthy.gateway.adapters.compatible import served_models

    permit = Permit.to(server.url, named_in=named_in)
    return await served_models(server.url, title=title, permit=permit)


def _server(spec: ModelSpec, heed: Heed) -> Model:
    from shipworthy.gateway.adapters.compatible import CompatibleModel

    if spec.server is None:
        raise UserError(f"{spec.title!r} needs the address of a server.")
    return CompatibleModel(_served(spec, spec.server, heed), structured=spec.server.structured)


def _served(spec: ModelSpec, server: ServerSpec, heed: Heed) -> ServedModel:
    from shipworthy.gateway.adapters.compatible import ServedModel

    return ServedModel(
        title=spec.title,
        url=server.url,
        name=spec.name,
        permit=Permit.to(server.url, named_in=spec.named_in),
        key=NO_SECRET if server.key_name is None else secret([server.key_name], needed_for=f"{spec.title!r}"),
        heed=heed,
    )


def open_embeddings(spec: ModelSpec, *, heed: Heed = not_heeded) -> Model:
    """The adapter for an embedding model; nothing is sent yet.

    Args:
        spec: From ``embeddings_spec``.
        heed: Sees the headers of every response.

    Raises:
        UserError: a key is missing, or an address is wrong.
        MissingExtraError: an optional part is not installed.
    """
    from shipworthy.gateway.adapters.embeddings import EmbeddingsModel

    server = spec.server or ServerSpec(url=spec.url or ADDRESSES["openai"], key_name=KEY_NAMES["openai"][0])
    return EmbeddingsModel(_served(spec, server, heed))


def _endpoint(spec: ModelSpec, heed: Heed) -> Model:
    from shipworthy.gateway.adapters.endpoint import EndpointModel

    if spec.endpoint is None:
        raise UserError(f"{spec.title!r} needs the description of a service.")
    permit = Permit.to(spec.endpoint.url, named_in=spec.named_in)
    return EndpointModel(spec.endpoint, title=spec.title, permit=permit, heed=heed)


def price_of(spec: ModelSpec, *, writes: bool = True) -> Price | None:
    """What the model's calls cost; None where nobody knows.

    A local model costs nothing but the machine. A server's price is known only if it was given, also on
    this machine: it may pass requests on to somebody who charges.

    Args:
        spec: The model.
        writes: Whether it writes tokens; an embedding model does not.
    """
    if spec.price is not None:
        return spec.price
    if spec.server is not None and spec.server.price is not None:
        return spec.server.price
    if spec.kind in _COSTS_NOTHING:
        return _COSTS_NOTHING[spec.kind]
    if spec.kind in ADDRESSES and spec.url is None:
        return listed_price(spec.kind, spec.name, writes=writes)
    return None
