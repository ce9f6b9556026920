"""Fit the weights by which ``shipworthy prd check`` sees what a passage is about.

    python -m fits.prd

reads ``tests/launch/prds`` (the sound PRDs and what ``passages`` says of them) and writes ``words.json`` and
``words.npz`` of ``src/shipworthy/launch/prd``: a multinomial logistic regression over the words of a passage,
its word pairs, its letters and the words around it. ``--check`` leaves one set of documents out at a time and
prints what the check then says of them, which is how the thresholds were chosen.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import yaml
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from shipworthy.launch.prd import check_prd, likely
from shipworthy.launch.prd.likely import ROWS, row_of
from shipworthy.launch.prd.passages import Passage, features, passages
from shipworthy.launch.prd.reading import Block, Section, read_markdown

ROOT = Path(__file__).resolve().parents[1]
PRDS = ROOT / "tests/launch/prds"
TOLD = ROOT / "src/shipworthy/launch/prd/words.json"
SLOPES = TOLD.with_suffix(".npz")
SOURCES = ("labels.yaml", "voices.yaml", *(f"lines_{number}.tsv" for number in range(1, 7)))
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
PENALTY, ALONE_WEIGHT, ROUNDS, SEED = 1.5e-5, 0.5, 80, 7
LEAST = {
    "any": [0.355, 0.015, 0.15],
    "abuse": [0.266, 0.01, 0.04],
    "alternative": [0.095, 0.005, 0.02],
    "consent": [0.355, 0.005, 0.25],
    "data": [0.266, 0.08, 0.08],
    "equity": [0.355, 0.04, 0.25],
    "error_cost": [0.266, 0.04, 0.15],
    "error_states": [0.832, 0.25, 0.6],
    "evaluation": [0.574, 0.25, 0.4],
    "fallback": [0.266, 0.15, 0.15],
    "harms": [0.266, 0.01, 0.15],
    "kill": [0.266, 0.04, 0.08],
    "latency": [0.064, 0.005, 0.04],
    "launch": [0.355, 0.02, 0.25],
    "monitoring": [0.355, 0.08, 0.25],
    "operating_point": [0.266, 0.03, 0.08],
    "privacy": [0.47, 0.02, 0.25],
    "problem": [0.184, 0.08, 0.08],
    "retraining": [0.355, 0.02, 0.08],
    "risk_tier": [0.832, 0.04, 0.6],
    "run_cost": [0.064, 0.04, 0.02],
    "slices": [0.14, 0.005, 0.08],
    "sourcing": [0.266, 0.02, 0.15],
    "transparency": [0.47, 0.03, 0.25],
    "users": [0.266, 0.04, 0.08],
    "value": [0.355, 0.08, 0.15],
}
"""By topic, the likelihood it needs by its words, where a pattern says it, where a heading names it.

As ``fits/prd_least.py`` chose them, but that a pattern or a heading alone says less (transparency, slices,
run_cost, operating_point, kill, risk_tier), and that the rule about value, which asks for more, has its own.
"""

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
    "R, ordinary documents": (103, 112),
    "S, ordinary documents": (113, 122),
    "P, ordinary documents": (123, 132),
    "Q, ordinary documents": (133, 142),
    "T, ordinary documents": (143, 152),
    "U, ordinary documents": (153, 162),
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
                (passage(text, title=title, lead=lead), about, ALONE_WEIGHT) for title, lead in shapes
            )
        for heading in headings:
            one, other = (chance.choice(says).replace(" || ", " ") for _ in range(2))
            yield passage(one, title=heading), about, ALONE_WEIGHT
            yield passage(other, lead=heading), about, ALONE_WEIGHT


def lines() -> Iterator[Row]:
    """Passages that were written alone, with the heading and the lead words that announce them."""
    for name in SOURCES[2:]:
        for line in (PRDS / "passages" / name).read_text("utf-8").splitlines():
            codes, title, lead, text = ("" if field == "-" else field for field in line.split("\t"))
            about = frozenset(CODES[code] for code in codes.split("+") if code != "no")
            yield passage(text, title=title, lead=lead), about, ALONE_WEIGHT


def passage(text: str, *, title: str = "", lead: str = "") -> Passage:
    """A passage that stands in no document."""
    section = Section(number=1, line=1, level=2, title=title, above=("Document",) if title else ())
    block = Block(line=1, kind="paragraph", text=text)
    return Passage(block=block, section=section, text=text, label=lead, before="", head="")


def fit(rows: list[Row]) -> tuple[np.ndarray, np.ndarray]:
    """Slopes by row and topic, and one bias a topic."""
    every = [features(one) for one, _, _ in rows]
    ends = np.cumsum([0, *(len(one) for one in every)])
    places = np.array([row_of(name) for one in every for name in one], dtype=np.int32)
    values = np.array([value for one in every for value in one.values()], dtype=np.float32)
    x = csr_matrix((values, places, ends), shape=(len(rows), ROWS))
    y = np.array(
        [
            [(topic in about) / len(about) if about else topic == "none" for topic in TOPICS]
            for _, about, _ in rows
        ],
        dtype=np.float32,
    )
    weight = np.array([weight for _, _, weight in rows], dtype=np.float32)
    return regression(x, y, weight / weight.sum())


def regression(x: csr_matrix, y: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A multinomial logistic regression with a quadratic penalty on the slopes."""
    columns, topics, turned = x.shape[1], y.shape[1], x.T.tocsr()

    def loss(free: np.ndarray) -> tuple[float, np.ndarray]:
        free = free.astype(np.float32)
        slope, bias = free[:-topics].reshape(columns, topics), free[-topics:]
        sums = x @ slope + bias
        sums -= sums.max(axis=1, keepdims=True)
        powers = np.exp(sums)
        total = powers.sum(axis=1, keepdims=True)
        value = -(weight * (y * (sums - np.log(total))).sum(axis=1)).sum(dtype=np.float64)
        value += PENALTY / 2 * np.square(slope, dtype=np.float64).sum()
        wrong = (powers / total - y) * weight[:, None]
        steepest = np.concatenate([(turned @ wrong + PENALTY * slope).ravel(), wrong.sum(axis=0)])
        return float(value), steepest.astype(np.float64)

    start = np.zeros(columns * topics + topics)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS, "maxcor": 6}).x
    return found[:-topics].reshape(columns, topics), found[-topics:]


def names_of(part: str) -> frozenset[str]:
    """The PRDs of a set."""
    first, last = SETS[part]
    return frozenset(name for name in _labels() if first <= int(name.partition("_")[0]) <= last)


def set_weights(part: str) -> likely.Weights:
    """Weights fitted without a set."""
    return likely.read_weights(*fitted(names_of(part)))


def rule_of(topic: str) -> str:
    """The rule that says that a topic is missing."""
    return _RULE_OF.get(topic, f"{topic}.missing")


def check() -> None:
    """Judge each set of PRDs by weights fitted without it, whole and with a topic taken out."""
    total = [0, 0, 0, 0]
    for part in SETS:
        weights, names = set_weights(part), names_of(part)
        found = [len(names), 0, 0, 0]
        for name in sorted(names):
            text = (PRDS / f"{name}.md").read_text("utf-8")
            found[1] += len(_broken(text, weights))
            for topic in TOPICS[:-1]:
                if damaged := without_topic(text, name, topic):
                    found[2] += rule_of(topic) in _broken(damaged, weights)
                    found[3] += 1
        print(f"{part}: {_told(found)}")
        total = [one + other for one, other in zip(total, found, strict=True)]
    print(f"all: {_told(total)}")


def _told(found: list[int]) -> str:
    return f"{found[0]} PRDs, {found[1]} false alarms, {found[2]} of {found[3]} topics noticed missing"


def _broken(text: str, weights: likely.Weights) -> list[str]:
    return [finding.rule for finding in check_prd(text, name="a PRD", weights=weights).findings]


def without_topic(text: str, name: str, topic: str) -> str | None:
    """A PRD without the blocks that are about a topic, and without sections that say nothing else."""
    document = read_markdown(text, name=name)
    about = [*zip(passages(document), _topics(name), strict=True)]
    gone = {passage.block.line for passage, topics in about if topic in topics}
    if not gone:
        return None
    touched = {passage.section.number for passage, topics in about if topic in topics}
    other = {passage.section.number for passage, topics in about if topics - {topic}}
    gone |= {passage.block.line for passage, _ in about if passage.section.number in touched - other}
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


def fitted(without: frozenset[str]) -> tuple[str, bytes]:
    """The two files of weights as they are written, from all documents but some."""
    slopes, bias = fit([*labelled(without), *voiced(), *lines()])
    step = float(np.abs(slopes).max()) / 127
    told = {
        "made_by": "fits/prd.py",
        "passages_sha256": hashlib.sha256(
            b"".join((PRDS / "passages" / name).read_bytes() for name in SOURCES)
        ).hexdigest(),
        "seed": SEED,
        "step": step,
        "bias": [round(float(value), 4) for value in bias],
        "topics": TOPICS,
        "least": LEAST,
    }
    packed = BytesIO()
    np.savez_compressed(packed, slopes=np.round(slopes / step).astype(np.int8))
    return json.dumps(told, indent=0) + "\n", packed.getvalue()


def main() -> None:
    """Fit and write, or judge what a fit left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="leave one set out at a time")
    if parser.parse_args().check:
        return check()
    told, slopes = fitted(frozenset())
    TOLD.write_text(told, "utf-8")
    SLOPES.write_bytes(slopes)
    return None


if __name__ == "__main__":
    main()
