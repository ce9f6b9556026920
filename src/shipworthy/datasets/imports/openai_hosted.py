"""Results of OpenAI's hosted Evals, the service that ends on 30 November 2026. Not seen live.

Two layouts, both known from documentation and never from a file of the service itself: what the dashboard
downloads (``run_id``, ``data_source_idx``, ``item``, ``sample``, ``grades``, ``passes``), as promptfoo's
importer takes it, and the output items of the API (``object: eval.run.output_item``). One object a line, a
list, or a page of a list.

Source: OpenAI, "API reference: Evals, Get an output item of an eval run"; promptfoo 0.123.1,
``src/importers/openaiEvals``. The label is taken from the item's column whose name says so, because neither
layout says which column the graders compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from shipworthy.datasets.imports.artefact import Answer, Artefact, Notes, Sample, Status
from shipworthy.datasets.imports.fields import Fields, Place, as_text, opened
from shipworthy.datasets.imports.form import Form
from shipworthy.datasets.imports.reading import conversation, input_columns, slug, timed_out
from shipworthy.datasets.imports.source import Source

__all__ = ["FORM", "LABEL_NAMES"]

LABEL_NAMES = (
    "ground_truth",
    "label",
    "correct_label",
    "expected",
    "expected_output",
    "expected_answer",
    "ideal",
    "target",
    "reference",
    "reference_answer",
    "correct_answer",
    "category",
)
"""Columns of an item that hold the right answer, the likeliest first."""

_LATEST = 253_402_300_799  # the last second that a date can have


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    key: str
    item: Mapping[str, str]
    conversation: str | None
    answer: Answer


def _fits(source: Source) -> bool:
    first = source.first
    if isinstance(first, dict) and first.get("object") == "list":
        data = first.get("data")
        first = data[0] if isinstance(data, list) and data else None
    if not isinstance(first, dict):
        return False
    dashboard = {"run_id", "data_source_idx", "item"} <= first.keys()
    return dashboard or first.get("object") == "eval.run.output_item"


def _read(source: Source) -> Artefact:
    notes = Notes()
    rows = []
    for value, place in source.objects():
        with opened(value, place, notes) as line:
            rows.append(_dashboard(line) if "data_source_idx" in line else _output_item(line))
    items = {row.key: row for row in reversed(rows)}
    samples = _samples([items[key] for key in dict.fromkeys(row.key for row in rows)], notes)
    answers, asked = [], dict[tuple[str, str], int]()
    for row in rows:
        who = (row.answer.candidate, row.key)
        answers.append(replace(row.answer, repeat=asked.get(who, 0)))
        asked[who] = asked.get(who, 0) + 1
    return Artefact(
        form="openai-hosted",
        tool="OpenAI hosted Evals (from the documented format, not seen live)",
        samples=samples,
        answers=answers,
        remarks=notes.remarks,
        leftovers=notes.leftovers,
    )


def _samples(rows: list[_Row], notes: Notes) -> list[Sample]:
    names = {name.casefold(): name for row in rows for name in row.item}
    label = next((names[name] for name in LABEL_NAMES if name in names), None)
    notes.say(
        f"The label was taken from the item's column {label!r}; the file does not say which one was graded."
        if label
        else "No column of the items is named like a label, so there are no labels."
    )
    rest = [{name: text for name, text in row.item.items() if name != label} for row in rows]
    inputs = input_columns(rest) if any(rest) else ()
    return [
        Sample(
            id=row.key,
            texts={n: others.get(n, "") for n in inputs} or {"input": row.conversation or ""},
            label=(row.item.get(label, "").strip() or None) if label else None,
            facts={name: text for name, text in others.items() if name not in inputs},
        )
        for row, others in zip(rows, rest, strict=True)
    ]


def _item(line: Fields, name: str) -> dict[str, str]:
    """The columns of an item; the service nests them in ``item`` for some sources."""
    item = line.object(name)
    return item.texts("item") if isinstance(item.value.get("item"), dict) else line.texts(name)


def _output_item(line: Fields) -> _Row:
    line.skip("object", "id", "eval_id", "run_id", "status", "datasource_item_id")
    sample = line.object("sample")
    _, text = _messages(sample, "input")
    _, said = _messages(sample, "output")
    usage = sample.object("usage")
    usage.skip("total_tokens", "cached_tokens")
    sample.skip("temperature", "top_p", "seed", "max_completion_tokens")
    checks: dict[str, float] = {}
    passed: list[bool] = []
    for result in line.objects("results"):
        name = slug(result.text("name") or "grader", checks)
        score, verdict = result.number("score"), result.flag("passed")
        if score is not None:
            checks[name] = score
        if verdict is not None:
            passed.append(verdict)
    run = line.text("run_id") or "run"
    return _Row(
        key=_key(line.any("datasource_item_id"), line.place),
        item=_item(line, "datasource_item"),
        conversation=text,
        answer=_answer(
            line,
            sample,
            candidate=sample.text("model") or run,
            text=said,
            usage=usage,
            checks=checks,
            passed=passed,
        ),
    )


def _dashboard(line: Fields) -> _Row:
    sample = line.object("sample")
    _, said = _messages(sample, "outputs")
    _, text = _messages(sample, "inputs" if "inputs" in sample else "input")
    usage = sample.object("token_usage")
    usage.skip("total_tokens", "cached_tokens")
    grades = {slug(name): float(value) for name, value in line.object("grades").every() if _is_number(value)}
    passed = [value for _, value in line.object("passes").every() if isinstance(value, bool)]
    return _Row(
        key=_key(line.any("data_source_idx"), line.place),
        item=_item(line, "item"),
        conversation=text,
        answer=_answer(
            line,
            sample,
            candidate=sample.text("model") or line.text("run_id") or "run",
            text=said,
            usage=usage,
            checks=grades,
            passed=passed,
        ),
    )


def _answer(
    line: Fields,
    sample: Fields,
    *,
    candidate: str,
    text: str | None,
    usage: Fields,
    checks: Mapping[str, float],
    passed: list[bool],
) -> Answer:
    line.skip("run_id")
    created = line.number("created_at")
    at = None if created is None or created > _LATEST else datetime.fromtimestamp(created, UTC).isoformat()
    error = _error(sample)
    return Answer(
        candidate=candidate,
        sample=_key(
            line.any("datasource_item_id" if "datasource_item_id" in line else "data_source_idx"), line.place
        ),
        text=text or error,
        status=_status(text, error, sample.text("finish_reason"), line.notes),
        at=at,
        tokens_in=usage.count("prompt_tokens"),
        tokens_out=usage.count("completion_tokens"),
        passed=all(passed) if passed else None,
        checks=checks,
    )


def _error(sample: Fields) -> str | None:
    """What went wrong; the API sends an error without code and message where nothing did."""
    value = sample.any("error")
    if isinstance(value, dict):
        value = value.get("message") or value.get("code")
    return as_text(value, sample.place.below("error")) if value else None


def _status(text: str | None, error: str | None, reason: str | None, notes: Notes) -> Status:
    if error:
        return "timeout" if timed_out(error) else "error"
    if reason == "content_filter":
        return "refused"
    if reason == "length":
        notes.say("An answer that was cut off at the limit of tokens counts as invalid.")
        return "invalid"
    return "ok" if text else "invalid"


def _messages(sample: Fields, name: str) -> tuple[str | None, str | None]:
    listed = sample.items(name)
    if not listed:
        return None, None
    system, text = conversation(listed, sample.place.below(name), sample.notes)
    if system:
        sample.notes.leave("system message of a sample")
    return system, text.removeprefix("assistant: ") or None


def _key(value: Any, place: Place) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise place.below("datasource_item_id").wrong(value, "A whole number")
    return f"item-{value}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53


FORM = Form(
    name="openai-hosted",
    title="results of OpenAI's hosted Evals (from the documented format, not seen live)",
    fits=_fits,
    read=_read,
)
