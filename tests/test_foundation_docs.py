"""The documentation keeps its word: links lead somewhere, and the architecture page shows what is there."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
PACKAGE = ROOT / "src" / "shipworthy"


def without_code(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def anchors(text: str) -> set[str]:
    """The anchors that a page's headings get, in GitHub's way."""
    headings = re.findall(
        r"^#+ +(.+?) *$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), flags=re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_documentation_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]*))?\)", without_code(page.read_text()))

    broken = [
        f"{file}#{anchor}" if anchor else file
        for file, anchor in links
        if not (target := page.parent / file if file else page).exists()
        or (anchor and anchor not in anchors(target.read_text()))
    ]

    assert broken == []


def test_the_architecture_page_lists_the_rooms_that_exist() -> None:
    folders = sorted({path.parent.name for path in PACKAGE.glob("*/*.py")} - {"examples"})

    table = ARCHITECTURE.partition("## The rooms")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)

    assert sorted(listed) == folders
    assert [name for name in folders if not (PACKAGE / name / "__init__.py").exists()] == []


def test_the_architecture_page_draws_the_arrows_of_the_import_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(it["layers"] for it in contracts if it["id"] == "rooms")

    drawn = next(line for line in ARCHITECTURE.splitlines() if line.startswith("cli | "))

    assert drawn.split(" → ") == layers


def test_the_diagram_shows_the_same_steps_as_the_line() -> None:
    line = next(line for line in ARCHITECTURE.splitlines() if line.startswith("cli | "))
    steps = [frozenset(step.split(" | ")) for step in line.split(" → ")]

    diagram = ARCHITECTURE.partition("```mermaid")[2].partition("```")[0]
    chains = [text.split(" --> ") for text in diagram.splitlines() if "-->" in text]
    arrows = [pair for chain in chains for pair in pairwise(chain)]

    drawn = [
        (frozenset(one.strip().split(" & ")), frozenset(other.strip().split(" & "))) for one, other in arrows
    ]
    assert drawn == list(pairwise(steps))


def test_every_file_that_the_architecture_page_names_exists() -> None:
    rooms = "|".join(path.name for path in PACKAGE.iterdir())
    named = set(re.findall(rf"`((?:{rooms})/[\w/.]+)`", ARCHITECTURE))

    assert "stats/estimate.py" in named
    assert sorted(name for name in named if not (PACKAGE / name).exists()) == []


def test_the_changelog_is_kept_in_the_usual_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()

    assert text.startswith("# Changelog\n")
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE)[0] == "[Unreleased]"
    kinds = set(re.findall(r"^### (.+)$", text, flags=re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
