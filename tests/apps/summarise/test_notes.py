"""The Markdown of notes: complete, and inert."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shipworthy.apps.summarise import Summariser, notes_as_markdown
from shipworthy.apps.summarise.notes import inert
from tests.apps.summarise.meetings import LAUNCH, meeting


def test_each_item_names_its_turns_time_and_speakers() -> None:
    page = notes_as_markdown(LAUNCH, Summariser().summarise(LAUNCH))
    assert page.split("\n\n", 2)[2] == (
        "## Decisions\n\n"
        "- We decided to drop the weekly digest. \\[3, 0:00:20: Anna Keller\\]\n\n"
        "## Action items\n\n"
        "- Ben, can you send the draft to legal by Friday? \\[1, 2, 0:00:00: Anna Keller, Ben Ode\\]\n"
        "  Owner: Ben · Due: by Friday\n"
        "  - 1 Anna Keller: Ben, can you send the draft to legal by Friday?\n"
        "  - 2 Ben Ode: Sure, I'll do that.\n"
        "- I'll ask them for a date tomorrow. \\[5, 0:00:40: Chidi Eze\\]\n"
        "  Owner: Chidi Eze · Due: tomorrow\n"
        "- Someone should update the wiki please. \\[8, 0:01:10: Anna Keller\\]\n"
        "  Owner: — · Due: —\n\n"
        "## Open questions\n\n"
        "- Who pays for the second licence? \\[6, 0:00:50: Ben Ode\\]\n"
        "- We still need to find out who owns the budget. \\[7, 0:01:00: Anna Keller\\]\n\n"
        "## Risks\n\n"
        "- I'm worried the vendor won't be ready before the launch. \\[5, 0:00:40: Chidi Eze\\]\n"
    )


def test_hostile_words_are_shown_and_mean_nothing() -> None:
    document = meeting(
        "Eve](x): I will send <script>alert(1)</script> [the report](https://evil.test) by Friday."
    )
    page = notes_as_markdown(document, Summariser().summarise(document))
    assert "<script>" not in page
    assert "](" not in page.replace("\\]", "")
    assert "https://" not in page
    assert "\\<script\\>" in page


@given(st.text(max_size=60))
def test_inert_text_is_one_printable_line_without_open_markup(text: str) -> None:
    shown = inert(text)
    assert "\n" not in shown
    assert shown.isprintable() or not shown
    bare = shown.replace("\\\\", "")
    for special in "*_`<>[]":
        assert bare.count(special) == bare.count(f"\\{special}")
