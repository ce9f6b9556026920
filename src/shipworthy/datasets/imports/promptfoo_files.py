"""promptfoo's own files: ``promptfooconfig.yaml``, and the CSV of tests with a column ``__expected``.

They hold tests and prompts and no answers. Files and programs that they name are not followed; they are
counted.

Source: promptfoo's documentation, "Configuration" and "CSV format"; files that 0.121.20 ran.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

from shipworthy.core.yaml_file import read_yaml
from shipworthy.datasets.imports.artefact import Artefact, Notes, PromptText
from shipworthy.datasets.imports.fields import Fields, Place, opened
from shipworthy.datasets.imports.form import Form
from shipworthy.datasets.imports.promptfoo_tests import (
    Case,
    case_of,
    prompt_of,
    sample_of,
    settings_of,
    variables,
)
from shipworthy.datasets.imports.reading import input_columns, slug
from shipworthy.datasets.imports.source import Source
from shipworthy.datasets.table import Table, open_table

__all__ = ["CONFIG", "TESTS"]

_MOST_TESTS = 100_000
_MOST_PROMPTS = 500
_MOST_PROVIDERS = 100
_SHORTHAND = re.compile(r"(?P<kind>equals|contains|icontains)\s*:\s*(?P<value>.*)", re.DOTALL)
_OTHER = re.compile(r"(?P<kind>[a-z][a-z-]*(\([^)]*\))?|fn|eval|grade|file)\s*:.*", re.DOTALL)


def _is_config(source: Source) -> bool:
    if source.kind == "json":
        value = source.value
        return isinstance(value, dict) and "tests" in value and ("prompts" in value or "providers" in value)
    named = source.path.suffix.lower() in {".yaml", ".yml"}
    keys = re.findall(rb"^(prompts|providers|targets|tests|scenarios)\s*:", source.head, re.MULTILINE)
    return source.kind == "text" and (named or len(set(keys)) >= 2) and b"tests" in keys


def _read_config(source: Source) -> Artefact:
    notes = Notes()
    value = source.value if source.kind == "json" else _plain(source)
    with opened(value, source.place, notes) as top:
        top.skip("description")
        cases = list(_cases(top))
        prompts = list(_raw_prompts(top))
        used = variables([raw for _, raw, _ in prompts])
        inputs = input_columns([case.values for case in cases], used or None)
        made = list(_prompts(prompts, top, inputs))
    if not cases:
        raise source.place.below("tests").error(
            "This configuration holds no tests of its own.",
            hint="Tests in another file are not followed: import that file.",
        )
    return _artefact("promptfoo-config", cases, inputs, made, notes)


def _plain(source: Source) -> Any:
    """A YAML file's content as JSON would have it: names are texts, and so are dates."""
    try:
        return json.loads(json.dumps(read_yaml(source.path).value, default=str))
    except (TypeError, ValueError, RecursionError) as error:
        raise source.place.error(f"This YAML holds something that JSON cannot: {str(error)[:120]}.") from None


def _artefact(
    form: str, cases: list[Case], inputs: tuple[str, ...], prompts: list[PromptText], notes: Notes
) -> Artefact:
    return Artefact(
        form=form,
        tool=None,
        samples=[sample_of(f"test-{place}", case, inputs) for place, case in enumerate(cases, start=1)],
        prompts=prompts,
        remarks=notes.remarks,
        leftovers=notes.leftovers,
    )


def _cases(top: Fields) -> Iterator[Case]:
    default = top.any("defaultTest")
    shared = default if isinstance(default, dict) else {}
    if default is not None and not shared:
        top.notes.leave("defaultTest that stands in another file")
    tests = top.any("tests")
    place = top.place.below("tests")
    if isinstance(tests, str | dict):
        top.notes.leave("tests that stand in another file or are made by a program")
        return
    count = 0
    if tests is not None and not isinstance(tests, list):
        raise place.wrong(tests, "A list")
    for position, test in enumerate(tests or []):
        if not isinstance(test, dict):
            top.notes.leave("tests that stand in another file or are made by a program")
            continue
        given = {**_mapping(shared, "vars", top), **_mapping(test, "vars", top)}
        if [] in given.values():
            top.notes.leave("test with a variable that has no value")
        for values in _combined(given):
            count += 1
            if count > _MOST_TESTS:
                raise place.error(f"This configuration makes more than {_MOST_TESTS:,} tests.")
            merged = {**test, "vars": values, "assert": [*_list(shared, place), *_list(test, place)]}
            merged["metadata"] = {**_mapping(shared, "metadata", top), **_mapping(test, "metadata", top)}
            with opened(merged, place.below(position), top.notes) as fields:
                yield case_of(fields)


def _mapping(test: Mapping[str, Any], name: str, top: Fields) -> dict[str, Any]:
    value = test.get(name)
    if isinstance(value, str):
        top.notes.leave(f"{name} that stand in another file")
        return {}
    if value is not None and not isinstance(value, dict):
        raise top.place.below("tests").below(name).wrong(value, "An object")
    return dict(value or {})


def _list(test: Mapping[str, Any], place: Place) -> list[Any]:
    value = test.get("assert")
    if value is not None and not isinstance(value, list):
        raise place.below("assert").wrong(value, "A list")
    return value or []


def _combined(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Lists of values stand for one test each, as promptfoo runs them."""
    lists = {name: value if isinstance(value, list) else [value] for name, value in values.items()}
    return (dict(zip(lists, chosen, strict=True)) for chosen in product(*lists.values()))


def _raw_prompts(top: Fields) -> Iterator[tuple[str, str, Place]]:
    value = top.any("prompts")
    listed = value if isinstance(value, list) else [value] if value is not None else []
    if len(listed) > _MOST_PROMPTS:
        top.notes.leave(f"prompt beyond the first {_MOST_PROMPTS}", len(listed) - _MOST_PROMPTS)
    for position, item in enumerate(listed[:_MOST_PROMPTS]):
        place = top.place.below("prompts").below(position)
        if isinstance(item, str):
            if re.fullmatch(r"[\w./*-]+\.(txt|json|md|yaml|yml|j2|py|js|mjs|ts|csv)(:\w+)?", item):
                item = f"file://{item}"
            yield f"prompt-{position + 1}", item, place
        elif isinstance(item, dict):
            fields = Fields(item, place, top.notes)
            raw = fields.text("raw") or fields.text("id") or ""
            yield fields.text("label") or f"prompt-{position + 1}", raw, place
        else:
            raise place.wrong(item, "A text or an object")


def _prompts(
    prompts: Iterable[tuple[str, str, Place]], top: Fields, inputs: tuple[str, ...]
) -> Iterator[PromptText]:
    top.skip("targets")
    value = top.any("providers") or top.any("targets") or []
    providers = list(_providers(value if isinstance(value, list) else [value], top.notes)) or [("", {})]
    taken: set[str] = set()
    for label, raw, place in prompts:
        for provider, settings in providers:
            name = slug(f"{label[:40]}-{provider}", taken)
            taken.add(name)
            made = prompt_of(raw, name, settings, inputs, place, top.notes)
            if made is not None:
                yield made


def _providers(listed: list[Any], notes: Notes) -> Iterator[tuple[str, dict[str, Any]]]:
    for item in listed[:_MOST_PROVIDERS]:
        told = item if isinstance(item, dict) else {"id": item}
        name = told.get("id")
        if isinstance(name, str) and not name.startswith(("file://", "exec:", "python:", "javascript:")):
            yield str(told.get("label") or name), settings_of(name, told.get("config"))
        else:
            notes.leave("provider that is a program or stands in another file")
    if len(listed) > _MOST_PROVIDERS:
        notes.leave(f"provider beyond the first {_MOST_PROVIDERS}", len(listed) - _MOST_PROVIDERS)


def _is_tests(source: Source) -> bool:
    if source.kind != "text":
        return False
    header = re.split(rb"\r?\n", source.head.lstrip(b"\xef\xbb\xbf"), maxsplit=1)[0]
    return re.search(rb"(^|[,;\t|\"' ])__expected\d*($|[,;\t|\"' ])", header) is not None


def _read_tests(source: Source) -> Artefact:
    notes = Notes()
    with open_table(source.path) as table:
        for problem in table.problems:
            notes.say(str(problem))
        cases = list(_table_cases(table, source.place, notes))
    inputs = input_columns([case.values for case in cases])
    return _artefact("promptfoo-tests", cases, inputs, [], notes)


def _table_cases(table: Table, place: Place, notes: Notes) -> Iterator[Case]:
    for rows in table.batches():
        for position, number in enumerate(rows.numbers):
            row = {name: column[position] for name, column in rows.columns.items()}
            filled = {name: value for name, value in row.items() if value is not None}
            test = _test(filled, notes)
            at = Place(file=place.file, line=number)
            if number > _MOST_TESTS:
                raise at.error(f"This file has more than {_MOST_TESTS:,} tests.")
            yield case_of(Fields(test, at, notes))


def _test(row: Mapping[str, str], notes: Notes) -> dict[str, Any]:
    test: dict[str, Any] = {"vars": {}, "metadata": {}, "assert": []}
    for name, value in row.items():
        if re.fullmatch(r"__expected\d*", name):
            test["assert"].append(_assertion(value))
        elif name.startswith("__metadata:"):
            test["metadata"][name.removeprefix("__metadata:").removesuffix("[]")] = value
        elif name == "__description":
            test["description"] = value
        elif name.startswith("__"):
            notes.leave(f"column {name}")
        else:
            test["vars"][name] = value
    return test


def _assertion(text: str) -> dict[str, Any]:
    """``billing`` and ``equals:billing`` ask for equality; ``icontains:…`` and the others say their kind."""
    found = _SHORTHAND.fullmatch(text.strip())
    if found:
        return {"type": found["kind"], "value": found["value"].strip()}
    other = _OTHER.fullmatch(text.strip())
    if other:
        return {"type": other["kind"].partition("(")[0], "value": text}
    return {"type": "equals", "value": text}


CONFIG = Form(
    name="promptfoo-config",
    title="a configuration of promptfoo (promptfooconfig.yaml)",
    fits=_is_config,
    read=_read_config,
)
TESTS = Form(
    name="promptfoo-tests",
    title="tests of promptfoo as CSV, with a column __expected",
    fits=_is_tests,
    read=_read_tests,
)
