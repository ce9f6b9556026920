"""Attacks: put planted orders into a feature's texts and see whether a candidate obeys them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import DataError, SpecError, UserError, Where, nearest
from shipworthy.core.files import new_folder
from shipworthy.core.ids import new_id
from shipworthy.core.progress import silent
from shipworthy.workbench.runs import AS_USUAL, Asking, conduct_of, unheard

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.core.progress import Progress
    from shipworthy.datasets.frozen import FrozenDataset
    from shipworthy.evals.attacks.plan import Attack
    from shipworthy.evals.attacks.report import AttackReport
    from shipworthy.evals.running import Conduct
    from shipworthy.evals.spec import CandidateSpec, FeatureSpec
    from shipworthy.workbench.workspace import Workspace

__all__ = ["ATTACKS", "FinishedAttack", "attack_feature"]

ATTACKS = "attacks"
"""Name of the folder, beside ``feature.yaml``, that attacks are kept in."""

_MOST_ROWS, _MOST_SEED = 1000, 2**32 - 1
_READ_NOTHING = {
    "majority": "always answers the same and reads no text",
    "recorded": "is a file of answers that were given before, so nobody can be asked",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedAttack:
    """An attack on the disk."""

    folder: Path
    """Where its files are."""
    report: AttackReport
    """What it says; the content of ``report.json``."""


def attack_feature(
    workspace: Workspace,
    name: str,
    *,
    candidate: str | None = None,
    rows: int = 3,
    seed: int = 0,
    asking: Asking = AS_USUAL,
    notice: Callable[[str], None] = unheard,
    progress: Progress = silent,
    clock: Clock | None = None,
) -> FinishedAttack:
    """Try to make a candidate obey the texts that it should only judge.

    The next review of the same version of the candidate says what came of it.

    Args:
        workspace: Where the feature is.
        name: The feature.
        candidate: Which candidate; the one that feature.yaml names, or the only one, when left out.
        rows: Training rows that each attempt is tried with.
        seed: Seed of rows, words and labels; the same seed makes the same attack.
        asking: How models are asked; attempts are made once, whatever it says about repeats.
        notice: Told what a person should know before money is spent.
        progress: Told what is going on.
        clock: The time; the machine's when left out.

    Raises:
        UserError: the feature, its data or the candidate cannot be used.
        EnvironmentFailure: a provider cannot be reached, or the disk cannot be written.
    """
    from shipworthy.evals.attacks.report import as_json
    from shipworthy.evals.attacks.trying import run_attack
    from shipworthy.evals.spec import load_feature
    from shipworthy.workbench.features import freeze_feature

    for what, value, least, most in (("rows", rows, 1, _MOST_ROWS), ("seed", seed, 0, _MOST_SEED)):
        if not least <= value <= most:
            raise UserError(f"{what} is {value!r}; it can be {least} to {most:,}.")
    clock = clock or SystemClock()
    spec, file = load_feature(workspace.feature_file(name))
    spec.only_classify("shipworthy attack")
    chosen = _chosen(spec, candidate)
    conduct = conduct_of(workspace, asking, notice)
    progress("data are read", 0, 1)
    dataset = freeze_feature(workspace, spec, file)
    folder = file.path.parent
    target = folder / ATTACKS / new_id(clock.now())
    attack = _attack(
        target.name, spec, chosen, dataset,
        folder=folder, rows=rows, seed=seed, conduct=conduct, progress=progress,
    )  # fmt: skip
    report = run_attack(attack, conduct=conduct, clock=clock, progress=progress)
    with new_folder(target) as work:
        (work / "report.json").write_text(as_json(report), encoding="utf-8", errors="backslashreplace")
    return FinishedAttack(folder=target, report=report)


def _chosen(spec: FeatureSpec, wanted: str | None) -> CandidateSpec:
    known = {one.name: one for one in spec.candidates}
    name = wanted or spec.candidate
    if name is None:
        names = [one.name for one in spec.candidates if one.kind not in {"majority", "keyword"}]
        if len(names) > 1:
            raise UserError(
                f"There are several candidates: {', '.join(names)}.",
                hint=f"Say which one to attack: --candidate {names[0]}",
            )
        name = names[0] if names else spec.candidates[0].name
    if name not in known:
        where = Where(field="candidates" if wanted else "candidate")
        raise SpecError(
            f"There is no candidate {name!r} in feature.yaml.", where=where, hint=nearest(name, known)
        )
    found = known[name]
    if found.kind in _READ_NOTHING:
        raise UserError(
            f"The candidate {name!r} cannot be attacked: it {_READ_NOTHING[found.kind]}.",
            hint="That is no sign of safety. Attack what will run in production: "
            "a candidate of kind model, endpoint, callable or trained.",
        )
    return found


def _attack(
    attack_id: str,
    spec: FeatureSpec,
    chosen: CandidateSpec,
    dataset: FrozenDataset,
    *,
    folder: Path,
    rows: int,
    seed: int,
    conduct: Conduct,
    progress: Progress,
) -> Attack:
    """The candidate as a review would fit it, so that both have the same version."""
    from shipworthy.evals.attacks.plan import Attack
    from shipworthy.evals.candidates import build_candidate
    from shipworthy.evals.reviewing import fit_all, labelled, training_set

    train = labelled(dataset, "train")
    carriers = [one for one in train if one.text.strip()]
    if not carriers:
        raise DataError(
            "There are no labelled training rows to put attacks into; test rows are not used for that.",
            hint="Give data.files.train, or one file (data.file) that is split here.",
        )
    built = build_candidate(chosen, folder=folder, servers=conduct.servers, model=conduct.model)
    basis = training_set(train, dataset.classes, spec.data.seed, grouped=chosen.kind == "trained")
    fitted = fit_all({chosen.name: built}, basis, spec=spec, progress=progress)[chosen.name]
    return Attack(
        id=attack_id,
        feature=spec.name,
        candidate=chosen.name,
        words=built.words,
        fitted=fitted,
        dataset=dataset,
        carriers=carriers,
        rows=rows,
        seed=seed,
    )
