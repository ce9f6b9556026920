"""All kinds of candidates, and the one place that knows them by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.evals.spec import CallableSpec, KeywordSpec, MajoritySpec, RecordedSpec, TrainedSpec

if TYPE_CHECKING:
    from shipworthy.evals.candidate import Candidate
    from shipworthy.evals.spec import CandidateSpec

__all__ = ["build_candidate"]


def build_candidate(spec: CandidateSpec, *, folder: Path) -> Candidate:
    """Make the candidate that ``spec`` describes; ``folder`` is where its relative paths start."""
    match spec:
        case TrainedSpec():
            from shipworthy.evals.candidates.trained import Trained

            return Trained(spec)
        case CallableSpec():
            from shipworthy.evals.candidates.function import FunctionCandidate

            return FunctionCandidate(spec, folder=folder)
        case RecordedSpec():
            from shipworthy.evals.candidates.recorded import Recorded

            return Recorded(spec, folder=folder)
        case MajoritySpec():
            from shipworthy.evals.candidates.baselines import Majority

            return Majority(spec.name)
        case KeywordSpec():
            from shipworthy.evals.candidates.baselines import Keyword

            return Keyword(spec.name, words=spec.words)
