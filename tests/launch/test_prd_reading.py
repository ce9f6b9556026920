"""Reading Markdown from anybody: its parts with their lines, and nothing that hostile text can do."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fits.prd import SOURCES
from shipworthy.core.errors import DataError
from shipworthy.launch.prd import check_prd
from shipworthy.launch.prd.parts import Parts
from shipworthy.launch.prd.passages import passages, words
from shipworthy.launch.prd.reading import read_markdown

ROOT = Path(__file__).parents[2]


def titles(text: str) -> list[tuple[int, str]]:
    return [(section.line, section.title) for section in read_markdown(text, name="x").sections[1:]]


def texts(text: str) -> list[str]:
    return [block.text for block in read_markdown(text, name="x").blocks]


@pytest.mark.parametrize(
    "written",
    ["## Fallback", "## 3.1 Fallback ##", "Fallback\n--------", "**Fallback**", "Fallback:", "3. Fallback"],
)
def test_a_heading_is_seen_however_it_is_written(written: str) -> None:
    (part,) = Parts(document=read_markdown(f"{written}\n\nThe desk.\n", name="x")).labelled("fallback")

    assert (part.line, [block.text for block in part.blocks]) == (1, ["The desk."])


def test_lead_words_of_items_and_rows_announce_parts_too() -> None:
    table = "| What | How |\n|---|---|\n| Monitoring | daily |\n"
    text = f"## Requirements\n\n- **Fallback:** the desk\n- other\n\n{table}"
    parts = Parts(document=read_markdown(text, name="x"))

    assert [part.line for part in parts.labelled("fallback")] == [3]
    assert [part.line for part in parts.labelled("monitoring")] == [8]


def test_a_sentence_and_a_row_are_passages_that_know_what_announces_them() -> None:
    table = "| Signal | Limit |\n|---|---|\n| Overrides | 12% |\n"
    text = f"## Watching\n\n**Weekly.** Ana reads fifty answers. Fewer than 45 right alarm her.\n\n{table}"
    found = [(one.label, one.before, one.text, one.head) for one in passages(read_markdown(text, name="x"))]

    assert found == [
        ("Weekly", "", "Ana reads fifty answers.", ""),
        ("Weekly", "Ana reads fifty answers.", "Fewer than 45 right alarm her.", ""),
        ("Overrides", "", "12%", "Signal | Limit"),
    ]


def test_words_lose_their_endings_and_numbers_their_values() -> None:
    assert words('We stopped it: "Sorry", 12% of €4 after 3 days’ work.') == [
        *("we", "stopp", "it", '"', "sorry", '"', "#%", "of", "#$", "aft", "#", "day", "work")
    ]


def test_what_a_passage_is_about_is_seen_without_any_heading() -> None:
    text = "Any supervisor may press the red button, and the old form is back within ten minutes.\n"
    parts = Parts(document=read_markdown(text, name="x"))

    assert [part.line for part in parts.likely("kill")] == [1]
    assert parts.likely("run_cost") == ()


def test_the_shipped_weights_were_fitted_to_the_passages_beside_the_tests() -> None:
    folder = ROOT / "tests/launch/prds/passages"
    read = b"".join((folder / name).read_bytes() for name in SOURCES)
    shipped = json.loads((ROOT / "src/shipworthy/launch/prd/words.json").read_text("utf-8"))

    assert shipped["passages_sha256"] == hashlib.sha256(read).hexdigest(), "run fits/prd.py"


def test_a_document_s_own_title_announces_nothing() -> None:
    parts = Parts(document=read_markdown("# Fraud monitoring\n\n## Problem\n\nFraud.\n", name="x"))

    assert parts.labelled("monitoring") == ()


def test_code_comments_front_matter_and_tags_are_no_words_of_the_document() -> None:
    text = (
        "---\ntitle: TBD\n---\n<!-- TBD\nTBD -->\n```\nTBD\n```\n<b onclick='TBD'>bold</b> [link](http://x)\n"
    )

    assert texts(text) == ["bold link (http://x)"]


def test_a_fence_that_is_never_closed_hides_nothing() -> None:
    assert "TBD" in texts("```\n\nTBD\n")


def test_lines_are_counted_through_everything_that_is_blanked() -> None:
    assert titles("<!-- a\nb -->\n\n```\n# no\n```\n\n# Yes\n") == [(8, "Yes")]


def test_cells_keep_escaped_bars_and_know_their_column() -> None:
    (_, row) = read_markdown("| A | B |\n|---|:-:|\n| x \\| y | 1 |\n", name="x").blocks

    assert (row.cells, row.text, row.label) == (("x | y", "1"), "x | y | B: 1", "x | y")


@pytest.mark.parametrize(
    "text",
    [
        "#" * 100_000,
        "> " * 90_000 + "x",
        "[a](" * 40_000,
        "<a" * 90_000,
        "<!--" * 40_000,
        "*" * 190_000,
        "|" * 190_000,
        "| a | b |\n|---|---|\n" + "| recall | |\n" * 2_000,
        "# fallback\n" * 5_000,
        "\x1b[31m\u202e\u200b" * 9_000,
        "- " * 90_000,
        "1. a\n" * 9_000,
        "```\n" * 9_001,
        "(" * 190_000,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_hostile_markdown_is_judged_within_bounds(text: str) -> None:
    checked = check_prd(text, name="x")

    assert max((len(item.quote or "") for item in checked.findings), default=0) < 200
    assert len(checked.findings) < 1_000


@pytest.mark.parametrize(
    ("text", "message"),
    [("a" * 200_001, "200,001 characters"), ("\n" * 10_001, "lines"), ("a\x00b", "NUL")],
)
def test_what_is_too_large_or_no_text_is_refused(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_prd(text, name="x")


@given(st.text(alphabet="#*|-`<>[]()!&;:.0123456789%≥ \n\tabTBD", max_size=400))
def test_any_text_is_read_and_every_finding_points_into_it(text: str) -> None:
    checked = check_prd(text, name="x")
    last = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1

    assert all(1 <= item.line <= last for item in checked.findings)
