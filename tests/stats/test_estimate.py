from __future__ import annotations

from shipworthy.stats.estimate import Estimate, Unit, measured, undefined


def estimate(unit: Unit = "share", **changes: object) -> Estimate:
    whole: dict[str, object] = {"value": 0.912, "low": 0.88, "high": 0.937, "n": 1500, "method": "Wilson"}
    return Estimate(**{**whole, "unit": unit, **changes})  # type: ignore[arg-type]


def test_a_number_is_written_with_its_interval_and_its_n() -> None:
    assert str(estimate()) == "91.2% (88.0% to 93.7%, n = 1,500)"
    assert str(estimate("score")) == "0.912 (0.880 to 0.937, n = 1,500)"
    assert str(estimate("points")) == "+91.2 points (+88.0 points to +93.7 points, n = 1,500)"
    assert str(estimate("money", value=1234.5, low=90, high=2000)) == "1,234 (90.00 to 2,000, n = 1,500)"
    assert str(estimate("count", low=None, high=None)) == "0.91 (n = 1,500)"


def test_undefined_names_its_reason_and_is_not_zero() -> None:
    nothing = undefined("no rows", method="Wilson")
    assert not nothing.defined
    assert nothing.value is None
    assert str(nothing) == "undefined (no rows)"
    assert nothing.explain() == "Undefined: no rows."


def test_an_estimate_explains_itself_in_sentences() -> None:
    assert estimate(clusters=300, warning="the test set is old").explain() == (
        "91.2%, measured on 1,500 rows in 300 independent groups."
        " The true value is plausibly between 88.0% and 93.7% (0.95 confidence; Wilson)."
        " Note: the test set is old."
    )
    assert estimate(low=None, high=None).explain() == "91.2%, measured on 1,500 rows."


def test_a_measured_quantity_answers_at_any_level() -> None:
    assert measured(lambda level: estimate(level=level)).at(0.99).level == 0.99
