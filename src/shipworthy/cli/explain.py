"""Commands that show how a language model reads and writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipworthy.cli.models import dollars
from shipworthy.cli.options import AsJson
from shipworthy.cli.output import say, say_json
from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from shipworthy.gateway.explain import (
        ContextExplained,
        HostedCost,
        TemperatureExplained,
        TokensExplained,
        Window,
    )

__all__ = ["app"]

app = typer.Typer(
    help="How a language model reads and writes, from the real local model.", no_args_is_help=True
)

_NO_PRICES = "What it costs at hosted models: pip install 'shipworthy[openai]' brings their price list."
_ESTIMATE = "if it is as many tokens there; their tokenizers are not on this machine"

Models = Annotated[
    list[str] | None,
    typer.Option("--model", help="local:FILE.gguf for whose tokens; vendor:model to price. Repeatable."),
]


@app.command("tokens")
def tokens(
    text: Annotated[str | None, typer.Argument(help="The text.")] = None,
    *,
    file: Annotated[Path | None, typer.Option(help="Take the text from this file.")] = None,
    model: Models = None,
    as_json: AsJson = False,
) -> None:
    """Show where a model cuts a text into tokens, how many they are, and what reading them costs.

    Example: shipworthy explain tokens "Unbelievably, it rained."
    """
    from shipworthy.workbench.explain import explain_tokens, text_of

    if (text is None) == (file is None):
        raise UserError("Give either a text or a file.", hint='shipworthy explain tokens "…", or --file FILE')
    found = explain_tokens(text_of(file) if file is not None else text or "", models=model or [])
    return say_json("explain tokens", found) if as_json else say(_tokens(found))


def _tokens(found: TokensExplained) -> str:
    shown = "|".join(piece.replace("\n", "⏎") for piece in found.pieces[:400])
    cut = " …" if found.count > 400 else ""
    costs = [_cost(one) for one in found.costs]
    return "\n".join(
        [
            f"{shown}{cut}",
            f"{found.count:,} tokens for {found.characters:,} characters ({found.tokenizer})",
            *([f"To read it once costs about ({_ESTIMATE}):", *costs] if costs else [_NO_PRICES]),
        ]
    )


def _cost(one: HostedCost) -> str:
    caution = f"\n    caution: {one.caution}" if one.caution else ""
    return f"  {one.model}  {dollars(one.dollars)}, at most {dollars(one.most)} ({one.source}){caution}"


@app.command("temperature")
def temperature(
    prompt: Annotated[str, typer.Argument(help="What the model is asked.")],
    *,
    model: Annotated[str, typer.Option(help="local, or local:FILE.gguf.")] = "local",
    at: Annotated[
        list[float] | None, typer.Option(help="A temperature from 0 to 2; repeatable.", min=0, max=2)
    ] = None,
    top_p: Annotated[float, typer.Option(help="Share of probability that top-p keeps.")] = 0.9,
    top_k: Annotated[int, typer.Option(help="Number of tokens that top-k keeps.", min=1)] = 40,
    samples: Annotated[int, typer.Option(help="Answers to draw, seeds 1, 2, ….", min=0, max=20)] = 3,
    length: Annotated[int, typer.Option(help="Tokens of each answer.", min=1, max=500)] = 24,
    as_json: AsJson = False,
) -> None:
    """Show what the local model would write next at several temperatures, and what it does write.

    Example: shipworthy explain temperature "Name a colour."
    """
    from shipworthy.workbench.explain import explain_temperature

    found = explain_temperature(
        prompt,
        model=model,
        temperatures=at or (0.0, 0.3, 0.7, 1.0, 1.5),
        top_p=top_p,
        top_k=top_k,
        samples=samples,
        length=length,
    )
    if as_json:
        return say_json("explain temperature", found)
    say(f"The next token after {prompt!r} ({found.model}):")
    for one in found.temperatures:
        say(_temperature(one, top_p=top_p, top_k=top_k))
    return None


def _temperature(one: TemperatureExplained, *, top_p: float, top_k: int) -> str:
    likely = "  ".join(f"{token!r} {share:.0%}" for token, share in one.tokens[:6])
    choice = "always the likeliest" if one.temperature == 0 else f"{one.entropy:.1f} bits of surprise"
    return "\n".join(
        [
            f"temperature {one.temperature:g}: {choice}",
            f"  {likely}",
            f"  top-p {top_p:g} leaves {one.within_top_p:,} token{'' if one.within_top_p == 1 else 's'}; "
            f"top-k {top_k} holds {one.top_k_share:.0%} of the probability",
            *(f"  writes: {sample!r}" for sample in one.samples),
        ]
    )


@app.command("context")
def context(
    file: Annotated[Path, typer.Argument(help="A text file.")],
    *,
    model: Models = None,
    answer: Annotated[int, typer.Option(help="Tokens to keep free for the answer.", min=1)] = 256,
    as_json: AsJson = False,
) -> None:
    """Show what of a file a model reads at once, what is cut off, and what reading it costs.

    Example: shipworthy explain context handbook.md --model openai:gpt-5-mini
    """
    from shipworthy.workbench.explain import explain_context, text_of

    found = explain_context(text_of(file), models=model or [], answer=answer)
    return say_json("explain context", found) if as_json else say(_context(found, answer))


def _context(found: ContextExplained, answer: int) -> str:
    lines = [_window(one) for one in found.windows]
    if found.first_cut:
        lines += [
            f"The local model reads the first {found.kept:,} characters; what comes after is cut off:",
            f"  reads up to: …{found.last_kept[-60:]!r}",
            f"  and not:     {found.first_cut[:60]!r}…",
        ]
    lines.append(f"Counted with {answer} tokens for the answer and without a model's own instructions.")
    return "\n".join([*lines, *([_NO_PRICES] if len(found.windows) == 1 else [])])


def _window(one: Window) -> str:
    about = "about " if one.estimated else ""
    fits = "fits" if one.fits else "does not fit"
    cost = "" if one.dollars is None else f"; to read it once: {about}{dollars(one.dollars)} ({one.source})"
    caution = f"\n  caution: {one.caution}" if one.caution else ""
    return f"{one.model}: {about}{one.tokens:,} of {one.size:,} tokens, {fits}{cost}{caution}"
