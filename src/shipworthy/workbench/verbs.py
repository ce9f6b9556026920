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
    "compare": Verb(function="comparisons:compare_candidates", result="evals.comparing:SideBySide"),
    "attack": Verb(function="attacks:attack_feature", result="evals.attacks.report:AttackReport"),
    "import": Verb(function="importing:import_file", result="workbench.importing:ImportedFile"),
    "claim": Verb(function="claims:judge_claims", result="evals.claims:Judgement"),
    "reviews list": Verb(function="reviews:list_reviews", result="workbench.reviews:ReviewLine", many=True),
    "reviews show": Verb(function="reviews:find_review", result="evals.review:Review"),
    "reviews compare": Verb(function="reviews:compare_reviews", result="workbench.reviews:Comparison"),
    "reviews open": Verb(function="reviews:find_review", result="workbench.reviews:ReviewLine"),
    "runs list": Verb(function="runs:list_runs", result="workbench.runs:RunLine", many=True),
    "runs resume": Verb(function="reviews:resume_run", result="workbench.reviews:ReviewLine"),
    "models list": Verb(function="models:list_models", result="workbench.models:ReachableModels"),
    "models add": Verb(function="models:add_server", result="workbench.models:ServerLine"),
    "models remove": Verb(function="models:remove_server", result="workbench.models:RemovedServer"),
    "models get local": Verb(function="models:get_local_model", result="workbench.models:GotModel"),
    "models try": Verb(function="models:try_model", result="workbench.models:TriedModel"),
    "cache show": Verb(function="cache:show_cache", result="gateway.cache:CacheContent"),
    "cache clear": Verb(function="cache:clear_cache", result="workbench.cache:ClearedCache"),
    "explain tokens": Verb(function="explain:explain_tokens", result="gateway.explain:TokensExplained"),
    "explain temperature": Verb(
        function="explain:explain_temperature", result="workbench.explain:TemperatureShown"
    ),
    "explain context": Verb(function="explain:explain_context", result="gateway.explain:ContextExplained"),
    "risk questions": Verb(function="risk:list_questions", result="workbench.risk:RiskQuestions"),
    "risk assess": Verb(function="risk:assess_feature", result="workbench.risk:RiskResult"),
    "risk show": Verb(function="risk:show_provision", result="playbook.regulation:Provision"),
    "card": Verb(function="cards:write_card", result="workbench.cards:Paper"),
    "brief": Verb(function="cards:write_brief", result="workbench.cards:Paper"),
    "papers check": Verb(function="cards:check_papers", result="workbench.cards:CheckedPapers"),
    "source": Verb(function="sourcing:source_feature", result="workbench.sourcing:Sourced"),
    "reviews export": Verb(function="exporting:export_review", result="workbench.exporting:ExportedReview"),
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
