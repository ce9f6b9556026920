"""Fit the weights that answers are read with: src/shipworthy/playbook/data/interview/weights.json.

python -m fits.interviews            fit on all that may be learned from, and write the file
python -m fits.interviews --check    score triples by weights without their author (--questions: or question)

The held-out sets (``answers_blind*.yaml``) take no part in either.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the problem is small; more threads only wait for each other

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import lsqr

from benchmarks.interviews import ANSWERS, LEVELS, ROOT, Triple, order, triples
from shipworthy.career.interview import learned
from shipworthy.career.interview.sentences import read_answer
from shipworthy.playbook.interviews import AnswerWords, answer_words

FILE = ROOT / "src" / "shipworthy" / "playbook" / "data" / "interview" / "weights.json"
OWN = ("answers", "answers_fresh", "answers_last", "answers_new")
"""Sets by the author of the rubric."""
BLIND = tuple(f"answers_train_{number}" for number in range(1, 22))
"""Sets by authors who saw the questions only, of whom none saw another's answers."""
SEEN_IN = 3
"""Questions or criteria in which a term must occur."""
PENALTY, EXEMPLARS, OWN_SHARE = 0.3, 0.3, 3.0
"""Strength of the penalty, and the weight of a single sentence beside a pair and of what holds for one
question beside what holds for all; chosen on sets 14 to 20 by weights from those before."""
CARE = (2.0, 2.0, 1.0)
"""How much the pairs count: weak and middling, middling and strong, weak and strong (which is easy)."""
EARNS, SILENT = 0.6, 4
"""What a sentence that says something is worth, beside a level, and the sentences worth nothing that every
answer has besides, so that a short answer is not judged by one of them."""
SMALLEST, ROUNDS = 0.12, 150
"""Weights below that are left out for a single question; steps of the solver."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A single sentence about a criterion."""

    criterion: str
    text: str
    earns: bool


def lines() -> tuple[Line, ...]:
    """Sentences that earn and that only talk, of every criterion, and some about something else."""
    items = [
        item
        for part in (1, 2)
        for item in yaml.safe_load((ANSWERS / f"exemplars_{part}.yaml").read_text(encoding="utf-8"))["items"]
    ]
    elsewhere = yaml.safe_load((ANSWERS / "elsewhere.yaml").read_text(encoding="utf-8"))["lines"]
    return (
        *(
            Line(criterion=item["id"], text=text, earns=kind == "earns")
            for item in items
            for kind in ("earns", "talks")
            for text in item[kind]
        ),
        *(Line(criterion="nothing asked", text=text, earns=False) for text in elsewhere),
    )


def fitted(some: Sequence[Triple], single: Sequence[Line]) -> AnswerWords:
    """The weights from triples and single sentences."""
    answers = [
        [kept.text for kept in read_answer(each.answers[level])[0]] for each in some for level in LEVELS
    ]
    rarity = _rarity(
        [
            *((sentence, some[at // 3].question) for at, said in enumerate(answers) for sentence in said),
            *((each.text, f"criterion {each.criterion}") for each in single),
        ]
    )
    place = {term: at for at, term in enumerate(rarity)}
    sums = [_rows(said, place, rarity).sum(axis=0) / (len(said) + SILENT) for said in answers]
    meant: Any = sparse.csr_matrix(sparse.vstack([sparse.csr_matrix(each) for each in sums]))
    better = np.array([at for first in range(0, len(answers), 3) for at in (first + 1, first + 2, first + 2)])
    worse = np.array([at for first in range(0, len(answers), 3) for at in (first, first + 1, first)])
    alone = _rows([each.text for each in single], place, rarity)
    names = sorted({each.question for each in some})
    asked = np.repeat([names.index(each.question) for each in some], len(CARE))
    shared, own, offset = _fit(
        (meant[better] - meant[worse]).tocsr(), asked, alone, np.array([each.earns for each in single])
    )
    rare, every = np.array(list(rarity.values())), list(place)
    return AnswerWords(
        offset=round(offset, 3),
        weights={term: round(float(shared[at] * rare[at]), 3) for term, at in place.items()},
        asked={
            name: {
                every[term]: round(float(weight), 2)
                for term, weight in zip(*_nonzero(own[number] * rare), strict=True)
            }
            for number, name in enumerate(names)
        },
        learnt_from=(
            f"{len(some)} triples of answers (weak, middling, strong; {len(OWN)} sets by the rubric's author,"
            f" {len(BLIND)} by authors who saw the questions only) and {len(single)} single sentences (some"
            " about something else) by authors who saw at most the criteria; all language models, writing for"
            " this product"
        ),
        as_of=answer_words().as_of,
    )


def _nonzero(weights: Floats) -> tuple[NDArray[np.intp], Floats]:
    places = np.flatnonzero(np.abs(weights) >= SMALLEST)
    return places, weights[places]


def _rarity(said: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Term to its inverse document frequency, for terms that occur in several places."""
    where: dict[str, set[str]] = {}
    count: dict[str, int] = {}
    for text, source in said:
        for term in learned.terms(text):
            where.setdefault(term, set()).add(source)
            count[term] = count.get(term, 0) + 1
    return {
        term: float(np.log((1 + len(said)) / (1 + count[term])) + 1)
        for term in sorted(where)
        if len(where[term]) >= SEEN_IN
    }


def _rows(texts: Sequence[str], place: Mapping[str, int], rarity: Mapping[str, float]) -> Any:
    """(n, terms): the rarity of each known term, by the root of how many are known."""
    rows, columns, values = [], [], []
    for at, text in enumerate(texts):
        known = [term for term in learned.terms(text) if term in place]
        rows += [at] * len(known)
        columns += [place[term] for term in known]
        values += [rarity[term] / len(known) ** 0.5 for term in known]
    return sparse.csr_matrix((values, (rows, columns)), shape=(max(1, len(texts)), len(place)))


def _fit(
    pairs: Any, asked: NDArray[np.intp], alone: Any, earns: NDArray[np.bool_]
) -> tuple[Floats, Floats, float]:
    """Weights of every question, (questions, terms) weights of one, and what a sentence is worth before both.

    Least squares: the better of two answers to a question is 1 above the other, a single sentence that says
    something is worth ``EARNS``, one that only talks nothing.
    """
    terms, questions = pairs.shape[1], int(asked.max()) + 1
    at = pairs.tocoo()
    columns = asked[at.row] * terms + at.col
    used = np.unique(columns)  # most words stand in the answers to few questions
    places = (at.row, np.searchsorted(used, columns))
    own = sparse.csr_matrix((at.data * OWN_SHARE**0.5, places), shape=(len(asked), len(used)))
    scale = float(np.mean(pairs.multiply(pairs).sum(axis=1))) ** -0.5
    care = np.tile(np.array(CARE) ** 0.5, len(asked) // len(CARE))
    rows: Any = sparse.bmat(
        [
            [sparse.diags(care * scale) @ pairs, sparse.diags(care * scale) @ own, None],
            [
                alone * (scale * EXEMPLARS**0.5),
                None,
                sparse.csr_matrix(np.full((len(earns), 1), EXEMPLARS**0.5)),
            ],
        ]
    )
    wanted = np.r_[care, EXEMPLARS**0.5 * np.where(earns, EARNS, 0.0)]
    found = lsqr(rows.tocsr(), wanted, damp=PENALTY**0.5, iter_lim=ROUNDS)[0] / EARNS
    each = np.zeros(questions * terms)
    each[used] = found[terms:-1] * scale * OWN_SHARE**0.5
    return found[:terms] * scale, each.reshape(questions, terms), float(found[-1])


# --- on what the fit did not see ----------------------------------------------------------------------------


def left_out(score: Callable[[Sequence[Triple]], None], *, questions: bool) -> None:
    """Fit without an author, or without the author and the questions, then have the rest scored.

    Each blind set is scored by weights from the other sets, with or without its questions; the sets of the
    rubric's author by weights from the blind sets, where need be a third of the questions left out at a time.
    """
    single = lines()
    blind = {name: triples(name) for name in BLIND}
    own = [each for name in OWN for each in triples(name)]
    for name, answered in blind.items():
        gone = {each.question for each in answered} if questions else set()
        others = [each for other, some in blind.items() if other != name for each in some]
        use(fitted([each for each in (*own, *others) if each.question not in gone], single))
        score(answered)
    every = sorted({each.question for some in blind.values() for each in some})
    parts = 3 if questions else 1
    part = {name: at % parts for at, name in enumerate(np.random.default_rng(1).permutation(every))}
    for place in range(parts):
        some = [each for kept in blind.values() for each in kept]
        use(fitted([each for each in some if not questions or part[each.question] != place], single))
        score([each for each in own if part[each.question] == place])


def use(words: AnswerWords) -> None:
    """Read answers by these weights from now on, in this process."""
    learned.answer_words = lambda: words  # type: ignore[attr-defined, assignment]
    learned.worth.cache_clear()


def check(*, questions: bool) -> dict[str, list[tuple[float, ...]]]:
    """Name of the set to the scores of each of its triples, by weights that did not see its author.

    Args:
        questions: Whether the weights saw no answer to its questions either.
    """
    found: dict[str, list[tuple[float, ...]]] = {}

    def score(some: Sequence[Triple]) -> None:
        for each in some:
            found.setdefault(each.set, []).append(order(each))

    kept = answer_words()
    left_out(score, questions=questions)
    use(kept)
    return found


if __name__ == "__main__":
    if "--check" in sys.argv:
        for name, scores in check(questions="--questions" in sys.argv).items():
            print(name, sum(weak < middling < strong for weak, middling, strong in scores), "of", len(scores))
    else:
        words = fitted([each for name in (*OWN, *BLIND) for each in triples(name)], lines())
        data = {
            "learnt_from": words.learnt_from,
            "as_of": words.as_of.isoformat(),
            "offset": words.offset,
            "weights": words.weights,
            "asked": words.asked,
        }
        FILE.write_text(json.dumps(data, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
        print(len(words.weights), "terms")
