"""The headings of Annex IV of the AI Act, filled from the same record as the model card.

What the annex asks for: Regulation (EU) 2024/1689, Annex IV (text of 27 July 2026). An outline to work from,
and orientation, not legal advice: whether it is owed at all follows from the risk tier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from shipworthy.launch.papers import parts
from shipworthy.launch.papers.draft import signed
from shipworthy.launch.papers.facts import Cite, plain
from shipworthy.launch.papers.stated import Stated, stated
from shipworthy.launch.papers.tier import tier_lines

if TYPE_CHECKING:
    from shipworthy.launch.risk.assessing import Assessment

__all__ = ["technical_documentation"]


def technical_documentation(report: Mapping[str, Any], *, answers: Stated, tier: Assessment | None) -> str:
    """Annex IV as far as it is known.

    Args:
        report: The content of a review's ``report.json``.
        answers: What a person stated about it.
        tier: The assessment under the AI Act; None where there is none.
    """
    return signed("\n".join(_lines(report, answers, tier, Cite.of(report))), source=report["id"])


def _lines(report: Mapping[str, Any], answers: Stated, tier: Assessment | None, cite: Cite) -> Iterator[str]:
    yield f"# Technical documentation: {plain(report['feature'])}\n"
    yield "The headings of Annex IV of Regulation (EU) 2024/1689. Orientation, not legal advice.\n"
    yield from tier_lines(tier)
    yield from _general(report, answers, cite)
    yield from _development(report, answers, cite)
    yield from _control(report, answers, cite)
    yield "## 4. Why these metrics fit\n"
    yield from stated(answers, "metrics_fit")
    yield "## 5. Risk management system (Art. 9)\n"
    yield from parts.harms(report, cite)
    yield from stated(answers, "risk_management")
    yield "## 6. Changes through the lifecycle\n"
    yield from stated(answers, "changes")
    yield "## 7. Harmonised standards and other specifications\n"
    yield from stated(answers, "standards")
    yield "## 8. EU declaration of conformity (Art. 47)\n"
    yield from stated(answers, "declaration")
    yield "## 9. Post-market monitoring (Art. 72)\n"
    yield from stated(answers, "monitoring")


def _general(report: Mapping[str, Any], answers: Stated, cite: Cite) -> Iterator[str]:
    yield "## 1. General description\n"
    yield "### (a) Intended purpose, provider, version\n"
    yield from parts.purpose(cite)
    yield from stated(answers, "developed_by", "version")
    yield "### (b) Interaction with other hardware and software\n"
    yield from stated(answers, "interaction")
    yield "### (c) Versions of software\n"
    yield from (f"- {plain(name)}: {cite(f'versions.{name}')}" for name in report["versions"])
    yield "\n### (d) Forms in which it is offered\n"
    yield from stated(answers, "form")
    yield "### (e) Hardware it runs on\n"
    yield from stated(answers, "hardware")
    yield "### (f), (g) Appearance and user interface\n"
    yield from stated(answers, "interface")
    yield "### (h) Instructions for use\n"
    yield from stated(answers, "instructions")


def _development(report: Mapping[str, Any], answers: Stated, cite: Cite) -> Iterator[str]:
    yield "## 2. Elements of the system and how it was developed\n"
    yield "### (a) Methods, pre-trained systems and tools of others\n"
    yield f"- {cite.words('candidate')}"
    yield f"- {cite.words('how_chosen')}\n"
    yield from stated(answers, "third_parties")
    yield "### (b) Design specifications and choices\n"
    yield from stated(answers, "design")
    yield "### (c) Architecture and computing resources\n"
    yield from stated(answers, "architecture")
    yield "### (d) Data: provenance, selection, labelling, cleaning\n"
    yield from parts.data(report, cite)
    yield from stated(answers, "training_data")
    yield "### (e) Human oversight (Art. 14)\n"
    yield from parts.oversight(report, cite)
    yield "### (f) Changes determined beforehand\n"
    yield from stated(answers, "planned_changes")
    yield "### (g) Validation and testing\n"
    yield from (f"- {cite.words(key)}" for key in cite.numbered("method"))
    yield ""
    yield from parts.results(report, cite)
    yield "### (h) Cybersecurity\n"
    yield from stated(answers, "security")


def _control(report: Mapping[str, Any], answers: Stated, cite: Cite) -> Iterator[str]:
    yield "## 3. Monitoring, functioning and control\n"
    yield "### Capabilities and limits, also for groups of people\n"
    yield from parts.summary(cite)
    yield from parts.groups(report, cite)
    yield "### Foreseeable unintended outcomes\n"
    yield from parts.findings(report, cite)
    yield "### Human oversight (Art. 14)\n"
    yield from stated(answers, "oversight")
