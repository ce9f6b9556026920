"""Labels, decisions and notes from a file: JSON Lines or CSV, checked as a whole before any is kept."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import DataError, UserError, Where
from shipworthy.core.files import readable
from shipworthy.workbench.job_labels import class_label

if TYPE_CHECKING:
    from shipworthy.workbench.job_labels import Adjudicating, JobLabelling

__all__ = ["decide_from", "job_answers_from", "label_of", "read_answers"]


def job_answers_from(work: JobLabelling, answers: Path) -> None:
    """Take labels from a file; rows that it does not name are skipped. All is checked before any is kept.

    JSON Lines such as ``{"row": 3, "label": {"answerable": false}}``, or CSV with the column ``row`` and
    either ``label`` (JSON) or a column for each part of the label.

    Raises:
        DataError: a line is not of that form, its label cannot be used, or it is about another row.
    """
    waiting = {row.row: row for row in work.session.rows}
    given: dict[int, Any] = {}
    for where, item in read_answers(answers):
        row = _row_of(item, where, waiting)
        label = item.get("label", {name: value for name, value in item.items() if name != "row"})
        try:
            given[row] = work.form.checked(label, waiting[row].text)
        except DataError as error:
            raise DataError(error.message, where=where, hint=error.hint) from None
    for current in work.session:
        if current.row in given:
            work.session.label(given[current.row])
        else:
            work.session.skip()


def decide_from(work: Adjudicating, answers: Path) -> None:
    """Take decisions from a file: ``{"row": 3, "option": 1}`` for a label shown, or ``label`` for another.

    Raises:
        DataError: a line is not of that form, or its row needs no decision; then none is taken.
    """
    waiting = {one.row: one for one in work.adjudication.waiting}
    given: dict[int, tuple[str, Any]] = {}
    for where, item in read_answers(answers):
        row = _row_of(item, where, waiting)
        try:
            given[row] = _decision(work, item, waiting[row])
        except UserError as error:
            raise DataError(error.message, where=where, hint=error.hint) from None
    while (current := work.adjudication.current) is not None:
        how, value = given.get(current.row, ("skip", None))
        if how == "option":
            work.adjudication.choose(value)
        elif how == "label":
            work.adjudication.decide(value)
        else:
            work.adjudication.skip()


def _decision(work: Adjudicating, item: Mapping[str, Any], dispute: Any) -> tuple[str, Any]:
    if "option" in item:
        try:
            option = int(item["option"]) - 1
        except (TypeError, ValueError):
            option = -1
        if not 0 <= option < len(dispute.options):
            raise UserError(
                f"Row {dispute.row:,} has no option {item['option']!r:.40}.",
                hint=f"Options go from 1 to {len(dispute.options)}.",
            )
        return "option", option
    if "label" not in item:
        raise UserError("A decision is an option or a label.", hint='{"row": 3, "option": 1}')
    check = class_label if work.form is None else work.form.checked
    return "label", check(item["label"], dispute.text)


def _row_of(item: Mapping[str, Any], where: Where, known: Mapping[int, Any]) -> int:
    try:
        row = int(item["row"])
    except (LookupError, TypeError, ValueError):
        raise DataError("This line names no row.", where=where, hint='For instance {"row": 12, …}.') from None
    if row not in known:
        raise DataError(
            f"Row {row:,} does not wait for a label.",
            where=where,
            hint="The rows to label: shipworthy label FEATURE --json",
        )
    return row


_LARGEST_ANSWERS = 64 * 1024 * 1024


def read_answers(path: Path) -> list[tuple[Where, dict[str, Any]]]:
    """The lines of a file of answers, JSON Lines or CSV; a cell that holds JSON is read as JSON.

    Raises:
        DataError: it is not UTF-8, a line is not an object, or it is empty.
    """
    if readable(path).stat().st_size > _LARGEST_ANSWERS:
        raise DataError("This file of answers is too large.", where=Where(file=path))
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(
            "This file is not UTF-8 text.", where=Where(file=path), hint="Save it as UTF-8 and try again."
        ) from None
    found: list[tuple[Where, dict[str, Any]]] = []
    if path.suffix.lower() == ".csv":
        reader = csv.DictReader(StringIO(text, newline=""))
        for cells in reader:
            item = {name: label_of(cell) for name, cell in cells.items() if name and cell not in (None, "")}
            found.append((Where(file=path, line=reader.line_num), item))
    else:
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                found.append((Where(file=path, line=number), _object(line, path, number)))
    if not found:
        raise UserError("The file of answers is empty.", where=Where(file=path))
    return found


def label_of(cell: Any) -> Any:
    """What a cell or a typed line means: JSON where it looks like it, otherwise its text."""
    if isinstance(cell, str) and cell.lstrip()[:1] in {"{", "["}:
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    return cell


def _object(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        item = json.loads(line)
    except (ValueError, RecursionError):
        item = None
    if not isinstance(item, dict):
        raise DataError(
            f"This line is not an answer: {line[:60]!r}.",
            where=Where(file=path, line=number),
            hint="Write one JSON object per line.",
        )
    return item
