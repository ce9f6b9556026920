"""Does the test set look like production? By the size of the difference, never by a p-value alone.

At a million rows every difference is significant, at fifty none is. So each shift carries an effect
size corrected for what chance alone gives, and the p-value only stops small samples from crying
wolf.

References:
    Yurdakul (2018), Statistical properties of population stability index (its null mean).
    Cramér (1946), Mathematical methods of statistics (V); Bergsma (2013), A bias-correction for
    Cramér's V. J. Korean Statist. Soc. 42.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Mover", "Severity", "Shift", "categorical_shift", "numeric_shift", "text_shift"]

Severity: TypeAlias = Literal["none", "some", "large"]
"""How much a shift matters; "none" also where chance explains it."""

_MOST_CATEGORIES = 500
_DRAWS = 1_000
_CERTAIN = 0.001
_PSI = (0.1, 0.25)
_KS = (0.1, 0.2)
_MOVED = (0.2, 0.5)
_UNSEEN = (0.05, 0.15)
_TEXTS = 2_000
_DEALS = 40
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """A value that is more or less common in production than in the test set."""

    value: str
    """The value, word or summary."""
    test: float
    """Its share of the test rows."""
    production: float
    """Its share of the production rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far production is from the test set in one column."""

    kind: Literal["categorical", "numeric", "text"]
    """What the column holds."""
    n_test: int
    """Test rows with a value."""
    n_production: int
    """Production rows with a value."""
    effects: dict[str, float]
    """Effect sizes by name: ``psi`` (minus its null mean), ``cramers_v`` (bias-corrected), ``ks``,
    ``moved_sd`` (Wasserstein distance in standard deviations of the test rows), ``missing_psi``,
    ``unseen_words`` (share of production words absent from the test set, minus what chance gives)."""
    p: float | None
    """Chance of a difference at least this large if both came from one source; None without rows."""
    movers: tuple[Mover, ...]
    """What moved most, largest change first."""
    severity: Severity
    """By effect size, "none" where p is above 0.1%."""
    words: str
    """One sentence for a person."""


def categorical_shift(test: Sequence[Hashable], production: Sequence[Hashable], *, seed: int = 0) -> Shift:
    """Shift of a column of categories (missing values are a category of their own).

    The p-value is that of the two-sample chi-square statistic, from its distribution when at
    least five rows are expected in every cell, else from random relabellings of the rows.

    Args:
        test: The test rows' values.
        production: The production rows' values.
        seed: Seed of the relabellings.
    """
    return _categorical(*_counts(test, production), seed)


def numeric_shift(
    test: Sequence[float] | FloatArray, production: Sequence[float] | FloatArray, *, seed: int = 0
) -> Shift:
    """Shift of a column of numbers; NaN is missing and compared by its share.

    Args:
        test: The test rows' values.
        production: The production rows' values.
        seed: Seed of the relabellings by which missing shares are compared when they are small.
    """
    from scipy.stats import ks_2samp, wasserstein_distance

    both = [np.asarray(values, dtype=np.float64) for values in (test, production)]
    a, b = (values[~np.isnan(values)] for values in both)
    if len(a) == 0 or len(b) == 0:
        return _unmeasured("numeric", len(a), len(b))
    ks = ks_2samp(a, b, method="asymp")
    deviation = float(np.std(a))
    moved = float(wasserstein_distance(a, b)) / deviation if deviation > 0 else float(np.any(a[0] != b))
    missing = _categorical(_missing_table(both), ["missing", "there"], seed)
    p = min(1.0, 2 * min(float(ks.pvalue), missing.p if missing.p is not None else 1.0))
    effects = {"ks": float(ks.statistic), "moved_sd": moved, "missing_psi": missing.effects["psi"]}
    severity = max(
        _severity(effects["ks"], _KS, p),
        _severity(moved, _MOVED, p),
        _severity(effects["missing_psi"], _PSI, p),
        key=_rank,
    )
    return Shift(
        kind="numeric",
        n_test=len(a),
        n_production=len(b),
        effects=effects,
        p=p,
        movers=missing.movers if missing.severity != "none" else (),
        severity=severity,
        words=_numeric_words(severity, float(np.median(a)), float(np.median(b)), moved, missing),
    )


def text_shift(test: Sequence[str], production: Sequence[str], *, seed: int = 0) -> Shift:
    """Shift of a column of texts: their lengths, and words that the test set never saw.

    At most 2,000 texts of each side are read, drawn with ``seed``. The share of unseen words is
    compared with what the same texts give when they are dealt to the two sides at random.

    Args:
        test: The test rows' texts.
        production: The production rows' texts.
        seed: Seed of the draws.
    """
    rng = np.random.default_rng(seed)
    a, b = (_tokens(_drawn(texts, rng)) for texts in (test, production))
    if not any(a) or not any(b):
        return _unmeasured("text", len(test), len(production))
    lengths = numeric_shift([len(text) for text in a], [len(text) for text in b])
    excess, unseen_p = _unseen(a, b, rng)
    p = min(1.0, 2 * min(unseen_p, lengths.p if lengths.p is not None else 1.0))
    movers = _word_movers(a, b)
    severity = max(_severity(excess, _UNSEEN, p), lengths.severity if p <= _CERTAIN else "none", key=_rank)
    return Shift(
        kind="text",
        n_test=len(test),
        n_production=len(production),
        effects={"unseen_words": excess, "length_ks": lengths.effects["ks"]},
        p=p,
        movers=movers,
        severity=severity,
        words=_text_words(severity, excess, a, b),
    )


def _unmeasured(kind: Literal["categorical", "numeric", "text"], n: int, m: int) -> Shift:
    side = "the test set" if n == 0 else "production"
    return Shift(
        kind=kind,
        n_test=n,
        n_production=m,
        effects={},
        p=None,
        movers=(),
        severity="none",
        words=f"Not compared: there are no values in {side}.",
    )


def _category(value: Hashable) -> str:
    missing = value is None or value == "" or (isinstance(value, float) and np.isnan(value))
    return "(missing)" if missing else str(value)


def _counts(test: Iterable[Hashable], production: Iterable[Hashable]) -> tuple[FloatArray, list[str]]:
    """(2, B) counts of the commonest values; the rest, if many, become one."""
    sides: list[Counter[str]] = []
    for values in (test, production):
        sides.append(Counter())
        for value, count in Counter(values).items():
            sides[-1][_category(value)] += count
    ranked = [name for name, _ in (sides[0] + sides[1]).most_common()]
    table = np.array([[side[name] for name in ranked] for side in sides], dtype=np.float64)
    if len(ranked) <= _MOST_CATEGORIES:
        return table, ranked
    rest = table[:, _MOST_CATEGORIES:].sum(axis=1, keepdims=True)
    return np.hstack([table[:, :_MOST_CATEGORIES], rest]), [*ranked[:_MOST_CATEGORIES], "(others)"]


def _missing_table(sides: Sequence[FloatArray]) -> FloatArray:
    missing = [float(np.isnan(values).sum()) for values in sides]
    return np.array([[gone, len(values) - gone] for gone, values in zip(missing, sides, strict=True)])


def _categorical(table: FloatArray, names: Sequence[str], seed: int) -> Shift:
    sizes = table.sum(axis=1)
    if not sizes.all():
        return _unmeasured("categorical", int(sizes[0]), int(sizes[1]))
    p, psi = _homogeneity(table[:, table.any(axis=0)], np.random.default_rng(seed))
    movers = _movers(table, names)
    severity = _severity(psi, _PSI, p)
    return Shift(
        kind="categorical",
        n_test=int(sizes[0]),
        n_production=int(sizes[1]),
        effects={"psi": psi, "cramers_v": _cramers_v(table[:, table.any(axis=0)])},
        p=p,
        movers=movers,
        severity=severity,
        words=_mix_words(severity, movers),
    )


def _homogeneity(table: FloatArray, rng: np.random.Generator) -> tuple[float, float]:
    """The p-value that both rows come from one source, and PSI minus its mean if they do."""
    from scipy.special import chdtrc

    sizes = table.sum(axis=1)
    total = table.sum(axis=0)
    categories = len(total)
    raw = float(_psi(table))
    if categories == 1:
        return 1.0, 0.0
    if float(np.min(total)) * float(np.min(sizes)) / float(np.sum(sizes)) >= 5:
        null_mean = (categories - 1) * float(np.sum(1 / sizes))
        return float(chdtrc(categories - 1, _chi_square(table))), raw - null_mean
    first = rng.multivariate_hypergeometric(
        total.astype(np.int64), int(sizes[0]), size=_DRAWS, method="marginals"
    ).astype(np.float64)
    dealt = np.stack([first, total - first], axis=1)
    as_large = int(np.sum(_chi_square(dealt) >= _chi_square(table) * (1 - 1e-12)))
    return (as_large + 1) / (_DRAWS + 1), raw - float(np.mean(_psi(dealt)))


def _psi(table: FloatArray) -> FloatArray:
    """Population stability index of (…, 2, B) counts, half a row added to each cell."""
    shares = (table + 0.5) / (table.sum(axis=-1, keepdims=True) + 0.5 * table.shape[-1])
    a, b = shares[..., 0, :], shares[..., 1, :]
    return np.asarray(np.sum((b - a) * np.log(b / a), axis=-1))


def _chi_square(table: FloatArray) -> FloatArray:
    total = table.sum(axis=-2, keepdims=True)
    expected = table.sum(axis=-1, keepdims=True) * total / total.sum(axis=-1, keepdims=True)
    return np.asarray(np.sum((table - expected) ** 2 / expected, axis=(-2, -1)))


def _cramers_v(table: FloatArray) -> float:
    """Cramér's V of a (2, B) table with Bergsma's bias correction."""
    n, categories = float(table.sum()), table.shape[1]
    if categories < 2:
        return 0.0
    squared = max(0.0, float(_chi_square(table)) / n - (categories - 1) / (n - 1))
    rows, columns = 2 - 1 / (n - 1), categories - (categories - 1) ** 2 / (n - 1)
    return float(np.sqrt(squared / max(min(rows, columns) - 1, 1e-12)))


def _movers(table: FloatArray, names: Sequence[str], most: int = 5) -> tuple[Mover, ...]:
    shares = table / table.sum(axis=1, keepdims=True)
    order = np.argsort(-np.abs(shares[1] - shares[0]), kind="stable")[:most]
    return tuple(
        Mover(value=names[i], test=float(shares[0, i]), production=float(shares[1, i]))
        for i in order
        if shares[0, i] != shares[1, i]
    )


def _severity(effect: float, limits: tuple[float, float], p: float) -> Severity:
    if p > _CERTAIN or effect < limits[0]:
        return "none"
    return "some" if effect < limits[1] else "large"


def _rank(severity: Severity) -> int:
    return ("none", "some", "large").index(severity)


def _change(mover: Mover) -> str:
    return f"{mover.value} goes from {mover.test:.0%} of the test set to {mover.production:.0%} of production"


def _mix_words(severity: Severity, movers: Sequence[Mover]) -> str:
    if severity == "none":
        return "No shift that matters."
    return f"The mix is different: {'; '.join(_change(mover) for mover in movers[:3])}."


def _numeric_words(severity: Severity, before: float, after: float, moved: float, missing: Shift) -> str:
    words = f"The median is {before:.4g} in the test set and {after:.4g} in production"
    words += f" (the values moved by {moved:.2f} standard deviations)."
    if missing.severity != "none":
        words += f" Missing values: {_change(missing.movers[0])}."
    return words if severity != "none" else f"No shift that matters. {words}"


def _text_words(
    severity: Severity, excess: float, test: Sequence[Sequence[str]], production: Sequence[Sequence[str]]
) -> str:
    before, after = (float(np.median([len(text) for text in side])) for side in (test, production))
    words = f"Beyond chance, {max(excess, 0):.0%} of the words in production are new to the test set;"
    words += f" the median length goes from {before:.0f} to {after:.0f} words."
    return words if severity != "none" else f"No shift that matters. {words}"


def _drawn(texts: Sequence[str], rng: np.random.Generator) -> list[str]:
    if len(texts) <= _TEXTS:
        return list(texts)
    return [texts[i] for i in np.sort(rng.choice(len(texts), _TEXTS, replace=False))]


def _tokens(texts: Iterable[str]) -> list[list[str]]:
    return [_WORD.findall(text.casefold()) for text in texts]


def _unseen(
    test: Sequence[Sequence[str]], production: Sequence[Sequence[str]], rng: np.random.Generator
) -> tuple[float, float]:
    """Share of production words that the test texts lack, minus its mean over random deals; p."""
    from scipy.special import ndtr

    codes: dict[str, int] = {}
    texts = [*test, *production]
    lengths = np.array([len(text) for text in texts])
    words = np.array([codes.setdefault(word, len(codes)) for text in texts for word in text])
    of_text = np.repeat(np.arange(len(texts)), lengths)
    here = np.arange(len(texts)) >= len(test)
    observed = _unseen_share(words, of_text, here, len(codes))
    dealt = [_unseen_share(words, of_text, rng.permutation(here), len(codes)) for _ in range(_DEALS)]
    excess, spread = observed - float(np.mean(dealt)), float(np.std(dealt, ddof=1))
    return excess, float(ndtr(-excess / spread)) if spread > 0 else float(excess <= 0)


def _unseen_share(words: IntArray, of_text: IntArray, production: BoolArray, size: int) -> float:
    there = production[of_text]
    known = np.zeros(size, dtype=np.bool_)
    known[words[~there]] = True
    ours = words[there]
    return float(np.mean(~known[ours])) if len(ours) else 0.0


def _word_movers(test: Sequence[Sequence[str]], production: Sequence[Sequence[str]]) -> tuple[Mover, ...]:
    counts = [Counter(word for text in side for word in set(text)) for side in (test, production)]
    names = sorted(counts[0].keys() | counts[1].keys())
    shares = np.array([[side[name] for name in names] for side in counts], dtype=np.float64)
    shares /= np.array([[len(test)], [len(production)]])
    order = np.argsort(-np.abs(shares[1] - shares[0]), kind="stable")[:5]
    return tuple(
        Mover(value=names[i], test=float(shares[0, i]), production=float(shares[1, i])) for i in order
    )
