"""What tests of judges share: judges that a script speaks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from shipworthy.evals.judges.model_judge import ModelJudge
from shipworthy.evals.judges.prompt import JudgePrompt, shipped_prompt
from shipworthy.evals.running import Conduct
from shipworthy.gateway.model import Reply, Request
from shipworthy.gateway.specs import ModelSpec
from tests.fakes.models import ScriptedModel


class Clock:
    """A clock that stands still."""

    def now(self) -> datetime:
        """Always the same moment."""
        return datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def scripted(
    say: Callable[[Request], Mapping[str, Any] | str | Reply],
    prompt: JudgePrompt | str = "rubric",
    *,
    conduct: Conduct | None = None,
    kind: str = "replay",
) -> tuple[ModelJudge, ScriptedModel]:
    """A judge whose model says what ``say`` answers to each request."""
    model = ScriptedModel(script=lambda request, _: say(request))
    judge = ModelJudge(
        prompt=shipped_prompt(prompt) if isinstance(prompt, str) else prompt,
        model=ModelSpec(kind=kind, name="script", named_in="a test"),  # type: ignore[arg-type]
        conduct=conduct or Conduct(),
        clock=Clock(),
        port=model,
    )
    return judge, model
