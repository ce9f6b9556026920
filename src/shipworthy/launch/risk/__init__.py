"""The risk tier of a feature under the AI Act: facts in, tier, pins and duties out. No model, no network."""

from shipworthy.launch.risk.answers import (
    UNKNOWN,
    Answers,
    answers_in,
    parse_answers,
    read_answers,
    write_answers,
)
from shipworthy.launch.risk.assessing import Assessment, assess
from shipworthy.launch.risk.memo import memo
from shipworthy.launch.risk.proposing import Proposal, propose
from shipworthy.launch.risk.tree import TIERS, Tier

__all__ = [
    "TIERS",
    "UNKNOWN",
    "Answers",
    "Assessment",
    "Proposal",
    "Tier",
    "answers_in",
    "assess",
    "memo",
    "parse_answers",
    "propose",
    "read_answers",
    "write_answers",
]
