"""What a test set says nothing about is said."""

from shipworthy.datasets.coverage_of_test import uncovered
from shipworthy.datasets.frozen import Example


def rows(n: int, *, plan: str, label: str = "bug", text: str = "a text") -> list[Example]:
    return [
        Example(
            row=i,
            id=str(i),
            text=text,
            label=label,
            segments={"plan": plan},
            cluster=None,
            at=None,
            outcome=None,
            label_source=None,
            annotations={},
        )
        for i in range(n)
    ]


def test_a_segment_that_production_has_and_the_test_has_not_is_named() -> None:
    production = rows(80, plan="free") + rows(20, plan="team")
    assert uncovered(rows(50, plan="free"), rows(50, plan="free"), production) == (
        "plan = team: 20% of production (n = 100), but 0 test rows.",
    )


def test_a_label_that_is_hardly_tested_is_named() -> None:
    train = rows(50, plan="free") + rows(50, plan="free", label="outage")
    test = rows(50, plan="free") + rows(3, plan="free", label="outage")
    assert uncovered(train, test, []) == (
        "label = outage: 50% of the training rows (n = 100), but 3 test rows.",
    )


def test_much_longer_texts_than_were_tested_are_named() -> None:
    production = rows(50, plan="free") + rows(10, plan="free", text="long " * 200)
    assert uncovered([], rows(50, plan="free"), production) == (
        "Texts of more than 200 characters: 17% of production (n = 60), but hardly any test row.",
    )


def test_a_test_set_like_the_rest_leaves_nothing_open() -> None:
    assert uncovered(rows(50, plan="free"), rows(50, plan="free"), rows(50, plan="free")) == ()
