"""The command that puts the reviewed classifier to work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipworthy.cli.lines import say_lines, stdin_lines
from shipworthy.cli.options import (
    HERE,
    AcceptUnknownPrice,
    AsJson,
    Budget,
    Cached,
    Concurrency,
    FeatureName,
    SendPersonalData,
    Workspace,
)
from shipworthy.cli.output import notice, progress, say, say_json
from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from shipworthy.workbench._standing import Standing
    from shipworthy.workbench.classifying import Classified
    from shipworthy.workbench.runs import Asking
    from shipworthy.workbench.workspace import Workspace as OpenWorkspace

__all__ = ["classify"]

_TABLES = frozenset({".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".jsonl", ".ndjson", ".parquet"})


def classify(
    feature: FeatureName,
    what: Annotated[str | None, typer.Argument(help="A table to label, or one text in quotes.")] = None,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write: .csv, .xlsx, .jsonl or .parquet.")
    ] = None,
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Label although no review allows it; every label is for a person."),
    ] = False,
    budget: Budget = None,
    concurrency: Concurrency = 16,
    accept_unknown_price: AcceptUnknownPrice = False,
    send_personal_data: SendPersonalData = False,
    cached: Cached = True,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Label new texts with the reviewed classifier; below its threshold they are sent to a person.

    A table keeps all of its columns and gets three more: the label, the confidence, and what to do. Without
    a table or a text, reads JSON Lines from standard input ({"id": "…", "text": "…"} in each line) and
    writes a label for each, as JSON Lines.

    Example: shipworthy classify triage feedback.xlsx --out labelled.xlsx
    """
    from shipworthy.workbench.classifying import classify_file, classify_text
    from shipworthy.workbench.runs import Asking
    from shipworthy.workbench.workspace import open_workspace

    asking = Asking(
        budget=budget,
        concurrency=concurrency,
        accept_unknown_price=accept_unknown_price,
        send_personal_data=send_personal_data,
        cached=cached,
    )
    opened = open_workspace(workspace)
    if what is None:
        return _lines(opened, feature, out, anyway=anyway, asking=asking)
    file = _table(what)
    if file is not None and out is None:
        raise UserError(
            "Where shall the labelled table go?", hint=f"--out labelled{Path(what).suffix or '.csv'}"
        )
    if file is None and out is not None:
        raise UserError("--out is for a table, and this is one text.", hint="Leave --out away.")
    with progress() as shown:
        if file is not None and out is not None:
            done = classify_file(
                opened, feature, file, out=out, anyway=anyway, asking=asking, notice=notice, progress=shown
            )
        else:
            done = classify_text(
                opened, feature, what, anyway=anyway, asking=asking, notice=notice, progress=shown
            )
    if as_json:
        return say_json("classify", done)
    return say("\n".join(_told(done)))


def _table(what: str) -> Path | None:
    """The file that is meant; None where it is a text."""
    book = what.rpartition("#")[0] or what
    named = len(what) < 1000 and "\n" not in what and Path(book).suffix.lower() in _TABLES
    return Path(what) if named and len(what.split()) < 20 else None


def _lines(opened: OpenWorkspace, feature: str, out: Path | None, *, anyway: bool, asking: Asking) -> None:
    from shipworthy.workbench.classifying import classify_lines

    hint = 'Name a table, give a text in quotes, or {"id": "…", "text": "…"} lines on standard input.'
    if out is not None:
        raise UserError("--out is for a table.", hint="Name a table to label, or leave --out away.")
    nothing = UserError("There is nothing to label.", hint=hint)
    lines = stdin_lines(nothing)
    labels = classify_lines(opened, feature, lines, anyway=anyway, asking=asking, notice=notice)
    say_lines(labels, nothing=nothing, failing="got no label", failed=lambda said: said.label is None)


def _told(done: Classified) -> list[str]:
    lines = []
    for said in done.answers:
        sure = "" if said.confidence is None else f", confidence {said.confidence:.2f}"
        lines.append(f"{said.label or 'no label'}{sure}: {said.action}")
        if said.detail:
            lines.append(f"  {said.detail}")
    if done.out is not None:
        failed = f", {done.failed:,} of them without a label" if done.failed else ""
        lines.append(
            f"{done.rows:,} rows: {done.automatic:,} labelled automatically, "
            f"{done.to_a_person:,} to send to a person{failed}."
        )
        width = max(map(len, done.labels), default=0)
        lines += [f"  {label:<{width}}  {times:>7,}" for label, times in done.labels.items()]
        lines += [f"Note: {problem}" for problem in done.problems]
        lines.append(f"Wrote {done.out}")
    return [*lines, *_standing(done.standing)]


def _standing(standing: Standing) -> list[str]:
    if standing.cautions:
        return [*standing.cautions, "So every label is a suggestion for a person."]
    above = "" if standing.threshold is None else f", from confidence {standing.threshold:.3f} on"
    return [
        f"Stands on review {standing.review}: {standing.headline} Candidate {standing.candidate!r}{above}."
    ]
