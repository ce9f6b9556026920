"""The one question a résumé must answer, drafted from evidence, and explanations of results rehearsed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime  # at run time: Pydantic reads the field types
from typing import TYPE_CHECKING, Any, get_args

from shipworthy.career.pitch.rehearsal import Audience, Criterion, Rehearsal
from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import UserError, nearest
from shipworthy.core.files import write_atomic
from shipworthy.core.ids import new_id
from shipworthy.workbench.json_lines import GivenLine, each_line

if TYPE_CHECKING:
    from shipworthy.career.pitch.drafts import Pitch
    from shipworthy.career.pitch.outcome import Reviewed
    from shipworthy.core.clock import Clock
    from shipworthy.evidence.record import Record
    from shipworthy.workbench.reviews import FinishedReview
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "PastRehearsal",
    "RehearsedResult",
    "draft_pitch",
    "list_rehearsals",
    "pitch_text",
    "rehearsal_text",
    "rehearse_lines",
    "rehearse_result",
    "reviewed",
    "sound_records",
]

_KIND = "rehearsal"
_COMPETENCIES = ("communicating-uncertainty",)
_LONGEST_LINE = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedResult:
    """An explanation that was scored and kept."""

    id: str | None
    """The name that a line came with."""
    rehearsal: Rehearsal | None
    """The score; None where the line could not be used."""
    record: str | None
    """Id of the evidence record."""
    error: str | None
    """Why the line could not be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRehearsal:
    """One rehearsal of the past."""

    record: str
    """Id of the evidence record."""
    at: datetime
    """When."""
    review: str
    """The review that was explained."""
    audience: Audience
    """Whom it was for."""
    met: int
    """Criteria that were met."""
    of: int
    """Criteria in all."""
    missed: tuple[str, ...]
    """Those that were not."""


def sound_records(
    workspace: Workspace, clock: Clock | None = None
) -> tuple[Sequence[Record], frozenset[str]]:
    """All evidence records, and the ids of those that no longer hold."""
    from shipworthy.evidence.ledger import Ledger, ledger_location

    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root, clock=clock) as ledger:
        broken = {problem.record for problem in ledger.verify() if problem.kind != "chain"}
        return ledger.records(), frozenset(broken)


def reviewed(finished: FinishedReview) -> Reviewed:
    """A review with every citable value, as papers write it."""
    from shipworthy.career.pitch.outcome import Reviewed
    from shipworthy.launch.papers.facts import paper_facts

    return Reviewed(report=finished.report, facts=paper_facts(finished.report))


def draft_pitch(workspace: Workspace) -> Pitch:
    """Answer what was shipped and what came of it, from evidence only, for three places.

    Nothing is invented: where no record answers, that is a gap with what to do.
    """
    from shipworthy.career.pitch import best_outcome
    from shipworthy.career.pitch import draft_pitch as drafted
    from shipworthy.workbench.reviews import list_reviews

    records, broken = sound_records(workspace)
    reviews = {one.id: reviewed(one) for one in list_reviews(workspace)}
    outcome = best_outcome(records, reviews, broken=broken)
    sound = [record for record in records if record.id not in broken]
    return drafted(sound, outcome, None if outcome is None else reviews[outcome.review])


def pitch_text(pitch: Pitch) -> str:
    """A pitch as lines for a terminal."""
    import textwrap

    titles = {"resume": "For the résumé", "headline": "For the headline", "message": "For a first message"}
    lines = [pitch.question]
    for draft in pitch.drafts:
        lines += ["", f"{titles[draft.place]}:", *textwrap.wrap(draft.plain, 96)]
    if pitch.outcome is not None:
        one = pitch.outcome
        lines += ["", f"Every number is in evidence {one.record} (review {one.review}, {one.sha256[:12]})."]
        lines += textwrap.wrap(f"How it was chosen. {pitch.chosen_by}", 96)
    for gap in pitch.gaps:
        lines += ["", *textwrap.wrap(f"Gap: {gap}", 96)]
    return "\n".join(lines)


def rehearse_result(
    workspace: Workspace, text: str, *, audience: str, review: str | None = None, clock: Clock | None = None
) -> RehearsedResult:
    """Score an explanation of a review, keep it in ``career/rehearsals``, and record it as practice.

    Args:
        workspace: Where the review is.
        text: The explanation, in the person's own words.
        audience: Executive or engineer.
        review: The review's id; the newest when left out.
        clock: The time; the machine's when left out.

    Raises:
        UserError: there is no such audience or review, or the text is too long or empty.
    """
    from shipworthy.career.pitch import rehearse
    from shipworthy.workbench.reviews import find_review

    known: tuple[Audience, ...] = get_args(Audience)
    if audience not in known:
        raise UserError(f"There is no audience {audience[:40]!r}.", hint=nearest(audience, known))
    if not text.strip():
        raise UserError("There is no explanation.", hint="Write it in a file and give --file FILE.")
    whom: Audience = "executive" if audience == "executive" else "engineer"
    found = find_review(workspace, review)
    scored = rehearse(text, found.report, audience=whom)
    record = _keep(workspace, scored, text, found.report, clock or SystemClock())
    return RehearsedResult(id=None, rehearsal=scored, record=record.id, error=None)


def _keep(workspace: Workspace, scored: Rehearsal, text: str, report: Any, clock: Clock) -> Record:
    from shipworthy.evidence.ledger import Ledger, ledger_location

    file = workspace.root / "career" / "rehearsals" / f"{new_id(clock.now())}.txt"
    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root, clock=clock) as ledger:
        write_atomic(file, text)
        return ledger.record(
            kind=_KIND,
            title=f"Explained review {scored.review} to an {scored.audience}: {scored.met} of {scored.of}",
            feature=report["feature"],
            origin=report["origin"],
            drafted_by_tool=False,
            verified=True,
            competencies=_COMPETENCIES,
            artifacts=[ledger.artifact(file, name="explanation")],
            facts={
                "review": scored.review,
                "audience": scored.audience,
                "criteria": {one.id: one.met for one in scored.criteria},
            },
        )


def rehearse_lines(
    workspace: Workspace,
    lines: Iterable[str],
    *,
    audience: str | None = None,
    review: str | None = None,
    clock: Clock | None = None,
) -> Iterator[RehearsedResult]:
    """Score one explanation a line: ``{"id": …, "for": …, "review": …, "text": …}``.

    A line that cannot be used gives a result with ``error``; the others are scored all the same.
    """

    def rehearsed(line: GivenLine) -> RehearsedResult:
        given, text = line.fields(), line.text()
        whom, which = given.get("for", audience), given.get("review", review)
        if not isinstance(whom, str):
            raise line.bad("Whom is it for?", field="for")
        if not isinstance(which, str | None):
            raise line.bad("A review is named by its id.", field="review")
        return replace(
            rehearse_result(workspace, text, audience=whom, review=which, clock=clock), id=line.name
        )

    return each_line(
        lines,
        rehearsed,
        lambda line, error: RehearsedResult(id=line.name, rehearsal=None, record=None, error=error),
        longest=_LONGEST_LINE,
        hint='Each line should be like {"for": "executive", "text": "…"}.',
    )


def list_rehearsals(workspace: Workspace) -> tuple[PastRehearsal, ...]:
    """All rehearsals, oldest first."""
    from shipworthy.evidence.ledger import Ledger, ledger_location

    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root) as ledger:
        return tuple(_past(record) for record in ledger.records(kind=_KIND))


def _past(record: Record) -> PastRehearsal:
    criteria = dict(record.facts["criteria"])
    return PastRehearsal(
        record=record.id,
        at=record.at,
        review=record.facts["review"],
        audience=record.facts["audience"],
        met=sum(criteria.values()),
        of=len(criteria),
        missed=tuple(name for name, met in criteria.items() if not met),
    )


def rehearsal_text(result: RehearsedResult) -> str:
    """A scored explanation as lines for a terminal."""
    import textwrap

    scored = result.rehearsal
    if scored is None:
        return str(result.error)
    lines = [f"{scored.met} of {scored.of}: review {scored.review}, explained to an {scored.audience}"]
    for one in scored.criteria:
        lines += [f"{'yes' if one.met else 'no ':3}  {one.asks}"]
        lines += textwrap.wrap(one.words, 96, initial_indent="     ", subsequent_indent="     ")
        lines += [f"     “{quote}”" for quote in _quotes(one)]
    lines.append(f"Kept as evidence {result.record}; practice, like every rehearsal.")
    return "\n".join(lines)


def _quotes(one: Criterion) -> Sequence[str]:
    return one.quotes[:6]
