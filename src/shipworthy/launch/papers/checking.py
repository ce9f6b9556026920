"""Whether words and numbers of a paper agree with the reviews that it cites.

Every citation is looked up, what stands before it must be what the review says, and every other number is a
claim without a source. Dates, ids and the numbers of provisions claim nothing and may stand alone. In a
quotation (``> …``), where a person states what no review can know, only rates are claims.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from shipworthy.core.errors import DataError, Where
from shipworthy.documents.text import one_line
from shipworthy.launch.papers.facts import Sourcebook, metadata_text

__all__ = ["PaperProblem", "check_paper", "cites_reviews", "without_citations"]

Kind = Literal["mismatch", "stale", "missing", "uncited", "absolute"]
_LARGEST = 500_000
_CITATION = re.compile(r"\[review (?P<review>\d{4}-\d\d-\d\d-[0-9a-z]{6}): (?P<key>[^\[\]\n|]{1,200})\]")
_FRONT = re.compile(r"\A---\n(?P<yaml>.*?)\n---\n", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.])[−+-]?\d[\d.,]*\d%?|(?<![\w.])[−+-]?\d%?")
_RATE = re.compile(
    r"[\d.,]*\d ?(?:%|per ?cent|points\b)|\b\d[\d,]* (?:in|of|out of) (?:every )?\d[\d,]*|\b0\.\d+",
    re.IGNORECASE,
)
_COUNTED = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|"
    "seventy|eighty|ninety|hundred|thousand|half|third|quarter|dozens?|hundreds|thousands|millions?"
)
_IN_WORDS = re.compile(
    rf"\b(?:{_COUNTED})\s+(?:in|out of|of|per)\s+(?:a\s+|every\s+)?(?:{_COUNTED})\b"
    rf"|\b(?:{_COUNTED})\s+per ?cent\b"
    r"|\b(?:half|a third|two thirds|a quarter|three quarters|most|almost all|nearly all|hardly any) of "
    r"(?:the|them|all)\b",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(
    r"\b(?:never|always)\s+(?:be\s+)?(?:wrong|right|correct|fails?|errs?|makes? (?:a )?mistakes?)\b|"
    r"\b(?:error|bias|mistake|risk)[- ]free\b|\b(?:flawless|infallible|foolproof|perfectly (?:safe|"
    r"accurate))\b|"
    r"\bguarante\w+\b|\bcompletely (?:safe|accurate|fair)\b",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"\d{4}-\d\d-\d\d(?:-[0-9a-z]{6}|T[\d:]+Z)?|\d{1,2} [A-Z][a-z]+ \d{4}"
    r"|(?:Art(?:icles?|\.)|[Aa]nnex|[Rr]ecitals?|Chapter|Section|§)\s*[IVX\d]+[a-z]*(?:\(\w{1,4}\))*"
    r"|(?:Regulation|Directive) \(EU\) (?:No )?\d+/\d+|\b[0-9a-f]{12,64}\b"
)
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()<>#+.!|&~-])")
_NUMBERING = re.compile(r"^\s*(?:#{1,6}\s*)?(?:\d{1,2}[.)](?:\d{1,2}[.)]?)*|[-*+])?\s*(?:\([a-z]\)\s)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperProblem:
    """Something a paper says that no review carries."""

    line: int
    """Where it stands, counted from 1."""
    kind: Kind
    """mismatch, stale, missing, uncited or absolute."""
    message: str
    """What is wrong."""
    next_step: str
    """What to do."""


Sources = Callable[[str], "Sourcebook | None"]
"""The review with an id; None where there is none."""


def cites_reviews(text: str) -> bool:
    """Whether a paper cites any review."""
    return _CITATION.search(text) is not None


def without_citations(text: str) -> str:
    """A paper as it may be published: the same words without the places they come from."""
    return _COMMENT.sub("", re.sub(rf" ?{_CITATION.pattern}", "", text)).rstrip()


def check_paper(text: str, *, source: Sources, name: str = "paper") -> tuple[PaperProblem, ...]:
    """Hold a paper against the reviews that it cites.

    Args:
        text: Its Markdown.
        source: Finds a review by id.
        name: What to call the paper in errors.

    Raises:
        DataError: it is too large to be a paper.
    """
    if len(text) > _LARGEST:
        raise DataError(
            f"This paper has {len(text):,} characters; up to {_LARGEST:,} are read.", where=Where(file=name)
        )
    text = text.replace("\r\n", "\n")
    problems = [*_metadata(text, source), *_stale(text, source)]
    body = _FRONT.sub(lambda found: "\n" * found[0].count("\n"), text)
    body = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), body)
    for line, block, stated in _blocks(body):
        problems += _in_block(block, line, source, stated=stated)
    return tuple(sorted(problems, key=lambda problem: problem.line))


def _blocks(body: str) -> Iterator[tuple[int, str, bool]]:
    """Paragraphs, items and cells: first line, words, and whether they are quoted (stated by a person)."""
    opened, start, quoted = "", 0, False
    for number, raw in enumerate(body.split("\n"), 1):
        line, quotes = raw.lstrip("> \t").rstrip(), raw.lstrip().startswith(">")
        fresh = not line or quotes != quoted or re.match(r"[-*+] |\d{1,2}[.)] |#|\|", line)
        if fresh and opened:
            yield start, opened, quoted
            opened = ""
        quoted = quotes
        if line.startswith("|"):
            cells = (cell for cell in re.split(r"(?<!\\)\|", line) if cell.strip())
            yield from ((number, _words(cell), quoted) for cell in cells)
        elif line:
            start = start if opened else number
            words = _words(_NUMBERING.sub("", line, count=1) if not opened else line)
            opened = f"{opened} {words}".strip()
    if opened:
        yield start, opened, quoted


def _words(text: str) -> str:
    kept = _ESCAPED.sub(lambda found: chr(0xE000 + ord(found[1])), text)
    kept = re.sub(r"[*`]", "", kept)
    return " ".join(re.sub("[\ue000-\ue07f]", lambda found: chr(ord(found[0]) - 0xE000), kept).split())


def _in_block(block: str, line: int, source: Sources, *, stated: bool) -> Iterator[PaperProblem]:
    start = 0
    rest: list[str] = []
    for found in _CITATION.finditer(block):
        claim = block[start : found.start()].rstrip()
        start = found.end()
        book = source(found["review"])
        said = None if book is None else _fact(book, found["key"])
        if said is None:
            yield _missing(line, found, book)
        elif not _ends_with(claim, said):
            yield _mismatch(line, found, claim, said)
        else:
            claim = claim[: len(claim) - len(said)]
            rest.append(claim)
    rest.append(block[start:])
    for part in rest:
        yield from _unsourced(part, line, _RATE if stated else _NUMBER)


def _ends_with(claim: str, said: str) -> bool:
    """Whether a claim ends with what the review says, and not with a part of another number or word."""
    before = claim[: len(claim) - len(said)]
    return claim.casefold().endswith(said.casefold()) and not re.search(r"[\w.,+−-]\Z", before)


def _fact(book: Sourcebook, key: str) -> str | None:
    """What a review says under a key, written as it is in papers."""
    exact = book.facts.get(key)
    if exact is None:
        exact = next((text for name, text in book.facts.items() if _shown(name) == key), None)
    return None if exact is None else one_line(exact, 600)


def _shown(key: str) -> str:
    return re.sub(r"[\[\]|\n]", "?", key)[:190]


def _missing(line: int, found: re.Match[str], book: Sourcebook | None) -> PaperProblem:
    if book is None:
        what = f"The review {found['review']} is not here."
        return PaperProblem(
            line=line, kind="missing", message=what, next_step="Restore it, or cite one that is."
        )
    return PaperProblem(
        line=line,
        kind="missing",
        message=f"The review {found['review']} has no {found['key']!r}.",
        next_step="Take the statement out, or cite what the review does say.",
    )


def _mismatch(line: int, found: re.Match[str], claim: str, said: str) -> PaperProblem:
    written = claim[-max(len(said) + 12, 40) :].strip()
    return PaperProblem(
        line=line,
        kind="mismatch",
        message=f"The paper says “…{written}”; the review {found['review']} says “{said}” ({found['key']}).",
        next_step="Write what the review says, word for word, before the citation.",
    )


def _unsourced(part: str, line: int, number: re.Pattern[str]) -> Iterator[PaperProblem]:
    bare = _HARMLESS.sub(" ", part)
    for found in (*number.finditer(bare), *_IN_WORDS.finditer(bare)):
        yield PaperProblem(
            line=line,
            kind="uncited",
            message=f"“{found[0]}” comes from no review.",
            next_step="Cite the review it comes from, or say it without a number.",
        )
    for found in _ABSOLUTE.finditer(bare):
        yield PaperProblem(
            line=line,
            kind="absolute",
            message=f"“{found[0]}” is more than any test can show.",
            next_step="Say how often it happened in the test, with its range.",
        )


def _stale(text: str, source: Sources) -> Iterator[PaperProblem]:
    """One problem for each review that is not the newest, where it is cited first."""
    seen = set()
    for found in re.finditer(r"review[ :]+(\d{4}-\d\d-\d\d-[0-9a-z]{6})", text):
        book = source(found[1])
        if found[1] not in seen and book is not None and book.newest != found[1]:
            seen.add(found[1])
            yield PaperProblem(
                line=text.count("\n", 0, found.start()) + 1,
                kind="stale",
                message=f"It cites the review {found[1]}; the newest is {book.newest}.",
                next_step="Draft it anew, and read what changed: shipworthy reviews compare.",
            )


def _metadata(text: str, source: Sources) -> Iterator[PaperProblem]:
    """The metrics in the front matter of a model card."""
    found = _FRONT.match(text)
    if found is None:
        return
    for metric in _metrics(found["yaml"]):
        args = metric.get("args")
        args = args if isinstance(args, dict) else {}
        name, review, key = (
            str(value)[:200] for value in (metric.get("type"), args.get("review"), args.get("key"))
        )
        book = source(review)
        said = None if book is None else book.facts.get(f"metadata.{key}")
        written = [metric.get("value"), *(args.get(each) for each in ("low", "high", "n"))]
        if said is None:
            yield PaperProblem(
                line=1,
                kind="uncited",
                message=f"The metadata's {name!r} comes from no review that is here.",
                next_step="Draft the card anew.",
            )
        elif said != metadata_text(*written):
            yield PaperProblem(
                line=1,
                kind="mismatch",
                message=f"The metadata's {name!r} is {metadata_text(*written)}; the review says {said}.",
                next_step="Draft the card anew.",
            )


def _metrics(front: str) -> Iterator[dict[str, Any]]:
    from pathlib import Path

    from shipworthy.core.errors import UserError
    from shipworthy.core.yaml_file import parse_yaml

    try:
        given = parse_yaml(front, path=Path("front matter")).value
    except UserError:
        return
    models = given.get("model-index") if isinstance(given, dict) else None
    for model in models if isinstance(models, list) else ():
        results = model.get("results") if isinstance(model, dict) else None
        for result in results if isinstance(results, list) else ():
            metrics = result.get("metrics") if isinstance(result, dict) else None
            yield from (metric for metric in metrics or () if isinstance(metric, dict))
