"""Texts out of messages, and labels out of answers.

A label is read out of an answer only where the foreign check, too, was content to find it there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shipworthy.datasets.imports.artefact import Notes, Sample
from shipworthy.datasets.imports.fields import Fields, Place, bounded

__all__ = ["LabelReader", "content_text", "conversation", "input_columns", "slug", "timed_out"]

_MOST_LABELS = 200
_LONGEST_LABEL = 80
_INPUT_NAMES = re.compile(
    r"input|question|message|text|body|content|query|prompt|utterance|comment|email|ticket|headline|review",
    re.IGNORECASE,
)


def conversation(messages: Iterable[Any], place: Place, notes: Notes) -> tuple[str | None, str]:
    """System message (None without one) and the rest: one text, or turns with their roles in front."""
    system: list[str] = []
    turns: list[tuple[str, str]] = []
    for position, message in enumerate(messages):
        fields = Fields(message, place.below(position), notes)
        role = fields.text("role") or "user"
        content = fields.any("parts" if "parts" in fields else "content")
        text = content_text(content, fields.place.below("content"), notes)
        (system.append(text) if role in {"system", "developer"} else turns.append((role, text)))
    joined = turns[0][1] if len(turns) == 1 else "\n\n".join(f"{role}: {text}" for role, text in turns)
    return "\n\n".join(system) or None, joined


def content_text(content: Any, place: Place, notes: Notes) -> str:
    """The text of a message: as it is, or of its parts that are text."""
    if content is None:
        return ""
    if isinstance(content, str):
        return bounded(content, place)
    if not isinstance(content, list):
        raise place.wrong(content, "A text or a list of parts")
    found = []
    for position, part in enumerate(content):
        if isinstance(part, str):
            found.append(part)
            continue
        fields = Fields(part, place.below(position), notes)
        text = fields.any("text") if "text" in fields else fields.any("content")
        if isinstance(text, str):
            found.append(text)
        else:
            notes.leave(f"part of a message: {str(fields.value.get('type', 'unknown'))[:40]}")
    return bounded("\n".join(found), place)


def input_columns(rows: Sequence[Mapping[str, str]], used: Iterable[str] | None = None) -> tuple[str, ...]:
    """Which columns hold what the feature is given: those with sentences, else the likeliest one.

    Args:
        rows: Values by column.
        used: Columns that a prompt puts in; all if None.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    chosen = [name for name in names if used is None or name in set(used)] or names
    words = {name: _mean_words([row[name] for row in rows if name in row]) for name in chosen}
    worded = [name for name in chosen if words[name] >= 3]
    if worded:
        return tuple(worded)
    named = [name for name in chosen if _INPUT_NAMES.search(name)]
    return tuple((named or sorted(chosen, key=lambda name: -words[name]))[:1])


def _mean_words(values: Sequence[str]) -> float:
    sample = values[:1_000]
    return sum(len(value[:2_000].split()) for value in sample) / max(1, len(sample))


class LabelReader:
    """Finds the one known label in an answer."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        labels = dict.fromkeys(sample.label for sample in samples if sample.label is not None)
        usable = len(labels) <= _MOST_LABELS and all(0 < len(label) <= _LONGEST_LABEL for label in labels)
        self.labels = tuple(labels) if usable else ()
        longest_first = sorted(self.labels, key=len, reverse=True)
        pattern = "|".join(rf"(?<!\w){re.escape(label)}(?!\w)" for label in longest_first)
        self._pattern = re.compile(pattern, re.IGNORECASE) if pattern else None
        self._folded = {label.casefold(): label for label in self.labels}

    def __call__(self, text: str) -> str | None:
        """The label that the answer is or, as a word of its own, holds; None for none and for several."""
        if self._pattern is None:
            return None
        found = {self._folded.get(match[0].casefold()) for match in self._pattern.finditer(text[:100_000])}
        return found.pop() if len(found) == 1 else None


def slug(text: str, taken: Iterable[str] = (), *, longest: int = 60) -> str:
    """A name for a candidate or a file, made of any text and different from those taken."""
    kept = re.sub(r"[^A-Za-z0-9_.]+", "-", text).strip("-.")[:longest].strip("-.") or "unnamed"
    known, name, number = set(taken), kept, 2
    while name in known:
        name, number = f"{kept}-{number}", number + 1
    return name


def timed_out(message: str) -> bool:
    """Whether an error's words tell of a time-out."""
    return bool(re.search(r"time[d\-_ ]*out|deadline", message[:2_000], re.IGNORECASE))
