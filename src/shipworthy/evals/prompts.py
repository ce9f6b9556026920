"""Prompts as files: settings on top, and below them what is said to the model for each example.

    ---
    model: openai:gpt-5-mini
    temperature: 0
    system: You sort customers' messages.
    ---
    Which of these is the message about: {{ labels }}?

    {{ input }}

What an example says is put in last and never read again, so no text can use a variable or end the prompt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from shipworthy.core.canonical import sha256_of
from shipworthy.core.errors import SpecError, Where, nearest
from shipworthy.core.files import readable
from shipworthy.core.yaml_file import YamlFile, model_from_yaml, parse_yaml

__all__ = [
    "VARIABLES",
    "FrontMatter",
    "Prompt",
    "PromptSettings",
    "Shot",
    "default_prompt",
    "front_matter",
    "read_prompt",
]

VARIABLES = ("input", "labels")
"""What a prompt may put in: the example's text, and the labels to choose from."""

_FENCE = "---"
_LARGEST = 200_000
_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_DEFAULT = """\
Sort the text below into exactly one of these categories: {{ labels }}.
Answer with the category only.

Text:
{{ input }}
"""


class Shot(BaseModel):
    """An example that the model is shown: never one of the test set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: str = Field(min_length=1, max_length=20_000, description="What a user wrote.")
    output: str = Field(min_length=1, max_length=500, description="The label the model should answer.")


class PromptSettings(BaseModel):
    """What stands above the prompt's text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = Field(None, description="For instance openai:gpt-5-mini; feature.yaml goes first.")
    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(
        None, description="The provider's own when left out."
    )
    max_tokens: int = Field(256, ge=1, le=100_000, description="Longest answer, in tokens.")
    seed: int | None = Field(None, ge=0, le=2**31 - 1, description="Sent where the provider takes one.")
    system: str | None = Field(
        None, max_length=_LARGEST, description="Instructions ahead of the conversation."
    )
    output_schema: dict[str, Any] | None = Field(
        None, description="JSON Schema of the answer, with a property 'label'; {'label': …} when left out."
    )
    examples: list[Shot] = Field(default_factory=list, max_length=200, description="Few-shot examples.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt, ready to be filled."""

    settings: PromptSettings
    """What stands above the text."""
    text: str
    """The text, with its variables."""
    file: Path | None = None
    """Where it was read; None for the one that is used when there is no file."""

    @property
    def name(self) -> str:
        """Its name for people."""
        return "default prompt" if self.file is None else self.file.name

    @property
    def version(self) -> str:
        """Hash of text and settings; the model's name is not part of it."""
        return sha256_of({"text": self.text, **self.settings.model_dump(exclude={"model"})})

    def filled(self, text: str, labels: tuple[str, ...]) -> str:
        """What is said to the model about one example's text."""
        values = {"input": text, "labels": ", ".join(labels)}
        return _VARIABLE.sub(lambda found: values[found[1]], self.text)

    def check_labels(self, labels: tuple[str, ...]) -> None:
        """Refuse few-shot examples whose answer is none of the labels, and schemas without a label.

        Raises:
            SpecError: names the example and the nearest label.
        """
        schema = self.settings.output_schema
        if schema is not None and "label" not in (schema.get("properties") or {}):
            raise SpecError(
                "The answer's schema has no property 'label', so no answer could be judged.",
                where=Where(file=self.file, field="output_schema.properties"),
                hint="Add: label: {type: string}",
            )
        for position, shot in enumerate(self.settings.examples):
            if shot.output not in labels:
                raise SpecError(
                    f"Example {position + 1} of the prompt answers {shot.output!r}, which is no label.",
                    where=Where(file=self.file, field=f"examples.{position}.output"),
                    hint=nearest(shot.output, labels),
                )


def default_prompt() -> Prompt:
    """The plainest prompt there is, for a candidate that names none."""
    return Prompt(settings=PromptSettings(max_tokens=64), text=_DEFAULT)


def read_prompt(path: Path) -> Prompt:
    """Read a prompt file.

    Raises:
        UserError: no such file, not UTF-8, too large.
        SpecError: a setting that does not exist, an unknown variable, or no place for the input.
    """
    found = front_matter(path)
    settings = model_from_yaml(PromptSettings, found.settings)
    _check_variables(found.body, path, found.lines_above)
    return Prompt(settings=settings, text=found.body.strip() + "\n", file=path)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """A file with settings on top, taken apart."""

    settings: YamlFile
    """What stands between the lines of dashes."""
    body: str
    """What stands below."""
    lines_above: int
    """Lines above the body."""


def front_matter(path: Path) -> FrontMatter:
    """Take a file with settings on top apart.

    Raises:
        UserError: no such file, not UTF-8, too large, or settings that are no YAML.
    """
    above, body, lines = _parts(_text_of(path), path)
    file = parse_yaml("\n" + above, path=path) if above.strip() else YamlFile(path=path, value={}, lines={})
    return FrontMatter(settings=file, body=body, lines_above=lines)


def _text_of(path: Path) -> str:
    where = Where(file=path)
    size = readable(path).stat().st_size
    if size > _LARGEST:
        raise SpecError(f"This file is too large for a prompt ({size:,} bytes).", where=where)
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SpecError("This prompt is not UTF-8 text.", where=where, hint="Save it as UTF-8.") from None


def _parts(text: str, path: Path) -> tuple[str, str, int]:
    """The settings, the text below them, and the lines above the text."""
    lines = text.splitlines(keepends=True)
    if not lines or lines[0].strip() != _FENCE:
        return "", text, 0
    ends = [number for number, line in enumerate(lines[1:], 1) if line.strip() == _FENCE]
    if not ends:
        raise SpecError(
            "The settings on top of this prompt do not end.",
            where=Where(file=path, line=1),
            hint=f"Put a line with {_FENCE} below them.",
        )
    return "".join(lines[1 : ends[0]]), "".join(lines[ends[0] + 1 :]), ends[0] + 1


def _check_variables(body: str, path: Path, lines_above: int) -> None:
    for found in _VARIABLE.finditer(body):
        if found[1] not in VARIABLES:
            line = lines_above + body[: found.start()].count("\n") + 1
            raise SpecError(
                f"A prompt has no variable {found[1]!r}.",
                where=Where(file=path, line=line),
                hint=nearest(found[1], VARIABLES),
            )
    if not any(found[1] == "input" for found in _VARIABLE.finditer(body)):
        raise SpecError(
            "This prompt never says what the example's text is.",
            where=Where(file=path),
            hint="Put {{ input }} where the text should stand.",
        )
