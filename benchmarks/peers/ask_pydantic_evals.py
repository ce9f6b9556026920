# mypy: ignore-errors
"""pydantic-evals, run in an environment of its own. It keeps no log; the report is printed to a file."""

import asyncio
import json
import os
from pathlib import Path

import openai
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import EqualsExpected

ROWS = [json.loads(line) for line in Path(os.environ["PEER_ROWS"]).read_text().splitlines()]


async def main() -> None:
    """Ask and score every row."""
    client = openai.AsyncOpenAI(
        base_url=os.environ["PEER_URL"],
        api_key="none",
        max_retries=8,
        http_client=openai.DefaultAioHttpClient(),
    )

    async def task(prompt: str) -> str:
        said = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": prompt}], temperature=0, max_tokens=50
        )
        return said.choices[0].message.content

    cases = [Case(name=row["id"], inputs=row["prompt"], expected_output=row["label"]) for row in ROWS]
    dataset = Dataset(name="rows", cases=cases, evaluators=[EqualsExpected()])
    async with client:
        report = await dataset.evaluate(task, max_concurrency=32, progress=False)
    Path("report.json").write_text(json.dumps([[one.name, one.output] for one in report.cases]))


asyncio.run(main())
