"""OpenTelemetry traces of calls to models: OTLP as JSON, one export request a line or one in the file.

Spans with ``gen_ai`` attributes that are calls for text become answers that went to users. Texts are there
only if the instrumentation was told to capture them, as ``gen_ai.input.messages`` and
``gen_ai.output.messages`` (on the span or on its event), or as ``gen_ai.prompt.0.content`` and so on.

Source: OpenTelemetry, "Semantic conventions for generative AI client spans" and "OTLP/JSON"; traces written
by opentelemetry-sdk 1.45.2 with opentelemetry-instrumentation-genai-openai 1.3b0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shipworthy.datasets.imports.artefact import Answer, Artefact, Notes, Sample, Status
from shipworthy.datasets.imports.fields import Fields, Place, as_text, opened
from shipworthy.datasets.imports.form import Form
from shipworthy.datasets.imports.reading import content_text, conversation, timed_out
from shipworthy.datasets.imports.source import Source, parsed

__all__ = ["FORM"]

_CALLS = {"chat", "generate_content", "text_completion"}
_RESOURCE = {
    "service.name": "service",
    "service.version": "service_version",
    "deployment.environment": "environment",
    "deployment.environment.name": "environment",
}
_CARRIED = {
    "gen_ai.operation.name",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "gen_ai.response.id",
    "gen_ai.response.finish_reasons",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.prompt_tokens",
    "gen_ai.usage.completion_tokens",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.conversation.id",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "error.type",
}
_LATEST_NANOSECOND = 253_402_300_799 * 10**9


def _fits(source: Source) -> bool:
    first = source.first
    return isinstance(first, dict) and ("resourceSpans" in first or "resource_spans" in first)


def _read(source: Source) -> Artefact:
    notes = Notes()
    reader = _Reader(notes)
    for value, place in source.objects():
        with opened(value, place, notes) as request:
            name = "resourceSpans" if "resourceSpans" in request else "resource_spans"
            for group in request.objects(name):
                reader.group(group)
    if not reader.answers:
        raise source.place.error(
            "No span of this file is a call to a language model (gen_ai.operation.name chat or the like).",
            hint="Instrument the calls with the semantic conventions for generative AI.",
        )
    return Artefact(
        form="otel",
        tool="OpenTelemetry",
        samples=reader.samples,
        answers=reader.answers,
        production=True,
        remarks=notes.remarks,
        leftovers=notes.leftovers,
    )


class _Reader:
    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.samples: list[Sample] = []
        self.answers: list[Answer] = []
        self._ids: set[str] = set()

    def group(self, group: Fields) -> None:
        """Spans of one service."""
        group.skip("schemaUrl")
        resource = group.object("resource")
        known = _attributes(resource)
        facts = {
            column: as_text(known[name], resource.place)
            for name, column in _RESOURCE.items()
            if name in known
        }
        for name in sorted(set(known) - set(_RESOURCE)):
            self.notes.leave(f"attribute of the service: {name}")
        for scope in group.objects("scopeSpans" if "scopeSpans" in group else "scope_spans"):
            scope.skip("scope", "schemaUrl")
            for span in scope.objects("spans"):
                self.span(span, facts)

    def span(self, span: Fields, facts: Mapping[str, str]) -> None:
        """One span, if it is a call for text."""
        known = _attributes(span)
        for event in span.objects("events"):
            event.skip("timeUnixNano", "name", "droppedAttributesCount")
            known |= {n: v for n, v in _attributes(event).items() if n.startswith("gen_ai.")}
        operation = known.get("gen_ai.operation.name", "chat" if "gen_ai.request.model" in known else None)
        if operation not in _CALLS:
            kind = (
                f"span that is no call for text: {str(operation)[:40]}"
                if operation
                else "span without gen_ai"
            )
            self.notes.leave(kind)
            span.skip_all()
            return
        name = f"{span.text('traceId') or ''}-{span.text('spanId') or ''}"
        if name in self._ids or name == "-":
            raise span.place.error(f"The span {name[:80]!r} occurs twice or has no id.")
        self._ids.add(name)
        text, said, reason = self._texts(known, span.place)
        self.samples.append(self._sample(name, text, known, facts, span.place))
        self.answers.append(self._answer(span, name, said, reason, known))
        for left in sorted(known):
            if left not in _CARRIED and not left.startswith(("gen_ai.prompt.", "gen_ai.completion.")):
                self.notes.leave(f"attribute: {left}")
        span.skip("kind", "flags", "name", "traceState")

    def _texts(self, known: Mapping[str, Any], place: Place) -> tuple[str | None, str | None, str | None]:
        """What was asked, what was answered and why the answer ended."""
        asked = _messages(known.get("gen_ai.input.messages"), place) or _numbered(known, "gen_ai.prompt")
        given = _messages(known.get("gen_ai.output.messages"), place) or _numbered(known, "gen_ai.completion")
        if not asked and not given:
            self.notes.say("Texts were not captured for a call: it has no input and no output.")
        text = None
        if asked:
            system, text = conversation(asked, place.below("gen_ai.input.messages"), self.notes)
            if system:
                self.notes.leave("system message of a call")
        if not given:
            return text, None, None
        if len(given) > 1:
            self.notes.leave("further choice of an answer", len(given) - 1)
        first = Fields(given[0], place.below("gen_ai.output.messages"), self.notes)
        said = content_text(first.any("parts" if "parts" in first else "content"), first.place, self.notes)
        return text, said or None, first.text("finish_reason")

    def _sample(
        self, name: str, text: str | None, known: Mapping[str, Any], facts: Mapping[str, str], place: Place
    ) -> Sample:
        talk = known.get("gen_ai.conversation.id")
        more = {} if talk is None else {"conversation": as_text(talk, place)}
        return Sample(id=name, texts={"input": text or ""}, facts={**facts, **more})

    def _answer(
        self, span: Fields, name: str, said: str | None, reason: str | None, known: Mapping[str, Any]
    ) -> Answer:
        start, end = (_nanoseconds(span, f"{which}TimeUnixNano") for which in ("start", "end"))
        status = span.object("status")
        failed = status.any("code") in (2, "STATUS_CODE_ERROR")
        words = f"{known.get('error.type', '')} {status.text('message') or ''}".strip()
        reasons = known.get("gen_ai.response.finish_reasons")
        ended = reason or (str(reasons[0]) if isinstance(reasons, list) and reasons else None)
        model = known.get("gen_ai.response.model")
        return Answer(
            candidate=str(known.get("gen_ai.request.model") or model or "model")[:200],
            version=None if model is None else str(model)[:200],
            sample=name,
            text=said if said is not None else words or None,
            status=_status(ended, words if failed or words else None, self.notes),
            at=None if start is None else _moment(start),
            latency_ms=None if start is None or end is None or end < start else (end - start) / 1e6,
            tokens_in=_count(known, span.place, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
            tokens_out=_count(
                known, span.place, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"
            ),
        )


def _moment(nanoseconds: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds // 1000)).isoformat()


def _nanoseconds(span: Fields, name: str) -> int | None:
    value = span.any(name)
    if value is None:
        return None
    digits = str(value)
    if isinstance(value, bool) or not digits.isascii() or not digits.isdigit() or len(digits) > 20:
        raise span.place.below(name).wrong(value, "Nanoseconds since 1970")
    found = int(digits)
    if found > _LATEST_NANOSECOND:
        raise span.place.below(name).wrong(value, "A time before the year 10000")
    return found


def _count(known: Mapping[str, Any], place: Place, *names: str) -> int | None:
    for name in names:
        if name in known:
            return Fields({"value": known[name]}, place.below(name), Notes()).count("value")
    return None


def _status(ended: str | None, failed: str | None, notes: Notes) -> Status:
    if failed:
        return "timeout" if timed_out(failed) else "error"
    if ended in {"content_filter", "refusal"}:
        return "refused"
    if ended in {"length", "max_tokens"}:
        notes.say("An answer that was cut off at the limit of tokens counts as invalid.")
        return "invalid"
    return "ok"


def _attributes(owner: Fields) -> dict[str, Any]:
    """Attributes by name, as plain values."""
    found: dict[str, Any] = {}
    for pair in owner.objects("attributes"):
        key = pair.text("key")
        if key is not None:
            found[key[:200]] = _plain(pair.any("value"), pair.place.below("value"))
    return found


def _plain(value: Any, place: Place, depth: int = 0) -> Any:
    if not isinstance(value, dict) or depth > 20:
        raise place.wrong(value, "An attribute's value")
    for name in ("stringValue", "boolValue", "doubleValue", "string_value", "bool_value", "double_value"):
        if name in value:
            return value[name]
    for name in ("intValue", "int_value"):
        if name in value:
            digits = str(value[name])
            if not digits.removeprefix("-").isdecimal() or len(digits) > 20:
                raise place.below(name).wrong(value[name], "A whole number")
            return int(digits)
    many, pairs = value.get("arrayValue"), value.get("kvlistValue")
    if isinstance(many, dict):
        return [_plain(item, place, depth + 1) for item in _listed(many, place)]
    if isinstance(pairs, dict):
        return {str(i.get("key")): _plain(i.get("value"), place, depth + 1) for i in _pairs(pairs, place)}
    return None


def _listed(value: Mapping[str, Any], place: Place) -> list[Any]:
    found = value.get("values", [])
    if not isinstance(found, list):
        raise place.wrong(found, "A list")
    return found


def _pairs(value: Mapping[str, Any], place: Place) -> Iterator[Mapping[str, Any]]:
    for item in _listed(value, place):
        if not isinstance(item, dict):
            raise place.wrong(item, "A name with a value")
        yield item


def _messages(value: Any, place: Place) -> list[Any]:
    """Messages, which come as JSON in a text or as they are."""
    found = parsed(value, place) if isinstance(value, str) else value
    if found is not None and not isinstance(found, list):
        raise place.wrong(found, "A list of messages")
    return found or []


def _numbered(known: Mapping[str, Any], prefix: str) -> list[dict[str, Any]]:
    """``gen_ai.prompt.0.role`` and ``gen_ai.prompt.0.content``, as older instrumentation writes them."""
    found = []
    for number in range(1_000):
        content = known.get(f"{prefix}.{number}.content")
        if content is None:
            break
        reason = known.get(f"{prefix}.{number}.finish_reason")
        found.append(
            {"role": known.get(f"{prefix}.{number}.role"), "content": content, "finish_reason": reason}
        )
    return found


FORM = Form(name="otel", title="OpenTelemetry traces of calls to models (OTLP JSON)", fits=_fits, read=_read)
