"""A document as passages, each a sentence or a row, and the words by which they are judged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from shipworthy.launch.prd.reading import Block, Document, Section

__all__ = ["Passage", "features", "passages", "words"]

_MOST = 6_000
_MOST_WORDS = 90
_LONGEST_WORD = 40
_SHORTEST = 4
_SENTENCE = re.compile(r"(?<=[.!?;])[\"”’)]?\s+(?=[\"“(‘]?[A-Z0-9–—€$£])")
_TOKEN = re.compile(
    r"[€$£]\s?\d[\d.,]*|\d[\d.,]*\s?%|\d[\d.,:]*|[^\W\d_]+(?:['’][^\W\d_]{1,3})?|[\"“”„«≥≤<>÷]"
)
_WORD = re.compile(r"[^\W\d_]+")
_QUOTES = '"“”„«'
_ENDINGS = (
    "ingly",
    "edly",
    "ations",
    "ation",
    "ings",
    "ing",
    "ies",
    "ied",
    "ers",
    "ed",
    "es",
    "er",
    "ly",
    "s",
    "e",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A sentence or a row of a table, with the words that say what it belongs to."""

    block: Block
    """Where it stands."""
    section: Section
    """The section it stands in."""
    text: str
    """Its own words."""
    label: str
    """The lead words or first cell that announce it."""
    before: str
    """The sentence before it, in the same paragraph."""
    head: str
    """The names of its table's columns."""


def passages(document: Document) -> Iterator[Passage]:
    """Every passage, in the order of the document, up to a bound."""
    for number, passage in enumerate(_passages(document)):
        if number >= _MOST:
            return
        yield passage


def _passages(document: Document) -> Iterator[Passage]:
    for section in document.sections:
        lead = ""
        for block in section.blocks:
            if block.kind == "head":
                continue
            if block.kind == "row":
                cells = " | ".join(cell for cell in block.cells[1:] if cell)
                yield Passage(
                    block=block,
                    section=section,
                    text=cells[:1_000],
                    label=block.cells[0][:120],
                    before="",
                    head=" | ".join(block.head)[:300],
                )
                continue
            lead = block.label or (lead if block.kind == "item" else block.under)
            yield from _sentences(block, section, lead)


def _sentences(block: Block, section: Section, lead: str) -> Iterator[Passage]:
    text = block.text
    if block.label and text.startswith(block.label):
        text = text[len(block.label) :].lstrip(" :.–—-")
    before = ""
    for sentence in _merged(_SENTENCE.split(text)):
        yield Passage(
            block=block, section=section, text=sentence[:1_000], label=lead[:120], before=before, head=""
        )
        before = sentence[:300]


def _merged(sentences: Iterable[str]) -> Iterator[str]:
    """Sentences of a few words go with the next one."""
    held = ""
    for sentence in sentences:
        held = f"{held} {sentence}".strip()
        if len(held.split()) >= _SHORTEST:
            yield held
            held = ""
    if held:
        yield held


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def words(text: str) -> list[str]:
    """Stems in order; a number becomes what it counts, a quotation mark stays one."""
    found: list[str] = []
    for written in _TOKEN.findall(text.lower())[:_MOST_WORDS]:
        if written[0] in "€$£":
            found.append("#$")
        elif written[0].isdigit():
            found.append("#%" if written.endswith("%") else "#")
        elif written not in _QUOTES:
            found.append(_stem(written.replace("’", "'")))
        elif found[-1:] != ['"']:
            found.append('"')
    return found


def features(passage: Passage) -> dict[str, float]:
    """Words, word pairs and letters of a passage and the words around it, each kind with its own weight."""
    own, label, title = words(passage.text), words(passage.label), words(passage.section.title)
    around = (
        (title, "h:", 1.0),
        (label, "l:", 1.0),
        (words(" ".join(passage.section.above[1:])), "u:", 0.6),
        (words(passage.before), "p:", 0.5),
        (words(passage.head), "c:", 0.7),
    )
    found: dict[str, float] = {}
    _add(found, [*own, *_pairs(own)], "", 1.0)
    for group, prefix, weight in around:
        _add(found, group, prefix, weight)
    _add(found, [*title, *label, *_pairs(title), *_pairs(label)], "", 0.7)
    _add(found, _letters(passage.text), "~", 1.0)
    _add(found, _letters(f"{passage.section.title} {passage.label}"), "~~", 1.0)
    return found


def _letters(text: str) -> Iterator[str]:
    """Four and five letters in a row, with the edges of words, by which words of one family are alike."""
    for word in _WORD.findall(text.lower())[:_MOST_WORDS]:
        edged = f" {word[:_LONGEST_WORD]} "
        for length in (4, 5):
            yield from (edged[at : at + length] for at in range(len(edged) - length + 1))


def _pairs(stems: Iterable[str]) -> Iterator[str]:
    return (f"{first} {second}" for first, second in pairwise(stems))


def _add(found: dict[str, float], group: Iterable[str], prefix: str, weight: float) -> None:
    distinct = dict.fromkeys(group)
    for word in distinct:
        name = prefix + word
        found[name] = found.get(name, 0.0) + weight / len(distinct) ** 0.5
