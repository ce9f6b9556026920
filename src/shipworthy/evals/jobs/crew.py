"""The candidates of a job whose answer is not a class, ready to run, and what they are held against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from shipworthy.core.errors import DataError, Where
from shipworthy.datasets.personal_data import sightings
from shipworthy.evals.checks import checks_of
from shipworthy.evals.desk import refuse_to_send
from shipworthy.evals.jobs.baselines import Nothing, Rules
from shipworthy.evals.jobs.candidate import Surroundings
from shipworthy.evals.jobs.candidates import Checked, FittedChecked, Panel, build_job_candidate
from shipworthy.evals.jobs.desk import ModelDesk
from shipworthy.evals.jobs.job import OUTCOMES, job_form
from shipworthy.evals.jobs.library import Library
from shipworthy.evals.jobs.telling import label_words
from shipworthy.evals.reviewing import Crew, choose_candidate
from shipworthy.evals.running import Conduct

if TYPE_CHECKING:
    from pathlib import Path

    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.jobs.candidate import JobBuilder, JobCandidate
    from shipworthy.evals.jobs.job import JobForm
    from shipworthy.evals.jobs.labels import Label
    from shipworthy.evals.reviewing import Request
    from shipworthy.evals.spec import FeatureSpec
    from shipworthy.gateway.specs import ServerSpec

__all__ = ["job_crew", "job_notes", "job_panel", "read_labels", "shown"]

_SEARCHED_DOCUMENTS, _SEARCHED_CHARACTERS = 500, 50_000


def job_crew(request: Request, train: Sequence[Example], test: Sequence[Example]) -> Crew:
    """Build and fit every candidate of the feature, and the two baselines.

    Raises:
        UserError: a label, a check, a document or a candidate cannot be used, or personal data would leave
            the machine without leave.
    """
    panel = job_panel(request.spec, request.folder, [*train, *test])
    around = _around(request)
    candidates = {
        spec.name: build_job_candidate(spec, panel, around=around, apps=request.apps)
        for spec in request.spec.candidates
    }
    parts = panel.form.parts(panel.labels.values())
    baselines: dict[str, JobCandidate] = {
        "nothing": Nothing(form=panel.form),
        "rules": Rules(form=panel.form, library=panel.library, parts=parts),
    }
    candidates |= {
        name: Checked(name=name, kind=name, inner=inner, panel=panel) for name, inner in baselines.items()
    }
    personal = _personal(panel, request.spec, [*train, *test])
    _refuse_to_send(request, candidates.values(), personal)
    fitted: dict[str, FittedChecked] = {}
    for position, (name, candidate) in enumerate(candidates.items()):
        request.progress(f"{name} gets ready", position, len(candidates))
        fitted[name] = candidate.fit(train)
    chosen, how = choose_candidate(request.spec, fitted)
    return Crew(
        candidates=candidates,
        fitted=fitted,
        chosen=chosen,
        how_chosen=how,
        baselines=tuple(baselines),
        classes=OUTCOMES,
        training=None,
        panel=panel,
        personal_data=personal,
    )


def job_panel(spec: FeatureSpec, folder: Path, rows: Iterable[Example]) -> Panel:
    """What outputs of a feature are held against.

    Raises:
        UserError: a label or a check cannot be used.
    """
    form = job_form(spec.job)
    rule = spec.right_when
    named = [str(bar.metric) for bar in (*spec.bars, *([] if rule is None else [rule])) if bar.metric]
    return Panel(
        form=form,
        checks=checks_of(form.name, spec.checks, folder=folder, named=named),
        rule=rule,
        labels=read_labels(form, rows),
        library=Library(_documents(folder, spec)),
    )


def read_labels(form: JobForm, rows: Iterable[Example]) -> dict[str, Label]:
    """The labels of some rows by id.

    Raises:
        DataError: one has another form; the message names its row.
    """
    found = {}
    for row in rows:
        try:
            found[row.id] = form.read_label(str(row.label))
        except DataError as error:
            raise DataError(
                f"The label of row {row.row:,} cannot be used. {error.message}",
                where=Where(line=row.row, field="data.label"),
                hint=error.hint,
            ) from None
    return found


def _documents(folder: Path, spec: FeatureSpec) -> Path | None:
    return None if spec.data.documents is None else folder / spec.data.documents


def _around(request: Request) -> Surroundings:
    return Surroundings(
        folder=request.folder,
        documents=_documents(request.folder, request.spec),
        kept=request.kept,
        desk=ModelDesk.of(request.conduct),
        seed=request.spec.data.seed,
    )


def job_notes(
    spec: FeatureSpec,
    folder: Path,
    rows: Sequence[Example],
    apps: Mapping[str, JobBuilder],
    *,
    servers: Mapping[str, ServerSpec],
) -> tuple[str, ...]:
    """Try everything that can be tried without running anything, and name the documents that cannot be read.

    Args:
        spec: The feature.
        folder: Its folder.
        rows: Its labelled rows.
        apps: The applications.
        servers: Model servers that were added to the workspace, by name.

    Raises:
        UserError: a label, a check or a candidate's settings cannot be used.
    """
    panel = job_panel(spec, folder, rows)
    desk = ModelDesk.of(Conduct(servers=servers))
    around = Surroundings(folder=folder, documents=_documents(folder, spec), desk=desk)
    for candidate in spec.candidates:
        build_job_candidate(candidate, panel, around=around, apps=apps)
    if not panel.form.about_documents:
        return ()
    named = dict.fromkeys(row.text for row in rows)
    lost = [name for name in named if panel.library.get(name) is None]
    if not lost:
        return ()
    first = f"for instance {lost[0]!r}: {panel.library.problems[lost[0]]}"
    return (f"{len(lost):,} of {len(named):,} documents cannot be read, {first}",)


def shown(example: Example, panel: Panel) -> Example:
    """A row as a person sees it: its label in words; of a job about documents, its name and its text.

    Repeats, leaks and shifts are then looked for in the documents and not in their names.
    """
    if example.id in panel.labels:
        example = replace(example, label=label_words(panel.labels[example.id]))
    if not panel.form.about_documents:
        return example
    document = panel.library.get(example.text)
    text = panel.library.problems.get(example.text, "") if document is None else document.text
    return replace(example, text=f"{example.text}\n{text}")


def _personal(panel: Panel, spec: FeatureSpec, rows: Sequence[Example]) -> tuple[str, ...]:
    """What looks like personal data in the documents, as sentences."""
    names = [row.text for row in rows] if panel.form.about_documents else panel.library.names()
    seen: dict[str, int] = {}
    for kind in _kinds(panel.library, dict.fromkeys(names)):
        seen[kind] = seen.get(kind, 0) + 1
    where = f"in the folder {spec.data.documents!r}"
    return tuple(
        f"{n:,} {'document has' if n == 1 else 'documents have'} what looks like a value of the kind "
        f"{kind!r} {where}."
        for kind, n in sorted(seen.items(), key=lambda item: -item[1])
    )


def _kinds(library: Library, names: Iterable[str]) -> Iterator[str]:
    for _, name in zip(range(_SEARCHED_DOCUMENTS), names, strict=False):
        document = library.get(name)
        if document is not None:
            yield from {found.kind for found in sightings(document.text[:_SEARCHED_CHARACTERS])}


def _refuse_to_send(request: Request, candidates: Iterable[Checked], personal: Sequence[str]) -> None:
    away = (one.inner.sends_to for one in candidates if one.inner.sends_to is not None)
    refuse_to_send(
        [*map(str, request.dataset.personal_data), *personal],
        to=next(away, None),
        leave=request.conduct.send_personal_data,
        what="The rows or documents hold",
    )
