# mypy: ignore-errors
"""The target of rubricon's suite (``rubricon eval``), run in an environment of its own."""

import os

import openai

client = openai.AsyncOpenAI(base_url=os.environ["PEER_URL"], api_key="none", max_retries=8)


async def answer(question: str) -> str:
    """One call."""
    said = await client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": question}], temperature=0, max_tokens=50
    )
    return said.choices[0].message.content
