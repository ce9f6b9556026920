"""Find a judge by what somebody typed: a rule's name, a shipped prompt's, or a prompt file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.errors import SpecError, UserError, Where, nearest
from shipworthy.evals.judges.deterministic import DETERMINISTIC, rule_judge
from shipworthy.evals.judges.model_judge import ModelJudge
from shipworthy.evals.judges.prompt import SHIPPED_PROMPTS, JudgePrompt, read_judge_prompt, shipped_prompt
from shipworthy.gateway.specs import model_spec

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.evals.judges.judge import Judge
    from shipworthy.evals.running import Conduct

__all__ = ["open_judge"]


def open_judge(
    name: str,
    *,
    conduct: Conduct,
    clock: Clock,
    model: str | None = None,
    folder: Path | None = None,
    named_in: str = "--model",
) -> Judge:
    """The judge of a name; nothing is sent yet.

    Args:
        name: A rule (:data:`DETERMINISTIC`), a shipped prompt (:data:`SHIPPED_PROMPTS`), the path of a
            prompt file, or the name of one in ``folder`` without its ending.
        conduct: How models are asked.
        clock: For prices.
        model: The model to ask; what the prompt file names when left out.
        folder: Where prompt files are looked for by name.
        named_in: Where the user named the model.

    Raises:
        UserError: nobody knows such a judge, or no model is named.
    """
    if name in DETERMINISTIC:
        if model is not None:
            raise UserError(f"{name!r} is a rule and asks no model.", hint="Leave --model out.")
        return rule_judge(name)
    prompt = _prompt(name, folder)
    chosen = model or prompt.settings.model or conduct.model
    if chosen is None:
        raise SpecError(
            f"The judge {name!r} names no model.",
            where=Where(field="model"),
            hint="For instance --model local, or --model openai:gpt-5-mini",
        )
    where = named_in if model else f"{prompt.name}.md" if prompt.settings.model else "shipworthy.toml"
    spec = model_spec(chosen, named_in=where, servers=conduct.servers)
    return ModelJudge(prompt=prompt, model=spec, conduct=conduct, clock=clock)


def _prompt(name: str, folder: Path | None) -> JudgePrompt:
    own = {} if folder is None else {path.stem: path for path in sorted(folder.glob("*.md"))}
    if name in own:
        return read_judge_prompt(own[name])
    if name in SHIPPED_PROMPTS:
        return shipped_prompt(name)
    if name.endswith(".md") or "/" in name:
        return read_judge_prompt(Path(name))
    raise UserError(
        f"There is no judge {name[:80]!r}.",
        hint=f"{nearest(name, [*own, *SHIPPED_PROMPTS, *DETERMINISTIC])} A prompt file is named by its path, "
        "for instance judges/helpful.md",
    )
