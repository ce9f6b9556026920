"""How much disk the base install takes: a fresh virtual environment, measured file by file.

Run: .venv/bin/python benchmarks/install_size.py
Writes docs/measurements/install.md. Needs a package index or a local mirror, and half a minute.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "measurements" / "install.md"
LIMIT = 450
SHOWN = 12

_SIZES = """
import json
from importlib.metadata import distributions
def size(it):
    paths = [it.locate_file(file) for file in it.files or []]
    return sum(path.stat().st_size for path in paths if path.is_file())
print(json.dumps({f"{it.name} {it.version}": size(it) for it in distributions()}))
"""


def installed(folder: Path) -> Path:
    """Make a virtual environment with the base install; return its Python."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    pins = {"PIP_CONSTRAINT": "constraints.txt", "PIP_BUILD_CONSTRAINT": "constraints.txt"}
    arguments = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "."]
    subprocess.run([python, *arguments], cwd=ROOT, env=os.environ | pins, check=True)
    return python


def megabytes(size: float) -> str:
    return f"{size / 1e6:,.0f}"


def page(folder: Path, python: Path) -> str:
    listed = subprocess.run([python, "-c", _SIZES], capture_output=True, text=True, check=True)
    sizes: dict[str, int] = json.loads(listed.stdout)
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    total = sum(path.stat().st_size for path in files)
    blocks = sum(path.stat().st_blocks * 512 for path in files)
    compiled = sum(path.stat().st_size for path in files if path.suffix == ".pyc")
    pip = sum(size for name, size in sizes.items() if name.startswith(("pip ", "setuptools ")))
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:SHOWN]
    rows = "\n".join(f"| {name} | {megabytes(size)} |" for name, size in largest)
    return f"""# Size of the base install

Made by `benchmarks/install_size.py`: a fresh virtual environment, `pip install .` with `constraints.txt`, no
extras and no development tools. Python {platform.python_version()}, {platform.system()} {platform.machine()}.
1 MB is 1,000,000 bytes.

| | MB |
|---|---|
| **whole environment, sum of file sizes** (at most {LIMIT}) | **{megabytes(total)}** |
| of which compiled Python (`.pyc`, made by pip at install) | {megabytes(compiled)} |
| of which pip and setuptools, which every environment has | {megabytes(pip)} |
| the same environment counted in disk blocks | {megabytes(blocks)} |

{len(sizes)} distributions; the {SHOWN} largest, with their compiled files:

| distribution | MB |
|---|---|
{rows}
"""


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = page(folder, installed(folder))
        total = sum(it.stat().st_size for it in folder.rglob("*") if it.is_file() and not it.is_symlink())
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(text)
    print(text)
    return 0 if total <= LIMIT * 1e6 else 1


if __name__ == "__main__":
    sys.exit(main())
