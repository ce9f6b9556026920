"""Foreign artefacts as datasets and prediction logs: a module per format, and the registry of them all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.errors import UserError, Where, nearest

if TYPE_CHECKING:
    from shipworthy.datasets.imports.artefact import Artefact
    from shipworthy.datasets.imports.form import Form
    from shipworthy.datasets.imports.source import Source

__all__ = ["forms", "read_artefact"]


def forms() -> dict[str, Form]:
    """Every format by its name, the most telling first."""
    from shipworthy.datasets.imports import (
        inspect_log,
        openai_evals,
        openai_hosted,
        otel,
        promptfoo,
        promptfoo_files,
    )

    every = (
        inspect_log.FORM,
        otel.FORM,
        openai_hosted.FORM,
        openai_evals.LOG,
        openai_evals.SAMPLES,
        promptfoo.FORM,
        promptfoo_files.TESTS,
        promptfoo_files.CONFIG,
    )
    return {form.name: form for form in every}


def read_artefact(path: Path, *, form: str | None = None) -> Artefact:
    """Read a foreign file; its format is told by its content.

    Args:
        path: The file.
        form: Name of a format, to read the file as that one.

    Raises:
        UserError: there is no such format, or the file is of none.
        DataError: the file is damaged, too large or not what it seems; file, line and field are named.
    """
    from shipworthy.core.files import readable
    from shipworthy.datasets.imports.source import Source

    known = forms()
    source = Source(readable(path))
    if form is not None:
        if form not in known:
            raise UserError(f"There is no format {form!r}.", hint=nearest(form, known))
        return _read(source, known[form])
    found = next((each for each in known.values() if each.fits(source)), None)
    if found is None:
        titles = "; ".join(each.title for each in known.values())
        raise UserError(
            f"{path.name!r} is of no format that can be imported: {titles}.",
            where=Where(file=path),
            hint="A plain table needs no import: shipworthy feature new NAME --data FILE",
        )
    return _read(source, found)


def _read(source: Source, form: Form) -> Artefact:
    artefact = form.read(source)
    if not artefact.samples:
        raise source.place.error(f"{source.path.name!r} holds no examples, read as {form.title}.")
    return artefact
