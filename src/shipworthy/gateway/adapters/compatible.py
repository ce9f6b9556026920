"""Any server that speaks OpenAI's chat completions: Ollama, LM Studio, vLLM, llama.cpp, gateways.

Spoken to directly. Hosted vendors, whose models differ in what they accept, go through ``vendors``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from shipworthy.core.canonical import sha256_of
from shipworthy.gateway.answers import Said, judged
from shipworthy.gateway.http import HttpClient
from shipworthy.gateway.keys import NO_SECRET, Secret
from shipworthy.gateway.model import CallFailure, Heed, Reply, Request, Settings, not_heeded
from shipworthy.gateway.permits import Permit

__all__ = [
    "CompatibleModel",
    "Structured",
    "bearer",
    "chat_messages",
    "count_in",
    "said_in_chat",
    "served_models",
]

Structured = Literal["json_schema", "json_object", "none"]
"""How the server is asked for JSON: with the schema, without it, or not at all."""

_MOST_NAMES, _LONGEST_NAME = 100, 200
_ENDINGS: Mapping[Any, str] = {"length": "length", "content_filter": "refused"}


class CompatibleModel:
    """One model of one server.

    Args:
        title: Name for people.
        url: Base address, for instance ``http://localhost:11434/v1``.
        model: Model name as the server has it.
        permit: The host that was named.
        key: Sent as a bearer token, if there is one.
        structured: How the server is asked for JSON.
        heed: Sees the headers of every response.
    """

    def __init__(
        self,
        *,
        title: str,
        url: str,
        model: str,
        permit: Permit,
        key: Secret = NO_SECRET,
        structured: Structured = "json_schema",
        heed: Heed = not_heeded,
    ) -> None:
        self.id = title
        self.version = f"chat:{sha256_of([url, model, structured])}"
        self._url = url.rstrip("/") + "/chat/completions"
        self._model = model
        self._structured = structured
        self._http = HttpClient(permit, who=title, headers=bearer(key), heed=heed, secrets=(key,))

    def ignored(self, settings: Settings) -> tuple[str, ...]:
        """Nothing, as far as anybody knows."""
        del settings
        return ()

    async def reply(self, request: Request) -> Reply:
        """Ask once."""
        answer = await self._http.json("POST", self._url, self._body(request))
        return judged(said_in_chat(answer, who=self.id), request.settings)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    def _body(self, request: Request) -> dict[str, Any]:
        settings = request.settings
        body: dict[str, Any] = {
            "model": self._model,
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


def bearer(key: Secret) -> dict[str, Secret]:
    """The header with a key; none without one."""
    return {} if key is NO_SECRET else {"Authorization": Secret(key.name, f"Bearer {key.reveal()}")}


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
