"""A language model with a prompt, or an HTTP service, as a candidate.

It does not answer batches: the runner asks it one request for each example and repeat, so that many are
under way at once, none is paid for twice, and a run that is killed goes on where it was.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.canonical import sha256_of
from shipworthy.core.errors import SpecError, Where
from shipworthy.evals.candidate import OutOfFold, Status, TrainingSet
from shipworthy.evals.prompts import Prompt, default_prompt, read_prompt
from shipworthy.gateway.adapters.endpoint import EndpointSpec
from shipworthy.gateway.model import LOG_PROBABILITY, Model, Reply, Request, Settings
from shipworthy.gateway.prices import GivenPrice, Price
from shipworthy.gateway.specs import ModelSpec, model_spec, price_of

if TYPE_CHECKING:
    from shipworthy.evals.spec import ModelSpec as ModelSettings
    from shipworthy.evals.spec import PriceSpec, ServiceSpec
    from shipworthy.gateway.label_calibration import LabelCalibration
    from shipworthy.gateway.specs import ServerSpec

__all__ = ["Asker", "ModelCandidate", "Said"]

_NAMED_IN = "feature.yaml"


class ModelCandidate:
    """Asks a model for the label of each example."""

    def __init__(
        self,
        spec: ModelSettings | ServiceSpec,
        *,
        folder: Path,
        servers: Mapping[str, ServerSpec],
        usual: str | None = None,
    ) -> None:
        self.name = spec.name
        self.kind = spec.kind
        self.prompt = _prompt(spec, folder)
        self.model = _model(spec, self.prompt, folder, servers, usual)
        self.words = f"{self.model.title} with {self.prompt.name}."
        self._rows = 0 if spec.kind == "endpoint" else spec.calibration_rows

    def fit(self, train: TrainingSet) -> Asker:
        """Get ready to ask; nothing is sent yet.

        Raises:
            SpecError: an example of the prompt answers with something that is no label.
        """
        self.prompt.check_labels(train.classes)
        return Asker(
            model=self.model,
            prompt=self.prompt,
            settings=_settings(self.prompt, train.classes, plain=_compares_labels(self.model)),
            shown=_a_few(train, self._rows),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one reply says about one example."""

    status: Status
    """How the call ended; an answer that is none of the labels is invalid."""
    output: str | None = None
    """The label; None unless the status is ok."""
    detail: str | None = None
    """Why the status is not ok."""
    confidence: float | None = None
    """Its confidence, where one is known."""
    proba: Mapping[str, float] | None = None
    """Label to probability, over all labels."""


@dataclass(slots=True, kw_only=True)
class Asker:
    """A model candidate that is ready: what to ask, and how to read the reply."""

    model: ModelSpec
    """The model somebody named."""
    prompt: Prompt
    """What it is asked."""
    settings: Settings
    """What all requests share."""
    shown: Sequence[tuple[str, str]]
    """Training texts with their labels, for calibrating label probabilities."""
    calibration: LabelCalibration | None = None
    """Fitted by ``prepare`` where the model says how probable each label is."""
    decide: Callable[[Mapping[str, float]], str] | None = None
    """Which label to answer where every label has a probability; the likeliest when None."""
    confidence_source: str | None = None
    """Where the confidence of the answers comes from, once there are some."""

    @property
    def version(self) -> str:
        """Hash of model, prompt, labels and calibration."""
        calibrated = None if self.calibration is None else self.calibration.version
        return sha256_of(
            {
                "model": self.model.title,
                "address": self.model.provider,
                "service": None if self.model.endpoint is None else self.model.endpoint.model_dump(),
                "settings": self.settings.digest,
                "prompt": self.prompt.version,
                "calibration": calibrated,
            }
        )

    @property
    def out_of_fold(self) -> OutOfFold | None:
        """None: it learnt nothing here."""
        return None

    @property
    def leaves_the_machine(self) -> bool:
        """Whether texts are sent to another machine."""
        return self.model.leaves_the_machine

    def at_once(self, most: int) -> int:
        """Requests to have under way: a model on this machine answers few, and others would only wait."""
        if self.model.kind != "local":
            return most
        from shipworthy.gateway.adapters.local import slots_at_once

        return min(most, slots_at_once())

    @property
    def price(self) -> Price | None:
        """What its calls cost; None where nobody knows."""
        return price_of(self.model)

    def request(self, text: str, repeat: int) -> Request:
        """The question about one text."""
        prompt = text if self.model.kind == "endpoint" else self.prompt.filled(text, self.settings.labels)
        return Request(settings=self.settings, prompt=prompt, repeat=repeat)

    async def prepare(self, model: Model) -> None:
        """Calibrate label probabilities where the model gives them: a small one favours some labels.

        Training rows and texts without content are asked for, never a row of the test.
        """
        if not _compares_labels(self.model):
            return
        from shipworthy.gateway.label_calibration import CONTENT_FREE, fit_label_calibration

        blank = [await model.reply(self.request(text, 0)) for text in CONTENT_FREE]
        seen = [(await model.reply(self.request(text, 0)), label) for text, label in self.shown]
        usable = [(reply.scores, label) for reply, label in seen if reply.scores is not None]
        self.calibration = fit_label_calibration(
            self.settings.labels,
            scores=[scores for scores, _ in usable],
            truth=[label for _, label in usable],
            content_free=[reply.scores for reply in blank if reply.scores is not None],
        )

    def read(self, reply: Reply) -> Said:
        """The label in a reply, and how sure the model was."""
        if self.calibration is not None:
            reply = self.calibration.applied(reply)
        if reply.status != "ok":
            return Said(status=reply.status, detail=reply.detail)
        proba = reply.proba
        if proba is not None and self.decide is not None:
            return Said(
                status="ok", output=(cheapest := self.decide(proba)), confidence=proba[cheapest], proba=proba
            )
        label = reply.parsed.get("label") if isinstance(reply.parsed, dict) else None
        if label not in self.settings.labels:
            return Said(status="invalid", detail=f"{str(label)[:80]!r} is none of the labels")
        if reply.confidence_source is not None:
            self.confidence_source = reply.confidence_source
        return Said(status="ok", output=label, confidence=reply.confidence, proba=reply.proba)

    @property
    def confidence_words(self) -> str:
        """Where the confidence comes from, in words."""
        match self.confidence_source:
            case None:
                return "The model gives no confidence; with repeats it is how many of them agree."
            case source if source == LOG_PROBABILITY and self.calibration is not None:
                return (
                    "Confidence: the model's probability of each label, calibrated on "
                    f"{self.calibration.examples} training rows."
                )
            case source if source == LOG_PROBABILITY:
                return "Confidence: the probability that the model itself gave its answer, not calibrated."
            case _:
                return "Confidence: what your service says."


def _prompt(spec: ModelSettings | ServiceSpec, folder: Path) -> Prompt:
    if spec.kind == "endpoint" or spec.prompt is None:
        return default_prompt()
    return read_prompt(folder / spec.prompt)


def _model(
    spec: ModelSettings | ServiceSpec,
    prompt: Prompt,
    folder: Path,
    servers: Mapping[str, ServerSpec],
    usual: str | None,
) -> ModelSpec:
    price = _price(spec.price)
    if spec.kind == "endpoint":
        fields = {name: getattr(spec, name) for name in EndpointSpec.model_fields}
        return ModelSpec(
            kind="endpoint",
            name=spec.name,
            named_in=_NAMED_IN,
            endpoint=EndpointSpec(**fields),
            price=price,
        )
    text = spec.model or prompt.settings.model or usual
    if text is None:
        raise SpecError(
            f"The candidate {spec.name!r} names no model.",
            where=Where(field=f"candidates.{spec.name}.model"),
            hint="For instance model: local, or model: openai:gpt-5-mini",
        )
    found = model_spec(_beside(text, folder), named_in=_NAMED_IN, servers=servers)
    return replace(found, price=price or found.price, url=spec.url)


def _beside(text: str, folder: Path) -> str:
    """A model's name in which a file is looked for beside feature.yaml."""
    kind, colon, name = text.partition(":")
    return f"{kind}:{folder / name}" if colon and kind in {"local", "replay"} and name else text


def _price(given: PriceSpec | None) -> GivenPrice | None:
    if given is None:
        return None
    return GivenPrice(
        input=given.input, output=given.output, call=given.call, said_in="given in feature.yaml"
    )


def _settings(prompt: Prompt, classes: tuple[str, ...], *, plain: bool) -> Settings:
    """What all requests share. ``plain``: the model answers the bare label and not JSON."""
    chosen = prompt.settings
    shown = [
        (
            prompt.filled(shot.input, classes),
            shot.output if plain else json.dumps({"label": shot.output}, ensure_ascii=False),
        )
        for shot in chosen.examples
    ]
    return Settings(
        system=chosen.system,
        examples=tuple(shown),
        labels=classes,
        schema=chosen.output_schema,
        temperature=chosen.temperature,
        max_tokens=chosen.max_tokens,
        seed=chosen.seed,
        logprobs=True,
    )


def _compares_labels(model: ModelSpec) -> bool:
    """Whether the model says how probable each label is, or says so in a recording."""
    if model.kind != "replay":
        return model.kind == "local"
    from shipworthy.gateway.adapters.replay import recorded_model

    return recorded_model(Path(model.name)).startswith("local")


def _a_few(train: TrainingSet, rows: int) -> list[tuple[str, str]]:
    """Training rows in turn from each label, drawn with the seed."""
    order = list(range(len(train.texts)))
    random.Random(train.seed).shuffle(order)  # noqa: S311 - a sample, not a secret
    by_label: dict[int, list[int]] = {}
    for row in order:
        if train.texts[row].strip():
            by_label.setdefault(int(train.labels[row]), []).append(row)
    turns = [row for turn in range(rows) for found in by_label.values() for row in found[turn : turn + 1]]
    return [(train.texts[row], train.classes[train.labels[row]]) for row in turns[:rows]]
