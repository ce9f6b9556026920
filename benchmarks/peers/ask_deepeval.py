# mypy: ignore-errors
"""DeepEval, run in an environment of its own: the calls are ours, it scores; its quadratic cache is off."""

import asyncio
import json
import os
from pathlib import Path

import openai
from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig
from deepeval.metrics import ExactMatchMetric
from deepeval.test_case import LLMTestCase

ROWS = [json.loads(line) for line in Path(os.environ["PEER_ROWS"]).read_text().splitlines()]


async def asked() -> list[str]:
    """All answers, 32 at once."""
    gate = asyncio.Semaphore(32)
    client = openai.AsyncOpenAI(
        base_url=os.environ["PEER_URL"],
        api_key="none",
        max_retries=8,
        http_client=openai.DefaultAioHttpClient(),
    )

    async def one(prompt: str) -> str:
        async with gate:
            said = await client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": prompt}], temperature=0, max_tokens=50
            )
            return said.choices[0].message.content

    async with client:
        return await asyncio.gather(*(one(row["prompt"]) for row in ROWS))


cases = [
    LLMTestCase(input=row["prompt"], actual_output=said, expected_output=row["label"])
    for row, said in zip(ROWS, asyncio.run(asked()), strict=True)
]
evaluate(
    cases,
    [ExactMatchMetric()],
    async_config=AsyncConfig(max_concurrent=32),
    cache_config=CacheConfig(write_cache=False),
    display_config=DisplayConfig(
        show_indicator=False, print_results=False, results_folder="results", inspect_after_run=False
    ),
)
