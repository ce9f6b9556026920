"""Stand-ins that implement our own ports."""

from tests.fakes.clock import FixedClock
from tests.fakes.models import ScriptedModel

__all__ = ["FixedClock", "ScriptedModel"]
