"""Files that are cut off, bent, huge or meant to harm: an error names the place, nothing is half-written."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shipworthy.core.errors import DataError, UserError
from shipworthy.datasets.imports import archive, forms, read_artefact, source
from shipworthy.datasets.imports.artefact import Answer, Artefact, Notes, PromptText, Sample
from shipworthy.datasets.imports.fields import LONGEST_TEXT
from shipworthy.datasets.imports.writing import write_artefact
from shipworthy.datasets.prediction_log import PredictionLog
from shipworthy.datasets.table import open_table

ARTEFACTS = Path(__file__).parent / "artefacts"
FILES = sorted(
    path
    for path in ARTEFACTS.glob("*/*")
    if path.suffix in {".json", ".jsonl", ".eval", ".csv"} or path.name == "promptfooconfig.yaml"
)
RESULTS = json.loads((ARTEFACTS / "promptfoo/results.json").read_text())


def written(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def changed(path: Path, file: Path, keys: tuple[str | int, ...], value: Any) -> Path:
    """A copy of a JSON file with one value replaced."""
    whole: Any = json.loads(file.read_text())
    inner = whole
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    return written(path, whole)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_file_that_was_cut_off_is_refused_or_read_as_far_as_its_lines_are_whole(
    tmp_path: Path, file: Path
) -> None:
    whole = file.read_bytes()
    cut = tmp_path / file.name

    for share in (0.02, 0.3, 0.61, 0.9, 0.999):
        cut.write_bytes(whole[: int(len(whole) * share)])
        outcome = attempted(cut)
        if isinstance(outcome, UserError):
            assert outcome.where is None or str(cut) in str(outcome.where)
        else:
            assert len(outcome.samples) <= len(read_artefact(file).samples)
            assert cut.suffix in {".csv", ".jsonl", ".yaml"}


def attempted(file: Path) -> Artefact | UserError:
    """What a file holds, or why it was refused; any other error is one of the test."""
    try:
        return read_artefact(file)
    except UserError as error:
        return error


@pytest.mark.parametrize(
    ("file", "keys", "value", "field"),
    [
        ("promptfoo/results.json", ("results", "results"), {}, "results.results"),
        ("promptfoo/results.json", ("results", "results", 3), 5, "results.results[3]"),
        (
            "promptfoo/results.json",
            ("results", "results", 3, "latencyMs"),
            "9",
            "results.results[3].latencyMs",
        ),
        (
            "promptfoo/results.json",
            ("results", "results", 0, "latencyMs"),
            -1,
            "results.results[0].latencyMs",
        ),
        ("promptfoo/results.json", ("results", "results", 0, "testIdx"), 0.5, "results.results[0].testIdx"),
        ("promptfoo/results.json", ("results", "results", 0, "success"), "yes", "results.results[0].success"),
        ("inspect/topics.json", ("samples", 1, "id"), None, "samples[1].id"),
        ("inspect/topics.json", ("samples", 1, "epoch"), "one", "samples[1].epoch"),
        ("inspect/topics.json", ("samples", 1, "input"), 5, "samples[1].input"),
        ("inspect/topics.json", ("samples", 1, "scores"), [1], "samples[1].scores"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_file_and_field(
    tmp_path: Path, file: str, keys: tuple[str | int, ...], value: Any, field: str
) -> None:
    bent = changed(tmp_path / "bent.json", ARTEFACTS / file, keys, value)

    with pytest.raises(DataError) as caught:
        read_artefact(bent)

    where = caught.value.where
    assert where is not None
    assert (where.file, where.field) == (bent, field)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"intValue":"50"', '"intValue":"fifty"', "value.intValue"),
        ('"startTimeUnixNano":"1', '"startTimeUnixNano":"x1', "startTimeUnixNano"),
        ('"startTimeUnixNano":"1', '"startTimeUnixNano":"9999', "startTimeUnixNano"),
        ('"arrayValue":{"values":[', '"arrayValue":{"values":5,"x":[', "value"),
    ],
)
def test_a_bent_trace_is_named_with_its_line(tmp_path: Path, old: str, new: str, field: str) -> None:
    lines = [json.dumps(json.loads(line), separators=(",", ":")) for line in _lines("otel/traces.jsonl")]
    assert old in lines[1]
    bent = tmp_path / "traces.jsonl"
    bent.write_text(f"{lines[0]}\n{lines[1].replace(old, new)}\n", encoding="utf-8")

    with pytest.raises(DataError) as caught:
        read_artefact(bent)

    assert caught.value.where is not None
    assert caught.value.where.line == 2
    assert field in str(caught.value.where.field)


def _lines(name: str) -> list[str]:
    return (ARTEFACTS / name).read_text().splitlines()


def test_a_broken_line_is_named_by_its_number(tmp_path: Path) -> None:
    bent = tmp_path / "log.jsonl"
    lines = _lines("openai_evals/log.jsonl")
    bent.write_text("\n".join([*lines[:3], lines[3][:-9], *lines[4:]]), encoding="utf-8")

    with pytest.raises(DataError, match="not valid JSON") as caught:
        read_artefact(bent)

    assert caught.value.where is not None
    assert (caught.value.where.file, caught.value.where.line) == (bent, 4)


def archived(path: Path, kind: int = zipfile.ZIP_DEFLATED, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w", kind) as packed:
        packed.writestr("header.json", json.dumps({"eval": {"model": "m"}}))
        for name, content in entries.items():
            packed.writestr(f"samples/{name}.json", content)
    return path


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = archived(tmp_path / "bomb.eval", a=b'{"id":"' + b"0" * 20_000_000 + b'"}')
    assert bomb.stat().st_size < 100_000

    with pytest.raises(DataError, match="is not read") as caught:
        read_artefact(bomb)

    assert caught.value.where is not None
    assert caught.value.where.field == "samples/a.json"


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, 93])
def test_a_bomb_that_lies_about_its_size_is_caught_when_it_is_unpacked(
    tmp_path: Path, kind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LARGEST_ENTRY", 100_000)
    content = json.dumps({"id": "x" * 1_000_000}).encode()
    if kind == 93:
        whole = _zstandard(tmp_path, content)
    else:
        whole = archived(tmp_path / "honest.eval", a=content).read_bytes()
    lying = tmp_path / "lying.eval"
    lying.write_bytes(whole.replace(len(content).to_bytes(4, "little"), (90_000).to_bytes(4, "little")))

    with pytest.raises(DataError) as caught:
        read_artefact(lying)

    assert caught.value.where is not None
    assert caught.value.where.field == "samples/a.json"


def _zstandard(folder: Path, content: bytes) -> bytes:
    """An archive whose entry is packed with Zstandard, made as Inspect makes it; DuckDB does the packing."""
    import zlib

    import duckdb

    packed = folder / "a.zst"
    text = content.decode().replace("'", "''")
    duckdb.connect().execute(
        f"COPY (SELECT '{text}') TO '{packed}' "
        "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01', COMPRESSION zstd)"
    )
    raw = packed.read_bytes()
    stored = archived(folder / "stored.eval", zipfile.ZIP_STORED, a=raw).read_bytes()
    crc = zlib.crc32(raw).to_bytes(4, "little")
    size = len(raw).to_bytes(4, "little")
    header = crc + size + size
    at = stored.index(header)
    central = stored.index(header, at + 1)
    whole = bytearray(stored)
    for place, offset in ((at, 6), (central, 6)):
        whole[place - offset : place - offset + 2] = (93).to_bytes(2, "little")
        whole[place + 8 : place + 12] = len(content).to_bytes(4, "little")
    return bytes(whole)


def test_an_archive_packed_with_zstandard_is_read(tmp_path: Path) -> None:
    content = json.dumps({"id": "s", "input": "Help", "target": "bug"}).encode()
    log = tmp_path / "log.eval"
    log.write_bytes(_zstandard(tmp_path, content))

    assert read_artefact(log).samples[0].texts == {"input": "Help"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not json", "not valid JSON"),
        (b"[1]", "An object is expected"),
        (b'{"id": 1} {"id": 2}', "not valid JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
    ],
)
def test_an_entry_that_is_no_sample_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        read_artefact(archived(tmp_path / "log.eval", m1_epoch_1=content))

    assert caught.value.where is not None
    assert "samples/m1_epoch_1.json" in str(caught.value.where.field)


def test_entries_with_names_that_lead_elsewhere_are_only_read(tmp_path: Path) -> None:
    log = tmp_path / "log.eval"
    with zipfile.ZipFile(log, "w") as packed:
        packed.writestr("header.json", "{}")
        packed.writestr("samples/../../../evil.json", json.dumps({"id": "a", "input": "x", "target": "y"}))

    assert [sample.id for sample in read_artefact(log).samples] == ["a"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["log.eval"]


@pytest.mark.parametrize(
    "content",
    [
        "[" * 200_000,
        '{"a":' * 100_000,
        "1" * 10_000,
        "",
        "   \n",
        "{",
        "null",
        '"text"',
        "[]",
        "{}",
        "\0" * 50,
    ],
)
def test_degenerate_files_are_refused_in_plain_words(tmp_path: Path, content: str) -> None:
    file = tmp_path / "file.json"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(UserError):
        read_artefact(file)
    for form in forms():
        with pytest.raises(UserError):
            read_artefact(file, form=form)


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LARGEST_JSON", 1_000)
    monkeypatch.setattr(source, "LONGEST_LINE", 1_000)

    with pytest.raises(DataError, match="too large for one JSON value"):
        read_artefact(ARTEFACTS / "promptfoo/results.json")
    with pytest.raises(UserError):
        read_artefact(ARTEFACTS / "otel/traces.jsonl", form="otel")


def test_a_text_beyond_measure_is_refused_where_it_stands(tmp_path: Path) -> None:
    sample = {"input": "x" * (LONGEST_TEXT + 1), "ideal": "y"}

    with pytest.raises(DataError, match="1,000,001 characters"):
        read_artefact(written(tmp_path / "samples.jsonl", sample))


def test_names_beyond_measure_are_counted_together() -> None:
    notes = Notes()
    for number in range(1_000):
        notes.leave(f"{number}" + "x" * 1_000)

    assert len(notes.leftovers) == 201
    assert sum(each.count for each in notes.leftovers) == 1_000
    assert max(len(each.name) for each in notes.leftovers) <= 241


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    "file", [path for path in FILES if path.suffix in {".json", ".jsonl"}], ids=lambda f: f.name
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_value_stands_wherever_the_answer_is_a_dataset_or_a_plain_error(
    tmp_path: Path, file: Path, data: st.DataObject
) -> None:
    lines = file.read_text().splitlines() if file.suffix == ".jsonl" else [file.read_text()]
    values = [json.loads(line) for line in lines]
    inner: Any = values
    while isinstance(inner, dict | list) and inner:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(inner[key], dict | list) or not inner[key] or data.draw(st.integers(0, 9)) == 0:
            inner[key] = data.draw(json_values)
            break
        inner = inner[key]
    bent = tmp_path / file.name
    bent.write_text("\n".join(json.dumps(value) for value in values), encoding="utf-8")

    artefact = attempted(bent)
    if isinstance(artefact, UserError):
        return
    known = {sample.id for sample in artefact.samples}
    assert {answer.sample for answer in artefact.answers} <= known


texts = st.text(max_size=30)
wild = (
    st.sampled_from(["=1+1", "'=1", "@x", "\t-1", "a\r\nb", '"', "<script>", "", " ", "\0", "\ud800"]) | texts
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(wild, wild, wild, wild), min_size=1, max_size=6))
def test_any_texts_are_written_and_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("written")
    clean = [
        tuple(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in row)
        for row in rows
    ]
    samples = [
        Sample(id=f"s{n}", texts={"Label": text}, label="x", facts={"id": fact, name or "n": fact})
        for n, (text, fact, name, _) in enumerate(clean)
    ]
    answers = [
        Answer(candidate=name, sample=f"s{n}", text=said, checks={name: 1.0}, at=said)
        for n, (_, _, name, said) in enumerate(clean)
    ]
    prompt = PromptText(name="a/../b", settings={"system": clean[0][0]}, body="{{ input }}")
    artefact = Artefact(form="x", tool=None, samples=samples, answers=answers, prompts=[prompt])

    made = write_artefact(artefact, folder, folder / "prompts", feature="f", run="r")

    with open_table(folder / "examples.csv") as table:
        read = dict(zip(table.column("id"), table.column(made.inputs[0]), strict=True))
    assert read == {f"s{n}": text or None for n, (text, *_) in enumerate(clean)}
    log = PredictionLog(folder / "predictions.parquet")
    for outputs in made.outputs:
        said = {
            answer.sample: (answer.text or "").strip() or None
            for answer in answers
            if answer.candidate == outputs.title
        }
        stored = log.columns(["example_id", "output"], candidate=outputs.name)
        outs = [None if value is None else json.loads(value) for value in stored["output"]]
        assert dict(zip(stored["example_id"], outs, strict=True)) == said
    assert [path.name for path in (folder / "prompts").iterdir()] == ["a-..-b.md"]
