"""A portfolio of case studies: the person's words, a review's numbers, nothing private unless chosen."""

from shipworthy.career.portfolio.answers import (
    PUBLISHABLE,
    QUESTIONS,
    SITE_QUESTIONS,
    CaseAnswers,
    Question,
    SiteAnswers,
    case_answers_file,
    read_case,
    read_site,
    site_answers_file,
)
from shipworthy.career.portfolio.case import Case, CaseGap, PublicRecord, Withheld, case_of
from shipworthy.career.portfolio.exports import case_markdown, json_resume

__all__ = [
    "PUBLISHABLE",
    "QUESTIONS",
    "SITE_QUESTIONS",
    "Case",
    "CaseAnswers",
    "CaseGap",
    "PublicRecord",
    "Question",
    "SiteAnswers",
    "Withheld",
    "case_answers_file",
    "case_markdown",
    "case_of",
    "json_resume",
    "read_case",
    "read_site",
    "site_answers_file",
]
