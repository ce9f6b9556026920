"""What did they really show? Claims about an AI feature, from a sentence, a report or a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.errors import DataError, UserError, Where
from shipworthy.core.files import readable
from shipworthy.workbench.json_lines import GivenLine, each_line

if TYPE_CHECKING:
    from shipworthy.evals.claims import Judgement

__all__ = ["judge_claims", "judge_lines", "judge_report"]

_LARGEST = 1_000_000
_HINT = 'Write it as it was said, for instance: shipworthy claim "93% on 500, best of 12 prompts"'


def judge_claims(text: str) -> Judgement:
    """Judge the claims in a sentence or a longer text.

    Raises:
        UserError: The text holds no claim with a number, or is too long.
    """
    from shipworthy.evals.claims import judge

    found = judge(text)
    if not found.claims:
        raise UserError("There is no claim with a number in this text.", hint=_HINT)
    return found


def judge_report(file: Path) -> Judgement:
    """Judge the claims in a report, as Markdown or plain text.

    Raises:
        UserError: The file cannot be read, is no text, is too large, or makes no claim with a number.
    """
    where = Where(file=file)
    size = readable(file).stat().st_size
    if size > _LARGEST:
        raise DataError(f"This file is too large for a report ({size:,} bytes).", where=where)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(
            "This file is not UTF-8 text.", where=where, hint="Save the report as Markdown or plain text."
        ) from None
    try:
        return judge_claims(text)
    except UserError as error:
        raise UserError(error.message, where=where, hint=error.hint) from None


def judge_lines(lines: Iterable[str]) -> Iterator[Judgement]:
    """Judge one text for each line of JSON Lines, such as ``{"id": "7", "text": "93% on 500"}``.

    A line may also be the text itself, as a JSON string. A line that cannot be judged gives a judgement
    with ``error`` and no claims; the others are judged all the same. Empty lines are skipped.
    """
    from shipworthy.evals.claims import Judgement

    return each_line(
        lines,
        _judged_line,
        lambda line, error: Judgement(id=line.name, error=error),
        longest=_LARGEST,
        hint='Each line should be like {"text": "93% on 500"}.',
    )


def _judged_line(line: GivenLine) -> Judgement:
    from shipworthy.evals.claims import judge

    found = judge(line.text(), identifier=line.name)
    if not found.claims:
        raise line.bad("There is no claim with a number in this text.")
    return found
