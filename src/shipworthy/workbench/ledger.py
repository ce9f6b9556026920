"""Evidence: what was done here, and whether the record of it still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shipworthy.evidence.ledger import LedgerProblem
    from shipworthy.evidence.record import Record
    from shipworthy.workbench.workspace import Workspace

__all__ = ["list_evidence", "verify_evidence"]


def list_evidence(workspace: Workspace, *, feature: str | None = None) -> tuple[Record, ...]:
    """All evidence records, oldest first, of one feature or of all.

    Raises:
        WorkspaceError: there is no such feature, and no record of one.
    """
    from shipworthy.evidence.ledger import Ledger, ledger_location

    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root) as ledger:
        records = ledger.records(feature=feature)
    if feature is not None and not records:
        workspace.feature_file(feature)
    return records


def verify_evidence(workspace: Workspace) -> tuple[LedgerProblem, ...]:
    """What in the ledger no longer holds; empty when every record and file is as it was."""
    from shipworthy.evidence.ledger import Ledger, ledger_location

    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root) as ledger:
        return tuple(ledger.verify())
