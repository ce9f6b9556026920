"""Write what the documentation takes from the code, run its examples, take the picture of the README.

    python tools/make_docs.py                  write every generated part, between its markers
    python tools/make_docs.py --outputs        run the console examples and write what they really print
    python tools/make_docs.py --picture FILE   take the picture of a report (needs Chromium)

A generated part stands between ``<!-- made by tools/make_docs.py: NAME -->`` and ``<!-- end -->``.
tests/test_docs.py fails where a page and the code differ.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
PICTURE = ROOT / "docs" / "images" / "report.png"

_PART = re.compile(
    r"(?P<start><!-- made by tools/make_docs\.py: (?P<name>[\w-]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL
)
_BLOCK = re.compile(
    r"^```(?P<kind>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE
)
_HOME = "~"
_VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (re.compile(r"\d{4}-\d\d-\d\d-[0-9a-z]{6}"), "<id>"),
    (re.compile(r"\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC"), "<time>"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "<date>"),
)


# --- generated parts ------------------------------------------------------------------------------


@cache
def commands() -> dict[str, str]:
    """The help of every command, by the words that call it."""
    from typer.main import get_command
    from typer.testing import CliRunner

    from shipworthy.cli.main import app

    def walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        below = getattr(command, "commands", {})
        yield words
        for name, each in below.items():
            yield from walk(each, (*words, name))

    def shown(words: tuple[str, ...]) -> str:
        run = CliRunner().invoke(
            app, [*words, "--help"], prog_name="shipworthy", env={"COLUMNS": "80", "NO_COLOR": "1"}
        )
        return run.output.strip()

    every = walk(get_command(app), ())
    return {" ".join(("shipworthy", *words)): shown(words) for words in every}


def _commands() -> str:
    parts = [f"## `{name}`\n\n```text\n{shown}\n```\n" for name, shown in commands().items()]
    return "\n".join(parts)


def bar_examples() -> dict[str, tuple[str, ...]]:
    """Bars of every form, by the name of the form."""
    return {
        "metric": ("accuracy >= 0.85", "macro_f1 >= 80%", "recall[outage] >= 0.90"),
        "gap": ("gap(accuracy, by=plan) <= 0.05", "gap(fnr[outage], by=language_level) <= 5%"),
        "auto_handled": ("auto_handled >= 0.6 at precision >= 0.95",),
        "beats": ("beats(baseline)", "beats(old_rules) by 2%"),
        "leakage": ("leakage <= 0.01",),
        "cost_per_1000": ("cost_per_1000 <= 500",),
        "net_value_month": ("net_value_month >= 0",),
    }


def _bar_forms() -> str:
    from shipworthy.evals.bars import parse_bar
    from shipworthy.stats.classification import METRICS

    rows = [
        (f"`{text}`", parse_bar(text, metrics=METRICS).words)
        for texts in bar_examples().values()
        for text in texts
    ]
    return _table(("You write", "It asks for"), rows)


def _metrics() -> str:
    from shipworthy.stats.classification import METRICS

    rows = [
        (
            f"`{metric.name}`",
            metric.words,
            "more" if metric.better == "higher" else "less",
            f"`{metric.name}[…]`" if metric.per_class else "",
        )
        for metric in METRICS.values()
    ]
    return _table(("Metric", "What it says", "Better", "Of one label"), rows)


def _checks(job: str) -> str:
    from shipworthy.evals.checks import CHECKS

    rows = [
        (f"`{check.name}`", check.words, "more" if check.better == "higher" else "less")
        for check in CHECKS
        if job in check.jobs
    ]
    return _table(("Check", "What it says", "Better"), rows)


def _fairness() -> str:
    from shipworthy.stats.fairness import FAIRNESS

    rows = [
        (f"`{item.name}`", item.words, ", ".join(f"`{name}`" for name in item.metrics))
        for item in FAIRNESS.values()
    ]
    return _table(("`fairness`", "What it asks for", "Compares"), rows)


def _rows_needed() -> str:
    from shipworthy.stats.power import detectable_difference

    rates = (0.95, 0.90, 0.80)
    rows = []
    for n in (50, 100, 200, 500, 1000, 2000):
        found = [detectable_difference(n, rate) for rate in rates]
        rows.append((f"{n:,}", *("none" if gap is None else f"{gap * 100:.1f} points" for gap in found)))
    return _table(("Test rows", *(f"below {rate:.0%}" for rate in rates)), rows)


_SECTIONS = (
    ("", "FeatureSpec"),
    ("data", "DataSpec"),
    ("data.files", "FilesSpec"),
    ("data.protected", "ProtectedSpec"),
    ("data.outcome", "OutcomeSpec"),
    ("candidates: trained", "TrainedSpec"),
    ("candidates: app", "AppSpec"),
    ("candidates: callable", "CallableSpec"),
    ("candidates: recorded", "RecordedSpec"),
    ("candidates: model", "ModelSpec"),
    ("candidates: endpoint", "ServiceSpec"),
    ("candidates: price", "PriceSpec"),
    ("candidates: keyword", "KeywordSpec"),
    ("candidates: majority", "MajoritySpec"),
    ("value", "ValueSpec"),
    ("costs", "CostsSpec"),
    ("costs.pairs", "CostPair"),
    ("checks", "OwnCheckSpec"),
    ("harms", "HarmSpec"),
    ("fallback", "FallbackSpec"),
)


def _feature_yaml() -> str:
    from shipworthy.evals.spec import feature_schema

    schema = feature_schema()
    every = {"FeatureSpec": schema, **schema["$defs"]}
    unlisted = every.keys() - {name for _, name in _SECTIONS}
    assert not unlisted, f"tools/make_docs.py lists no section for {sorted(unlisted)}"
    parts = []
    for path, name in _SECTIONS:
        model = every[name]
        title = f"`{path}`" if path else "The whole file"
        rows = [
            (
                f"`{field}`",
                item.get("description") or _fixed(item),
                _kind(item),
                _needed(field, item, model),
            )
            for field, item in model["properties"].items()
        ]
        about = str(model.get("description", "")).replace("``", "`")
        parts.append(
            f"### {title}\n\n{about}\n\n" + _table(("Field", "What it is", "Value", "If left out"), rows)
        )
    return "\n".join(parts)


def _fixed(item: dict[str, Any]) -> str:
    assert "const" in item, f"no words for {item}"
    return "The kind of candidate."


def _kind(item: dict[str, Any]) -> str:
    names = {"string": "text", "number": "number", "integer": "whole number", "boolean": "true or false"}
    if "const" in item:
        return f"`{item['const']}`"
    if "enum" in item:
        return ", ".join(f"`{value}`" for value in item["enum"])
    if "anyOf" in item:
        return " or ".join(dict.fromkeys(_kind(each) for each in item["anyOf"] if each.get("type") != "null"))
    if item.get("type") == "array":
        return "list"
    return names.get(str(item.get("type")), "see below" if "$ref" in item else "names with values")


def _needed(field: str, item: dict[str, Any], model: dict[str, Any]) -> str:
    if field in model.get("required", ()):
        return "**needed**"
    default = item.get("default")
    if default in (None, "", [], {}):
        return "" if field != "candidates" else "one `trained` candidate"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def finding_ids() -> dict[str, tuple[str, str, str]]:
    """Every finding's id with what it says, its severities and its failure mode."""
    from shipworthy.evals import findings
    from shipworthy.evals.attacks import finding as attacks
    from shipworthy.playbook.items import failure_mode

    found = {}
    every = [node for room in (findings, attacks) for node in ast.parse(inspect.getsource(room)).body]
    for function in every:
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Finding":
                assert isinstance(function, ast.FunctionDef)
                given = {item.arg: item.value for item in call.keywords}
                mode = failure_mode(ast.literal_eval(given["failure_mode"]))
                words = (ast.get_docstring(function) or "").splitlines()[0]
                found[_pattern(given["id"])] = (words, _severities(given["severity"]), mode.name)
    return found


def _pattern(node: ast.expr) -> str:
    """A constant, or an f-string with ``<name>`` for what is filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_pattern(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return f"<{ast.unparse(node.value).rpartition('.')[2]}>"
    return str(ast.literal_eval(node))


def _severities(node: ast.expr) -> str:
    named = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
    return " or ".join(name for name in ("blocker", "serious", "warning", "note") if name in named)


def _findings() -> str:
    rows = [(f"`{name}`", *rest) for name, rest in finding_ids().items()]
    return _table(("Id", "What it says", "Severity", "Failure mode"), rows)


def _postmortem_rules() -> str:
    from shipworthy.playbook.postmortem_rules import postmortem_rules

    rows = [(f"`{rule.id}`", rule.says, rule.next_step) for rule in postmortem_rules()]
    return _table(("Rule", "What is wrong", "What to do"), rows)


def _prd_rules() -> str:
    from shipworthy.playbook.prd import prd_rules

    rows = [(f"`{rule.id}`", rule.severity, rule.why, rule.next) for rule in prd_rules()]
    return _table(("Rule", "Severity", "What is wrong", "What to do"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


PARTS: dict[str, Callable[[], str]] = {
    "commands": _commands,
    "feature-yaml": _feature_yaml,
    "bar-forms": _bar_forms,
    "metrics": _metrics,
    **{f"checks-{job}": partial(_checks, job) for job in ("answer", "extract", "summarise")},
    "fairness": _fairness,
    "rows-needed": _rows_needed,
    "findings": _findings,
    "postmortem-rules": _postmortem_rules,
    "prd-rules": _prd_rules,
}


def filled(page: str) -> str:
    """A page with its generated parts as they should be."""
    return _PART.sub(lambda part: f"{part['start']}\n{PARTS[part['name']]()}\n{part['end']}", page)


# --- console examples -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of a page."""

    command: str
    """As typed."""
    shown: str
    """What the page says it prints; a line ``…`` stands for any lines."""
    real: str
    """What it printed."""

    @property
    def agrees(self) -> bool:
        """Whether the page tells the truth."""
        lines = ["(?:.*\n)*?" if line == "…" else re.escape(line) + "\n" for line in _lines(self.shown)]
        return re.fullmatch("".join(lines), "".join(f"{line}\n" for line in _lines(self.real))) is not None


def _lines(text: str) -> list[str]:
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return [line.rstrip() for line in text.rstrip().splitlines()]


def run_page(page: str, home: Path) -> list[Step]:
    """Write the files a page shows and run the commands of its console blocks, in order.

    Args:
        page: Its Markdown.
        home: An empty folder; pages call it ``~``.
    """
    shell = _Shell(home.resolve())
    steps = []
    for block in _BLOCK.finditer(page):
        if block["title"]:
            shell.write(block["title"], block["body"])
        elif block["kind"] == "console":
            steps += [shell.run(command, shown) for command, shown in _commands_of(block["body"])]
    return steps


def _commands_of(body: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


class _Shell:
    """Enough of a shell for the pages: cd, cat, echo $? and shipworthy."""

    def __init__(self, home: Path) -> None:
        self.home = self.here = home
        self.code = 0

    def write(self, name: str, text: str) -> None:
        path = self.here / name
        assert path.resolve().is_relative_to(self.home), f"{name} leads out of the page's folder"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, command: str, shown: str) -> Step:
        words = shlex.split(command, comments=True)
        match words:
            case ["cd", name]:
                self.here, real = self.here / name, ""
            case ["cat", name]:
                real = (self.here / name).read_text(encoding="utf-8")
            case ["echo", "$?"]:
                real = str(self.code)
            case ["shipworthy", *arguments]:
                real = self._shipworthy(arguments)
            case _:
                raise AssertionError(f"a page shows {command!r}, which is not run; use a block of kind sh")
        return Step(command=command, shown=shown, real=real.replace(str(self.home), _HOME))

    def _shipworthy(self, arguments: Sequence[str]) -> str:
        program = Path(sys.executable).with_name("shipworthy")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHIPWORTHY_")}
        done = subprocess.run(
            [program, *arguments],
            cwd=self.here,
            env={**kept, "COLUMNS": "80", "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.code = done.returncode
        return done.stdout


def with_real_outputs(page: str) -> str:
    """A page whose console blocks show what the commands print; those that agree stay as they are."""
    with tempfile.TemporaryDirectory(prefix="shipworthy-docs-") as home:
        steps = run_page(page, Path(home))
    for step in steps:
        if not step.agrees:
            page = page.replace(f"$ {step.command}\n{step.shown}", f"$ {step.command}\n{step.real}", 1)
    return page


# --- the picture ----------------------------------------------------------------------------------


def take_picture(report: Path) -> None:
    """The top of a report, twice as wide as high."""
    from playwright.sync_api import sync_playwright

    sys.path.insert(0, str(ROOT))
    from tests.browser import chromium, launch, offline_page

    executable = chromium()
    if executable is None:
        sys.exit("Chromium is needed for the picture; name it in SHIPWORTHY_CHROMIUM.")
    PICTURE.parent.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch(playwright, executable)
        with offline_page(browser, viewport={"width": 1200, "height": 600}, color_scheme="light") as page:
            page.goto(report.resolve().as_uri())
            page.screenshot(path=PICTURE)
        browser.close()


def main() -> None:
    """Read the arguments and do what they ask."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--outputs", action="store_true", help="run the examples and write what they print")
    parser.add_argument("--picture", type=Path, metavar="REPORT", help="take the picture of this report.html")
    asked = parser.parse_args()
    if asked.picture:
        return take_picture(asked.picture)
    for path in PAGES:
        before = path.read_text(encoding="utf-8")
        after = filled(before)
        if asked.outputs:
            after = with_real_outputs(after)
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return None


if __name__ == "__main__":
    main()
