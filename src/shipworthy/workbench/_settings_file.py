"""The layout of ``shipworthy.toml``, at the edge: loaded only where the file is read or written."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from shipworthy.core.errors import UserError
from shipworthy.gateway.adapters.compatible import Structured
from shipworthy.gateway.permits import host_of
from shipworthy.gateway.prices import GivenPrice
from shipworthy.gateway.specs import ServerSpec

__all__ = ["Defaults", "ServerTable", "SettingsFile"]

_Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class ServerTable(BaseModel):
    """``[servers.NAME]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(max_length=500)]
    key_name: str | None = None
    structured: Structured = "json_schema"
    price_in: _Dollars | None = None
    price_out: _Dollars | None = None

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        host_of(value)
        if not value.isascii() or not value.isprintable() or re.search(r"[?#\s]", value):
            raise UserError(
                f"{value!r} is not a base address: it goes on with ? or #, or holds a space.",
                hint="For instance http://localhost:11434/v1",
            )
        return value

    @field_validator("key_name")
    @classmethod
    def _name_and_not_the_key(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Z][A-Z0-9_]{0,79}", value):
            raise UserError(
                "This is not the name of an environment variable (capitals, digits and underscores); it is "
                "not shown here in case it is a key.",
                hint="export HOUSE_KEY=… and name it: HOUSE_KEY. A key itself is never written into a file.",
            )
        return value

    @model_validator(mode="after")
    def _both_prices(self) -> Self:
        if (self.price_in is None) != (self.price_out is None):
            raise UserError(
                "A price needs both: US dollars per million tokens read and written.",
                hint="For instance 0.10 and 0.40; 0 and 0 where calls cost nothing.",
            )
        return self

    def spec(self) -> ServerSpec:
        """The server as the gateway has it."""
        price = None
        if self.price_in is not None and self.price_out is not None:
            price = GivenPrice(input=self.price_in, output=self.price_out, said_in="shipworthy.toml")
        return ServerSpec(url=self.url, key_name=self.key_name, structured=self.structured, price=price)


class Defaults(BaseModel):
    """``[defaults]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Annotated[str, Field(max_length=200)] | None = None
    budget: _Dollars | None = None


class SettingsFile(BaseModel):
    """The parts of ``shipworthy.toml`` that concern models; other tables are other commands' business."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    servers: dict[str, ServerTable] = Field(default_factory=dict)
    defaults: Defaults = Defaults()
