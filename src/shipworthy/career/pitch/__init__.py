"""What was shipped, and what was the measurable outcome? Answered from evidence, and rehearsed."""

from shipworthy.career.pitch.drafts import Pitch, PitchDraft, draft_pitch
from shipworthy.career.pitch.outcome import Outcome, Reviewed, best_outcome
from shipworthy.career.pitch.rehearsal import Audience, Criterion, Rehearsal, rehearse

__all__ = [
    "Audience",
    "Criterion",
    "Outcome",
    "Pitch",
    "PitchDraft",
    "Rehearsal",
    "Reviewed",
    "best_outcome",
    "draft_pitch",
    "rehearse",
]
