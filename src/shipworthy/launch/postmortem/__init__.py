"""Postmortems: known incidents on one page, checks of their kinds of mistake, one's own, and a linter."""

from shipworthy.launch.postmortem.against_source import Contradiction, contradictions
from shipworthy.launch.postmortem.linting import LintProblem, lint
from shipworthy.launch.postmortem.own import QUESTIONS, answers_text, one_pager
from shipworthy.launch.postmortem.page import page
from shipworthy.launch.postmortem.resolving import ResolvedCitation, resolve_citations

__all__ = [
    "QUESTIONS",
    "Contradiction",
    "LintProblem",
    "ResolvedCitation",
    "answers_text",
    "contradictions",
    "lint",
    "one_pager",
    "page",
    "resolve_citations",
]
