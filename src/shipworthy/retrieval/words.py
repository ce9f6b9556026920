"""Words as the index knows them: stems by SQLite's own tokenizer, stop words, and safe queries.

What a person types never becomes query syntax: only letters and digits of it are used, each word quoted.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Sequence

from shipworthy.core.errors import EnvironmentFailure

__all__ = ["STOP_WORDS", "TOKENIZER", "Stemmer", "match_query", "question_words", "spaced"]

TOKENIZER = "porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
"""How FTS5 cuts texts into words: Porter's stemmer (1980) over Unicode letters without their accents."""
STOP_WORDS = frozenset(
    """
    a about am an and any are as at be been being but by can could did do does for from had has have he her
    his how i if in into is it its itself may me might must my no not of on or our shall she should so such
    than that the their them then there these they this those to was we were what when where which while who
    whom whose why will with would you your
    """.split()  # noqa: SIM905 (a list of words reads as words)
)
_MOST_WORDS = 64
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f]+")


def spaced(text: str) -> str:
    """The text with runs of scripts that put no space between words as overlapping pairs of letters."""
    return _UNSPACED.sub(lambda run: f" {_pairs(run[0])} ", text)


def _pairs(run: str) -> str:
    return run if len(run) < 3 else " ".join(run[place : place + 2] for place in range(len(run) - 1))


def question_words(question: str) -> tuple[list[str], list[str]]:
    """The words of a question that are searched for, and those that are passed over, each once, in order.

    When every word is a stop word, all of them are searched for.
    """
    words = list(dict.fromkeys(_WORD.findall(spaced(question[:20_000]).casefold())))[:_MOST_WORDS]
    telling = [word for word in words if word not in STOP_WORDS]
    return (telling, [word for word in words if word in STOP_WORDS]) if telling else (words, [])


def match_query(words: Sequence[str]) -> str:
    """An FTS5 query for texts with any of the words."""
    return " OR ".join('"' + word.replace('"', '""') + '"' for word in words)


class Stemmer:
    """The stems of texts, by the very tokenizer that the index uses.

    Raises:
        EnvironmentFailure: Python's SQLite was built without full text search.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        try:
            self._database.execute(
                f'CREATE VIRTUAL TABLE texts USING fts5(text, content="", tokenize="{TOKENIZER}")'
            )
        except sqlite3.OperationalError:
            raise EnvironmentFailure(
                "This Python's SQLite was built without full text search (FTS5), which the index needs.",
                hint="Use the Python of python.org, of conda or of your Linux distribution.",
            ) from None
        self._database.execute("CREATE VIRTUAL TABLE vocabulary USING fts5vocab(texts, instance)")

    def stems(self, texts: Sequence[str]) -> list[dict[str, int]]:
        """How often each stem stands in each text."""
        found: list[dict[str, int]] = [defaultdict(int) for _ in texts]
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT INTO texts(rowid, text) VALUES (?, ?)", enumerate(map(spaced, texts))
        )
        for place, stem in self._database.execute("SELECT doc, term FROM vocabulary"):
            if stem:  # nothing is left of a word that is all accents
                found[place][stem] += 1
        self._database.execute("ROLLBACK")
        return found

    def distinct(self, words: Sequence[str]) -> dict[str, str]:
        """Stem by the first word that has it."""
        stems = [next(iter(found), "") for found in self.stems(words)]
        return {stem: word for stem, word in reversed(list(zip(stems, words, strict=True))) if stem}

    def close(self) -> None:
        """Give the memory back."""
        self._database.close()
