"""``feature.yaml``: what a feature does, on which data, and what it must reach to ship.

Pydantic at the file's edge. Field descriptions become the JSON Schema that editors use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from shipworthy.core.errors import SpecError, nearest
from shipworthy.core.yaml_file import YamlFile, model_from_yaml, read_yaml
from shipworthy.evals.bars import Bar, parse_bar
from shipworthy.gateway.adapters.endpoint import EndpointSpec

if TYPE_CHECKING:
    from shipworthy.stats.arrays import FloatArray

__all__ = [
    "AppSpec",
    "CallableSpec",
    "CandidateSpec",
    "CostPair",
    "CostsSpec",
    "DataSpec",
    "FallbackSpec",
    "FeatureSpec",
    "FilesSpec",
    "HarmSpec",
    "KeywordSpec",
    "MajoritySpec",
    "ModelSpec",
    "OutcomeSpec",
    "OwnCheckSpec",
    "PriceSpec",
    "ProtectedSpec",
    "RecordedSpec",
    "ServiceSpec",
    "TrainedSpec",
    "ValueSpec",
    "feature_schema",
    "load_feature",
]

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, lt=1)]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.\-]*$")]
CheckName = Annotated[str, Field(max_length=60, pattern=r"^[a-z][a-z0-9_]*$")]
ColumnName = Annotated[str, Field(min_length=1, max_length=500)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, str_strip_whitespace=True)


class FilesSpec(_Strict):
    """Separate files that were split before Shipworthy saw them."""

    train: str | None = Field(None, description="Rows to learn from.")
    test: str = Field(description="Rows to judge on; never learnt from.")
    production: str | None = Field(None, description="A sample of what users send now; labels optional.")


class ProtectedSpec(_Strict):
    """A segment whose members must not be worse off."""

    segment: ColumnName = Field(description="Column name.")
    fairness: str = Field(description="The fairness definition, for instance equal_false_negative_rate.")
    reason: str = Field(min_length=3, description="Why this definition fits the feature and its users.")
    label: str | None = Field(None, description="The label it is about; all of them if left out.")

    @field_validator("fairness")
    @classmethod
    def _known(cls, value: str) -> str:
        from shipworthy.stats.fairness import FAIRNESS

        if value not in FAIRNESS:
            raise SpecError(f"{value!r} is not a known fairness definition.", hint=nearest(value, FAIRNESS))
        return value


class OutcomeSpec(_Strict):
    """What happened to the user afterwards."""

    column: ColumnName = Field(description="Column name, for instance 'reopened'.")
    good: str = Field(description="The value that means the user was served well, for instance 'no'.")

    @field_validator("good", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        # YAML reads no and yes as booleans; people mean the words.
        return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


class DataSpec(_Strict):
    """Which files and columns hold what."""

    file: str | None = Field(None, description="One file that is split here (or by its split column).")
    to_label: str | None = Field(
        None, description="File of rows that 'shipworthy label' asks about; 'file' is what it writes."
    )
    files: FilesSpec | None = Field(None, description="Files that are already split.")
    input: ColumnName | list[ColumnName] = Field(description="Column(s) with the text to judge.")
    label: ColumnName | dict[str, ColumnName] = Field(
        description="Column with the right answer (other jobs: JSON), or a column for each part of it."
    )
    documents: str | None = Field(
        None, description="Folder of the documents that questions are about or that inputs name."
    )
    id: ColumnName | None = Field(None, description="Column that names each row.")
    split: ColumnName | None = Field(None, description="Column that says train, test or production.")
    split_by: Literal["cluster", "time", "random"] | None = Field(
        None, description="How to split one file; by time or cluster where such a column is given."
    )
    test_share: Share = Field(0.3, description="Share of rows kept for the test.")
    seed: int = Field(0, ge=0, le=2**32 - 1, description="Seed of the split.")
    segments: list[ColumnName] = Field(default_factory=list, description="Columns to slice by.")
    protected: list[ProtectedSpec] = Field(
        default_factory=list, description="Segments whose members must not be worse off."
    )
    cluster: ColumnName | None = Field(
        None, description="Column of what belongs together: a customer, a document."
    )
    time: ColumnName | None = Field(None, description="Column that says when.")
    label_source: str | None = Field(None, description="Who or what gave the labels, in words.")
    label_source_column: ColumnName | None = Field(
        None, description="Column that says for each row who gave its label."
    )
    annotations: list[ColumnName] = Field(
        default_factory=list, description="Columns with the labels of single annotators."
    )
    outcome: OutcomeSpec | None = Field(None, description="What happened to the user afterwards.")

    @model_validator(mode="after")
    def _one_source(self) -> DataSpec:
        if (self.file is None) == (self.files is None):
            raise SpecError("Give either 'file' (one file) or 'files' (train, test), and not both.")
        return self

    @property
    def inputs(self) -> tuple[str, ...]:
        """The input columns, always as a tuple."""
        return (self.input,) if isinstance(self.input, str) else tuple(self.input)

    @property
    def all_segments(self) -> tuple[str, ...]:
        """Segments and protected segments, each once."""
        return tuple(dict.fromkeys([*self.segments, *(item.segment for item in self.protected)]))


class _Candidate(_Strict):
    name: Name = Field(description="A short name, used in bars and reports.")


class TrainedSpec(_Candidate):
    """A classifier trained here, on the training rows."""

    kind: Literal["trained"]
    features: Literal["words_and_characters", "words", "embeddings"] = Field(
        "words_and_characters", description="What the classifier reads of a text."
    )
    estimator: str | None = Field(None, description="Import path of a scikit-learn estimator or pipeline.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="Arguments of the estimator.")
    calibrate: bool = Field(default=True, description="Calibrate probabilities on held-back training rows.")
    seed: int = Field(0, ge=0, le=2**32 - 1, description="Seed of the training.")


class CallableSpec(_Candidate):
    """A Python function of yours: text in, label (and confidence) out."""

    kind: Literal["callable"]
    function: str = Field(pattern=r"^[\w.]+:[\w.]+$", description="module:function")


class RecordedSpec(_Candidate):
    """Outputs somebody already has, in a file."""

    kind: Literal["recorded"]
    file: str = Field(description="File with one row per example.")
    id: ColumnName | None = Field(None, description="Column that matches data.id; row order otherwise.")
    output: ColumnName = Field(description="Column with the answer.")
    confidence: ColumnName | None = Field(None, description="Column with the confidence, 0 to 1.")
    probabilities: dict[str, ColumnName] | None = Field(
        None, description="Label to the column with its probability."
    )


class AppSpec(_Candidate):
    """The application that ships with Shipworthy for this job."""

    kind: Literal["app"]
    settings: dict[str, Any] = Field(default_factory=dict, description="Settings of the application.")


class PriceSpec(_Strict):
    """What a model's calls cost, where no price list knows."""

    input: Amount = Field(0.0, description="US dollars per million tokens read.")
    output: Amount = Field(0.0, description="US dollars per million tokens written.")
    call: Amount = Field(0.0, description="US dollars per call.")


class ModelSpec(_Candidate):
    """A language model with a prompt."""

    kind: Literal["model"]
    model: str | None = Field(
        None, description="For instance openai:gpt-5-mini or local; the prompt file's when left out."
    )
    url: str | None = Field(
        None, max_length=2000, description="Another address than the vendor's own, for instance of a proxy."
    )
    prompt: str | None = Field(None, description="Prompt file (Markdown); a plain prompt when left out.")
    price: PriceSpec | None = Field(None, description="Overrules the price list.")
    calibration_rows: int = Field(
        40, ge=0, le=2000, description="Training rows to calibrate label probabilities with (local models)."
    )


class ServiceSpec(_Candidate, EndpointSpec):
    """Your own HTTP service: text in, label out."""

    kind: Literal["endpoint"]
    price: PriceSpec | None = Field(None, description="What a call costs; unknown when left out.")


class MajoritySpec(_Candidate):
    """Baseline: always the commonest label."""

    kind: Literal["majority"]


class KeywordSpec(_Candidate):
    """Baseline: the label whose words occur most often."""

    kind: Literal["keyword"]
    words: dict[str, list[str]] | None = Field(
        None, description="Label to its words; learnt from the training rows when left out."
    )


CandidateSpec = Annotated[
    TrainedSpec
    | AppSpec
    | CallableSpec
    | RecordedSpec
    | ModelSpec
    | ServiceSpec
    | MajoritySpec
    | KeywordSpec,
    Field(discriminator="kind"),
]


def _usual_candidate(data: Mapping[str, Any]) -> list[CandidateSpec]:
    if data.get("job", "classify") == "classify":
        return [TrainedSpec(name="trained", kind="trained")]
    return [AppSpec(name="app", kind="app")]


class OwnCheckSpec(_Strict):
    """A check of yours: a function, a JSON Schema, or a pattern."""

    function: str | None = Field(None, pattern=r"^[\w.]+:[\w.]+$", description="module:function")
    schema_file: str | None = Field(None, alias="schema", description="JSON Schema that outputs must fit.")
    pattern: str | None = Field(None, description="Regular expression that the whole text must fit.")
    better: Literal["higher", "lower"] = Field("higher", description="Which way is good.")
    unbounded: bool = Field(default=False, description="It counts something, and may be above 1.")
    words: str | None = Field(None, description="What it says, in a sentence.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"function": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_of_three(self) -> OwnCheckSpec:
        if sum(part is not None for part in (self.function, self.schema_file, self.pattern)) != 1:
            raise SpecError("Give one of 'function', 'schema' and 'pattern'.")
        return self


class ValueSpec(_Strict):
    """What a handled item is worth."""

    currency: str = Field("EUR", min_length=1, max_length=8, description="How amounts are written.")
    benefit_per_item: Amount = Field(0.0, description="Worth of one item handled rightly.")
    minutes_saved: Amount = Field(0.0, description="Working minutes saved by one item handled rightly.")
    cost_per_hour: Amount = Field(0.0, description="What an hour of that work costs.")
    volume_per_month: Amount = Field(description="Items a month.")
    per_us_dollar: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        1.0, description="What one US dollar is worth in 'currency': models are priced in US dollars."
    )

    @property
    def per_item(self) -> float:
        """Worth of one item handled rightly, time included."""
        return self.benefit_per_item + self.minutes_saved / 60 * self.cost_per_hour


class CostPair(_Strict):
    """The cost of one kind of mistake."""

    label: str = Field(description="What it is.")
    predicted: str | None = Field(None, description="What it is taken for; any other label when left out.")
    cost: Amount = Field(description="What it costs.")


class CostsSpec(_Strict):
    """What mistakes cost, in the currency of ``value``."""

    wrong: Amount = Field(0.0, description="Cost of any mistake not listed below.")
    handed_over: Amount = Field(0.0, description="Cost of handing one item to a person.")
    pairs: list[CostPair] = Field(default_factory=list, description="Mistakes with a cost of their own.")

    def of(self, label: str, predicted: str) -> float:
        """Cost of taking ``label`` for ``predicted``; the most specific entry wins."""
        if label == predicted:
            return 0.0
        exact = [pair.cost for pair in self.pairs if (pair.label, pair.predicted) == (label, predicted)]
        any_other = [pair.cost for pair in self.pairs if pair.label == label and pair.predicted is None]
        return (exact or any_other or [self.wrong])[0]

    def matrix(self, classes: Sequence[str]) -> FloatArray:
        """(K, K) cost of each mistake: rows are what it is, columns what it is taken for."""
        import numpy as np

        return np.array([[self.of(label, taken) for taken in classes] for label in classes], dtype=float)


class HarmSpec(_Strict):
    """Something that can go wrong for somebody."""

    who: str = Field(min_length=1, description="Who is harmed.")
    what: str = Field(min_length=1, description="What happens to them.")
    severity: Literal["low", "medium", "high"] = Field("medium", description="How bad it is.")
    measured_by: str | None = Field(None, description="The bar, as written, that measures this harm.")


class FallbackSpec(_Strict):
    """Who catches what the feature does not handle."""

    who: str = Field(min_length=1, description="Who takes the unsure cases.")
    capacity_a_day: Amount | None = Field(None, description="Items a day they can take.")
    user_sees: str = Field("", description="What the user sees meanwhile.")
    precision: Share = Field(0.95, description="How right handled items must be, unless a bar says so.")


_BASELINES = {"classify": ("majority", "keyword", "baseline")}
_OTHER_BASELINES = ("nothing", "rules", "baseline")
_KINDS = {"classify": ("trained", "callable", "recorded", "model", "endpoint", "majority", "keyword")}
_OTHER_KINDS = ("app", "callable", "recorded")


class FeatureSpec(_Strict):
    """An AI feature under review."""

    name: Name = Field(description="The feature's name, as in the folder.")
    does: str = Field(min_length=3, description="What the feature does, in one sentence.")
    for_whom: str = Field(min_length=1, description="Whom it is for.")
    job: Literal["classify", "answer", "extract", "summarise"] = Field(
        "classify", description="What is judged."
    )
    checks: dict[CheckName, OwnCheckSpec] = Field(
        default_factory=dict, description="Checks of your own, by name (not for classify)."
    )
    right: str | None = Field(
        None, description="When an output is right, for instance 'answer_f1 >= 0.6' (not for classify)."
    )
    data: DataSpec = Field(description="The rows: which files, and which column is what.")
    candidates: list[CandidateSpec] = Field(
        default_factory=_usual_candidate,
        min_length=1,
        description="Ways to build it; the two baselines are always added.",
    )
    candidate: str | None = Field(
        None, description="The one the verdict is about; chosen on training rows if left out."
    )
    decide: Literal["most_likely", "least_cost"] = Field(
        "most_likely", description="Which label to answer where probabilities are known."
    )
    value: ValueSpec | None = Field(None, description="What a handled item is worth.")
    costs: CostsSpec | None = Field(None, description="What mistakes cost.")
    harms: list[HarmSpec] = Field(default_factory=list, description="What can go wrong, and for whom.")
    bar: list[str] = Field(
        default_factory=list, description="The conditions to meet, written before the run."
    )
    fallback: FallbackSpec | None = Field(None, description="Who catches what the feature does not handle.")

    @model_validator(mode="after")
    def _consistent(self) -> FeatureSpec:
        names = [candidate.name for candidate in self.candidates]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise SpecError(f"The candidate name {twice[0]!r} is used twice.")
        baselines = _BASELINES.get(self.job, _OTHER_BASELINES)
        for candidate in self.candidates:
            if candidate.name in baselines and candidate.kind != candidate.name:
                raise SpecError(
                    f"The candidate name {candidate.name!r} belongs to a baseline.",
                    hint="Choose another name.",
                )
        needs = {bar.kind for bar in self.bars}
        if self.costs is None and needs & {"cost_per_1000", "net_value_month"}:
            raise SpecError(
                "A bar about money needs 'costs'.", hint="Add costs (and value), or drop the bar."
            )
        if self.value is None and "net_value_month" in needs:
            raise SpecError("The bar 'net_value_month' needs 'value'.", hint="Add value, or drop the bar.")
        if self.candidate is not None and self.candidate not in names:
            raise SpecError(
                f"'candidate' is {self.candidate!r}, which is not among the candidates.",
                hint=nearest(self.candidate, names),
            )
        if self.decide == "least_cost" and self.costs is None:
            raise SpecError("'decide: least_cost' needs 'costs'.", hint="Add costs, or decide most_likely.")
        self._check_job()
        return self

    def _check_job(self) -> None:
        """Refuse what the job does not have."""
        kinds = _KINDS.get(self.job, _OTHER_KINDS)
        for candidate in self.candidates:
            if candidate.kind not in kinds:
                raise SpecError(
                    f"The candidate {candidate.name!r} is of the kind {candidate.kind!r}, which does not do "
                    f"the job {self.job!r}.",
                    hint=f"Kinds for this job: {', '.join(kinds)}.",
                )
        if self.job == "classify":
            _refuse("classify", checks=self.checks, right=self.right, documents=self.data.documents)
            if not isinstance(self.data.label, str):
                raise SpecError("'data.label' is one column for the job 'classify'.")
            return
        _refuse(self.job, annotations=self.data.annotations, least_cost=self.decide == "least_cost")
        if self.job != "answer" and self.data.documents is None:
            raise SpecError(
                f"The job {self.job!r} needs 'data.documents': the folder of the files that inputs name."
            )
        for item in self.data.protected:
            if item.fairness != "equal_accuracy" or item.label is not None:
                raise SpecError(
                    f"The job {self.job!r} knows one fairness definition, 'equal_accuracy', and no label.",
                    hint="fairness: equal_accuracy",
                )

    @field_validator("bar")
    @classmethod
    def _readable(cls, value: list[str], info: ValidationInfo) -> list[str]:
        for text in value:
            _parsed(text, info.data.get("job", "classify"), info.data.get("checks", {}))
        return value

    @field_validator("checks")
    @classmethod
    def _own_names(cls, value: dict[str, OwnCheckSpec]) -> dict[str, OwnCheckSpec]:
        from shipworthy.evals.bars import QUANTITIES
        from shipworthy.evals.checks import CHECKS
        from shipworthy.evals.jobs.job import OUTCOMES
        from shipworthy.stats.classification import METRICS

        for name in value:
            if name in {*METRICS, *QUANTITIES, *OUTCOMES, *(check.name for check in CHECKS)}:
                raise SpecError(f"The name {name!r} belongs to a check or metric of ours.")
        return value

    @field_validator("right")
    @classmethod
    def _readable_rule(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None:
            _rule(value, info.data.get("job", "classify"), info.data.get("checks", {}))
        return value

    def only_classify(self, command: str) -> None:
        """Refuse a command that knows labels only.

        Raises:
            SpecError: the job is another one.
        """
        if self.job != "classify":
            raise SpecError(
                f"{command!r} works on features whose job is 'classify'; the job of {self.name!r} is "
                f"{self.job!r}.",
                hint=f"shipworthy review {self.name}",
            )

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The bars, parsed."""
        return tuple(_parsed(text, self.job, self.checks) for text in self.bar)

    @property
    def right_when(self) -> Bar | None:
        """The rule by which an output is right, parsed; None: the job's own."""
        return None if self.right is None else _rule(self.right, self.job, self.checks)


def _refuse(job: str, **parts: Any) -> None:
    for name, value in parts.items():
        if value:
            raise SpecError(f"The job {job!r} has no {name.replace('_', ' ')!r}.")


def _parsed(text: str, job: str, own: Mapping[str, OwnCheckSpec]) -> Bar:
    from shipworthy.evals.checks import metrics_of

    return parse_bar(text, metrics=metrics_of(job, own))


def _rule(text: str, job: str, own: Mapping[str, OwnCheckSpec]) -> Bar:
    rule = _parsed(text, job, own)
    if rule.kind != "metric" or rule.metric in {"accuracy", "calibration_error"}:
        raise SpecError(f"{text!r} does not say when one output is right.", hint="right: answer_f1 >= 0.6")
    return rule


def load_feature(path: Path) -> tuple[FeatureSpec, YamlFile]:
    """Read and validate a ``feature.yaml``.

    Raises:
        SpecError: names file, line, field, the value and the nearest valid one.
    """
    file = read_yaml(path)
    return model_from_yaml(FeatureSpec, file), file


def feature_schema() -> dict[str, Any]:
    """The JSON Schema of ``feature.yaml``, for editors."""
    schema = FeatureSpec.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "feature.yaml", **schema}
