"""Personal data is found, what only looks like it is not, and nothing found is repeated in full."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.datasets.personal_data import PersonalData, find_personal_data, masked, sightings
from shipworthy.datasets.table import open_table
from tests.support import shared_data

# Numbers below are the issuers' own published specimens.
FOUND = {
    "write to jane.doe@acme.co.uk.": "e-mail address",
    "MAIL: Jürgen_K+x@mail.acme.de!": "e-mail address",
    "card 4111 1111 1111 1111 please": "payment card",
    "5555-5555-5555-4444": "payment card",
    "378282246310005": "payment card",
    "6011111111111117": "payment card",
    "DE89 3704 0044 0532 0130 00": "bank account",
    "IBAN GB82WEST12345698765432": "bank account",
    "FR14 2004 1010 0505 0001 3M02 606": "bank account",
    "MT84MALT011000012345MTLCAST001S": "bank account",
    "my SSN is 123-45-6789": "national number",
    "AB 12 34 56 C": "national number",
    "nino AB123456C": "national number",
    "DNI 12345678Z": "national number",
    "X1234567L": "national number",
    "12.345.678-Z": "national number",
    "1 84 12 76 451 089 46": "national number",
    "RSSMRA85T10A562S": "national number",
    "529.982.247-25": "national number",
    "PESEL 44051401359": "national number",
    "IdNr 86 095 742 719": "national number",
    "+49 30 901820": "phone number",
    "call (415) 555-2671 now": "phone number",
    "415-555-2671": "phone number",
    "1-415-555-2671": "phone number",
    "020 7946 0958": "phone number",
    "06 12 34 56 78": "phone number",
    "06.12.34.56.78": "phone number",
    "+14155552671": "phone number",
    "0044 20 7946 0958": "phone number",
    "my phone 4155552671": "phone number",
    "030/1234567": "phone number",
    "Tel: 07911 123456": "phone number",
}

NOT_FOUND = [
    "order 1234567890",
    "order 0012345678",
    "2024-01-05 10:30:00",
    "2024-01-05T10:30:00.123456Z",
    "05/01/2024",
    "01-02-2024 10:30",
    "between 01 02 2024 and 03 04 2024",
    "$1,234,567.89",
    "1.800.000,00 €",
    "invoice 2024-000123-77",
    "react@18.2.0 and @types/node@18.0.0",
    "logo@2x.png",
    "git@github.com:org/repo",
    "user@example.com",
    "commit 1234567890123456",
    "card 4111 1111 1111 1112",
    "4444 4444 4444 4444",
    "version 10.0.19041.1234",
    "192.168.100.200",
    "0.123456789012",
    "ISBN 978-3-16-148410-0",
    "DE00 3704 0044 0532 0130 00",
    "000-12-3456 and 666-12-3456 and 900-12-3456",
    "GB123456A",
    "12345678A",
    "X1234567A",
    "RSSMRA85T10A562T",
    "44051401358",
    "86095742718",
    "529.982.247-26",
    "0x00007fff12345678",
    "00000000-0000-0000-0000-000000000000",
    "1700000000123",
    "tracking 1Z999AA10123456784",
    "https://ci.example.org/task/5522204518514688?x=4111111111111111",
    "phone 12 pro",
    "٤١١١ ١١١١ ١١١١ ١١١١",
]


@pytest.mark.parametrize("text", FOUND)
def test_personal_data_is_found(text: str) -> None:
    assert [sighting.kind for sighting in sightings(text)] == [FOUND[text]]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert sightings(text) == []


def test_several_in_one_text_come_in_order_and_each_once() -> None:
    text = "jane@acme.org, +49 30 901820, 4111 1111 1111 1111 and again jane@acme.org"

    found = [(sighting.kind, text[sighting.start : sighting.end]) for sighting in sightings(text)]

    assert found == [
        ("e-mail address", "jane@acme.org"),
        ("phone number", "+49 30 901820"),
        ("payment card", "4111 1111 1111 1111"),
        ("e-mail address", "jane@acme.org"),
    ]


@given(st.text(alphabet="0123456789ABCXZabc+-. ()/@٣é", max_size=60))
def test_any_text_can_be_searched_and_no_two_sightings_overlap(text: str) -> None:
    found = sightings(text)

    assert all(one.end <= other.start for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("4111 1111 1111 1111", "•••• •••• •••• ••11"),
        ("jane.doe@acme.co.uk", "••••.•••@••••.••.uk"),
        ("AB123456C", "•••••••6C"),
    ],
)
def test_a_masked_value_shows_its_shape_and_its_end(value: str, shown: str) -> None:
    assert masked(value) == shown


def test_a_table_is_searched_column_by_column_with_row_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "id,text,owner\n1,mail ann@acme.org or ann@acme.net,ann@acme.org\n2,nothing here,\n"
        "3,call 415-555-2671,bob@acme.org\n4,bob@acme.org,\n",
        encoding="utf-8",
    )

    with open_table(path) as table:
        found = find_personal_data(table)
        assert find_personal_data(table, ["id"]) == ()

    assert found == (
        PersonalData(
            kind="e-mail address",
            names=("e-mail address",),
            column="text",
            count=2,
            rows=(2, 5),
            example="•••@••••.org",
            file="a.csv",
        ),
        PersonalData(
            kind="e-mail address",
            names=("e-mail address",),
            column="owner",
            count=2,
            rows=(2, 4),
            example="•••@••••.org",
            file="a.csv",
        ),
        PersonalData(
            kind="phone number",
            names=("phone number",),
            column="text",
            count=1,
            rows=(4,),
            example="•••-•••-••71",
            file="a.csv",
        ),
    )
    assert str(found[0]) == (
        "2 rows have what looks like an e-mail address in column 'text', "
        "for example •••@••••.org (rows 2 and 5)."
    )


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["banking77/train.jsonl", "clinc150/train_val.jsonl"])
def test_there_are_no_false_alarms_in_short_customer_questions(name: str) -> None:
    with open_table(shared_data(name)) as table:
        assert find_personal_data(table) == ()


@pytest.mark.real_data
def test_in_developers_logs_only_real_addresses_are_found() -> None:
    with open_table(shared_data("github_issues/issues.jsonl")) as table:
        assert [(found.kind, found.column, found.count) for found in find_personal_data(table)] == [
            ("e-mail address", "body", 13)
        ]
