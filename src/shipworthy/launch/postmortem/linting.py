"""Rules for a postmortem, tried on any Markdown. Words and examples of the rules are in the playbook."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from shipworthy.launch.prd.reading import Block, Document, read_markdown
from shipworthy.playbook.postmortem_rules import postmortem_rules

__all__ = ["LintProblem", "lint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LintProblem:
    """Something that a postmortem lacks."""

    rule: str
    """The rule's name."""
    line: int
    """Where, counted from 1; 1 where it is about the whole text."""
    says: str
    """What is wrong."""
    quote: str
    """The words it is about; empty where something is missing."""
    why: str
    """Why it matters."""
    next_step: str
    """What to do."""


def lint(text: str, *, name: str = "postmortem") -> tuple[LintProblem, ...]:
    """Try every rule on a postmortem.

    Args:
        text: Its Markdown.
        name: What to call it in errors.

    Raises:
        DataError: it is too large, or no text.
    """
    parts = _Parts(read_markdown(text, name=name))
    found = [
        LintProblem(
            rule=rule.id,
            line=line,
            says=rule.says,
            quote=quote[:160],
            why=rule.why,
            next_step=rule.next_step,
        )
        for rule in postmortem_rules()
        for line, quote in _RULES[rule.id](parts)
    ]
    return tuple(sorted(found, key=lambda problem: problem.line))


_TOPICS = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "summary": r"\b(summary|overview|what happened|tl;?dr|in short|abstract)\b",
        "timeline": r"\b(time ?line|chronolog\w*|sequence of events)\b",
        "impact": r"\b(impact|affected|damage|harm|consequences)\b",
        "causes": r"\b(causes?|contributing|why (it|this|did)|root|factors|whys)\b",
        "detection": r"\b(detect\w*|noticed|discover\w*|found out)\b",
        "earlier": (
            r"\b(earlier|earliest|prevent\w*|early (sign|warning)\w*|should have caught|"
            r"would have caught)\b"
        ),
        "actions": r"\b(actions?|action items|follow[- ]?ups?|remediation|next steps|corrective|to ?dos?)\b",
    }.items()
}
_DATE = re.compile(
    r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b\d{1,2}(st|nd|rd|th)? (jan|feb|mar|apr|may|"
    r"jun|jul|aug|"
    r"sep|oct|nov|dec)\w*|\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w* \d{1,2}\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b\d{1,2}:\d\d\b|\b\d{1,2} ?(am|pm)\b|\b(day|week|hour|minute|t) ?[+-]?\d+\b", re.IGNORECASE
)
_DELAY = re.compile(r"\b(\d+|an?|two|three|several) (minutes?|hours?|days?|weeks?|months?)\b", re.IGNORECASE)
_SOURCE = re.compile(
    r"\b(source|according to|counted|query|logs?|dashboard|export|ticket\w*|invoices?|ledger|report|"
    r"survey|sample|"
    r"measured|review)\b|https?:|\[",
    re.IGNORECASE,
)
_HUMAN = re.compile(
    r"\b(human error|operator error|user error|forgot|careless\w*|inattent\w*|negligen\w*|"
    r"lack of (care|attention)|did(n['’]t| not) (follow|pay|read|check)|failed to (follow|pay|read|"
    r"check)|mistake (by|of))",
    re.IGNORECASE,
)
_NOTICED_BY = re.compile(
    r"\b(alert\w*|monitor\w*|customers?|users?|support|reporters?|colleague|engineers?|reviewers?|tests?|"
    r"dashboard|"
    r"sample|audit\w*|complain\w*|patients?|partner|press|team|on[- ]call|researchers?|regulator|"
    r"report\w*)\b",
    re.IGNORECASE,
)
_CHECK = re.compile(
    r"\b(tests?|checks?|metrics?|alerts?|evals?|evaluation|reviews?|thresholds?|canary|monitor\w*|sampl\w+|"
    r"red[- ]?team\w*|limits?|audits?|assert\w*|bars?|dashboards?|silent run|a/b)\b",
    re.IGNORECASE,
)
_OWNER = re.compile(
    r"\b(owner|responsible|assignee|assigned to|dri)\b\s*[:=]?\s*\S|@\w|\bby [A-Z]\w+", re.IGNORECASE
)
_OWNER_HEAD = re.compile(r"\b(owner|who|responsible|assignee|dri)\b", re.IGNORECASE)
_VAGUE = re.compile(
    r"\b(be more careful|more care\b|pay (more |closer )?attention|remind|try harder|raise awareness|"
    r"(re)?train (the )?(staff|team|people|everybody)|communicate better|be vigilant)",
    re.IGNORECASE,
)
_BLAME = re.compile(
    r"\b(to blame|(his|her|their|\w+['’]s) (own )?fault|careless\w*|negligent|incompeten\w+|stupid\w*|"
    r"sloppy|lazy|"
    r"should have known|screwed up|reckless|blunder\w*|guilty)\b",
    re.IGNORECASE,
)
_MARKED = re.compile(
    r"\b(analysis|assum\w+|we (think|believe|suspect|infer)|in our view|hypothes\w+|established|inferred|"
    r"unconfirmed|"
    r"confirmed|likely|probably)\b",
    re.IGNORECASE,
)
_GAP = re.compile(
    r"^gap:|\b(tbd|tbc|todo|fixme)\b|\?\?\?|<(insert|name|date|number)|^(n/a|-|…|\.\.\.)$", re.IGNORECASE
)
_NOBODY = re.compile(r"^(|-|–|\?+|tbd|tbc|todo|n/?a|everybody|everyone|all|nobody)$", re.IGNORECASE)

Hits = Iterator[tuple[int, str]]


class _Parts:
    """A document by topic."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.of = {topic: list(self._blocks(pattern)) for topic, pattern in _TOPICS.items()}

    def _blocks(self, pattern: re.Pattern[str]) -> Iterator[Block]:
        seen: set[int] = set()
        for section in self.document.sections:
            if pattern.search(section.title):
                for below in self.document.below(section):
                    for block in below.blocks:
                        if block.kind != "head" and id(block) not in seen:
                            seen.add(id(block))
                            yield block
        for block in self.document.blocks:
            if block.label and pattern.search(block.label) and id(block) not in seen and block.kind != "row":
                yield block

    def whole(self, topic: str) -> str:
        """All words of a topic."""
        return " ".join(block.text for block in self.of[topic])

    def is_there(self, topic: str) -> bool:
        return bool(self.of[topic])


def _missing(topic: str) -> Callable[[_Parts], Hits]:
    def rule(parts: _Parts) -> Hits:
        if not parts.is_there(topic):
            yield 1, ""

    return rule


def _timeline_undated(parts: _Parts) -> Hits:
    for block in parts.of["timeline"]:
        if not (_DATE.search(block.text) or _TIME.search(block.text)):
            yield block.line, block.text


def _timeline_short(parts: _Parts) -> Hits:
    entries = parts.of["timeline"]
    if 0 < len(entries) < 3:
        yield entries[0].line, entries[0].text


def _timeline_order(parts: _Parts) -> Hits:
    last = ""
    for block in parts.of["timeline"]:
        found = re.search(r"\b\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d)?", block.text)
        if found is None:
            continue
        now = found[0].replace("T", " ")
        if now < last[: len(now)]:
            yield block.line, block.text
        last = max(last, now)


def _impact_unnumbered(parts: _Parts) -> Hits:
    if parts.is_there("impact") and not re.search(r"\d", _DATE.sub("", parts.whole("impact"))):
        yield parts.of["impact"][0].line, parts.of["impact"][0].text


def _impact_unsourced(parts: _Parts) -> Hits:
    for block in parts.of["impact"]:
        if re.search(r"\d", _DATE.sub("", block.text)) and not _SOURCE.search(block.text):
            yield block.line, block.text


def _causes_single(parts: _Parts) -> Hits:
    blocks = parts.of["causes"]
    if len(blocks) == 1 and len(re.findall(r"[.;!?](?:\s|$)", blocks[0].text)) < 2:
        yield blocks[0].line, blocks[0].text


def _causes_human_only(parts: _Parts) -> Hits:
    blocks = parts.of["causes"]
    if blocks and all(_HUMAN.search(block.text) for block in blocks):
        yield blocks[0].line, blocks[0].text


def _detection_vague(parts: _Parts) -> Hits:
    words = parts.whole("detection")
    timed = _DATE.search(words) or _TIME.search(words) or _DELAY.search(words)
    if parts.is_there("detection") and not (timed and _NOTICED_BY.search(words)):
        yield parts.of["detection"][0].line, parts.of["detection"][0].text


def _earlier_unmeasurable(parts: _Parts) -> Hits:
    if parts.is_there("earlier") and not _CHECK.search(parts.whole("earlier")):
        yield parts.of["earlier"][0].line, parts.of["earlier"][0].text


def _action_owner(parts: _Parts) -> Hits:
    for block in parts.of["actions"]:
        if not _has_owner(block):
            yield block.line, block.text


def _has_owner(block: Block) -> bool:
    for head, cell in zip(block.head, block.cells, strict=False):
        if _OWNER_HEAD.search(head):
            return _NOBODY.fullmatch(cell.strip()) is None
    named = _OWNER.search(_DATE.sub("", block.text))
    return named is not None


def _action_date(parts: _Parts) -> Hits:
    for block in parts.of["actions"]:
        if not _DATE.search(block.text):
            yield block.line, block.text


def _everywhere(pattern: re.Pattern[str]) -> Callable[[_Parts], Hits]:
    def rule(parts: _Parts) -> Hits:
        for block in parts.document.blocks:
            if pattern.search(block.text):
                yield block.line, block.text

    return rule


def _action_vague(parts: _Parts) -> Hits:
    for block in parts.of["actions"]:
        if _VAGUE.search(block.text):
            yield block.line, block.text


def _fact_or_view(parts: _Parts) -> Hits:
    words = " ".join([parts.whole("causes"), *(section.title for section in parts.document.sections)])
    if parts.is_there("causes") and not _MARKED.search(words):
        yield parts.of["causes"][0].line, parts.of["causes"][0].text


_RULES: Mapping[str, Callable[[_Parts], Hits]] = {
    **{f"{topic}-missing": _missing(topic) for topic in _TOPICS},
    "timeline-undated": _timeline_undated,
    "timeline-short": _timeline_short,
    "timeline-order": _timeline_order,
    "impact-unnumbered": _impact_unnumbered,
    "impact-unsourced": _impact_unsourced,
    "causes-single": _causes_single,
    "causes-human-only": _causes_human_only,
    "detection-vague": _detection_vague,
    "earlier-unmeasurable": _earlier_unmeasurable,
    "action-owner": _action_owner,
    "action-date": _action_date,
    "action-vague": _action_vague,
    "blame": _everywhere(_BLAME),
    "fact-or-view": _fact_or_view,
    "gap-left": _everywhere(_GAP),
}
