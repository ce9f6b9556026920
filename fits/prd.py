"""Fit the weights by which ``shipworthy prd check`` sees what a passage is about.

    python -m fits.prd

reads ``tests/launch/prds`` (the sound PRDs, ``passages/labels.yaml`` and ``passages/voices.yaml``) and writes
``src/shipworthy/launch/prd/words.json``: a multinomial logistic regression over the words of a passage, its
word pairs and the words around it. ``--check`` leaves one set of documents out at a time and prints what
the check then says of them, which is how the thresholds were chosen.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from shipworthy.launch.prd import check_prd, likely
from shipworthy.launch.prd.passages import Passage, features, passages
from shipworthy.launch.prd.reading import Block, Section, read_markdown

ROOT = Path(__file__).resolve().parents[1]
PRDS = ROOT / "tests/launch/prds"
WORDS = ROOT / "src/shipworthy/launch/prd/words.json"
CODES = {
    "pr": "problem", "us": "users", "va": "value", "al": "alternative", "ev": "evaluation", "da": "data",
    "sl": "slices", "ec": "error_cost", "op": "operating_point", "fb": "fallback", "es": "error_states",
    "mo": "monitoring", "rt": "retraining", "ki": "kill", "ab": "abuse", "ri": "risk_tier",
    "tr": "transparency", "so": "sourcing", "eq": "equity", "ha": "harms", "pv": "privacy",
    "co": "consent", "la": "latency", "rc": "run_cost", "ln": "launch",
}  # fmt: skip
TOPICS = (*CODES.values(), "none")
NEUTRAL = (
    "Details", "Further points", "Notes", "Specification", "More", "Requirements", "Boring but needed",
    "Everything else", "Rules, data, money", "Law, data and people", "People and failure", "Operation",
    "The rest",
)  # fmt: skip
PENALTY, VOICE_WEIGHT, SMALLEST, SEED = 3e-5, 0.5, 0.35, 7
LEAST = {
    "any": [0.3, 0.02, 0.03],
    "abuse": [0.35, 0.03, 0.15],
    "alternative": [0.3, 0.03, 0.1],
    "consent": [0.15, 0.01, 0.02],
    "data": [0.2, 0.1, 0.08],
    "equity": [0.3, 0.08, 0.1],
    "error_cost": [0.26, 0.03, 0.1],
    "error_states": [0.55, 0.05, 0.2],
    "evaluation": [0.35, 0.15, 0.12],
    "fallback": [0.3, 0.08, 0.15],
    "harms": [0.25, 0.003, 0.03],
    "kill": [0.4, 0.04, 0.08],
    "latency": [0.2, 0.015, 0.02],
    "launch": [0.3, 0.01, 0.08],
    "monitoring": [0.4, 0.03, 0.1],
    "operating_point": [0.3, 0.02, 0.1],
    "privacy": [0.45, 0.02, 0.2],
    "problem": [0.3, 0.05, 0.08],
    "retraining": [0.3, 0.05, 0.03],
    "risk_tier": [0.45, 0.05, 0.2],
    "run_cost": [0.04, 0.005, 0.01],
    "slices": [0.2, 0.0, 0.03],
    "sourcing": [0.35, 0.02, 0.03],
    "transparency": [0.5, 0.005, 0.08],
    "users": [0.12, 0.1, 0.08],
    "value": [0.3, 0.05, 0.03],
}
"""By topic, the likelihood it needs by its words, where a pattern says it, where a heading names it."""

SETS = {
    "the check's author": (1, 10),
    "the same, other forms": (11, 22),
    "A": (23, 30),
    "the same, odd voices": (31, 34),
    "B": (35, 42),
    "C": (43, 52),
    "E": (53, 62),
    "F": (63, 72),
    "G": (73, 82),
    "K": (83, 92),
    "M": (93, 102),
}
"""Which PRDs were written together, by their numbers; A and B are by one author."""
_RULE_OF = {
    "value": "value.metric",
    "evaluation": "metric.missing",
    "data": "data.source",
    "latency": "budget.latency",
    "run_cost": "budget.cost",
}
"""Rules about a missing topic that do not have its name."""

Row = tuple[Passage, frozenset[str], float]


@cache
def _labels() -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load((PRDS / "passages/labels.yaml").read_text("utf-8"))
    return found


def _topics(name: str) -> list[frozenset[str]]:
    """What each passage of a sound PRD is about."""
    found: list[frozenset[str]] = []
    for part in _labels()[name].split(";"):
        span, codes = part.split()
        first, _, last = span.partition("-")
        if int(first) != len(found):
            raise SystemExit(f"{name}: passage {len(found)} has no label")
        about = frozenset(CODES[code] for code in codes.split("+") if code != "no")
        found += [about] * (int(last or first) - int(first) + 1)
    return found


def labelled(without: frozenset[str]) -> Iterator[Row]:
    """Passages of the sound PRDs with their topics."""
    for name in sorted(_labels().keys() - without):
        found = passages(read_markdown((PRDS / f"{name}.md").read_text("utf-8"), name=name))
        yield from ((passage, about, 1.0) for passage, about in zip(found, _topics(name), strict=True))


def voiced() -> Iterator[Row]:
    """Each written passage alone, under a heading or lead of its topic, and under one that says nothing."""
    chance = random.Random(SEED)
    for topic, written in yaml.safe_load((PRDS / "passages/voices.yaml").read_text("utf-8")).items():
        about = frozenset() if topic == "none" else frozenset({topic})
        headings, says = written["headings"], written["says"]
        for at, text in enumerate(says):
            title, lead, neutral = (
                headings[at % len(headings)],
                chance.choice(headings),
                chance.choice(NEUTRAL),
            )
            if "||" in text:
                lead, text = (part.strip() for part in text.split("||"))
                shapes = [("", lead), (title, lead), (neutral, lead)]
            else:
                shapes = [("", ""), (title, ""), (neutral, lead), (chance.choice(NEUTRAL), "")]
            yield from (
                (passage(text, title=title, lead=lead), about, VOICE_WEIGHT) for title, lead in shapes
            )
        for heading in headings:
            one, other = (chance.choice(says).replace(" || ", " ") for _ in range(2))
            yield passage(one, title=heading), about, VOICE_WEIGHT
            yield passage(other, lead=heading), about, VOICE_WEIGHT


def passage(text: str, *, title: str = "", lead: str = "") -> Passage:
    """A passage that stands in no document."""
    section = Section(number=1, line=1, level=2, title=title, above=("Document",) if title else ())
    block = Block(line=1, kind="paragraph", text=text)
    return Passage(block=block, section=section, text=text, label=lead, before="", head="")


def fit(rows: list[Row]) -> dict[str, Any]:
    """Weights by feature, those near zero left out."""
    every = [features(one) for one, _, _ in rows]
    counts: dict[str, int] = {}
    for one in every:
        for name in one:
            counts[name] = counts.get(name, 0) + 1
    names = sorted(name for name, count in counts.items() if count >= 2)
    place = {name: at for at, name in enumerate(names)}
    cells = [
        (row, place[name], value)
        for row, one in enumerate(every)
        for name, value in one.items()
        if name in place
    ]
    at_row, at_name, values = zip(*cells, strict=True)
    x = csr_matrix((values, (at_row, at_name)), shape=(len(rows), len(names)))
    y = np.array(
        [
            [(topic in about) / len(about) if about else topic == "none" for topic in TOPICS]
            for _, about, _ in rows
        ]
    )
    weight = np.array([weight for _, _, weight in rows])
    slope, bias = regression(x, y.astype(float), weight / weight.sum())
    words = {
        name: " ".join(
            f"{topic}:{round(value * 10)}" for topic, value in enumerate(slope[at]) if abs(value) >= SMALLEST
        )
        for at, name in enumerate(names)
    }
    return {
        "bias": [round(float(value), 3) for value in bias],
        "words": {name: text for name, text in words.items() if text},
    }


def regression(x: csr_matrix, y: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A multinomial logistic regression with a quadratic penalty on the slopes."""
    columns, topics, turned = x.shape[1], y.shape[1], x.T.tocsr()

    def loss(free: np.ndarray) -> tuple[float, np.ndarray]:
        slope, bias = free[:-topics].reshape(columns, topics), free[-topics:]
        sums = x @ slope + bias
        powers = np.exp(sums - sums.max(axis=1, keepdims=True))
        share = powers / powers.sum(axis=1, keepdims=True)
        value = -(weight * (y * np.log(share + 1e-12)).sum(axis=1)).sum() + PENALTY / 2 * (slope**2).sum()
        wrong = (share - y) * weight[:, None]
        return value, np.concatenate([(turned @ wrong + PENALTY * slope).ravel(), wrong.sum(axis=0)])

    start = np.zeros(columns * topics + topics)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 120}).x
    return found[:-topics].reshape(columns, topics), found[-topics:]


def check() -> None:
    """Judge each set of PRDs by weights fitted without it, whole and with a topic taken out."""
    rules = {topic: _RULE_OF.get(topic, f"{topic}.missing") for topic in TOPICS if topic != "none"}
    total = [0, 0, 0, 0]
    for part, (first, last) in SETS.items():
        names = frozenset(name for name in _labels() if first <= int(name.partition("_")[0]) <= last)
        weights = likely.read_weights(json.dumps(fitted(names)))
        found = [len(names), 0, 0, 0]
        for name in sorted(names):
            text = (PRDS / f"{name}.md").read_text("utf-8")
            found[1] += len(_broken(text, weights))
            for topic, rule in rules.items():
                if damaged := without_topic(text, name, topic):
                    found[2] += rule in _broken(damaged, weights)
                    found[3] += 1
        print(f"{part}: {_told(found)}")
        total = [one + other for one, other in zip(total, found, strict=True)]
    print(f"all: {_told(total)}")


def _told(found: list[int]) -> str:
    return f"{found[0]} PRDs, {found[1]} false alarms, {found[2]} of {found[3]} topics noticed missing"


def _broken(text: str, weights: likely.Weights) -> list[str]:
    return [finding.rule for finding in check_prd(text, name="a PRD", weights=weights).findings]


def without_topic(text: str, name: str, topic: str) -> str | None:
    """A PRD without the blocks that hold a passage about a topic, and without headings left bare by it."""
    document = read_markdown(text, name=name)
    about = zip(passages(document), _topics(name), strict=True)
    gone = {passage.block.line for passage, topics in about if topic in topics}
    if not gone:
        return None
    starts = sorted({line for section in document.sections for line in _lines(section)})
    ends = dict(pairwise([*starts, text.count("\n") + 2]))
    dropped = {line for start in gone for line in range(start, ends[start])}
    for section in document.sections:
        below = [block.line for one in document.below(section) for block in one.blocks]
        if section.level and below and dropped.issuperset(below):
            dropped.add(section.line)
    return "\n".join(line for at, line in enumerate(text.split("\n"), 1) if at not in dropped)


def _lines(section: Section) -> list[int]:
    return [section.line, *(block.line for block in section.blocks)]


def fitted(without: frozenset[str]) -> dict[str, Any]:
    """The weights as they are written, from all documents but some."""
    sources = b"".join((PRDS / "passages" / name).read_bytes() for name in ("labels.yaml", "voices.yaml"))
    head = {"made_by": "fits/prd.py", "passages_sha256": hashlib.sha256(sources).hexdigest(), "seed": SEED}
    return {**head, "least": LEAST, "topics": TOPICS, **fit([*labelled(without), *voiced()])}


def main() -> None:
    """Fit and write, or judge what a fit left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="leave one set out at a time")
    if parser.parse_args().check:
        return check()
    WORDS.write_text(json.dumps(fitted(frozenset()), ensure_ascii=False, indent=0) + "\n", "utf-8")
    return None


if __name__ == "__main__":
    main()
