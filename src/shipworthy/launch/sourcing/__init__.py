"""Build, tune, buy or wait: measured quality, cost at your volume, constraints, and what would reverse it."""

from shipworthy.launch.sourcing.answers import SourceAnswers, read_source_answers
from shipworthy.launch.sourcing.deciding import Recommendation, Waiting
from shipworthy.launch.sourcing.options import BreakEven, Constraint, Option
from shipworthy.launch.sourcing.paper import RankLine, Sourcing, in_words, paper, ranked
from shipworthy.launch.sourcing.tripwires import Tripwire, TripwireResult, check_tripwires
from shipworthy.launch.sourcing.weighing import weigh

__all__ = [
    "BreakEven",
    "Constraint",
    "Option",
    "RankLine",
    "Recommendation",
    "SourceAnswers",
    "Sourcing",
    "Tripwire",
    "TripwireResult",
    "Waiting",
    "check_tripwires",
    "in_words",
    "paper",
    "ranked",
    "read_source_answers",
    "weigh",
]
