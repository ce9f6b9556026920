"""What somebody claims about an AI feature: read it, work out what it shows, and what to ask."""

from __future__ import annotations

from shipworthy.evals.claims.asking import Topic, topics
from shipworthy.evals.claims.claim import Claim
from shipworthy.evals.claims.judgement import Compared, IfN, Judged, Judgement, Selection
from shipworthy.evals.claims.judging import judge
from shipworthy.evals.claims.reading import claims_in

__all__ = [
    "Claim",
    "Compared",
    "IfN",
    "Judged",
    "Judgement",
    "Selection",
    "Topic",
    "claims_in",
    "judge",
    "topics",
]
