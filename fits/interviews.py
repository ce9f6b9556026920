"""Fit the weights that answers are read with: src/shipworthy/playbook/data/interview/weights.json.

python -m fits.interviews            fit on all that may be learned from, and write the file
python -m fits.interviews --check    score triples of authors and questions that a fit left out

The held-out set (``answers_blind.yaml``) takes no part in either.
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
from sklearn.linear_model import LogisticRegression

from benchmarks.interviews import ANSWERS, LEVELS, ROOT, Triple, order, triples
from shipworthy.career.interview import learned
from shipworthy.career.interview.sentences import read_answer
from shipworthy.playbook.interviews import AnswerWords, answer_words

FILE = ROOT / "src" / "shipworthy" / "playbook" / "data" / "interview" / "weights.json"
OWN = ("answers", "answers_fresh", "answers_last", "answers_new")
"""Sets by the author of the rubric."""
BLIND = tuple(f"answers_train_{number}" for number in range(1, 14))
"""Sets by authors who saw the questions only, of whom none saw another's answers."""
SEEN_IN = 3
"""Questions or criteria in which a term must occur."""
PENALTY, EXEMPLARS = 100.0, 0.3
"""Inverse strength of the penalty and weight of a single sentence beside a pair; chosen with --check."""
TALK = 0.55
"""Share of the sentences that only talk, or are about something else, whose worth is not above 0."""
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
    meant = sparse.vstack(
        [sparse.csr_matrix(_rows(said, place, rarity).mean(axis=0)) for said in answers]
    ).tocsr()
    alone, earns = (
        _rows([each.text for each in single], place, rarity),
        np.array([each.earns for each in single]),
    )
    better = np.array([at for first in range(0, len(answers), 3) for at in (first + 1, first + 2, first + 2)])
    worse = np.array([at for first in range(0, len(answers), 3) for at in (first, first + 1, first)])
    weights = _fit(meant[better] - meant[worse], alone, earns)
    found = alone @ weights
    low, high = float(np.quantile(found[~earns], TALK)), float(found[earns].mean())
    scale = high - low
    return AnswerWords(
        offset=round(-low / scale, 4),
        weights={
            term: round(float(weights[at]) * rarity[term] / scale, 4) for term, at in sorted(place.items())
        },
        learnt_from=(
            f"{len(some)} triples of answers (weak, middling, strong; {len(OWN)} sets by the rubric's author,"
            f" {len(BLIND)} by authors who saw the questions only) and {len(single)} single sentences (some"
            " about something else) by authors who saw at most the criteria; all language models, writing for"
            " this product"
        ),
        as_of=answer_words().as_of,
    )


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


def _fit(better: Any, alone: Any, earns: NDArray[np.bool_]) -> Floats:
    """Weights by which better answers come before worse ones, and what earns before what talks."""
    scale = 1 / 6  # of the size of other features, so that the penalty's strength reads as usual
    pairs = sparse.vstack([better, -better]) * scale
    whole = sparse.vstack(
        [
            sparse.hstack([pairs, sparse.csr_matrix((pairs.shape[0], 1))]),
            sparse.hstack([alone * scale, sparse.csr_matrix(np.ones((len(earns), 1)))]),
        ]
    ).tocsr()
    right = np.r_[np.ones(better.shape[0]), np.zeros(better.shape[0]), earns]
    share = np.r_[np.ones(pairs.shape[0]), np.full(len(earns), EXEMPLARS)]
    model = LogisticRegression(C=PENALTY, fit_intercept=False, max_iter=500, tol=1e-3)
    weights: Floats = model.fit(whole, right, sample_weight=share).coef_[0][:-1]
    return weights


# --- on what the fit did not see ----------------------------------------------------------------------------


def left_out(score: Callable[[Sequence[Triple]], None]) -> None:
    """Fit without an author and without the questions, then have the rest scored.

    Each blind set is scored by weights from the other sets without its questions; the sets of the rubric's
    author by weights from the blind sets, a third of the questions left out at a time.
    """
    single = lines()
    blind = {name: triples(name) for name in BLIND}
    own = [each for name in OWN for each in triples(name)]
    for name, asked in blind.items():
        questions = {each.question for each in asked}
        others = [each for other, some in blind.items() if other != name for each in some]
        use(fitted([each for each in (*own, *others) if each.question not in questions], single))
        score(asked)
    every = sorted({each.question for some in blind.values() for each in some})
    third = {name: at % 3 for at, name in enumerate(np.random.default_rng(1).permutation(every))}
    for part in range(3):
        learnt = [each for some in blind.values() for each in some if third[each.question] != part]
        use(fitted(learnt, single))
        score([each for each in own if third[each.question] == part])


def use(words: AnswerWords) -> None:
    """Read answers by these weights from now on, in this process."""
    learned.answer_words = lambda: words  # type: ignore[attr-defined, assignment]
    learned.worth.cache_clear()


def check(*, embed: bool = False) -> dict[str, list[tuple[float, ...]]]:
    """Name of the set to the scores of each of its triples, by weights that did not see it."""
    found: dict[str, list[tuple[float, ...]]] = {}

    def score(some: Sequence[Triple]) -> None:
        for each in some:
            found.setdefault(each.set, []).append(order(each, embed=embed))

    kept = answer_words()
    left_out(score)
    use(kept)
    return found


if __name__ == "__main__":
    if "--check" in sys.argv:
        for name, scores in check(embed="--embed" in sys.argv).items():
            print(name, sum(weak < middling < strong for weak, middling, strong in scores), "of", len(scores))
    else:
        words = fitted([each for name in (*OWN, *BLIND) for each in triples(name)], lines())
        data = {
            "learnt_from": words.learnt_from,
            "as_of": words.as_of.isoformat(),
            "offset": words.offset,
            "weights": words.weights,
        }
        FILE.write_text(json.dumps(data, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
        print(len(words.weights), "terms")
