"""A known incident on one page: what is a fact, and what is ours, kept apart."""

from __future__ import annotations

from collections.abc import Iterator

from shipworthy.playbook.incidents import IncidentCase, MissingCheck
from shipworthy.playbook.items import failure_mode

__all__ = ["page"]


def page(case: IncidentCase) -> str:
    """The one-pager, in Markdown."""
    return "\n".join(_lines(case))


def _lines(case: IncidentCase) -> Iterator[str]:
    yield f"# {case.name} ({case.when})\n"
    yield f"{case.summary}\n"
    yield "## What happened\n"
    for fact in case.facts:
        yield f"- {f'{fact.day}: ' if fact.day else ''}{fact.text} [{fact.source}]"
    yield f"\nAccount: {case.account}"
    if case.caveat is not None:
        yield f"Not verified: {case.caveat}"
    yield "\n## What we make of it (our analysis, no sourced fact)\n"
    yield f"- What the product manager should have caught: {case.analysis.missed}"
    yield f"- By when: {case.analysis.when}"
    yield f"- Earliest signal: {case.analysis.signal}"
    names = (f"{failure_mode(name).name} ({name})" for name in case.failure_modes)
    yield f"- Failure modes: {', '.join(names)}"
    yield "\n## The check\n"
    if isinstance(case.check, MissingCheck):
        yield f"Missing here: {case.check.what}"
        yield f"Nearest: {case.check.nearest}"
    else:
        yield f"{case.check.what} Run it: shipworthy postmortem run {case.id}"
    yield "\n## Sources\n"
    for source in case.sources:
        yield f"- [{source.id}] {source.title} ({source.kind}){f', {source.url}' if source.url else ''}"
    yield f"\nChecked on {case.as_of}."
