"""The reviewed classifier at work, on a file, a text, or JSON Lines; it says which review it stands on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.apps.classify.labelling import LabelledText
from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import DataError, UserError, Where
from shipworthy.core.progress import silent
from shipworthy.workbench._standing import (
    Standing,
    changes_since,
    chosen_candidate,
    next_step,
    repeats_of,
    standing_of,
    why_not,
)
from shipworthy.workbench.json_lines import GivenLine, each_line
from shipworthy.workbench.runs import AS_USUAL, Asking, conduct_of, repeatable, unheard

if TYPE_CHECKING:
    from shipworthy.apps.classify import Labeller
    from shipworthy.core.clock import Clock
    from shipworthy.core.progress import Progress
    from shipworthy.datasets.frozen import FrozenDataset
    from shipworthy.datasets.table import Table
    from shipworthy.evals.candidate import Fitted
    from shipworthy.evals.candidates.model import Asker
    from shipworthy.evals.running import Conduct
    from shipworthy.evals.spec import CandidateSpec, FeatureSpec
    from shipworthy.workbench.reviews import FinishedReview
    from shipworthy.workbench.workspace import Workspace

__all__ = ["Classified", "classify_file", "classify_lines", "classify_text"]

_BATCH, _LINES_AT_ONCE = 2_000, 64
_LARGEST_LINE = 1_000_000
_HINT = 'Each line should be like {"id": "7", "text": "I was charged twice."}.'


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """What came of labelling."""

    feature: str
    """The feature."""
    standing: Standing
    """What it stands on."""
    rows: int
    """Texts labelled, those that failed included."""
    automatic: int
    """Labels that may be acted on."""
    to_a_person: int
    """Texts to send to a person."""
    failed: int
    """Of these, texts without a label."""
    labels: dict[str, int]
    """Label to how often it was given."""
    cost: float
    """US dollars of the calls, where the price is known."""
    out: str | None = None
    """The file that was written."""
    problems: tuple[str, ...] = ()
    """What was odd about the file that was read."""
    answers: tuple[LabelledText, ...] = ()
    """The labels, where no file was written."""


def classify_text(
    workspace: Workspace,
    name: str,
    text: str,
    *,
    anyway: bool = False,
    asking: Asking = AS_USUAL,
    notice: Callable[[str], None] = unheard,
    progress: Progress = silent,
    clock: Clock | None = None,
) -> Classified:
    """Label one text.

    Args:
        workspace: Where the feature is.
        name: The feature.
        text: The text.
        anyway: Label although no review lets the candidate act; every label then goes to a person.
        asking: How models are asked.
        notice: Told what a person should know before.
        progress: Told what is going on.
        clock: The time; the machine's when left out.

    Raises:
        UserError: no review allows it, or the feature cannot be used.
        EnvironmentFailure: a model cannot be asked.
    """
    with _opened(workspace, name, anyway, asking, notice, progress, clock) as desk:
        desk.refuse_personal([text])
        answers = desk.labeller.label([("1", text)])
        return desk.tallied(answers, answers=tuple(answers))


def classify_lines(
    workspace: Workspace,
    name: str,
    lines: Iterable[str],
    *,
    anyway: bool = False,
    asking: Asking = AS_USUAL,
    notice: Callable[[str], None] = unheard,
    progress: Progress = silent,
    clock: Clock | None = None,
) -> Iterator[LabelledText]:
    """Label each line of JSON Lines, such as ``{"id": "7", "text": "…"}``, or with the feature's own columns.

    A line may also be the text itself, as a JSON string. A line that cannot be used has the status
    ``invalid``; the others are labelled all the same. Empty lines are skipped.

    Raises:
        UserError: no review allows it, or the feature cannot be used.
        EnvironmentFailure: a model cannot be asked.
    """
    with _opened(workspace, name, anyway, asking, notice, progress, clock) as desk:
        waiting: list[tuple[str, str] | LabelledText] = []
        for given in each_line(lines, desk.read, _invalid, longest=_LARGEST_LINE, hint=_HINT):
            waiting.append(given)
            if len(waiting) >= _LINES_AT_ONCE:
                yield from desk.label(waiting)
                waiting = []
        yield from desk.label(waiting)


def classify_file(
    workspace: Workspace,
    name: str,
    file: Path,
    *,
    out: Path,
    anyway: bool = False,
    asking: Asking = AS_USUAL,
    notice: Callable[[str], None] = unheard,
    progress: Progress = silent,
    clock: Clock | None = None,
) -> Classified:
    """Label every row of a table; the new file has all of its columns and three more.

    Args:
        workspace: Where the feature is.
        name: The feature.
        file: CSV, XLSX, JSON Lines or Parquet with the columns that feature.yaml names as input.
        out: File to write, by its ending .csv, .xlsx, .jsonl or .parquet; it appears whole or not at all.
        anyway: Label although no review lets the candidate act; every row then goes to a person.
        asking: How models are asked.
        notice: Told what a person should know before.
        progress: Told what is going on.
        clock: The time; the machine's when left out.

    Raises:
        UserError: no review allows it, or the feature or the file cannot be used.
        EnvironmentFailure: a model cannot be asked, the budget is used up, or the disk cannot be written.
    """
    from shipworthy.datasets.table import open_table
    from shipworthy.workbench._tables_out import check_table_file

    check_table_file(out, file)
    with open_table(file) as table, _opened(workspace, name, anyway, asking, notice, progress, clock) as desk:
        return _labelled_table(desk, table, out, progress)


def _labelled_table(desk: _Desk, table: Table, out: Path, progress: Progress) -> Classified:
    from shipworthy.datasets.personal_data import find_personal_data
    from shipworthy.workbench._tables_out import write_table

    for column in desk.inputs:
        table.sql(column)  # says which one is missing
    if desk.away is not None:
        desk.refuse(tuple(str(found) for found in find_personal_data(table, desk.inputs)))
    every: Counter[str] = Counter()
    labels: Counter[str] = Counter()

    def rows() -> Iterator[list[str | float | None]]:
        for batch in table.batches(size=_BATCH):
            columns = [batch.columns[name] for name in table.columns]
            texts = [_joined(values) for values in zip(*(batch.columns[c] for c in desk.inputs), strict=True)]
            numbered = [(str(n), text) for n, text in zip(batch.numbers, texts, strict=True)]
            for cells, said in zip(zip(*columns, strict=True), desk.labeller.label(numbered), strict=True):
                _count(every, labels, said)
                yield [*cells, said.label, _rounded(said.confidence), said.action]
            progress("rows labelled", every["rows"], table.n_rows)

    header = [*table.columns, *_fresh(("predicted_label", "confidence", "action"), table.columns)]
    write_table(out, header, rows(), numbers={len(header) - 2})
    problems = tuple(f"{problem.words} {problem.done}" for problem in table.problems)
    return replace(desk.summed(every, labels), out=str(out), problems=problems)


def _invalid(line: GivenLine, error: str) -> LabelledText:
    return LabelledText(id=line.name, status="invalid", detail=error)


def _fresh(names: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Names for new columns that none of the user's columns has."""
    used = {name.casefold() for name in taken}
    found = []
    for name in names:
        number, fresh = 1, name
        while fresh.casefold() in used:
            number, fresh = number + 1, f"{name}_{number + 1}"
        found.append(fresh)
    return found


def _joined(parts: Sequence[str | None]) -> str:
    """The text of a row as a review reads it: several columns are joined by a blank line."""
    if len(parts) == 1:
        return parts[0] or ""
    return "\n\n".join(part for part in parts if part is not None and part.strip())


def _rounded(confidence: float | None) -> float | None:
    return None if confidence is None else round(confidence, 6)


def _count(every: Counter[str], labels: Counter[str], said: LabelledText) -> None:
    every["rows"] += 1
    every["automatic"] += said.action == "automatic"
    every["failed"] += said.label is None
    if said.label is not None:
        labels[said.label] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """A labeller with what it stands on."""

    feature: str
    standing: Standing
    labeller: Labeller
    inputs: tuple[str, ...]
    away: str | None
    """The model on another machine; None: nothing leaves, or may."""

    def refuse(self, found: Sequence[str]) -> None:
        from shipworthy.evals.desk import refuse_to_send

        refuse_to_send(found, to=self.away, leave=False, what="The texts hold")

    def refuse_personal(self, texts: Sequence[str]) -> None:
        from shipworthy.datasets.personal_data import sightings

        if self.away is not None:
            self.refuse(sorted({sighting.name for text in texts for sighting in sightings(text)}))

    def read(self, line: GivenLine) -> tuple[str, str]:
        """The id and the text of a line."""
        texts = self._columns(line) or [line.text()]
        self.refuse_personal(texts)
        return line.name, _joined(texts)

    def _columns(self, line: GivenLine) -> list[str]:
        """The texts of a line that has the feature's own columns."""
        if not isinstance(line.value, dict) or "text" in line.value:
            return []
        return [part for name in self.inputs if isinstance(part := line.value.get(name), str)]

    def label(self, waiting: Sequence[tuple[str, str] | LabelledText]) -> Iterator[LabelledText]:
        said = iter(self.labeller.label([one for one in waiting if not isinstance(one, LabelledText)]))
        for one in waiting:
            yield one if isinstance(one, LabelledText) else next(said)

    def tallied(self, said: Iterable[LabelledText], **more: Any) -> Classified:
        every: Counter[str] = Counter()
        labels: Counter[str] = Counter()
        for one in said:
            _count(every, labels, one)
        return replace(self.summed(every, labels), **more)

    def summed(self, every: Counter[str], labels: Counter[str]) -> Classified:
        return Classified(
            feature=self.feature,
            standing=self.standing,
            rows=every["rows"],
            automatic=every["automatic"],
            to_a_person=every["rows"] - every["automatic"],
            failed=every["failed"],
            labels=dict(labels.most_common()),
            cost=self.labeller.budget.spending.spent,
        )


@contextmanager
def _opened(
    workspace: Workspace,
    name: str,
    anyway: bool,  # noqa: FBT001 - handed on from the verbs
    asking: Asking,
    notice: Callable[[str], None],
    progress: Progress,
    clock: Clock | None,
) -> Iterator[_Desk]:
    """The reviewed candidate of a feature, fitted as it was, with what its newest review allows."""
    from shipworthy.apps.classify import Basis, Labeller
    from shipworthy.evals.candidates.model import Asker
    from shipworthy.evals.spec import load_feature
    from shipworthy.workbench.features import columns_of, freeze_feature
    from shipworthy.workbench.reviews import list_reviews

    clock = clock or SystemClock()
    spec, file = load_feature(workspace.feature_file(name))
    _refuse_other_jobs(spec, Where(file=file.path, field="job"))
    review = next(reversed(list_reviews(workspace, name)), None)
    before = why_not(name, review)
    if before is not None and not anyway:
        raise UserError(before, hint=next_step(name, review))
    chosen = chosen_candidate(spec, review)
    conduct = conduct_of(workspace, asking, notice)
    progress("data are read", 0, 1)
    dataset = freeze_feature(workspace, spec, file)
    fitted = _fitted(spec, chosen, dataset, file.path.parent, conduct, progress)
    asker = fitted if isinstance(fitted, Asker) else None
    if asker is not None and asker.leaves_the_machine:
        notice(f"The texts are sent to {asker.model.title}, which was named.")
    labeller = Labeller(
        fitted,
        Basis(acts=False, threshold=None),
        conduct=conduct,
        clock=clock,
        repeats=repeats_of(review),
    )
    with repeatable(cached=asking.cached), labeller:
        changes = () if review is None else _changes(review, dataset, labeller)
        if changes and not anyway:
            raise UserError(" ".join(changes), hint=next_step(name, review))
        standing = standing_of(review, chosen.name, (*([] if before is None else [before]), *changes))
        labeller.basis = Basis(acts=standing.acts, threshold=standing.threshold)
        yield _Desk(
            feature=name,
            standing=standing,
            labeller=labeller,
            inputs=columns_of(spec.data).input,
            away=_away(asker, asking),
        )


def _changes(review: FinishedReview, dataset: FrozenDataset, labeller: Labeller) -> tuple[str, ...]:
    version = labeller.fitted.version
    return tuple(changes_since(review, dataset=dataset.sha256, version=version))


def _away(asker: Asker | None, asking: Asking) -> str | None:
    """The model on another machine that may not get personal data."""
    if asker is None or asking.send_personal_data or not asker.leaves_the_machine:
        return None
    return asker.model.title


def _refuse_other_jobs(spec: FeatureSpec, where: Where) -> None:
    verbs = {"answer": "ask", "extract": "extract", "summarise": "summarise"}
    if spec.job != "classify":
        raise UserError(
            f"The job of {spec.name!r} is {spec.job!r}, not 'classify'.",
            where=where,
            hint=f"shipworthy {verbs.get(spec.job, 'review')} {spec.name}",
        )


def _fitted(
    spec: FeatureSpec,
    chosen: CandidateSpec,
    dataset: FrozenDataset,
    folder: Path,
    conduct: Conduct,
    progress: Progress,
) -> Fitted | Asker:
    """The candidate as a review fits it, so that both have the same version."""
    from shipworthy.evals.candidates import build_candidate
    from shipworthy.evals.reviewing import fit_all, labelled, training_set

    train = labelled(dataset, "train")
    if not train and chosen.kind in {"trained", "majority", "keyword"}:
        raise DataError("There are no labelled training rows to learn from.", where=Where(field="data"))
    built = build_candidate(chosen, folder=folder, servers=conduct.servers, model=conduct.model)
    basis = training_set(train, dataset.classes, spec.data.seed, grouped=chosen.kind == "trained")
    return fit_all({chosen.name: built}, basis, spec=spec, progress=progress)[chosen.name]
