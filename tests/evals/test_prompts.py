"""Prompt files: checked before anything is sent, and no text in them can become an instruction to us."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.core.errors import UserError
from shipworthy.evals.prompts import Prompt, PromptSettings, Shot, default_prompt, read_prompt

LABELS = ("bug", "billing")
WHOLE = """\
---
model: openai:gpt-5-mini
temperature: 0.5
max_tokens: 20
seed: 3
system: You sort messages.
examples:
  - input: I was charged twice.
    output: billing
---
One of {{ labels }}:
{{input}}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "prompt.md"
    path.write_text(text, encoding="utf-8")
    return path


def test_settings_stand_on_top_and_the_text_below(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE)
    assert read_prompt(path) == Prompt(
        settings=PromptSettings(
            model="openai:gpt-5-mini",
            temperature=0.5,
            max_tokens=20,
            seed=3,
            system="You sort messages.",
            examples=[Shot(input="I was charged twice.", output="billing")],
        ),
        text="One of {{ labels }}:\n{{input}}\n",
        file=path,
    )


def test_a_prompt_needs_no_settings(tmp_path: Path) -> None:
    prompt = read_prompt(written(tmp_path, "What is {{ input }} about?"))
    assert prompt.settings == PromptSettings()
    assert prompt.filled("this", LABELS) == "What is this about?\n"


def test_variables_are_filled_once(tmp_path: Path) -> None:
    prompt = read_prompt(written(tmp_path, WHOLE))
    assert (
        prompt.filled("{{ labels }} {{ input }}", LABELS)
        == "One of bug, billing:\n{{ labels }} {{ input }}\n"
    )


@given(text=st.text(max_size=60))
def test_any_text_arrives_as_it_is(text: str) -> None:
    filled = default_prompt().filled(text, LABELS)
    before, _, after = default_prompt().text.partition("{{ input }}")
    assert filled == before.replace("{{ labels }}", "bug, billing") + text + after


@pytest.mark.parametrize(
    ("text", "message", "hint", "line"),
    [
        ("Say {{ inputs }} {{ input }}", "no variable 'inputs'", "Did you mean 'input'?", 1),
        (
            "---\nmodel: local\n---\n\n{{ x y }}{{ input }}",
            "no variable 'x y'",
            "Known: 'input', 'labels'.",
            5,
        ),
        ("What is it about?", "never says what the example's text is", "Put {{ input }} where", None),
        (
            "---\nmodel: local\n{{ input }}",
            "settings on top of this prompt do not end",
            "Put a line with ---",
            1,
        ),
        (
            "---\ntemprature: 1\n---\n{{ input }}",
            "'temprature' is not a known",
            "Did you mean 'temperature'?",
            2,
        ),
        ("---\nseed: 1\ntemperature: 3\n---\n{{ input }}", "3 cannot be used for 'temperature'", None, 3),
        ("---\nexamples: [1\n---\n{{ input }}", "not valid YAML", "Check the indentation", 3),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    tmp_path: Path, text: str, message: str, hint: str | None, line: int | None
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UserError) as caught:
        read_prompt(path)
    assert message in caught.value.message
    assert hint is None or (caught.value.hint or "").startswith(hint)
    assert caught.value.where is not None
    assert (caught.value.where.file, caught.value.where.line) == (path, line)


def test_a_few_shot_answer_that_is_no_label_names_the_nearest(tmp_path: Path) -> None:
    prompt = read_prompt(written(tmp_path, WHOLE.replace("output: billing", "output: biling")))
    with pytest.raises(UserError, match="Example 1 of the prompt answers 'biling'") as caught:
        prompt.check_labels(LABELS)
    assert caught.value.hint == "Did you mean 'billing'?"


def test_a_schema_of_the_answer_has_to_hold_the_label() -> None:
    settings = PromptSettings(output_schema={"type": "object", "properties": {"why": {"type": "string"}}})
    with pytest.raises(UserError, match="no property 'label'"):
        Prompt(settings=settings, text="{{ input }}").check_labels(LABELS)


def test_the_version_changes_with_text_and_settings_and_not_with_the_model(tmp_path: Path) -> None:
    versions = {
        read_prompt(written(tmp_path, text)).version
        for text in (
            WHOLE,
            WHOLE.replace("gpt-5-mini", "gpt-5"),
            WHOLE.replace("0.5", "0.6"),
            WHOLE.replace("One of", "Any of"),
        )
    }
    assert len(versions) == 3


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prompt.md"
    path.write_bytes(b"\xff\xfe{{ input }}")
    with pytest.raises(UserError, match="not UTF-8"):
        read_prompt(path)
    path.write_bytes(b"x" * 200_001)
    with pytest.raises(UserError, match="too large for a prompt"):
        read_prompt(path)
