"""The documents of a feature, parsed when somebody asks for one."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.errors import ShipworthyError

if TYPE_CHECKING:
    from shipworthy.retrieval.document import Document

__all__ = ["Library"]

_KEPT_CHARACTERS = 50_000_000


class Library:
    """Documents below one folder, by name (a path with forward slashes).

    What was parsed is kept up to 50 million characters, the longest unused leave first. A name that leads
    out of the folder is no document.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = None if folder is None else folder.resolve()
        self._kept: OrderedDict[str, Document | None] = OrderedDict()
        self._size = 0
        self.problems: dict[str, str] = {}
        """Name to why it could not be read, of every document that was asked for."""

    def get(self, name: str) -> Document | None:
        """The document, or None where there is none of that name or it cannot be read."""
        if name not in self._kept:
            document = self._read(name)
            self._kept[name] = document
            self._size += len(document.text) if document is not None else 0
            while self._size > _KEPT_CHARACTERS and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                self._size -= len(gone.text) if gone is not None else 0
        self._kept.move_to_end(name)
        return self._kept[name]

    def names(self) -> Iterator[str]:
        """Every file below the folder, sorted by name; hidden ones are not meant."""
        if self._folder is None:
            return
        for place, folders, files in os.walk(self._folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for file in sorted(name for name in files if not name.startswith(".")):
                yield (Path(place) / file).relative_to(self._folder).as_posix()

    def _read(self, name: str) -> Document | None:
        from shipworthy.retrieval.parsing import read_document

        try:
            return read_document(self._path(name), name=name)
        except ShipworthyError as error:
            self.problems[name] = error.message
        except (OSError, ValueError) as error:
            self.problems[name] = f"It cannot be opened: {type(error).__name__}."
        return None

    def _path(self, name: str) -> Path:
        if self._folder is None:
            raise ValueError("the feature has no documents")
        path = (self._folder / name).resolve()
        if not name or not path.is_relative_to(self._folder) or path == self._folder:
            raise ValueError("it is not below the folder of documents")
        return path
