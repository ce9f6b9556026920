"""The plan: the curriculum fitted to somebody's days and refitted when some are missed; facts to recall."""

from shipworthy.career.plan.fitting import Progress, Session, fit, progress
from shipworthy.career.plan.pace import DayRange, Pace, days_off_in

__all__ = ["DayRange", "Pace", "Progress", "Session", "days_off_in", "fit", "progress"]
