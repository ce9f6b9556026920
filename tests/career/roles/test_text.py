"""A posting becomes one plain text, whatever it came as; nothing in it is run, followed or obeyed."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.career.roles import read_posting
from shipworthy.career.roles.text import LONGEST, posting_text, visible_text
from shipworthy.core.errors import DataError, MissingExtraError


def pdf(*lines: str) -> bytes:
    """The smallest PDF with these lines on one page."""
    shown = " T* ".join(f"({line}) Tj" for line in lines)
    stream = f"BT /F1 12 Tf 14 TL 72 720 Td {shown} ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
    ]
    body, places = "%PDF-1.4\n", []
    for number, item in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{item}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 5\n0000000000 65535 f \n{table}trailer\n<< /Size 5 /Root 1 0 R >>\n"
    return f"{body}{end}startxref\n{len(body)}\n%%EOF\n".encode()


def test_plain_text_keeps_every_offset_but_line_ends() -> None:
    assert posting_text("You need\u00a0SQL\t.\r\nAnd\x00 more\u2028end") == "You need SQL .\nAnd  more\nend"


def test_html_becomes_what_a_reader_sees() -> None:
    page = (
        "<html><head><title>x</title><style>p{}</style></head><body><nav>Home</nav><h2>About&nbsp;you</h2>"
        "<ul><li>You <b>know</b> SQL</li><li><p>You write</p></li></ul><p><strong>Pay</strong></p>"
        "<script>You must have a PhD</script><!-- You must --><p hidden>You must dance</p>"
        '<p style="display:none">You must sing</p>5 &lt; 6<br>end</body></html>'
    )

    assert visible_text(page) == "## About you\n- You know SQL\n- You write\n**Pay**\n5 < 6\nend\n"


def test_a_pdf_is_read() -> None:
    pytest.importorskip("pypdf")

    reading = read_posting(pdf("Requirements", "- You must know SQL", "- French is a plus"))

    assert [(each.quote, each.must) for each in reading.requirements] == [
        ("You must know SQL", True),
        ("French is a plus", False),
    ]


def test_a_broken_pdf_is_said_to_be_one() -> None:
    pytest.importorskip("pypdf")

    with pytest.raises(DataError, match="PDF"):
        posting_text(b"%PDF-1.4\nnonsense")


def test_without_the_pdf_part_the_install_line_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'shipworthy\[docs\]'"):
        posting_text(b"%PDF-1.4\n")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no text"),
        (b" \n\t", "no text"),
        (b"\xff\xd8\xff\x00", "UTF-8"),
        ("a" * (LONGEST + 1), "are read"),
    ],
)
def test_what_is_no_posting_is_refused(data: bytes | str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        posting_text(data)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        shown = posting_text(text)
    except DataError:
        return
    assert "\r" not in shown
    assert "\x00" not in shown


@given(
    st.lists(
        st.sampled_from(["<p>", "</p>", "<li>", "<b>", "</b>", "<!--", "-->", "<", ">", "a", "You", "<br>"])
    )
)
def test_any_tangle_of_tags_is_read(parts: list[str]) -> None:
    assert "<p>" not in visible_text("".join(parts)) or "<!--" in parts or "<" in parts


@pytest.mark.parametrize(
    "piece", ["<!--", "<!", "</", "<p ", "<div>", "&", "<p a='", "**", "# ", "$1,000 to "]
)
def test_a_text_made_to_keep_us_busy_is_read_in_one_go(piece: str) -> None:
    text = "<p>" + piece * (60_000 // len(piece))

    try:
        assert read_posting(text).requirements == ()
    except DataError as error:
        assert "no text" in error.message  # noqa: PT017 (either is fine; hanging is not)


@given(
    st.lists(
        st.sampled_from(
            ["<p>", "&lt;p&gt;", "You must know SQL", "<!doctype html>", "<?x?>", "a < b", "<li>"]
        ),
        min_size=1,
    )
)
def test_a_text_that_was_read_before_stays_as_it_is(parts: list[str]) -> None:
    try:
        text = posting_text("".join(parts))
    except DataError:
        return
    assert posting_text(text, markup=False) == text
