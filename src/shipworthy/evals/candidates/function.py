"""A Python function of the user's as a candidate."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.canonical import sha256_of
from shipworthy.core.errors import SpecError, Where
from shipworthy.evals.candidate import Answers, OutOfFold, Status, TrainingSet

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.spec import CallableSpec

__all__ = ["FunctionCandidate", "imported"]


class FunctionCandidate:
    """``module:function``, called once per text.

    The function takes the text and returns a label, or a pair (label, confidence). Its module is
    looked for in the feature's folder first. An exception is an outcome (status ``error``), not
    the end of the run; an answer outside the known labels is kept as it is and counts as wrong.
    """

    kind = "callable"

    def __init__(self, spec: CallableSpec, *, folder: Path) -> None:
        self.name = spec.name
        self.words = f"Your function {spec.function}."
        self._path = spec.function
        self._folder = folder

    def fit(self, train: TrainingSet) -> _FittedFunction:  # noqa: ARG002 (the port's signature)
        """Import the function; it learns nothing here.

        Raises:
            SpecError: the module or the function is not there, or it cannot be imported.
        """
        function = imported(self._path, self._folder)
        try:
            source = inspect.getsource(sys.modules[function.__module__])
        except (OSError, TypeError, KeyError, AttributeError):
            source = self._path
        return _FittedFunction(function=function, version=sha256_of(source))


@dataclass(frozen=True, slots=True)
class _FittedFunction:
    function: Callable[[str], Any]
    version: str
    out_of_fold: OutOfFold | None = None

    def answer(self, batch: Sequence[Example]) -> Answers:
        rows = [_called(self.function, example.text) for example in batch]
        confidence = [row[2] for row in rows]
        return Answers(
            outputs=[row[0] for row in rows],
            statuses=[row[1] for row in rows],
            confidence=None if all(value is None for value in confidence) else confidence,
            details=[row[3] for row in rows],
        )


def _called(function: Callable[[str], Any], text: str) -> tuple[str | None, Status, float | None, str | None]:
    try:
        result = function(text)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (the user's code may do anything; it is counted)
        return None, "error", None, f"{type(error).__name__}: {error}"[:300]
    label, confidence = result if isinstance(result, tuple) and len(result) == 2 else (result, None)
    if not isinstance(label, str) or not label.strip():
        return None, "invalid", None, f"not a label: {label!r}"[:300]
    if confidence is None:
        return label.strip(), "ok", None, None
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
        return None, "invalid", None, f"not a confidence between 0 and 1: {confidence!r}"[:300]
    return label.strip(), "ok", float(confidence), None


_USUAL_PLACE = Where(field="candidates.function")
_FROM_FOLDERS: set[str] = set()


def imported(path: str, folder: Path, *, where: Where = _USUAL_PLACE) -> Callable[[Any], Any]:
    """The function at ``module:function``; its module is looked for in ``folder`` first.

    What came from a folder is read anew each time: another feature may have a module of the same name, and
    the same feature a newer one.

    Raises:
        SpecError: the module or the function is not there, or it cannot be imported.
    """
    module_name, _, attribute = path.partition(":")
    entry = str(folder.resolve())
    top = module_name.partition(".")[0]
    if top in _FROM_FOLDERS:
        for name in [name for name in sys.modules if name.partition(".")[0] == top]:
            del sys.modules[name]
    importlib.invalidate_caches()
    sys.path.insert(0, entry)
    try:
        found: Any = importlib.import_module(module_name)
        if Path(getattr(found, "__file__", None) or "").is_relative_to(entry):
            _FROM_FOLDERS.add(top)
        for part in attribute.split("."):
            found = getattr(found, part)
    except ModuleNotFoundError as error:
        raise SpecError(
            f"There is no Python module {error.name!r} (wanted for {path!r}).",
            where=where,
            hint=f"Put {module_name.split('.')[0]}.py into {folder.name!r}, or install the package.",
        ) from error
    except AttributeError as error:
        raise SpecError(f"{path!r} is not there: {error}.", where=where) from error
    except Exception as error:
        raise SpecError(f"Importing {path!r} failed: {type(error).__name__}: {error}", where=where) from error
    finally:
        sys.path.remove(entry)
    if not callable(found):
        raise SpecError(f"{path!r} is not a function.", where=where)
    function: Callable[[Any], Any] = found
    return function
