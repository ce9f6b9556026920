"""A model that sorts messages by their words, for the tools whose artefacts lie here.

    python -m tests.datasets.artefacts.serve 8123

It speaks the OpenAI wire on loopback until it is ended. ``small-1`` makes mistakes that ``big-1`` does not.
"""

from __future__ import annotations

import sys
import time

from tests.servers.models import ModelServer, Question, Turn

_WORDS = {"bug": ("crash", "error", "blank"), "billing": ("invoice", "charged", "refund")}


def answer(question: Question) -> Turn:
    """The topic that the message's words tell; the last line of the prompt is the message."""
    message = question.text.strip().splitlines()[-1].casefold()
    if "weapon" in message:
        return Turn(text="I cannot help with that.", ending="refused")
    if "overload" in message:
        return Turn(status=503)
    model = question.asked.json.get("model", "")
    if model == "small-1" and "team" in message:
        return Turn(text="praise")
    topic = next((name for name, words in _WORDS.items() if any(word in message for word in words)), "praise")
    return Turn(text=f"The topic is {topic}." if "sentence" in question.text else topic)


def main() -> None:
    """Serve until the process is ended."""
    with ModelServer("openai", answer, delay=0.01, port=int(sys.argv[1])) as server:
        print(server.url, flush=True)  # noqa: T201 - its answer
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
