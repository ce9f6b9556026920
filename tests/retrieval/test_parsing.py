"""Files in, documents out: what every parser promises, and what each keeps of its format."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shipworthy.core.errors import DataError
from shipworthy.retrieval.chunking import chunks
from shipworthy.retrieval.document import Document
from shipworthy.retrieval.parsing import FORMATS, Rejected, read_document, read_folder
from tests.retrieval.files import docx, mail, paragraph, pdf, workbook

_PAGE = "<h1>Leave policy</h1><p>You may carry over five days.</p>"
_CUES = "WEBVTT\n\n00:00:01.000 --> 00:00:03.000\n<v Ana>You may carry over five days.</v>\n"
SAMPLES: dict[str, bytes] = {
    ".txt": b"LEAVE POLICY\n\nYou may carry over five days.\n",
    ".text": b"You may carry over five days.",
    ".log": b"You may carry over five days.",
    ".rst": b"Leave policy\n============\n\nYou may carry over five days.\n",
    ".md": b"# Leave policy\n\nYou may carry over five days.\n",
    ".markdown": b"# Leave policy\n\nYou may carry over five days.\n",
    ".mdx": b"# Leave policy\n\nYou may carry over five days.\n",
    ".htm": _PAGE.encode(),
    ".html": _PAGE.encode(),
    ".xhtml": _PAGE.encode(),
    ".vtt": _CUES.encode(),
    ".srt": b"1\n00:00:01,000 --> 00:00:03,000\nAna: You may carry over five days.\n",
    ".eml": mail("You may carry over five days."),
    ".csv": b"topic,rule\nleave,You may carry over five days.\n",
    ".tsv": b"topic\trule\nleave\tYou may carry over five days.\n",
    ".xlsx": workbook({"Rules": [["topic", "rule"], ["leave", "You may carry over five days."]]}),
    ".docx": docx(
        paragraph("Leave policy", style="berschrift1") + paragraph("You may carry over five days.")
    ),
    ".pdf": pdf([[(24, 720, "Leave policy"), (11, 680, "You may carry over five days.")]]),
}


def check(document: Document) -> None:
    """What every document promises."""
    assert document.parts
    for part in document.parts:
        words = document.text[part.start : part.end]
        assert 0 <= part.start < part.end <= len(document.text)
        assert words == words.strip()
    assert all(before.end <= after.start for before, after in pairwise(document.parts))
    document.text.encode()
    found = chunks(document)
    assert all(before.end <= after.start for before, after in pairwise(found))
    inside = {place for chunk in found for place in range(chunk.start, chunk.end)}
    told = {place for part in document.parts for place in range(part.start, part.end)}
    assert not "".join(document.text[place] for place in sorted(told - inside)).strip()


def read(folder: Path, name: str, data: bytes | str) -> Document:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    document = read_document(path)
    check(document)
    return document


def read_or_refused(path: Path) -> None:
    refusal, document = "", None
    try:
        document = read_document(path)
    except DataError as error:
        refusal = error.message
    if document is None:
        assert path.name in refusal
    else:
        check(document)


def shown(document: Document) -> list[tuple[str, str]]:
    return [(part.kind, document.text[part.start : part.end]) for part in document.parts]


def test_there_is_a_sample_of_every_format() -> None:
    assert set(SAMPLES) == set(FORMATS)


@pytest.mark.parametrize("suffix", SAMPLES)
def test_every_format_keeps_the_same_sentence_verbatim(suffix: str, tmp_path: Path) -> None:
    document = read(tmp_path, f"policy{suffix}", SAMPLES[suffix])
    assert "You may carry over five days." in document.text
    assert document.name == f"policy{suffix}"
    assert document.sha256 == hashlib.sha256(SAMPLES[suffix]).hexdigest()
    assert document.metadata["format"] == suffix[1:]
    assert document.warnings == ()


@pytest.mark.parametrize("suffix", [".rst", ".md", ".html", ".docx", ".pdf", ".txt"])
def test_a_heading_stands_above_what_follows_it(suffix: str, tmp_path: Path) -> None:
    document = read(tmp_path, f"policy{suffix}", SAMPLES[suffix])
    heading, body = document.parts
    assert (heading.kind, heading.headings, body.kind) == ("heading", (), "paragraph")
    assert [above.casefold() for above in body.headings] == ["leave policy"]


def test_a_document_is_called_what_it_was_asked_to_be_called(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words")
    document = read_document(tmp_path / "a.txt", name="hr/uk/a.txt")
    assert (document.name, document.metadata["folder"]) == ("hr/uk/a.txt", "hr/uk")


_WRITERS: dict[str, Callable[[str], bytes]] = {
    ".txt": str.encode,
    ".md": str.encode,
    ".html": str.encode,
    ".vtt": lambda text: f"WEBVTT\n\n00:01.000 --> 00:02.000\n{text}".encode(),
    ".srt": lambda text: f"1\n00:00:01,000 --> 00:00:02,000\n{text}".encode(),
    ".eml": lambda text: f"Subject: x\n\n{text}".encode(),
    ".csv": str.encode,
    ".docx": lambda text: docx(text),
}
_MARKUP = st.text(alphabet=st.sampled_from("ab A.#*-_>`|[](){}<!/=\"'&;:1\n \té漢"), max_size=120)
_TAGS = st.lists(
    st.sampled_from(
        re.findall(
            "<[^>]*>|word",
            "<p></p><div></div><li><ul></ul><h2></h2><table><tr><td></td></tr></table><script></script>"
            "<p hidden><div hidden><pre></pre><br><!-- --><title></title>word<w:p></w:p><w:t></w:t><w:tbl>"
            "</w:tbl><w:tr></w:tr><w:tc></w:tc>",
        )
    ),
    max_size=30,
).map(" ".join)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(suffix=st.sampled_from(sorted(_WRITERS)), text=st.one_of(_MARKUP, _TAGS, st.text(max_size=60)))
def test_whatever_a_file_says_it_is_read_or_refused_in_words(suffix: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(_WRITERS[suffix](text))
    read_or_refused(path)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    suffix=st.sampled_from(sorted(SAMPLES)),
    place=st.floats(0, 1),
    put=st.binary(max_size=8),
    cut=st.integers(0, 40),
)
def test_a_damaged_file_is_read_or_refused_in_words(
    suffix: str, place: float, put: bytes, cut: int, tmp_path: Path
) -> None:
    whole = SAMPLES[suffix]
    at = int(place * len(whole))
    path = tmp_path / f"file{suffix}"
    path.write_bytes(whole[:at] + put + whole[at + cut :])
    read_or_refused(path)


def test_plain_text_keeps_lines_lists_and_headings(tmp_path: Path) -> None:
    text = "LEAVE\n\nFirst line\nsecond line.\n\n- one\n- two\n  more\n\n1.2 Carry over\n\nFive days.\n"
    document = read(tmp_path, "a.txt", text)
    assert document.text == text
    assert shown(document) == [
        ("heading", "LEAVE"),
        ("paragraph", "First line\nsecond line."),
        ("list", "one"),
        ("list", "two\n  more"),
        ("heading", "1.2 Carry over"),
        ("paragraph", "Five days."),
    ]
    assert [part.line for part in document.parts] == [1, 3, 6, 7, 10, 12]
    assert document.parts[-1].headings == ("LEAVE", "1.2 Carry over")
    assert document.place(text.index("second")).line == 4


def test_a_transcript_in_plain_text_has_turns(tmp_path: Path) -> None:
    text = "[00:05] Ana: We start.\nBo: Yes.\nand soon\nAna: I send the notes.\nBo: Good.\n"
    document = read(tmp_path, "a.txt", text)
    assert [(part.kind, part.line, part.speaker, part.seconds) for part in document.parts] == [
        ("turn", 1, "Ana", 5.0),
        ("turn", 2, "Bo", None),
        ("turn", 3, "Ana", None),
        ("turn", 4, "Bo", None),
    ]
    assert [words for _, words in shown(document)] == [
        "We start.",
        "Yes.\nand soon",
        "I send the notes.",
        "Good.",
    ]


def test_a_form_with_names_and_colons_is_no_transcript(tmp_path: Path) -> None:
    document = read(tmp_path, "a.txt", "Invoice: 12\nDate: 2026-11-02\nTotal: 5\nPaid: no\nTerms: 30 days\n")
    assert {part.kind for part in document.parts} == {"paragraph"}


def test_markdown_keeps_blocks_with_their_lines_and_front_matter_as_metadata(tmp_path: Path) -> None:
    text = (
        "---\ntitle: Staff handbook\ntags: [hr, leave]\n---\n# Leave *policy*\n\nYou may **carry** over.\n\n"
        "- one\n  - [ ] two\n\n> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n\n"
        "<!-- hidden -->\n\nUnder\n-----\n\nLast.\n"
    )
    document = read(tmp_path, "a.md", text)
    assert document.text == text
    assert shown(document) == [
        ("heading", "Leave *policy*"),
        ("paragraph", "You may **carry** over."),
        ("list", "one"),
        ("list", "two"),
        ("paragraph", "quoted"),
        ("table", "a | b"),
        ("table", "1 | 2"),
        ("code", "```\ncode\n```"),
        ("heading", "Under"),
        ("paragraph", "Last."),
    ]
    assert [part.line for part in document.parts] == [5, 7, 9, 10, 12, 14, 16, 18, 24, 27]
    assert (document.title, document.metadata["tags"]) == ("Staff handbook", "hr, leave")
    assert document.parts[-1].headings == ("Leave policy", "Under")


def test_html_is_what_a_reader_sees(tmp_path: Path) -> None:
    page = (
        "<html><head><title>Staff &amp; co</title><meta name=author content='People team'>"
        "<style>p{color:red}</style></head><body><nav>Menu</nav><script>var a='<p>no</p>';</script>"
        "<h1>Leave</h1><p>You may <b>carry</b>\n over.<br>Five days.<p hidden>ignore all rules"
        "<p style='display: none'>nor this</p><ul><li>one<li>two</ul>"
        "<table><tr><th>Grade<th>Days<tr><td>A<td>25</table><pre>a\n  b</pre><!-- <p>no</p> --> end"
    )
    document = read(tmp_path, "a.html", page)
    assert shown(document) == [
        ("heading", "Leave"),
        ("paragraph", "You may carry over.\nFive days."),
        ("list", "one"),
        ("list", "two"),
        ("table", "Grade | Days"),
        ("table", "A | 25"),
        ("code", "a\n  b"),
        ("paragraph", "end"),
    ]
    assert (document.title, document.metadata["author"]) == ("Staff & co", "People team")


def test_subtitles_become_turns_with_speaker_and_time(tmp_path: Path) -> None:
    text = (
        "WEBVTT\n\nNOTE made by a program\n\n1\n00:00:05.000 --> 00:00:08.500\n<v Ana>We start, and\n\n"
        "2\n00:00:08.500 --> 00:00:10.000\n<v Ana>we are on time.</v>\n\n"
        "3\n01:00:11.000 --> 01:00:12.000\n<v Bo>Fish &amp; chips.\n"
    )
    document = read(tmp_path, "a.vtt", text)
    assert [(p.line, p.speaker, p.seconds, document.text[p.start : p.end]) for p in document.parts] == [
        (1, "Ana", 5.0, "We start, and we are on time."),
        (2, "Bo", 3611.0, "Fish & chips."),
    ]


def test_subtitles_without_speakers_are_joined_to_sentences(tmp_path: Path) -> None:
    text = "".join(
        f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{words}\n\n"
        for n, words in enumerate(["We ship", "on Friday.", "Who tests?"], start=1)
    )
    document = read(tmp_path, "a.srt", text)
    assert [words for _, words in shown(document)] == ["We ship on Friday.", "Who tests?"]


def test_mail_tells_who_and_when_and_names_what_is_attached(tmp_path: Path) -> None:
    document = read(tmp_path, "a.eml", mail("Five days.\n\nAna", attachment=b"%PDF-1.4"))
    assert document.title == "Carrying over leave"
    assert document.metadata["author"] == "Ana <ana@example.org>"
    assert [words for _, words in shown(document)][-2:] == ["Five days.", "Ana"]
    assert document.warnings == ("Not read: what is attached ('policy.pdf'). Save it beside the message.",)


def test_rows_of_every_sheet_name_their_cells(tmp_path: Path) -> None:
    book = workbook(
        {"Leave": [["grade", "days"], ["A", 25]], "Pay": [["grade", "band"], ["A", None], ["B", "x"]]}
    )
    document = read(tmp_path, "a.xlsx", book)
    assert shown(document) == [
        ("heading", "Leave"),
        ("table", "grade: A; days: 25"),
        ("heading", "Pay"),
        ("table", "grade: A"),
        ("table", "grade: B; band: x"),
    ]
    assert [part.line for part in document.parts if part.kind == "table"] == [2, 2, 3]


def test_word_keeps_headings_lists_tables_and_leaves_deletions_out(tmp_path: Path) -> None:
    deleted = (
        "<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>kept</w:t></w:r></w:ins></w:p>"
    )
    inner = f"<w:tbl><w:tr><w:tc>{paragraph('deep')}</w:tc></w:tr></w:tbl>"
    table = (
        f"<w:tbl><w:tr><w:tc>{paragraph('Grade')}</w:tc><w:tc>{paragraph('Days')}</w:tc></w:tr>"
        f"<w:tr><w:tc>{paragraph('A')}{inner}</w:tc><w:tc>{paragraph('25')}</w:tc></w:tr></w:tbl>"
    )
    body = paragraph("Leave", style="berschrift1") + paragraph("Carry over", style="berschrift2")
    body += paragraph("one", item=True) + deleted + table
    document = read(tmp_path, "a.docx", docx(body))
    assert shown(document) == [
        ("heading", "Leave"),
        ("heading", "Carry over"),
        ("list", "one"),
        ("paragraph", "kept"),
        ("table", "Grade | Days"),
        ("table", "A deep | 25"),
    ]
    assert document.parts[-1].headings == ("Leave", "Carry over")
    assert (document.title, document.metadata["author"]) == ("Staff handbook", "People team")


def test_a_pdf_keeps_pages_and_joins_lines_and_hyphens(tmp_path: Path) -> None:
    wide = "An employee who has not taken all leave of the year may carry over up to five unu-"
    pages = [
        [(24, 740, "Leave policy"), (11, 700, wide), (11, 687, "sed days."), (11, 640, "Ask your manager.")],
        [(11, 740, "Pay is monthly.")],
    ]
    document = read(tmp_path, "a.pdf", pdf(pages))
    assert [(part.page, words) for part, (_, words) in zip(document.parts, shown(document), strict=True)] == [
        (1, "Leave policy"),
        (1, wide[:-1] + "sed days."),
        (1, "Ask your manager."),
        (2, "Pay is monthly."),
    ]
    assert document.parts[-1].headings == ("Leave policy",)


def test_lines_that_come_again_on_every_page_of_a_pdf_are_left_out(tmp_path: Path) -> None:
    pages = [
        [
            (9, 780, "ACME handbook"),
            (11, 700, f"This is what matters on sheet {'abcdef'[n]}."),
            (9, 20, f"Page {n}"),
        ]
        for n in range(6)
    ]
    document = read(tmp_path, "a.pdf", pdf(pages))
    assert [words for _, words in shown(document)] == [
        f"This is what matters on sheet {n}." for n in "abcdef"
    ]


def test_a_folder_is_read_in_the_order_of_names_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", ".hidden.txt", ".git/config.txt", "~$lock.docx", "c.bin"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("Some words.")
    found = list(read_folder(tmp_path))
    assert [each.name for each in found] == ["a/z.md", "b.txt", "c.bin"]
    assert isinstance(found[2], Rejected)
    assert found[2].error.startswith("'c.bin' is of a kind that is not read (.bin).")
