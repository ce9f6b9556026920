"""Short exercises: drawn from a seed, answered by the numbers in ``stats``, never by a key typed in.

This package knows nothing about who answers, or where answers are kept.
"""

from shipworthy.career.exercises.catalog import draw, mark, solution, topics
from shipworthy.career.exercises.exercise import Exercise, Marked, Solution

__all__ = ["Exercise", "Marked", "Solution", "draw", "mark", "solution", "topics"]
