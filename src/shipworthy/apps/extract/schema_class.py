"""What the fields of a Pydantic class say, as the same plain tree that a YAML schema is."""

from __future__ import annotations

import importlib
import sys
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel

from shipworthy.core.errors import SpecError, Where

__all__ = ["docstring", "fields_of", "imported"]

_DEEPEST = 5


def docstring(found: type[BaseModel]) -> str:
    """What a class says of itself; nothing where it only inherits that."""
    return (found.__doc__ or "").strip()[:5_000] if "__doc__" in vars(found) else ""


def imported(named: str, folder: Path) -> Any:
    """What ``module:Name`` is; the module is looked for in ``folder`` first.

    Raises:
        SpecError: it is not there, or importing it failed.
    """
    module, _, attribute = named.partition(":")
    where = Where(file=named)
    entry = str(folder.resolve())
    sys.path.insert(0, entry)
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except ModuleNotFoundError as error:
        hint = f"Put {module.split('.')[0]}.py into {folder.resolve().name!r}, or install the package."
        raise SpecError(f"There is no Python module {error.name!r}.", where=where, hint=hint) from error
    except AttributeError as error:
        raise SpecError(f"It is not there: {error}.", where=where) from error
    except Exception as error:
        raise SpecError(f"Importing it failed: {type(error).__name__}: {error}", where=where) from error
    finally:
        sys.path.remove(entry)
    return found


def fields_of(found: type[BaseModel], named: str, inside: tuple[type, ...]) -> dict[str, Any]:
    """Name and tree of each field.

    Raises:
        SpecError: a type cannot be extracted, or the class holds itself.
    """
    if found in inside or len(inside) >= _DEEPEST:
        raise SpecError(f"{found.__name__} holds itself, or is nested too deeply.", where=Where(file=named))
    return {
        name: _field_of(info, (*inside, found), Where(file=named, field=name), named)
        for name, info in found.model_fields.items()
    }


def _field_of(info: Any, inside: tuple[type, ...], where: Where, named: str) -> dict[str, Any]:
    from pydantic_core import PydanticUndefined

    kind, optional = _without_none(info.annotation)
    tree = _type_of(kind, inside, where, named)
    if info.default is not PydanticUndefined and info.default is not None:
        tree["default"] = getattr(info.default, "value", info.default)
    if info.is_required() and not optional:
        tree["required"] = True
    if info.description:
        tree["description"] = info.description
    if info.alias:
        tree["aliases"] = [info.alias]
    for constraint in info.metadata:
        for name, bound in (("ge", "min"), ("le", "max"), ("min_length", "min"), ("max_length", "max")):
            limit = getattr(constraint, name, None)
            if limit is not None and (tree["type"] != "text"):
                tree[bound] = limit
        if (pattern := getattr(constraint, "pattern", None)) is not None:
            tree["patterns"] = [str(pattern)]
    extra = info.json_schema_extra
    return {**tree, **extra} if isinstance(extra, dict) else tree


def _without_none(kind: Any) -> tuple[Any, bool]:
    options = [option for option in get_args(kind) if option is not type(None)]
    optional = type(None) in get_args(kind)
    return (options[0], True) if optional and len(options) == 1 else (kind, optional)


def _type_of(kind: Any, inside: tuple[type, ...], where: Where, named: str) -> dict[str, Any]:
    import enum
    from datetime import datetime
    from decimal import Decimal
    from typing import get_origin

    plain = {str: "text", int: "integer", float: "number", Decimal: "number", bool: "boolean", date: "date"}
    if kind in plain:
        return {"type": plain[kind]}
    if kind is datetime:
        return {"type": "date"}
    if get_origin(kind) is Literal:
        return {"type": "enum", "values": [str(value) for value in get_args(kind)]}
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return {"type": "enum", "values": [str(one.value) for one in kind]}
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {"type": "object", "fields": fields_of(kind, named, inside)}
    if get_origin(kind) in {list, tuple, set, frozenset} and get_args(kind):
        inner, _ = _without_none(get_args(kind)[0])
        return {"type": "list", "of": _type_of(inner, inside, where, named)}
    raise SpecError(
        f"The type {kind!r} cannot be extracted.",
        where=where,
        hint="Use str, int, float, Decimal, bool, date, Literal, an Enum, a list or another Pydantic class.",
    )
