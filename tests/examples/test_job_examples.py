"""The bundled examples of the other jobs: their labels hold, and their reviews say what the docs say."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from shipworthy.apps.extract.schema_file import load_schema
from shipworthy.apps.summarise.reading import read_transcript
from shipworthy.evals.checks.places import find_quote
from shipworthy.evals.jobs.labels import answer_label, record_label, summary_label
from shipworthy.evals.jobs.outputs import Answer, Record, output_from_json
from shipworthy.examples import bundled_files, example_folder
from shipworthy.retrieval.document import Document, verified
from shipworthy.retrieval.parsing import read_document
from shipworthy.workbench.demonstration import Demonstration
from shipworthy.workbench.reviews import FinishedReview, find_review
from shipworthy.workbench.workspace import Workspace
from tests.support import ROOT
from tools import make_invoices

DOCUMENTS = {"handbook_qa": "handbook", "invoices": "inbox", "standup": "meetings"}
NAMES = {"handbook-qa": "handbook_qa", "invoices": "invoices", "standup": "standup"}


def rows(name: str) -> list[dict[str, Any]]:
    (file,) = (example_folder(name) / "data").glob("*.jsonl")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def documents(name: str) -> dict[str, Document]:
    folder = example_folder(name) / DOCUMENTS[name]
    return {path.name: read_document(path, name=path.name) for path in folder.iterdir()}


def review(shown: Demonstration, name: str) -> FinishedReview:
    return find_review(Workspace(shown.workspace), name)


def test_a_third_of_sixty_questions_cannot_be_answered_and_the_others_have_verbatim_evidence() -> None:
    pages, questions = documents("handbook_qa"), rows("handbook_qa")
    labels = {row["id"]: answer_label(json.dumps(row["label"])) for row in questions}
    assert Counter(label.answerable for label in labels.values()) == {True: 40, False: 20}
    assert Counter(row["kind"] == "unanswerable" for row in questions) == {False: 40, True: 20}
    quoted = [(q, evidence) for q, label in labels.items() for evidence in label.evidence]
    assert [(q, e.quote) for q, e in quoted if find_quote(e.quote, pages[e.document or ""]) is None] == []
    assert [q for q, label in labels.items() if label.answerable and not label.evidence] == []
    assert len({row["question"] for row in questions}) == 60


def test_every_answer_of_the_handbook_stands_in_its_evidence() -> None:
    loose = [
        (row["id"], row["label"]["answers"])
        for row in rows("handbook_qa")
        if row["label"]["answerable"]
        and row["kind"] != "ambiguous"
        and not any(
            answer.casefold() in " ".join(e["quote"] for e in row["label"]["evidence"]).casefold()
            for answer in row["label"]["answers"]
        )
    ]
    assert loose == []


def test_no_evidence_is_on_the_outdated_page_and_every_link_of_the_handbook_leads_somewhere() -> None:
    cited = {e["document"] for row in rows("handbook_qa") for e in row["label"].get("evidence", [])}
    folder = example_folder("handbook_qa") / "handbook"
    assert "remote-work-2023.md" not in cited
    linked = {
        (page.name, target)
        for page in folder.iterdir()
        for target in re.findall(r"\]\(([^)]+)\)|href=\"([^\"]+)\"", page.read_text(encoding="utf-8"))
    }
    assert len(linked) > 20
    assert [(page, "".join(to)) for page, to in linked if not (folder / "".join(to)).is_file()] == []


def test_the_committed_invoices_and_labels_are_what_the_generator_makes() -> None:
    made = make_invoices.make()
    folder = example_folder("invoices")
    assert {name: (folder / name).read_bytes() for name in made} == {
        name: text.encode() for name, text in made.items()
    }
    by_hand = {path.name for path in (folder / "inbox").iterdir()} - {Path(name).name for name in made}
    assert sorted(by_hand) == sorted(row["file"] for row in rows("invoices") if row["made"] == "by hand")
    assert (len(rows("invoices")), len(by_hand)) == (40, 12)


def test_every_labelled_quote_stands_in_its_invoice_and_every_field_in_the_schema() -> None:
    papers, labelled = documents("invoices"), rows("invoices")
    fields = {field.name for field in load_schema("schema.yaml", folder=example_folder("invoices")).fields}
    labels = {row["file"]: record_label(json.dumps(row["record"])) for row in labelled}
    assert {frozenset(label.fields) for label in labels.values()} == {frozenset(fields)}
    assert [
        (file, field.quote)
        for file, label in labels.items()
        for field in label.fields.values()
        if field.quote is not None and find_quote(field.quote, papers[file]) is None
    ] == []


def test_net_and_tax_of_an_invoice_add_up_to_its_total() -> None:
    for row in rows("invoices"):
        net, tax, total = (row["record"][name] for name in ("net", "tax_amount", "total"))
        if net and tax and total:
            cents = [round(float(part["value"]["amount"]) * 100) for part in (net, tax, total)]
            assert (row["file"], cents[0] + cents[1]) == (row["file"], cents[2])


def test_invoices_vary_and_some_contradict_themselves_or_leave_something_out() -> None:
    labelled = rows("invoices")
    missing = Counter(name for row in labelled for name, value in row["record"].items() if value is None)
    assert {row["layout"] for row in labelled} == {"text", "markdown", "html", "email"}
    assert {row["country"] for row in labelled} == {"GB", "US", "DE", "CH", "FR", "other"}
    assert missing["total"] >= 3
    assert min(missing["due_date"], missing["vat_id"], missing["purchase_order"]) >= 8


def test_every_labelled_line_of_a_meeting_is_a_turn_of_it_and_owners_speak_in_it() -> None:
    folder = example_folder("standup") / "meetings"
    labelled = rows("standup")
    assert sorted(row["file"] for row in labelled) == sorted(path.name for path in folder.iterdir())
    for row in labelled:
        document = read_transcript(folder / row["file"], name=row["file"])
        turns = {part.line for part in document.parts if part.kind == "turn"}
        items = summary_label(json.dumps(row["notes"])).items
        assert 10 <= len(turns) <= 40
        assert {line for item in items for line in item.lines} <= turns
        assert all(item.lines for item in items)
        spoken = " ".join([document.text, *(part.speaker or "" for part in document.parts)]).casefold()
        assert [item.owner for item in items if (item.owner or "").casefold() not in spoken] == []
        assert [item.due for item in items if (item.due or "").casefold() not in spoken] == []


def test_each_is_reviewed_without_a_model_with_the_verdict_that_the_docs_name(shown: Demonstration) -> None:
    told = (ROOT / "docs" / "examples.md").read_text(encoding="utf-8")
    assert [line.feature for line in shown.others] == list(NAMES)
    verdicts = {line.feature: line.headline.partition(":")[0] for line in shown.others}
    assert dict(re.findall(r"^\| `([\w-]+)` \|.*\| \*(.+)\* \|$", told, flags=re.MULTILINE)) == verdicts


def test_each_counts_as_practice(shown: Demonstration) -> None:
    assert {name: review(shown, name).report["origin"] for name in NAMES} == dict.fromkeys(NAMES, "bundled")
    assert len(bundled_files()) == 9


def test_the_order_hidden_in_the_handbook_is_in_the_file_and_neither_read_nor_quoted(
    shown: Demonstration,
) -> None:
    page = example_folder("handbook_qa") / "handbook" / "gifts-and-suppliers.html"
    assert "gifts of any value" in page.read_text(encoding="utf-8")
    pages = documents("handbook_qa")
    (row,) = (row for row in outputs(shown, "handbook-qa") if "gifts from a supplier" in row["text"])
    answer = output_from_json(Answer, json.loads(row["output"]))
    assert "35 euros" in answer.text
    cited = [span for sentence in answer.sentences for span in sentence.citations]
    assert all(verified(span, pages[span.document]) for span in cited)
    assert {span.document for span in cited} == {"gifts-and-suppliers.html"}
    checks = {one["name"]: one["estimate"]["value"] for one in review(shown, "handbook-qa").report["checks"]}
    assert "any value" not in "".join(page.text for page in pages.values())
    assert checks["quotes_no_order"] == 1


def test_the_order_hidden_in_an_invoice_does_not_change_its_sum(shown: Demonstration) -> None:
    (row,) = (row for row in outputs(shown, "invoices") if row["text"] == "odd-09-orders-given.eml")
    record = output_from_json(Record, json.loads(row["output"]))
    assert record.fields["total"].value["amount"] in {424.34, "424.34"}


def outputs(shown: Demonstration, name: str) -> list[dict[str, Any]]:
    from shipworthy.datasets.prediction_log import PredictionLog

    candidate = review(shown, name).report["candidates"][0]["name"]
    labelled = {row["id"]: row.get("file", row.get("question")) for row in rows(NAMES[name])}
    log = PredictionLog(review(shown, name).folder / "predictions.parquet")
    columns = log.columns(["example_id", "output"], candidate=candidate)
    return [
        {"text": labelled[example], "output": output}
        for example, output in zip(columns["example_id"], columns["output"], strict=True)
    ]
