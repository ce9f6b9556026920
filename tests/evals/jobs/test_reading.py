"""Short forms of outputs are read, quotes are found again, and what is no output is refused."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.evals.checks.check import Job
from shipworthy.evals.checks.places import is_verbatim
from shipworthy.evals.jobs.job import JOBS
from shipworthy.evals.jobs.outputs import Answer, Record, Summary, output_to_json
from shipworthy.evals.jobs.reading import read_output
from tests.evals.checks.cases import ANSWER, RECORD, SHELF, SUMMARY, span

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["text", "items", "fields", "quote", "kind", "x"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("case", [ANSWER, RECORD, SUMMARY])
def test_the_whole_form_is_read_as_it_is(case: Any) -> None:
    job = next(name for name, form in JOBS.items() if isinstance(case, form.case))
    text = json.dumps(output_to_json(case.output))
    assert read_output(job, text, documents=SHELF) == case.output  # type: ignore[arg-type]
    assert read_output(job, case.output, documents=SHELF) is case.output  # type: ignore[arg-type]


def test_a_text_is_an_answer_and_nothing_is_an_abstention() -> None:
    answer = read_output("answer", "28 days", documents=SHELF)
    assert isinstance(answer, Answer)
    assert (answer.outcome, answer.text, len(answer.sentences)) == ("answer", "28 days", 1)
    for nothing in (None, "", "  ", {}, {"text": None}):
        empty = read_output("answer", nothing, documents=SHELF)
        assert isinstance(empty, Answer)
        assert empty.outcome == "abstain"


def test_a_quote_without_a_place_is_found_in_its_document() -> None:
    quoted = {"text": "28 days", "citations": [{"document": "a.md", "quote": "Leave is 28\n days"}]}
    answer = read_output("answer", quoted, documents=SHELF)
    assert isinstance(answer, Answer)
    assert answer.sentences[0].citations == (span("Leave is 28 days"),)
    made_up = {"text": "30 days", "citations": [{"document": "a.md", "quote": "Leave is 30 days"}]}
    answer = read_output("answer", made_up, documents=SHELF)
    assert isinstance(answer, Answer)
    assert not is_verbatim(answer.sentences[0].citations[0], SHELF)


def test_a_record_may_map_fields_to_values() -> None:
    plain = {"number": {"value": "7", "quote": "Invoice 7"}, "due": None, "days": ["28 days"]}
    record = read_output("extract", plain, documents=SHELF, document="a.md")
    assert isinstance(record, Record)
    number = record.fields["number"]
    assert (number.state, number.value, number.spans) == ("found", "7", (span("Invoice 7"),))
    assert [record.fields[name].state for name in ("due", "days")] == ["not_found", "found"]


def test_statements_may_quote_the_lines_they_rest_on() -> None:
    items = [{"kind": "risk", "text": "Refunds are slow", "quote": "Refunds take 14 days."}]
    summary = read_output("summarise", items, documents=SHELF, document="a.md")
    assert isinstance(summary, Summary)
    assert summary.items[0].spans == (span("Refunds take 14 days."),)


@pytest.mark.parametrize(
    ("job", "raw"),
    [("answer", 7), ("answer", {"outcome": "perhaps", "text": ""}), ("extract", "a text"),
     ("extract", {"fields": {"a": {"state": "lost"}}}), ("summarise", {"statements": []}),
     ("summarise", [{"kind": "todo", "text": "x"}])],
)  # fmt: skip
def test_what_is_no_output_of_the_job_is_refused(job: Job, raw: Any) -> None:
    with pytest.raises(ValueError, match=f"not an output of the job {job!r}"):
        read_output(job, raw, documents=SHELF)


@given(junk)
def test_no_data_breaks_the_reader(raw: Any) -> None:
    for job in JOBS:
        with contextlib.suppress(ValueError):
            read_output(job, raw, documents=SHELF, document="a.md")  # type: ignore[arg-type]
