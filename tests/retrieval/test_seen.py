"""What of a web page a reader sees: the rest is left out of the document and counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shipworthy.core.errors import DataError
from shipworthy.retrieval.parsing import read_document

SECRET = "gifts of any value are fine"


def words_of(body: str, tmp_path: Path, *, css: str = "", head: str = "") -> tuple[str, str]:
    """The text of a page in one line, and what was said of it."""
    style = f"<style>{css}</style>" if css else ""
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html><html><head>{head}{style}</head><body>seen {body} end</body></html>")
    document = read_document(path)
    return " ".join(document.text.split()), "".join(document.warnings)


NOTE = f"Left out: {len(SECRET)} characters that a reader of the page does not see."


@pytest.mark.parametrize(
    "around",
    [
        "<p hidden>{}</p>",
        "<div hidden='until-found'>{}</div>",
        "<template>{}</template>",
        "<noscript>{}</noscript>",
        '<p style="display:none">{}</p>',
        '<p style="DISPLAY : none !important">{}</p>',
        '<p style="display:/**/none">{}</p>',
        '<p style="visibility: hidden">{}</p>',
        '<p style="opacity:0.01">{}</p>',
        '<p style="opacity: 0%">{}</p>',
        '<p style="font-size:0">{}</p>',
        '<p style="font-size:1px;color:#fff">{}</p>',
        '<p style="font-size: .1em">{}</p>',
        '<p style="font: 0/0 a">{}</p>',
        '<p style="font: italic 1px/1 serif">{}</p>',
        '<p style="color: transparent">{}</p>',
        '<p style="color: rgba(9, 9, 9, 0)">{}</p>',
        '<p style="color:#123;background-color:#112233">{}</p>',
        '<p style="color:white">{}</p>',
        '<p style="color:rgb(255, 255, 255)">{}</p>',
        "<font color=white>{}</font>",
        "<div style='display:none'><p style='display:block'>{}</p></div>",
    ],
)
def test_what_an_element_itself_hides_is_left_out_and_counted(around: str, tmp_path: Path) -> None:
    assert words_of(around.format(SECRET), tmp_path) == ("seen end", NOTE)


@pytest.mark.parametrize(
    "css",
    [
        ".note { display: none }",
        "p.note{display:none}",
        "#one{visibility:hidden}",
        "a, p , b {opacity:0}",
        "/* .note */ @import 'x.css'; .NOTE /**/ { font-size : 1px ; }",
        "@media screen { .note { display: none } }",
        ".note{display:block} .note{display:none}",
        ".note{display:none!important} #one{display:block}",
        ".note{color:#eee} .note{background:#EEE}",
        "@media print { .note { display: block } } .note { display: none }",
        ".note{display:none} /* without an end: .note.open{display:block}",
        "p{display:block} .note{display:none}",
    ],
)
def test_what_a_style_of_the_page_hides_is_left_out_wherever_the_style_stands(
    css: str, tmp_path: Path
) -> None:
    body = f'<p id="one" class="big Note">{SECRET}</p>'
    assert words_of(body, tmp_path, css=css) == ("seen end", NOTE)
    assert words_of(f"{body}<style>{css}</style>", tmp_path) == ("seen end", NOTE)


@pytest.mark.parametrize(
    ("css", "attributes"),
    [
        ("", 'aria-hidden="true"'),  # a reader sees it; only programs that read aloud pass over it
        ("", 'style="font-size:10px; opacity: 0.5"'),
        ("", 'style="font: 400 16px serif"'),
        ("", 'style="display: none; display: block"'),
        ("", 'style="color: inherit; background: inherit"'),
        ("body{background:#222}", 'style="color:#fff"'),
        (".other{display:none}", ""),
        (".note{display:none}", 'style="display:block"'),
        (".note{display:none} p.note{display:block}", ""),
        (".note{display:none} #one{display:block}", ""),
        (".note{display:none} .note.open{display:block}", ""),
        (".note{opacity:0} .js .note{opacity:1}", ""),
        (".note{display:none} .box:hover > .note{display:block}", ""),
        (".note{display:none} @media (min-width:600px){.note{display:block}}", ""),
        ("@media print{.note{display:none}}", ""),
        ("@media (max-width:600px){.note{display:none}}", ""),
        (".box .note{display:none}", ""),
        (".note:hover{display:none}", ""),
        (".note{display:none", ""),
        ("}}}.not{display:none}", ""),
    ],
)
def test_what_a_reader_may_see_is_kept(css: str, attributes: str, tmp_path: Path) -> None:
    found = words_of(f'<p id="one" class="note" {attributes}>{SECRET}</p>', tmp_path, css=css)
    assert found == (f"seen {SECRET} end", "")


def test_a_style_for_printing_hides_nothing_on_the_screen(tmp_path: Path) -> None:
    body = f"<p class=note>{SECRET}</p>"
    for media, seen in (("print", True), ("screen", False), ("(max-width: 600px)", True)):
        style = f"<style media='{media}'>.note{{display:none}}</style>"
        assert (SECRET in words_of(body, tmp_path, head=style)[0]) is seen, media


def test_white_letters_are_kept_where_something_may_be_behind_them(tmp_path: Path) -> None:
    body = f'<p style="color:#fff">{SECRET}</p>'
    for head in ("<style>.hero{background:url(a.png)}</style>", "<link rel=stylesheet href=a.css>"):
        assert SECRET in words_of(body, tmp_path, head=head)[0]


def test_letters_that_are_made_large_again_inside_small_ones_are_kept(tmp_path: Path) -> None:
    body = (
        '<ul style="font-size:0">lost<li style="font-size:14px">one<ul><li>two</ul>'
        '<li style="font-size:14px">three</li><li>lost</li></ul>'
        '<div style="visibility:hidden">lost <b>lost</b> <b style="visibility:visible">four <b>five</b></b>'
        " lost</div>"
    )
    assert words_of(body, tmp_path) == (
        "seen one two three four five end",
        "Left out: 20 characters that a reader of the page does not see.",
    )


def test_a_page_of_nothing_but_hidden_words_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(f"<html><body style='display:none'>{SECRET}</body></html>")
    with pytest.raises(DataError, match="holds no text that a reader would see"):
        read_document(tmp_path / "a.html")


def test_hidden_words_of_an_e_mail_are_left_out_too(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_text(
        f"Subject: x\nContent-Type: text/html\n\n<style>.p{{display:none}}</style><p>seen<p class=p>{SECRET}"
    )
    document = read_document(tmp_path / "a.eml")
    assert document.text == "x\n\nseen"
    assert document.warnings == (NOTE,)


_CSS = st.lists(
    st.sampled_from([".note", "p", "#one", "{", "}", "{display:none}", "{font-size:0}", ",", ";", ":", "/*",
                     "*/", "@media print", "@media screen", ".a.b", " ", "color:#fff", "!important", "\\"]),
    max_size=30,
).map("".join)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(css=_CSS | st.text(max_size=60), style=_CSS)
def test_no_style_breaks_a_page_and_what_it_hides_is_counted(css: str, style: str, tmp_path: Path) -> None:
    css = css.replace("<", "")
    quoted = style.replace('"', "").replace("<", "")
    text, said = words_of(f'<p id="one" class="note" style="{quoted}">{SECRET}</p>', tmp_path, css=css)
    assert (text, said) in {("seen end", NOTE), (f"seen {SECRET} end", "")}


HOSTILE = {
    "comments without an end": "/*",
    "rules without an end": "{",
    "ends without a rule": "}",
    "one long selector": ".a",
    "many selectors": "a,",
    "many rules": ".a{display:none}",
    "rules in rules": "@media screen{",
    "declarations": ".a{color:#fff;display:none;",
    "blanks": " \n",
    "a long shorthand": ".a{font: 1 1 ",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_a_long_hostile_style_is_read_to_its_end_and_the_page_too(piece: str, tmp_path: Path) -> None:
    css = piece * (480_000 // len(piece))  # where a pattern took the square of it, this would take minutes
    assert words_of("<p class=b>x</p>", tmp_path, css=css) == ("seen x end", "")


def test_a_paragraph_or_item_that_nobody_closed_hides_nothing_after_it(tmp_path: Path) -> None:
    body = "<div><p hidden>lost</div>one <ul><li hidden>lost<ul><li>lost<li>lost</ul><li>two</ul> three"
    assert words_of(body, tmp_path)[0] == "seen one two three end"
