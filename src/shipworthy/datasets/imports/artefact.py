"""What a foreign file holds, in our words: examples, answers, prompts, and what was left behind.

This module knows no foreign format.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Answer", "Artefact", "Leftover", "Notes", "PromptText", "Remark", "Sample", "Status"]

Status = Literal["ok", "refused", "invalid", "timeout", "error"]
"""How a call ended; the prediction log's words."""

_MOST_NAMES = 200
_LONGEST_NAME = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An example as the foreign file has it."""

    id: str
    """Its name there, or one made of its place."""
    texts: Mapping[str, str]
    """What the feature is given, by column."""
    label: str | None = None
    """The right answer."""
    accepted: Sequence[str] = ()
    """Other answers that count as right."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What else is known about it, by column."""
    contained: bool = False
    """Whether the label need only occur in the answer, as the foreign check saw it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one candidate said about one example, once."""

    candidate: str
    """Whose answer; any text, made a name later."""
    sample: str
    """Id of the example."""
    text: str | None
    """The answer as it came; None if there was none."""
    picked: str | None = None
    """The answer that the foreign tool read out of the text."""
    status: Status = "ok"
    """How the call ended."""
    repeat: int = 0
    """Which repetition, from 0."""
    version: str | None = None
    """What exactly answered, for instance the model that a provider reported."""
    at: str | None = None
    """When, as ISO 8601."""
    latency_ms: float | None = None
    """How long the call took."""
    tokens_in: int | None = None
    """Tokens read, cached ones included."""
    tokens_out: int | None = None
    """Tokens written."""
    cost: float | None = None
    """US dollars; None if unknown."""
    passed: bool | None = None
    """The foreign tool's own verdict on the answer."""
    checks: Mapping[str, float] = field(default_factory=dict)
    """The foreign tool's scores, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptText:
    """A prompt, as it will stand in a file of ours."""

    name: str
    """Its name there."""
    settings: Mapping[str, Any]
    """What stands above the text: model, temperature, max_tokens, system."""
    body: str
    """The text, with ``{{ input }}`` where the example goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """Something that could not be carried over."""

    name: str
    """What it is called in the foreign file; ``[]`` stands for any place in a list."""
    count: int
    """How often it occurs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something that was decided on the way."""

    words: str
    """What, in a sentence."""
    count: int
    """How often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A foreign file, read."""

    form: str
    """Name of the format."""
    tool: str | None
    """What wrote it and in which version, as far as the file says."""
    samples: Sequence[Sample]
    """The examples, each id once."""
    answers: Sequence[Answer] = ()
    """What candidates said about them."""
    prompts: Sequence[PromptText] = ()
    """Prompts that were found."""
    production: bool = False
    """Whether the answers went to users."""
    remarks: Sequence[Remark] = ()
    """What was decided on the way."""
    leftovers: Sequence[Leftover] = ()
    """What could not be carried over, the commonest first."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the text columns."""
        return tuple(dict.fromkeys(name for sample in self.samples for name in sample.texts))


class Notes:
    """Counts what was left behind and what was decided, by name; bounded whatever the file holds."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}
        self._said: dict[str, int] = {}

    def leave(self, name: str, count: int = 1) -> None:
        """Count something that cannot be carried over."""
        _add(self._left, name, count)

    def say(self, words: str, count: int = 1) -> None:
        """Count a decision."""
        _add(self._said, words, count)

    @property
    def leftovers(self) -> tuple[Leftover, ...]:
        """What was left behind, the commonest first."""
        return tuple(Leftover(name=name, count=count) for name, count in _common_first(self._left.items()))

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What was decided, in the order in which it came up."""
        return tuple(Remark(words=words, count=count) for words, count in self._said.items())


def _add(counts: dict[str, int], name: str, count: int) -> None:
    known = name in counts or len(counts) < _MOST_NAMES
    short = name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…"
    key = short if known else "(other names)"
    counts[key] = counts.get(key, 0) + count


def _common_first(items: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(items, key=lambda item: (-item[1], item[0]))
