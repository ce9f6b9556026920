"""Results of promptfoo: ``promptfoo eval -o results.json``.

Every provider with every prompt is a candidate. A cost of 0 is taken for unknown, because promptfoo writes 0
for models whose price it does not know; the latency of an answer out of its cache is unknown too.

Source: files written by promptfoo 0.121.20 (version 3 of its results).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shipworthy.datasets.imports.artefact import Answer, Artefact, Notes, PromptText, Status
from shipworthy.datasets.imports.fields import Fields, Place, as_text, opened
from shipworthy.datasets.imports.form import Form
from shipworthy.datasets.imports.promptfoo_tests import (
    Case,
    case_of,
    prompt_of,
    sample_of,
    settings_of,
    variables,
)
from shipworthy.datasets.imports.reading import input_columns, slug, timed_out
from shipworthy.datasets.imports.source import Source

__all__ = ["FORM"]


def _fits(source: Source) -> bool:
    if source.kind != "json" or not isinstance(source.value, dict):
        return False
    results = source.value.get("results")
    return isinstance(results, dict) and "results" in results


def _read(source: Source) -> Artefact:
    notes = Notes()
    with opened(source.value, source.place, notes) as top:
        results = top.object("results")
        results.skip("version", "timestamp", "stats")
        repeats = max(1, top.object("runtimeOptions").count("repeat") or 1)
        top.object("runtimeOptions").skip_all()
        top.skip("evalId", "vars")
        prompts = [_found(prompt) for prompt in results.objects("prompts")]
        cases, answers = _rows(results, repeats, several=len(prompts) > 1)
        used = variables([prompt.raw for prompt in prompts])
        inputs = input_columns([case.values for case in cases.values()], used or None)
        made = list(_prompts(prompts, top, inputs))
        version = top.object("metadata").text("promptfooVersion")
        top.object("metadata").skip_all()
    return Artefact(
        form="promptfoo",
        tool=f"promptfoo {version}" if version else None,
        samples=[sample_of(name, case, inputs) for name, case in cases.items()],
        answers=answers,
        prompts=made,
        remarks=notes.remarks,
        leftovers=notes.leftovers,
    )


def _rows(results: Fields, repeats: int, *, several: bool) -> tuple[dict[str, Case], list[Answer]]:
    cases: dict[str, Case] = {}
    names: dict[str, str] = {}
    answers: list[Answer] = []
    asked: dict[tuple[str, str], int] = {}
    for row in results.objects("results"):
        place = row.count("testIdx")
        case = _case(row)
        key = case.key if place is None else f"{place // repeats}"
        if key not in names:
            names[key] = f"test-{len(names) + 1}" if place is None else f"test-{place // repeats + 1}"
            cases[names[key]] = case
            _count(row)
        candidate = _candidate(row, several=several)
        repeat = asked.get((candidate, names[key]), 0)
        asked[candidate, names[key]] = repeat + 1
        answers.append(_answer(row, candidate, names[key], repeat))
    return cases, answers


def _case(row: Fields) -> Case:
    """The test case of a row; what it cannot carry over is counted once for all its rows, by ``_count``."""
    test = Fields(row.any("testCase") or {}, row.place.below("testCase"), Notes())
    case = case_of(test)
    return case if "vars" in test else replace(case, values=row.texts("vars"))


def _count(row: Fields) -> None:
    test = row.object("testCase")
    test.skip("options")
    case_of(test)


def _candidate(row: Fields, *, several: bool) -> str:
    provider = row.any("provider")
    if isinstance(provider, dict):
        named = row.object("provider")
        name = named.text("label") or named.text("id") or "provider"
        named.skip("id")
    else:
        name = row.text("provider") or "provider"
    prompt = row.object("prompt")
    prompt.skip("raw")
    label = prompt.text("label")
    return f"{name} {slug(label, longest=30)}" if several and label else name


def _answer(row: Fields, candidate: str, sample: str, repeat: int) -> Answer:
    row.skip("vars", "id", "promptIdx", "promptId", "metadata", "tokenUsage", "score", "namedScores")
    response = row.object("response")
    response.skip("latencyMs")
    usage = response.object("tokenUsage")
    usage.skip("total", "numRequests", "completionDetails", "cached")
    raw = response.any("output")
    text = None if raw is None else as_text(raw, response.place.below("output"))
    error = row.text("error") if row.count("failureReason") == 2 or text is None else None
    row.skip("error")
    response.skip("error")
    status = _status(response, text, error, row.notes)
    cached = response.flag("cached") is True
    cost = row.number("cost")
    if cost == 0 and not cached and error is None:
        row.notes.say("A cost of 0 was taken for unknown: promptfoo writes 0 where it knows no price.")
    if cached:
        row.notes.say("Latency and cost of answers out of promptfoo's cache are unknown.")
    latency = row.number("latencyMs")
    return Answer(
        candidate=candidate,
        sample=sample,
        repeat=repeat,
        text=text if text is not None else error,
        status=status,
        latency_ms=None if cached else latency,
        tokens_in=None if cached else usage.count("prompt"),
        tokens_out=None if cached else usage.count("completion"),
        cost=None if cached else cost or None,
        passed=row.flag("success"),
        checks=_checks(row.object("gradingResult")),
    )


def _status(response: Fields, text: str | None, error: str | None, notes: Notes) -> Status:
    reason = response.text("finishReason")
    if response.flag("isRefusal") is True or reason == "content_filter":
        return "refused"
    if error is not None or text is None:
        return "timeout" if timed_out(error or "") else "error"
    if reason == "length":
        notes.say("An answer that was cut off at the limit of tokens counts as invalid.")
        return "invalid"
    return "ok"


def _checks(grading: Fields) -> dict[str, float]:
    grading.skip("pass", "score", "reason", "tokensUsed", "namedScores", "assertion")
    found: dict[str, float] = {}
    for part in grading.objects("componentResults"):
        part.skip("pass", "namedScores")
        kind = part.object("assertion")
        kind.skip("value", "threshold", "weight")
        name = kind.text("metric") or kind.text("type") or "check"
        kind.skip("type")
        score = part.number("score")
        if score is not None:
            found[slug(name, found)] = score
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prompt:
    raw: str
    label: str
    provider: str
    place: Place


def _found(prompt: Fields) -> _Prompt:
    prompt.skip("metrics", "id", "config")
    return _Prompt(
        raw=prompt.text("raw") or "",
        label=prompt.text("label") or "prompt",
        provider=prompt.text("provider") or "",
        place=prompt.place,
    )


def _prompts(prompts: Iterable[_Prompt], top: Fields, inputs: tuple[str, ...]) -> Iterable[PromptText]:
    config = top.object("config")
    config.skip("prompts", "tests", "description", "outputPath", "sharing", "evaluateOptions", "defaultTest")
    settings = {
        str(item.get("label") or item.get("id")): item.get("config")
        for item in config.items("providers")
        if isinstance(item, dict)
    }
    taken: set[str] = set()
    for prompt in prompts:
        name = slug(f"{prompt.label[:40]}-{prompt.provider}", taken)
        taken.add(name)
        chosen = settings_of(prompt.provider, settings.get(prompt.provider))
        made = prompt_of(prompt.raw, name, chosen, inputs, prompt.place, top.notes)
        if made is not None:
            yield made


FORM = Form(
    name="promptfoo",
    title="results of promptfoo (promptfoo eval -o results.json)",
    fits=_fits,
    read=_read,
)
