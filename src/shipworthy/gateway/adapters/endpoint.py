"""The user's own HTTP service: their address, their request, their response, mapped by a small spec.

Which address that is, is the user's own business; here it is http or https, one host, no redirects, a
bounded answer. Texts are put into the parsed template, so no text can change the request's shape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shipworthy.core.canonical import sha256_of
from shipworthy.core.errors import UserError
from shipworthy.gateway.http import HttpClient
from shipworthy.gateway.keys import Secret, secret
from shipworthy.gateway.model import Heed, Reply, Request, Settings, not_heeded
from shipworthy.gateway.permits import Permit, host_of

__all__ = ["EndpointModel", "EndpointSpec"]

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SLOT = re.compile(r"\{(text|system|repeat|seed)\}")
_FROM_THE_SERVICE = "service"

Path = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^.]+(\.[^.]+)*$")]


class EndpointSpec(BaseModel):
    """An HTTP service of yours: what to send, and where the answer is in what comes back."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(
        max_length=2000, description="http or https address; {text} in it is replaced, percent-encoded."
    )
    method: Literal["POST", "PUT", "GET"] = Field("POST", description="How it is called.")
    headers: dict[str, str] = Field(
        default_factory=dict, description="Headers; ${NAME} is read from the environment or the keyring."
    )
    body: Any = Field(
        default={"text": "{text}"},
        description="What to send, as JSON; {text}, {system}, {repeat} and {seed} in its texts are replaced.",
    )
    output: Path = Field(
        "output", description="Where the answer is, for instance result.label or choices.0.text."
    )
    confidence: Path | None = Field(None, description="Where the confidence is, 0 to 1.")
    probabilities: Path | None = Field(None, description="Where the mapping of label to probability is.")
    tokens_in: Path | None = Field(None, description="Where the number of tokens read is.")
    tokens_out: Path | None = Field(None, description="Where the number of tokens written is.")
    version: str = Field(
        "", max_length=200, description="Change it when the service changes: old replies are forgotten."
    )
    largest_bytes: int = Field(1_000_000, ge=1, le=50_000_000, description="Largest answer that is read.")

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        host_of(_SLOT.sub("x", value))
        if not value.isascii() or any(letter.isspace() for letter in value):
            raise UserError(
                "The address holds a character that must be written as %…", hint="For instance %20."
            )
        if _SLOT.search(value.split("/", 3)[2]):
            raise UserError("The host of a service cannot depend on the text.")
        return value

    @field_validator("headers")
    @classmethod
    def _names(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not re.fullmatch(r"[A-Za-z0-9\-]+", name) or not text.isprintable():
                raise UserError(f"{name!r} is not the name of a header, or its value has line breaks.")
        return value


class EndpointModel:
    """A service behind the Model port.

    Raises:
        UserError: a variable in a header is not set.
    """

    def __init__(
        self,
        spec: EndpointSpec,
        *,
        title: str,
        permit: Permit,
        heed: Heed = not_heeded,
    ) -> None:
        self.id = title
        asked = set(EndpointSpec.model_fields) - {"largest_bytes"}  # a spec may have fields of its own
        self.version = f"endpoint:{sha256_of(spec.model_dump(include=asked))}"
        self._spec = spec
        headers, secrets = _filled_headers(spec.headers, title)
        self._http = HttpClient(
            permit, who=title, headers=headers, heed=heed, secrets=secrets, largest=spec.largest_bytes
        )

    def ignored(self, settings: Settings) -> tuple[str, ...]:
        """What the service is not told."""
        told = {"system", "seed"} & set(_SLOT.findall(json.dumps(self._spec.body) + self._spec.url))
        asked = {
            "system": settings.system is not None,
            "examples": bool(settings.examples),
            "temperature": settings.temperature is not None,
            "seed": settings.seed is not None,
        }
        return tuple(name for name, was_asked in asked.items() if was_asked and name not in told)

    async def reply(self, request: Request) -> Reply:
        """Ask once."""
        spec, slots = self._spec, _slots(request)
        url = _SLOT.sub(lambda found: quote(slots[found[1]], safe=""), spec.url)
        body = None if spec.method == "GET" else _filled(spec.body, slots)
        answer = await self._http.json(spec.method, url, body)
        return _read(answer, spec, request.settings)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()


def _filled_headers(headers: Mapping[str, str], who: str) -> tuple[dict[str, Secret], list[Secret]]:
    secrets: dict[str, Secret] = {}

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in secrets:
            secrets[name] = secret([name], needed_for=f"A header for {who}")
        return secrets[name].reveal()

    filled = {name: Secret(name, _VARIABLE.sub(value, text)) for name, text in headers.items()}
    return filled, list(secrets.values())


def _slots(request: Request) -> dict[str, str]:
    seed = request.seed
    return {
        "text": request.prompt,
        "system": request.settings.system or "",
        "repeat": str(request.repeat),
        "seed": "" if seed is None else str(seed),
    }


def _filled(template: Any, slots: Mapping[str, str]) -> Any:
    """The template with its slots filled; a text that is nothing but a number's slot becomes a number."""
    if isinstance(template, str):
        if template in {"{repeat}", "{seed}"}:
            given = slots[template[1:-1]]
            return int(given) if given else None
        return _SLOT.sub(lambda found: slots[found[1]], template)
    if isinstance(template, Mapping):
        return {name: _filled(value, slots) for name, value in template.items()}
    if isinstance(template, list | tuple):
        return [_filled(value, slots) for value in template]
    return template


def _at(answer: Any, path: str) -> Any:
    """The value at a dotted path; positions in lists are numbers.

    Raises:
        LookupError: there is none.
    """
    for step in path.split("."):
        if isinstance(answer, list) and step.isdecimal():
            answer = answer[int(step)]
        elif isinstance(answer, Mapping):
            answer = answer[step]
        else:
            raise LookupError(step)
    return answer


def _read(answer: Any, spec: EndpointSpec, settings: Settings) -> Reply:
    try:
        output = _at(answer, spec.output)
        confidence = None if spec.confidence is None else _share(_at(answer, spec.confidence))
        proba = None if spec.probabilities is None else _shares(_at(answer, spec.probabilities))
    except (LookupError, TypeError, ValueError) as error:
        return Reply(status="invalid", detail=f"the service's answer lacks a usable {error}")
    parsed = {"label": output} if settings.labels and isinstance(output, str) else output
    text = output if isinstance(output, str) else json.dumps(output)
    problem = None if settings.check is None else settings.check(parsed)
    used: dict[str, Any] = {
        "text": text,
        "tokens_in": _tokens(answer, spec.tokens_in),
        "tokens_out": _tokens(answer, spec.tokens_out),
    }
    if problem is not None:
        return Reply(status="invalid", detail=problem, **used)
    if confidence is None and proba is not None and isinstance(output, str):
        confidence = proba.get(output)
    source = None if confidence is None else _FROM_THE_SERVICE
    return Reply(
        status="ok",
        parsed=None if settings.check is None else parsed,
        confidence=confidence,
        confidence_source=source,
        proba=proba,
        **used,
    )


def _share(value: Any) -> float | None:
    if value is None:
        return None
    share = float(value)
    if isinstance(value, bool) or not 0 <= share <= 1:
        raise ValueError(f"confidence ({value!r:.40} is not between 0 and 1)")
    return share


def _shares(value: Any) -> dict[str, float] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise TypeError("probabilities (not a mapping)")
    shares = {str(label): _share(share) for label, share in value.items()}
    return {label: share for label, share in shares.items() if share is not None}


def _tokens(answer: Any, path: str | None) -> int | None:
    if path is None:
        return None
    try:
        found = _at(answer, path)
    except LookupError:
        return None
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
