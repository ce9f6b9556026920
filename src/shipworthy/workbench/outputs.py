"""A verdict from one file of recorded outputs: no workspace, no settings file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import DataError, UserError, Where, nearest
from shipworthy.core.files import readable
from shipworthy.core.progress import silent
from shipworthy.workbench.reviews import FinishedReview, write_review

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.core.progress import Progress
    from shipworthy.evals.spec import FeatureSpec

__all__ = ["check_outputs"]


def check_outputs(
    file: Path,
    *,
    label: str,
    output: str,
    confidence: str | None = None,
    text: str | None = None,
    identifier: str | None = None,
    segments: Sequence[str] = (),
    cluster: str | None = None,
    bars: Sequence[str] = (),
    into: Path | None = None,
    progress: Progress = silent,
    clock: Clock | None = None,
) -> FinishedReview:
    """Review the outputs that stand next to their labels in one file.

    Args:
        file: CSV, TSV, XLSX (``book.xlsx#Sheet2`` for one of several sheets), JSON Lines or Parquet.
        label: Column with the right answer.
        output: Column with what the feature answered.
        confidence: Column with its confidence, 0 to 1.
        text: Column with the input, shown as evidence.
        identifier: Column that names each row.
        segments: Columns to slice by.
        cluster: Column of what belongs together.
        bars: Conditions to meet; without any there is no verdict but *cannot tell yet*.
        into: Folder for the reports; ``<file>-reviews`` beside the file when left out.
        progress: Told what is going on.
        clock: The time; the machine's when left out.

    Raises:
        UserError: a column is missing, or the file cannot be used.
    """
    import tempfile

    from shipworthy.datasets.freezing import freeze
    from shipworthy.datasets.table import named_sheet
    from shipworthy.evals.spec import DataSpec, FilesSpec, RecordedSpec
    from shipworthy.workbench.features import check_names, columns_of

    book, sheet = named_sheet(file)
    path = readable(book).resolve()
    source = path if sheet is None else path.with_name(f"{path.name}#{sheet}")
    _check_roles(label, output, segments)
    _check_columns(source, path, (label, output, confidence, text, identifier, cluster, *segments))
    spec = _spec(
        name=_name(path),
        does=f"Outputs recorded in {path.name}.",
        for_whom="not said",
        data=DataSpec(
            files=FilesSpec(test=source.name),
            input=[text] if text else [],
            label=label,
            id=identifier,
            segments=list(segments),
            cluster=cluster,
        ),
        candidates=[
            RecordedSpec(
                name="recorded",
                kind="recorded",
                file=source.name,
                output=output,
                confidence=confidence,
                id=identifier,
            )
        ],
        candidate="recorded",
        bar=list(bars),
    )
    with tempfile.TemporaryDirectory(prefix="shipworthy-") as folder:
        dataset = freeze({"test": source}, columns_of(spec.data), folder=Path(folder), seed=0)
        check_names(spec, dataset)
        return write_review(
            spec,
            dataset,
            folder=path.parent,
            into=into or path.parent / f"{path.stem}-reviews",
            origin="own",
            progress=progress,
            clock=clock or SystemClock(),
            has_settings=False,
        )


def _check_roles(label: str, output: str, segments: Sequence[str]) -> None:
    if label == output:
        raise UserError(
            f"--label and --output both name the column {label!r}.",
            hint="The label is the right answer, the output what the feature said.",
        )
    for option, named in (("--label", label), ("--output", output)):
        if named in segments:
            raise UserError(
                f"--segment and {option} both name the column {named!r}.",
                hint="Labels have rows of their own in the report; a segment is something else that is "
                "known of a row, such as the plan or the channel.",
            )


def _check_columns(source: Path, path: Path, wanted: Sequence[str | None]) -> None:
    from shipworthy.datasets.table import open_table

    with open_table(source) as table:
        for column in wanted:
            if column is not None and column not in table.columns:
                raise DataError(
                    f"{path.name!r} has no column {column!r}.",
                    where=Where(file=path),
                    hint=nearest(column, table.columns),
                )


def _spec(**settings: Any) -> FeatureSpec:
    """A feature made of options; one that cannot be used is refused as it would be in a file."""
    from pydantic import ValidationError

    from shipworthy.evals.spec import FeatureSpec

    try:
        return FeatureSpec(**settings)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        reason = first.get("ctx", {}).get("error")
        if isinstance(reason, UserError):
            raise reason from None
        raise UserError(f"{str(first['input'])[:80]!r} cannot be used: {first['msg'].lower()}.") from None


def _name(path: Path) -> str:
    """A feature name made of a file's."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in path.stem)
    return kept.strip("-")[:80] or "outputs"
