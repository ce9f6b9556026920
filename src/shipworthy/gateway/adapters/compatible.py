"""Any server that speaks OpenAI's chat completions: Ollama, LM Studio, vLLM, llama.cpp, gateways.

Spoken to directly. Hosted vendors, whose models differ in what they accept, go through ``vendors``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shipworthy.core.canonical import sha256_of
from shipworthy.gateway.answers import Said, judged
from shipworthy.gateway.http import LARGEST, HttpClient
from shipworthy.gateway.keys import NO_SECRET, Secret
from shipworthy.gateway.model import CallFailure, Heed, Reply, Request, Settings, not_heeded
from shipworthy.gateway.permits import Permit

__all__ = [
    "CompatibleModel",
    "ServedModel",
    "Structured",
    "chat_messages",
    "count_in",
    "said_in_chat",
    "served_models",
]

Structured = Literal["json_schema", "json_object", "none"]
"""How the server is asked for JSON: with the schema, without it, or not at all."""

_MOST_NAMES, _LONGEST_NAME = 100, 200
_ENDINGS: Mapping[Any, str] = {"length": "length", "content_filter": "refused"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """One model of one server, and how it may be reached."""

    title: str
    """Name for people."""
    url: str
    """Base address, for instance ``http://localhost:11434/v1``."""
    name: str
    """Model name as the server has it."""
    permit: Permit
    """The host that was named."""
    key: Secret = NO_SECRET
    """Sent as a bearer token, if there is one."""
    heed: Heed = not_heeded
    """Sees the headers of every response."""

    def at(self, path: str) -> str:
        """The address of one of the server's services."""
        return f"{self.url.rstrip('/')}/{path}"

    def http(self, *, largest: int = LARGEST) -> HttpClient:
        """A client that sends the key and reads at most ``largest`` bytes of a response.

        Raises:
            MissingExtraError: aiohttp is not installed.
        """
        key = self.key
        headers = {} if key is NO_SECRET else {"Authorization": Secret(key.name, f"Bearer {key.reveal()}")}
        return HttpClient(
            self.permit, who=self.title, headers=headers, heed=self.heed, secrets=(key,), largest=largest
        )


class CompatibleModel:
    """A model that chats.

    Args:
        served: The model and its server.
        structured: How the server is asked for JSON.
    """

    def __init__(self, served: ServedModel, *, structured: Structured = "json_schema") -> None:
        self.id = served.title
        self.version = f"chat:{sha256_of([served.url, served.name, structured])}"
        self._served = served
        self._structured = structured
        self._http = served.http()

    def ignored(self, settings: Settings) -> tuple[str, ...]:
        """Nothing, as far as anybody knows."""
        del settings
        return ()

    async def reply(self, request: Request) -> Reply:
        """Ask once."""
        answer = await self._http.json("POST", self._served.at("chat/completions"), self._body(request))
        return judged(said_in_chat(answer, who=self.id), request.settings)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    def _body(self, request: Request) -> dict[str, Any]:
        settings = request.settings
        body: dict[str, Any] = {
            "model": self._served.name,
            "messages": chat_messages(request),
            "max_tokens": settings.max_tokens,
        }
        if settings.temperature is not None:
            body["temperature"] = settings.temperature
        if request.seed is not None:
            body["seed"] = request.seed
        if settings.logprobs:
            body["logprobs"] = True
        if settings.schema is not None and self._structured != "none":
            body["response_format"] = self._format(settings)
        return body

    def _format(self, settings: Settings) -> dict[str, Any]:
        if self._structured == "json_object":
            return {"type": "json_object"}
        schema = {"name": "answer", "schema": settings.schema, "strict": True}
        return {"type": "json_schema", "json_schema": schema}


async def served_models(url: str, *, title: str, permit: Permit) -> tuple[str, ...]:
    """Names of the models that a server says it has, the first hundred. Asked without a key.

    Raises:
        CallFailure: it does not answer, or not with a list of models.
    """
    http = HttpClient(permit, who=title)
    try:
        answer = await http.json("GET", url.rstrip("/") + "/models", None)
        return tuple(str(one["id"])[:_LONGEST_NAME] for one in answer["data"][:_MOST_NAMES])
    except (KeyError, TypeError):
        no_list = f"{title} answers, but not with a list of models."
    finally:
        await http.close()
    raise CallFailure(no_list, kind="rejected")


def chat_messages(request: Request) -> list[dict[str, str]]:
    """The conversation, as chat completions write it."""
    settings = request.settings
    messages = [{"role": "system", "content": settings.system}] if settings.system else []
    for said, answered in settings.examples:
        messages += [{"role": "user", "content": said}, {"role": "assistant", "content": answered}]
    return [*messages, {"role": "user", "content": request.prompt}]


def said_in_chat(answer: Any, *, who: str) -> Said:
    """What a chat completion says.

    Raises:
        CallFailure: it is not one.
    """
    try:
        choice = answer["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content"), message.get("refusal")
        usage = answer.get("usage") or {}
        details = usage.get("prompt_tokens_details") or {}
        written = (choice.get("logprobs") or {}).get("content") or ()
        return Said(
            text=text if isinstance(text, str) else None,
            ending="refused" if refusal else _ENDINGS.get(choice.get("finish_reason"), "stop"),
            refusal=str(refusal) if refusal else None,
            tokens=[(str(one["token"]), float(one["logprob"])) for one in written],
            tokens_in=count_in(usage.get("prompt_tokens")),
            tokens_out=count_in(usage.get("completion_tokens")),
            cached_tokens=count_in(details.get("cached_tokens")),
            model_version=str(answer["model"])[:200] if answer.get("model") else None,
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        not_one = f"{who} sent JSON that is not a chat completion."
    raise CallFailure(not_one, kind="server", billed=True)


def count_in(value: Any) -> int | None:
    """A count that a server sent; None where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
