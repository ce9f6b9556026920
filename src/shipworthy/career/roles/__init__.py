"""Roles: what a posting asks for, in its own words, and what the evidence says. No model."""

from shipworthy.career.roles.facts import Facts, facts_of
from shipworthy.career.roles.gaps import NextActions, RoleFit, fit_of, nearest_role, next_actions
from shipworthy.career.roles.matching import Standing, Status, standings
from shipworthy.career.roles.pay import Pay
from shipworthy.career.roles.reading import Reading, read_posting
from shipworthy.career.roles.requirements import OTHER, Requirement, requirements_in
from shipworthy.career.roles.saved import Reply, SavedRole

__all__ = [
    "OTHER",
    "Facts",
    "NextActions",
    "Pay",
    "Reading",
    "Reply",
    "Requirement",
    "RoleFit",
    "SavedRole",
    "Standing",
    "Status",
    "facts_of",
    "fit_of",
    "nearest_role",
    "next_actions",
    "read_posting",
    "requirements_in",
    "standings",
]
