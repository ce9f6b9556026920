"""What a report about an AI feature should say beside its scores, and what to ask where it does not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shipworthy.evals.claims.blocks import Block, Table, blocks_of

__all__ = ["Topic", "TopicStatus", "topics"]

TopicStatus: TypeAlias = Literal["mentioned", "said to be missing", "not said"]
"""Whether a text has words about a topic. That it is mentioned does not mean that it was done well."""

_QUOTE = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Something one has to know before one believes a score."""

    name: str
    """A short name that stays the same, such as ``baseline``."""
    words: str
    """What it is, in plain words."""
    status: TopicStatus
    """Whether the text says something about it."""
    quote: str | None
    """The sentence that does."""
    question: str
    """What to ask the team."""


_TOPICS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    (
        "selection",
        "how many candidates were tried",
        (
            r"best[- ]of|tried|selected|picked|chosen|candidates|hyperparameter\w{0,4}|prompt variants",
            r"pre-?registered|one (?:prompt|configuration) only|no tuning",
        ),
        "How many prompts, models and settings were tried before this one was chosen, and on which examples?",
    ),
    (
        "baseline",
        "a baseline",
        (
            r"baseline|majority class|keyword rules?|heuristic|human performance|status quo|rule-based",
            r"today's process|previous (?:system|version|model)|random guess\w{0,3}",
        ),
        "What do the simplest alternatives score on the same examples: the most frequent answer, a rule,"
        " today's process?",
    ),
    (
        "segments",
        "results for groups",
        (
            r"(?:by|per|each) (?:segment|language|customer|country|category|class|group|region|age)",
            r"per-class|segments?|slices?|subgroups?|breakdown|broken down|stratified|demographics?",
        ),
        "For which customers, languages or kinds of input is it worst, how bad is it there, and on how many"
        " examples?",
    ),
    (
        "leakage",
        "a check that the test is not in the training data",
        (
            r"leak\w{0,4}|contaminat\w{0,4}|held[- ]?out|hold-?out|unseen|overlap|deduplicat\w{0,3}",
            r"near-?duplicates?|not (?:seen|used) (?:in|during|for) training",
        ),
        "How do you know that no test example, or a near copy of one, was in the training data or in the"
        " prompt?",
    ),
    (
        "data",
        "where the examples come from",
        (
            r"(?:sampled|drawn|collected) (?:from|in|between)|random sample|production (?:traffic|data|logs)",
            r"real (?:customers?|users?|traffic|tickets?)|representative|synthetic\w{0,4}|annotat\w{0,4}",
            r"labell?ed by|(?:internal|public) (?:data|benchmark|test)",
        ),
        "Where do the examples come from, who labelled them, how do they differ from what our users send?",
    ),
    (
        "repeats",
        "repeated runs",
        (
            r"(?:over|across) \w{1,12} (?:runs|seeds|trials)|\d{1,3} (?:runs|trials)|repeat\w{0,4}|re-?runs?",
            r"seeds?|temperature 0|(?:non-?)?determinis\w{0,4}|standard (?:deviation|error)|variance",
        ),
        "Does the same input get the same answer twice? How many runs were there, how far apart?",
    ),
    (
        "cost and speed",
        "cost and latency",
        (
            r"latenc\w{1,3}|milliseconds?|\d ?ms|seconds? per|p9[059]|throughput|tokens? per",
            r"cost per|per (?:call|request|1,?000)|\d ?(?:cents|usd|eur)",
        ),
        "What does one answer cost and how long does it take, with the very settings that gave this score?",
    ),
    (
        "error costs",
        "what the mistakes are and cost",
        (
            r"false[- ](?:positives?|negatives?)|confusion matrix|error analysis|failure (?:modes?|cases?)",
            r"severity|cost of (?:an? )?(?:errors?|mistakes?)|worst[- ]case|precision|recall",
        ),
        "What do the wrong answers look like, which of them hurt, and what does each kind cost?",
    ),
    (
        "date",
        "when, and with which version",
        (
            r"(?:19|20)\d\d-\d\d(?:-\d\d)?|q[1-4] ?20\d\d|in 20[123]\d|version \w{1,12}|v\d{1,3}\.\d{1,3}",
            r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,7}\.? (?:\d{1,2},? )?20\d\d",
        ),
        "When was this measured, and with which version of the model and the prompt?",
    ),
)
_PATTERNS = tuple(
    (name, words, re.compile(rf"(?<![\w-])(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE), question)
    for name, words, patterns, question in _TOPICS
)
_DENIED = re.compile(
    r"\b(?:no|not|without|never|nor|none|lacks?|lacking|missing|omit\w{0,4}|yet to|cannot|can't"
    r"|(?:did|does|do|was|were|have|has|is|are)n[o']t)\b[^.;]{0,40}$",
    re.IGNORECASE,
)


def topics(text: str) -> tuple[Topic, ...]:
    """What a text says, and does not say, of what has to be known beside a score."""
    sentences = [sentence for block in blocks_of(text) for sentence in _sentences(block)]
    return tuple(
        _topic(sentences, name, words, pattern, question) for name, words, pattern, question in _PATTERNS
    )


def _sentences(block: Block | Table) -> list[Block]:
    if isinstance(block, Block):
        return list(block.sentences())
    heads = Block(text=" | ".join(block.heads), line=block.rows[0].line if block.rows else 1)
    return [heads, *(Block(text=row.text, line=row.line) for row in block.rows)]


def _topic(sentences: list[Block], name: str, words: str, pattern: re.Pattern[str], question: str) -> Topic:
    status: TopicStatus = "not said"
    quote: str | None = None
    for sentence in sentences:
        plain = sentence.plain
        match = pattern.search(plain)
        if match is None:
            continue
        denied = _DENIED.search(plain[max(0, match.start() - 60) : match.start()])
        if status == "not said" or not denied:
            quote = _brief(sentence.text.strip())
            status = "said to be missing" if denied else "mentioned"
        if status == "mentioned":
            break
    return Topic(name=name, words=words, status=status, quote=quote, question=question)


def _brief(text: str) -> str:
    return text if len(text) <= _QUOTE else text[: _QUOTE - 1] + "…"
