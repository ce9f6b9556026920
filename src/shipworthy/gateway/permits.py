"""No model is reached by accident.

An adapter that can reach the network is built with a ``Permit``: the one host that the user named, and
where. It asks the permit before every request, redirects included. This machine may always be reached.
``SHIPWORTHY_OFFLINE=1`` overrules every permit.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from shipworthy.core.errors import EnvironmentFailure, UserError

__all__ = ["Permit", "host_of", "is_loopback"]

_OFFLINE = "SHIPWORTHY_OFFLINE"


@lru_cache(maxsize=256)
def host_of(url: str) -> str:
    """Scheme-checked host and port of a URL, in lower case.

    Raises:
        UserError: not an http or https URL, or one that carries a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UserError(f"{url!r} is not a URL: {error}.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UserError(
            f"{url!r} is not an http or https address.", hint="For instance http://localhost:11434/v1"
        )
    if parts.username or parts.password:
        raise UserError(
            "A URL must not carry a user name or a password.", hint="Put it in a header from the environment."
        )
    usual = 443 if parts.scheme == "https" else 80
    return f"{parts.hostname.lower()}:{port or usual}"


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether a ``host:port`` is this machine."""
    name = host.rpartition(":")[0].strip("[]")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Leave to send requests to one host, because the user named it.

    Raises:
        UserError: nobody named it.
    """

    host: str
    """Host and port, see ``host_of``."""
    named_in: str
    """Where the user named it, for instance ``--candidates api`` or a file."""

    def __post_init__(self) -> None:
        if not self.named_in.strip():
            raise UserError(f"Nobody named {self.host!r}, so nothing is sent to it.")

    @classmethod
    def to(cls, url: str, *, named_in: str) -> Permit:
        """Leave to reach the host of ``url``."""
        return cls(host=host_of(url), named_in=named_in)

    def check(self, url: str, environment: Mapping[str, str] | None = None) -> None:
        """Let a request pass, or not.

        Raises:
            EnvironmentFailure: another host than the one named, or SHIPWORTHY_OFFLINE is set.
        """
        host = host_of(url)
        if is_loopback(host):
            return
        if host != self.host:
            raise EnvironmentFailure(
                f"A request to {host!r} was stopped: only {self.host!r} was named (in {self.named_in})."
            )
        if (os.environ if environment is None else environment).get(_OFFLINE, "") not in {"", "0"}:
            raise EnvironmentFailure(
                f"{_OFFLINE} is set, so nothing is sent to {host!r}.", hint=f"unset {_OFFLINE}"
            )
