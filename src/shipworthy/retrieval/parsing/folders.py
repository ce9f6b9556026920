"""All documents of a folder, one after the other; what cannot be read is told and does not stop the rest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shipworthy.core.errors import DataError, UserError, Where
from shipworthy.retrieval.document import Document
from shipworthy.retrieval.parsing.reading import read_document

__all__ = ["Rejected", "files_of", "read_folder", "rejected"]

_LOCKS = ("~$", ".~")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A file that could not be read."""

    name: str
    """Path below the folder, with forward slashes."""
    error: str
    """What is wrong and what to do, in words."""


def read_folder(folder: Path) -> Iterator[Document | Rejected]:
    """Read every file in and below a folder, sorted by name. Hidden files are passed over.

    Raises:
        DataError: there is no such folder.
    """
    for name, found in files_of(folder):
        if isinstance(found, Rejected):
            yield found
            continue
        try:
            yield read_document(found, name=name)
        except UserError as error:
            yield rejected(name, error)


def rejected(name: str, error: UserError) -> Rejected:
    """A file and why it was not read, without the path of this machine."""
    hint = f" {error.hint}" if error.hint else ""
    return Rejected(name=name, error=f"{error.message}{hint}")


def files_of(folder: Path) -> list[tuple[str, Path | Rejected]]:
    """Names and paths of the files in and below a folder, sorted by name. Links that leave it are refused.

    A link to a file inside the folder is passed over: that file is read under its own name.

    Raises:
        DataError: there is no such folder.
    """
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.is_file() else "does not exist"
        raise DataError(
            f"The folder {folder.name!r} {what}.",
            where=Where(file=folder),
            hint="Give the folder that holds the documents.",
        )
    root = folder.resolve()
    found: list[tuple[str, Path | Rejected]] = []
    for here, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [name for name in folders if Path(here, name).is_symlink()]
        for name in (*linked, *files):
            path = Path(here, name)
            below = _printable(path.relative_to(root).as_posix())
            if name.startswith((".", *_LOCKS)):
                continue
            if path.is_symlink():
                found.extend([(below, _left(below))] if _leaves(path, root) else [])
            elif below != path.relative_to(root).as_posix():
                found.append(
                    (below, Rejected(name=below, error="Its name is not text in UTF-8. Rename the file."))
                )
            else:
                found.append((below, path))
    return sorted(found, key=lambda each: each[0])


def _printable(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")


def _leaves(link: Path, root: Path) -> bool:
    try:
        return not link.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # it leads nowhere, or in a circle
        return True


def _left(name: str) -> Rejected:
    return Rejected(
        name=name,
        error=f"{name!r} is a link that leaves the folder, or leads nowhere; it was not followed. "
        "Copy what it points to into the folder.",
    )
