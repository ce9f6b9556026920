"""Fakes that implement our own ports."""

from tests.fakes.clock import FixedClock

__all__ = ["FixedClock"]
