"""Checks by libraries and by rules that a user writes: ROUGE, a schema, a pattern, a function."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import MissingExtraError, SpecError, UserError, Where
from shipworthy.core.files import readable
from shipworthy.evals.checks.check import Case, Check
from shipworthy.evals.checks.matching import as_text
from shipworthy.evals.jobs.labels import AnswerLabel, SummaryLabel
from shipworthy.evals.jobs.outputs import Answer, Record, Summary, output_to_json

if TYPE_CHECKING:
    from pathlib import Path

    from shipworthy.evals.checks.check import Job
    from shipworthy.evals.spec import OwnCheckSpec

__all__ = ["ROUGE_CHECKS", "has_rouge", "own_check", "plain_output", "text_of"]

_LONGEST = 20_000
_JOBS: frozenset[Job] = frozenset({"answer", "summarise"})


def has_rouge() -> bool:
    """Whether the library is installed (the extra ``rouge``)."""
    return find_spec("rouge_score_rs") is not None


def text_of(output: Any) -> str:
    """What a user would read of an output."""
    match output:
        case Answer():
            return output.text
        case Summary():
            return "\n".join(item.text for item in output.items)
        case Record():
            return "\n".join(f"{name}: {as_text(field.value)}" for name, field in output.fields.items())
    return str(output)


def plain_output(output: Any) -> Any:
    """What a schema is held against: a record's values by name, everything else as the log keeps it."""
    if not isinstance(output, Record):
        return output_to_json(output)
    return {name: field.value for name, field in output.fields.items() if field.state == "found"}


def _references(label: Any) -> list[str]:
    match label:
        case AnswerLabel():
            return list(label.answers)
        case SummaryLabel():
            return ["\n".join(item.text for item in label.items)] if label.items else []
    return []


def _rouge(kind: str) -> Callable[[Case], float | None]:
    def measure(case: Case) -> float | None:
        references = _references(case.label)
        if not references:
            return None
        if not has_rouge():
            raise MissingExtraError("rouge", needed_for=f"The check {kind.lower()!r}")
        scorer = import_module("rouge_score_rs.rouge_scorer").RougeScorer([kind], use_stemmer=True)
        said = "" if getattr(case.output, "outcome", "answer") != "answer" else text_of(case.output)
        found = [scorer.score(words[:_LONGEST], said[:_LONGEST])[kind].fmeasure for words in references]
        return float(max(found))

    return measure


ROUGE_CHECKS = tuple(
    Check(name=name, jobs=_JOBS, unit="score", measure=_rouge(kind), title=title, words=words)
    for name, kind, title, words in (
        (
            "rouge_1",
            "rouge1",
            "words in common with a reference",
            "Words in common with the nearest reference (ROUGE-1, stemmed).",
        ),
        (
            "rouge_l",
            "rougeL",
            "words in common in the same order",
            "Words in common in the same order (ROUGE-L, stemmed).",
        ),
    )
)
"""Checks that need the extra ``rouge``; they are made where it is installed or a bar names them."""


def own_check(name: str, spec: OwnCheckSpec, *, job: Job, folder: Path) -> Check:
    """A check that a user wrote: a function, a JSON Schema, or a pattern.

    Raises:
        SpecError: the function cannot be imported, or the schema or the pattern cannot be read.
    """
    where = Where(field=f"checks.{name}")
    if spec.function is not None:
        from shipworthy.evals.candidates.function import imported

        measure: Callable[[Any], Any] = _guarded(name, imported(spec.function, folder, where=where))
        words = f"Your function {spec.function}."
    elif spec.schema_file is not None:
        measure, words = _schema(folder / spec.schema_file, where), f"Fits {spec.schema_file}."
    else:
        measure, words = _pattern(spec.pattern or "", where), f"Its text fits the pattern {spec.pattern!r}."
    return Check(
        name=name,
        jobs=frozenset({job}),
        title=f"your check {name!r}",
        words=spec.words or words,
        measure=measure,
        better=spec.better,
        unit="count" if spec.unbounded else "share",
    )


def _guarded(name: str, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def measure(case: Case) -> Any:
        try:
            return function(case)
        except Exception as error:
            raise UserError(
                f"The check {name!r} failed on {case.text[:60]!r}: {type(error).__name__}: {error}",
                hint="A check gets a Case (text, label, output, documents) and gives a number from 0 to 1.",
            ) from error

    return measure


def _schema(path: Path, where: Where) -> Callable[[Case], bool]:
    from shipworthy.gateway.json_schema import checker

    try:
        problem = checker(json.loads(readable(path).read_text(encoding="utf-8")))
    except ValueError as error:  # a UserError is one, and so is broken JSON
        raise SpecError(f"{path.name!r} cannot be used as a JSON Schema: {error}", where=where) from error
    return lambda case: problem(plain_output(case.output)) is None


def _pattern(pattern: str, where: Where) -> Callable[[Case], bool]:
    try:
        compiled = re.compile(pattern, re.DOTALL)
    except re.error as error:
        raise SpecError(f"The pattern {pattern!r} cannot be read: {error}.", where=where) from error
    return lambda case: compiled.fullmatch(text_of(case.output)[:_LONGEST]) is not None
