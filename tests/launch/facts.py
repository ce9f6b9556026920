"""Answers for tests: everything is answered with no, and a test says what is so."""

from __future__ import annotations

from shipworthy.playbook.regulation import Question, questions

__all__ = ["FACTS", "harmless", "possible"]

FACTS = tuple(item for item in questions() if item.answers != "date")
_GATES = {
    item.id: item
    for item in FACTS
    if not item.opened_by and not item.after_annex_three and item.if_unknown is None
}


def harmless(**others: str | None) -> dict[str, frozenset[str] | None]:
    """Answers for something that no rule is about, with ``others`` besides; ``+`` joins several choices."""
    answers: dict[str, frozenset[str] | None] = {
        name: frozenset({"no" if item.answers == "yes_no" else "none"}) for name, item in _GATES.items()
    }
    answers["role"] = frozenset({"provider"})
    for name, value in others.items():
        answers[name] = None if value is None else frozenset(value.split("+"))
    return answers


def possible(item: Question) -> tuple[frozenset[str], ...]:
    """Every single answer to a question."""
    words = ("yes", "no") if item.answers == "yes_no" else tuple(item.choices)
    return tuple(frozenset({word}) for word in words)
