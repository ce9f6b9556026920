"""Meeting notes: of one transcript, or of JSON Lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.errors import EnvironmentFailure, SpecError, UserError, Where
from shipworthy.core.files import write_atomic
from shipworthy.evals.jobs.outputs import ItemKind
from shipworthy.workbench.json_lines import GivenLine, each_line
from shipworthy.workbench.runs import AS_USUAL, Asking, model_desk, repeatable, unheard

if TYPE_CHECKING:
    from shipworthy.apps.summarise import Noted, Summariser
    from shipworthy.evals.jobs.outputs import Item
    from shipworthy.gateway.model import Model
    from shipworthy.retrieval.document import Document
    from shipworthy.workbench.workspace import Workspace

__all__ = ["MeetingNotes", "NoteItem", "Noting", "summarise_file", "summarise_lines"]

_LARGEST_LINE = 20_000_000
_HINT = 'Each line should be like {"id": "7", "text": "Anna: …\\nBen: …"}.'


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteItem:
    """One statement of meeting notes."""

    kind: ItemKind
    """decision, action, question or risk."""
    text: str
    """The statement."""
    owner: str | None
    """Who is to do it; None: no line says so."""
    due: str | None
    """Until when, in the words of a line; None: no line says so."""
    lines: tuple[int, ...]
    """Turns (or lines) of the transcript that it rests on."""
    speakers: tuple[str, ...]
    """Who said them."""
    quotes: tuple[str, ...]
    """Their words, exactly."""
    confidence: float
    """By cues: how strong they are. By a model: how well the lines support the statement. 0 to 1."""
    supported: bool
    """Whether the lines say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingNotes:
    """The notes of one transcript."""

    id: str
    """The file's name, or the line's id."""
    how: str = ""
    """Who made them, in a sentence."""
    turns: int = 0
    """Turns of the transcript; 0 where no turns were recognised."""
    items: tuple[NoteItem, ...] = ()
    """The statements, in the transcript's order."""
    unread: tuple[tuple[int, int], ...] = ()
    """Turns, first and last, that the model gave no usable answer about."""
    dropped: int = 0
    """Statements of the model that named no line."""
    blanked: int = 0
    """Owners and due dates of the model that no line gives."""
    cost: float | None = 0.0
    """US dollars of the calls; None where a price is unknown."""
    markdown: str = ""
    """The notes as Markdown."""
    out: str | None = None
    """The file they were written to."""
    error: str | None = None
    """Why there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noting:
    """How notes are made."""

    feature: str | None = None
    """A feature whose job is summarise, and whose settings count."""
    model: str | None = None
    """A model, instead of the feature's; None without a feature: no model."""
    asking: Asking = AS_USUAL
    """How the model is asked."""
    notice: Callable[[str], None] = unheard
    """Told beforehand what leaves this machine."""


def summarise_file(
    file: Path, *, out: Path | None = None, noting: Noting | None = None, workspace: Workspace | None = None
) -> MeetingNotes:
    """Take the notes of one transcript.

    Args:
        file: VTT, SRT, TXT with ``Name: text``, JSON Lines of turns, or another document.
        out: File to write the notes to, as Markdown; it appears whole or not at all.
        noting: How; by cues and without a feature when left out.
        workspace: Where features, servers and the cache are; None outside of one.

    Raises:
        UserError: the file, the feature or the model cannot be used, or ``out`` is the transcript itself.
        EnvironmentFailure: the model cannot be asked, or the disk cannot be written.
    """
    from shipworthy.apps.summarise.reading import read_transcript

    noting = noting or Noting()
    _check_out(out, file)
    summariser = _summariser(noting, workspace)
    document = read_transcript(file)
    with _opened(summariser, noting, workspace) as model:
        notes = _notes(document, summariser.summarise(document, model), out)
    if out is not None:
        write_atomic(out, notes.markdown)
    return notes


def _check_out(out: Path | None, file: Path) -> None:
    if out is None:
        return
    if out.is_dir():
        raise UserError(f"{out.name!r} is a folder.", where=Where(file=out), hint="Name a file: notes.md")
    if out.exists() and file.exists() and out.samefile(file):
        message = f"{out.name!r} is the transcript itself; it would be overwritten."
        raise UserError(message, where=Where(file=out), hint="Name another file with --out.")


def summarise_lines(
    lines: Iterable[str], *, noting: Noting | None = None, workspace: Workspace | None = None
) -> Iterator[MeetingNotes]:
    """Take notes for each line of JSON Lines, such as ``{"id": "7", "text": "Anna: I will send it."}``.

    A line may also be the text itself, as a JSON string. A line that cannot be used gives notes with
    ``error``; the others are made all the same. Empty lines are skipped.

    Raises:
        UserError: the feature or the model cannot be used.
    """
    noting = noting or Noting()
    summariser = _summariser(noting, workspace)
    with _opened(summariser, noting, workspace) as model:
        yield from each_line(
            lines,
            lambda line: _noted_line(summariser, model, line),
            lambda line, error: MeetingNotes(id=line.name, error=error),
            longest=_LARGEST_LINE,
            hint=_HINT,
        )


def _noted_line(summariser: Summariser, model: Model | None, line: GivenLine) -> MeetingNotes:
    from shipworthy.apps.summarise.reading import document_of_text
    from shipworthy.gateway.budget import BudgetStop

    document = document_of_text(line.name, line.text())
    try:
        return _notes(document, summariser.summarise(document, model), None)
    except BudgetStop:
        raise
    except EnvironmentFailure as error:
        return MeetingNotes(id=line.name, error=error.message)


def _summariser(noting: Noting, workspace: Workspace | None) -> Summariser:
    from shipworthy.apps.summarise import Summariser

    if noting.feature is not None:
        found = _of_feature(noting.feature, noting, workspace)
        if noting.model is None:
            return _announced(found, noting)
    if noting.model is None:
        return Summariser()
    from shipworthy.gateway.specs import model_spec
    from shipworthy.workbench.settings import workspace_settings

    servers = {} if workspace is None else workspace_settings(workspace).servers
    spec = model_spec(noting.model, named_in="the command", servers=servers)
    return _announced(Summariser(model=spec), noting)


def _announced(summariser: Summariser, noting: Noting) -> Summariser:
    spec = summariser.model
    if spec is not None and spec.leaves_the_machine:
        noting.notice(f"The transcript is sent to {spec.title}, which was named.")
    return summariser


def _of_feature(name: str, noting: Noting, workspace: Workspace | None) -> Summariser:
    """The summariser that the feature's application is, fitted as a review would fit it."""
    from shipworthy.apps.summarise import build_candidate
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.jobs.candidate import Surroundings
    from shipworthy.evals.spec import AppSpec, load_feature
    from shipworthy.workbench.features import freeze_feature

    if workspace is None:
        raise UserError(
            f"There is no workspace here, so there is no feature {name!r}.",
            hint="Name the transcript alone: shipworthy summarise meeting.vtt",
        )
    spec, file = load_feature(workspace.feature_file(name))
    apps = [one for one in spec.candidates if isinstance(one, AppSpec) and spec.candidate in {None, one.name}]
    if spec.job != "summarise" or not apps:
        raise SpecError(
            f"The feature {name!r} has no application that summarises (its job is {spec.job!r}).",
            where=Where(file=file.path, field="job" if spec.job != "summarise" else "candidates"),
            hint="Name the transcript alone: shipworthy summarise meeting.vtt",
        )
    folder = file.path.parent
    documents = None if spec.data.documents is None else folder / spec.data.documents
    around = Surroundings(
        folder=folder,
        documents=documents,
        desk=model_desk(workspace, noting.asking, noting.notice),
    )
    candidate = build_candidate(apps[0].settings, around)
    train: list[Example] = []
    if candidate.settings.learn:
        dataset = freeze_feature(workspace, spec, file)
        train = [example for example in dataset.examples("train") if example.label is not None]
    return candidate.fit(train).summariser


@contextmanager
def _opened(summariser: Summariser, noting: Noting, workspace: Workspace | None) -> Iterator[Model | None]:
    if summariser.model is None:
        yield None
        return
    desk = model_desk(workspace, noting.asking, noting.notice)
    with (
        repeatable(cached=desk.conduct.cache is not None),
        desk.opened(summariser.model, deadline=summariser.deadline) as model,
    ):
        yield model


def _notes(document: Document, noted: Noted, out: Path | None) -> MeetingNotes:
    from shipworthy.apps.summarise import notes_as_markdown

    if noted.replies and all(reply.status != "ok" for reply in noted.replies):
        raise EnvironmentFailure(_useless(noted), hint="Try again, another model, or none.")
    costs = [reply.cost for reply in noted.replies]
    known = [cost for cost in costs if cost is not None]
    return MeetingNotes(
        id=document.name,
        how=noted.how,
        turns=sum(part.kind == "turn" for part in document.parts),
        items=tuple(_item(document, item) for item in noted.summary.items),
        unread=noted.unread,
        dropped=noted.dropped,
        blanked=noted.blanked,
        cost=sum(known) if len(known) == len(costs) else None,
        markdown=notes_as_markdown(document, noted),
        out=None if out is None else str(out),
    )


def _useless(noted: Noted) -> str:
    reply = noted.replies[0]
    return f"The model gave no usable answer ({reply.status}: {reply.detail or 'no reason given'})."


def _item(document: Document, item: Item) -> NoteItem:
    from shipworthy.apps.summarise.notes import lines_named, place_of_span

    parts = [place_of_span(document, span.start)[1] for span in item.spans]
    return NoteItem(
        kind=item.kind,
        text=item.text,
        owner=item.owner,
        due=item.due,
        lines=lines_named(document, item),
        speakers=tuple(dict.fromkeys(part.speaker for part in parts if part is not None and part.speaker)),
        quotes=tuple(span.quote for span in item.spans),
        confidence=item.confidence,
        supported=item.supported,
    )
