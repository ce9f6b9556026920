"""Files of the open-source ``openai/evals``: samples (``input`` and ``ideal``), and logs of ``oaieval``.

A log is one line with the ``spec``, one line per event, and one with the ``final_report``. Events ``match``
and ``sampling`` are carried over, ``metrics`` become checks, ``error`` a failed answer; others are counted.

Source: the repository's ``docs/build-eval.md`` and ``evals/record.py`` (3.0.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shipworthy.datasets.imports.artefact import Answer, Artefact, Notes, Sample, Status
from shipworthy.datasets.imports.fields import Fields, as_text, opened
from shipworthy.datasets.imports.form import Form
from shipworthy.datasets.imports.reading import conversation, timed_out
from shipworthy.datasets.imports.source import Source

__all__ = ["LOG", "SAMPLES"]


def _is_log(source: Source) -> bool:
    first = source.first
    if source.kind != "lines" or not isinstance(first, dict):
        return False
    spec = first.get("spec")
    named = isinstance(spec, dict) and ("eval_name" in spec or "completion_fns" in spec)
    return named or {"run_id", "event_id", "sample_id", "type", "data"} <= first.keys()


def _read_log(source: Source) -> Artefact:
    log = _Log(Notes())
    for value, place in source.objects():
        with opened(value, place, log.notes) as line:
            log.line(line)
    if not log.events:
        raise source.place.error("This log holds no events.", hint="The run ended before its first sample.")
    return log.artefact()


class _Event:
    """What is known of one sample; the last event of a kind counts."""

    def __init__(self) -> None:
        self.text: str | None = None
        self.input: str | None = None
        self.expected: list[str] = []
        self.picked: str | None = None
        self.at: str | None = None
        self.passed: bool | None = None
        self.checks: dict[str, float] = {}
        self.error: str | None = None
        self.samplings = 0


class _Log:
    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.events: dict[str, _Event] = {}
        self._candidate = "model"

    def line(self, line: Fields) -> None:
        """One line of the log."""
        if "spec" in line:
            spec = line.object("spec")
            named = [as_text(item, spec.place) for item in spec.items("completion_fns")]
            self._candidate = " ".join(named) or spec.text("eval_name") or "model"
            spec.skip("eval_name", "base_eval", "split", "created_by", "run_id", "created_at")
            return
        if "final_report" in line:
            self.notes.leave("final_report")
            line.skip("final_report")
            return
        kind, sample = line.text("type") or "unknown", line.text("sample_id")
        line.skip("run_id", "event_id", "created_by")
        if sample is None:
            self.notes.leave(f"event without a sample: {kind[:40]}")
            line.skip("data", "created_at")
            return
        event = self.events.setdefault(sample, _Event())
        event.at = line.text("created_at") or event.at
        self._event(kind, line.object("data"), event)

    def _event(self, kind: str, data: Fields, event: _Event) -> None:
        match kind:
            case "match":
                event.passed = data.flag("correct")
                event.expected = _texts(data, "expected")
                picked = data.any("picked")
                event.picked = picked if isinstance(picked, str) else None
                event.text = _last(data, "sampled") or event.text
            case "sampling":
                event.samplings += 1
                if event.samplings == 2:
                    self.notes.say("Where a sample was asked several times, the last answer counts.")
                event.input = event.input or self._input(data)
                event.text = _last(data, "sampled") or event.text
            case "metrics":
                for name, value in data.every():
                    if isinstance(value, bool | int | float):
                        event.checks[name[:80]] = float(value)
                    else:
                        self.notes.leave(f"metric that is no number: {name[:60]}")
            case "error":
                event.error = f"{data.text('type') or 'error'}: {data.text('message') or ''}"
            case _:
                self.notes.leave(f"event: {kind[:40]}")
                data.skip_all()

    def _input(self, data: Fields) -> str | None:
        prompt = data.any("prompt")
        if isinstance(prompt, list):
            system, text = conversation(prompt, data.place.below("prompt"), self.notes)
            if system:
                self.notes.leave("system message of a sample")
            return text
        return data.text("prompt")

    def artefact(self) -> Artefact:
        """The whole log."""
        return Artefact(
            form="openai-evals",
            tool="openai/evals",
            samples=[
                Sample(
                    id=name,
                    texts={"input": event.input or ""},
                    label=event.expected[0].strip() or None if event.expected else None,
                    accepted=tuple(event.expected[1:]),
                    contained=True,
                )
                for name, event in self.events.items()
            ],
            answers=[self._answer(name, event) for name, event in self.events.items()],
            remarks=self.notes.remarks,
            leftovers=self.notes.leftovers,
        )

    def _answer(self, name: str, event: _Event) -> Answer:
        return Answer(
            candidate=self._candidate,
            sample=name,
            text=event.text if event.text is not None else event.error,
            picked=event.picked,
            status=_status(event),
            at=event.at,
            passed=event.passed,
            checks=event.checks,
        )


def _status(event: _Event) -> Status:
    if event.text is not None:
        return "ok"
    return "timeout" if event.error and timed_out(event.error) else "error" if event.error else "invalid"


def _texts(data: Fields, name: str) -> list[str]:
    value = data.any(name)
    listed = value if isinstance(value, list) else [] if value is None else [value]
    return [as_text(item, data.place.below(name)) for item in listed]


def _last(data: Fields, name: str) -> str | None:
    return next(reversed(_texts(data, name)), None)


def _is_samples(source: Source) -> bool:
    first = source.first
    return isinstance(first, dict) and "input" in first and "ideal" in first


def _read_samples(source: Source) -> Artefact:
    notes = Notes()
    samples = []
    for number, (value, place) in enumerate(source.objects(), start=1):
        with opened(value, place, notes) as line:
            samples.append(_sample(line, number, notes))
    return Artefact(
        form="openai-evals-samples",
        tool="openai/evals",
        samples=samples,
        remarks=notes.remarks,
        leftovers=notes.leftovers,
    )


def _sample(line: Fields, number: int, notes: Notes) -> Sample:
    given = line.any("input")
    if given is None:
        raise line.place.below("input").wrong(None, "A text or a list of messages")
    if isinstance(given, list):
        system, text = conversation(given, line.place.below("input"), notes)
        if system:
            notes.leave("system message of a sample")
    else:
        text = line.text("input") or ""
    ideal = _texts(line, "ideal")
    if len(ideal) > 1:
        notes.say("Where several answers are right, the first is the label and the others are not kept.")
    return Sample(
        id=f"sample-{number}",
        texts={"input": text},
        label=ideal[0].strip() or None if ideal else None,
        accepted=tuple(ideal[1:]),
        facts=_others(line, ("input", "ideal")),
        contained=True,
    )


def _others(line: Fields, known: tuple[str, ...]) -> Mapping[str, str]:
    others: list[tuple[str, Any]] = [item for item in line.every() if item[0] not in known]
    return {name: as_text(value, line.place.below(name)) for name, value in others if value is not None}


LOG = Form(name="openai-evals", title="a log of openai/evals (oaieval)", fits=_is_log, read=_read_log)
SAMPLES = Form(
    name="openai-evals-samples",
    title="samples of openai/evals (JSON Lines with input and ideal)",
    fits=_is_samples,
    read=_read_samples,
)
