"""Commands about judges: graders that a score may be believed of as far as they agree with people."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipworthy.cli.lines import say_lines, stdin_lines
from shipworthy.cli.options import (
    HERE,
    AcceptUnknownPrice,
    AsJson,
    Budget,
    Cached,
    Concurrency,
    Deadline,
    SendPersonalData,
    Workspace,
)
from shipworthy.cli.output import STOPPED, notice, progress, say, say_json
from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from shipworthy.evals.judges import JudgeReview
    from shipworthy.evals.judges.comparing import JudgesCompared
    from shipworthy.workbench.judge_rows import Columns
    from shipworthy.workbench.judges import ReviewedJudge, ScoredRows

__all__ = ["app"]

app = typer.Typer(name="judge", help="Graders, and how far they agree with people.", no_args_is_help=True)

_WIDTH = 100

_Judge = Annotated[
    str, typer.Argument(help="A rule (overlap, longer, …), rubric, pairwise, grounded, or a prompt file.")
]
_Data = Annotated[
    Path, typer.Option("--data", help="Rows with people's labels: CSV, XLSX, JSON Lines, Parquet.")
]
_Model = Annotated[
    str | None, typer.Option(help="The model to ask, for instance openai:gpt-5-mini or local.")
]
_Output = Annotated[str, typer.Option(help="Column of the text to grade, or of the first of a pair.")]
_Other = Annotated[str | None, typer.Option(help="Column of a pair's second text ('other' if there is one).")]
_Input = Annotated[
    str | None, typer.Option("--input", help="Column of what the text answers, or of its source.")
]
_Reference = Annotated[str | None, typer.Option(help="Column of what a good text says.")]
_Label = Annotated[
    list[str] | None, typer.Option("--label", help="Column with a person's label; one for each annotator.")
]
_Id = Annotated[str | None, typer.Option("--id", help="Column that names each row.")]
_Cluster = Annotated[str | None, typer.Option(help="Column of what belongs together, such as the question.")]
_Author = Annotated[str | None, typer.Option(help="Column of what wrote the text.")]
_OtherAuthor = Annotated[str | None, typer.Option(help="Column of what wrote a pair's second text.")]
_Scale = Annotated[str, typer.Option(help="Scores from worst to best, with commas, where labels are words.")]
_Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Halves in which bare numbers are cut.")]


@app.command()
def review(
    judge: _Judge,
    *,
    data: _Data,
    model: _Model = None,
    output: _Output = "output",
    other: _Other = None,
    input_: _Input = None,
    reference: _Reference = None,
    label: _Label = None,
    identifier: _Id = None,
    cluster: _Cluster = None,
    author: _Author = None,
    other_author: _OtherAuthor = None,
    own: Annotated[
        list[str] | None, typer.Option("--own", help="An author that is the judge's own model.")
    ] = None,
    scale: _Scale = "",
    seed: _Seed = 0,
    out: Annotated[Path | None, typer.Option(help="Where to keep the record, outside a workspace.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why you do this, in your own words.")] = None,
    budget: Budget = None,
    concurrency: Concurrency = 16,
    deadline: Deadline = 60.0,
    accept_unknown_price: AcceptUnknownPrice = False,
    send_personal_data: SendPersonalData = False,
    cache: Cached = True,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Hold a judge against people's labels: agreement beside that of people, and what else moves it.

    In a workspace the record is kept, counts as evidence, and corrects the judge's later scores.

    Example: shipworthy judge review rubric --data labelled.jsonl --model local
    """
    from shipworthy.workbench.judges import review_labelled
    from shipworthy.workbench.runs import Asking
    from shipworthy.workbench.settings import workspace_around

    columns = _columns(output, other, input_, reference, label, identifier, cluster, author, other_author)
    asking = Asking(
        budget=budget, concurrency=concurrency, deadline=deadline, cached=cache,
        accept_unknown_price=accept_unknown_price, send_personal_data=send_personal_data,
    )  # fmt: skip
    with progress() as watch:
        found = review_labelled(
            workspace_around(workspace), judge, data, columns=columns, model=model, scale=_split(scale),
            own=own or (), seed=seed, out=out, reason=reason, asking=asking, notice=notice, progress=watch,
        )  # fmt: skip
    if as_json:
        say_json("judge review", found)
    else:
        say(_reviewed(found))
    if found.stopped:
        raise typer.Exit(STOPPED)


@app.command()
def score(
    judge: _Judge,
    *,
    data: Annotated[
        Path | None, typer.Option("--data", help="Rows to score; JSON Lines on standard input if left out.")
    ] = None,
    model: _Model = None,
    output: _Output = "output",
    other: _Other = None,
    input_: _Input = None,
    reference: _Reference = None,
    label: _Label = None,
    identifier: _Id = None,
    cluster: _Cluster = None,
    scale: _Scale = "",
    record: Annotated[
        Path | None, typer.Option(help="The judge's record; the workspace's if left out.")
    ] = None,
    budget: Budget = None,
    concurrency: Concurrency = 16,
    deadline: Deadline = 60.0,
    accept_unknown_price: AcceptUnknownPrice = False,
    send_personal_data: SendPersonalData = False,
    cache: Cached = True,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Let a judge score rows. The mean is corrected by people's labels, or says that it is uncalibrated.

    Without --data, reads JSON Lines from standard input ({"input": "…", "output": "…"} in each line) and
    writes JSON Lines.

    Example: shipworthy judge score overlap --data answers.jsonl
    """
    from shipworthy.workbench.judges import score_lines, score_rows
    from shipworthy.workbench.runs import Asking
    from shipworthy.workbench.settings import workspace_around

    columns = _columns(output, other, input_, reference, label, identifier, cluster)
    asking = Asking(
        budget=budget, concurrency=concurrency, deadline=deadline, cached=cache,
        accept_unknown_price=accept_unknown_price, send_personal_data=send_personal_data,
    )  # fmt: skip
    around = workspace_around(workspace)
    if data is None:
        hint = 'Give a file with --data, or {"input": "…", "output": "…"} lines on standard input.'
        nothing = UserError("There is nothing to score.", hint=hint)
        lines = score_lines(
            around, judge, stdin_lines(nothing), columns=columns, model=model, record=record, asking=asking,
            notice=notice,
        )  # fmt: skip
        return say_lines(
            lines, nothing=nothing, failing="could not be scored", failed=lambda line: line.status == "error"
        )
    with progress() as watch:
        found = score_rows(
            around, judge, data, columns=columns, model=model, scale=_split(scale), record=record,
            asking=asking, notice=notice, progress=watch,
        )  # fmt: skip
    if as_json:
        say_json("judge score", found)
    else:
        say(_scored(found))
    if found.stopped:
        raise typer.Exit(STOPPED)
    return None


@app.command("compare")
def compare_(
    first: Annotated[str, typer.Argument(help="One judge.")],
    second: Annotated[str, typer.Argument(help="The other; the same one with another model will do.")],
    *,
    data: _Data,
    model: _Model = None,
    second_model: Annotated[str | None, typer.Option(help="The model that the second one asks.")] = None,
    output: _Output = "output",
    other: _Other = None,
    input_: _Input = None,
    reference: _Reference = None,
    label: _Label = None,
    identifier: _Id = None,
    cluster: _Cluster = None,
    scale: _Scale = "",
    seed: _Seed = 0,
    budget: Budget = None,
    concurrency: Concurrency = 16,
    deadline: Deadline = 60.0,
    accept_unknown_price: AcceptUnknownPrice = False,
    send_personal_data: SendPersonalData = False,
    cache: Cached = True,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Say which of two judges agrees better with people, on the same labelled rows.

    Example: shipworthy judge compare overlap covers --data labelled.jsonl
    """
    from shipworthy.workbench.judges import compare_judges
    from shipworthy.workbench.runs import Asking
    from shipworthy.workbench.settings import workspace_around

    columns = _columns(output, other, input_, reference, label, identifier, cluster)
    asking = Asking(
        budget=budget, concurrency=concurrency, deadline=deadline, cached=cache,
        accept_unknown_price=accept_unknown_price, send_personal_data=send_personal_data,
    )  # fmt: skip
    with progress() as watch:
        found = compare_judges(
            workspace_around(workspace), first, second, data, columns=columns, model=model,
            second_model=second_model, scale=_split(scale), seed=seed, asking=asking, notice=notice,
            progress=watch,
        )  # fmt: skip
    return say_json("judge compare", found) if as_json else say(_compared(found))


def _columns(
    output: str,
    other: str | None,
    input_: str | None,
    reference: str | None,
    label: list[str] | None,
    identifier: str | None,
    cluster: str | None,
    author: str | None = None,
    other_author: str | None = None,
) -> Columns:
    from shipworthy.workbench.judge_rows import Columns

    return Columns(
        output=output, other=other, input=input_, reference=reference, labels=tuple(label or ()),
        id=identifier, cluster=cluster, author=author, other_author=other_author,
    )  # fmt: skip


def _split(scale: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in scale.split(",") if part.strip())


def _reviewed(found: ReviewedJudge) -> str:
    review = found.review
    lines = [*_head(review), "", "Agreement with people", *_agreement(review)]
    lines += ["", "What it has to beat", *_floors(review)] if review.floors else []
    lines += ["", "Label by label", *_classes(review)] if review.classes else []
    lines += ["", "What else moves it"]
    for bias in review.biases:
        lines += _wrapped(f"  {bias.name + ':':<17}", f"{bias.seen}. {bias.words}")
        lines += _wrapped(" " * 19, f"Strength {bias.effect}") if bias.effect.defined else []
    lines += ["", *_kept(found)]
    return "\n".join(lines)


def _head(review: JudgeReview) -> list[str]:
    groups = "" if review.groups is None else f" in {review.groups:,} groups"
    lines = [f"Reviewed the judge {review.judge!r}: {review.words}"]
    lines.append(f"{review.rows:,} labelled rows{groups}.")
    if review.left_out:
        lines.append(f"{review.left_out:,} rows left out: no label, or people are split evenly.")
    if review.cut:
        lines += _wrapped(
            "", "It gives bare numbers; where they are cut into scores was learnt on the other half."
        )
    return lines


def _agreement(review: JudgeReview) -> list[str]:
    lines = [
        f"  says the same            {review.agreement}",
        f"  gives a score            {review.assessed}",
        f"  kappa                    {review.kappa}",
        f"  quadratic-weighted kappa {review.weighted_kappa}",
        f"  correlation (Pearson)    {review.pearson}",
        f"  correlation (Spearman)   {review.spearman}",
    ]
    if review.unassessed:
        why = ", ".join(
            f"{count:,} {status.replace('_', ' ')}" for status, count in review.unassessed.items()
        )
        lines.insert(2, f"  no score because         {why}")
    if review.people is not None:
        people = review.people
        lines.append(f"  {people.annotators} people among each other: kappa {people.kappa}")
        lines.append(f"  the judge with each of them: kappa {people.judge_kappa}")
    return lines


def _floors(review: JudgeReview) -> list[str]:
    return [
        line
        for floor in review.floors
        for line in _wrapped("  ", f"{floor.words}: {floor.agreement}; the judge is ahead by {floor.ahead}")
    ]


def _classes(review: JudgeReview) -> list[str]:
    lines = []
    for row in review.classes:
        said = ", ".join(
            f"{name} {count:,}" for name, count in sorted(row.said.items(), key=lambda one: -one[1])
        )
        lines += _wrapped("  ", f"{row.label}: found {row.found}; right when it says so {row.right}")
        lines += _wrapped("      ", f"of these rows it says: {said}") if said else []
    return lines


def _kept(found: ReviewedJudge) -> list[str]:
    if found.stopped:
        return [f"Ended early: {found.stopped}"]
    if found.record is None:
        return ["Nothing is kept outside a workspace. To use this review: --out FILE"]
    return [f"Record: {found.record}", f"Next: shipworthy judge score {found.review.judge} --data FILE"]


def _scored(found: ScoredRows) -> str:
    check = found.check
    lines = [f"{check.judge} scored {check.assessed:,} of {len(check.grades):,} rows."]
    lines += _wrapped("Mean score: ", f"{check.estimate}, {check.words}.")
    if check.calibrated and check.scale is not None:
        lines += _wrapped("  ", _scale_words(check.scale))
    if check.calibrated:
        lines += _wrapped("  the judge's own scores: ", str(check.uncorrected))
        lines += _wrapped("  ", f"Method: {check.estimate.method}.")
    else:
        lines += _wrapped(
            "Next: ", f"label some rows and type shipworthy judge review {check.judge} --data FILE"
        )
    if check.estimate.warning and check.calibrated:
        lines += _wrapped("  Note: ", f"{check.estimate.warning}.")
    if found.stopped:
        lines.append(f"Ended early: {found.stopped}")
    return "\n".join(lines)


def _scale_words(scale: tuple[str, ...]) -> str:
    from shipworthy.evals.judges.numbers import scale_numbers

    known = scale_numbers(scale)
    return "Scale: " + ", ".join(
        score if score == f"{number:g}" else f"{score} = {number:g}" for score, number in known.items()
    )


def _compared(found: JudgesCompared) -> str:
    lines = []
    for one in (found.first, found.second):
        lines += [f"{one.judge}: {one.words}", *_agreement(one), ""]
    return "\n".join([*lines, f"{found.second.judge} is ahead by {found.ahead}", found.words])


def _wrapped(lead: str, text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead))
