"""The playbook as data: what an AI product manager must know, each item with source and date.

This package knows nothing about features, reviews or ledgers; they refer to it by id.
"""

from shipworthy.playbook.items import (
    Competency,
    FailureMode,
    Family,
    Group,
    Incident,
    Source,
    competencies,
    competency,
    failure_mode,
    failure_modes,
)

__all__ = [
    "Competency",
    "FailureMode",
    "Family",
    "Group",
    "Incident",
    "Source",
    "competencies",
    "competency",
    "failure_mode",
    "failure_modes",
]
