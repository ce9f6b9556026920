"""Judges: scores given by rules or by language models, and what they are worth beside people's.

For a review that uses a judge as a check::

    judge = open_judge("rubric", model="local", conduct=conduct, clock=clock)   # a prompt file, or a rule
    found = judge_check(judge, pieces, calibration=record)
    found.numbers       # one number a row, None where the judge gave no score
    found.estimate      # corrected by people's labels, or marked uncalibrated
    found.words         # what to print beside it
"""

from __future__ import annotations

from shipworthy.evals.judges.biases import Bias
from shipworthy.evals.judges.calibration import Calibration, JudgeCheck, calibration_of, judge_check
from shipworthy.evals.judges.deterministic import DETERMINISTIC, rule_judge
from shipworthy.evals.judges.judge import CANNOT_ASSESS, PAIR_SCALE, Grade, Judge, Piece
from shipworthy.evals.judges.labelled import Graded
from shipworthy.evals.judges.opening import open_judge
from shipworthy.evals.judges.prompt import SHIPPED_PROMPTS, JudgePrompt, read_judge_prompt, shipped_prompt
from shipworthy.evals.judges.reviewing import JudgeReview, review_judge

__all__ = [
    "CANNOT_ASSESS",
    "DETERMINISTIC",
    "PAIR_SCALE",
    "SHIPPED_PROMPTS",
    "Bias",
    "Calibration",
    "Grade",
    "Graded",
    "Judge",
    "JudgeCheck",
    "JudgePrompt",
    "JudgeReview",
    "Piece",
    "calibration_of",
    "judge_check",
    "open_judge",
    "read_judge_prompt",
    "review_judge",
    "rule_judge",
    "shipped_prompt",
]
