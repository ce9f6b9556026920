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
    "feature new": Verb(function="new_features:new_feature", result="workbench.new_features:NewFeature"),
    "feature check": Verb(function="features:check_feature", result="workbench.features:CheckedFeature"),
    "feature idea": Verb(function="ideas:judge_idea", result="launch.ideas:Idea"),
    "label": Verb(function="labels:label_feature", result="workbench.labels:LabelProgress"),
    "review": Verb(function="reviews:review_feature", result="workbench.reviews:ReviewLine"),
    "compare": Verb(function="comparisons:compare_candidates", result="evals.comparing:SideBySide"),
    "attack": Verb(function="attacks:attack_feature", result="evals.attacks.report:AttackReport"),
    "import": Verb(function="importing:import_file", result="workbench.importing:ImportedFile"),
    "errors": Verb(function="error_analysis:analyse_errors", result="workbench.error_analysis:ErrorAnalysis"),
    "extract": Verb(function="extracts:extract_files", result="workbench.extracts:Extracted"),
    "ask": Verb(function="asks:ask_documents", result="workbench.asks:AskedAnswer"),
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
    "explain retrieval": Verb(function="indexes:explain_retrieval", result="retrieval.hits:Explanation"),
    "index": Verb(function="indexes:index_documents", result="workbench.indexes:Indexed"),
    "risk questions": Verb(function="risk:list_questions", result="workbench.risk:RiskQuestions"),
    "risk assess": Verb(function="risk:assess_feature", result="workbench.risk:RiskResult"),
    "risk show": Verb(function="risk:show_provision", result="playbook.regulation:Provision"),
    "prd draft": Verb(function="prd:draft_feature_prd", result="workbench.prd:DraftedPaper"),
    "prd check": Verb(function="prd:check_feature_prd", result="launch.prd:CheckedPrd"),
    "prd rules": Verb(function="prd:list_prd_rules", result="workbench.prd:PrdRuleLine", many=True),
    "decision add": Verb(function="decisions:add_decision", result="workbench.decisions:DecisionLine"),
    "decision list": Verb(
        function="decisions:list_decisions", result="workbench.decisions:DecisionLine", many=True
    ),
    "research agree": Verb(function="decisions:agree_research", result="workbench.prd:DraftedPaper"),
    "card": Verb(function="cards:write_card", result="workbench.cards:Paper"),
    "brief": Verb(function="cards:write_brief", result="workbench.cards:Paper"),
    "papers check": Verb(function="cards:check_papers", result="workbench.cards:CheckedPapers"),
    "launch": Verb(function="launches:launch_feature", result="workbench.launches:FinishedLaunch"),
    "source": Verb(function="sourcing:source_feature", result="workbench.sourcing:Sourced"),
    "postmortem list": Verb(
        function="postmortems:list_incidents", result="workbench.postmortems:IncidentLine", many=True
    ),
    "postmortem show": Verb(function="postmortems:show_incident", result="playbook.incidents:IncidentCase"),
    "postmortem run": Verb(function="postmortems:run_incident", result="workbench.postmortems:IncidentRun"),
    "postmortem new": Verb(
        function="postmortems:new_postmortem", result="workbench.postmortems:NewPostmortem"
    ),
    "postmortem check": Verb(
        function="postmortems:check_postmortem", result="workbench.postmortems:LintedPostmortem"
    ),
    "classify": Verb(function="classifying:classify_file", result="workbench.classifying:Classified"),
    "summarise": Verb(function="summaries:summarise_file", result="workbench.summaries:MeetingNotes"),
    "reviews export": Verb(function="exporting:export_review", result="workbench.exporting:ExportedReview"),
    "career roles read": Verb(function="career_roles:read_role", result="workbench.career_roles:ReadRole"),
    "career roles add": Verb(function="career_roles:add_role", result="workbench.career_roles:RoleLine"),
    "career roles list": Verb(
        function="career_roles:list_roles", result="workbench.career_roles:RoleLine", many=True
    ),
    "career roles apply": Verb(
        function="career_roles:note_application", result="workbench.career_roles:RoleLine"
    ),
    "career roles reply": Verb(function="career_roles:note_reply", result="workbench.career_roles:RoleLine"),
    "career gaps": Verb(function="career_roles:find_gaps", result="workbench.career_roles:Gaps"),
    "career audit": Verb(function="career_audit:audit_career", result="workbench.career_audit:AuditResult"),
    "career artifact add": Verb(function="career_audit:add_artifact", result="evidence.record:Record"),
    "career self": Verb(function="career_audit:assess_self", result="workbench.career_audit:SelfAssessment"),
    "career path": Verb(function="career_audit:find_path", result="career.path:WayForward"),
    "career exercise": Verb(
        function="career_exercises:answer_exercise", result="workbench.career_exercises:AnsweredExercise"
    ),
    "career topics": Verb(
        function="career_exercises:list_topics", result="workbench.career_exercises:TopicLine", many=True
    ),
    "career interview start": Verb(
        function="career_interview:answer_interview", result="workbench.career_interview:AnsweredInterview"
    ),
    "career interview score": Verb(
        function="career_interview:score_lines", result="workbench.career_interview:ScoredLine"
    ),
    "career interview questions": Verb(
        function="career_interview:list_interview_questions",
        result="workbench.career_interview:QuestionLine",
        many=True,
    ),
    "career interview history": Verb(
        function="career_interview:interview_history",
        result="workbench.career_interview:InterviewHistory",
        many=True,
    ),
    "career plan": Verb(function="career_plan:plan_career", result="workbench.career_plan_view:PlanView"),
    "career today": Verb(function="career_plan:show_today", result="workbench.career_plan:Today"),
    "career done": Verb(function="career_plan:do_item", result="workbench.career_plan_view:PlanView"),
    "career question": Verb(
        function="career_question:ask_community", result="career.question:DraftedQuestion"
    ),
    "career profile": Verb(
        function="career_market:set_profile", result="workbench.career_market:ProfileView"
    ),
    "career market": Verb(function="career_market:show_market", result="workbench.career_market:MarketView"),
    "career negotiate": Verb(
        function="career_market:write_sheet", result="workbench.career_market:NegotiationSheet"
    ),
    "career pitch": Verb(function="career_pitch:draft_pitch", result="career.pitch:Pitch"),
    "career pitch rehearse": Verb(
        function="career_pitch:rehearse_result", result="workbench.career_pitch:RehearsedResult"
    ),
    "career pitch history": Verb(
        function="career_pitch:list_rehearsals", result="workbench.career_pitch:PastRehearsal", many=True
    ),
    "career portfolio add": Verb(
        function="career_portfolio:add_case", result="workbench.career_portfolio:AddedCase"
    ),
    "career portfolio list": Verb(
        function="career_portfolio:list_cases", result="workbench.career_portfolio:CaseLine", many=True
    ),
    "career portfolio build": Verb(
        function="career_portfolio:build_portfolio", result="workbench.career_portfolio:BuiltPortfolio"
    ),
    "career recall": Verb(function="career_plan:recall_fact", result="workbench.career_plan:RecalledFact"),
    "judge review": Verb(function="judges:review_labelled", result="workbench.judges:ReviewedJudge"),
    "judge score": Verb(function="judges:score_rows", result="workbench.judges:ScoredRows"),
    "judge compare": Verb(function="judges:compare_judges", result="evals.judges.comparing:JudgesCompared"),
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
