"""Which part of a document is about which topic, whatever the headings are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from shipworthy.launch.prd.reading import Block, Document, Section
from shipworthy.playbook.prd import PrdTopic, prd_topics

__all__ = ["Part", "Parts"]

_MANY = 7
"""Topics that have their own heading in a document whose headings can be trusted."""
_LISTS = frozenset(["summary", "alternative", "evaluation", "error_states", "monitoring", "launch"])
"""Topics whose parts list things by name: a lead word there announces no part of its own."""
_OWN_WORDS = frozenset(["retraining", "kill", "abuse", "risk_tier", "transparency", "sourcing"])
"""Topics that nobody lists as something to measure: a lead word announces them anywhere."""
_ALSO_OF_A_MODEL = frozenset(["kill", "launch"])
"""Topics that a part about retraining names for the new model (its gate, the way back)."""
_MUST_SAY = frozenset(
    [
        "evaluation",
        "fallback",
        "error_states",
        "monitoring",
        "retraining",
        "kill",
        "abuse",
        "risk_tier",
        "equity",
        "harms",
    ]
)
"""Topics that a heading about several things covers only where the text is about them too."""
_NUMBERING = re.compile(r"^[\W\d_]*(?:(?:[ivx]+|[A-Za-z])[.)]\s+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some blocks that are about one topic."""

    line: int
    """Where it begins."""
    title: str
    """The heading or lead word that announces it; empty where its text does."""
    above: tuple[str, ...]
    """Headings it stands under."""
    blocks: tuple[Block, ...]
    """What it says."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A document by topics."""

    document: Document
    """The document."""
    _found: dict[str, tuple[Part, ...]] = field(default_factory=dict)

    @cached_property
    def title(self) -> Section | None:
        """The heading that names the document, where there is one."""
        first = [section for section in self.document.sections if section.level == 1]
        headed = [section for section in self.document.sections if section.level]
        return first[0] if len(first) == 1 and headed[0] is first[0] and len(headed) > 1 else None

    @property
    def line(self) -> int:
        """Where to point when something is nowhere: the document's title."""
        return self.title.line if self.title else 1

    @cached_property
    def _own(self) -> dict[int, frozenset[str]]:
        """Topics by a section's own heading."""
        return {section.number: self._topics_of(section) for section in self.document.sections}

    def _topics_of(self, section: Section) -> frozenset[str]:
        if section is self.title or not section.title:
            return frozenset()
        return _announced(section.title)

    @cached_property
    def _all(self) -> dict[int, frozenset[str]]:
        """Topics by a section's heading and those above it."""
        found = dict(self._own)
        for section in self.document.sections:
            for below in self.document.below(section):
                if section is not self.title and section.level:
                    found[below.number] = found[below.number] | self._own[section.number]
        return found

    @cached_property
    def structured(self) -> bool:
        """Whether the headings can be trusted to tell where a topic is."""
        named = frozenset().union(*self._own.values())
        led = (
            _announced(block.label) for section in self.unknown() for block in section.blocks if block.label
        )
        return len(named.union(*led)) >= _MANY

    @property
    def recognised(self) -> tuple[str, ...]:
        """Topics that have a part of their own, in the playbook's order."""
        return tuple(name for name in prd_topics() if self.labelled(name))

    def unknown(self) -> Iterator[Section]:
        """Sections that no heading ties to any topic."""
        return (section for section in self.document.sections if not self._all[section.number])

    def labelled(self, topic: str) -> tuple[Part, ...]:
        """Parts that a heading or a lead word announces."""
        key = f"label:{topic}"
        if key not in self._found:
            self._found[key] = (*self._headed(topic), *self._led(topic))
        return self._found[key]

    def _headed(self, topic: str) -> Iterator[Part]:
        for section in self.document.sections:
            if topic in self._own[section.number]:
                every = tuple(self.document.below(section))
                blocks = tuple(block for below in every for block in below.blocks)
                mine = tuple(block for below in every for block in self._mine(below, topic))
                crowd = _MUST_SAY | ({"value"} if topic == "evaluation" else frozenset())  # success metrics
                crowded = topic in _MUST_SAY and len(self._own[section.number] & crowd) > 1
                if mine and (not crowded or _says(prd_topics()[topic], mine)):
                    yield Part(line=section.line, title=section.title, above=section.above, blocks=blocks)

    def _mine(self, section: Section, topic: str) -> Iterator[Block]:
        """Blocks under a heading that are not announced as something else."""
        own = self._own[section.number]
        if own and topic not in own:
            return
        for block in section.blocks:
            led = _announced(block.label) & _MUST_SAY if block.label and block.kind != "row" else frozenset()
            if not led or topic in led or _says(prd_topics()[topic], (block,)):
                yield block

    def _led(self, topic: str) -> Iterator[Part]:
        for section in self.document.sections:
            around = self._all[section.number]
            if topic in around or (topic in _ALSO_OF_A_MODEL and "retraining" in around):
                continue
            listing = self.structured and bool(around) and around <= _LISTS
            for place, block in enumerate(section.blocks):
                if block.label is None or (around and block.kind == "row"):
                    continue
                names = _announced(block.label)
                if topic in names and (topic in _OWN_WORDS or not listing):
                    above = (*section.above, section.title)
                    blocks = (block, *_until_next_label(section.blocks[place + 1 :]))
                    crowded = topic in _MUST_SAY and len(names & _MUST_SAY) > 1
                    if not crowded or _says(prd_topics()[topic], blocks):
                        yield Part(line=block.line, title=block.label, above=above, blocks=blocks)

    def said(self, topic: str) -> tuple[Part, ...]:
        """Blocks whose text is about a topic, in parts where that counts."""
        key = f"said:{topic}"
        if key not in self._found:
            self._found[key] = tuple(self._saying(prd_topics()[topic]))
        return self._found[key]

    def _saying(self, topic: PrdTopic) -> Iterator[Part]:
        anywhere = "*" in topic.home or not self.structured
        own = {id(block) for part in self.labelled(topic.id) for block in part.blocks}
        for section in self.document.sections:
            around = self._all[section.number]
            for block in section.blocks:
                near = around or (_announced(block.label) if block.label else frozenset())
                here = anywhere or not near or topic.id in near or bool(near & topic.home)
                if topic.says and (here or id(block) in own) and topic.says.search(block.text):
                    yield Part(
                        line=block.line, title="", above=(*section.above, section.title), blocks=(block,)
                    )

    def about(self, topic: str) -> tuple[Part, ...]:
        """Parts about a topic: those announced, else those whose text is about it."""
        return self.labelled(topic) or self.said(topic)

    def maybe(self, topic: str) -> Section | None:
        """A section we cannot place that may be about a topic; then it is better to say nothing."""
        hint = prd_topics()[topic].hint
        if hint is None:
            return None
        for section in self.unknown():
            unplaced = (block for block in section.blocks if not (block.label and _announced(block.label)))
            if (
                section.level
                and section is not self.title
                and any(hint.search(block.text) for block in unplaced)
            ):
                return section
        return None


def _announced(title: str) -> frozenset[str]:
    name = _NUMBERING.sub("", " ".join(re.sub("[-–—/]", " ", title).split()), count=1)
    return frozenset(topic.id for topic in prd_topics().values() if topic.label.search(name))


def _says(topic: PrdTopic, blocks: Iterable[Block]) -> bool:
    return topic.says is None or any(topic.says.search(block.text) for block in blocks)


def _until_next_label(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        if block.label is not None:
            return
        yield block
