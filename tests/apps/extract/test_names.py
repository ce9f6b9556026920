from __future__ import annotations

import pytest

from shipworthy.apps.extract.names import addresses, emails, organisations


def test_names_with_a_legal_form_are_organisations() -> None:
    text = (
        'Between the Blue Harbour Systems, Inc. ("BHS") and Müller & Söhne GmbH & Co. KG. Nordlicht AG, '
        "U.S. Copper Corp., ROANOKE TOY COMPANY, Acme Pty Ltd; Fox Entertainment is none."
    )
    assert [text[start:end] for start, end in organisations(text)] == [
        "Blue Harbour Systems, Inc.",
        "Müller & Söhne GmbH & Co. KG",
        "Nordlicht AG",
        "U.S. Copper Corp.",
        "ROANOKE TOY COMPANY",
        "Acme Pty Ltd",
    ]


@pytest.mark.parametrize("text", ["the Company", "Inc.", "a company", "Ltd"])
def test_a_legal_form_alone_is_no_name(text: str) -> None:
    assert list(organisations(text)) == []


def test_addresses_end_before_the_full_stop_of_their_sentence() -> None:
    text = "Write to ann.lee+x@mail.example.org. See https://a.example/b?c=1, or (www.b.example)."
    assert [text[start:end] for start, end in emails(text)] == ["ann.lee+x@mail.example.org"]
    assert [text[start:end] for start, end in addresses(text)] == ["https://a.example/b?c=1", "www.b.example"]


def test_a_long_run_of_numbers_with_points_is_no_name() -> None:
    assert list(organisations("1." * 100_000)) == []
