"""The PRD of an AI feature: drafted from what was measured, checked wherever it comes from."""

from shipworthy.launch.prd.checking import Abstention, CheckedPrd, PrdFinding, blocking, check_prd

__all__ = ["Abstention", "CheckedPrd", "PrdFinding", "blocking", "check_prd"]
