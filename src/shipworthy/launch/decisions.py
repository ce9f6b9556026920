"""The decision log of a feature: what was decided, why, and what would reverse it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from shipworthy.core.errors import UserError, Where
from shipworthy.core.files import write_atomic
from shipworthy.core.yaml_file import model_from_yaml, read_yaml

__all__ = ["Decision", "append_decision", "read_decisions"]

_TOP = (
    "# Decisions about this feature, oldest first. 'shipworthy decision add' writes at the end.\ndecisions:\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision, with what would reverse it."""

    id: str
    """The day and six characters."""
    at: date
    """When it was decided."""
    text: str
    """What was decided."""
    why: str
    """Why, in the person's own words."""
    reverse_if: str
    """What would reverse it: a value, an event, a price."""
    by: date | None
    """When to look again at the latest; None where only the condition counts."""
    review: str | None
    """The newest review when it was decided."""


class _Item(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    id: str = Field(min_length=1, max_length=40)
    at: date
    text: str = Field(min_length=1, max_length=2_000)
    why: str = Field(min_length=1, max_length=5_000)
    reverse_if: str = Field(min_length=1, max_length=2_000)
    by: date | None = None
    review: str | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    decisions: tuple[_Item, ...]


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """The decisions in a log, in its order; none where there is no log.

    Raises:
        UserError: the log cannot be read; line and field are named.
    """
    if not path.exists():
        return ()
    file = model_from_yaml(_File, read_yaml(path))
    return tuple(Decision(**item.model_dump()) for item in file.decisions)


def append_decision(path: Path, decision: Decision) -> None:
    """Add a decision at the end of a log; what stands there is not touched.

    Raises:
        UserError: a text is empty or too long, or the log cannot be read.
    """
    for field, limit in (("text", 2_000), ("why", 5_000), ("reverse_if", 2_000)):
        value = getattr(decision, field)
        if not value.strip() or len(value) > limit:
            hint = f"Give it with --{field.replace('_', '-')}, in up to {limit:,} characters."
            raise UserError(f"{field!r} is empty or too long.", where=Where(field=field), hint=hint)
    read_decisions(path)
    before = path.read_text(encoding="utf-8-sig").rstrip("\n") + "\n" if path.exists() else _TOP
    write_atomic(path, before + _written(decision))


def _written(decision: Decision) -> str:
    fields = {
        "id": decision.id,
        "text": decision.text.strip(),
        "why": decision.why.strip(),
        "reverse_if": decision.reverse_if.strip(),
        "review": decision.review,
    }
    lines = [
        f"  {'- ' if name == 'id' else '  '}{name}: {_scalar(value)}\n" for name, value in fields.items()
    ]
    lines.insert(1, f"    at: {decision.at.isoformat()}\n")
    if decision.by is not None:
        lines.append(f"    by: {decision.by.isoformat()}\n")
    return "".join(lines)


def _scalar(value: str | None) -> str:
    """A text in quotes on one line, as YAML reads it back."""
    import yaml

    if value is None:
        return "null"
    return str(yaml.safe_dump(value, default_style='"', allow_unicode=True, width=1_000_000)).strip()
