"""All verbs by name. Command line, pages and other faces read this one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["VERBS", "Verb", "as_json", "result_schema"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One thing a user can ask for."""

    function: str
    """``module:function`` below ``shipworthy.workbench`` that does it."""
    result: str
    """``module:class`` below ``shipworthy`` of what ``--json`` prints."""
    many: bool = False
    """Whether ``--json`` prints a list of results."""


VERBS: dict[str, Verb] = {
    "init": Verb(function="workspace:init", result="workbench.workspace:Workspace"),
    "demo": Verb(function="demonstration:demonstrate", result="workbench.demonstration:Demonstration"),
    "check": Verb(function="outputs:check_outputs", result="workbench.reviews:ReviewLine"),
    "feature list": Verb(
        function="features:list_features", result="workbench.features:FeatureLine", many=True
    ),
    "feature new": Verb(function="features:new_feature", result="workbench.features:NewFeature"),
    "feature check": Verb(function="features:check_feature", result="workbench.features:CheckedFeature"),
    "label": Verb(function="labels:label_feature", result="workbench.labels:LabelProgress"),
    "review": Verb(function="reviews:review_feature", result="workbench.reviews:ReviewLine"),
    "reviews list": Verb(function="reviews:list_reviews", result="workbench.reviews:ReviewLine", many=True),
    "reviews show": Verb(function="reviews:find_review", result="evals.review:Review"),
    "reviews compare": Verb(function="reviews:compare_reviews", result="workbench.reviews:Comparison"),
    "reviews open": Verb(function="reviews:find_review", result="workbench.reviews:ReviewLine"),
    "evidence list": Verb(function="ledger:list_evidence", result="evidence.record:Record", many=True),
    "evidence verify": Verb(
        function="ledger:verify_evidence", result="evidence.ledger:LedgerProblem", many=True
    ),
}
"""Name as typed to what it does. ``schema`` is not here: it prints the schemas of these."""


def as_json(verb: str, value: Any) -> str:
    """The result of a verb as JSON text, in the layout that :func:`result_schema` publishes."""
    return _adapter(verb).dump_json(value, indent=1).decode()


def result_schema(verb: str) -> dict[str, Any]:
    """The JSON Schema of what a verb prints with ``--json``."""
    schema = _adapter(verb).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _adapter(verb: str) -> TypeAdapter[Any]:
    import importlib

    from pydantic import TypeAdapter

    module, _, name = VERBS[verb].result.partition(":")
    result: Any = getattr(importlib.import_module(f"shipworthy.{module}"), name)
    return TypeAdapter(tuple[result, ...] if VERBS[verb].many else result)
