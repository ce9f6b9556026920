"""An artefact as files of ours: the examples, the answers of each candidate, the prediction log, the prompts.

Tables are CSV in which no cell can act as a formula; they read back exactly as they were.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shipworthy.core.canonical import sha256_of
from shipworthy.datasets.export import Cell, write_csv
from shipworthy.datasets.imports.artefact import Answer, Artefact, Leftover, Notes, Remark, Sample
from shipworthy.datasets.imports.reading import LabelReader, slug

__all__ = ["Outputs", "Written", "write_artefact"]

_MOST_FACTS = 100
_RESERVED = {
    "id",
    "label",
    "output",
    "status",
    "answer",
    "repeat",
    "at",
    "latency_ms",
    "tokens_in",
    "tokens_out",
    "cost",
    "passed",
}
_MOST_SEGMENTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """One candidate's answers, in a file."""

    name: str
    """Its name in feature.yaml."""
    title: str
    """What it is called in the foreign file."""
    file: str
    """File with its first answer to each example, below the folder."""
    rows: int
    """Examples that it answered."""
    repeats: int
    """How often it answered at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written, for whoever writes the settings."""

    examples: int
    """Examples."""
    labelled: int
    """Examples with a label."""
    inputs: tuple[str, ...]
    """Columns that hold what the feature is given."""
    segments: tuple[str, ...]
    """Columns with few values, to slice by."""
    outputs: tuple[Outputs, ...]
    """Answers, by candidate."""
    prompts: tuple[str, ...]
    """Names of the prompt files."""
    remarks: tuple[Remark, ...]
    """What was decided on the way."""
    leftovers: tuple[Leftover, ...]
    """What could not be carried over."""


def write_artefact(artefact: Artefact, data: Path, prompts: Path, *, feature: str, run: str) -> Written:
    """Write ``examples.csv``, ``outputs/``, ``predictions.parquet`` and the prompt files.

    Args:
        artefact: What to write.
        data: Existing folder for the tables.
        prompts: Folder for the prompts; made if there are any.
        feature: The feature's name, for the log.
        run: Id of the run, for the log.
    """
    return _Writer(artefact, data).write(prompts, feature, run)


class _Writer:
    def __init__(self, artefact: Artefact, data: Path) -> None:
        self.artefact = artefact
        self.data = data
        self.notes = Notes()
        self.samples = {sample.id: sample for sample in artefact.samples}
        self.labelled = any(sample.label is not None for sample in artefact.samples)
        self.inputs = _columns(artefact.inputs, set(_RESERVED))
        taken = _RESERVED | {name.casefold() for name in self.inputs.values()}
        names = list(dict.fromkeys(name for sample in artefact.samples for name in sample.facts))
        for name in names[_MOST_FACTS:]:
            self.notes.leave(f"column {name}")
        self.facts = _columns(names[:_MOST_FACTS], taken)
        self.reader = LabelReader(artefact.samples)

    def write(self, prompts: Path, feature: str, run: str) -> Written:
        self._examples()
        outputs = tuple(self._outputs())
        segments = tuple(self._segments())
        if self.artefact.answers:
            self._log(segments, {each.title: each.name for each in outputs}, feature, run)
        return Written(
            examples=len(self.samples),
            labelled=sum(sample.label is not None for sample in self.samples.values()),
            inputs=tuple(self.inputs.values()),
            segments=segments,
            outputs=outputs,
            prompts=tuple(self._prompts(prompts)),
            remarks=(*self.artefact.remarks, *self.notes.remarks),
            leftovers=(*self.artefact.leftovers, *self.notes.leftovers),
        )

    def _examples(self) -> None:
        header = ["id", *self.inputs.values(), *(["label"] if self.labelled else []), *self.facts.values()]
        rows = (self._example(sample) for sample in self.samples.values())
        write_csv(self.data / "examples.csv", header, rows)

    def _example(self, sample: Sample) -> list[Cell]:
        label = [sample.label] if self.labelled else []
        texts = [sample.texts.get(name) for name in self.inputs]
        return [sample.id, *texts, *label, *(sample.facts.get(name) for name in self.facts)]

    def _outputs(self) -> Iterator[Outputs]:
        groups: dict[str, list[Answer]] = {}
        for answer in self.artefact.answers:
            groups.setdefault(answer.candidate, []).append(answer)
        taken = {"majority", "keyword", "baseline"}
        for title, answers in groups.items():
            name = slug(title, taken)
            taken.add(name)
            first: dict[str, Answer] = {}
            for answer in sorted(answers, key=lambda each: each.repeat):
                first.setdefault(answer.sample, answer)
            file = f"outputs/{name}.csv"
            (self.data / "outputs").mkdir(exist_ok=True)
            self._write_outputs(self.data / file, list(first.values()))
            self._count(answers, first)
            repeats = 1 + max(answer.repeat for answer in answers)
            yield Outputs(name=name, title=title, file=file, rows=len(first), repeats=repeats)

    def _count(self, answers: Sequence[Answer], first: Mapping[str, Answer]) -> None:
        missing = len(self.samples) - len(first)
        if missing:
            self.notes.say("An example that a candidate did not answer counts as wrong for it.", missing)
        if len(answers) > len(first):
            words = "Further answers to the same example are in predictions.parquet only."
            self.notes.say(words, len(answers) - len(first))
        for answer in answers:
            sample, output = self.samples[answer.sample], self._output(answer)
            if output is not None and output != (answer.text or "").strip():
                self.notes.say("An answer that names one label was read as that label (its text is kept).")
            judged = answer.passed is not None and sample.label is not None
            if judged and answer.passed != (output == sample.label):
                self.notes.say("The tool's own verdict differs from comparing the answer with the label.")

    def _write_outputs(self, path: Path, answers: Sequence[Answer]) -> None:
        checks = list(dict.fromkeys(name for answer in answers for name in answer.checks))[:_MOST_FACTS]
        columns = _columns([f"check_{name}" for name in checks], set(_RESERVED))
        texts = list(self.inputs.values())
        facts = list(self.facts.values())
        own = ["output", "status", "answer", "passed", "repeat", "at", "latency_ms"]
        own += ["tokens_in", "tokens_out", "cost"]
        label = ["label"] if self.labelled else []
        write_csv(
            path,
            ["id", *texts, *label, *facts, *own, *columns.values()],
            (
                [
                    *self._example(self.samples[answer.sample]),
                    *self._own(answer),
                    *(answer.checks.get(name) for name in checks),
                ]
                for answer in answers
            ),
        )

    def _own(self, answer: Answer) -> list[Cell]:
        passed = None if answer.passed is None else "yes" if answer.passed else "no"
        return [
            self._output(answer),
            answer.status,
            answer.text,
            passed,
            answer.repeat,
            answer.at,
            answer.latency_ms,
            answer.tokens_in,
            answer.tokens_out,
            answer.cost,
        ]

    def _output(self, answer: Answer) -> str | None:
        """The label answered, or the answer as it came; None unless the call ended well."""
        if answer.status != "ok" or answer.text is None:
            return None
        sample, text = self.samples[answer.sample], answer.text.strip()
        for said in (answer.picked, text):
            if said is not None and said.strip() in self.reader.labels:
                return said.strip()
            if said is not None and sample.label is not None and said.strip() in sample.accepted:
                return sample.label
        content = sample.contained or answer.passed is True  # the tool, too, found the label in the text
        found = self.reader(answer.picked or text) if content else None
        return found or text or None

    def _segments(self) -> Iterator[str]:
        found = 0
        for name, column in self.facts.items():
            values = [sample.facts[name] for sample in self.samples.values() if name in sample.facts]
            distinct = set(values)
            few = 2 <= len(distinct) <= 20 and 2 * len(distinct) <= len(values)
            if few and max(map(len, distinct)) <= 60 and found < _MOST_SEGMENTS:
                found += 1
                yield column

    def _log(self, segments: Sequence[str], names: Mapping[str, str], feature: str, run: str) -> None:
        from shipworthy.datasets.prediction_log import Journal, write_log

        with tempfile.TemporaryDirectory(prefix="shipworthy-") as folder:
            with Journal(Path(folder) / "journal.jsonl") as journal:
                journal.append(self._log_rows(segments, names, feature, run))
            path = self.data / "predictions.parquet"
            write_log(path, [Path(folder) / "journal.jsonl"], segments=list(segments))

    def _log_rows(
        self, segments: Sequence[str], names: Mapping[str, str], feature: str, run: str
    ) -> Iterator[dict[str, Any]]:
        columns = {column: name for name, column in self.facts.items()}
        for answer in self.artefact.answers:
            sample, output = self.samples[answer.sample], self._output(answer)
            unread = output is None and answer.status == "ok"
            row: dict[str, Any] = {
                "run_id": run,
                "feature": feature,
                "candidate": names[answer.candidate],
                "candidate_version": answer.version or answer.candidate,
                "example_id": sample.id,
                "repeat": answer.repeat,
                "at": self._moment(answer.at),
                "input_sha": sha256_of("\n\n".join(sample.texts.get(name, "") for name in self.inputs)),
                "output": _json(output),
                "status": "invalid" if answer.text is not None and unread else answer.status,
                "label": _json(sample.label),
                "label_source": self.artefact.form if sample.label is not None else None,
                "checks": dict(answer.checks) or None,
                "exposure": "production" if self.artefact.production else None,
                "latency_ms": answer.latency_ms,
                "tokens_in": answer.tokens_in,
                "tokens_out": answer.tokens_out,
                "cost": answer.cost,
                "price_source": self.artefact.tool if answer.cost is not None else None,
            }
            yield row | {f"seg_{name}": sample.facts.get(columns[name]) for name in segments}

    def _moment(self, text: str | None) -> str | None:
        """A time as the log has it: UTC without a zone."""
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text[:40])
            utc = moment.astimezone(UTC) if moment.tzinfo else moment
        except (ValueError, OverflowError):
            self.notes.leave("time that cannot be read")
            return None
        return f"{utc:%Y-%m-%d %H:%M:%S.%f}"

    def _prompts(self, folder: Path) -> Iterator[str]:
        import yaml

        taken: set[str] = set()
        for prompt in self.artefact.prompts:
            name = slug(prompt.name, taken)
            taken.add(name)
            folder.mkdir(exist_ok=True)
            above = yaml.safe_dump(dict(prompt.settings), allow_unicode=True, sort_keys=False, width=100)
            front = f"---\n{above}---\n" if prompt.settings else ""
            text = f"{front}{prompt.body.strip()}\n"
            (folder / f"{name}.md").write_text(text, encoding="utf-8", newline="\n")
            yield f"{name}.md"


def _columns(names: Iterable[str], taken: set[str]) -> dict[str, str]:
    """A column name for each name, different from those taken whatever the case of its letters."""
    found: dict[str, str] = {}
    used = set(taken)
    for name in names:
        kept = " ".join("".join(c if c.isprintable() else " " for c in name).split())[:80] or "unnamed"
        column, number = kept, 2
        while column.casefold() in used:
            column, number = f"{kept} ({number})", number + 1
        used.add(column.casefold())
        found[name] = column
    return found


def _json(value: str | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
