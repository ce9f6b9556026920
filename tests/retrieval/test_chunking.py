"""Passages follow the structure of a document."""

from __future__ import annotations

from pathlib import Path

from shipworthy.retrieval.chunking import LONGEST_CHUNK, chunks
from shipworthy.retrieval.document import Document
from shipworthy.retrieval.parsing import read_document


def markdown(folder: Path, text: str) -> Document:
    (folder / "a.md").write_text(text)
    return read_document(folder / "a.md")


def passages(document: Document) -> list[str]:
    return [document.text[chunk.start : chunk.end] for chunk in chunks(document)]


def test_a_section_is_a_passage_with_its_heading(tmp_path: Path) -> None:
    one, two = "You may carry over five days. " * 8, "Pay is on the last working day. " * 8
    document = markdown(tmp_path, f"# Leave\n\n{one}\n\n# Pay\n\n{two}\n")
    assert passages(document) == [f"# Leave\n\n{one.strip()}"[2:], f"Pay\n\n{two.strip()}"]


def test_short_sections_of_one_chapter_are_one_passage(tmp_path: Path) -> None:
    document = markdown(tmp_path, "# Leave\n\n## Days\n\nFive.\n\n## Who\n\nAll.\n\n# Pay\n\nMonthly.\n")
    assert passages(document) == ["Leave\n\n## Days\n\nFive.\n\n## Who\n\nAll.", "Pay\n\nMonthly."]


def test_the_headings_above_a_passage_are_its_context(tmp_path: Path) -> None:
    words = "You may carry over five days. " * 100
    document = markdown(tmp_path, f"---\ntitle: Handbook\n---\n# Leave\n\n## Carry over\n\n{words}")
    first, *others = chunks(document)
    assert first.context == "Handbook"
    assert {chunk.context for chunk in others} == {"Handbook\nLeave\nCarry over"}


def test_a_long_part_is_cut_between_sentences_into_pieces_of_about_one_length(tmp_path: Path) -> None:
    document = markdown(tmp_path, "You may carry over five days of leave. " * 200)
    found = passages(document)
    assert all(piece.startswith("You") and piece.endswith("leave.") for piece in found)
    lengths = [len(piece) for piece in found]
    assert max(lengths) <= LONGEST_CHUNK
    assert min(lengths) > 0.5 * max(lengths)


def test_who_speaks_is_the_context_of_a_turn(tmp_path: Path) -> None:
    said = "".join(f"\n00:0{n}.000 --> 00:0{n}.900\n<v {who}>Yes.\n" for n, who in enumerate(["Ana", "Bo"]))
    (tmp_path / "a.vtt").write_text(f"WEBVTT\n{said}")
    assert [chunk.context for chunk in chunks(read_document(tmp_path / "a.vtt"))] == ["Ana\nBo"]


def test_a_hundred_thousand_short_lines_are_cut_in_time_that_grows_with_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n,word\n" + "".join(f"{n},alpha\n" for n in range(30_000)))
    document = read_document(tmp_path / "a.csv")
    assert sum(chunk.end - chunk.start for chunk in chunks(document)) > 0.95 * len(document.text)
