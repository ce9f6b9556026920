"""Promises of the repository itself: pins, imports, names, what may be written into a file."""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.metadata
import inspect
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support import ROOT, require

PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())


def pins() -> dict[str, str]:
    """Name to version, as constraints.txt says."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}


def declared() -> list[Requirement]:
    """Every requirement that pyproject.toml names, with or without an extra."""
    project = PYPROJECT["project"]
    lists = [
        PYPROJECT["build-system"]["requires"],
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *PYPROJECT["dependency-groups"].values(),
    ]
    return [Requirement(text) for texts in lists for text in texts]


def needed_by(requirement: Requirement) -> list[Requirement]:
    """What an installed distribution asks for in turn; nothing when it is not installed."""
    try:
        texts = importlib.metadata.requires(requirement.name) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    found = [Requirement(text) for text in texts]
    extras = ["", *requirement.extras]
    return [
        it
        for it in found
        if it.marker is None or any(it.marker.evaluate({"extra": extra}) for extra in extras)
    ]


@functools.cache
def tracked() -> list[Path]:
    """The files that are, or would be, under version control."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        require("git", "which files belong to the repository is known only in a Git clone")
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def modules() -> list[str]:
    """Dotted names of the modules that somebody imports: not the migrations, which Alembic runs."""
    files = (ROOT / "src").glob("shipworthy/**/*.py")
    names = {".".join(file.relative_to(ROOT / "src").with_suffix("").parts) for file in files}
    public = {name.removesuffix(".__init__") for name in names}
    return sorted(name for name in public if not re.search(r"\._|\.examples\b|\.migrations\b", name))


def loaded_by(code: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter has loaded after ``code``."""
    dump = f"import sys\n{code}\nprint('loaded:', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", dump], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    line = done.stdout.splitlines()[-1]
    return {name.partition(".")[0] for name in line.removeprefix("loaded: ").split()}


# Pins


def test_constraints_hold_sorted_names_and_exact_versions_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()

    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9A-Za-z.!]+", line)] == []
    assert lines == sorted(lines, key=lambda line: line.partition("==")[0].casefold())
    assert len(pins()) == len(lines)


def test_every_dependency_in_pyproject_has_a_pin_that_it_allows() -> None:
    pinned = pins()

    wrong = [str(it) for it in declared() if pinned.get(canonicalize_name(it.name), "") not in it.specifier]

    assert wrong == []


def test_what_the_dependencies_need_in_turn_is_pinned_and_installed_as_pinned() -> None:
    pinned, seen, waiting = pins(), set[str](), declared()
    wrong = []
    while waiting:
        requirement = waiting.pop()
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        waiting += needed_by(requirement)
        name = canonicalize_name(requirement.name)
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if pinned.get(name) != installed:
            wrong.append(f"{name}: {installed} is installed, {pinned.get(name)} is pinned")

    assert wrong == []


# What starts quickly


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = {
        *("numpy", "scipy", "sklearn", "duckdb", "sqlalchemy"),
        *("pydantic", "typer", "rich", "jinja2"),
    }

    assert loaded_by("import shipworthy") & heavy == set()


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--help"], set[str]()),
        (["--version"], set[str]()),
        (["review", "--help"], {"pydantic"}),  # Typer itself describes a command's options with it
    ],
)
def test_help_loads_nothing_heavy(arguments: list[str], allowed: set[str]) -> None:
    heavy = {
        *("numpy", "scipy", "sklearn", "duckdb", "sqlalchemy", "alembic"),
        *("jinja2", "openpyxl", "pydantic", "yaml", "rich"),
    }
    code = f"""
sys.argv = ["shipworthy", *{arguments!r}]
from shipworthy.cli.main import main
try:
    code = main()
except SystemExit as leaving:
    code = leaving.code
assert not code, code
"""

    assert loaded_by(code) & heavy <= allowed


# Names


@pytest.mark.parametrize("name", modules())
def test_public_names_are_listed_sorted_and_there(name: str) -> None:
    module = importlib.import_module(name)
    listed: list[str] = getattr(module, "__all__", [])

    defined = {
        it
        for it, value in vars(module).items()
        if not it.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == name
        and not name.startswith("shipworthy.cli.")  # commands are run and not imported
    }

    assert [it for it in listed if not hasattr(module, it)] == []
    assert listed == sorted(listed, key=lambda it: (not it.isupper(), not it[0].isupper(), it))
    assert sorted(defined - set(listed)) == []


# What is in the repository


def test_no_file_names_a_package_registry_or_a_path_of_somebody_s_machine() -> None:
    hosts = [
        "pypi|org",
        "pythonhosted|org",
        "npmjs|org",
        "npmjs|com",
        "anaconda|org",
        "crates|io",
        "rubygems|org",
    ]
    folders = ["work", "tmp", "root", "home/[a-z]+", "Users/[A-Za-z]+", "opt"]
    unwanted = re.compile(
        "|".join(
            [
                *(re.escape(host.replace("|", ".")) for host in hosts),
                *(rf"(?<![\w.~)}}\]-])/{folder}/" for folder in folders),
            ]
        )
    )

    found = [
        f"{path.relative_to(ROOT)}:{number}: {match[0]}"
        for path in tracked()
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), start=1)
        if (match := unwanted.search(line))
    ]

    assert found == []


def test_no_file_of_the_package_is_hidden_from_git_and_from_the_wheel() -> None:
    known = set(tracked())
    files = [path for path in (ROOT / "src" / "shipworthy").rglob("*") if path.is_file()]

    hidden = [
        path.relative_to(ROOT) for path in files if path not in known and "__pycache__" not in path.parts
    ]

    assert hidden == []


def test_the_licence_is_the_apache_licence_to_the_letter() -> None:
    digest = hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest()

    assert digest == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
    assert PYPROJECT["project"]["license"] == "Apache-2.0"


# What sets it up


def make(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("make") is None:
        require("make", "make is not installed")
    return subprocess.run(
        [
            "make",
            "--no-print-directory",
            *arguments,
            *(f"{name}={value}" for name, value in variables.items()),
        ],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_alone_lists_what_can_be_made() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))

    listed = re.findall(r"^  make (\w+) +\w", make().stdout, flags=re.MULTILINE)

    assert {"demo", "test", "check", "help"} <= targets
    assert sorted(listed) == sorted(targets)


def test_the_demo_needs_none_of_the_development_tools(tmp_path: Path) -> None:
    steps = make("--dry-run", "demo", VENV=str(tmp_path / "venv")).stdout

    assert "install --editable ." in steps
    assert "--group dev" not in steps
    assert steps.rstrip().endswith("shipworthy demo --into demo")


def test_make_extras_installs_every_extra_that_pyproject_names(tmp_path: Path) -> None:
    steps = make("--dry-run", "extras", VENV=str(tmp_path / "venv")).stdout

    assert f"'.[{','.join(sorted(PYPROJECT['project']['optional-dependencies']))}]'" in steps


def test_an_old_python_is_refused_by_name_and_nothing_is_set_up(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
    old.chmod(old.stat().st_mode | stat.S_IXUSR)

    done = make("install", VENV=str(tmp_path / "venv"), PYTHON=str(old))

    assert done.returncode == 2
    assert f"Shipworthy needs Python 3.11 or newer; {old} is Python 3.9.2." in done.stderr
    assert "make PYTHON=python3.12" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_a_missing_python_is_named(tmp_path: Path) -> None:
    done = make("install", VENV=str(tmp_path / "venv"), PYTHON="no-such-python")

    assert done.returncode == 2
    assert "There is no no-such-python here. Install Python 3.11 or newer" in done.stderr


def test_the_script_of_continuous_integration_can_be_run() -> None:
    script = ROOT / ".ci" / "run"

    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[0] == "#!/usr/bin/env bash"
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_the_tests_see_no_key_no_settings_and_no_home_of_the_person_who_runs_them(tmp_path: Path) -> None:
    names = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AWS_PROFILE", "SHIPWORTHY_LEDGER_URL", "PGPASSWORD"]
    given = dict.fromkeys([*names, "FORCE_COLOR"], "x") | {"SHIPWORTHY_TEST_POSTGRES": "kept"}
    seen = tmp_path / "test_seen.py"
    seen.write_text(f"""
import os
from pathlib import Path

def test_the_environment():
    assert set({list(given)!r}) & set(os.environ) == {{"SHIPWORTHY_TEST_POSTGRES"}}
    assert not any(Path.home().iterdir())
""")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "--rootdir", str(ROOT), str(seen)],
        cwd=ROOT,
        env=os.environ | given,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
