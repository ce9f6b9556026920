"""The sound PRDs, and the damage that tests do to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import yaml

from fits.prd import CODES

__all__ = ["FOREIGN", "HELDOUT", "SOUND", "cut", "heldout_cuts", "mutants", "unseen"]

_FOLDER = Path(__file__).with_name("prds")
SOUND = tuple(sorted(_FOLDER.glob("*.md")))
HELDOUT = tuple(sorted((_FOLDER / "heldout").glob("*.md")))
FOREIGN = {path.stem: path for path in sorted((_FOLDER / "foreign").glob("*.md"))}


def cut(text: str, start: str | list[str]) -> str:
    """The text without the part that begins with the line ``start``, or without several of them."""
    if isinstance(start, list):
        return reduce(cut, start, text)
    lines = text.split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith(start))
    end = next((n for n in range(at + 1, len(lines)) if _ends(lines[n], start)), len(lines))
    return "\n".join(lines[:at] + lines[end:])


def _ends(line: str, start: str) -> bool:
    if marks := re.match("#+", start):
        other = re.match("(#+) ", line)
        return other is not None and len(other[1]) <= len(marks[0])
    if start.startswith("**"):
        return line.startswith(("**", "#"))
    return start.startswith("|") or not line.strip() or line.startswith("- ")


def mutants() -> Iterator[tuple[str, frozenset[str], str]]:
    """Name, the rules of which one must fire, and the damaged text."""
    damage: dict[str, Any] = yaml.safe_load((_FOLDER / "mutations.yaml").read_text())
    for file, parts in damage["cut"].items():
        for rule, start in parts.items():
            text = cut((_FOLDER / file).read_text(), start)
            yield f"{file}: {rule} without {start!r}", frozenset({rule}), text
    for edit in damage["edits"]:
        text = (_FOLDER / edit["file"]).read_text()
        for old, new in {edit["find"]: edit["put"], **edit.get("also", {})}.items():
            assert old in text, f"{edit['file']} does not say {old!r}"
            text = text.replace(old, new)
        expected = frozenset(edit.get("any_of", [edit["rule"]]))
        yield f"{edit['file']}: {edit['rule']} for {edit['put'][:40]!r}", expected, text


def unseen() -> Iterator[tuple[str, str, str]]:
    """Name, rule and damaged text of the deletions that the rules are known to overlook."""
    damage: dict[str, Any] = yaml.safe_load((_FOLDER / "mutations.yaml").read_text())
    for file, parts in damage["unseen"].items():
        for rule, start in parts.items():
            yield f"{file}: {rule} without {start!r}", rule, cut((_FOLDER / file).read_text(), start)


def heldout_cuts() -> Iterator[tuple[str, str, str]]:
    """Name, topic, and a held-out PRD without the lines that its author says hold all about the topic."""
    by_name: dict[str, dict[str, list[int | str]]] = yaml.safe_load(
        (_FOLDER / "heldout" / "cuts.yaml").read_text()
    )
    for name, by_code in by_name.items():
        lines = (_FOLDER / "heldout" / f"{name}.md").read_text().split("\n")
        for code, places in by_code.items():
            spans = [str(place).partition("-") for place in places]
            gone = {at for first, _, last in spans for at in range(int(first), int(last or first) + 1)}
            kept = "\n".join(line for at, line in enumerate(lines, 1) if at not in gone)
            yield f"{name} without {code}", CODES[code], kept
