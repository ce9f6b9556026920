"""Attacks: planted words show whether a candidate obeys the texts that it should only judge.

``writing`` makes the texts, ``trying`` puts them to a candidate, ``report`` is what remains, and ``finding``
says it in a review. No model's opinion decides anything here.
"""
