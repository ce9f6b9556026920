"""``shipworthy.toml``: what holds for the whole workspace, read, and changed without touching the rest."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import SpecError, UserError, Where, WorkspaceError, nearest
from shipworthy.core.files import readable, write_atomic
from shipworthy.core.yaml_file import YamlFile, model_from_yaml
from shipworthy.workbench.workspace import MARKER, open_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from shipworthy.gateway.specs import ServerSpec
    from shipworthy.workbench.workspace import Workspace

__all__ = ["WorkspaceSettings", "keep_server", "remove_server", "workspace_around", "workspace_settings"]

_RESERVED = ("anthropic", "endpoint", "google", "local", "openai", "replay", "server")
_LARGEST = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceSettings:
    """What ``shipworthy.toml`` says."""

    servers: Mapping[str, ServerSpec]
    """Servers that were added, by name."""
    model: str | None
    """The model to use where none is named."""
    budget: float | None
    """US dollars for a run where none are given."""


def workspace_around(start: Path) -> Workspace | None:
    """The workspace that ``start`` lies in; None where there is none, for verbs that need none."""
    try:
        return open_workspace(start)
    except WorkspaceError:
        return None


def workspace_settings(workspace: Workspace) -> WorkspaceSettings:
    """Read ``shipworthy.toml``.

    Raises:
        SpecError: it cannot be used; file, line and field are named.
    """
    from shipworthy.workbench._settings_file import SettingsFile

    text = _text(workspace)
    file = YamlFile(path=_path(workspace), value=_parsed(text, _path(workspace)), lines=_lines(text))
    found = model_from_yaml(SettingsFile, file)
    for name in found.servers:
        _check_name(name, where=file.where(("servers", name)))
    return WorkspaceSettings(
        servers={name: server.spec() for name, server in found.servers.items()},
        model=found.defaults.model,
        budget=found.defaults.budget,
    )


def keep_server(workspace: Workspace, name: str, values: Mapping[str, str | float]) -> ServerSpec:
    """Write a server into ``shipworthy.toml``, in the place of one of the same name.

    Raises:
        UserError: the name or a value cannot be used, or the file is written in a way that cannot be changed.
    """
    from shipworthy.workbench._settings_file import ServerTable

    _check_name(name)
    file = YamlFile(path=_path(workspace), value=dict(values), lines={})
    spec = model_from_yaml(ServerTable, file).spec()
    table = [f"[servers.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]

    def changed(content: dict[str, Any]) -> None:
        content.setdefault("servers", {})[name] = dict(values)

    _rewrite(workspace, name, table, changed)
    return spec


def remove_server(workspace: Workspace, name: str) -> None:
    """Take a server out of ``shipworthy.toml``.

    Raises:
        UserError: there is none of this name, or the file is written in a way that cannot be changed.
    """
    known = workspace_settings(workspace).servers
    if name not in known:
        hint = nearest(name, known) or "No server was added."
        raise UserError(f"There is no server {name!r}.", where=Where(file=_path(workspace)), hint=hint)

    def changed(content: dict[str, Any]) -> None:
        del content["servers"][name]
        if not content["servers"]:
            del content["servers"]

    _rewrite(workspace, name, [], changed)


def _path(workspace: Workspace) -> Path:
    return workspace.root / MARKER


def _text(workspace: Workspace) -> str:
    path = _path(workspace)
    if readable(path).stat().st_size > _LARGEST:
        raise SpecError("This file is too large for a settings file.", where=Where(file=path))
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SpecError("This file is not UTF-8 text.", where=Where(file=path)) from None


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SpecError(f"This is not valid TOML: {error}.", where=Where(file=path)) from None


def _lines(text: str) -> dict[tuple[str | int, ...], int]:
    """Line of each table and setting, as far as they are written in the usual way."""
    lines: dict[tuple[str | int, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := re.match(r"\s*\[\s*([\w.\"'\s-]+?)\s*\]", line):
            table = tuple(part.strip(" \"'") for part in header[1].split("."))
            lines[table] = number
        elif setting := re.match(r"\s*([\w-]+)\s*=", line):
            lines[*table, setting[1]] = number
    return lines


def _check_name(name: str, *, where: Where | None = None) -> None:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,39}", name):
        raise UserError(
            f"{name!r} cannot be a server's name.",
            where=where,
            hint="Use letters, digits, dashes and underscores, for instance 'house'.",
        )
    if name in _RESERVED:
        raise UserError(
            f"{name!r} cannot be a server's name: models are written {name}:… already.",
            where=where,
            hint="Choose another name, for instance 'house'.",
        )


def _rewrite(
    workspace: Workspace, name: str, table: list[str], changed: Callable[[dict[str, Any]], None]
) -> None:
    """Put ``table`` where the server's table is, or at the end. What comes out is read again to be sure."""
    path, before = _path(workspace), _text(workspace)
    wanted = _parsed(before, path)
    changed(wanted)
    after = _with_table(before, name, table)
    try:
        as_wanted = tomllib.loads(after) == wanted
    except tomllib.TOMLDecodeError:
        as_wanted = False
    if not as_wanted:
        shown = "\n    ".join(table) or f"(no table for {name})"
        raise UserError(
            "The servers in this file are written in a way that this command cannot change.",
            where=Where(file=path),
            hint=f"Change it by hand, to:\n    {shown}",
        )
    write_atomic(path, after.encode())


def _with_table(text: str, name: str, table: list[str]) -> str:
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    new = [line + end_of_line for line in table]
    header = re.compile(rf"\s*\[\s*servers\s*\.\s*[\"']?{re.escape(name)}[\"']?\s*\]")
    start = next((at for at, line in enumerate(lines) if header.match(line)), None)
    if start is None:
        return "".join([*_closed(lines, end_of_line), *new])
    following = (at for at in range(start + 1, len(lines)) if lines[at].lstrip().startswith("["))
    end = next(following, len(lines))
    while end > start + 1 and not lines[end - 1].partition("#")[0].strip():
        end -= 1  # what stands above the next table belongs to it
    return "".join([*lines[:start], *new, *lines[end:]])


def _closed(lines: list[str], end_of_line: str) -> list[str]:
    """The lines, the last one ended, and an empty one after them."""
    if not lines:
        return []
    whole = lines[-1].endswith(("\n", "\r"))
    return [*lines, *([] if whole else [end_of_line]), end_of_line]
