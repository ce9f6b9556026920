"""Documents are looked up by name, inside their folder only."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipworthy.evals.jobs.library import Library


def test_a_document_is_found_by_its_name_and_read_once(tmp_path: Path) -> None:
    (tmp_path / "docs" / "deep").mkdir(parents=True)
    (tmp_path / "docs" / "deep" / "b.md").write_text("# Title\n\nBody.\n")
    (tmp_path / "docs" / "a.txt").write_text("Plain.")
    (tmp_path / "docs" / ".hidden").write_text("no")
    library = Library(tmp_path / "docs")
    assert list(library.names()) == ["a.txt", "deep/b.md"]
    document = library.get("deep/b.md")
    assert document is not None
    assert (document.name, "Body." in document.text) == ("deep/b.md", True)
    assert library.get("deep/b.md") is document
    assert library.problems == {}


@pytest.mark.parametrize(
    "name", ["../secret.txt", "/etc/hostname", "", ".", "a/../../secret.txt", "gone.txt", "a\0b"]
)
def test_a_name_that_leads_out_or_nowhere_is_no_document_and_says_why(tmp_path: Path, name: str) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    library = Library(tmp_path / "docs")
    assert library.get(name) is None
    assert library.problems[name]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "docs" / "link.txt").symlink_to(tmp_path / "secret.txt")
    assert Library(tmp_path / "docs").get("link.txt") is None


def test_without_a_folder_there_are_no_documents() -> None:
    assert list(Library(None).names()) == []
    assert Library(None).get("a.md") is None
