"""The ledger: what was done, when, by whom, and the hashes that prove it.

This package knows nothing about what a review is. It never stores an example: only names,
counts, hashes and the person's own words. Importing it loads no database library.
"""

from shipworthy.evidence.ledger import Ledger, LedgerProblem, ledger_location
from shipworthy.evidence.record import Artifact, Origin, Record, content_sha256

__all__ = ["Artifact", "Ledger", "LedgerProblem", "Origin", "Record", "content_sha256", "ledger_location"]
