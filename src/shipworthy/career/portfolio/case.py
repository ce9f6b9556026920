"""A case study as a value: the person's words, a review's numbers, its evidence, and what stays private.

What is shown of a review is chosen field by field here; a new field of a review is private until somebody
adds it. Names of features, labels, segments and candidates, texts of ``feature.yaml``, volumes and money are
shown only where the person publishes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from shipworthy.career.masking import Redaction, masked_text
from shipworthy.career.portfolio.answers import PUBLISHABLE, QUESTIONS, CaseAnswers
from shipworthy.career.portfolio.results import public_results

if TYPE_CHECKING:
    from shipworthy.evidence.record import Record

__all__ = ["Case", "CaseGap", "Part", "PublicRecord", "Withheld", "case_of"]

_OPEN_FIELDS = (
    "id",
    "at",
    "kind",
    "origin",
    "drafted_by_tool",
    "share_edited",
    "verified",
    "competencies",
    "previous",
    "sha256",
)
_WITHHELD_FIELDS = ("title", "feature", "reason", "artifacts (places)", "facts")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseGap:
    """Something that a case does not say."""

    case: str
    """The case."""
    question: str
    """The question, or ``evidence``."""
    words: str
    """What is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """Something that stays private, or was taken out."""

    case: str
    """The case; ``site`` for the first page."""
    what: str
    """What it is."""
    why: str
    """Why it is not shown, and how it could be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One answer on the page."""

    id: str
    """The question."""
    heading: str
    """Its heading."""
    ask: str
    """The question in words, shown where the answer is missing."""
    paragraphs: tuple[str, ...]
    """The answer; empty where it is a gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicRecord:
    """An evidence record as the site publishes it."""

    schema: str
    """Version of this layout."""
    record: Mapping[str, Any]
    """The record: whole where it was published, else only what is open."""
    whole: bool
    """Whether it is the whole record, so that anybody can compute its hash."""
    withheld: tuple[str, ...]
    """Fields that are left out."""
    results: Mapping[str, Any]
    """Every number of the page."""
    how_to_check: str
    """How somebody can check it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case study, ready to be shown."""

    id: str
    """Its name, also the name of its page."""
    title: str | None
    """Its title; None is a gap."""
    labels: tuple[str, ...]
    """What a reader must know first: fictional, practice data."""
    parts: tuple[Part, ...]
    """The person's answers, in the order of the page."""
    purpose: tuple[str, str] | None
    """What it does and for whom, where that is published."""
    reason: str | None
    """The reason written with the review, where that is published."""
    results: Mapping[str, Any] | None
    """What was measured; None where the evidence no longer holds."""
    evidence: PublicRecord | None
    """The record behind the numbers."""
    competencies: tuple[str, ...]
    """Playbook ids that the record shows."""
    gaps: tuple[CaseGap, ...]
    """What is missing."""
    withheld: tuple[Withheld, ...]
    """What stays private or was taken out."""
    mentions: tuple[str, ...]
    """Private names that the person's own words hold; they are shown, since the person wrote them."""


def case_of(case: CaseAnswers, *, record: Record | None, report: Mapping[str, Any] | None) -> Case:
    """Make a case study.

    Args:
        case: The person's answers.
        record: The evidence record of the review; None where there is none that holds.
        report: The content of ``report.json``; None where it is not what was recorded.
    """
    answers = {name: _masked(text, case) for name, text in case.answers.items()}
    results = None if report is None or record is None else public_results(report, case.publish)
    sound = results is not None and record is not None and report is not None
    gaps = [
        CaseGap(case=case.id, question=one.id, words=one.ask) for one in QUESTIONS if answers[one.id] is None
    ]
    if not sound:
        words = "The record of this review is missing, or its files are no longer what was recorded."
        gaps.append(CaseGap(case=case.id, question="evidence", words=words))
    return Case(
        id=case.id,
        title=_text(answers["title"]),
        labels=_labels(case, record),
        parts=tuple(_parts(answers)),
        purpose=_purpose(case, report),
        reason=_reason(case, record),
        results=results,
        evidence=None if record is None or results is None else _evidence(case, record, results),
        competencies=() if record is None else record.competencies,
        gaps=tuple(gaps),
        withheld=tuple(_withheld(case, answers)),
        mentions=tuple(_mentions(case, report)),
    )


_Masked = tuple[str, tuple[Redaction, ...]] | None


def _masked(text: str | None, case: CaseAnswers) -> _Masked:
    if text is None:
        return None
    found = masked_text(text, case.hide)
    return found.text, found.redactions


def _text(answer: _Masked) -> str | None:
    return None if answer is None else answer[0]


def _labels(case: CaseAnswers, record: Record | None) -> tuple[str, ...]:
    """A bundled example is a made-up product, whatever the answers say."""
    bundled = record is not None and record.practice_only
    found = []
    if bundled or case.answers["product"] == "fictional":
        found.append("Fictional product")
    if bundled:
        found.append("Practice: the data came with Shipworthy")
    return tuple(found)


def _parts(answers: Mapping[str, _Masked]) -> Iterator[Part]:
    for one in QUESTIONS:
        if one.heading:
            text = _text(answers[one.id])
            paragraphs = [" ".join(each.split()) for each in (text or "").split("\n\n") if each.strip()]
            yield Part(id=one.id, heading=one.heading, ask=one.ask, paragraphs=tuple(paragraphs))


def _purpose(case: CaseAnswers, report: Mapping[str, Any] | None) -> tuple[str, str] | None:
    if report is None or "purpose" not in case.publish:
        return None
    does, for_whom = (masked_text(str(report[name]), case.hide).text for name in ("does", "for_whom"))
    return does, for_whom


def _reason(case: CaseAnswers, record: Record | None) -> str | None:
    if record is None or record.reason is None or "reason" not in case.publish:
        return None
    return masked_text(record.reason, case.hide).text


def _evidence(case: CaseAnswers, record: Record, results: Mapping[str, Any]) -> PublicRecord:
    whole = "record" in case.publish
    everything = asdict(record) | {"at": record.at.isoformat(), "facts": dict(record.facts)}
    some = {name: everything[name] for name in _OPEN_FIELDS}
    some["artifacts"] = [{"name": each.name, "sha256": each.sha256} for each in record.artifacts]
    return PublicRecord(
        schema="shipworthy.public-evidence/1",
        record=everything if whole else some,
        whole=whole,
        withheld=() if whole else _WITHHELD_FIELDS,
        results=results,
        how_to_check=_HOW_WHOLE if whole else _HOW_SOME,
    )


_HOW_WHOLE = (
    "record.sha256 is the SHA-256 of all other fields of record as JSON in UTF-8 with sorted keys and no"
    " spaces, whole numbers without a decimal point. record.artifacts holds the hashes of the review's files."
)
_HOW_SOME = (
    "Some fields are withheld. record.sha256 and the hashes of the review's files were fixed when the record"
    " was made: ask the author for the record and report.json, and compare their hashes with these."
)


def _withheld(case: CaseAnswers, answers: Mapping[str, _Masked]) -> Iterator[Withheld]:
    for name, words in PUBLISHABLE.items():
        if name not in case.publish:
            yield Withheld(case=case.id, what=words, why=f"private unless 'publish' names {name!r}")
    yield Withheld(
        case=case.id, what="rows, texts, predictions, candidates' names", why="never part of the site"
    )
    for question, answer in answers.items():
        for one in answer[1] if answer is not None else ():
            yield Withheld(case=case.id, what=f"{one.kind} in {question!r}: {one.shown}", why="taken out")


def _mentions(case: CaseAnswers, report: Mapping[str, Any] | None) -> Iterator[str]:
    """Private names that stand in the person's own words."""
    if report is None:
        return
    said = " ".join(text for text in case.answers.values() if text).casefold()
    for what, names in _private_names(case, report):
        for name in dict.fromkeys(names):
            if len(name) > 2 and re.search(rf"(?<!\w){re.escape(name.casefold())}(?:e?s)?(?!\w)", said):
                yield f"{what}: {name}"


def _private_names(case: CaseAnswers, report: Mapping[str, Any]) -> Iterator[tuple[str, Iterable[str]]]:
    if "name" not in case.publish:
        yield "the feature's name", [str(report["feature"])]
    if "classes" not in case.publish:
        yield "a label", [str(one["name"]) for one in report["classes"]]
    if "segments" not in case.publish:
        names = [(str(one["segment"]), str(one["value"])) for one in report["segments"]]
        yield "a segment", [each for pair in names for each in pair]
