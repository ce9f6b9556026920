from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.apps.extract import load_schema
from shipworthy.apps.extract.rules import limits, record_by_rules
from shipworthy.retrieval.document import verified
from tests.apps.extract.papers import INVOICE, document, field, quotes, record, schema

MONEY = "{type: money}"


def test_an_invoice_is_read_by_its_layout() -> None:
    found = record_by_rules(load_schema("invoice"), document(INVOICE)).fields
    assert {name: one.value for name, one in found.items()} == {
        "invoice_number": "RE-2026-0815",
        "invoice_date": "2026-04-03",
        "due_date": "2026-04-25",
        "supplier": "ACME Widgets GmbH",
        "customer": "Northwind Ltd",
        "purchase_order": None,
        "net": {"amount": 1237.5, "currency": "EUR"},
        "tax": {"amount": 235.13, "currency": "EUR"},
        "tax_rate": 19,
        "total": {"amount": 1472.63, "currency": "EUR"},
        "iban": "DE89 3704 0044 0532 0130 00",
        "email": "billing@acme.example",
        "lines": [
            {
                "description": "Blue widget",
                "quantity": 3,
                "unit_price": {"amount": 12.5, "currency": "EUR"},
                "amount": {"amount": 37.5, "currency": "EUR"},
            },
            {
                "description": "Red widget",
                "quantity": 1,
                "unit_price": {"amount": 1200, "currency": "EUR"},
                "amount": {"amount": 1200, "currency": "EUR"},
            },
        ],
    }
    assert found["purchase_order"].state == "absent"
    assert quotes(found["total"]) == ["EUR 1.472,63"]


@pytest.mark.parametrize(
    "text",
    [
        "Total: $12.50",
        "Total $12.50",
        "TOTAL (USD) : $12.50",
        "| Total | $12.50 |",
        "Total\t$12.50",
        "Total      $12.50",
        "**Total:** $12.50",
        "Total:\n$12.50",
        "Total\n\n$12.50",
        "- Total: $12.50",
        "Qty | Tax | Total\n--- | --- | ---\n2 | 1 | $12.50",
        "Qty    Tax    Total\n2      1      $12.50",
        "1. Total: $12.50",
        "Total .......... $12.50",
        "The total of this order is $12.50 today.",
    ],
)
def test_a_value_is_found_beside_behind_and_below_its_label(tmp_path: Path, text: str) -> None:
    one = field(tmp_path, MONEY, text)
    assert (one.state, one.value, quotes(one)) == ("found", {"amount": 12.5, "currency": "USD"}, ["$12.50"])


def test_a_label_of_its_own_counts_more_than_one_inside_a_longer_label_or_a_sentence(tmp_path: Path) -> None:
    text = "Net total: $1.00\nThe total was $9.00 last year.\nTotal: $12.50"
    assert quotes(field(tmp_path, MONEY, text)) == ["$12.50"]
    assert field(tmp_path, MONEY, "Subtotal: $3.00").state == "not_found"


@pytest.mark.parametrize("words", ["n/a", "none", "—", "Not applicable", "keine", "nil"])
def test_a_document_that_says_there_is_none_is_told_from_one_that_says_nothing(
    tmp_path: Path, words: str
) -> None:
    said = field(tmp_path, MONEY, f"Total: {words}\n")
    assert (said.state, quotes(said)) == ("absent", [words])
    assert field(tmp_path, MONEY, "A letter about something else.").state == "not_found"


def test_a_label_with_nothing_beside_it_is_absent_with_less_confidence(tmp_path: Path) -> None:
    empty = field(tmp_path, MONEY, "Total: ______\n\nNothing more.")
    assert (empty.state, quotes(empty), empty.confidence) == ("absent", ["Total"], 0.45)


def test_different_values_with_equal_reason_are_a_conflict(tmp_path: Path) -> None:
    text = "Total: $5\nTotal: $7"
    one = field(tmp_path, MONEY, text)
    assert (one.state, one.value, quotes(one)) == ("conflict", None, ["$5", "$7"])
    assert one.others == ({"amount": 5, "currency": "USD"}, {"amount": 7, "currency": "USD"})
    assert field(tmp_path, "{type: money, several: first}", text).value == {"amount": 5, "currency": "USD"}
    assert field(tmp_path, "{type: money, several: last}", text).value == {"amount": 7, "currency": "USD"}


def test_the_same_value_twice_is_no_conflict_and_a_little_surer(tmp_path: Path) -> None:
    once, twice = (field(tmp_path, MONEY, "Total: $5\n" * times) for times in (1, 2))
    assert (twice.state, len(twice.spans)) == ("found", 2)
    assert twice.confidence > once.confidence


def test_an_ambiguous_date_is_reported_with_both_readings(tmp_path: Path) -> None:
    one = field(tmp_path, "{type: date}", "Total: 03/04/2026")
    assert (one.state, one.others) == ("conflict", ("2026-04-03", "2026-03-04"))
    assert "more than one way" in one.why


@pytest.mark.parametrize(
    ("text", "head", "day"),
    [
        ("Total: 03/04/2026\nShipped 25/03/2026", "", "2026-04-03"),
        ("Total: 03/04/2026\nShipped 03/25/2026", "", "2026-03-04"),
        ("Total: 03/04/2026", "dates: month first", "2026-03-04"),
        ("Total: 03/04/2026\nTotal: 4 March 2026", "", "2026-03-04"),
    ],
)
def test_the_schema_the_documents_other_dates_or_the_date_in_words_settle_it(
    tmp_path: Path, text: str, head: str, day: str
) -> None:
    assert field(tmp_path, "{type: date}", text, head).value == day


def test_an_ambiguous_number_is_reported_and_settled_likewise(tmp_path: Path) -> None:
    assert field(tmp_path, "{type: number}", "Total: 1.234").others == (1234, 1.234)
    assert field(tmp_path, "{type: number}", "Total: 1.234\nweighs 2,5 kg").value == 1234
    assert field(tmp_path, "{type: number}", "Total: 1.234", 'decimal: "."').value == 1.234
    assert field(tmp_path, "{type: integer}", "Total: 1.234").value == 1234


def test_values_outside_of_the_bounds_are_not_taken(tmp_path: Path) -> None:
    assert field(tmp_path, "{type: integer, max: 10}", "Total: 11").state == "not_found"
    assert field(tmp_path, "{type: integer, max: 10}", "Total: 11\nTotal: 9").value == 9
    assert field(tmp_path, "{type: date, min: 2026-03-10}", "Total: 03/04/2026").value == "2026-04-03"


@pytest.mark.parametrize(
    ("spec", "text", "value"),
    [
        ("{type: enum, values: {open: [new], closed: [done]}}", "Total: Done", "closed"),
        ("{type: enum, values: {open: [new], closed: [done]}}", "It is new here", "open"),
        ("{type: enum, values: [open, closed]}", "open and closed", None),
        ("{type: boolean}", "Total: yes", True),
        ("{type: boolean}", "Total: No", False),
        ("{type: boolean}", "Total: [x]", True),
        ("{type: number, format: percentage}", "Total: 3 of 10, 30 %", 30),
        ("{type: text}", "Total: some words here   Other: 5", "some words here"),
        ("{type: text, format: email}", "Write to a@b.example", "a@b.example"),
        ("{type: text, format: email}", "Write to a@b.example or c@d.example", None),
        ("{type: text, format: organisation}", "Total: The Blue Sea Ltd, London", "Blue Sea Ltd"),
        ("{type: text, patterns: ['order (X-\\d+)']}", "Your order\nX-17 is here", "X-17"),
        ("{type: money, currency: CAD}", "Total: 7.50", {"amount": 7.5, "currency": "CAD"}),
    ],
)
def test_each_type_is_read_in_its_way(tmp_path: Path, spec: str, text: str, value: object) -> None:
    assert field(tmp_path, spec, text).value == value


def test_patterns_are_tried_in_their_order(tmp_path: Path) -> None:
    spec = "{type: text, patterns: ['ref (\\w+)', 'no (\\w+)']}"
    assert field(tmp_path, spec, "no A7, ref B8").value == "B8"
    assert field(tmp_path, spec, "no A7").value == "A7"


def test_a_clause_is_the_sentences_that_fit_the_hints(tmp_path: Path) -> None:
    text = "We met. Neither side may\nassign this deal without consent. Dogs bark."
    spec = "{type: boolean, patterns: ['may assign', 'without consent'], denials: ['freely assign']}"
    one = field(tmp_path, spec, text)
    assert (one.value, quotes(one)) == (True, ["Neither side may\nassign this deal without consent."])
    assert field(tmp_path, spec, "Each side can freely assign it.").value is False
    assert field(tmp_path, spec, "Dogs bark. We may. Assign it.").state == "not_found"


def test_a_sentence_can_be_the_value(tmp_path: Path) -> None:
    one = field(
        tmp_path,
        "{type: text, format: sentence, patterns: ['term .* years']}",
        "Hi. The term is two years. Bye.",
    )
    assert one.value == "The term is two years."


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Total: red, blue and green", ["red", "blue", "green"]),
        ("Total:\n- red\n- blue\n\nnot this", ["red", "blue"]),
        ("Total: red; red; blue", ["red", "blue"]),
        ("Total: none", None),
    ],
)
def test_lists_are_read_from_a_line_or_from_bullets(
    tmp_path: Path, text: str, items: list[str] | None
) -> None:
    assert field(tmp_path, "{type: list, of: {type: text}}", text).value == items


def test_a_list_of_organisations_is_all_of_them(tmp_path: Path) -> None:
    one = field(
        tmp_path,
        "{type: list, of: {type: text, format: organisation}}",
        "Red Sea Ltd met Blue Sea Inc. here.",
    )
    assert one.value == ["Red Sea Ltd", "Blue Sea Inc."]


def test_a_list_with_too_few_items_is_not_given(tmp_path: Path) -> None:
    assert field(tmp_path, "{type: list, min: 2, of: {type: text}}", "Total: red").state == "not_found"


def test_fields_of_an_object_are_looked_for_in_its_own_section(tmp_path: Path) -> None:
    fields = """
        buyer: {type: object, fields: {name: {}, city: {}}}
        seller: {type: object, fields: {name: {}, city: {}}}
    """
    text = "Buyer\nName: Ann\nCity: Bonn\n\nSeller\nName: Bob\nCity: Rome\n"
    found = record(tmp_path, fields, text).fields
    assert {name: one.value for name, one in found.items()} == {
        "buyer.name": "Ann",
        "buyer.city": "Bonn",
        "seller.name": "Bob",
        "seller.city": "Rome",
    }


def test_rows_of_a_table_end_with_the_table_and_need_what_is_required(tmp_path: Path) -> None:
    spec = "{type: list, of: {type: object, fields: {item: {required: true}, qty: {type: integer}}}}"
    text = "| Item | Qty | Note |\n|---|---|---|\n| pen | 3 | x |\n| - | 4 | y |\n| ink | | z |\n\nItem: none"
    assert field(tmp_path, spec, text).value == [{"item": "pen", "qty": 3}, {"item": "ink"}]


def test_what_cannot_be_done_without_a_model_is_said(tmp_path: Path) -> None:
    told = limits(
        schema(
            tmp_path,
            """
            tone: {}
            clause: {type: boolean}
            why: {format: sentence}
            number: {labels: [No.]}
            day: {type: date}
            """,
        )
    )
    assert [sentence.split(":")[0] for sentence in told] == ["tone", "clause", "why"]


@given(st.text(alphabet=st.sampled_from("Total: due\n|\t  -$1,2.3/4€abc()*"), max_size=300))
def test_any_text_gives_a_record_whose_spans_are_verbatim(text: str) -> None:
    paper = document(text)
    for one in record_by_rules(load_schema("invoice"), paper).fields.values():
        assert all(verified(span, paper) for span in one.spans)
        assert one.state != "found" or (one.spans and 0 < one.confidence <= 1)


FLOWED = """\
Larch Ltd Invoice No: LE-2041 Invoice date: 3 April 2026 Bill to:

Northwind Depot
Description Qty Price Amount Oak shelf 3 12.50 37.50 Delivery 1 10.00 10.00 Subtotal 47.50 VAT (20%) 9.50
Total $57.00
"""


def test_a_page_whose_lines_have_run_together_is_read_too() -> None:
    found = record_by_rules(load_schema("invoice"), document(FLOWED)).fields
    values = {name: one.value for name, one in found.items() if one.value is not None}
    usd = {"currency": "USD"}
    assert values == {
        "invoice_number": "LE-2041",
        "invoice_date": "2026-04-03",
        "supplier": "Larch Ltd",
        "customer": "Northwind Depot",
        "net": {"amount": 47.5, **usd},
        "tax": {"amount": 9.5, **usd},
        "tax_rate": 20,
        "total": {"amount": 57, **usd},
        "lines": [
            {
                "description": "Oak shelf",
                "quantity": 3,
                "unit_price": {"amount": 12.5, **usd},
                "amount": {"amount": 37.5, **usd},
            },
            {
                "description": "Delivery",
                "quantity": 1,
                "unit_price": {"amount": 10, **usd},
                "amount": {"amount": 10, **usd},
            },
        ],
    }


def test_a_value_ends_where_the_next_label_begins(tmp_path: Path) -> None:
    found = record(tmp_path, "name: {}\ncity: {}", "Name: Ann Lee City: Bonn").fields
    assert [one.value for one in found.values()] == ["Ann Lee", "Bonn"]


@pytest.mark.parametrize(
    "text",
    ["Item Qty: 3 pens", "Item and Qty 3 4", "Item Qty", "Qty Item 3 pen", "Item Qty 3 3", "Item Qty Item 3"],
)
def test_words_that_are_no_head_of_a_table_give_no_rows(tmp_path: Path, text: str) -> None:
    spec = "{type: list, of: {type: object, fields: {item: {required: true}, qty: {type: integer}}}}"
    assert field(tmp_path, spec, text).state == "not_found"


def test_a_document_that_is_all_labels_is_read_to_its_end(tmp_path: Path) -> None:
    lines = "Description  Qty  Amount\n" * 10_000 + "x  1  2.00\n" + "Total:  " * 20_000
    spec = """
    lines: {type: list, of: {type: object, fields: {description: {}, qty: {type: integer}}}}
    total: {type: money}
    """
    found = record(tmp_path, spec, lines)
    assert found.fields["lines"].value == [{"description": "x", "qty": 1}]
    assert found.fields["total"].value is None


@pytest.mark.parametrize(
    "text",
    [
        "Facture n° : C-209",
        "Facture n°: C-209",
        "**Facture N° :** C-209",
        "| Facture n° | C-209 |",
        "Facture n°\nC-209\n",
        "Date : 4 mars 2026, facture n° : C-209",
    ],
)
def test_a_label_that_ends_with_a_sign_for_number_is_recognised(text: str, tmp_path: Path) -> None:
    found = field(tmp_path, "{type: text, labels: [Facture n°]}", text)
    assert (found.value, quotes(found)) == ("C-209", ["C-209"])
