"""Exchanges that were recorded, and can be asked again without a model.

One JSON line per exchange, first a line that says whose they are. Keys and headers are never in it:
only what was asked and what came back.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from shipworthy.core.canonical import short
from shipworthy.core.errors import DataError, UserError, Where
from shipworthy.core.files import readable
from shipworthy.gateway.model import CallFailure, Model, Reply, Request, Settings

__all__ = ["Recorder", "ReplayModel", "recorded_model"]

_FORMAT = "shipworthy exchanges"
_VERSION = 1
_LONGEST_LINE = 16_000_000
_BATCH = 100


class Recorder:
    """A model whose exchanges are written down as they happen. Wrap a ``Caller`` to record its replies.

    Use as a context manager. An existing file of the same model is continued.

    Raises:
        UserError: the file holds another model's exchanges.
    """

    def __init__(self, model: Model, path: Path) -> None:
        self.id = model.id
        self.version = model.version
        self._model = model
        self._path = path
        self._stream: IO[str] | None = None
        self._unwritten = 0

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        started = self._path.exists() and self._path.stat().st_size > 0
        if started:
            self._same_model()
            _without_torn_line(self._path)
        self._stream = self._path.open("a", encoding="utf-8")
        if not started:
            self._line(
                {"format": _FORMAT, "version": _VERSION, "model": self.id, "model_version": self.version}
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._flush()
            self._stream.close()
            self._stream = None

    def ignored(self, settings: Settings) -> tuple[str, ...]:
        """What the model ignores."""
        return self._model.ignored(settings)

    async def reply(self, request: Request) -> Reply:
        """Ask, and write down what was asked and answered."""
        reply = await self._model.reply(request)
        self._line(
            {
                "key": request.key(self.version),
                "settings": request.settings.digest,
                "system": request.settings.system,
                "prompt": request.prompt,
                "repeat": request.repeat,
                "reply": reply.row(),
            }
        )
        return reply

    async def close(self) -> None:
        """Close the model's connections."""
        await self._model.close()

    def _same_model(self) -> None:
        header = _header(self._path)
        if header["model_version"] != self.version:
            raise UserError(
                f"This file holds exchanges of {header['model']!r}, not of {self.id!r}.",
                where=Where(file=self._path),
                hint="Choose another file.",
            )

    def _line(self, value: dict[str, Any]) -> None:
        if self._stream is None:
            raise UserError("A recorder is used inside a with block.")
        self._stream.write(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")
        self._unwritten += 1
        if self._unwritten >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        assert self._stream is not None
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._unwritten = 0


def recorded_model(path: Path) -> str:
    """Whose exchanges a file holds.

    Raises:
        UserError: no such file.
        DataError: the file does not hold exchanges.
    """
    return _header(path)["model"]


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    size: int


class ReplayModel:
    """Answers what was recorded, word for word, and nothing else. Reaches no network.

    Raises:
        UserError: no such file.
        DataError: the file does not hold exchanges.
    """

    def __init__(self, path: Path) -> None:
        header = _header(path)
        self.id = f"replay:{header['model']}"
        self.version: str = header["model_version"]
        self._path = path
        self._places = self._index()

    def __len__(self) -> int:
        return len(self._places)

    def ignored(self, settings: Settings) -> tuple[str, ...]:
        """Nothing: the recorded model saw them."""
        del settings
        return ()

    async def reply(self, request: Request) -> Reply:
        """The recorded reply; of several, the last.

        Raises:
            CallFailure: this was never asked.
        """
        key = request.key(self.version)
        place = self._places.get(key)
        if place is None:
            raise CallFailure(
                f"{self._path.name!r} holds no exchange for this request ({short(key)}).",
                kind="rejected",
                hint="The prompt, its settings or the example changed since; record it again.",
            )
        with self._path.open("rb") as stream:
            stream.seek(place.start)
            exchange = json.loads(stream.read(place.size))
        return Reply.from_row({**exchange["reply"], "from_cache": True})

    async def close(self) -> None:
        """Nothing is open."""

    def _index(self) -> dict[str, _Place]:
        places: dict[str, _Place] = {}
        with self._path.open("rb") as stream:
            start = len(stream.readline(_LONGEST_LINE))
            for number, line in enumerate(iter(lambda: stream.readline(_LONGEST_LINE), b""), start=2):
                if line.endswith(b"\n") and line.strip():
                    places[self._key(line, number)] = _Place(start, len(line))
                start += len(line)
        return places

    def _key(self, line: bytes, number: int) -> str:
        try:
            exchange = json.loads(line)
            Reply.from_row(exchange["reply"])
            return str(exchange["key"])
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
            where = Where(file=self._path, line=number)
        raise DataError("This line is not a recorded exchange.", where=where)


def _header(path: Path) -> dict[str, str]:
    with readable(path).open("rb") as stream:
        first = stream.readline(_LONGEST_LINE)
    try:
        header = json.loads(first)
        if header["format"] == _FORMAT and header["version"] == _VERSION:
            return {"model": str(header["model"]), "model_version": str(header["model_version"])}
    except (KeyError, TypeError, ValueError, RecursionError):
        pass
    raise DataError("This file does not hold recorded exchanges.", where=Where(file=path, line=1))


def _without_torn_line(path: Path) -> None:
    """Cut off what a killed process left of its last line."""
    with path.open("rb+") as stream:
        stream.truncate(stream.read().rfind(b"\n") + 1)
