"""Comparisons of candidates: run some of them on the same rows and say which is better."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.clock import SystemClock, written
from shipworthy.core.errors import DataError, SpecError, UserError, Where, nearest
from shipworthy.core.files import new_folder
from shipworthy.core.ids import new_id
from shipworthy.core.progress import silent
from shipworthy.workbench.runs import AS_USUAL, Asking, conduct_of, unheard

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.core.progress import Progress
    from shipworthy.datasets.frozen import FrozenDataset
    from shipworthy.evals.candidate import Candidate, Fitted
    from shipworthy.evals.candidates.model import Asker, ModelCandidate
    from shipworthy.evals.comparing import SideBySide, Subject
    from shipworthy.evals.running import Conduct
    from shipworthy.evals.spec import FeatureSpec
    from shipworthy.workbench.workspace import Workspace

__all__ = ["FinishedComparison", "compare_candidates"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedComparison:
    """A comparison on the disk."""

    folder: Path
    """Where its files are."""
    report: SideBySide
    """What it says; the content of ``report.json``."""


def compare_candidates(
    workspace: Workspace,
    name: str,
    *,
    candidates: Sequence[str] = (),
    by: Subject = "candidate",
    rows: int | None = None,
    stop_early: bool = False,
    pass_at: int | None = None,
    asking: Asking = AS_USUAL,
    notice: Callable[[str], None] = unheard,
    progress: Progress = silent,
    clock: Clock | None = None,
) -> FinishedComparison:
    """Run candidates on the test rows and compare them, without the rest of a review.

    One that was interrupted is simply made again: what was paid for is in the cache.

    Args:
        workspace: Where the feature is.
        name: The feature.
        candidates: Names of the candidates; all of feature.yaml when left out.
        by: Compare all pairs, or only those that differ in the prompt, or in the model.
        rows: Ask about a random part of so many test rows only; about all of them when left out.
        stop_early: Stop asking once every pair is settled, by a test that may be looked at all the time.
        pass_at: Also say how often at least one of so many answers is right (pass@k).
        asking: How models are asked.
        notice: Told what a person should know before money is spent.
        progress: Told what is going on.
        clock: The time; the machine's when left out.

    Raises:
        UserError: a candidate is not there, or no pair differs in what was asked for.
        EnvironmentFailure: a provider cannot be reached, or the disk cannot be written.
    """
    from shipworthy.evals.spec import load_feature
    from shipworthy.workbench.features import freeze_feature

    clock = clock or SystemClock()
    spec, file = load_feature(workspace.feature_file(name))
    spec.only_classify("shipworthy compare")
    spec = _of(spec, candidates)
    progress("data are read", 0, 1)
    dataset = freeze_feature(workspace, spec, file)
    folder = file.path.parent
    comparison = new_id(clock.now())
    target = folder / "comparisons" / comparison
    conduct = replace(conduct_of(workspace, asking, notice), rows=rows)
    with new_folder(target) as work:
        report = _compared(
            comparison, spec, dataset, folder=folder, work=work, by=by, stop_early=stop_early,
            pass_at=pass_at, conduct=conduct, progress=progress, clock=clock,
        )  # fmt: skip
        (work / "asked.jsonl").unlink(missing_ok=True)
        (work / "report.json").write_text(_as_json(report), encoding="utf-8")
    return FinishedComparison(folder=target, report=report)


def _of(spec: FeatureSpec, names: Sequence[str]) -> FeatureSpec:
    """The feature with some of its candidates only, in the order asked for."""
    known = {candidate.name: candidate for candidate in spec.candidates}
    for name in names:
        if name not in known:
            raise SpecError(
                f"There is no candidate {name!r} in feature.yaml.",
                where=Where(field="candidates"),
                hint=nearest(name, known),
            )
    chosen = [known[name] for name in dict.fromkeys(names)] or list(spec.candidates)
    return spec.model_copy(update={"candidates": chosen, "candidate": None, "bar": []})


def _compared(
    comparison: str,
    spec: FeatureSpec,
    dataset: FrozenDataset,
    *,
    folder: Path,
    work: Path,
    by: Subject,
    stop_early: bool,
    pass_at: int | None,
    conduct: Conduct,
    progress: Progress,
    clock: Clock,
) -> SideBySide:
    from shipworthy.evals.comparing import settled, side_by_side
    from shipworthy.evals.reviewing import answered, labelled
    from shipworthy.evals.running import Run, asking_order, run_candidates
    from shipworthy.evals.sampling import codes

    test = labelled(dataset, "test")
    if not test:
        raise DataError("There are no labelled test rows.", hint=f"shipworthy label {spec.name}")
    built, fitted = _fitted(spec, dataset, folder=folder, conduct=conduct, progress=progress)
    pairs = _pairs(fitted, by)
    if stop_early and pairs:
        conduct = replace(conduct, enough=partial(settled, pairs=pairs))
    run = Run(
        id=comparison,
        feature=spec.name,
        dataset=dataset,
        candidates=fitted,
        segments=spec.data.all_segments,
        label_source=spec.data.label_source,
        seed=spec.data.seed,
    )
    log, asked = run_candidates(run, split="test", work=work, clock=clock, progress=progress, conduct=conduct)
    if asked.stopped is not None:
        test = answered(test, asked.stopped)
    return side_by_side(
        id=comparison,
        at=written(clock.now()),
        feature=spec.name,
        dataset=dataset.sha256,
        by=by,
        fitted=fitted,
        words={name: candidate.words for name, candidate in built.items()},
        log=log,
        asked=asked,
        examples=test,
        order=asking_order(test, spec.data.seed),
        clusters=codes([example.cluster for example in test]) if spec.data.cluster else None,
        value=spec.value,
        pass_at=pass_at,
    )


def _fitted(
    spec: FeatureSpec, dataset: FrozenDataset, *, folder: Path, conduct: Conduct, progress: Progress
) -> tuple[dict[str, Candidate | ModelCandidate], dict[str, Fitted | Asker]]:
    """The candidates of a feature by name, as they are and ready to answer."""
    from shipworthy.evals.candidates import build_candidate
    from shipworthy.evals.reviewing import fit_all, labelled, training_set

    grouped = any(candidate.kind == "trained" for candidate in spec.candidates)
    basis = training_set(labelled(dataset, "train"), dataset.classes, spec.data.seed, grouped=grouped)
    built = {
        one.name: build_candidate(one, folder=folder, servers=conduct.servers, model=conduct.model)
        for one in spec.candidates
    }
    return built, fit_all(built, basis, spec=spec, progress=progress)


def _pairs(fitted: Mapping[str, Fitted | Asker], by: Subject) -> list[tuple[str, str]]:
    from shipworthy.evals.comparing import duels

    pairs = list(duels(fitted, by))
    if by != "candidate" and not pairs:
        raise UserError(
            f"No two of these candidates differ in the {by} alone.",
            hint=f"Add one to feature.yaml with another {by}, or compare --by candidate.",
        )
    return pairs


def _as_json(report: SideBySide) -> str:
    from pydantic import TypeAdapter

    from shipworthy.evals.comparing import SideBySide

    plain = TypeAdapter(SideBySide).dump_python(report, mode="json")
    return json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False)
