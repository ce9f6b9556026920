"""An embedding server: OpenAI's ``POST /embeddings``, whose vectors count the words of a text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.embedders import WordEmbedder
from tests.servers.http import Answer, Asked, LoopbackServer

__all__ = ["Batch", "EmbeddingServer", "Sent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A request."""

    texts: tuple[str, ...]
    """The texts it brought."""
    before: int
    """Requests before this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What to send, where it is not the right thing."""

    status: int = 200
    """An HTTP status other than 200 sends an error."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of the response."""
    change: Callable[[dict[str, Any]], Any] | None = None
    """Spoils a right reply; what it gives back is sent."""
    raw: bytes | None = None
    """A body that replaces all of it."""
    hang: bool = False
    """Say nothing."""


class EmbeddingServer(LoopbackServer):
    """One provider with one embedding model.

    Args:
        script: What to send for a request; a right reply is the usual thing.
        embedder: Makes the vectors.
    """

    def __init__(
        self, script: Callable[[Batch], Sent] = lambda _: Sent(), *, embedder: WordEmbedder | None = None
    ) -> None:
        super().__init__(self._heard)
        self.script = script
        self.embedder = embedder or WordEmbedder()
        self.requests: list[Asked] = []
        self.billed: Counter[str] = Counter()

    def _heard(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            return Answer(body=json.dumps({"object": "list", "data": [{"id": "words"}]}).encode())
        assert (asked.method, asked.path) == ("POST", "/v1/embeddings")
        texts = tuple(asked.json["input"])
        sent = self.script(Batch(texts=texts, before=len(self.requests)))
        self.requests.append(asked)
        if sent.raw is not None:
            body = sent.raw
        elif sent.status != 200:
            body = json.dumps({"error": {"message": "no", "type": "server_error"}}).encode()
        else:
            reply = self._reply(asked.json["model"], texts)
            body = json.dumps(reply if sent.change is None else sent.change(reply)).encode()
            self.billed.update(texts if not sent.hang else ())
        return Answer(status=sent.status, headers=sent.headers, body=body, hang=sent.hang)

    def _reply(self, model: str, texts: tuple[str, ...]) -> dict[str, Any]:
        vectors = (3 * self.embedder.embed(texts)).tolist()  # not of length one
        items = [{"object": "embedding", "index": n, "embedding": each} for n, each in enumerate(vectors)]
        tokens = sum(len(text.split()) for text in texts)
        return {
            "object": "list",
            "data": items[::-1],  # by index, not by place
            "model": model,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
