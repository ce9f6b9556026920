"""The other harnesses: how each is installed and run. None of them is a dependency of ours."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["NOT_MEASURED", "PEERS", "Peer", "install"]

SCRIPTS = Path(__file__).resolve().parents[1] / "peers"
NOT_MEASURED = "on another day in November 2026, wall / CPU seconds"
Row = Mapping[str, str]


def _nothing(folder: Path, rows: Sequence[Row], url: str) -> None:
    del folder, rows, url


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One way to ask and score the same rows."""

    name: str
    """Folder of its environment."""
    title: str
    """In the table."""
    arguments: tuple[str, ...]
    """Its command; the first is a program of its environment."""
    packages: tuple[str, ...] = ()
    """What pip installs (npm for promptfoo)."""
    write: Callable[[Path, Sequence[Row], str], None] = _nothing
    """Writes what it reads besides ``rows.jsonl``."""
    keeps_log: bool = True
    """Whether the run leaves a log of every call."""
    codes: frozenset[int] = frozenset({0})
    """Exit codes of a run that worked."""
    here: bool = False
    """Runs in our own environment."""
    cited: str = ""
    """What an earlier measurement found."""

    def prepare(self, folder: Path, rows: Sequence[Row], url: str) -> dict[str, str]:
        """Write what it reads; the environment it needs."""
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "rows.jsonl").write_text(lines, encoding="utf-8")
        for script in SCRIPTS.iterdir():
            if script.is_file():
                shutil.copy(script, folder)
        self.write(folder, rows, url)
        return {
            "PEER_ROWS": str(folder / "rows.jsonl"),
            "PEER_URL": url,
            "OPENAI_API_KEY": "none",
            "PYTHONPATH": str(folder),
            "PROMPTFOO_CONFIG_DIR": str(folder / "promptfoo"),
            "OPENAI_BASE_URL": url,
        }

    def command(self, where: Path, url: str) -> list[str]:
        """Its command line."""
        program, *rest = (part.replace("{url}", url) for part in self.arguments)
        if self.here:
            return [sys.executable, *rest]
        if program == "node":
            return ["node", str(where / "node_modules/promptfoo/dist/src/entrypoint.js"), *rest]
        return [str(where / "bin" / program), *rest]


def _rubricon(folder: Path, rows: Sequence[Row], url: str) -> None:
    del url
    lines = [
        {"id": row["id"], "input": {"question": row["prompt"]}, "expected": {"answer": row["label"]}}
        for row in rows
    ]
    (folder / "rows_rubricon.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "rubricon.yaml").write_text("project: rows\n")


def _promptfoo(folder: Path, rows: Sequence[Row], url: str) -> None:
    tests = [
        {"vars": {"prompt": row["prompt"]}, "assert": [{"type": "equals", "value": row["label"]}]}
        for row in rows
    ]
    provider = {
        "id": "openai:chat:m",
        "config": {"apiBaseUrl": url, "apiKey": "none", "temperature": 0, "max_tokens": 50},
    }
    spec = {"prompts": ["{{prompt}}"], "providers": [provider], "tests": tests}
    (folder / "promptfooconfig.json").write_text(json.dumps(spec))


PEERS = (
    Peer(
        name="aiohttp",
        title="bare aiohttp, JSON Lines written",
        arguments=("python", "ask_aiohttp.py"),
        here=True,
        keeps_log=False,
    ),
    Peer(
        name="pydantic-evals",
        title="pydantic-evals 2.62.0 (no log)",
        arguments=("python", "ask_pydantic_evals.py"),
        packages=("pydantic-evals==2.62.0", "openai[aiohttp]==3.54.0"),
        keeps_log=False,
        cited="2.7 / 2.7",
    ),
    Peer(
        name="deepeval",
        title="DeepEval 4.3.1 (its cache off)",
        arguments=("python", "ask_deepeval.py"),
        packages=("deepeval==4.3.1", "openai[aiohttp]==3.54.0"),
        cited="3.8 / 3.6",
    ),
    Peer(
        name="rubricon",
        title="rubricon-eval 0.3.0",
        arguments=("rubricon", "eval", "rubricon_suite.yaml", "--concurrency", "32", "--no-cache"),
        packages=("rubricon-eval[judge,server]==0.3.0", "openai[aiohttp]==3.54.0"),
        write=_rubricon,
        cited="4.8 / 4.8",
    ),
    Peer(
        name="promptfoo",
        title="promptfoo 0.121.20",
        arguments=(
            "node", "eval", "-c", "promptfooconfig.json", "-j", "32", "--no-cache", "-o", "out.json",
            "--no-progress-bar", "--no-table",
        ),
        packages=("promptfoo@0.121.20",),
        write=_promptfoo,
        codes=frozenset({0, 100}),
        cited="7.3 / 8.3",
    ),
    Peer(
        name="lm-eval",
        title="lm-eval 0.4.13",
        arguments=(
            "lm_eval", "--model", "local-chat-completions", "--model_args",
            "model=m,num_concurrent=32,base_url={url}/chat/completions", "--tasks", "rows",
            "--include_path", ".", "--apply_chat_template", "--log_samples", "--output_path", "out",
        ),
        packages=("lm-eval[api]==0.4.13",),
        cited="7.9 / 7.3",
    ),
    Peer(
        name="inspect",
        title="Inspect AI 0.3.285",
        arguments=("python", "ask_inspect.py"),
        packages=("inspect-ai==0.3.285", "openai[aiohttp]==3.54.0"),
        cited="13–17 / 13–15",
    ),
)  # fmt: skip


def install(folder: Path) -> None:
    """Make an environment for each peer; what cannot be installed is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for peer in PEERS:
        where = folder / peer.name
        if peer.here or where.exists():
            continue
        if peer.arguments[0] == "node":
            where.mkdir()
            steps = [["npm", "install", "--no-audit", "--no-fund", "--prefix", str(where), *peer.packages]]
        else:
            pip = [str(where / "bin/python"), "-m", "pip", "install", "--quiet"]
            steps = [[sys.executable, "-m", "venv", str(where)], [*pip, *peer.packages]]
        for step in steps:
            if subprocess.run(step, check=False).returncode:
                print(f"{peer.name} could not be installed.", file=sys.stderr)
                shutil.rmtree(where, ignore_errors=True)
                break
