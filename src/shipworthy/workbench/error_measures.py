"""What is made of a tag: rows marked in a copy of the data, or a check to paste into feature.yaml."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from shipworthy.core.errors import UserError, nearest
from shipworthy.core.files import write_atomic
from shipworthy.evals.errors.measures import Held, check_stub, compiled, held_against, slug

if TYPE_CHECKING:
    from shipworthy.datasets.table import Table
    from shipworthy.evals.spec import DataSpec
    from shipworthy.workbench.error_analysis import Desk

__all__ = ["MadePart", "make_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePart:
    """Something measurable that was made of a tag. feature.yaml was not changed."""

    kind: Literal["check", "segment"]
    """What it is."""
    tag: str
    """The tag."""
    name: str
    """Name of the check, or of the column."""
    pattern: str | None
    """The regular expression by which it tells; None: the ids of the tagged rows."""
    files: tuple[str, ...]
    """Files that were written."""
    paste: str
    """Lines for feature.yaml."""
    held: Held | None
    """What the pattern does on the rows of the review."""
    caution: str | None
    """What it does not say."""


def make_of(
    desk: Desk, kind: Literal["check", "segment"], tag: str, *, pattern: str | None = None
) -> MadePart:
    """Make a check or a segment of a tag.

    Raises:
        UserError: there is no such tag, the pattern cannot be read, or the job has no checks.
    """
    spelling = {each.casefold(): each for each in desk.book.tags}
    name = spelling.get(" ".join(tag.split()).casefold())
    if name is None:
        raise UserError(f"There is no tag {tag!r:.80}.", hint=nearest(tag, desk.book.tags) or None)
    tagged = [note.example for note in desk.notes if name in (note.tags or ())]
    if kind == "check":
        return _check(desk, name, tagged, pattern)
    return _segment(desk, name, tagged, pattern)


def _check(desk: Desk, tag: str, tagged: list[str], pattern: str | None) -> MadePart:
    if desk.form is None:
        raise UserError(
            "A feature that classifies has no checks: its answer is right or not.",
            hint=f"Make a segment of it: --make segment {tag!r}",
        )
    if pattern is None:
        raise UserError(
            "A check needs to know what shows the error in an output.",
            hint="Give a regular expression: --pattern 'as an AI|I cannot help'",
        )
    outputs = {id_: words for id_, (_, words) in desk.outputs.items() if words is not None}
    held = held_against(compiled(pattern), outputs, failed=set(desk.failures), tagged=tagged)
    name, paste = check_stub(tag, pattern)
    file = desk.book.path.parent / f"{name}.yaml"
    write_atomic(file, paste)
    return MadePart(
        kind="check",
        tag=tag,
        name=name,
        pattern=pattern,
        files=(str(file),),
        paste=paste,
        held=held,
        caution="The pattern was chosen on these rows: on new ones it will find less.",
    )


def _segment(desk: Desk, tag: str, tagged: list[str], pattern: str | None) -> MadePart:
    name = f"tag_{slug(tag).removeprefix('tag_')}"
    if pattern is None:
        held, fits = None, None
        caution = (
            f"These {len(tagged):,} rows were picked because they failed: measure a repair on them, and not "
            "how common the error is. A segment by --pattern has rows that succeed too."
        )
    else:
        fits = compiled(pattern)
        held = held_against(fits, desk.texts, failed=set(desk.failures), tagged=tagged)
        caution = "The pattern was chosen on these rows: the next test set tells whether it holds."
    files: dict[str, Path] = {}
    rows = {row.id: row.row for row in desk.dataset.examples("test")}
    marked = {rows[one] for one in tagged if one in rows}
    for split, source in _sources(desk):
        target = desk.book.path.parent / "segments" / f"{Path(source.partition('#')[0]).stem}-{name}.csv"
        _write(desk, desk.folder / source, target, name, fits, marked if split in {"test", "file"} else set())
        files[split] = target
    return MadePart(
        kind="segment",
        tag=tag,
        name=name,
        pattern=pattern,
        files=tuple(map(str, files.values())),
        paste=_paste(desk.spec.data, name, {split: _inside(desk, path) for split, path in files.items()}),
        held=held,
        caution=caution,
    )


def _inside(desk: Desk, path: Path) -> str:
    return path.relative_to(desk.folder).as_posix()


def _sources(desk: Desk) -> Iterable[tuple[str, str]]:
    data = desk.spec.data
    if data.file is not None:
        return [("file", data.file)]
    assert data.files is not None
    named = {"train": data.files.train, "test": data.files.test, "production": data.files.production}
    return [(split, name) for split, name in named.items() if name is not None]


def _write(desk: Desk, source: Path, target: Path, name: str, fits: object, marked: set[int]) -> None:
    """A copy of a data file with a column that says yes or no."""
    from shipworthy.datasets.export import write_csv
    from shipworthy.datasets.table import open_table

    with open_table(source) as table:
        if name in table.columns:
            raise UserError(f"{source.name!r} has a column {name!r} already.", hint="Rename the tag.")
        inside = marked if fits is None else _fitting(desk, table, fits)

        def rows() -> Iterable[list[str | None]]:
            for batch in table.batches(size=5_000):
                for place, row in enumerate(batch.numbers):
                    kept = [batch.columns[column][place] for column in table.columns]
                    yield [*kept, "yes" if row in inside else "no"]

        write_csv(target, [*table.columns, name], rows())


def _fitting(desk: Desk, table: Table, fits: object) -> set[int]:
    """Numbers of the rows whose input (or document) the pattern is found in."""
    import re

    from shipworthy.datasets.choosing import input_text
    from shipworthy.evals.jobs.library import Library
    from shipworthy.workbench.features import columns_of

    assert isinstance(fits, re.Pattern)
    text = input_text(table, columns_of(desk.spec.data, structured=desk.form is not None))
    found = dict(table.store.query(f"SELECT row, {text} FROM {table.name}"))  # noqa: S608
    if desk.form is not None and desk.form.about_documents and desk.spec.data.documents is not None:
        library = Library(desk.folder / desk.spec.data.documents)
        documents = {name: library.get(name) for name in found.values()}
        found = {
            row: name if (document := documents[name]) is None else f"{name}\n{document.text}"
            for row, name in found.items()
        }
    return {row for row, words in found.items() if fits.search(words[:20_000])}


def _paste(data: DataSpec, name: str, files: dict[str, str]) -> str:
    segments = ", ".join([*data.segments, name])
    if "file" in files:
        return f"data:\n  file: {files['file']}\n  segments: [{segments}]\n"
    named = "".join(f"    {split}: {path}\n" for split, path in files.items())
    return f"data:\n  files:\n{named}  segments: [{segments}]\n"
