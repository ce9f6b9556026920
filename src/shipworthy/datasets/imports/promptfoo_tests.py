"""promptfoo's test cases: variables, assertions and prompts, which three of its files have in common.

An assertion ``equals``, ``contains`` or ``icontains`` says what the right answer is; every other kind is
named and counted. Prompts and tests that stand in other files are not followed.

Source: promptfoo's documentation, "Test cases", "Assertions" and "Prompts"; files written by 0.121.20.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shipworthy.datasets.imports.artefact import Notes, PromptText, Sample
from shipworthy.datasets.imports.fields import Fields, Place, as_text
from shipworthy.datasets.imports.reading import conversation, slug

__all__ = ["Case", "case_of", "prompt_of", "sample_of", "settings_of", "variables"]

_EXACT = ("equals",)
_INSIDE = ("contains", "icontains")
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][\w.]*)\s*\}\}")
_LONGEST_SHOT, _LONGEST_TEXT = 500, 20_000  # what a prompt file takes as an example
_VENDORS = ("openai", "anthropic", "google")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A test case."""

    values: Mapping[str, str]
    """Variables."""
    label: str | None
    """The right answer, as far as the assertions say."""
    contained: bool
    """Whether the answer need only contain it."""
    facts: Mapping[str, str]
    """Description and metadata."""

    @property
    def key(self) -> str:
        """Equal for equal cases."""
        return json.dumps([sorted(self.values.items()), self.label], ensure_ascii=False)


def case_of(test: Fields) -> Case:
    """Read a test case."""
    values = test.texts("vars")
    label, contained = _label(test, values)
    facts = {} if (words := test.text("description")) is None else {"description": words}
    for name, value in test.object("metadata").every():
        if value is not None:
            facts[name] = as_text(value, test.place.below("metadata").below(name))
    return Case(values=values, label=label, contained=contained, facts=facts)


def _label(test: Fields, values: Mapping[str, str]) -> tuple[str | None, bool]:
    exact: list[str] = []
    inside: list[str] = []
    for check in _checks(test):
        kind = check.text("type") or "unknown"
        value = check.any("value")
        elsewhere = isinstance(value, str) and "file://" in value
        if kind not in (*_EXACT, *_INSIDE) or value is None or elsewhere:
            test.notes.leave(f"assertion: {kind}")
            check.skip(*check.value)
            continue
        check.skip("metric", "weight")
        (exact if kind in _EXACT else inside).append(_filled(as_text(value, check.place), values))
    found = exact or inside
    if len(set(found)) > 1:
        test.notes.leave("assertion: several right answers for one example", 1)
        return None, False
    return (found[0].strip() or None, not exact) if found else (None, False)


def _checks(test: Fields) -> list[Fields]:
    found: list[Fields] = []
    for position, value in enumerate(test.items("assert")):
        place = test.place.below("assert").below(position)
        check = Fields(value, place, test.notes)
        if check.value.get("type") == "assert-set":
            found += [
                Fields(inner, place.below("assert").below(at), test.notes)
                for at, inner in enumerate(check.items("assert"))
            ]
        else:
            found.append(check)
    return found


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)


def sample_of(name: str, case: Case, inputs: Sequence[str]) -> Sample:
    """The example that a case is; variables that are not input become columns."""
    return Sample(
        id=name,
        texts={column: case.values.get(column, "") for column in inputs},
        label=case.label,
        facts={**{n: v for n, v in case.values.items() if n not in inputs}, **case.facts},
        contained=case.contained,
    )


def settings_of(provider: str, config: object) -> dict[str, Any]:
    """What a prompt file of ours says above its text: model, temperature and length, where they are known."""
    vendor, _, rest = provider.partition(":")
    model = rest.removeprefix("chat:").removeprefix("messages:").removeprefix("responses:")
    found: dict[str, Any] = {"model": f"{vendor}:{model}"} if vendor in _VENDORS and model else {}
    if isinstance(config, dict):
        values = {name: config.get(name) for name in ("temperature", "max_tokens")}
        found |= {n: v for n, v in values.items() if isinstance(v, int | float) and not isinstance(v, bool)}
    return found


def prompt_of(
    raw: str, name: str, settings: Mapping[str, Any], inputs: Sequence[str], place: Place, notes: Notes
) -> PromptText | None:
    """A prompt as ours: its variables renamed, its chat messages taken apart; None where it is in a file."""
    if raw.startswith(("file://", "exec:")):
        notes.leave("prompt that stands in another file")
        return None
    system, shots, body = _messages(raw, place, notes)
    kept = dict(settings) | ({"system": _ours(system, inputs, notes, name)} if system else {})
    kept |= {"examples": shots} if shots else {}
    if "{%" in body:
        notes.leave(f"template instruction ({{% … %}}) in the prompt {name!r}", body.count("{%"))
    text = _ours(body, inputs, notes, name)
    if "{{ input }}" not in text:
        notes.leave("prompt that does not put in the example")
        return None
    return PromptText(name=name, settings=kept, body=text)


def _messages(raw: str, place: Place, notes: Notes) -> tuple[str | None, list[dict[str, str]], str]:
    """System message, examples that the model is shown, and the text that is asked."""
    try:
        value = json.loads(raw) if raw.lstrip().startswith("[") else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        return None, [], raw
    turns = [item for item in value if item.get("role") not in {"system", "developer"}]
    shots = _shots(turns)
    asked = turns[-1:] if shots else turns
    system, _ = conversation([item for item in value if item not in turns], place, Notes())
    return system, shots, conversation(asked, place, notes)[1]


def _shots(turns: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Pairs of a user's message and the answer to it, ahead of the question; none if it is anything else."""
    pairs = list(zip(turns[:-1:2], turns[1::2], strict=False))
    fixed = len(turns) == 2 * len(pairs) + 1 and all(
        (one.get("role"), two.get("role")) == ("user", "assistant")
        and isinstance(one.get("content"), str)
        and isinstance(two.get("content"), str)
        and 0 < len(two["content"]) <= _LONGEST_SHOT
        and 0 < len(one["content"]) <= _LONGEST_TEXT
        and "{{" not in one["content"] + two["content"]
        for one, two in pairs
    )
    return [{"input": one["content"], "output": two["content"]} for one, two in pairs] if fixed else []


def _ours(text: str, inputs: Sequence[str], notes: Notes, name: str) -> str:
    """``{{message}}`` becomes ``{{ input }}``; other variables become ``[name]`` and are counted."""
    placed = False

    def ours(found: re.Match[str]) -> str:
        nonlocal placed
        if found[1] in inputs and not placed:
            placed = True
            return "{{ input }}"
        if found[1] not in inputs:
            notes.leave(f"variable {found[1]!r} of the prompt {slug(name)!r}, now [{found[1]}]")
        return f"[{found[1]}]" if found[1] not in inputs else ""

    text = _VARIABLE.sub(ours, text)
    return re.sub(r"\{\{(?! input \}\})(.*?)\}\}", lambda found: f"[{found[1].strip()}]", text)


def variables(prompts: Sequence[str]) -> set[str]:
    """Names of the variables that prompts put in."""
    return {found for text in prompts for found in _VARIABLE.findall(text)}
