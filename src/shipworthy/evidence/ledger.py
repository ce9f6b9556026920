"""The ledger a person opens: append, read, verify. There is no way to change or delete.

Each record names the hash of the one before it, so a record that was edited, removed or
slipped in shows. Two things do not show: records cut off at the very end, and a ledger
rewritten as a whole by somebody who recomputes every hash.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from shipworthy.core.canonical import sha256_of_file
from shipworthy.core.clock import Clock, SystemClock
from shipworthy.core.errors import UserError, Where, nearest
from shipworthy.core.files import readable
from shipworthy.core.ids import new_id
from shipworthy.evidence.record import Artifact, Origin, Record, checked, content_sha256

if TYPE_CHECKING:
    from shipworthy.evidence._store import Store

__all__ = ["Ledger", "LedgerProblem", "ledger_location"]


def ledger_location(workspace: Path, environ: Mapping[str, str] = os.environ) -> str | Path:
    """Where a workspace's ledger is: ``SHIPWORTHY_LEDGER_URL`` if set, else a file inside it."""
    return environ.get("SHIPWORTHY_LEDGER_URL") or workspace / ".shipworthy" / "ledger.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerProblem:
    """Something in the ledger that does not hold."""

    record: str
    """Id of the record."""
    kind: Literal["chain", "content", "artifact"]
    """A broken link to the record before, a record that was edited, or a file that is not as it was."""
    message: str
    """What is wrong, in one sentence."""


class Ledger:
    """The evidence of one workspace. Get one with :meth:`open`; threads may share it."""

    def __init__(self, store: Store, workspace: Path, clock: Clock) -> None:
        self._store = store
        self._workspace = workspace
        self._clock = clock

    @classmethod
    @contextmanager
    def open(
        cls, location: str | Path, *, workspace: Path, clock: Clock | None = None, patience: float = 10.0
    ) -> Iterator[Ledger]:
        """Open a ledger, creating it or bringing its tables up to date as needed.

        Args:
            location: A file, or a ``sqlite:///…`` or ``postgresql://…`` URL; :func:`ledger_location`
                says which one belongs to a workspace.
            workspace: The folder that artifacts' paths are relative to.
            clock: Tells when a record is made.
            patience: Seconds to wait for a server to answer, or for another program to finish writing.

        Raises:
            UserError: the URL is of no known kind, the file is not a ledger or is damaged, or the
                ledger was made by a newer version.
            EnvironmentFailure: it is locked, cannot be written, or the server does not answer.
            MissingExtraError: PostgreSQL is named and its driver is not installed.
        """
        from shipworthy.evidence._store import Store

        store = Store(location, patience=patience)
        try:
            store.prepare()
            yield cls(store, workspace, clock or SystemClock())
        finally:
            store.close()

    def artifact(self, path: Path, *, name: str | None = None) -> Artifact:
        """A file of the workspace, hashed, ready to be recorded (its stem is the default name).

        Raises:
            UserError: the file is missing, unreadable, or outside the workspace.
        """
        inside = _inside(self._workspace, readable(path))
        if inside is None:
            raise UserError("Evidence must lie inside the workspace.", where=Where(file=path))
        return Artifact(name=name or path.stem, sha256=sha256_of_file(path), path=inside)

    def record(
        self,
        *,
        kind: str,
        title: str,
        origin: Origin,
        drafted_by_tool: bool,
        verified: bool,
        feature: str | None = None,
        share_edited: float | None = None,
        reason: str | None = None,
        competencies: Sequence[str] = (),
        artifacts: Sequence[Artifact] = (),
        facts: Mapping[str, Any] | None = None,
    ) -> Record:
        """Append one record and return it as it will be read back. Fields: see :class:`Record`.

        Raises:
            UserError: a text is empty, too long, or cannot be stored.
            EnvironmentFailure: it could not be written; then nothing was.
        """
        content = checked(
            kind=kind,
            title=title,
            feature=feature,
            origin=origin,
            drafted_by_tool=drafted_by_tool,
            share_edited=share_edited,
            reason=reason,
            verified=verified,
            competencies=competencies,
            artifacts=artifacts,
            facts=facts or {},
        )

        def after(previous: str | None) -> Record:
            at = self._clock.now().astimezone(UTC)
            bare = Record(id=new_id(at), at=at, previous=previous, sha256="", **content)
            return replace(bare, sha256=content_sha256(bare))

        return self._store.append(after)

    def records(
        self,
        *,
        kind: str | None = None,
        feature: str | None = None,
        competency: str | None = None,
        origin: Origin | None = None,
    ) -> tuple[Record, ...]:
        """The records that fit every condition given, oldest first."""
        rows = self._store.rows(kind=kind, feature=feature, competency=competency, origin=origin)
        return tuple(row.record() for row in rows)

    def record_by_id(self, prefix: str) -> Record:
        """The one record whose id begins with ``prefix``.

        Raises:
            UserError: none does (the nearest id is named), or several do (they are listed).
        """
        wanted = prefix.strip().lower()
        ids = self._store.ids()
        found = [wanted] if wanted in ids else [name for name in ids if wanted and name.startswith(wanted)]
        if not found:
            raise UserError(f"The ledger has no record {prefix!r}.", hint=nearest(wanted, ids) or None)
        if len(found) > 1:
            raise UserError(
                f"{len(found)} records begin with {prefix!r}.",
                hint=f"Type more of it: {', '.join(found[:8])}{', …' if len(found) > 8 else ''}.",
            )
        (row,) = self._store.rows(id=found[0])
        return row.record()

    def verify(self) -> tuple[LedgerProblem, ...]:
        """Check every hash, every link between records, and every artifact; empty when all holds."""
        problems: list[LedgerProblem] = []
        previous: str | None = None
        for row in self._store.rows():
            if row.previous != previous:
                message = "It does not follow the record before it: one was removed, added or moved."
                problems.append(LedgerProblem(record=row.id, kind="chain", message=message))
            previous = row.sha256
            problems += self._problems_of(row.id, row.record_or_none())
        return tuple(problems)

    def _problems_of(self, record_id: str, record: Record | None) -> Iterator[LedgerProblem]:
        if record is None or content_sha256(record) != record.sha256:
            message = "Its content is not what was recorded: it was changed afterwards."
            yield LedgerProblem(record=record_id, kind="content", message=message)
        for artifact in record.artifacts if record else ():
            wrong = self._wrong_with(artifact)
            if wrong:
                message = f"The artifact {artifact.path!r} {wrong}."
                yield LedgerProblem(record=record_id, kind="artifact", message=message)

    def _wrong_with(self, artifact: Artifact) -> str | None:
        path = self._workspace / artifact.path
        try:
            if _inside(self._workspace, path) is None:
                return "lies outside the workspace and was not opened"
            if not path.is_file():
                return "is missing"
            return None if sha256_of_file(path) == artifact.sha256 else "was changed after it was recorded"
        except (OSError, ValueError) as error:
            return f"cannot be read ({error})"


def _inside(workspace: Path, path: Path) -> str | None:
    """``path`` relative to the workspace, links followed; None when it leads out of it."""
    home, target = workspace.resolve(), path.resolve()
    return target.relative_to(home).as_posix() if target.is_relative_to(home) else None
