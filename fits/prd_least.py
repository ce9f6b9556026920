"""Choose from which likelihood ``shipworthy prd check`` counts a topic as said.

    python -m fits.prd_least

fits the weights without each set of PRDs in turn, looks at what speaks for each topic in those left out,
whole and with the topic taken out, and prints for each topic the three thresholds (``LEAST`` of
``fits/prd.py``) that lose least: a false alarm counts as much as ten topics taken out and not noticed. Steps
are smoothed, thresholds drawn towards those of the other topics, since each topic has few PRDs. The first
line says what thresholds chosen without a set did to that set.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import product

import numpy as np
from scipy.special import expit, logit

from fits.prd import PRDS, SETS, names_of, rule_of, set_weights, without_topic
from shipworthy.launch.prd.likely import Weights
from shipworthy.launch.prd.parts import Parts
from shipworthy.launch.prd.reading import read_markdown
from shipworthy.playbook.prd import PrdRule, prd_rules

ALARM, SMOOTH, DRAWN, UNCLEAR = 10.0, 0.7, 0.15, 0.5
"""What an alarm counts; the width of a step; the pull of other topics; how far below is unclear."""
WORDS = logit([0.02, 0.04, 0.06, 0.09, 0.12, 0.18, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.92])
FAR, NEVER, NOTHING = 6.0, -99.0, 1e-4
MORE = np.array([*logit([NOTHING, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.25, 0.4, 0.6]), 50.0])

Thresholds = tuple[float, float, float]
Row = tuple[str, str, bool, Thresholds]
"""A set, a topic, whether the PRD is whole, and what speaks for the topic: its words, said, named."""


def seen() -> Iterator[Row]:
    """Every topic in every PRD, whole and without it, by weights that did not see its set."""
    rules = {rule.topic: rule for rule in prd_rules() if rule.topic and rule.id == rule_of(rule.topic)}
    for part in SETS:
        weights = set_weights(part)
        for name in sorted(names_of(part)):
            text = (PRDS / f"{name}.md").read_text("utf-8")
            for topic, rule in rules.items():
                damaged = without_topic(text, name, topic)
                if rule.kind == "missing" and damaged is not None:
                    yield part, topic, True, speaks(rule, text, weights)
                    yield part, topic, False, speaks(rule, damaged, weights)


def speaks(rule: PrdRule, text: str, weights: Weights) -> Thresholds:
    """What speaks for a rule's topic, in log odds above what the plainness of the document asks for."""
    parts = Parts(document=read_markdown(text, name="a PRD"), weights=weights)
    assert rule.topic is not None
    heading = rule.presence == "label"
    found = parts.evidence(rule.topic, needs=() if heading else rule.needs, heading=heading)
    asked = float(np.log(parts.plainness))
    words = log_odds(found.words) - asked
    said = NEVER if found.said is None else log_odds(found.said) - asked
    return words, said, words if found.named else NEVER


def log_odds(chance: float) -> float:
    """Bounded at both ends."""
    return float(np.log((chance + NOTHING) / (1 - chance + NOTHING)))


def margins(found: np.ndarray, least: Thresholds) -> np.ndarray:
    """How far above or below being missed each one is."""
    above: np.ndarray = (found - np.array(least)).max(axis=1)
    return above


def choose(whole: np.ndarray, damaged: np.ndarray, near: Thresholds | None = None) -> Thresholds:
    """The thresholds that lose least for one topic: by words alone, where it is said, where it is named."""

    def loss(least: Thresholds) -> float:
        alarms = expit(-margins(whole, least) / SMOOTH).sum()
        overlooked = expit(margins(damaged, least) / SMOOTH).sum()
        pairs = zip(least, near or least, strict=True)
        away = sum((min(one, FAR) - min(other, FAR)) ** 2 for one, other in pairs)
        return float(ALARM * alarms + overlooked + DRAWN * away)

    return min((one for one in product(WORDS, MORE, MORE) if one[2] <= one[0] + 1e-9), key=loss)


def main() -> None:
    """Choose and print."""
    rows = list(seen())
    topics = sorted({topic for _, topic, _, _ in rows})

    def found(topic: str, parts: Collection[str], *, whole: bool) -> np.ndarray:
        mine = [
            values for part, one, kind, values in rows if one == topic and kind is whole and part in parts
        ]
        return np.array(mine).reshape(-1, 3)

    def best(topic: str, parts: Collection[str], near: Thresholds | None = None) -> Thresholds:
        return choose(found(topic, parts, whole=True), found(topic, parts, whole=False), near)

    words, said, named = np.median([best(topic, SETS) for topic in topics], axis=0)
    near = (float(words), float(said), float(named))
    alarms = noticed = total = 0
    for part, topic in product(SETS, topics):
        least = best(topic, SETS.keys() - {part}, near)
        damaged = found(topic, {part}, whole=False)
        alarms += int((margins(found(topic, {part}, whole=True), least) < 0).sum())
        noticed += int((margins(damaged, least) < 0).sum())
        total += len(damaged)
    print(f"left out: {alarms} alarms, {noticed} of {total} noticed", flush=True)
    for topic in topics:
        words, said, named = best(topic, SETS, near)
        chosen = [round(float(expit(value)), 3) for value in (words + UNCLEAR, said, named)]
        print(f'    "{topic}": {chosen},')


if __name__ == "__main__":
    main()
