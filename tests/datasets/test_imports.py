"""Artefacts that the tools themselves wrote (tests/datasets/artefacts), read as examples and answers."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from shipworthy.core.errors import UserError
from shipworthy.datasets.imports import forms, read_artefact
from shipworthy.datasets.imports.artefact import Answer, Artefact, Sample
from shipworthy.datasets.imports.reading import LabelReader, input_columns, slug
from shipworthy.datasets.imports.writing import write_artefact
from shipworthy.datasets.prediction_log import PredictionLog

ARTEFACTS = Path(__file__).parent / "artefacts"


def read(name: str) -> Artefact:
    return read_artefact(ARTEFACTS / name)


def left(artefact: Artefact) -> dict[str, int]:
    return {each.name: each.count for each in artefact.leftovers}


def written(path: Path, *values: Any) -> Path:
    path.write_text("\n".join(json.dumps(value) for value in values), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("promptfoo/results.json", "promptfoo"),
        ("promptfoo/promptfooconfig.yaml", "promptfoo-config"),
        ("promptfoo/tests.csv", "promptfoo-tests"),
        ("inspect/topics.eval", "inspect"),
        ("inspect/topics.json", "inspect"),
        ("openai_evals/log.jsonl", "openai-evals"),
        ("openai_evals/samples.jsonl", "openai-evals-samples"),
        ("openai_hosted/output_items.jsonl", "openai-hosted"),
        ("openai_hosted/dashboard.jsonl", "openai-hosted"),
        ("otel/traces.jsonl", "otel"),
    ],
)
def test_a_file_is_recognised_by_its_content_whatever_its_name(tmp_path: Path, name: str, form: str) -> None:
    renamed = tmp_path / "renamed.txt"
    renamed.write_bytes((ARTEFACTS / name).read_bytes())

    fitting = [each.name for each in forms().values() if each.fits(_source(ARTEFACTS / name))]

    assert read_artefact(renamed).form == form
    assert fitting == [form]


def _source(path: Path) -> Any:
    from shipworthy.datasets.imports.source import Source

    return Source(path)


def test_every_provider_with_every_prompt_of_promptfoo_is_a_candidate() -> None:
    artefact = read("promptfoo/results.json")

    assert Counter(answer.candidate for answer in artefact.answers) == {
        "openai:chat:small-1 short": 8,
        "openai:chat:small-1 sentence": 8,
        "big short": 8,
        "big sentence": 8,
    }
    assert artefact.tool == "promptfoo 0.121.20"
    assert artefact.samples[0] == Sample(
        id="test-1",
        texts={"message": "I was charged twice for May"},
        label="billing",
        facts={"plan": "free", "description": "A doubled charge", "source": "written"},
        contained=True,
    )


def test_promptfoo_s_verdicts_statuses_and_usage_are_carried_over() -> None:
    answers = read("promptfoo/results.json").answers
    raw = json.loads((ARTEFACTS / "promptfoo/results.json").read_text())["results"]["results"]

    assert [answer.passed for answer in answers] == [row["success"] for row in raw]
    assert Counter(answer.status for answer in answers) == {"ok": 24, "refused": 4, "error": 4}
    assert {(answer.tokens_in, answer.tokens_out) for answer in answers if answer.status != "error"} == {
        (50, 7)
    }
    assert [answer.latency_ms for answer in answers] == [row["latencyMs"] for row in raw]
    assert {answer.cost for answer in answers} == {None}  # it writes 0 for a price it does not know


def test_what_promptfoo_checks_beyond_the_label_is_named_and_counted() -> None:
    assert left(read("promptfoo/results.json")) == {
        "results.results[].gradingResult.componentResults[].reason": 32,
        "results.results[].response.metadata": 32,
        "results.results[].response.guardrails": 28,
        "results.results[].gradingResult.namedScoreWeights": 4,
        "assertion: javascript": 1,
        "assertion: latency": 1,
        "variable 'plan' of the prompt 'sentence-big', now [plan]": 1,
        "variable 'plan' of the prompt 'sentence-openai-chat-small-1', now [plan]": 1,
    }


def test_a_prompt_of_promptfoo_becomes_one_of_ours() -> None:
    prompts = {prompt.name: prompt for prompt in read("promptfoo/results.json").prompts}

    sentence = prompts["sentence-openai-chat-small-1"]
    assert sentence.settings == {"model": "openai:small-1", "temperature": 0, "max_tokens": 20}
    assert sentence.body == (
        "Sort the message of a customer on the [plan] plan into billing, bug or praise. "
        "Answer in a sentence.\n{{ input }}"
    )
    assert sorted(prompts) == sorted(prompt.name for prompt in read("promptfoo/promptfooconfig.yaml").prompts)


def test_promptfoo_s_repeats_are_repeats_of_one_example() -> None:
    artefact = read("promptfoo/repeated.json")

    assert [(answer.sample, answer.repeat) for answer in artefact.answers] == [
        (f"test-{number}", repeat) for number in (1, 2, 3) for repeat in (0, 1)
    ]
    assert [sample.label for sample in artefact.samples] == ["billing", "bug", "praise"]


def test_promptfoo_s_configuration_and_its_results_hold_the_same_examples() -> None:
    assert read("promptfoo/promptfooconfig.yaml").samples == read("promptfoo/results.json").samples


def test_a_chat_prompt_is_taken_apart_and_lists_of_values_make_one_test_each(tmp_path: Path) -> None:
    chat = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "It crashed"},
        {"role": "assistant", "content": "bug"},
        {"role": "user", "content": "Sort: {{text}}"},
    ]
    config = {
        "prompts": [json.dumps(chat), "file://prompt.txt", "no variable"],
        "providers": ["anthropic:messages:claude-x", {"id": "python:mine.py"}, "file://other.js"],
        "defaultTest": {"assert": [{"type": "equals", "value": "{{topic}}"}]},
        "tests": [
            {"vars": {"text": ["It is broken again", "I cannot log in"], "topic": "bug"}},
            {
                "vars": {"text": "Great work, thank you", "topic": 5},
                "assert": [{"type": "contains", "value": "x"}],
            },
            "file://more.yaml",
        ],
        "scenarios": [{"config": []}],
    }

    artefact = read_artefact(written(tmp_path / "promptfooconfig.json", config))

    assert [(s.texts["text"], s.label, s.contained) for s in artefact.samples] == [
        ("It is broken again", "bug", False),
        ("I cannot log in", "bug", False),
        ("Great work, thank you", "5", False),
    ]
    assert [(p.settings, p.body) for p in artefact.prompts] == [
        (
            {
                "model": "anthropic:claude-x",
                "system": "Be brief.",
                "examples": [{"input": "It crashed", "output": "bug"}],
            },
            "Sort: {{ input }}",
        ),
    ]
    assert {
        "prompt that stands in another file": 1,
        "prompt that does not put in the example": 1,
        "provider that is a program or stands in another file": 2,
        "tests that stand in another file or are made by a program": 1,
        "scenarios": 1,
    }.items() <= left(artefact).items()


@pytest.mark.parametrize(
    ("expected", "label", "kind"),
    [
        ("bug", "bug", None),
        ("equals: bug", "bug", None),
        ("icontains:bug", "bug", None),
        ("similar(0.8):a bug", None, "similar"),
        ("llm-rubric: is kind", None, "llm-rubric"),
        ("javascript:output.length < 9", None, "javascript"),
        ("Note: a colon", "Note: a colon", None),
    ],
)
def test_the_shorthand_of_expected_says_the_kind_of_check(
    tmp_path: Path, expected: str, label: str | None, kind: str | None
) -> None:
    file = tmp_path / "tests.csv"
    file.write_text(f'text,__expected\nIt does not start,"{expected}"\n', encoding="utf-8")

    artefact = read_artefact(file)

    assert [sample.label for sample in artefact.samples] == [label]
    assert left(artefact) == ({} if kind is None else {f"assertion: {kind}": 1})


def test_epochs_of_inspect_are_repeats_and_its_scores_are_checks() -> None:
    artefact = read("inspect/topics.eval")

    assert Counter(answer.repeat for answer in artefact.answers) == {0: 6, 1: 6}
    assert artefact.tool == "Inspect AI 0.3.285"
    assert [sample.label for sample in artefact.samples] == [
        "billing",
        "bug",
        "billing",
        "praise",
        "bug",
        "bug",
    ]
    first = artefact.answers[0]
    assert (first.candidate, first.version) == ("openai-api/house/small-1", "house-1-2026")
    assert (first.text, first.checks) == ("billing", {"exact": 1.0, "includes": 1.0})
    assert (first.tokens_in, first.tokens_out) == (50, 7)  # 40 read and 10 out of the provider's cache
    assert Counter(answer.status for answer in artefact.answers) == {"ok": 10, "refused": 2}


def test_both_layouts_of_an_inspect_log_say_the_same_of_the_examples() -> None:
    packed, plain = read("inspect/topics.eval"), read("inspect/topics.json")

    assert packed.samples == plain.samples
    assert [a.checks["exact"] for a in plain.answers] == [1.0, 1.0, 1.0, 1.0, 1.0, 0.0]


def test_errors_limits_and_several_targets_of_inspect_are_statuses_and_labels(tmp_path: Path) -> None:
    log = json.loads((ARTEFACTS / "inspect/topics.json").read_text())
    one, two, three, four = log["samples"][:4]
    one |= {
        "target": ["refunds", "billing"],
        "input": [{"role": "user", "content": [{"type": "text", "text": "Hm"}]}],
    }
    two |= {
        "error": {"message": "Request timed out", "traceback": "…"},
        "output": {"model": "x", "choices": []},
    }
    three |= {"limit": {"type": "token", "limit": 5}, "scores": {"s": {"value": {"a": 0.5, "b": [1]}}}}
    four["output"]["choices"][0]["stop_reason"] = "max_tokens"
    log["samples"] = [one, two, three, four]

    artefact = read_artefact(written(tmp_path / "log.json", log))

    assert [answer.status for answer in artefact.answers] == ["ok", "timeout", "error", "invalid"]
    assert artefact.samples[0].texts == {"input": "Hm"}
    assert (artefact.samples[0].label, artefact.samples[0].accepted) == ("refunds", ("billing",))
    assert artefact.answers[2].checks == {"s.a": 0.5}
    assert left(artefact)["score that is no number: s"] == 1


def test_a_long_text_that_inspect_keeps_apart_is_put_back(tmp_path: Path) -> None:
    log = json.loads((ARTEFACTS / "inspect/topics.json").read_text())
    log["samples"] = log["samples"][:1]
    log["samples"][0] |= {"input": "attachment://abc", "attachments": {"abc": "a long text"}}

    assert read_artefact(written(tmp_path / "log.json", log)).samples[0].texts == {"input": "a long text"}


def test_a_log_of_openai_evals_holds_what_was_asked_expected_and_said() -> None:
    artefact = read("openai_evals/log.jsonl")
    answers = {answer.sample: answer for answer in artefact.answers}
    samples = {sample.id: sample for sample in artefact.samples}

    assert {answer.candidate for answer in artefact.answers} == {"sorter"}
    assert samples["topics.test.3"].label == "praise"
    assert samples["topics.test.3"].accepted == ("thanks",)
    assert [(answers[f"topics.test.{n}"].text, answers[f"topics.test.{n}"].passed) for n in range(5)] == [
        ("billing", True),
        ("bug", True),
        ("praise", False),
        ("praise", True),
        ("praise", False),
    ]
    assert left(artefact)["final_report"] == 1


def test_the_two_layouts_of_the_hosted_service_are_read_as_documented() -> None:
    items, dashboard = read("openai_hosted/output_items.jsonl"), read("openai_hosted/dashboard.jsonl")

    assert [(a.candidate, a.sample, a.text, a.status, a.passed) for a in items.answers] == [
        ("small-1", "item-0", "billing", "ok", True),
        ("small-1", "item-1", "praise", "ok", False),
        ("small-1", "item-2", "The request timed out", "timeout", None),
    ]
    assert items.samples[1].facts == {"plan": "team"}
    assert [(a.candidate, a.sample, a.status) for a in dashboard.answers] == [
        ("evalrun_1", "item-0", "ok"),
        ("evalrun_1", "item-1", "ok"),
        ("evalrun_2", "item-0", "error"),
    ]
    assert "not seen live" in str(items.tool)


def test_a_page_of_a_list_and_a_list_of_output_items_are_read_like_lines(tmp_path: Path) -> None:
    lines = (ARTEFACTS / "openai_hosted/output_items.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    page = read_artefact(written(tmp_path / "page.json", {"object": "list", "data": rows, "has_more": False}))
    listed = read_artefact(written(tmp_path / "list.json", rows))

    assert page.answers == listed.answers == read("openai_hosted/output_items.jsonl").answers


def test_a_trace_is_a_production_log_without_labels() -> None:
    artefact = read("otel/traces.jsonl")

    assert artefact.production
    assert [(a.text, a.status, a.tokens_in, a.version) for a in artefact.answers][::5] == [
        ("billing", "ok", 50, "house-1-2026"),
        ("openai.InternalServerError Error code: 503 - no", "error", None, None),
    ]
    assert {sample.label for sample in artefact.samples} == {None}
    assert artefact.samples[2].texts == {"input": "=SUM(1,2) is what the invoice of our team says"}
    assert artefact.samples[2].facts == {"service": "triage", "environment": "production"}
    assert all(answer.latency_ms is not None and answer.latency_ms > 9 for answer in artefact.answers)
    assert left(artefact)["span without gen_ai"] == 6


def test_texts_of_older_instrumentation_and_of_events_are_found(tmp_path: Path) -> None:
    def span(number: int, attributes: dict[str, Any], events: list[Any]) -> dict[str, Any]:
        return {"traceId": "t", "spanId": str(number), "attributes": listed(attributes), "events": events}

    def listed(attributes: dict[str, Any]) -> list[Any]:
        return [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]

    messages = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "Help"}]}])
    said = json.dumps(
        [{"role": "assistant", "parts": [{"type": "text", "content": "bug"}], "finish_reason": "length"}]
    )
    model = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    older = {
        **model,
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "Hello",
        "gen_ai.completion.0.content": "praise",
    }
    event = {
        "name": "details",
        "attributes": listed({"gen_ai.input.messages": messages, "gen_ai.output.messages": said}),
    }
    spans = [
        span(1, older, []),
        span(2, model, [event]),
        span(3, model, []),
        span(4, {"gen_ai.operation.name": "embeddings"}, []),
    ]

    artefact = read_artefact(
        written(tmp_path / "t.json", {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})
    )

    assert [sample.texts["input"] for sample in artefact.samples] == ["Hello", "Help", ""]
    assert [(answer.text, answer.status) for answer in artefact.answers] == [
        ("praise", "ok"),
        ("bug", "invalid"),
        (None, "ok"),
    ]
    assert left(artefact)["span that is no call for text: embeddings"] == 1


def test_a_label_is_read_only_where_the_answer_names_exactly_one() -> None:
    labels = ["bug", "bug report", "No"]
    read_label = LabelReader([Sample(id=name, texts={}, label=name) for name in labels])

    assert [
        read_label(text)
        for text in ("It is a BUG.", "A bug report!", "bug or no", "debugging", "Now", "", "no")
    ] == ["bug", "bug report", None, None, None, None, "No"]


def test_columns_with_sentences_are_the_input_and_else_the_likeliest_one() -> None:
    rows = [{"plan": "free", "question": "Why is it so slow?", "context": "The page loads for a minute"}]

    assert input_columns(rows) == ("question", "context")
    assert input_columns(rows, used={"question"}) == ("question",)
    assert input_columns([{"a": "x", "message": "y"}]) == ("message",)


def test_names_are_safe_short_and_different() -> None:
    taken: list[str] = []
    for text in ("openai:gpt 4/../x", "openai:gpt 4 .. x", "…", "", "a" * 500):
        taken.append(slug(text, taken))

    assert taken == ["openai-gpt-4-..-x", "openai-gpt-4-..-x-2", "unnamed", "unnamed-2", "a" * 60]


def test_a_file_of_no_known_format_is_refused_with_the_formats_there_are(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("text,label\nhello,bug\n", encoding="utf-8")

    with pytest.raises(UserError, match="no format that can be imported") as caught:
        read_artefact(table)
    with pytest.raises(UserError, match="no format 'inspekt'") as named:
        read_artefact(table, form="inspekt")

    assert all(form.title in str(caught.value) for form in forms().values())
    assert "Did you mean 'inspect'?" in str(named.value)


def test_an_answer_is_read_as_a_label_only_if_the_tool_found_it_there_too(tmp_path: Path) -> None:
    samples = [
        Sample(id="exact", texts={"t": "a"}, label="bug"),
        Sample(id="inside", texts={"t": "b"}, label="bug", contained=True),
        Sample(id="several", texts={"t": "c"}, label="praise", accepted=("thanks",)),
    ]
    answers = [
        Answer(candidate="failed", sample="exact", text="It is a bug.", passed=False),
        Answer(candidate="passed", sample="exact", text="It is a bug.", passed=True),
        Answer(candidate="failed", sample="inside", text="It is praise.", passed=False),
        Answer(candidate="failed", sample="several", text=" thanks "),
        Answer(candidate="passed", sample="inside", text="none of them", picked="bug", passed=False),
        Answer(candidate="passed", sample="several", text="", passed=False),
    ]

    written_files = write_artefact(
        Artefact(form="x", tool=None, samples=samples, answers=answers),
        tmp_path,
        tmp_path,
        feature="f",
        run="r",
    )

    log = PredictionLog(tmp_path / "predictions.parquet")
    assert [log.columns(["output", "status"], candidate=name) for name in ("failed", "passed")] == [
        {"output": ['"It is a bug."', '"praise"', '"praise"'], "status": ["ok", "ok", "ok"]},
        {"output": ['"bug"', '"bug"', None], "status": ["ok", "ok", "invalid"]},
    ]
    assert {each.words: each.count for each in written_files.remarks} == {
        "An answer that names one label was read as that label (its text is kept).": 4,
        "The tool's own verdict differs from comparing the answer with the label.": 1,
    }
