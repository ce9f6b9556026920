"""Interviews: questions, an answer scored and kept, many answers scored, and how one got better."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from shipworthy.career.interview import InterviewScore
from shipworthy.core.errors import DataError, MissingExtraError, UserError, Where
from shipworthy.workbench.json_lines import GivenLine, each_line
from shipworthy.workbench.runs import AS_USUAL, Asking, model_desk, repeatable, unheard

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.evals.jobs.desk import ModelDesk
    from shipworthy.evidence.record import Record
    from shipworthy.gateway.embedding import Embedder
    from shipworthy.gateway.specs import ModelSpec
    from shipworthy.playbook.interviews import InterviewCriterion, InterviewQuestion
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "AnsweredInterview",
    "Attempt",
    "CriterionProgress",
    "InterviewAgreement",
    "InterviewHistory",
    "QuestionLine",
    "RubricLine",
    "ScoredLine",
    "agreement_with_people",
    "answer_interview",
    "interview_history",
    "list_interview_questions",
    "read_answer_file",
    "score_lines",
]

Mode = Literal["learn", "stress"]
"""Criteria shown before the answer, or timed and with follow-ups."""
_LONGEST_LINE = 300_000
_LONGEST_FILE = 1_000_000
_ENOUGH = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricLine:
    """A criterion, as people see it."""

    id: str
    """Stable name."""
    text: str
    """What is looked for."""
    levels: tuple[str, ...]
    """What an answer at level 0, 1, 2, 3 and 4 says."""
    ask: str
    """The follow-up where it was missing."""
    knock_out: bool
    """Whether it must reach level 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionLine:
    """A question with its rubric."""

    id: str
    """Stable name."""
    topic: str
    """What it is about."""
    must: bool
    """Whether it is one of the guide's three that must be nailed."""
    ask: str
    """The question."""
    minutes: int
    """Time limit of the timed mode."""
    competencies: tuple[str, ...]
    """Playbook ids of what it practises."""
    criteria: tuple[RubricLine, ...]
    """What its answers are scored by."""
    source: str
    """Where it comes from."""
    as_of: str
    """Day on which it was checked, ISO 8601."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredInterview:
    """An answer, its score, and how it compares with earlier ones."""

    score: InterviewScore
    """The score with the words that earned it."""
    mode: Mode
    """How it was asked."""
    attempt: int
    """Which answer to this question it is; 1 outside a workspace."""
    change: float | None
    """Overall score minus that of the attempt before; None at the first."""
    seconds: float | None
    """Time from question to answer; None where it was not taken."""
    over_time: bool
    """Whether that is over the question's limit."""
    recorded: bool
    """Whether it was kept in the ledger as practice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredLine:
    """One line of many answers."""

    id: str
    """The id that the line came with, or its number."""
    question: str | None
    """Id of the question."""
    overall: float | None
    """Mean over the criteria, 0 to 4; None where nothing could be judged."""
    passes: bool | None
    """Whether it passes."""
    score: InterviewScore | None
    """The score in full."""
    human: float | None
    """A person's overall score, where the line has one."""
    error: str | None
    """Why the line cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewAgreement:
    """How far the scores of many lines agree with people's."""

    value: float | None
    """Quadratic-weighted kappa; None where it is undefined."""
    words: str
    """The same with interval and n, as a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One earlier answer."""

    on: str
    """When, ISO 8601."""
    overall: float
    """Its score."""
    passes: bool
    """Whether it passed."""
    mode: str
    """How it was asked."""
    record: str
    """Id of its record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionProgress:
    """One criterion over the attempts at a question."""

    criterion: str
    """Its id."""
    scores: tuple[float | None, ...]
    """One for each attempt, oldest first; None where it could not be judged."""
    change: float | None
    """Last minus first; None with fewer than two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewHistory:
    """All attempts at one question."""

    question: str
    """Its id."""
    ask: str
    """The question."""
    attempts: tuple[Attempt, ...]
    """Oldest first."""
    criteria: tuple[CriterionProgress, ...]
    """Progress per criterion, the weakest last score first."""
    next: str
    """What to practise next, as a follow-up question."""


def list_interview_questions(
    *, topic: str | None = None, question: str | None = None
) -> tuple[QuestionLine, ...]:
    """Every question with its rubric, of one topic or of all, or the one that is named.

    Raises:
        UserError: there is no such topic or question.
    """
    from shipworthy.core.errors import nearest
    from shipworthy.playbook.interviews import interview_question, interview_questions

    items = (interview_question(question),) if question is not None else interview_questions()
    topics = {item.topic for item in interview_questions()}
    if topic is not None and topic not in topics:
        raise UserError(f"There is no topic {topic!r}.", hint=nearest(topic, sorted(topics)))
    return tuple(_question_line(item) for item in items if topic in (None, item.topic))


def _question_line(item: InterviewQuestion) -> QuestionLine:
    return QuestionLine(
        id=item.id,
        topic=item.topic,
        must=item.must,
        ask=item.ask,
        minutes=item.minutes,
        competencies=item.competencies,
        criteria=tuple(_rubric_line(each, item) for each in item.criteria),
        source=item.source.title,
        as_of=item.as_of.isoformat(),
    )


def _rubric_line(item: InterviewCriterion, question: InterviewQuestion) -> RubricLine:
    knock_out = item.id in question.knock_outs
    return RubricLine(id=item.id, text=item.text, levels=item.levels, ask=item.ask, knock_out=knock_out)


# --- one answer -----------------------------------------------------------------------------------------


def read_answer_file(path: Path) -> str:
    """The answer in a text file.

    Raises:
        UserError: there is no such file, or it is not text of a readable size.
    """
    from shipworthy.core.files import readable

    data = readable(path).read_bytes()
    if len(data) > _LONGEST_FILE:
        raise DataError(f"An answer of {len(data):,} bytes is too long.", where=Where(file=path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError("The file is not UTF-8 text.", where=Where(file=path)) from None


def answer_interview(
    question: str,
    answer: str,
    *,
    mode: Mode = "learn",
    seconds: float | None = None,
    follow_up: Callable[[str], str] | None = None,
    model: str | None = None,
    asking: Asking = AS_USUAL,
    workspace: Workspace | None = None,
    clock: Clock | None = None,
) -> AnsweredInterview:
    """Score an answer; inside a workspace it is kept, with its text, as practice.

    Args:
        question: Id of the question, or its words.
        answer: What was said.
        mode: ``learn`` or ``stress``; the latter puts up to two follow-ups.
        seconds: How long the answer took; None where nobody took the time.
        follow_up: Answers a follow-up; None where nobody can be asked.
        model: A model that judges instead, for instance ``openai:gpt-5-mini``; the answer is sent to it.
        asking: How that model is asked: budget, leave to send personal data.
        workspace: Where the attempt is kept; None keeps nothing.
        clock: The time; the machine's when left out.

    Raises:
        UserError: there is no such question, or the model cannot be used.
    """
    from shipworthy.playbook.interviews import interview_question

    item = interview_question(question)
    scorer = _scorer(model, workspace, asking)
    score = scorer(answer, item)
    if mode == "stress" and follow_up is not None:
        more = [follow_up(ask).strip() for ask in score.follow_ups[:2]]
        answer = "\n\n".join([answer, *filter(None, more)])
        score = scorer(answer, item) if any(more) else score
    before = _attempts(workspace, item.id)
    recorded = workspace is not None and bool(answer.strip()) and score.overall is not None
    if workspace is not None and recorded:
        _keep(workspace, item, answer, score, mode=mode, seconds=seconds, number=len(before) + 1, clock=clock)
    last = before[-1].facts["overall"] if before else None
    return AnsweredInterview(
        score=score,
        mode=mode,
        attempt=len(before) + 1,
        change=None if last is None or score.overall is None else round(score.overall - last, 3),
        seconds=seconds,
        over_time=seconds is not None and seconds > 60 * item.minutes,
        recorded=recorded,
    )


_Scorer = Callable[[str, "InterviewQuestion"], InterviewScore]


def _scorer(model: str | None, workspace: Workspace | None, asking: Asking) -> _Scorer:
    """The deterministic scorer, or a model that was named."""
    from shipworthy.career.interview import score_answer

    if model is not None:
        return _judge(model, workspace, asking)
    embedder = _embedder()
    return lambda answer, question: score_answer(answer, question, embedder=embedder)


def _embedder() -> Embedder | None:
    from shipworthy.gateway.embedding import packaged_embedder

    try:
        return packaged_embedder()
    except MissingExtraError:
        return None


def _judge(model: str, workspace: Workspace | None, asking: Asking) -> _Scorer:
    from shipworthy.gateway.specs import model_spec

    desk = model_desk(workspace, asking, unheard)
    spec = model_spec(model, named_in="shipworthy career interview", servers=desk.conduct.servers)
    desk.check(spec)
    return lambda answer, question: asyncio.run(_judged(desk, spec, answer, question))


async def _judged(
    desk: ModelDesk, spec: ModelSpec, answer: str, question: InterviewQuestion
) -> InterviewScore:
    from shipworthy.career.interview.judging import judge_answer

    with repeatable(cached=desk.conduct.cache is not None), desk.opened(spec) as model:
        assert model is not None, "it was named"
        try:
            return await judge_answer(answer, question, model)
        finally:
            await model.close()


def _keep(
    workspace: Workspace,
    item: InterviewQuestion,
    answer: str,
    score: InterviewScore,
    *,
    mode: Mode,
    seconds: float | None,
    number: int,
    clock: Clock | None,
) -> None:
    """Record an attempt. One below level 1 overall stays in the history and shows no competency."""
    from shipworthy.core.files import write_atomic
    from shipworthy.evidence.ledger import Ledger, ledger_location

    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root, clock=clock) as ledger:
        path = workspace.root / "career" / "interviews" / f"{item.id}-{number}.md"
        write_atomic(path, f"# {item.ask}\n\n{answer.strip()}\n")
        ledger.record(
            kind="interview",
            title=f"Interview {item.id}, attempt {number}",
            origin="own",
            drafted_by_tool=False,
            verified=True,
            competencies=item.competencies if (score.overall or 0) >= _ENOUGH else (),
            artifacts=(ledger.artifact(path, name="answer"),),
            facts={
                "question": item.id,
                "mode": mode,
                "seconds": seconds,
                "overall": score.overall,
                "passes": score.passes,
                "criteria": {each.criterion: each.score for each in score.criteria},
                "method": score.method,
            },
        )


def _attempts(workspace: Workspace | None, question: str | None) -> tuple[Record, ...]:
    from shipworthy.evidence.ledger import Ledger, ledger_location

    location = None if workspace is None else ledger_location(workspace.root)
    if workspace is None or (isinstance(location, Path) and not location.exists()):
        return ()
    assert location is not None
    with Ledger.open(location, workspace=workspace.root) as ledger:
        records = ledger.records(kind="interview")
    return tuple(record for record in records if question in (None, record.facts.get("question")))


# --- many answers ---------------------------------------------------------------------------------------


def score_lines(
    lines: Iterable[str],
    *,
    model: str | None = None,
    asking: Asking = AS_USUAL,
    workspace: Workspace | None = None,
) -> Iterator[ScoredLine]:
    """Score JSON Lines such as ``{"id": "7", "question": "launch-eval", "answer": "I would …"}``.

    ``question`` is an id or the question's words; ``human`` may hold a person's overall score from 0 to 4. A
    line that cannot be used says why; the others are scored all the same. Nothing is recorded.
    """
    scorer = _scorer(model, workspace, asking)
    return each_line(
        lines,
        lambda line: _scored_line(line, scorer),
        _unscored_line,
        longest=_LONGEST_LINE,
        hint='Each line should be like {"id": "7", "question": "launch-eval", "answer": "I would …"}.',
    )


def _scored_line(line: GivenLine, scorer: _Scorer) -> ScoredLine:
    from shipworthy.playbook.interviews import interview_question

    given = line.fields()
    question, answer = given.get("question"), given.get("answer")
    if not isinstance(question, str) or not isinstance(answer, str):
        raise line.bad("This has no question and answer, each a text.")
    human = _human(line)
    score = scorer(answer, interview_question(question))
    return ScoredLine(
        id=line.name,
        question=score.question,
        overall=score.overall,
        passes=score.passes,
        score=score,
        human=human,
        error=None,
    )


def _unscored_line(line: GivenLine, error: str) -> ScoredLine:
    return ScoredLine(
        id=line.name, question=None, overall=None, passes=None, score=None, human=None, error=error
    )


def _human(line: GivenLine) -> float | None:
    value = line.fields().get("human")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 4:
        raise line.bad("A person's score is a number from 0 to 4.", field="human")
    return float(value)


def agreement_with_people(scored: Sequence[tuple[float, float]]) -> InterviewAgreement:
    """How far scores agree with people's.

    Args:
        scored: Pairs of our overall score and a person's, both from 0 to 4.
    """
    import numpy as np

    from shipworthy.career.interview.agreement import quadratic_kappa

    ours, theirs = (np.array([pair[side] for pair in scored], dtype=np.float64) for side in (0, 1))
    found = quadratic_kappa(ours, theirs)
    return InterviewAgreement(
        value=found.value, words=f"Agreement with people, quadratic-weighted kappa: {found}"
    )


# --- history --------------------------------------------------------------------------------------------


def interview_history(workspace: Workspace, *, question: str | None = None) -> tuple[InterviewHistory, ...]:
    """All attempts, question by question, the one practised last first.

    Raises:
        UserError: there is no such question.
    """
    from shipworthy.playbook.interviews import interview_question

    wanted = None if question is None else interview_question(question).id
    by_question: dict[str, list[Record]] = {}
    for record in _attempts(workspace, wanted):
        by_question.setdefault(str(record.facts.get("question")), []).append(record)
    histories = [_history(name, records) for name, records in by_question.items()]
    return tuple(sorted(histories, key=lambda item: item.attempts[-1].on, reverse=True))


def _history(name: str, records: Sequence[Record]) -> InterviewHistory:
    from shipworthy.playbook.interviews import interview_questions

    item = next((each for each in interview_questions() if each.id == name), None)
    scores = [dict(record.facts.get("criteria") or {}) for record in records]
    progress = [_progress(criterion, scores) for criterion in scores[-1]]
    progress.sort(key=lambda each: -1.0 if each.scores[-1] is None else each.scores[-1])
    asks = {each.id: each.ask for each in item.criteria} if item else {}
    return InterviewHistory(
        question=name,
        ask=item.ask if item else "(no longer in the playbook)",
        attempts=tuple(_attempt(record) for record in records),
        criteria=tuple(progress),
        next=asks.get(progress[0].criterion, "Answer it once more.") if progress else "Answer it once more.",
    )


def _attempt(record: Record) -> Attempt:
    return Attempt(
        on=record.at.isoformat(timespec="seconds"),
        overall=float(record.facts["overall"]),
        passes=bool(record.facts.get("passes")),
        mode=str(record.facts.get("mode")),
        record=record.id,
    )


def _progress(criterion: str, scores: Sequence[dict[str, float | None]]) -> CriterionProgress:
    found = tuple(each.get(criterion) for each in scores)
    first, last = found[0], found[-1]
    change = None if len(found) < 2 or first is None or last is None else round(last - first, 3)
    return CriterionProgress(criterion=criterion, scores=found, change=change)
