"""A language model as a judge: what it is asked, and what of its answer is believed.

A score counts only with a quote that stands in the graded text; a pair is asked in both orders, and what
only the order decided is a tie.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from shipworthy.core.canonical import sha256_of
from shipworthy.core.errors import DataError, UserError
from shipworthy.core.progress import Progress, silent
from shipworthy.evals.candidates.model import Asker
from shipworthy.evals.desk import caller_for, expected_cost, until_full
from shipworthy.evals.judges.judge import CANNOT_ASSESS, Grade, JudgeKind, Piece, pair_score
from shipworthy.evals.judges.numbers import scale_numbers
from shipworthy.evals.prompts import Prompt, PromptSettings
from shipworthy.gateway.budget import Budget, BudgetStop
from shipworthy.gateway.cache import Cache
from shipworthy.gateway.calls import Caller
from shipworthy.gateway.limits import Limiter
from shipworthy.gateway.model import Reply, Request, Settings

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.evals.judges.prompt import JudgePrompt
    from shipworthy.evals.running import Conduct
    from shipworthy.gateway.model import Model
    from shipworthy.gateway.specs import ModelSpec

__all__ = ["ModelJudge", "quoted"]

_LONGEST_ID = 200
_LONGEST_QUOTE = 2_000
_LONGEST_CHOICE = 240
_MOST_CHOICES = 9  # one digit each
_SHORTEST_QUOTE = 8
_AROUND = "\"'“”‘’„«»…. "
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_SHOWN = {"rubric": {}, "pairwise": {"1": 1.0, "tie": 0.5, "2": 0.0}}


@dataclass(slots=True, kw_only=True)
class ModelJudge:
    """A prompt file and a model."""

    prompt: JudgePrompt
    """What it is asked."""
    model: ModelSpec
    """Who is asked."""
    conduct: Conduct
    """How: cache, budget, calls at once."""
    clock: Clock
    """For prices."""
    port: Model | None = None
    """The model, where somebody has it open already; opened by its name when None."""
    spent: float = field(default=0.0, init=False)
    """US dollars so far, where the price is known."""
    stopped: str | None = field(default=None, init=False)
    """Why grading ended early, if it did."""

    @property
    def name(self) -> str:
        """Name of the prompt file."""
        return self.prompt.name

    @property
    def kind(self) -> JudgeKind:
        """What it grades."""
        return self.prompt.settings.kind

    @property
    def scale(self) -> tuple[str, ...]:
        """Its scores, from worst to best."""
        return self.prompt.scale

    @property
    def words(self) -> str:
        """What it is."""
        return f"{self.model.title} with {self.prompt.name}."

    @property
    def version(self) -> str:
        """Hash of prompt, rules and model."""
        return sha256_of(
            {"prompt": self.prompt.version, "model": self.model.title, "address": self.model.provider}
        )

    def grade(self, pieces: Sequence[Piece], *, progress: Progress = silent) -> tuple[Grade, ...]:
        """Ask about every piece, as far as the budget reaches; equal questions are paid for once.

        Raises:
            UserError: the pieces lack what the prompt puts in, or the model cannot be asked.
            DataError: personal data would leave this machine.
            EnvironmentFailure: a provider cannot be reached, or refuses the key.
        """
        self._check(pieces)
        asker = self._asker()
        self._refuse_personal_data(pieces, asker)
        questions = list(self._questions(pieces))
        words = expected_cost(asker, [question.request for question in questions], clock=self.clock)
        if words is not None:
            self.conduct.notice(f"{self.name}: {words}")
        replies = asyncio.run(self._asked(asker, questions, progress))
        return tuple(self._read(piece, place, replies) for place, piece in enumerate(pieces))

    def _check(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            if self.kind == "pairwise" and piece.other is None:
                raise UserError(
                    f"{self.name!r} compares two texts, and row {piece.id!r} has only one.",
                    hint="Name the column of the second text: --other COLUMN",
                )

    def _asker(self) -> Asker:
        chosen = self.prompt.settings
        prompt = Prompt(settings=PromptSettings(max_tokens=chosen.max_tokens), text=self.prompt.text)
        return Asker(model=self.model, prompt=prompt, settings=self._settings(None), shown=())

    def _refuse_personal_data(self, pieces: Sequence[Piece], asker: Asker) -> None:
        if self.conduct.send_personal_data or not asker.leaves_the_machine:
            return
        from shipworthy.datasets.personal_data import sightings

        for piece in pieces:
            texts = (piece.output, piece.other, piece.input, piece.reference)
            found = next((one for text in texts if text for one in sightings(text)), None)
            if found is not None:
                raise DataError(
                    f"Row {piece.id[:_LONGEST_ID]!r} holds personal data ({found.name}), and "
                    f"{self.model.title!r} is on another machine. Nothing was sent.",
                    hint="Mask it in the file; or, if you may send it, say so: --send-personal-data",
                )

    def _settings(self, system: str | None) -> Settings:
        chosen = self.prompt.settings
        points = self.model.kind == "local"  # it compares labels; it cannot copy
        return Settings(
            system=system,
            labels=self._answers if points else (),
            schema=None if points else _schema(self._answers),
            temperature=chosen.temperature,
            max_tokens=chosen.max_tokens,
            seed=chosen.seed,
        )

    @property
    def _answers(self) -> tuple[str, ...]:
        told = tuple(_SHOWN["pairwise"]) if self.kind == "pairwise" else self.scale
        return (*told, CANNOT_ASSESS)

    def _questions(self, pieces: Sequence[Piece]) -> Iterator[_Question]:
        orders = (False, True) if self.kind == "pairwise" else (False,)
        for place, piece in enumerate(pieces):
            settings = self._settings(self.prompt.system(piece))
            for swapped in orders:
                prompt = self.prompt.filled(piece, swapped=swapped)
                request = Request(settings=settings, prompt=prompt)
                yield _Question(key=(place, swapped), request=request, piece=piece)

    async def _asked(
        self, asker: Asker, questions: Sequence[_Question], progress: Progress
    ) -> dict[tuple[int, bool], Reply]:
        budget, replies = Budget(self.conduct.budget, spent=self.spent), dict[tuple[int, bool], Reply]()
        cache = None if self.conduct.cache is None else Cache(self.conduct.cache)
        with cache or nullcontext():
            caller = self._caller(asker, budget, cache)
            waiting = iter(questions)

            async def worker() -> None:
                for question in waiting:
                    ask = self._pointed if self.model.kind == "local" else _whole
                    replies[question.key] = await ask(caller, question)
                    progress(f"{self.name} grades", len(replies), len(questions))

            try:
                self.stopped = await until_full([partial(worker)] * self.conduct.concurrency)
            except BudgetStop as full:
                self.stopped = full.message
            finally:
                await caller.close()
        self.spent = budget.spending.spent
        return replies

    def _caller(self, asker: Asker, budget: Budget, cache: Cache | None) -> Caller:
        limiter = Limiter(asker.at_once(self.conduct.concurrency))
        if self.port is not None:
            return Caller(self.port, limiter=limiter, budget=budget, cache=cache, price=asker.price)
        return caller_for(
            asker, conduct=self.conduct, budget=budget, cache=cache, limiter=limiter, clock=self.clock
        )

    async def _pointed(self, caller: Caller, question: _Question) -> Reply:
        """Ask for the score, then for the number of the sentence that decides, by comparing labels."""
        reply = await caller.reply(question.request)
        if reply.status != "ok" or not isinstance(reply.parsed, dict):
            return reply
        score = str(reply.parsed["label"])
        choices: tuple[str, ...] = ()
        if score != CANNOT_ASSESS:
            choices = _choices(self._graded(question.piece, self._number(score, swapped=question.key[1])))
        quote = choices[0] if choices else ""
        if len(choices) > 1:
            listed = "\n".join(f"{place}. {one}" for place, one in enumerate(choices, start=1))
            sentences = self.prompt.marked("sentences", listed, question.piece)
            pointing = Request(
                settings=replace(question.request.settings, labels=_numbers(len(choices)), schema=None),
                prompt=f"{question.request.prompt}\n\n{sentences}\n\n"
                f"The decision is: {score}. Which of these sentences does it rest on? Only its number.",
            )
            second = await caller.reply(pointing)
            if second.status != "ok" or not isinstance(second.parsed, dict):
                return second
            quote = choices[int(second.parsed["label"]) - 1]
        return replace(reply, parsed={"quote": quote, "score": score})

    def _read(self, piece: Piece, place: int, replies: Mapping[tuple[int, bool], Reply]) -> Grade:
        if self.kind == "pairwise":
            first, second = (
                self._said(piece, replies.get((place, swapped)), swapped=swapped) for swapped in (False, True)
            )
            return _both_orders(first, second)
        return self._said(piece, replies.get((place, False)), swapped=False)

    def _said(self, piece: Piece, reply: Reply | None, *, swapped: bool) -> Grade:
        """What one reply is worth: a score, if its quote stands in the text it is about."""
        if reply is None:
            return Grade(id=piece.id, status="error", detail=self.stopped or "it was not asked")
        if reply.status != "ok":
            return Grade(id=piece.id, status=reply.status, detail=reply.detail, cost=reply.cost)
        said: Mapping[str, Any] = reply.parsed
        score, quote = str(said["score"]), str(said["quote"])
        if score == CANNOT_ASSESS:
            return Grade(id=piece.id, status="cannot_assess", detail="it says so itself", cost=reply.cost)
        number = self._number(score, swapped=swapped)
        if not any(quoted(quote, text) for text in self._graded(piece, number)):
            detail = f"its quote is not in the graded text: {quote[:120]!r}"
            return Grade(id=piece.id, status="cannot_assess", detail=detail, cost=reply.cost)
        told = pair_score(number) if self.kind == "pairwise" else score
        return Grade(id=piece.id, status="ok", score=told, number=number, quote=quote, cost=reply.cost)

    def _number(self, score: str, *, swapped: bool) -> float:
        if self.kind == "rubric":
            return scale_numbers(self.scale)[score]
        number = _SHOWN["pairwise"][score]
        return 1 - number if swapped else number

    def _graded(self, piece: Piece, number: float) -> tuple[str, ...]:
        """The texts a quote may come from: the preferred one, either for a tie."""
        if self.kind == "rubric":
            return (piece.output,)
        both = (piece.output, piece.other or "")
        return both if number == 0.5 else (both[0] if number > 0.5 else both[1],)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    key: tuple[int, bool]
    request: Request
    piece: Piece


def _numbers(n: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(1, n + 1))


async def _whole(caller: Caller, question: _Question) -> Reply:
    return await caller.reply(question.request)


def _schema(answers: tuple[str, ...]) -> dict[str, Any]:
    """The quote first: what is written before the score is what the score can rest on."""
    return {
        "type": "object",
        "properties": {"quote": {"type": "string"}, "score": {"type": "string", "enum": list(answers)}},
        "required": ["quote", "score"],
        "additionalProperties": False,
    }


def _choices(texts: Sequence[str]) -> tuple[str, ...]:
    """Sentences that a model which cannot copy may point at: a small one writes words of its own."""
    found = [
        one.group().strip()[:_LONGEST_CHOICE].strip() for text in texts for one in _SENTENCE.finditer(text)
    ]
    kept = [one for one in dict.fromkeys(found) if len(one) >= _SHORTEST_QUOTE]
    return tuple(kept[:_MOST_CHOICES]) or tuple(text.strip() for text in texts if text.strip())


def quoted(quote: str, text: str) -> bool:
    """Whether a quote stands in a text, word for word.

    White space counts as one blank, and marks around the quote are not part of it. A quote of less than
    eight letters shows nothing, unless it is the whole text.
    """
    if len(quote) > _LONGEST_QUOTE:
        return False
    words, whole = (" ".join(one.split()) for one in (quote, text))
    bare = words.strip(_AROUND)
    if len(bare) < _SHORTEST_QUOTE:
        return bool(bare) and bare == whole.strip(_AROUND)
    return bare in whole


def _both_orders(first: Grade, second: Grade) -> Grade:
    """One verdict of the two orders: what they share; a tie where only the order decided."""
    costs = [one.cost for one in (first, second)]
    cost = None if None in costs else sum(one for one in costs if one is not None)
    orders = (first.number, second.number)
    if first.number is None or second.number is None:
        failed = first if first.number is None else second
        return Grade(id=first.id, status=failed.status, detail=failed.detail, orders=orders, cost=cost)
    number = (first.number + second.number) / 2
    contrary = "the two orders gave opposite answers" if abs(first.number - second.number) == 1 else None
    quote = first.quote if pair_score(first.number) == pair_score(number) else second.quote
    return Grade(
        id=first.id, status="ok", score=pair_score(number), number=number, quote=quote, detail=contrary,
        orders=orders, cost=cost,
    )  # fmt: skip
