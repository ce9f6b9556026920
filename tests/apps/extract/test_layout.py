import pytest

from shipworthy.apps.extract.layout import Grid


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("| Desk | 4 | 10.00 |\n| Subtotal | | 10.00 |\n| VAT 20% | | 2.00 |", ["10.00"]),
        ("| Subtotal | VAT | Total |\n| 10.00 | 2.00 | 12.00 |", ["10.00", "VAT"]),
        ("| Subtotal | | Date | 3 May |", []),
        ("| Subtotal | | see below |\n| 10.00 | 2.00 | 12.00 |", ["10.00"]),
    ],
)
def test_a_sum_stands_past_blank_cells_where_its_row_has_nothing_else(text: str, places: list[str]) -> None:
    assert [text[place.start : place.end] for place in Grid(text).places(["subtotal"])] == places
