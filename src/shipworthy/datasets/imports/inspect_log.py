"""Logs of Inspect AI, as ``.eval`` (an archive) or ``.json``.

One log is one model on one task; epochs are repeats; scores are checks, with C, P, N and I as 1, ½, 0 and 0.

Source: logs written by inspect-ai 0.3.285, whose ``.eval`` files are packed with Zstandard.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from shipworthy.datasets.imports import archive
from shipworthy.datasets.imports.artefact import Answer, Artefact, Notes, Sample, Status
from shipworthy.datasets.imports.fields import Fields, as_text, opened
from shipworthy.datasets.imports.form import Form
from shipworthy.datasets.imports.reading import content_text, conversation, slug, timed_out
from shipworthy.datasets.imports.source import Source

__all__ = ["FORM"]

_GRADES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
_HEADERS = ("header.json", "_journal/start.json")
_ATTACHED = "attachment://"


def _fits(source: Source) -> bool:
    if source.kind == "zip":
        found = archive.names(source)
        return any(name in _HEADERS or name.startswith("samples/") for name in found)
    value = source.first if source.kind == "json" else None
    return isinstance(value, dict) and isinstance(value.get("eval"), dict) and "plan" in value


def _read(source: Source) -> Artefact:
    notes = Notes()
    log = _Log(notes)
    if source.kind == "zip":
        found = archive.names(source)
        header = next((name for name in _HEADERS if name in found), None)
        for value, place in archive.entries(source, [header] if header else []):
            with opened(value, place, notes) as top:
                log.header(top)
        for value, place in archive.entries(source, [name for name in found if name.startswith("samples/")]):
            with opened(value, place, notes) as sample:
                log.sample(sample)
    else:
        with opened(source.value, source.place, notes) as top:
            log.header(top)
            for sample in top.objects("samples"):
                log.sample(sample)
    if not log.samples:
        raise source.place.error(
            "This log holds no samples.", hint="It was written with --no-log-samples, or is not whole."
        )
    return log.artefact()


class _Log:
    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.samples: dict[str, Sample] = {}
        self.answers: list[Answer] = []
        self._model = "model"
        self._tool: str | None = None

    def header(self, top: Fields) -> None:
        """What was run on what."""
        top.skip("version")
        status = top.text("status")
        if status not in (None, "success"):
            self.notes.say(f"Inspect ended this run with the status {str(status)[:40]!r}.")
        if top.any("error") is not None:
            self.notes.leave("error of the run")
        about = top.object("eval")
        self._model = about.text("model") or "model"
        version = about.object("packages").text("inspect_ai")
        self._tool = f"Inspect AI {version}" if version else "Inspect AI"
        about.skip_all()
        about.object("packages").skip_all()

    def sample(self, sample: Fields) -> None:
        """One sample in one epoch."""
        name = sample.any("id")
        if isinstance(name, bool) or not isinstance(name, str | int):
            raise sample.place.below("id").wrong(name, "A text or a whole number")
        key = as_text(str(name), sample.place)
        attached = sample.object("attachments")
        if key not in self.samples:
            self.samples[key] = self._example(sample, key, attached)
        epoch = sample.count("epoch") or 1
        self.answers.append(self._answer(sample, key, epoch, attached))
        sample.skip("input", "target", "choices", "metadata", "uuid", "completed_at", "total_time")
        attached.skip_all()

    def _example(self, sample: Fields, key: str, attached: Fields) -> Sample:
        system, text = _input(sample, self.notes)
        if system:
            self.notes.leave("system message of a sample")
        choices = sample.items("choices")
        if choices:
            listed = [
                f"{chr(65 + place % 26)}) {as_text(item, sample.place)}" for place, item in enumerate(choices)
            ]
            text = "\n".join([text, *listed])
        target = sample.any("target")
        targets = [as_text(item, sample.place.below("target")) for item in _listed(target)]
        if len(targets) > 1:
            self.notes.say(
                "Where several answers are right, the first is the label and the others count as it."
            )
        return Sample(
            id=key,
            texts={"input": _whole(text, attached)},
            label=targets[0].strip() or None if targets else None,
            accepted=tuple(targets[1:]),
            facts=sample.texts("metadata"),
            contained=bool(set(sample.object("scores").value) - {"exact"}),
        )

    def _answer(self, sample: Fields, key: str, epoch: int, attached: Fields) -> Answer:
        output = sample.object("output")
        output.skip("input_context_tokens", "response_id", "completion")
        text, reason = self._completion(output, attached)
        checks, picked = self._scores(sample.object("scores"))
        tokens = self._usage(sample, output)
        seconds = output.number("time")
        if (sample.count("turn_count") or 1) > 1:
            seconds = sample.number("working_time")
        sample.skip("working_time", "turn_count")
        return Answer(
            candidate=self._model,
            version=output.text("model"),
            sample=key,
            repeat=max(0, epoch - 1),
            text=text,
            picked=picked,
            status=self._status(sample, output, text, reason),
            at=sample.text("started_at"),
            latency_ms=None if seconds is None else seconds * 1000,
            tokens_in=tokens[0],
            tokens_out=tokens[1],
            checks=checks,
        )

    def _completion(self, output: Fields, attached: Fields) -> tuple[str | None, str | None]:
        """The text of the first choice, and why it stopped."""
        text, reason = output.text("completion"), None
        for place, choice in enumerate(output.objects("choices")):
            message = choice.object("message")
            said = content_text(message.any("content"), message.place.below("content"), self.notes)
            message.skip("id", "source", "role", "model")
            if place == 0:
                details = choice.object("stop_details")
                refused = details.text("type") == "refusal"
                details.skip_all()
                reason = choice.text("stop_reason")
                reason = "refusal" if refused else reason
                text = said or text
            else:
                self.notes.leave("further choice of an output")
        return (_whole(text, attached) if text else None), reason

    def _usage(self, sample: Fields, output: Fields) -> tuple[int | None, int | None]:
        models = sample.object("model_usage")
        usage = models.object(self._model) if self._model in models else output.object("usage")
        others = [name for name in models.value if name != self._model]
        for name in others:
            self.notes.leave(f"tokens of another model: {name[:60]}")
        models.skip_all()
        output.object("usage").skip_all()
        read = [usage.count(f"input_tokens{part}") for part in ("", "_cache_read", "_cache_write")]
        written = usage.count("output_tokens")
        usage.skip("total_tokens", "reasoning_tokens")
        known = [tokens for tokens in read if tokens is not None]
        return (sum(known) if known else None), written

    def _scores(self, scores: Fields) -> tuple[dict[str, float], str | None]:
        checks: dict[str, float] = {}
        picked: str | None = None
        for name in list(scores.value):
            score = scores.object(name)
            answer = score.any("answer")
            picked = picked or (answer if isinstance(answer, str) and answer else None)
            value = score.any("value")
            parts = value.items() if isinstance(value, dict) else [("", value)]
            for part, each in parts:
                number = _number(each)
                if number is None:
                    self.notes.leave(f"score that is no number: {name[:60]}")
                else:
                    checks[slug(f"{name}.{part}" if part else name, checks)] = number
        return checks, picked

    def _status(self, sample: Fields, output: Fields, text: str | None, reason: str | None) -> Status:
        error = sample.object("error")
        words = f"{error.text('message') or ''} {output.text('error') or ''}".strip()
        error.skip("traceback", "traceback_ansi")
        limit = sample.object("limit").text("type")
        sample.object("limit").skip_all()
        if limit is not None:
            return "timeout" if limit in {"time", "working"} else "error"
        if words:
            return "timeout" if timed_out(words) else "error"
        if reason in {"content_filter", "refusal"}:
            return "refused"
        if reason in {"max_tokens", "model_length"}:
            self.notes.say("An answer that was cut off at the limit of tokens counts as invalid.")
            return "invalid"
        return "ok" if text is not None else "invalid"

    def artefact(self) -> Artefact:
        """The whole log."""
        return Artefact(
            form="inspect",
            tool=self._tool,
            samples=list(self.samples.values()),
            answers=self.answers,
            remarks=self.notes.remarks,
            leftovers=self.notes.leftovers,
        )


def _input(sample: Fields, notes: Notes) -> tuple[str | None, str]:
    value = sample.any("input")
    place = sample.place.below("input")
    if isinstance(value, list):
        return conversation(value, place, notes)
    if value is not None and not isinstance(value, str):
        raise place.wrong(value, "A text or a list of messages")
    return None, sample.text("input") or ""


def _listed(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list) else [] if value is None else [value]


def _whole(text: str, attached: Fields) -> str:
    """A long text, which Inspect keeps apart under its hash."""
    if not text.startswith(_ATTACHED):
        return text
    return attached.text(text.removeprefix(_ATTACHED)) or text


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        return _GRADES.get(value)
    if isinstance(value, bool | int | float) and math.isfinite(value):
        return float(value)
    return None


FORM = Form(name="inspect", title="a log of Inspect AI (.eval or .json)", fits=_fits, read=_read)
