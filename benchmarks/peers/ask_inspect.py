# mypy: ignore-errors
"""Inspect, run in an environment of its own, its log as it is by default."""

import json
import os
from pathlib import Path

from inspect_ai import Task
from inspect_ai import eval as evaluate
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import exact
from inspect_ai.solver import generate

ROWS = [json.loads(line) for line in Path(os.environ["PEER_ROWS"]).read_text().splitlines()]

os.environ["HOUSE_API_KEY"] = "none"
os.environ["HOUSE_BASE_URL"] = os.environ["PEER_URL"]
evaluate(
    Task(
        dataset=MemoryDataset(
            [Sample(input=row["prompt"], target=row["label"], id=row["id"]) for row in ROWS]
        ),
        solver=generate(),
        scorer=exact(),
        config=GenerateConfig(max_connections=32, temperature=0, max_tokens=50),
    ),
    model="openai-api/house/m",
    display="none",
    log_dir="logs",
    max_samples=32,
)
