"""``feature.yaml``: what a feature does, on which data, and what it must reach to ship.

Pydantic at the file's edge. Field descriptions become the JSON Schema that editors use.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from shipworthy.core.errors import SpecError, nearest
from shipworthy.core.yaml_file import YamlFile, model_from_yaml, read_yaml
from shipworthy.evals.bars import Bar, parse_bar
from shipworthy.gateway.adapters.endpoint import EndpointSpec

if TYPE_CHECKING:
    from shipworthy.stats.arrays import FloatArray

__all__ = [
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
    label: ColumnName = Field(description="Column with the right answer.")
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
    TrainedSpec | CallableSpec | RecordedSpec | ModelSpec | ServiceSpec | MajoritySpec | KeywordSpec,
    Field(discriminator="kind"),
]


def _trained_only() -> list[CandidateSpec]:
    return [TrainedSpec(name="trained", kind="trained")]


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


_BASELINES = ("majority", "keyword", "baseline")


class FeatureSpec(_Strict):
    """An AI feature under review."""

    name: Name = Field(description="The feature's name, as in the folder.")
    does: str = Field(min_length=3, description="What the feature does, in one sentence.")
    for_whom: str = Field(min_length=1, description="Whom it is for.")
    job: Literal["classify"] = Field("classify", description="What is judged.")
    data: DataSpec = Field(description="The rows: which files, and which column is what.")
    candidates: list[CandidateSpec] = Field(
        default_factory=_trained_only,
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
        for candidate in self.candidates:
            if candidate.name in _BASELINES and candidate.kind != candidate.name:
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
        return self

    @field_validator("bar")
    @classmethod
    def _readable(cls, value: list[str]) -> list[str]:
        for text in value:
            _parsed(text)
        return value

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The bars, parsed."""
        return tuple(_parsed(text) for text in self.bar)


def _parsed(text: str) -> Bar:
    from shipworthy.stats.classification import METRICS

    return parse_bar(text, metrics=METRICS)


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
