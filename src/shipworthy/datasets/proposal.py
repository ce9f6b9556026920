"""Which column probably means what, judged by its values and then by its name.

A proposal is a starting point for a person to correct. Each choice carries its reason and the
column that came second.
"""

# ruff: noqa: S608 - table and column names are made by us
from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from shipworthy.core.errors import DataError, Where
from shipworthy.datasets.cleaning import SPLIT_NAMES
from shipworthy.datasets.frozen import Columns
from shipworthy.datasets.table import Table
from shipworthy.datasets.times import DateFormat, date_format
from shipworthy.datasets.values import is_missing, is_number, number_in, spelling_key

__all__ = [
    "Chooser",
    "Profile",
    "Proposal",
    "cluster_score",
    "dated",
    "id_score",
    "label_source_score",
    "profiles",
    "propose",
    "segments_of",
    "shown",
    "split_score",
    "text_score",
    "time_score",
]

_SAMPLE = 2_000
_MOST_CLASSES = 200
_MOST_SEGMENT_VALUES = 20
_MOST_SEGMENTS = 6


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_INPUT = _set(
    "text message body description comment question query utterance content feedback review input "
    "prompt request complaint verbatim remark email note notes ticket issue post tweet sentence "
    "document transcript"
)
_HEADLINE = _set("title subject headline summary")
_NOT_INPUT = _set(
    "answer response reply output prediction reference expected url link path name address agent resolution"
)
_LABEL = _set("label labels intent category class y target gold truth categorie kategorie topic")
_MAYBE_LABEL = _set("team queue type sentiment tag reason department theme verdict kind")
_PREDICTION = _set("pred preds prediction predicted predictions output guess yhat")
_CONFIDENCE = _set("confidence conf proba prob probability certainty score")
_OUTCOME = _set(
    "outcome reopened reopen refunded refund kept escalated churned churn csat satisfied converted "
    "accepted clicked solved thumbs rating nps overridden corrected"
)
_TIME = _set("created date time timestamp at received opened submitted day sent when")
_LATER = _set("updated closed modified resolved due deleted changed last")
_ID = _set("id uuid guid key nr no number ref reference identifier index idx")
_CLUSTER = _set(
    "customer user account client author session conversation thread document company organisation "
    "organization tenant device patient contract order household visitor member sender person employee "
    "question module meeting"
)
_SEGMENT = _set(
    "plan channel region country language lang locale segment tier platform device product repo gender "
    "sex age source market version level brand store site domain"
)
_ANNOTATOR = _set("annotator rater labeler labeller reviewer coder annotation")
_LABEL_SOURCE = _set("label_source labelled_by labeled_by labelsource annotated_by source_of_label")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What each column of a table probably means. No column has two meanings."""

    input: tuple[str, ...]
    """The text; a title and a body are proposed together. Empty if there is no text."""
    label: str | None = None
    """The right answer."""
    label_parts: Mapping[str, str] = field(default_factory=dict)
    """Part of the right answer to its column, for jobs whose label has parts that stand in several."""
    id: str | None = None
    """What names a row."""
    segments: tuple[str, ...] = ()
    """Columns to slice by."""
    cluster: str | None = None
    """Rows with one value belong together."""
    time: str | None = None
    """When the row came about."""
    split: str | None = None
    """Training or test."""
    outcome: str | None = None
    """What happened afterwards."""
    label_source: str | None = None
    """Who gave the label."""
    annotations: tuple[str, ...] = ()
    """Labels by several people."""
    prediction: str | None = None
    """An output recorded in the file."""
    confidence: str | None = None
    """How sure that output claims to be."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Why, by column."""
    runner_up: Mapping[str, str] = field(default_factory=dict)
    """The second choice, by role, where there was one."""

    def columns(self) -> Columns:
        """The proposal as the columns of a dataset.

        Raises:
            DataError: there is no column of text.
        """
        if not self.input:
            raise DataError(
                "No column looks like text to classify.",
                where=Where(field="data.input"),
                hint="Name the column that holds the input.",
            )
        return Columns(
            input=self.input,
            label=self.label,
            id=self.id,
            segments=self.segments,
            cluster=self.cluster,
            time=self.time,
            split=self.split,
            label_source=self.label_source,
            outcome=self.outcome,
            annotations=self.annotations,
        )


@dataclass(frozen=True)
class Profile:
    """What can be said about one column."""

    table: Table
    name: str
    filled: int
    distinct: int
    sample: tuple[str, ...]

    @cached_property
    def tokens(self) -> frozenset[str]:
        """The words of its name."""
        parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", self.name)
        return frozenset(part.lower() for part in parts)

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The values without missing ones, the commonest first, if they are few."""
        if self.distinct > 2 * _MOST_CLASSES:
            return ()
        found = (value for value, _ in self.table.distinct(self.name, most=2 * _MOST_CLASSES))
        return tuple(value for value in found if value is not None and not is_missing(value))

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Its values however they are spelled, if they are few."""
        return frozenset(map(spelling_key, self.values))

    @cached_property
    def words(self) -> float:
        """Words of a value, on average."""
        return sum(len(value.split()) for value in self.sample) / max(1, len(self.sample))

    @cached_property
    def length(self) -> float:
        """Letters of a value, on average."""
        return sum(map(len, self.sample)) / max(1, len(self.sample))

    @cached_property
    def vocabulary(self) -> int:
        """Different words of the sample."""
        return len({word for value in self.sample for word in value.casefold().split()})

    @cached_property
    def spaced(self) -> float:
        """Share of values with a space in them."""
        return sum(" " in value.strip() for value in self.sample) / max(1, len(self.sample))

    @cached_property
    def numeric(self) -> bool:
        """Whether nearly all values are numbers."""
        return sum(map(is_number, self.sample)) >= 0.95 * max(1, len(self.sample))

    @cached_property
    def dates(self) -> DateFormat | None:
        """How its dates are written; None where it holds none."""
        found = date_format(self.table.store, self.table.name, self.table.sql(self.name))
        return found if found is not None and found.parsed >= 0.9 * found.filled else None

    @property
    def is_text(self) -> bool:
        """Free text: long, varied, mostly different from row to row."""
        share = self.distinct / max(1, self.filled)
        varied = share > 0.2 or (share > 0.05 and self.vocabulary > 200)
        worded = self.words >= 3 or (self.length >= 12 and self.spaced < 0.1 and self._unspaced_script)
        return self.distinct > 1 and not self.numeric and varied and worded

    @property
    def _unspaced_script(self) -> bool:
        """Chinese, Japanese and Thai are written without spaces."""
        written = sum(any(character > "\u0dff" for character in value) for value in self.sample)
        return written > 0.5 * len(self.sample)

    @cached_property
    def structured(self) -> bool:
        """Lists and objects rather than texts."""
        nested = sum(value.startswith(("[", "{")) and value.endswith(("]", "}")) for value in self.sample)
        return nested > 0.5 * len(self.sample)

    def few(self, most: int) -> bool:
        """Whether it has a handful of short values that come back."""
        if self.structured or self.length > 60:
            return False
        return 2 <= len(self.kinds) <= most and 2 * len(self.kinds) <= self.filled

    def has(self, words: frozenset[str]) -> bool:
        """Whether its name holds one of these words."""
        return bool(self.tokens & words)


_Score = Callable[[Profile], float]


class Chooser:
    """Gives each column at most one role."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self.free = {profile.name: profile for profile in profiles}
        self.reasons: dict[str, str] = {}
        self.runner_up: dict[str, str] = {}

    def take(self, role: str, score: _Score, why: Callable[[Profile], str]) -> Profile | None:
        """The free column with the best positive score."""
        ranked = sorted(
            ((score(profile), -place, name) for place, (name, profile) in enumerate(self.free.items())),
            reverse=True,
        )
        ranked = [each for each in ranked if each[0] > 0]
        if not ranked:
            return None
        if len(ranked) > 1:
            self.runner_up[role] = ranked[1][2]
        return self.keep(ranked[0][2], why)

    def keep(self, name: str, why: Callable[[Profile], str]) -> Profile:
        """Take one column by name."""
        profile = self.free.pop(name)
        self.reasons[name] = why(profile)
        return profile


def propose(table: Table) -> Proposal:
    """Say which column of a table probably is the text, the label, the id and so on."""
    chooser = Chooser(profiles(table))
    split = chooser.take("split", split_score, lambda p: f"its values are {shown(p)}")
    outcome = chooser.take("outcome", _outcome_score, lambda p: f"it says what happened: {shown(p)}")
    confidence = chooser.take("confidence", _confidence_score, lambda _: "it holds numbers from 0 up")
    source = chooser.take("label_source", label_source_score, lambda _: "its name says who gave the label")
    annotations = _annotations(chooser)
    label = chooser.take("label", _label_score, lambda p: f"it has {len(p.kinds):,} values: {shown(p)}")
    prediction = chooser.take("prediction", _prediction_score(label), lambda _: "its values are labels")
    if prediction is None and confidence is not None:
        chooser.reasons.pop(confidence.name)
        confidence = None
    time = chooser.take("time", time_score, dated)
    identity = chooser.take("id", id_score(table), lambda _: "every row has another value")
    inputs = _inputs(chooser)
    cluster = chooser.take(
        "cluster", cluster_score, lambda p: f"{p.distinct:,} values come back over {p.filled:,} rows"
    )
    return Proposal(
        input=inputs,
        label=_name(label),
        id=_name(identity),
        segments=segments_of(chooser, label),
        cluster=_name(cluster),
        time=_name(time),
        split=_name(split),
        outcome=_name(outcome),
        label_source=_name(source),
        annotations=annotations,
        prediction=_name(prediction),
        confidence=_name(confidence),
        reasons=chooser.reasons,
        runner_up={role: name for role, name in chooser.runner_up.items() if name in chooser.free},
    )


def profiles(table: Table) -> list[Profile]:
    """What can be said about each column of a table."""
    columns = [table.sql(name) for name in table.columns]
    counts = ", ".join(f"count({column}), count(DISTINCT hash({column}))" for column in columns)
    numbers = table.store.first(f"SELECT {counts} FROM {table.name}")
    return [
        Profile(
            table=table,
            name=name,
            filled=numbers[2 * place],
            distinct=numbers[2 * place + 1] - (numbers[2 * place] < table.n_rows),
            sample=_sample(table, columns[place]),
        )
        for place, name in enumerate(table.columns)
    ]


def _sample(table: Table, column: str) -> tuple[str, ...]:
    rows = table.store.query(
        f"SELECT {column} FROM {table.name} WHERE {column} IS NOT NULL ORDER BY hash(row) LIMIT {_SAMPLE}"
    )
    return tuple(value for (value,) in rows if not is_missing(value))


def _name(profile: Profile | None) -> str | None:
    return None if profile is None else profile.name


def dated(profile: Profile) -> str:
    """Why a column says when."""
    return "its cells are dates" + (f" ({profile.dates.name})" if profile.dates else "")


def shown(profile: Profile) -> str:
    """Its commonest values, in words."""
    more = ", …" if len(profile.values) > 4 else ""
    return ", ".join(repr(value[:30]) for value in profile.values[:4]) + more


# --- how well a column suits a role; 0 means not at all -----------------------------------------


def split_score(profile: Profile) -> float:
    """How well it suits as the split."""
    known = [SPLIT_NAMES.get(value.casefold().strip()) for value in profile.values]
    return 1.0 if len(known) <= 6 and len(set(known)) > 1 and all(known) else 0.0


def _outcome_score(profile: Profile) -> float:
    return 1.0 if profile.has(_OUTCOME) and profile.few(_MOST_SEGMENT_VALUES) else 0.0


def _confidence_score(profile: Profile) -> float:
    if not (profile.numeric and profile.sample and profile.has(_CONFIDENCE)) or profile.has(_LABEL):
        return 0.0
    fits = all(0 <= number_in(value) <= 100 for value in profile.sample if is_number(value))
    return (1.0 if "score" in profile.tokens else 2.0) if fits else 0.0


def label_source_score(profile: Profile) -> float:
    """How well it suits as who gave the label."""
    plain = re.sub(r"[^a-z]+", "_", profile.name.lower()).strip("_")
    return 1.0 if plain in _LABEL_SOURCE and profile.length <= 60 else 0.0


def _annotations(chooser: Chooser) -> tuple[str, ...]:
    """Two or more columns named after annotators, with values in common."""
    named = [p for p in chooser.free.values() if p.has(_ANNOTATOR) and p.few(_MOST_CLASSES)]
    shared = [p for p in named if any(p.kinds & other.kinds for other in named if other is not p)]
    if len(shared) < 2:
        return ()
    return tuple(
        chooser.keep(p.name, lambda _: "it is one of several annotators' columns").name for p in shared
    )


def _label_score(profile: Profile) -> float:
    if not profile.few(_MOST_CLASSES) or profile.has(_PREDICTION) or profile.has(_ID):
        return 0.0
    named = profile.has(_LABEL)
    if profile.numeric and not named:
        return 0.0
    if profile.has(_SEGMENT) and not named:
        return 0.0
    hint = 10.0 * named + 5.0 * profile.has(_MAYBE_LABEL)
    exact = 5.0 * (spelling_key(profile.name) in _LABEL)
    flag = profile.kinds <= {"true", "false"}
    return 1.0 + hint + exact + len(profile.kinds) / (10 * _MOST_CLASSES) - flag


def _prediction_score(label: Profile | None) -> _Score:
    def score(profile: Profile) -> float:
        if label is None or not profile.has(_PREDICTION) or not profile.kinds:
            return 0.0
        return len(profile.kinds & label.kinds) / len(profile.kinds)

    return score


def time_score(profile: Profile) -> float:
    """How well it suits as when."""
    named = profile.has(_TIME)
    if profile.distinct < 2 or (profile.numeric and not named) or profile.words > 8:
        return 0.0
    if profile.dates is None:
        return 0.0
    return 1.0 + 2 * named - 0.5 * profile.has(_LATER)


def id_score(table: Table) -> _Score:
    """How well a column suits as what names a row."""

    def score(profile: Profile) -> float:
        unique = profile.distinct == profile.filled == table.n_rows > 1
        if not unique or profile.is_text or profile.spaced > 0.1 or profile.length > 80:
            return 0.0
        whole = all(re.fullmatch(r"\d+", value) for value in profile.sample)
        if profile.numeric and not whole:
            return 0.0
        return 1.0 + 3 * profile.has(_ID) - profile.has(_INPUT)

    return score


def text_score(profile: Profile) -> float:
    """How well it suits as the text."""
    if not profile.is_text:
        return 0.0
    unlikely = profile.has(_NOT_INPUT) or profile.structured
    score = min(profile.words, 40) + 20 * profile.has(_INPUT) - 30 * unlikely
    return max(score, 0.1)


def _inputs(chooser: Chooser) -> tuple[str, ...]:
    def why(profile: Profile) -> str:
        return f"it holds free text, {profile.words:.0f} words on average"

    main = chooser.take("input", text_score, why)
    if main is None:
        return ()
    if main.has(_HEADLINE):
        return (main.name,)
    headline = chooser.take("headline", lambda p: float(p.is_text and p.has(_HEADLINE)), why)
    chooser.runner_up.pop("headline", None)
    return (main.name,) if headline is None else (headline.name, main.name)


def cluster_score(profile: Profile) -> float:
    """How well it suits as what belongs together."""
    comes_back = _MOST_SEGMENT_VALUES < profile.distinct < 0.95 * profile.filled
    if not comes_back or profile.is_text or profile.length > 80:
        return 0.0
    if profile.numeric and not all(re.fullmatch(r"\d+", value) for value in profile.sample):
        return 0.0
    return 2.0 * profile.has(_CLUSTER) + 1.0 * profile.has(_ID)


def segments_of(chooser: Chooser, label: Profile | None) -> tuple[str, ...]:
    """Take the columns to slice by."""
    suitable = [p for p in chooser.free.values() if _is_segment(p) and not _follows(p, label)]
    suitable.sort(key=lambda p: (not p.has(_SEGMENT), len(p.kinds)))
    chosen = {p.name for p in suitable[:_MOST_SEGMENTS]}
    return tuple(
        chooser.keep(p.name, lambda each: f"it has {len(each.kinds)} values: {shown(each)}").name
        for p in list(chooser.free.values())
        if p.name in chosen
    )


def _is_segment(profile: Profile) -> bool:
    return profile.few(_MOST_SEGMENT_VALUES) and (not profile.numeric or profile.has(_SEGMENT))


def _follows(profile: Profile, label: Profile | None) -> bool:
    """Whether the label alone determines the column, so that slicing by it says nothing new."""
    if label is None:
        return False
    table = profile.table
    one, two = table.sql(label.name), table.sql(profile.name)
    mixed = table.store.query(
        f"SELECT {one} FROM {table.name} GROUP BY {one} HAVING count(DISTINCT {two}) > 1 LIMIT 1"
    )
    return not mixed
