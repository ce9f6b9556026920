"""Interviews: a question, an answer, and what the answer earned by which words."""

from shipworthy.career.interview.scoring import (
    PASS,
    RULE,
    CriterionScore,
    InterviewScore,
    Quote,
    score_answer,
)
from shipworthy.career.interview.sentences import Ignored

__all__ = ["PASS", "RULE", "CriterionScore", "Ignored", "InterviewScore", "Quote", "score_answer"]
