"""A feature with another model beside the present one, so that a decision can be made anew in one command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shipworthy.core.errors import SpecError, UserError, Where
from shipworthy.evals.spec import FeatureSpec, ModelSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["with_model"]

_LONGEST = 80


def with_model(spec: FeatureSpec, model: str) -> FeatureSpec:
    """The feature with a copy of each candidate that is a model, asking ``model`` with the same prompt.

    The verdict is about the copy of the candidate under review. A price or an address that was given for
    the present model is not taken over.

    Args:
        spec: The feature as it is.
        model: The other model, for instance ``openai:gpt-5-mini``.

    Raises:
        UserError: no candidate is a model, or it is open which copy the verdict would be about.
    """
    present = [candidate for candidate in spec.candidates if isinstance(candidate, ModelSpec)]
    if not present:
        raise UserError(
            f"{spec.name!r} has no candidate of kind 'model' that could use {model!r}.",
            where=Where(field="candidates"),
            hint="Add one to feature.yaml: {name: prompted, kind: model, model: " + model + "}",
        )
    copies = [_copy(candidate, model) for candidate in present]
    judged = copies[_place(spec, present)]
    return FeatureSpec.model_validate(
        spec.model_dump(by_alias=True)
        | {
            "candidates": [one.model_dump() for one in (*spec.candidates, *copies)],
            "candidate": judged.name,
        }
    )


def _copy(candidate: ModelSpec, model: str) -> ModelSpec:
    words = re.sub(r"[^A-Za-z0-9_.\-]+", " ", model).strip() or "another model"
    name = f"{candidate.name[: _LONGEST // 2]} with {words}"[:_LONGEST].strip()
    return candidate.model_copy(update={"name": name, "model": model, "price": None, "url": None})


def _place(spec: FeatureSpec, present: Sequence[ModelSpec]) -> int:
    names = [candidate.name for candidate in present]
    if spec.candidate in names:
        return names.index(spec.candidate)
    if len(names) > 1:
        raise SpecError(
            f"{len(names)} candidates are models: {', '.join(names)}.",
            where=Where(field="candidate"),
            hint=f"Say which one the verdict is about, for instance 'candidate: {names[0]}'.",
        )
    return 0
