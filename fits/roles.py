"""Fit the weights that postings are read with: src/shipworthy/playbook/data/roles/weights.json.

python -m fits.roles            fit on everything that may be learned from, and write the file
python -m fits.roles --check    leave one author out at a time and say how well that reads

Needs ../shared/data/jds for the real postings. The two sets that were never looked at (`half` "blind" and
"blind-held-out") take no part in either.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the problem is small; more threads only wait for each other

import numpy as np
import yaml
from numpy.typing import NDArray

from benchmarks.roles import LABELS, ROOT, Posting, blind, own, real, score, shared
from shipworthy.career.roles import OTHER, learned, read_posting
from shipworthy.career.roles.layout import sentences
from shipworthy.career.roles.learned import features_of_asking, features_of_competency
from shipworthy.playbook._role_files import models_from
from shipworthy.playbook.items import competencies

FILE = ROOT / "src" / "shipworthy" / "playbook" / "data" / "roles" / "weights.json"
ASK_BUCKETS, COMPETENCY_BUCKETS = 16_384, 8_192
ASK_C, COMPETENCY_C = 20.0, 30.0
"""Inverse strength of the penalty, chosen by leaving one author out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Sentences with what a person said about them."""

    asks: tuple[tuple[str, bool], ...]
    competencies: tuple[tuple[str, str], ...]


def written() -> Known:
    """The sentences that were written to learn from."""
    listed = yaml.safe_load((LABELS / "exemplars.yaml").read_text(encoding="utf-8"))
    asking = [(quote, code) for code, quotes in listed.items() if code != "nothing" for quote in quotes]
    return Known(
        asks=(*((quote, True) for quote, _ in asking), *((quote, False) for quote in listed["nothing"])),
        competencies=tuple(asking),
    )


def labelled(postings: Iterable[Posting]) -> Known:
    """The sentences of labelled postings."""
    some = tuple(postings)
    return Known(
        asks=tuple(each for posting in some for each in _asks(posting)),
        competencies=tuple(
            (posting.reading.text[label.start : label.end], label.codes[0])
            for posting in some
            for label in posting.labels
        ),
    )


def _asks(posting: Posting) -> Iterable[tuple[str, bool]]:
    text = posting.reading.text
    for each in sentences(text):
        yield text[each.start : each.end], any(shared(label, each) >= 0.5 for label in posting.labels)


def sources() -> dict[str, tuple[Posting, ...]]:
    """The postings that may be learned from, by who wrote them."""
    return {
        "own": own(),
        "real": tuple(posting for posting in real() if posting.half != "blind"),
        "blind author": tuple(posting for posting in blind() if posting.half == "blind-tune"),
    }


def _matrix(
    quotes: Sequence[str], features: Callable[[str], set[str]], buckets: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and buckets of what each sentence has."""
    pairs = [
        (row, bucket)
        for row, quote in enumerate(quotes)
        for bucket in sorted({zlib.crc32(each.encode()) % buckets for each in features(quote)})
    ]
    rows, columns = np.array(pairs, dtype=np.int64).T
    return rows, columns


def fit(
    quotes: Sequence[str],
    answers: Sequence[Any],
    *,
    features: Callable[[str], set[str]],
    buckets: int,
    c: float,
) -> dict[str, Any]:
    """A logistic regression as the file has it: rarity in 1/32, weights in steps of 1/127 of the largest."""
    from scipy.sparse import csr_matrix, diags
    from sklearn.linear_model import LogisticRegression

    rows, columns = _matrix(quotes, features, buckets)
    seen = np.bincount(columns, minlength=buckets)
    rarity = np.clip(np.round(32 * (np.log((1 + len(quotes)) / (1 + seen)) + 1)), 1, 255)
    has = csr_matrix((rarity[columns], (rows, columns)), shape=(len(quotes), buckets))
    length = np.sqrt(np.asarray(has.multiply(has).sum(axis=1)).ravel())
    model = LogisticRegression(C=c, max_iter=1000, tol=1e-4)
    model.fit(diags(1 / np.maximum(length, 1e-9)) @ has, np.array(answers))
    steps = np.abs(model.coef_).max(axis=1) / 127
    units = np.round(model.coef_ / steps[:, None]).astype(np.int8)
    names = [str(each) for each in model.classes_] if len(model.classes_) > 2 else ["asks"]
    return {
        "names": names,
        "biases": [round(float(each), 4) for each in model.intercept_],
        "steps": [float(f"{each:.6g}") for each in steps],
        "rarity": base64.b64encode(rarity.astype(np.uint8).tobytes()).decode(),
        "weights": [base64.b64encode(row.tobytes()).decode() for row in units],
    }


def fitted(known: Iterable[Known]) -> dict[str, Any]:
    """The whole file."""
    some = tuple(known)
    asks = [each for one in some for each in one.asks]
    about = [each for one in some for each in one.competencies]
    assert {code for _, code in about} == {OTHER, *(item.id for item in competencies())}
    return {
        "source": {
            "title": f"Fitted by fits/roles.py on {len(asks):,} sentences of labelled postings"
            f" and of tests/career/roles/exemplars.yaml, {len(about):,} of them requirements"
        },
        "as_of": "2026-11-23",
        "asks": fit(*zip(*asks, strict=True), features=features_of_asking, buckets=ASK_BUCKETS, c=ASK_C),
        "competencies": fit(
            *zip(*about, strict=True),
            features=features_of_competency,
            buckets=COMPETENCY_BUCKETS,
            c=COMPETENCY_C,
        ),
    }


def check() -> None:
    """Read each author's postings with weights fitted without them; the word lists have seen them all."""
    known = {name: labelled(postings) for name, postings in sources().items()}
    for name, postings in sources().items():
        weights = fitted([written(), *(each for other, each in known.items() if other != name)])
        models = models_from(json.dumps(weights))
        learned.likely_asks.cache_clear()
        learned.competency_chances.cache_clear()
        with patch.object(learned, "role_models", lambda models=models: models):
            got = score(
                replace(each, reading=read_posting(each.reading.text, markup=False)) for each in postings
            )
        print(f"{name}: F1 {got.f1:.3f}, must {got.must}, competency {got.code}, where named {got.named}")


if __name__ == "__main__":
    if "--check" in sys.argv:
        check()
    else:
        everything = fitted([written(), *(labelled(postings) for postings in sources().values())])
        FILE.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
        print(f"{FILE.relative_to(ROOT)}: {FILE.stat().st_size:,} bytes")
