"""Quantiles of the normal, Student's t and the gamma distribution, and a fair coin's tail, in plain Python.

A comparison of two candidates needs four numbers of SciPy's, and importing SciPy costs more than the
comparison. These agree with SciPy to ten digits and more (``tests/stats/test_quantiles.py``).

References:
    Wichura (1988), Algorithm AS 241: the percentage points of the normal distribution. Applied Statistics
    37 (what :class:`statistics.NormalDist` uses).
    Abramowitz & Stegun (1972), Handbook of Mathematical Functions, 26.7.5 (Student's t for many degrees
    of freedom).
    DLMF, https://dlmf.nist.gov: 8.11.4 and 8.9.2 (incomplete gamma), 8.17.22 (incomplete beta).
    Loader (2000), Fast and accurate computation of binomial probabilities.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

__all__ = ["coin_tail", "gamma_quantile", "normal_quantile", "t_quantile"]

_NORMAL = NormalDist()
_STEPS = 200
_CLOSE = 1e-9
_LEAP = 8.0
_PRECISE = 1e-15
_TINY = 1e-300
_MANY = 1000.0
"""From so many degrees of freedom Student's t is the normal distribution with a correction."""
_SMALL = 1000
"""Up to so many tosses a binomial coefficient is taken exactly."""


def normal_quantile(probability: float) -> float:
    """The value that a standard normal variable stays below with this probability (0 to 1)."""
    if not 0 < probability < 1:
        return _end(probability, -math.inf)
    return _NORMAL.inv_cdf(probability)


def t_quantile(probability: float, freedom: float) -> float:
    """The value that Student's t stays below with this probability.

    Args:
        probability: 0 to 1; at the ends the value is infinite.
        freedom: Degrees of freedom, any number above 0; infinite gives the normal distribution.

    Raises:
        ValueError: A probability outside 0 to 1, or no degrees of freedom.
    """
    if not freedom > 0:
        raise ValueError(f"degrees of freedom must be above 0, got {freedom!r}")
    if not 0 < probability < 1:
        return _end(probability, -math.inf)
    if probability == 0.5:
        return 0.0
    tail = min(probability, 1 - probability)
    size = _t_of_tail(tail, abs(probability - 0.5), freedom)
    return size if probability > 0.5 else -size


def gamma_quantile(probability: float, shape: float) -> float:
    """The value that a gamma variable of scale 1 stays below with this probability.

    At a whole ``shape`` k it is the mean of a Poisson variable that reaches k with this probability, which
    is what makes it a bound for few cases.

    Raises:
        ValueError: A probability outside 0 to 1, or a shape that is not above 0.
    """
    if not 0 < shape < math.inf:
        raise ValueError(f"the shape must be above 0 and finite, got {shape!r}")
    if not 0 < probability < 1:
        return _end(probability, 0.0)
    lower = probability < 0.5
    goal = math.log(probability) if lower else math.log1p(-probability)

    def off(log_value: float) -> tuple[float, float]:
        value = math.exp(log_value)
        below, above = _gamma_shares(shape, value)
        log_density = shape * log_value - value - math.lgamma(shape)
        share = below if lower else above
        if share <= 0:
            return -math.inf, math.nan
        slope = math.exp(log_density - math.log(share)) * (1 if lower else -1)
        return math.log(share) - goal, slope

    return math.exp(_root(off, _gamma_start(probability, shape), rising=lower))


def coin_tail(heads: int, tosses: int) -> float:
    """The chance of at most ``heads`` heads in ``tosses`` tosses of a fair coin.

    Raises:
        ValueError: More heads than tosses, or a number below 0.
    """
    if not 0 <= heads <= tosses:
        raise ValueError(f"{heads!r} heads in {tosses!r} tosses cannot be")
    if 2 * heads >= tosses:
        return 1.0 if heads == tosses else 1 - coin_tail(tosses - heads - 1, tosses)
    term = total = 1.0
    for count in range(heads, 0, -1):
        term *= count / (tosses - count + 1)
        total += term
        if term < total * 1e-17:
            break
    return _coin(heads, tosses) * total


# --- Student's t --------------------------------------------------------------------------------------


def _t_of_tail(tail: float, centre: float, freedom: float) -> float:
    """The t above 0 beyond which there is ``tail``, and ``centre`` between 0 and it."""
    normal = -_NORMAL.inv_cdf(tail)
    if freedom >= _MANY and normal**2 < freedom / 30:
        return _nearly_normal(normal, freedom)
    log_beta = _log_beta_half(freedom / 2)
    outer = tail < 0.25
    goal = math.log(2 * tail) if outer else math.log(2 * centre)

    def off(log_t: float) -> tuple[float, float]:
        """How far the log of the share is from its goal at log t, and its slope."""
        # t may be too large a number to square, so all is done with log(t² / freedom)
        log_ratio = 2 * log_t - math.log(freedom)
        log_inside, log_outside = -_softplus(-log_ratio), -_softplus(log_ratio)
        if outer:
            log_share = _log_beta_share(freedom / 2, 0.5, log_outside, log_inside, log_beta)
        else:
            log_share = _log_beta_share(0.5, freedom / 2, log_inside, log_outside, log_beta)
        log_slope = 0.5 * log_inside + 0.5 * freedom * log_outside - log_beta + math.log(2)
        slope = math.exp(log_slope - log_share)
        return log_share - goal, -slope if outer else slope

    start = math.log(max(normal, _TINY)) if freedom > 3 else _t_start(tail, freedom, log_beta)
    log_t = _root(off, start, rising=not outer)
    return math.exp(log_t) if log_t < 709 else math.inf


def _t_start(tail: float, freedom: float, log_beta: float) -> float:
    """The log of t by the power law of the tail."""
    return 0.5 * math.log(freedom) - (math.log(2 * tail) + log_beta + math.log(freedom / 2)) / freedom


def _nearly_normal(z: float, freedom: float) -> float:
    """Abramowitz and Stegun 26.7.5."""
    z2 = z * z
    terms = (
        (z2 + 1) / 4,
        ((5 * z2 + 16) * z2 + 3) / 96,
        (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384,
        ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160,
    )
    return z * (1 + sum(term / freedom ** (power + 1) for power, term in enumerate(terms)))


def _log_beta_half(a: float) -> float:
    """The log of B(a, ½)."""
    return 0.5 * math.log(math.pi) - _log_gamma_half_step(a)


def _log_gamma_half_step(a: float) -> float:
    """The log of Γ(a + ½) / Γ(a), by its series where the two logs are too large to be subtracted."""
    if a < 30:
        return math.lgamma(a + 0.5) - math.lgamma(a)
    inverse = 1 / (a * a)
    series = (-1 / 8 + inverse * (1 / 192 + inverse * (-1 / 640 + inverse * 17 / 14336))) / a
    return 0.5 * math.log(a) + series


def _log_beta_share(a: float, b: float, log_x: float, log_y: float, log_beta: float) -> float:
    """The log of the regularised incomplete beta function I_x(a, b), with y = 1 - x; both given as logs."""
    x, y = math.exp(log_x), math.exp(log_y)
    front = a * log_x + b * log_y - log_beta
    if x * (a + b + 2) < a + 1:
        return front + math.log(_beta_fraction(a, b, x) / a)
    other = math.exp(front) * _beta_fraction(b, a, y) / b
    return math.log1p(-other) if other < 1 else -math.inf


def _beta_fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method."""
    c, d = 1.0, _inverse(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, 5_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = _inverse(1 + even * d)
        c = 1 + even / c
        value *= c * d
        d = _inverse(1 + odd * d)
        c = 1 + odd / c
        value *= c * d
        if abs(c * d - 1) < _PRECISE:
            break
    return value


# --- gamma --------------------------------------------------------------------------------------------


def _gamma_start(probability: float, shape: float) -> float:
    """The log of a first guess: Wilson and Hilferty's, or where that fails the power law near 0."""
    ninth = 1 / (9 * shape)
    root = 1 - ninth + _NORMAL.inv_cdf(probability) * math.sqrt(ninth)
    power_law = (math.log(probability) + math.lgamma(shape + 1)) / shape
    if shape < 1 or root <= 0.1:
        return min(power_law, math.log(shape + 1 - math.log1p(-probability)))
    return math.log(shape) + 3 * math.log(root)


def _gamma_shares(shape: float, value: float) -> tuple[float, float]:
    """The regularised incomplete gamma functions P and Q."""
    if value <= 0:
        return 0.0, 1.0
    front = math.exp(shape * math.log(value) - value - math.lgamma(shape))
    if value < shape + 1:
        below = front * _gamma_series(shape, value)
        return below, 1 - below
    above = front * _gamma_fraction(shape, value)
    return 1 - above, above


def _gamma_series(shape: float, value: float) -> float:
    term = total = 1 / shape
    step = shape
    while term > total * 1e-17:
        step += 1
        term *= value / step
        total += term
    return total


def _gamma_fraction(shape: float, value: float) -> float:
    """DLMF 8.9.2, by Lentz's method."""
    b = value + 1 - shape
    c, d = 1 / _TINY, _inverse(b)
    result = d
    for i in range(1, 5_000):
        a = -i * (i - shape)
        b += 2
        d = _inverse(a * d + b)
        c = b + a / c
        result *= c * d
        if abs(c * d - 1) < _PRECISE:
            break
    return result


# --- shared -------------------------------------------------------------------------------------------


def _end(probability: float, lowest: float) -> float:
    """The quantile at probability 0 or 1."""
    if probability == 0:
        return lowest
    if probability == 1:
        return math.inf
    raise ValueError(f"a probability is a number from 0 to 1, got {probability!r}")


def _root(off: Callable[[float], tuple[float, float]], start: float, *, rising: bool) -> float:
    """Where ``off``, which gives a monotone function's value and slope, is 0: Newton, kept in a bracket."""
    low, high, here = -math.inf, math.inf, start
    for _ in range(_STEPS):
        value, slope = off(here)
        up = (value < 0) == rising
        low, high = (here, high) if up else (low, here)
        step = -value / slope if slope and math.isfinite(value) else math.inf
        if abs(step) <= _CLOSE * max(1.0, abs(here)):
            return here + step  # the next step would be the square of this one
        there = here + (min(abs(step), _LEAP) if up else -min(abs(step), _LEAP))
        here = there if low < there < high else (low + high) / 2
    return here


def _inverse(value: float) -> float:
    return 1 / (value if abs(value) > _TINY else _TINY)


def _softplus(value: float) -> float:
    """log(1 + e^value)."""
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


def _coin(heads: int, tosses: int) -> float:
    """The chance of exactly so many heads, at most half of the tosses."""
    if tosses <= _SMALL:
        return math.comb(tosses, heads) / (1 << tosses)
    if heads == 0:
        return 0.0
    tails = tosses - heads
    lack = (tails - heads) / tosses
    log = heads * math.log1p(-lack) + tails * math.log1p(lack)
    error = _stirling_error(tosses) - _stirling_error(heads) - _stirling_error(tails)
    return math.exp(error - log) * math.sqrt(tosses / (2 * math.pi * heads * tails))


def _stirling_error(n: int) -> float:
    """By how much log n! exceeds Stirling's formula."""
    if n < 16:
        return math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(2 * math.pi)
    inverse = 1 / (n * n)
    return (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / n
