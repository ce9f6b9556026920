"""The documentation does not lie: what it lists is what there is, and what it shows is what happens."""

from __future__ import annotations

import re
import shlex
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from shipworthy.cli import output
from shipworthy.core.errors import EnvironmentFailure, ShipworthyError, UserError
from shipworthy.evals import bars, findings
from shipworthy.evals.spec import feature_schema
from shipworthy.stats.classification import METRICS
from shipworthy.stats.fairness import FAIRNESS
from shipworthy.workbench.verbs import VERBS
from tests.support import ROOT, require


def _tool(name: str) -> ModuleType:
    """A script of tools/, which is no package."""
    spec = spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_docs = _tool("make_docs")
DOCS = ROOT / "docs"
RUN = [page for page in make_docs.PAGES if "```console" in page.read_text()]


def text(name: str) -> str:
    return (DOCS / f"{name}.md").read_text()


@pytest.mark.parametrize("page", make_docs.PAGES, ids=lambda page: page.name)
def test_generated_parts_are_what_the_code_says(page: Path) -> None:
    shown = page.read_text()

    assert shown == make_docs.filled(shown), "run: .venv/bin/python tools/make_docs.py"


def _need_extras() -> None:
    """Skip, or fail, where the parts are absent that an example asks a language model with."""
    from shipworthy.gateway.adapters import local, vendors

    if not all(vendors.is_installed(vendor) for vendor in vendors.ADDRESSES):
        require("models", "the vendors' optional parts are not installed (make extras)")
    if not local.is_installed() or local.packaged_gguf() is None:
        require("local-model", "the local model is not installed (make extras)")


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_commands_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    if "<!-- the examples on this page need: make extras -->" in page.read_text():
        _need_extras()
    steps = make_docs.run_page(page.read_text(), tmp_path)

    wrong = [f"$ {step.command}\n{step.real}" for step in steps if not step.agrees]
    assert steps
    assert wrong == [], "run: .venv/bin/python tools/make_docs.py --outputs, and read what changed"


def test_every_command_and_option_is_documented() -> None:
    page = text("cli")
    shown = make_docs.commands()

    assert {f"shipworthy {verb}" for verb in VERBS} | {"shipworthy schema"} <= shown.keys()
    assert [name for name in shown if f"## `{name}`\n" not in page] == []


def test_every_command_has_an_example_that_can_be_typed() -> None:
    shown = make_docs.commands()
    leaves = [name for name in shown if not any(other.startswith(f"{name} ") for other in shown)]

    assert [name for name in leaves if f"Example: {name}" not in shown[name]] == []


@pytest.mark.parametrize("page", make_docs.PAGES, ids=lambda page: page.name)
def test_commands_that_are_only_shown_exist_with_their_options(page: Path) -> None:
    shown = make_docs.commands()
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    inline = re.findall(
        r"`(shipworthy [^`\n]+)`", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    )
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("shipworthy ")]

    for line in [*lines, *inline]:
        words = shlex.split(line.partition("||")[0])
        called = next((name for n in (4, 3, 2, 1) if (name := " ".join(words[:n])) in shown), None)
        assert called, f"{line!r} names no command"
        options = [word.partition("=")[0] for word in words if word.startswith("--")]
        assert [option for option in options if option not in shown[called]] == [], line


def test_every_metric_and_form_of_a_bar_is_documented() -> None:
    page = text("bars")
    examples = make_docs.bar_examples()

    assert [name for name in METRICS if f"| `{name}` |" not in page] == []
    assert set(examples) == set(get_args(bars.Kind))
    for form, written in examples.items():
        assert {bars.parse_bar(bar, metrics=METRICS).kind for bar in written} == {form}


def test_every_bar_in_a_block_of_yaml_can_be_read() -> None:
    blocks = re.findall(r"```yaml.*?\n(.*?)```", text("bars") + text("review-a-feature"), flags=re.DOTALL)
    lines = re.findall(r"^bar:\n((?:  - .+\n)+)", "\n".join(blocks), flags=re.MULTILINE)
    written = [line.removeprefix("  - ") for part in lines for line in part.splitlines()]

    assert len(written) >= 5
    assert [bar for bar in written if bars.parse_bar(bar, metrics=METRICS).text != bar] == []


def test_every_fairness_definition_and_field_of_feature_yaml_is_documented() -> None:
    page = text("review-a-feature")
    schema = feature_schema()
    fields = [name for model in (schema, *schema["$defs"].values()) for name in model["properties"]]

    assert [name for name in (*FAIRNESS, *fields) if f"| `{name}` |" not in page] == []


def test_every_field_of_feature_yaml_says_what_it_is_to_an_editor_too() -> None:
    schema = feature_schema()
    models = {"FeatureSpec": schema, **schema["$defs"]}
    fields = {
        f"{model}.{name}": item for model in models for name, item in models[model]["properties"].items()
    }

    assert [name for name, item in fields.items() if not ("description" in item or "const" in item)] == []


def test_every_finding_is_documented() -> None:
    source = Path(findings.__file__).read_text()
    ids = re.findall(r'\bid=f?"([^"]+)"', source)
    page = text("findings")

    assert len(ids) == source.count("yield Finding(")
    patterns = [re.sub(r"\{(?:\w+\.)?(\w+)\}", r"<\1>", name) for name in ids]
    assert [name for name in patterns if f"| `{name}` |" not in page] == []


def test_every_exit_code_is_documented() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", text("verdict"), flags=re.MULTILINE)}

    verdicts = {output.exit_code(name) for name in ("ship", "ship_with_fallback", "hold", "cannot_tell")}
    errors = {error.exit_code for error in (UserError, EnvironmentFailure, ShipworthyError)}
    assert listed == verdicts | errors | {130}


def test_every_kind_of_file_that_is_read_is_documented() -> None:
    from shipworthy.datasets import table

    assert [suffix for suffix in table._SUFFIXES if f"`{suffix}`" not in text("data")] == []


def test_every_measurement_is_listed() -> None:
    index = text("measurements")
    measured = sorted(path.name for path in DOCS.glob("measurements/*.md"))

    assert [name for name in measured if f"(measurements/{name})" not in index] == []


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text()

    assert [path.name for path in sorted(DOCS.glob("*.md")) if f"(docs/{path.name})" not in readme] == []


def test_the_commands_of_the_readme_are_in_the_makefile() -> None:
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    named = set(re.findall(r"^make (\w+)", readme, flags=re.MULTILINE))

    assert named == {"demo", "test"}
    assert [name for name in named if not re.search(rf"^{name}:", makefile, flags=re.MULTILINE)] == []


def test_the_picture_is_there_and_light() -> None:
    picture = make_docs.PICTURE.read_bytes()
    width, height = (int.from_bytes(picture[at : at + 4]) for at in (16, 20))

    assert picture.startswith(b"\x89PNG")
    assert width == 2 * height
    assert len(picture) < 150_000


def test_a_page_that_shows_something_else_is_caught() -> None:
    def agrees(shown: str, real: str) -> bool:
        return bool(make_docs.Step(command="", shown=shown, real=real).agrees)

    assert agrees("one\n…\nlast 2026-11-23-abc123\n", "one\ntwo\nlast 2025-01-01-zzz999\n")
    assert not agrees("one\n", "one\ntwo\n")
    assert not agrees("…\n3\n", "1\n2\n")
