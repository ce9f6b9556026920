# mypy: ignore-errors
"""No harness at all: bare aiohttp, the rows written as JSON Lines. The least that such a run can cost."""

import asyncio
import json
import os
from pathlib import Path

import aiohttp

ROWS = [json.loads(line) for line in Path(os.environ["PEER_ROWS"]).read_text().splitlines()]


async def main() -> None:
    """Ask every row, 32 at once."""
    waiting = iter(ROWS)
    with Path("log.jsonl").open("w") as log:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def worker() -> None:
                for row in waiting:
                    asked = [{"role": "user", "content": row["prompt"]}]
                    body = {"model": "m", "messages": asked, "temperature": 0, "max_tokens": 50}
                    address = os.environ["PEER_URL"] + "/chat/completions"
                    async with session.post(address, json=body) as response:
                        said = (await response.json())["choices"][0]["message"]["content"]
                    log.write(
                        json.dumps({"id": row["id"], "said": said, "right": said == row["label"]}) + "\n"
                    )

            await asyncio.gather(*(worker() for _ in range(32)))


asyncio.run(main())
