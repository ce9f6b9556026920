"""Names for the array types that the statistics take and give."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["BoolArray", "FloatArray", "IntArray"]

IntArray: TypeAlias = NDArray[np.integer[Any]]
"""Whole numbers of any width: codes of classes, clusters and segments."""
FloatArray: TypeAlias = NDArray[np.float64]
"""Double-precision numbers: scores, probabilities, costs."""
BoolArray: TypeAlias = NDArray[np.bool_]
"""One yes or no for each row."""
