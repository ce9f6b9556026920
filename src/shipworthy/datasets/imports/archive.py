"""Entries of a ZIP archive as JSON, read within bounds and never unpacked to a name that it chooses.

Sizes are bounded as declared and again as they come, so that an archive that lies is caught. Zstandard, which
Python 3.11 cannot read and current Inspect logs use, is decompressed by DuckDB.
"""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from shipworthy.core.errors import DataError
from shipworthy.datasets.imports.fields import Place
from shipworthy.datasets.imports.source import Source, parsed

__all__ = ["LARGEST_ENTRY", "MOST_ENTRIES", "entries", "names"]

LARGEST_ENTRY = 64_000_000
"""Bytes of one entry, unpacked."""
LARGEST_TOTAL = 4_000_000_000
"""Bytes of all entries, unpacked."""
MOST_ENTRIES = 200_000
"""Entries in one archive."""
_LARGEST_RATIO = 200
_RATIO_FROM = 1_000_000
_ZSTANDARD = 93
_AT_ONCE = 200


def names(source: Source) -> tuple[str, ...]:
    """Names of an archive's entries.

    Raises:
        DataError: it is damaged, or beyond the bounds.
    """
    return tuple(info.filename for info in _infos(source))


def _infos(source: Source) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(source.path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
        raise source.place.error(
            f"{source.path.name!r} is a damaged archive: {str(error)[:200]}.",
            hint="It may have been cut off; copy it again.",
        ) from None
    _check(infos, source)
    return infos


def _check(infos: Sequence[zipfile.ZipInfo], source: Source) -> None:
    if len(infos) > MOST_ENTRIES:
        raise source.place.error(f"This archive has {len(infos):,} entries; {MOST_ENTRIES:,} can be read.")
    if sum(info.file_size for info in infos) > LARGEST_TOTAL:
        raise source.place.error(f"This archive unpacks to more than {LARGEST_TOTAL:,} bytes.")
    for info in infos:
        ratio = info.file_size / max(1, info.compress_size)
        if info.file_size > LARGEST_ENTRY or (info.file_size > _RATIO_FROM and ratio > _LARGEST_RATIO):
            raise _too_large(source, info)


def _place(source: Source, info: zipfile.ZipInfo) -> Place:
    short = info.filename if len(info.filename) <= 100 else info.filename[:99] + "…"
    return Place(file=source.path, entry=short)


def _too_large(source: Source, info: zipfile.ZipInfo) -> DataError:
    return _place(source, info).error(
        f"This entry unpacks to more than {LARGEST_ENTRY:,} bytes, or to more than {_LARGEST_RATIO} times "
        "its size: it is not read.",
        hint="If it is a log of Inspect all the same, export it: inspect log convert --to json",
    )


def entries(source: Source, wanted: Sequence[str]) -> Iterator[tuple[Any, Place]]:
    """The JSON values of the wanted entries, in the archive's order; of two with one name the last.

    Raises:
        DataError: an entry is damaged, beyond the bounds, encrypted or not JSON.
    """
    chosen = set(wanted)
    infos = list({info.filename: info for info in _infos(source) if info.filename in chosen}.values())
    with zipfile.ZipFile(source.path) as archive:
        for start in range(0, len(infos), _AT_ONCE):
            part = infos[start : start + _AT_ONCE]
            packed = [info for info in part if info.compress_type == _ZSTANDARD]
            texts = _zstandard(source, packed) if packed else {}
            for info in part:
                raw = texts[info.filename] if info.filename in texts else _plain(archive, source, info)
                yield parsed(raw, _place(source, info)), _place(source, info)


def _plain(archive: zipfile.ZipFile, source: Source, info: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(info) as stream:
            raw = stream.read(LARGEST_ENTRY + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise _damaged(source, info, str(error)) from None
    if len(raw) > LARGEST_ENTRY:
        raise _too_large(source, info)
    return raw


def _damaged(source: Source, info: zipfile.ZipInfo, reason: str) -> DataError:
    words = f"This entry cannot be unpacked: {reason.splitlines()[0][:160] if reason else 'it is damaged'}."
    return _place(source, info).error(words, hint="The archive may have been cut off; copy it again.")


def _zstandard(source: Source, infos: Sequence[zipfile.ZipInfo]) -> dict[str, str]:
    """Texts by entry name. Each entry's bytes go to a file with a number for a name."""
    import duckdb

    from shipworthy.datasets.engine import connection, literal

    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="shipworthy-") as folder, connection(Path(folder)) as database:
        for number, info in enumerate(infos):
            packed = Path(folder) / f"{number}.json.zst"
            packed.write_bytes(_packed(source, info))
            query = (
                f"SELECT json FROM read_json_objects({literal(str(packed))}, format='unstructured', "  # noqa: S608
                f"compression='zstd', maximum_object_size={LARGEST_ENTRY}) LIMIT 2"
            )
            try:
                rows = database.execute(query).fetchall()
            except duckdb.OutOfMemoryException:
                raise
            except duckdb.Error as error:
                if "maximum_object_size" in str(error):
                    raise _too_large(source, info) from None
                raise _damaged(source, info, "it is not whole, or not JSON") from None
            if len(rows) != 1:
                raise _damaged(source, info, f"it holds {'more than one' if rows else 'no'} JSON value")
            if len(rows[0][0]) > LARGEST_ENTRY:
                raise _too_large(source, info)
            found[info.filename] = rows[0][0]
            packed.unlink()
    return found


def _packed(source: Source, info: zipfile.ZipInfo) -> bytes:
    """An entry's bytes as they are packed (PKWARE, APPNOTE 4.3.7: a header of 30 bytes and two texts)."""
    with source.path.open("rb") as stream:
        stream.seek(info.header_offset)
        header = stream.read(30)
        if len(header) < 30 or not header.startswith(b"PK\x03\x04"):
            raise _damaged(source, info, "its header is missing")
        stream.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
        return stream.read(min(info.compress_size, LARGEST_ENTRY))
