"""Make the bundled example: messages from customers of Slotwren, a booking program that does not exist.

Company, product, customers and messages are invented; every clause in ``example_phrases/`` was written
for this example. ``make(seed)`` composes messages from those clauses and plants known problems;
``make(seed, planted=False)`` makes the clean twin, in which a review should find nothing wrong.

    python tools/make_example.py            writes src/shipworthy/examples/feedback_triage/data
    python tools/make_example.py --check    says whether the committed files are what this would write
"""

from __future__ import annotations

import csv
import io
import json
import math
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

__all__ = ["SEED", "TEAMS", "main", "make"]

SEED = 8
"""The seed of the files that are committed."""

TEAMS = ("billing", "bug", "outage", "how_to", "cancellation", "feature_request", "praise")
"""The seven teams a message can be sent to."""

_PHRASES = Path(__file__).parent / "example_phrases"
_DATA = Path(__file__).parents[1] / "src" / "shipworthy" / "examples" / "feedback_triage" / "data"

_COLUMNS = (
    "message_id", "text", "team", "plan", "channel", "language_level", "region",
    "customer_id", "received_at", "reopened",
)  # fmt: skip
_UNLABELLED = tuple(column for column in _COLUMNS if column not in {"team", "reopened"})

# ---------------------------------------------------------------------------------------------- shape


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """How many rows of what one file has."""

    rows: int
    """Messages, before those that would repeat another are left out and anything is planted."""
    teams: Mapping[str, float]
    """Share of each team."""
    basic: float
    """Share of messages from customers who write basic English."""
    start: datetime
    """First day."""
    days: int
    """Days covered."""
    channels: Mapping[str, float] = field(default_factory=dict)
    """Factors on the usual channel shares."""
    plans: tuple[float, float, float] = (0.40, 0.42, 0.18)
    """Shares of free, plus, business."""
    unclear: bool = True
    """Whether some messages ask two things or could go to either of two teams; those come back more often."""


_MIX = {
    "billing": 0.175, "bug": 0.175, "outage": 0.07, "how_to": 0.175,
    "cancellation": 0.125, "feature_request": 0.15, "praise": 0.13,
}  # fmt: skip
_TEST_MIX = _MIX | {"outage": 0.105, "how_to": 0.165, "praise": 0.11}
_SHIFTED_MIX = _MIX | {"outage": 0.075, "bug": 0.225, "how_to": 0.22, "praise": 0.07, "feature_request": 0.11}

_SPRING, _SUMMER, _AUTUMN = datetime(2026, 1, 5), datetime(2026, 7, 1), datetime(2026, 9, 7)  # noqa: DTZ001
_BASIC_SHARE = 0.21


def _shapes(*, planted: bool) -> dict[str, _Shape]:
    """The files to be written."""
    test = _Shape(rows=750, teams=_MIX, basic=_BASIC_SHARE, start=_SUMMER, days=61)
    production = _Shape(rows=500, teams=_MIX, basic=_BASIC_SHARE, start=_AUTUMN, days=35)
    train = _Shape(rows=1280, teams=_MIX, basic=_BASIC_SHARE, start=_SPRING, days=175)
    if not planted:
        same = {"test": test, "production": production, "train": train}
        return {name: replace(shape, unclear=False) for name, shape in same.items()}
    return {
        "test": replace(test, teams=_TEST_MIX),
        "production": replace(
            production, teams=_SHIFTED_MIX, basic=0.28, channels={"chat": 1.9, "email": 0.65},
            plans=(0.28, 0.38, 0.34),
        ),
        "reviews": replace(
            train, rows=14, teams={"praise": 0.7, "feature_request": 0.3}, basic=1,
            channels={"email": 0, "chat": 0, "phone_note": 0},
        ),
        "more_training": replace(train, rows=330, basic=1),
        "train": replace(train, basic=0),
    }  # fmt: skip


# -------------------------------------------------------------------------------------------- phrases

_Topic = dict[str, list[str]]
"""Kind of clause → the clauses of that kind."""


@cache
def _topics(name: str) -> dict[str, _Topic]:
    """One phrase file: heading → kind → clauses."""
    topics: dict[str, _Topic] = {}
    topic: _Topic = topics.setdefault("", {})
    for line in (_PHRASES / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            topic = topics.setdefault(line[3:], {})
        elif line and not line.startswith("#"):
            kind, _, clause = line.partition(" ")
            topic.setdefault(kind, []).append(clause)
    return {heading: topic for heading, topic in topics.items() if topic}


@cache
def _shared() -> tuple[_Topic, _Topic]:
    """Clauses of every class, and the words that fill slots."""
    shared = dict(_topics("shared")[""])
    slots: _Topic = {}
    for entry in shared.pop("slot"):
        name, _, word = entry.partition(" ")
        slots.setdefault(name, []).append(word)
    return shared, slots


_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_OFTEN_REPEATED = {"n", "d", "name", "weekday", "service", "weeks"}
_MONTHS_AWAY = {"month": (-2, -1, 0), "earlier": (-4, -3), "coming": (0, 1, 2, 3)}
_MONTHS = "January February March April May June July August September October November December".split()


@dataclass(slots=True)
class _Words:
    """Fills the slots of one message; who writes, from where, and how much it is about stay the same."""

    rng: random.Random
    at: datetime
    said: dict[str, str] = field(default_factory=dict)

    def fill(self, clause: str) -> str:
        """Choose among the brackets, then fill the slots."""
        chosen = _CHOICE.sub(lambda match: self.rng.choice(match[1].split("|")), clause)
        text = _SLOT.sub(self._slot, chosen)
        return re.sub(r"\s+([,.?!])", r"\1", " ".join(text.split()))

    def _slot(self, match: re.Match[str]) -> str:
        slot = match[1]
        if slot in _OFTEN_REPEATED:
            return self._new_word(slot)
        return self.said.setdefault(slot, self._new_word(slot))

    def _new_word(self, slot: str) -> str:
        slot = {"me": "name", "other_amount": "amount", "other_time": "time"}.get(slot, slot)
        if slot in _MONTHS_AWAY:
            away = self.rng.choice(_MONTHS_AWAY[slot])
            return _MONTHS[(self.at.month - 1 + away) % 12]
        words = _shared()[1].get(slot)
        return _SLOT.sub(self._slot, self.rng.choice(words)) if words else "{" + slot + "}"


# ------------------------------------------------------------------------------------------ customers

_REGIONS = {"ireland": 0.22, "benelux": 0.25, "central": 0.23, "nordics": 0.14, "iberia": 0.16}
_PLANS = {"free": "free", "plus": "Plus", "business": "Business"}
_CHANNELS = {"email": 0.36, "chat": 0.32, "app_review": 0.13, "phone_note": 0.19}
_CHANNELS_OF = {
    "praise": {"app_review": 2.2, "phone_note": 0.6},
    "how_to": {"app_review": 0.4},
    "cancellation": {"app_review": 0.5},
    "outage": {"phone_note": 1.5, "app_review": 0.8},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """One message, as it will be written, and how it came about."""

    text: str
    team: str
    plan: str
    channel: str
    language_level: str
    region: str
    customer_id: str
    received_at: datetime
    reopened: str = "no"
    kind: str = "clear"
    """``clear``, ``two_requests`` (a second wish at its end) or ``overlap`` (two teams could answer it)
    or ``vague`` (nobody could tell)."""
    message_id: str = ""


def _draw(rng: random.Random, shares: Mapping[str, float]) -> str:
    return rng.choices(list(shares), weights=list(shares.values()))[0]


def _quota(shares: Mapping[str, float], rows: int, rng: random.Random) -> list[str]:
    """Exactly as many of each as its share asks for (largest remainders), shuffled."""
    total = sum(shares.values())
    exact = {name: rows * share / total for name, share in shares.items()}
    counts = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: counts[name] - exact[name])
    for name in by_remainder[: rows - sum(counts.values())]:
        counts[name] += 1
    names = [name for name, count in counts.items() for _ in range(count)]
    rng.shuffle(names)
    return names


# ---------------------------------------------------------------------------------------- composition

_IN_SHORT = 0.15  # of the notes from calls; the others are in the caller's words
_OVERLAP = 0.04
_VAGUE = 0.01
_TWO_REQUESTS = 0.11
_LINKS = ("Also,", "And", "One more thing:", "PS:", "Separately,", "While I'm at it:", "Plus,", "")
_ALSO = {
    "billing": ("bug", "cancellation", "how_to", "praise"),
    "bug": ("billing", "how_to", "cancellation", "feature_request", "praise"),
    "outage": ("billing", "cancellation", "praise"),
    "how_to": ("billing", "bug", "feature_request", "praise"),
    "cancellation": ("billing", "bug", "praise"),
    "feature_request": ("bug", "how_to", "praise", "billing"),
    "praise": ("feature_request", "how_to"),
}
_PAIRS = {
    "billing cancellation": 3.0, "bug how_to": 4.0, "bug outage": 0.5, "feature_request how_to": 3.0,
    "bug feature_request": 1.5, "billing bug": 2.0, "feature_request praise": 1.5,
}  # fmt: skip
_NEVER_VAGUE = {"outage", "praise"}


def _pairs_of(team: str) -> dict[str, float]:
    return {pair: weight for pair, weight in _PAIRS.items() if team in pair.split()}


def _kind(rng: random.Random, team: str, level: str, *, unclear: bool) -> str:
    """Teams that overlap more with others have more messages that could go either way."""
    if not unclear:
        return "clear"
    overlap = sum(_pairs_of(team).values()) / (2 * sum(_PAIRS.values())) * _OVERLAP / _MIX[team]
    basic = level == "basic"  # there are no overlaps in few words: more is left unsaid instead
    vague = _VAGUE + (overlap / 2 if basic else 0)
    shares = {
        "overlap": 0 if basic else overlap,
        "vague": 0 if team in _NEVER_VAGUE else vague,
        "two_requests": _TWO_REQUESTS * (0.2 if basic else 1),
    }
    return _draw(rng, shares | {"clear": 1 - sum(shares.values())})


def _source(rng: random.Random, blank: _Message) -> _Topic:
    """The topic a message is about: its clauses of each kind."""
    if blank.language_level == "basic":
        return _topics("basic")["vague" if blank.kind == "vague" else blank.team]
    if blank.kind == "vague":
        return _topics("overlaps")["vague"]
    if blank.kind == "overlap":
        return _topics("overlaps")[_draw(rng, _pairs_of(blank.team))]
    by_phone = blank.channel == "phone_note"
    return rng.choice([topic for topic in _topics(blank.team).values() if "say" in topic or by_phone])


def _maybe(rng: random.Random, share: float, clauses: Sequence[str]) -> list[str]:
    return [rng.choice(clauses)] if clauses and rng.random() < share else []


def _own(message: _Message) -> _Topic:
    """Greetings and the like in the writer's English."""
    return _topics("basic")["mixed"] if message.language_level == "basic" else _shared()[0]


def _clauses(rng: random.Random, topic: _Topic, message: _Message) -> list[str]:
    """All clauses in their order, as written in the phrase files."""
    everyone = _shared()[0]
    own = _own(message)
    more, ask = topic.get("more", own.get("more", [])), topic.get("ask", [])
    often = 0.45 if message.kind == "overlap" else 0.0
    second = _second_request(rng, message)
    match message.channel:
        case "phone_note":
            return _note(rng, topic, message, second)
        case "chat":
            core = rng.choice(topic.get("short", topic["say"]) if rng.random() < 0.4 else topic["say"])
            body = _ordered(
                rng, [core, *_maybe(rng, 0.55 + often, more), *_maybe(rng, 0.3 + often, ask)], second
            )
            return [*_maybe(rng, 0.4, everyone["hello"]), *body, *_maybe(rng, 0.35, everyone["tail"])]
        case "app_review":
            core = rng.choice(topic.get("short", topic["say"]) if rng.random() < 0.25 else topic["say"])
            body = _ordered(rng, [core, *_maybe(rng, 0.55 + often, more)], second)
            return [*body, *_maybe(rng, 0.75, everyone[_feeling(rng, message.team)])]
        case _:
            core = rng.choice(topic["say"])
            body = _ordered(rng, [core, *_maybe(rng, 0.7 + often, more), *_maybe(rng, 0.65, ask)], second)
            front = [*_maybe(rng, 0.75, own["greeting"]), *_maybe(rng, 0.45, own["opener"])]
            return [*front, *body, *_maybe(rng, 0.75, own["closer"])]


def _note(rng: random.Random, topic: _Topic, message: _Message, second: list[str]) -> list[str]:
    """What somebody at the desk wrote down: in short, or in the caller's own words."""
    everyone = _shared()[0]
    if "say" not in topic or ("note" in topic and rng.random() < _IN_SHORT):
        plain = [] if message.kind == "vague" else everyone[f"hint_{message.team}"]
        hints = topic.get("hint", plain)
        body = _ordered(rng, [rng.choice(topic["note"]), *_maybe(rng, 0.75, hints)], second)
        start = _maybe(rng, 0.7, everyone["notestart"])
    else:
        own = _own(message)
        more, ask = topic.get("more", own.get("more", [])), topic.get("ask", [])
        core = rng.choice(topic["say"])
        body = _ordered(rng, [core, *_maybe(rng, 0.7, more), *_maybe(rng, 0.65, ask)], second)
        start = [rng.choice(own["notequote"])]
    return [*start, *body, *_maybe(rng, 0.65, everyone["noteend"])]


def _second_request(rng: random.Random, message: _Message) -> list[str]:
    """Another team's business in the same message: a remark, or a full request of its own."""
    if message.kind != "two_requests":
        return []
    other = rng.choice(_ALSO[message.team])
    if message.language_level == "basic":
        return [rng.choice(_topics("basic")[other]["say"])]
    if message.team == "outage" or rng.random() < 0.5:
        return [rng.choice(_shared()[0][f"also_{other}"])]
    topic = rng.choice([topic for topic in _topics(other).values() if "short" in topic])
    return [rng.choice(topic["short"])]


def _ordered(rng: random.Random, core: list[str], second: list[str]) -> list[str]:
    """What the team is to do need not come first."""
    if not second or second[0].split()[0] in {"Also", "Also,", "And", "PS:", "By", "Otherwise"}:
        return [*core, *second]
    first, last = (second, core) if rng.random() < 0.4 else (core, second)
    return [*first, f"{rng.choice(_LINKS)} {last[0]}".strip(), *last[1:]]


_MOODS = {"praise": "feeling_good", "feature_request": "feeling_mild", "how_to": "feeling_mild"}


def _feeling(rng: random.Random, team: str) -> str:
    if team != "praise" and rng.random() < 0.3:
        return "feeling_mild"
    return _MOODS.get(team, "feeling_bad")


# -------------------------------------------------------------------------------------------- writing

_LEARNER = (
    (r"\b[Hh]ow do I\b", "how I can"), (r"\bI'd like to\b", "I want to"), (r"\bdoesn't\b", "don't"),
    (r"\bI've been\b", "I am"), (r"\bhaven't\b", "have not"), (r"\bcan't\b", "can not"),
    (r"\bthere's\b", "there is"), (r"\bisn't\b", "is not"), (r"\bwe've\b", "we have"),
    (r"\bsince\b", "from"), (r"\bfor the\b", "for"), (r"\bin the\b", "in"), (r"\bis the\b", "is"),
    (r"\ba new\b", "new"), (r"\bwas\b", "has been"), (r"\bwould be\b", "will be"),
    (r"\bpeople\b", "peoples"), (r"\bstill\b", "yet"), (r"\bplease\b", "kindly"),
    (r"\bthe same\b", "same"), (r"\bany more\b", "anymore"), (r"\bwants\b", "want"),
)  # fmt: skip
_MISSPELT = {
    "receipt": "reciept", "received": "recieved", "calendar": "calender", "appointment": "apointment",
    "appointments": "appointmens", "reminder": "remider", "reminders": "remiders", "cancel": "cancle",
    "because": "becuase", "definitely": "definately", "separate": "seperate", "until": "untill",
    "their": "thier", "business": "buisness", "customer": "costumer", "which": "wich", "address": "adress",
    "payment": "payement", "subscription": "subscribtion", "invoice": "invioce", "password": "pasword",
    "account": "acount", "client": "cliant", "message": "mesage", "really": "realy", "would": "woud",
    "please": "pls", "booking": "boking", "the": "teh", "and": "adn", "with": "wiht", "thanks": "thx",
}  # fmt: skip


def _learner(text: str, rng: random.Random) -> str:
    """English as a good second language: articles go missing, a few forms slip."""
    for pattern, written in _LEARNER:
        if rng.random() < 0.6:
            text = re.sub(pattern, written, text)
    return " ".join(word for word in text.split(" ") if word not in {"the", "a"} or rng.random() > 0.3)


def _slip(word: str, rng: random.Random) -> str:
    """One slip of the fingers in a word of five letters or more."""
    if word.lower() in _MISSPELT:
        return _MISSPELT[word.lower()]
    if len(word) < 5 or not word.isalpha():
        return word
    at = rng.randrange(1, len(word) - 2)
    return rng.choice(
        (
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
        )
    )


def _typos(text: str, rng: random.Random, rate: float) -> str:
    return " ".join(_slip(word, rng) if rng.random() < rate else word for word in text.split(" "))


def _typed(text: str, rng: random.Random) -> str:
    """As typed into a chat window: mostly small letters, few full stops, no apostrophes."""
    if rng.random() < 0.7:
        text = text.lower()
    if rng.random() < 0.5:
        text = text.replace("'", "")
    if rng.random() < 0.5:
        text = text.replace(". ", rng.choice((" ", ", ", " - "))).removesuffix(".")
    return text.rstrip(".!") + rng.choice(("", "", "", "", "", "!", "!!", "..", " ??"))


def _sentences(clauses: Iterable[str]) -> str:
    """Join clauses; whatever follows a full stop starts with a capital."""
    text = ""
    for clause in clauses:
        if not text or text[-1] in ".?!)":
            clause = clause[:1].upper() + clause[1:]
        elif text[-1] not in ",:":
            text += "." if clause[:1].isupper() else ","
        text += (" " if text else "") + clause
    return text


def _written(rng: random.Random, clauses: list[str], message: _Message) -> str:
    words = _Words(rng=rng, at=message.received_at, said={"plan": _PLANS[message.plan]})
    text = _sentences(words.fill(clause) for clause in clauses)
    if message.language_level == "intermediate" and message.channel != "phone_note":
        text = _learner(text, rng)
    if message.channel == "chat":
        text = _typed(text, rng)
    sloppy = {"chat": 0.35, "app_review": 0.25, "email": 0.15, "phone_note": 0.15}[message.channel]
    return _typos(text, rng, 0.06) if rng.random() < sloppy else text


# ------------------------------------------------------------------------------------------- messages

_REPEATS = 0.44
"""No two messages have this share of their words in common unless it was planted."""
_TRIES = 100
_REOPENED = {"clear": 0.03, "two_requests": 0.45, "overlap": 0.22, "vague": 0.30}


def _plain(text: str) -> str:
    """Small letters, no punctuation, single spaces."""
    return " ".join(re.sub(r"\W+", " ", text.lower()).split())


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """A text as words, and which word follows which, at once or after one more."""

    words: tuple[str, ...]
    follows: frozenset[tuple[str, str, int]]

    @classmethod
    def of(cls, text: str) -> _Said:
        words = tuple(_plain(text).split())
        gaps = ((gap, zip(words, words[gap:], strict=False)) for gap in (1, 2))
        return cls(words, frozenset((one, two, gap) for gap, pairs in gaps for one, two in pairs))

    def common(self, other: _Said) -> float:
        """Share of the words of both that are next to the same word in the other."""
        shared = self.follows & other.follows
        return (self._beside(shared) + other._beside(shared)) / len(self.words + other.words)

    def _beside(self, shared: frozenset[tuple[str, str, int]]) -> int:
        at: set[int] = set()
        for gap in (1, 2):
            pairs = zip(self.words, self.words[gap:], strict=False)
            at |= {i + j for i, (one, two) in enumerate(pairs) if (one, two, gap) in shared for j in (0, gap)}
        return len(at)


@dataclass(slots=True)
class _Texts:
    """The texts written so far, by the words that follow each other in them."""

    written: list[_Said] = field(default_factory=list)
    where: dict[tuple[str, str, int], list[int]] = field(default_factory=dict)

    def add(self, text: str) -> bool:
        """Keep a text, unless one with about the same words is there."""
        own = _Said.of(text)
        if any(own.common(other) >= _REPEATS for other in self._close(own)):
            return False
        for pair in own.follows:
            self.where.setdefault(pair, []).append(len(self.written))
        self.written.append(own)
        return True

    def _close(self, own: _Said) -> Iterator[_Said]:
        """Texts that share pairs enough; a pair lies beside no more than two words of either text."""
        shared = Counter(at for pair in own.follows for at in self.where.get(pair, ()))
        for at, pairs in shared.items():
            other = self.written[at]
            if 4 * pairs >= _REPEATS * len(own.words + other.words):
                yield other


@dataclass(slots=True)
class _Writer:
    """Writes messages, none of them close to one it wrote before."""

    rng: random.Random
    texts: _Texts = field(default_factory=_Texts)
    customers: int = 0
    numbers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.numbers = self.rng.sample(range(10_000, 100_000), 10_000)

    def message_id(self) -> str:
        """A number nobody had yet; it says nothing about file or time."""
        return f"m-{self.numbers.pop()}"

    def customer_id(self) -> str:
        """The next customer's number."""
        self.customers += 1
        return f"c-{self.customers:04d}"

    def files(self, shapes: Mapping[str, _Shape]) -> dict[str, list[_Message]]:
        """The messages of all files, written in one random order: no file gets what the others left."""
        blanks = [(name, blank) for name, shape in shapes.items() for blank in self._blanks(shape)]
        self.rng.shuffle(blanks)
        files: dict[str, list[_Message]] = {name: [] for name in shapes}
        for name, blank in blanks:
            message = self._unlike_any(blank)
            if message is not None:
                files[name].append(message)
        return files

    def _blanks(self, shape: _Shape) -> list[_Message]:
        """Who writes when about what; one message in six or so is from a customer who wrote another."""
        teams = _quota(shape.teams, shape.rows, self.rng)
        rest = 1 - shape.basic
        levels = {"basic": shape.basic, "intermediate": 0.31 * rest, "fluent": 0.69 * rest}
        blanks: list[_Message] = []
        for level in _quota(levels, shape.rows, self.rng):
            previous = blanks[-1] if blanks else None
            again = previous is not None and self._again(previous, level, teams[-1])
            customer = previous if previous is not None and again else self._customer(shape, level)
            blanks.append(self._blank(shape, customer, teams.pop()))
        return blanks

    def _again(self, previous: _Message, level: str, team: str) -> bool:
        """Whether the same customer writes once more: whoever finds writing easy, and not of an outage."""
        once = level != "fluent" or "outage" in {team, previous.team}
        return previous.language_level == level and not once and self.rng.random() < 0.3

    def _customer(self, shape: _Shape, level: str) -> _Message:
        return _Message(
            text="", team="", channel="", received_at=shape.start, language_level=level,
            plan=self.rng.choices(list(_PLANS), weights=shape.plans)[0],
            region=_draw(self.rng, _REGIONS), customer_id=self.customer_id(),
        )  # fmt: skip

    def _blank(self, shape: _Shape, customer: _Message, team: str) -> _Message:
        factors = _CHANNELS_OF.get(team, {})
        shares = {
            name: share * factors.get(name, 1) * shape.channels.get(name, 1)
            for name, share in _CHANNELS.items()
        }
        minute = self.rng.randrange(7 * 60, 21 * 60)
        kind = _kind(self.rng, team, customer.language_level, unclear=shape.unclear)
        return replace(
            customer, team=team, channel=_draw(self.rng, shares), kind=kind,
            received_at=shape.start + timedelta(days=self.rng.randrange(shape.days), minutes=minute),
            reopened="yes" if self.rng.random() < (_REOPENED[kind] if shape.unclear else 0.02) else "no",
        )  # fmt: skip

    def _unlike_any(self, blank: _Message) -> _Message | None:
        """A text for it; none where the phrases are used up."""
        for _ in range(_TRIES):
            topic = _source(self.rng, blank)
            text = _written(self.rng, _clauses(self.rng, topic, blank), blank)
            if self.texts.add(text):
                return replace(blank, message_id=self.message_id(), text=text)
        return None


# ------------------------------------------------------------------------------------------- planting

_LEAKS = 40
_WRONG_LABELS = 15
_SLIPS = {
    "billing": ("cancellation", "how_to"), "bug": ("how_to", "feature_request"), "outage": ("bug",),
    "how_to": ("bug", "feature_request"), "cancellation": ("billing", "how_to"),
    "feature_request": ("how_to", "bug"), "praise": ("feature_request",),
}  # fmt: skip
_OTHER_WORDS = {
    "please": "kindly", "want": "would like", "can": "could", "need": "require", "still": "yet",
    "now": "currently", "very": "really", "also": "too", "but": "however", "get": "receive",
    "and": "plus", "this": "that", "my": "our", "i": "we", "was": "has been", "at": "around",
}  # fmt: skip


def _reformatted(text: str, rng: random.Random) -> str:
    return rng.choice(
        (
            text.upper(),
            "> " + text.lower(),
            '"' + text.replace(". ", ".  ").replace("'", "’") + '"',
            re.sub(r"[.,!?]", "", text) + " ",
            text.replace(". ", ".\n").replace("? ", "?\n"),
        )
    )


def _edited(text: str, rng: random.Random) -> str:
    """About one word in eight replaced, dropped or mistyped."""
    words = text.split(" ")
    for at in rng.sample(range(len(words)), max(1, len(words) // 8)):
        word = words[at]
        words[at] = rng.choice((_OTHER_WORDS.get(word.lower(), word), _slip(word, rng), ""))
    edited = " ".join(word for word in words if word)
    return edited if edited != text else edited + " thanks"


_COPIES = {"exact": lambda text, _rng: text, "reformatted": _reformatted, "edited": _edited}


def _leaks(
    rng: random.Random, test: Sequence[_Message], writer: _Writer
) -> list[tuple[str, _Message, _Message]]:
    """Copies of test messages for the training file: (kind of copy, the copy, the original)."""
    chosen = rng.sample(
        [row for row in test if len(row.text) >= 60 and row.language_level != "basic"], _LEAKS
    )
    copies = []
    for index, row in enumerate(chosen):
        kind = ("exact", "reformatted", "edited")[index % 3]
        customer = row.customer_id if index % 2 else writer.customer_id()
        at = datetime(2026, 6, 29) + timedelta(minutes=rng.randrange(420, 2700))  # noqa: DTZ001
        text = _COPIES[kind](row.text, rng)
        copy = replace(row, message_id=writer.message_id(), text=text, customer_id=customer, received_at=at)
        copies.append((kind, copy, row))
    return copies


def _vocabulary(rows: Iterable[_Message]) -> dict[str, Counter[str]]:
    """Team → in how many of its plain messages each word occurs."""
    words: dict[str, Counter[str]] = {team: Counter() for team in TEAMS}
    for row in rows:
        if row.kind == "clear":
            words[row.team].update(set(_plain(row.text).split()))
    return words


def _plainness(row: _Message, words: Mapping[str, Counter[str]]) -> float:
    """How strongly its words speak for its own team against the next likely one."""
    said = sorted(set(_plain(row.text).split()))
    evidence = {
        team: sum(math.log(counts[word] + 0.5) for word in said) - len(said) * math.log(counts.total() + 1)
        for team, counts in words.items()
    }
    return round(evidence.pop(row.team) - max(evidence.values()), 6)


def _wrong_labels(rng: random.Random, rows: Sequence[_Message], others: Iterable[_Message]) -> dict[str, str]:
    """Message id → the wrong team: slips on messages that plainly belong elsewhere."""
    words = _vocabulary(others)
    clear = [row for row in rows if row.kind == "clear" and row.language_level != "basic"]
    clear.sort(key=lambda row: -_plainness(row, words))
    wrong = {}
    for team in TEAMS:
        plainest = [row for row in clear if row.team == team][:12]
        for row in rng.sample(plainest, 3 if team == "billing" else 2):
            wrong[row.message_id] = rng.choice(_SLIPS[team])
    return wrong


def _mislabelled(rng: random.Random, row: _Message, wrong: Mapping[str, str]) -> _Message:
    if row.message_id not in wrong:
        return row
    return replace(row, team=wrong[row.message_id], reopened="yes" if rng.random() < 0.8 else "no")


def _plant(rng: random.Random, writer: _Writer, files: dict[str, list[_Message]]) -> dict[str, object]:
    """Put the known problems into ``files``; what was planted where is returned."""
    right = files["test"]
    leaks = _leaks(rng, right, writer)
    copied = {original.message_id for _, _, original in leaks}
    wrong = _wrong_labels(
        rng, [row for row in right if row.message_id not in copied], [*files["train"], *right]
    )
    train, more = [*files["train"], *files.pop("reviews")], files["more_training"]
    files["train"] = [*train, *(copy for _, copy, _ in leaks)]
    files["test"] = [_mislabelled(rng, row, wrong) for row in right]
    files["train_repaired"] = [*train, *more]
    files["test_repaired"] = [
        replace(row, team=before.team) for row, before in zip(files["test"], right, strict=True)
    ]
    return _record(files, leaks=leaks, wrong=wrong)


def _record(
    files: Mapping[str, Sequence[_Message]],
    *,
    leaks: Iterable[tuple[str, _Message, _Message]],
    wrong: Mapping[str, str],
) -> dict[str, object]:
    right = files["test_repaired"]
    team = {row.message_id: row.team for row in right}
    return {
        "near_duplicates": [
            {"train": copy.message_id, "test": original.message_id, "kind": kind}
            for kind, copy, original in leaks
        ],
        "customers_on_both_sides": sorted(
            {row.customer_id for row in files["train"]} & {row.customer_id for row in right}
        ),
        "wrong_labels": [
            {"message_id": name, "given": given, "right": team[name]} for name, given in wrong.items()
        ],
        "failing_segment": {"language_level": "basic"},
        "rare_team": "outage",
        "label_right_customer_wrong": [
            row.message_id for row in right if row.reopened == "yes" and row.message_id not in wrong
        ],
        "two_requests": [row.message_id for row in right if row.kind == "two_requests"],
        "two_teams_could_answer": [row.message_id for row in right if row.kind in {"overlap", "vague"}],
    }


# ---------------------------------------------------------------------------------------------- files


def _cells(row: _Message) -> dict[str, str]:
    return {
        "message_id": row.message_id, "text": row.text, "team": row.team, "plan": row.plan,
        "channel": row.channel, "language_level": row.language_level, "region": row.region,
        "customer_id": row.customer_id, "received_at": row.received_at.isoformat(timespec="minutes"),
        "reopened": row.reopened,
    }  # fmt: skip


def _table(rows: Iterable[_Message], columns: Sequence[str]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    ordered = sorted(rows, key=lambda row: (row.received_at, row.message_id))
    writer.writerows(_cells(row) for row in ordered)
    return stream.getvalue()


def make(seed: int = SEED, *, planted: bool = True) -> dict[str, str]:
    """The example's files: name → text.

    Args:
        seed: Another seed composes other messages and plants the same kinds of problems in them.
        planted: False makes the clean twin: train, test and production from one population, no copies
            across the split, no segment left out of training, and no wrong labels. So there are no
            messages either that two teams could answer: their labels are a toss of a coin.

    Returns:
        ``train.csv``, ``test.csv``, ``production.csv`` (unlabelled); with ``planted`` also
        ``more_training.csv``, ``train_repaired.csv``, ``test_repaired.csv`` and ``planted.json``.
    """
    rng = random.Random(f"slotwren {seed} {planted}")
    writer = _Writer(rng=rng)
    files = writer.files(_shapes(planted=planted))
    record = _plant(rng, writer, files) if planted else {}
    tables = {
        f"{name}.csv": _table(rows, _UNLABELLED if name == "production" else _COLUMNS)
        for name, rows in files.items()
    }
    return tables | (
        {"planted.json": json.dumps({"seed": seed} | record, indent=1) + "\n"} if planted else {}
    )


def main(arguments: Sequence[str]) -> int:
    """Write the committed files, or with ``--check`` compare them."""
    files = make()
    if "--check" in arguments:
        return int(any((_DATA / name).read_text("utf-8") != text for name, text in files.items()))
    _DATA.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (_DATA / name).write_text(text, encoding="utf-8", newline="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
