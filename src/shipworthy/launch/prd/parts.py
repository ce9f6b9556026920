"""Which part of a document is about which topic, whatever the headings are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from math import exp, log
from typing import Literal

from shipworthy.launch.prd.likely import Least, Likely, Weights, likely_topics, shipped_weights
from shipworthy.launch.prd.reading import Block, Document, Section
from shipworthy.playbook.prd import PrdTopic, prd_topics

__all__ = ["Evidence", "Part", "Parts", "Standing"]

Standing = Literal["there", "unclear", "missing"]

_SURE = 0.3
"""How likely a passage must be about a topic for its details to be looked for there."""
_NOT_UNLIKE = 0.1
"""How likely the text under a heading must be about the topic that it names, for its details to count."""
_UNCLEAR = 0.6
"""From this part of the odds that would do, it is not said that a topic is missing."""
_PLAIN = 0.4
"""How much more is asked of a document whose words tell plainly what it is about, in log odds each."""
_MOST = 2.0
"""The most by which the odds that a topic needs are raised or lowered."""
_USUAL = 2.0
"""The log odds, over topics, of the passage most likely to be about each, in most documents."""

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
_TINY = 1e-4
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What speaks for a document saying something about a topic."""

    words: float
    """How likely the passage is about it that is most likely to be, from 0 to 1."""
    named: bool
    """Whether a heading or a lead word names it."""
    said: float | None
    """The same as ``words`` where a pattern finds it said; None where none does."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A document by topics."""

    document: Document
    """The document."""
    weights: Weights = field(default_factory=shipped_weights)
    """What its passages are judged by."""
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
        """Parts about a topic: those announced and not unlike it, else those whose text is about it."""
        named = tuple(part for part in self.labelled(topic) if self._share(part, topic) >= _NOT_UNLIKE)
        return named or self.likely(topic) or self.labelled(topic) or self.said(topic)

    def standing(self, topic: str, *, needs: Sequence[re.Pattern[str]], heading: bool) -> Standing:
        """Whether the document says something about a topic.

        Args:
            topic: The topic.
            needs: What a passage must say to count; any of them.
            heading: Whether a heading that names the topic counts without them.
        """
        found, least = self.evidence(topic, needs=needs, heading=heading), self._needed(topic)
        if (
            found.words >= least.words
            or (found.named and found.words >= least.named)
            or (found.said is not None and found.said >= least.said)
        ):
            return "there"
        return "unclear" if _odds(found.words) >= _UNCLEAR * _odds(least.words) else "missing"

    def evidence(self, topic: str, *, needs: Sequence[re.Pattern[str]], heading: bool) -> Evidence:
        """What speaks for the document saying something about a topic; for the arguments see ``standing``."""
        counted = [likely for likely in self._likely if _counts(likely.passage.block, needs)]
        said = self.said(topic)
        return Evidence(
            words=max((likely.share.get(topic, 1.0) for likely in counted), default=0.0),
            named=bool(heading or needs)
            and any(_counts(block, needs) for part in self.labelled(topic) for block in part.blocks),
            said=max(self._share(part, topic) for part in said) if said else None,
        )

    def _needed(self, topic: str) -> Least:
        """What a topic needs to count here: more in a document whose words are plain about other topics."""
        least = self.weights.needed(topic)
        words, said, named = (self._raised(chance) for chance in (least.words, least.said, least.named))
        return Least(words=words, said=said, named=named)

    def _raised(self, chance: float) -> float:
        odds = _odds(chance) * self.plainness
        return odds / (1 + odds)

    @cached_property
    def plainness(self) -> float:
        """The factor on the odds that a topic needs, by how plainly the document speaks of all of them."""
        every = (likely.share.values() for likely in self._likely)
        most = [max(chances) for chances in zip(*every, strict=True)]
        mean = sum(log(_odds(chance)) for chance in most) / len(most) if most else _USUAL
        return min(max(exp(_PLAIN * (mean - _USUAL)), 1 / _MOST), _MOST)

    @cached_property
    def _likely(self) -> tuple[Likely, ...]:
        return likely_topics(self.document, self.weights)

    @cached_property
    def _by_block(self) -> dict[int, list[Likely]]:
        found: dict[int, list[Likely]] = {}
        for likely in self._likely:
            found.setdefault(id(likely.passage.block), []).append(likely)
        return found

    def _share(self, part: Part, topic: str) -> float:
        """How likely the passage of a part is about a topic that is most likely to be."""
        every = (likely for block in part.blocks for likely in self._by_block.get(id(block), ()))
        return max((likely.share.get(topic, 1.0) for likely in every), default=0.0)

    def nearest(self, topic: str) -> Block:
        """Where the passage stands that is most likely to be about a topic, if there is any text."""
        return max(self._likely, key=lambda likely: likely.share.get(topic, 0.0)).passage.block

    def meant(self, topic: str) -> tuple[Part, ...]:
        """Blocks whose text a pattern takes to be about a topic, and whose words are not unlike it."""
        least = self._needed(topic).said
        return tuple(part for part in self.said(topic) if self._share(part, topic) >= least)

    def likely(self, topic: str, *, least: float = _SURE) -> tuple[Part, ...]:
        """Blocks with a passage that is about a topic by its words."""
        found = {
            id(likely.passage.block): likely.passage
            for likely in self._likely
            if likely.share.get(topic, 0.0) >= least
        }
        return tuple(
            Part(
                line=passage.block.line,
                title="",
                above=(*passage.section.above, passage.section.title),
                blocks=(passage.block,),
            )
            for passage in found.values()
        )


def _counts(block: Block, needs: Sequence[re.Pattern[str]]) -> bool:
    return not needs or any(pattern.search(block.text) for pattern in needs)


def _odds(chance: float) -> float:
    return (chance + _TINY) / (1 - chance + _TINY)


@lru_cache(maxsize=8_192)
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
