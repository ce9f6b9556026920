"""The report's own words: what each verdict, outcome, severity and metric means to a product manager.

Plain words come first, the statistic's name second. Whatever has no words here is shown by its
own name, so that nothing is left out because it is new.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "CURVES",
    "DECISIONS",
    "FALLBACK",
    "GAP",
    "GLOSSARY",
    "KINDS",
    "METRICS",
    "ORIGINS",
    "OUTCOMES",
    "OUTPUT_GLOSSARY",
    "PRACTICE",
    "SEVERITIES",
    "STATUSES",
    "UNKNOWN",
    "UNMEASURED",
    "Word",
    "counted_severity",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """How one of a few fixed values is shown: never by colour alone."""

    word: str
    """The word."""
    tone: str
    """CSS class of its colour: good, fallback, open, bad or quiet."""
    icon: str
    """Name of its icon."""
    meaning: str = ""
    """One sentence."""


UNKNOWN = Word(word="Unknown", tone="open", icon="question")
GAP = Word(word="Gap", tone="open", icon="warning")
UNMEASURED = Word(word="Not measured", tone="open", icon="warning")

DECISIONS = {
    "ship": Word(
        word="Ship",
        tone="good",
        icon="check",
        meaning="Every bar is met on all test rows, with room for chance.",
    ),
    "ship_with_fallback": Word(
        word="Ship with a human fallback",
        tone="fallback",
        icon="people",
        meaning="Every bar is met on the rows the feature is sure about; a person takes the others.",
    ),
    "hold": Word(
        word="Hold",
        tone="bad",
        icon="stop",
        meaning="At least one bar is failed, and handing more rows to people does not rescue it.",
    ),
    "cannot_tell": Word(
        word="Cannot tell yet",
        tone="open",
        icon="question",
        meaning="The evidence does not settle it: neither a yes nor a no can be defended.",
    ),
}
OUTCOMES = {
    "met": Word(word="Met", tone="good", icon="check"),
    "failed": Word(word="Failed", tone="bad", icon="cross"),
    "undecided": Word(word="Undecided", tone="open", icon="question"),
}
SEVERITIES = {
    "blocker": Word(word="Blocker", tone="bad", icon="stop"),
    "serious": Word(word="Serious", tone="bad", icon="cross"),
    "warning": Word(word="Warning", tone="open", icon="warning"),
    "note": Word(word="Note", tone="quiet", icon="note"),
}
_PLURALS = {"blocker": "blockers", "warning": "warnings", "note": "notes"}
PRACTICE = "Practice data, written for this example"
ORIGINS = {"bundled": PRACTICE, "own": "Your own data", "external": "Data from outside your organisation"}
KINDS = {
    "trained": "trained model",
    "callable": "Python function",
    "recorded": "recorded outputs",
    "model": "language model with a prompt",
    "endpoint": "HTTP service",
    "app": "application of Shipworthy",
    "nothing": "baseline: does nothing",
    "rules": "baseline: a simple rule",
    "majority": "baseline: always the most frequent class",
    "keyword": "baseline: key words",
}
STATUSES = {
    "ok": "answered",
    "refused": "refused",
    "invalid": "not a valid answer",
    "timeout": "timed out",
    "error": "failed with an error",
}
FALLBACK = {
    "who": "Who takes over",
    "capacity_a_day": "Capacity a day",
    "user_sees": "What the user sees",
    "precision": "Share of handled items that must be right",
}
CURVES = {
    "precision_recall": "Average precision",
    "roc": "Area under the curve",
    "reliability": "Calibration error",
}
METRICS = {
    "accuracy": ("Right overall", "accuracy"),
    "macro_precision": ("Right when it names a class, classes weighing the same", "macro precision"),
    "macro_recall": ("Found of each class, classes weighing the same", "macro recall"),
    "macro_f1": ("Right and found together, classes weighing the same", "macro F1"),
    "micro_precision": ("Right when it names a class, rows weighing the same", "micro precision"),
    "micro_recall": ("Found of each class, rows weighing the same", "micro recall"),
    "micro_f1": ("Right and found together, rows weighing the same", "micro F1"),
    "weighted_precision": (
        "Right when it names a class, frequent classes weighing more",
        "weighted precision",
    ),
    "weighted_recall": ("Found of each class, frequent classes weighing more", "weighted recall"),
    "weighted_f1": ("Right and found together, frequent classes weighing more", "weighted F1"),
    "precision": ("Right when it says yes", "precision"),
    "recall": ("Found of all that are yes", "recall"),
    "f1": ("Right and found together", "F1"),
    "average_precision": ("Puts the right rows first", "average precision"),
    "roc_auc": ("Tells yes from no", "area under the ROC curve"),
    "brier": ("Distance of its probabilities from the truth, lower is better", "Brier score"),
    "calibration_error": ("Gap between its confidence and how often it is right", "calibration error"),
    "ece": ("Gap between its confidence and how often it is right", "calibration error"),
}
GLOSSARY = (
    ("Bar", "A condition the feature must meet to ship, written down before anything was measured."),
    ("Estimate", "What a sample says about a quantity. It is never exact, so it comes with an interval."),
    (
        "Interval",
        "The range in which the true value plausibly lies; the number before it is the best guess. "
        "Few rows make it wide. Unless another level is named, 95 of 100 such ranges hold the truth.",
    ),
    ("n", "The number of rows a number rests on."),
    (
        "Met, failed, undecided",
        "A bar is met when the whole interval is on its good side, failed when the whole interval is on "
        "its bad side, and undecided when the interval crosses it.",
    ),
    ("Points", "A difference between two percentages: from 91% to 74% is −17 points."),
    ("Confidence", "How sure the feature says it is of one answer, from 0 to 1."),
    ("Threshold", "The confidence from which the feature acts on its own."),
    ("Hand-over", "A row below the threshold, which a person decides."),
    ("Fallback and capacity", "The people who take the hand-overs, and how many a day they can take."),
    ("Candidate", "One way to build the feature. All candidates are measured on the same rows."),
    (
        "Baseline",
        "The simplest thing that could work. A candidate that does not beat it is not worth its cost.",
    ),
    ("Precision", "Of the rows given a class, the share that really have it."),
    ("Recall", "Of the rows that really have a class, the share that were given it."),
    ("F1", "Precision and recall in one number; it is low when either is low."),
    ("Calibration", "Whether “90% sure” is right in 90 of 100 cases."),
    ("Segment", "A part of the rows, such as one plan or one language, looked at on its own."),
    (
        "Protected segment",
        "A segment that must not be treated worse. Where it was not measured, no verdict is a plain “ship”.",
    ),
    (
        "Leakage",
        "Test rows, or hints at their labels, that the model has already seen. They flatter every score.",
    ),
    ("Net value", "What the feature brings a month after paying for its mistakes and its hand-overs."),
    ("Undefined", "There was nothing to measure. It is not zero, and it is not a pass."),
)

OUTPUT_GLOSSARY = (
    (
        "Citation",
        "Words of a document that an output rests on. It counts only if they stand there, letter for letter.",
    ),
    ("Abstention", "An honest “not in these documents” instead of an answer."),
)


def counted_severity(name: str, count: int) -> str:
    """So many findings of one severity, for instance ``2 warnings``."""
    return f"{count} {name if count == 1 else _PLURALS.get(name, name)}"
