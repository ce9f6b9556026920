"""All kinds of candidates, and the one place that knows them by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from shipworthy.core.errors import SpecError
from shipworthy.evals.spec import (
    AppSpec,
    CallableSpec,
    KeywordSpec,
    MajoritySpec,
    ModelSpec,
    RecordedSpec,
    ServiceSpec,
    TrainedSpec,
)

if TYPE_CHECKING:
    from shipworthy.evals.candidate import Candidate
    from shipworthy.evals.candidates.model import ModelCandidate
    from shipworthy.evals.spec import CandidateSpec
    from shipworthy.gateway.specs import ServerSpec

__all__ = ["build_candidate"]


def build_candidate(
    spec: CandidateSpec,
    *,
    folder: Path,
    servers: Mapping[str, ServerSpec] = MappingProxyType({}),
    model: str | None = None,
) -> Candidate | ModelCandidate:
    """Make the candidate that ``spec`` describes.

    Args:
        spec: The candidate as feature.yaml has it.
        folder: Where its relative paths start.
        servers: Model servers that were added to the workspace, by name.
        model: The model of candidates that name none.
    """
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
        case ModelSpec() | ServiceSpec():
            from shipworthy.evals.candidates.model import ModelCandidate

            return ModelCandidate(spec, folder=folder, servers=servers, usual=model)
        case AppSpec():
            raise SpecError(f"The candidate {spec.name!r} is an application, and its job is not 'classify'.")
        case MajoritySpec():
            from shipworthy.evals.candidates.baselines import Majority

            return Majority(spec.name)
        case KeywordSpec():
            from shipworthy.evals.candidates.baselines import Keyword

            return Keyword(spec.name, words=spec.words)
