"""The command that turns documents into records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shipworthy.cli.lines import say_lines, stdin_lines
from shipworthy.cli.options import (
    HERE,
    AcceptUnknownPrice,
    AsJson,
    Budget,
    Concurrency,
    SendPersonalData,
    Workspace,
)
from shipworthy.cli.output import notice, progress, say, say_json
from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from shipworthy.apps.extract.results import ExtractedRecord
    from shipworthy.workbench.extracts import Extracted

__all__ = ["extract"]

_WIDTH = 80
_SHOWN = 3


def extract(
    schema: Annotated[
        str,
        typer.Argument(help="A schema (.yaml), a Pydantic class (module:Class), 'invoice', or a feature."),
    ],
    files: Annotated[list[Path] | None, typer.Argument(help="Documents, or folders of them.")] = None,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write: .csv, .xlsx, .jsonl or .parquet.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Model to ask, such as local or openai:gpt-5-mini; rules if left out.")
    ] = None,
    budget: Budget = None,
    concurrency: Concurrency = 8,
    accept_unknown_price: AcceptUnknownPrice = False,
    send_personal_data: SendPersonalData = False,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Turn documents into records; every value is quoted from its source.

    Without files, reads JSON Lines from standard input ({"id": "…", "text": "…"} in each line) and writes
    a record for each, as JSON Lines. A run with --out that was interrupted goes on when it is repeated.

    Example: shipworthy extract invoice inbox/*.pdf --out records.csv
    """
    from shipworthy.workbench.extracts import extract_files
    from shipworthy.workbench.runs import Asking
    from shipworthy.workbench.settings import workspace_around

    around = workspace_around(workspace)
    asking = Asking(
        budget=budget,
        concurrency=concurrency,
        accept_unknown_price=accept_unknown_price,
        send_personal_data=send_personal_data,
    )
    if not files:
        if out is not None:
            raise UserError("--out needs files to read.", hint="Name documents: inbox/*.pdf")
        return _lines(schema, model, around, asking)
    with progress() as shown:
        done = extract_files(
            schema,
            files,
            out=out,
            model=model,
            workspace=around,
            asking=asking,
            progress=shown,
            notice=notice,
        )
    if as_json:
        say_json("extract", done)
    else:
        say("\n".join(_told(done)))
    if not done.documents:
        raise UserError("No file gave a record.")
    return None


def _lines(schema: str, model: str | None, around: Any, asking: Any) -> None:
    from shipworthy.workbench.extracts import extract_lines

    hint = 'Name documents, or give {"id": "…", "text": "…"} lines on standard input.'
    nothing = UserError("There is nothing to extract from.", hint=hint)
    lines = stdin_lines(nothing)
    records = extract_lines(schema, lines, model=model, workspace=around, asking=asking, notice=notice)
    say_lines(records, nothing=nothing, failing="gave no record")


def _told(done: Extracted) -> list[str]:
    lines: list[str] = []
    for record in done.records:
        lines += [*_record(record), ""]
    again = f", {done.resumed:,} of them before the interruption" if done.resumed else ""
    lines.append(f"{_counted(done.documents, 'document')} read{again}, with {done.how}.")
    lines += _tallies(done)
    if done.incomplete:
        lines.append(f"{_counted(done.incomplete, 'record')} without a required field.")
    if done.conflicting:
        records = _counted(done.conflicting, "record")
        lines.append(f"{records} with a field that says several things; a person should look.")
    if done.dropped:
        values = _counted(done.dropped, "value")
        lines.append(f"{values} of the model dropped: the quotation is not in the text, or does not say it.")
    if done.rejected:
        lines.append(f"{_counted(done.rejected, 'file')} gave no record{_see(done.rejects)}.")
    if done.limits:
        lines.append("Without a model:")
        lines += [f"  {sentence}" for sentence in done.limits]
    if done.out:
        lines.append(
            f"Wrote {done.out}" + (f" and, where each value stands, {done.spans}" if done.spans else "")
        )
    return lines


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _see(file: str | None) -> str:
    return f"; {file} says why" if file else ""


def _tallies(done: Extracted) -> list[str]:
    if done.documents < 2:
        return []
    width = max(len(one.field) for one in done.fields)
    lines = [f"  {'field':<{width}}  found  absent  not found  conflict"]
    for one in done.fields:
        counts = f"{one.found:>5,}  {one.absent:>6,}  {one.not_found:>9,}  {one.conflict:>8,}"
        lines.append(f"  {one.field:<{width}}  {counts}")
    return lines


def _record(record: ExtractedRecord) -> list[str]:
    lines = [record.document]
    if record.error is not None:
        return [*lines, f"  no record: {record.error}"]
    width = max(map(len, record.fields), default=0)
    for name, field in record.fields.items():
        shown = {
            "found": _value(field.value),
            "absent": "(the document says there is none)",
            "not_found": "—",
        }
        told = shown.get(field.state, "CONFLICT: " + " | ".join(map(_value, field.others[:_SHOWN])))
        told = told if len(told) <= _WIDTH else told[: _WIDTH - 1] + "…"
        at = _place(field) if field.quotes else ""
        lines.append(f"  {name:<{width}}  {told}{at}")
    if record.missing:
        lines.append(f"  missing, though required: {', '.join(record.missing)}")
    return lines


def _place(field: Any) -> str:
    first = field.quotes[0]
    where = [f"page {first.page}" if first.page else "", f"line {first.line}" if first.line else ""]
    told = ", ".join(part for part in where if part)
    return f"   [{told + ', ' if told else ''}{field.confidence:.2f}]"


def _value(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        amount = value["amount"]
        written = (
            f"{amount:,.2f}" if isinstance(amount, float) and round(amount, 2) == amount else f"{amount:,}"
        )
        return f"{written} {value['currency'] or ''}".strip()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        more = f" … {len(value):,} in all" if len(value) > _SHOWN else ""
        return "; ".join(map(_value, value[:_SHOWN])) + more
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_value(one)}" for key, one in value.items()) + "}"
    return " ".join(str(value).split())
