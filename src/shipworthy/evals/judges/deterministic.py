"""Judges that need no model: rules that anybody can recompute. They are floors and cross-checks.

None of them learnt anything from data. What each is worth, on public sets with people's labels, is in
``docs/measurements/judges.md``: little on hard sets, and that is why they are shown beside a model's score.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shipworthy.core.canonical import sha256_of
from shipworthy.core.errors import UserError
from shipworthy.core.progress import Progress, silent
from shipworthy.evals.judges.judge import PAIR_SCALE, Grade, JudgeKind, Piece, pair_score
from shipworthy.retrieval.groundedness import support_in
from shipworthy.retrieval.sentences import sentences

if TYPE_CHECKING:
    from shipworthy.gateway.embedding import Embedder

__all__ = ["DETERMINISTIC", "RuleJudge", "rule_judge"]

_VERSION = 2
_LONGEST = 100_000
_MOST_CLAIMS = 100
_WORD = re.compile(r"\w+(?:['’.,]\w+)*")
_PLAIN = frozenset(
    _WORD.findall(
        "a an and any are as at be been but by can did do does for from had has have he her his how i if in"
        " into is it its may me more most my no not of on or our she should so some such than that the their"
        " them then there these they this to too very was we were what when which who why will with would"
        " you your"
    )
)
_ENDS = tuple(".!?…\"'”’)]}:;")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    kind: JudgeKind
    words: str
    needs: str | None
    """Which of input and reference it reads."""
    embeds: bool = False
    score: Callable[[Piece], float] | None = None
    """Of a rubric rule, 0 to 1; of a pair, above 0 where the first is better."""


@dataclass(slots=True, kw_only=True)
class RuleJudge:
    """A rule, as a judge."""

    name: str
    """Its name in :data:`DETERMINISTIC`."""
    rule: _Rule
    embedder: Embedder | None = field(default=None)
    """For rules by meaning; the packaged one when None."""

    @property
    def kind(self) -> JudgeKind:
        """What it grades."""
        return self.rule.kind

    @property
    def scale(self) -> tuple[str, ...] | None:
        """First, second or tie of a pair; else None, for it gives a number from 0 to 1."""
        return PAIR_SCALE if self.rule.kind == "pairwise" else None

    @property
    def words(self) -> str:
        """What it is."""
        return self.rule.words

    @property
    def version(self) -> str:
        """Hash of name and version of the rule."""
        return sha256_of({"rule": self.name, "version": _VERSION})

    def grade(self, pieces: Sequence[Piece], *, progress: Progress = silent) -> tuple[Grade, ...]:
        """Grade all of them; what a rule needs and a row lacks is a row that cannot be assessed."""
        self._check(pieces)
        numbers = self._by_meaning(pieces) if self.rule.embeds else [self._number(one) for one in pieces]
        progress(f"{self.name} grades", len(pieces), len(pieces))
        return tuple(self._grade(piece, number) for piece, number in zip(pieces, numbers, strict=True))

    def _check(self, pieces: Sequence[Piece]) -> None:
        if self.kind == "pairwise" and any(piece.other is None for piece in pieces):
            raise UserError(
                f"{self.name!r} compares two texts, and these rows have only one.",
                hint="Name the column of the second text: --other COLUMN",
            )

    def _lacking(self, piece: Piece) -> bool:
        return self.rule.needs is not None and not (getattr(piece, self.rule.needs) or "").strip()

    def _number(self, piece: Piece) -> float | None:
        assert self.rule.score is not None
        return None if self._lacking(piece) else self.rule.score(piece)

    def _by_meaning(self, pieces: Sequence[Piece]) -> list[float | None]:
        """Cosine of a text and what it should say; of a pair by how much the first is nearer."""
        from shipworthy.gateway.embedding import packaged_embedder

        embedder = self.embedder or packaged_embedder()
        usable = [piece for piece in pieces if not self._lacking(piece)]
        columns: list[list[str]] = [[getattr(one, self.rule.needs or "") for one in usable]]
        columns.append([one.output for one in usable])
        if self.kind == "pairwise":
            columns.append([one.other or "" for one in usable])
        target, *texts = (embedder.embed([text[:_LONGEST] for text in column]) for column in columns)
        near = [(target * vectors).sum(axis=1) for vectors in texts]
        found = near[0] - near[1] if self.kind == "pairwise" else near[0].clip(0, 1)
        known = dict(zip((id(one) for one in usable), found.tolist(), strict=True))
        return [known.get(id(piece)) for piece in pieces]

    def _grade(self, piece: Piece, number: float | None) -> Grade:
        if number is None:
            detail = f"it has no {self.rule.needs}"
            return Grade(id=piece.id, status="cannot_assess", detail=detail, cost=0.0)
        if self.kind == "rubric":
            return Grade(id=piece.id, status="ok", number=number, cost=0.0)
        told = 1.0 if number > 0 else 0.0 if number < 0 else 0.5
        orders = (told, told)  # a rule does not know which text is shown first
        return Grade(id=piece.id, status="ok", score=pair_score(told), number=told, orders=orders, cost=0.0)


def rule_judge(name: str, *, embedder: Embedder | None = None) -> RuleJudge:
    """One of :data:`DETERMINISTIC`; ``embedder`` for those by meaning, the packaged one when None."""
    return RuleJudge(name=name, rule=_RULES[name], embedder=embedder)


# --- words ----------------------------------------------------------------------------------------


def _words(text: str | None) -> list[str]:
    return [one.casefold() for one in _WORD.findall((text or "")[:_LONGEST])]


def _content(text: str | None) -> list[str]:
    """Words that say something, an English plural's or verb's s dropped; all words where none does."""
    every = _words(text)
    kept = [word for word in every if word not in _PLAIN] or every
    return [
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
        for word in kept
    ]


def _shared(first: Sequence[str], second: Sequence[str]) -> int:
    return sum((Counter(first) & Counter(second)).values())


def _f1(first: Sequence[str], second: Sequence[str]) -> float:
    total = len(first) + len(second)
    return 2 * _shared(first, second) / total if total else 0.0


# --- one text -------------------------------------------------------------------------------------


def _overlap(piece: Piece) -> float:
    """F1 of the content words of the text and of the reference."""
    return _f1(_content(piece.output), _content(piece.reference))


def _covers(piece: Piece) -> float:
    """Share of the reference's different content words that the text has."""
    wanted = set(_content(piece.reference))
    return len(wanted & set(_content(piece.output))) / len(wanted) if wanted else 0.0


def _support(piece: Piece) -> float:
    """How well the source's best passage says the weakest of the text's first hundred sentences."""
    text, source = piece.output[:_LONGEST], (piece.input or "")[:_LONGEST]
    claims = (text[start:end] for start, end in sentences(text)[:_MOST_CLAIMS])
    return min((support_in(claim, source) for claim in claims if _words(claim)), default=0.0)


# --- pairs ----------------------------------------------------------------------------------------


def _longer(piece: Piece) -> float:
    """The longer text is better: the floor that a judge of pairs has to beat."""
    return float(len(piece.output) - len(piece.other or ""))


def _nearer(piece: Piece) -> float:
    """The text that shares more content words with the reference is better."""
    reference = _content(piece.reference)
    return _f1(_content(piece.output), reference) - _f1(_content(piece.other), reference)


def _tidy(piece: Piece) -> float:
    """Which text has fewer faults, on the same number of words of each: length cannot decide."""
    size = max(1, min(len(_words(piece.output)), len(_words(piece.other))))
    return _merit(piece.output, piece.input, size) - _merit(piece.other or "", piece.input, size)


def _merit(text: str, asked: str | None, size: int) -> float:
    """A text's first ``size`` words: on the subject, not repeating itself, not an echo, not broken off."""
    if not text.strip():
        return -4.0
    words = _words(text)[:size]
    threes = [tuple(words[place : place + 3]) for place in range(len(words) - 2)]
    repeats = 1 - len(set(threes)) / len(threes) if threes else 0.0
    question = _words(asked)
    asked_threes = {tuple(question[place : place + 3]) for place in range(len(question) - 2)}
    echo = sum(one in asked_threes for one in threes) / len(threes) if threes else 0.0
    wanted = set(_content(asked))
    subject = len(wanted & set(_content(" ".join(words)))) / max(1, min(len(wanted), size)) if wanted else 0.0
    broken = 0.0 if text.rstrip().endswith(_ENDS) else 0.25
    return subject - 2 * repeats - echo - broken


_RULES: Mapping[str, _Rule] = {
    "overlap": _Rule(
        kind="rubric",
        needs="reference",
        score=_overlap,
        words="Words that the text and the reference share, 0 to 1 (F1 of content words).",
    ),
    "covers": _Rule(
        kind="rubric",
        needs="reference",
        score=_covers,
        words="Share of the reference's content words that the text has, 0 to 1.",
    ),
    "meaning": _Rule(
        kind="rubric",
        needs="reference",
        embeds=True,
        words="Closeness of text and reference by meaning, 0 to 1 (cosine of MiniLM embeddings).",
    ),
    "support": _Rule(
        kind="rubric",
        needs="input",
        score=_support,
        words="How well a passage of the source says the text's weakest sentence, 0 to 1: shared words, "
        "less for numbers, names and denials that differ.",
    ),
    "support-meaning": _Rule(
        kind="rubric",
        needs="input",
        embeds=True,
        words="Closeness of text and source by meaning, 0 to 1 (cosine of MiniLM embeddings).",
    ),
    "longer": _Rule(
        kind="pairwise", needs=None, score=_longer, words="The longer text is better: the floor for judges."
    ),
    "nearer": _Rule(
        kind="pairwise",
        needs="reference",
        score=_nearer,
        words="The text that shares more content words with the reference is better.",
    ),
    "nearer-meaning": _Rule(
        kind="pairwise",
        needs="input",
        embeds=True,
        words="The text that is closer to the input by meaning is better (cosine of MiniLM embeddings).",
    ),
    "tidy": _Rule(
        kind="pairwise",
        needs="input",
        score=_tidy,
        words="The text with fewer faults on the same number of words: off the subject, repeats, echoes of "
        "the question, broken off.",
    ),
}

DETERMINISTIC: Mapping[str, str] = {name: rule.words for name, rule in _RULES.items()}
"""Name to what the rule is, in one sentence."""
