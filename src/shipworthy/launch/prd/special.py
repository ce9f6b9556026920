"""Rules that no pattern can express: tables, dates, thresholds, contradictions, citations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from shipworthy.launch.prd.citations import Sources, citations, written_as
from shipworthy.launch.prd.parts import Part, Parts
from shipworthy.launch.prd.reading import Block
from shipworthy.playbook.prd import prd_rule, prd_signal

__all__ = ["SPECIAL", "Place", "Subject", "quoted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a rule is broken."""

    line: int
    """Line in the file."""
    section: str = ""
    """Heading it stands under."""
    quote: str | None = None
    """The words."""
    note: str | None = None
    """What to add to the rule's own explanation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A document and what it may cite."""

    parts: Parts
    """The document by topics."""
    sources: Sources
    """Where citations lead."""


def quoted(text: str, at: int = 0) -> str:
    """The words around a place, short enough to print."""
    start = max(0, at - 60)
    cut = text[start : start + 160]
    return f"{'…' if start else ''}{cut}{'…' if start + 160 < len(text) else ''}"


# --- numbers and what they belong to ---------------------------------------------------------------

_MEASURED = re.compile(
    r"\b(?:reach(?:es|ed)|achiev(?:es|ed)|scor(?:es|ed)|got|gets|shows?|is|was|has|had)\b.{0,40}?"
    r"\d[\d.,]{0,15}\s?(?:%|percent)",
    re.IGNORECASE,
)
_QUALITY = re.compile(
    r"\b(accura\w+|precision|recall|f1|auc|sensitivity|specificity|faithful\w*|grounded\w*"
    r"|hallucination rate)\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\b\d[\d,.]{0,12} ?(?:of|out of|/) ?(?:the |all )?\d|\bn ?= ?\d"
    r"|\b(?:on|in|over) (?:the|our|these|those) (?:same )?\d",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:is|lies|stays|falls|drops) (?:under|over|below|above|at least|at most)\b", re.IGNORECASE
)
_DUE = re.compile(
    r"\bis (?:due|done|started|triggered|stopped|paused) (?:if|when|once|as soon as)\b", re.IGNORECASE
)
_MODEL = re.compile(
    r"\b(accura\w+|precision|recall|f1|auc\w*|sensitivity|specificity|bleu|rouge|perplexity|latency|p9[059]|"
    r"benchmark|"
    r"hallucinat\w+|test set|model|(?:api|tool) calls|tokens|by q[1-4])\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d")
_PERHAPS = 0.18
"""How likely a passage must be about the value to be given the benefit of the doubt."""
_VALUE = re.compile(r"\d+(?:\.\d+)?\s?(?:%|percent\b)|(?<![\d.])[01]?\.\d+")
_LIMIT_VALUE = re.compile(
    r"(?:>=|<=|≥|≤|[<>]|\bat least|\bat most|\btarget|\bthreshold|\bminimum|\bno (?:more|less) than|"
    r"\bmust (?:be|reach)|"
    r"\bbar)[^|.;]{0,25}?(?:\d+(?:\.\d+)?\s?(?:%|percent\b)|(?<![\d.])[01]?\.\d+)"
    r"|(?:\d+(?:\.\d+)?\s?(?:%|percent)|[01]?\.\d+)\s+or\s+(?:more|less|better|higher|lower|fewer)",
    re.IGNORECASE,
)


_LIMIT_NAME = re.compile(r"\b(threshold|target|bar|goal|minimum)\b", re.IGNORECASE)
_WHAT = re.compile(
    r"(?!(?:target|threshold|minimum|value|result|must|reach|least|most|goal|above|below)\b)[a-z][a-z-]{4,}"
    r" ?(?:[<>≤≥]=?|at (?:least|most)|at \d|no (?:more|less) than|(?:\d[\d.]{0,8} ?%|\d?\.\d+) ?\(\d)"
    r"|\d ?% (?:with|without|wrong|false|correct|right)\b|[\"”»] (?:must|has to|needs? to)\b",
    re.IGNORECASE,
)
"""A word beside a limit, or before a measured value with its interval, that says what is limited."""


def _no_dataset(subject: Subject) -> Iterator[Place]:
    parts, dataset = subject.parts, prd_signal("dataset")
    own = parts.about("evaluation")
    blocks = [block for part in own for block in part.blocks]
    numbered = any(_VALUE.search(block.text) for block in blocks)
    named = [*blocks, *(block for part in parts.labelled("data") for block in part.blocks)]
    if numbered and not any(dataset.search(block.text) for block in named):
        yield Place(line=own[0].line, section=own[0].title)
        return
    others = {id(block) for part in parts.said("alternative") for block in part.blocks}
    for section in parts.document.sections:
        around = " ".join(block.text for block in section.blocks)
        for block in section.blocks:
            if id(block) in others:
                continue  # what it is compared with
            text = "" if _DUE.search(block.text) else _CONDITION.sub(" ", block.text)
            measured = block.kind != "row" and _MEASURED.search(text) and _QUALITY.search(text)
            if measured and not _COUNTED.search(text) and not dataset.search(around[:20_000]):
                yield Place(line=block.line, section=section.title, quote=quoted(block.text))


def _no_outcome(subject: Subject) -> Iterator[Place]:
    """Success in nothing but the model's own measures."""
    parts = subject.parts
    own = parts.labelled("value")
    near = (*own, *parts.meant("value"), *parts.likely("value", least=_PERHAPS))
    clauses = (
        clause for part in near for block in part.blocks for clause in re.split(r"[;.,](?:\s|$)", block.text)
    )
    if not any(_NUMBER.search(clause) and not _MODEL.search(clause) for clause in clauses):
        yield Place(line=own[0].line if own else parts.line)


def _threshold_without_metric(subject: Subject) -> Iterator[Place]:
    metric = prd_signal("metric")
    for topic in ("evaluation", "launch"):
        for part in subject.parts.labelled(topic):
            for block in part.blocks:
                text = " ".join(cell for cell in block.cells if cell) if block.cells else block.text
                found = _LIMIT_VALUE.search(text) or (block.kind == "row" and _bare_row(block))
                named = (
                    metric.search(text)
                    or _names_row(block)
                    or block.under
                    or _WHAT.search(text)
                    or _led(block)
                )
                if found and not named and block.kind != "head":
                    yield Place(line=block.line, section=part.title, quote=quoted(block.text))


def _led(block: Block) -> bool:
    """Whether the words that a block leads with name something, and not only that it is limited."""
    words = re.findall(r"[^\W\d_]{4,}", block.label or "")
    return any(not _LIMIT_NAME.search(word) for word in words)


def _bare_row(block: Block) -> bool:
    """Whether a row gives a value under a column of thresholds."""
    return any(
        _LIMIT_NAME.search(name) and _VALUE.search(cell)
        for name, cell in zip(block.head, block.cells, strict=False)
    )


def _names_row(block: Block) -> bool:
    """Whether a row of a table of measures says which one it is, whatever its name."""
    return block.kind == "row" and any(re.search(r"[^\W\d_]{3}", cell) for cell in block.cells[:2])


# --- dates and places --------------------------------------------------------------------------------

_GO = re.compile(
    r"\b(launch\w*|ship\w*|go(es|ing)?.?live|releas\w+|roll(s|ed|ing)?.?out|GA|general availability|done|"
    r"available|start\w*|deploy\w*)\b",
    re.IGNORECASE,
)
_CRITERIA = re.compile(
    r"\b(criteri\w+|conditions?|gates?|done|go.?/?(or )?no.?go|when|if|acceptance|ready|dod)\b", re.IGNORECASE
)
_LATE = re.compile(
    r"\b(appendi(x|ces)|annex\w*|attachments?|supplement\w*|nice.to.haves?|future( work)?|later|"
    r"phase (2|two|3|three)|v2|out.of.scope|non.?goals?|backlog|post.?launch|after (the )?launch|"
    r"open (questions|points)|parking lot|stretch)\b",
    re.IGNORECASE,
)


def _date_only(subject: Subject) -> Iterator[Place]:
    day, condition = prd_signal("day"), prd_signal("condition")
    own = subject.parts.labelled("launch")
    blocks = [block for part in own for block in part.blocks]
    dated = [block for block in blocks if day.search(block.text)]
    if dated and not any(condition.search(block.text) for block in blocks):
        yield Place(line=dated[0].line, section=own[0].title, quote=quoted(dated[0].text))
        return
    for part in own:
        if _CRITERIA.search(part.title):
            for block in part.blocks:
                if day.search(block.text) and _GO.search(block.text) and not condition.search(block.text):
                    yield Place(line=block.line, section=part.title, quote=quoted(block.text))


def _only_in_appendix(subject: Subject) -> Iterator[Place]:
    found = subject.parts.about("equity")
    if found and all(_is_late(part) for part in found):
        yield Place(line=found[0].line, section=found[0].title)


def _is_late(part: Part) -> bool:
    return any(_LATE.search(title) for title in (part.title, *part.above))


# --- tables and headings ------------------------------------------------------------------------------


def _blank_cells(subject: Subject) -> Iterator[Place]:
    for section in subject.parts.document.sections:
        for block in section.blocks:
            if block.kind == "row" and block.cells[0]:
                blank = [
                    name for name, cell in zip(block.head, block.cells, strict=False) if name and not cell
                ]
                blank += [name for name in block.head[len(block.cells) :] if name]
                if blank:
                    names = ", ".join(repr(name[:40]) for name in blank[:5])
                    note = f"It is {names} of {block.cells[0][:60]!r}."
                    yield Place(line=block.line, section=section.title, quote=quoted(block.text), note=note)


_LEAD = 7
"""The level from which a line of its own serves as a heading; right below a heading it goes on with it."""


def _empty_sections(subject: Subject) -> Iterator[Place]:
    sections = subject.parts.document.sections
    for section, following in pairwise([*sections, None]):
        assert section is not None
        led_on = following is not None and following.level >= _LEAD and following.line == section.line + 1
        closed = following is None or following.level <= section.level
        if section.level and not section.blocks and closed and not led_on:
            yield Place(line=section.line, section=section.title)


# --- ways of failing ---------------------------------------------------------------------------------


_QUOTE = re.compile("[“„«]")


def _few_failures(subject: Subject) -> Iterator[Place]:
    """Fewer kinds of failure than the rule asks for, and fewer rows or items about any."""
    rule, parts = prd_rule("error_states.few"), subject.parts
    own = parts.about("error_states")
    blocks = {id(block): block for part in (*own, *parts.likely("error_states")) for block in part.blocks}
    listed = sum(block.kind in {"row", "item"} for block in blocks.values())
    quotes = sum(block.text.count('"') // 2 + len(_QUOTE.findall(block.text)) for block in blocks.values())
    kinds = sum(any(need.search(block.text) for block in blocks.values()) for need in rule.needs)
    if own and max(kinds, listed, quotes) < rule.at_least:
        yield Place(line=own[0].line, section=own[0].title)


# --- contradictions -----------------------------------------------------------------------------------

_BAR = re.compile(
    r"(?P<op>>=|<=|≥|≤|at least|at most|no more than|no less than|more than|less than|[<>])\s{0,2}(?:of )?"
    r"(?P<number>\d+(?:\.\d+)?)\s?(?P<percent>%|percent\b)?",
    re.IGNORECASE,
)
_SAME_KEY = re.compile(
    r"\b(accuracy|precision|recall|macro.?f1|micro.?f1|f1|auc|sensitivity|specificity|faithfulness|"
    r"groundedness|hallucination rate|error rate|word error rate|exact match|latency|"
    r"false (?:positive|negative|alarm) rate|kappa|coverage)\b",
    re.IGNORECASE,
)
_STAGE = re.compile(
    r"\b(pilot|beta|stage|phase|stretch|weeks?|gap|difference|today|baseline|alert|alarm|until|each|every|per|by|within|for|"
    r"among|while|when|if|now|of)\b",
    re.IGNORECASE,
)
_ON_DATA = re.compile(
    r"\b(?:on|in) (?:the |our )?(?:[\w-]+ )?(?:test|set|data|dataset|hold.?out|[\w-]*\d)\b.*", re.IGNORECASE
)
_APART = ("monitoring", "retraining", "kill", "abuse", "fallback", "operating_point", "alternative")


def _contradictions(subject: Subject) -> Iterator[Place]:
    """Bars for the same measure with the same words around it, and different values."""
    parts = subject.parts
    apart = {id(block) for name in _APART for part in parts.labelled(name) for block in part.blocks}
    first: dict[tuple[str, str], tuple[float, Block]] = {}
    for section in parts.document.sections:
        for block in section.blocks:
            for key, value in _bars_of(block) if id(block) not in apart else ():
                known, where = first.setdefault(key, (value, block))
                if abs(known - value) > 1e-9 and where is not block:
                    note = f"Line {where.line} says otherwise: {quoted(where.text)!r}."
                    yield Place(line=block.line, section=section.title, quote=quoted(block.text), note=note)


def _bars_of(block: Block) -> Iterator[tuple[tuple[str, str], float]]:
    cells = _of_row(block) if block.kind == "row" else None
    for clause in cells or re.split(r"[;,]|\.\s|\band\b", block.text):
        bar = _BAR.search(clause)
        if bar is None:
            continue
        before = clause[: bar.start()]
        names = _SAME_KEY.findall(before)
        words = re.sub(r"\W+", " ", _SAME_KEY.sub("", before)).strip().lower()
        after = _ON_DATA.sub("", clause[bar.end() :])
        if len(names) == 1 and len(words.split()) <= 4 and not _STAGE.search(f"{words} {after}"):
            value = float(bar["number"]) / (100 if bar["percent"] else 1)
            yield (f"{names[0].lower()} {words}", _direction(bar["op"])), value


def _of_row(block: Block) -> Iterator[str]:
    """Each cell of a row after what the row is about: its first cell and the letters that name its data."""
    letters = (cell for cell in block.cells[1:] if len(cell) <= 2 and not _NUMBER.search(cell))
    names = " ".join([block.cells[0], *letters])
    return (f"{names} {cell}" for cell in block.cells[1:])


def _direction(operator: str) -> str:
    return "low" if operator.lower() in {">=", "≥", ">", "at least", "more than", "no less than"} else "high"


# --- citations ------------------------------------------------------------------------------------------


def _unknown_citations(subject: Subject) -> Iterator[Place]:
    for cited in citations(subject.parts.document):
        source = subject.sources(cited.source)
        if source is None:
            note = f"There is no {cited.source!r} here."
        elif cited.key is not None and cited.key not in source.facts:
            note = f"{cited.source!r} holds no {cited.key!r}."
        else:
            continue
        yield Place(line=cited.line, section=cited.section, quote=quoted(cited.claim), note=note)


def _wrong_values(subject: Subject) -> Iterator[Place]:
    for cited in citations(subject.parts.document):
        source = subject.sources(cited.source)
        fact = source.facts.get(cited.key or "") if source else None
        if fact is not None and not written_as(fact, cited.claim):
            note = f"{cited.source!r} says: {fact.text}."
            yield Place(line=cited.line, section=cited.section, quote=quoted(cited.claim), note=note)


def _stale_citations(subject: Subject) -> Iterator[Place]:
    for cited in citations(subject.parts.document):
        source = subject.sources(cited.source)
        if source is not None and source.newer is not None:
            note = f"{cited.source} is cited; the newest is {source.newer}."
            yield Place(line=cited.line, section=cited.section, quote=quoted(cited.claim), note=note)


SPECIAL: Mapping[str, Callable[[Subject], Iterator[Place]]] = {
    "value.metric": _no_outcome,
    "metric.dataset": _no_dataset,
    "threshold.metric": _threshold_without_metric,
    "equity.appendix": _only_in_appendix,
    "launch.date_only": _date_only,
    "error_states.few": _few_failures,
    "text.blank_cell": _blank_cells,
    "text.empty_section": _empty_sections,
    "number.contradiction": _contradictions,
    "citation.unknown": _unknown_citations,
    "citation.value": _wrong_values,
    "citation.stale": _stale_citations,
}
"""The rules of kind ``special`` by id."""
