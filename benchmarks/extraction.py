"""How good is extraction? Writes docs/measurements/extraction.md.

    .venv/bin/python benchmarks/extraction.py             # rules on all, the local model on a sample
    .venv/bin/python benchmarks/extraction.py --no-model  # rules only, half a minute
    .venv/bin/python benchmarks/extraction.py --fit       # shows the half on which the hints were written

The hints of the schema ``contract`` and of ``benchmarks/kit/restaurant.yaml`` were written while looking at
one half of each data set only (even hash of the id); the figures are of the other half, which nobody looked
at.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from shipworthy.apps.extract import Extractor, Schema, load_schema  # noqa: E402
from shipworthy.apps.extract.dates import written_dates  # noqa: E402
from shipworthy.apps.extract.extraction import Extraction  # noqa: E402
from shipworthy.evals.jobs.desk import ModelDesk  # noqa: E402
from shipworthy.evals.jobs.outputs import Field  # noqa: E402
from shipworthy.evals.running import Conduct  # noqa: E402
from shipworthy.gateway.specs import model_spec  # noqa: E402
from shipworthy.retrieval.document import Document, Part, verified  # noqa: E402
from shipworthy.stats.estimate import Estimate, undefined  # noqa: E402
from shipworthy.stats.intervals import proportion  # noqa: E402

PAGE = ROOT / "docs" / "measurements" / "extraction.md"
DATA = ROOT.parent / "shared" / "data"
SEED = 1
DRAWS = 2_000
FEWEST = 12
Spans = list[tuple[int, int]]

CLAUSES = {
    "Document Name": "document_name",
    "Parties": "parties",
    "Agreement Date": "agreement_date",
    "Effective Date": "effective_date",
    "Expiration Date": "expiration",
    "Renewal Term": "renewal_term",
    "Notice Period To Terminate Renewal": "notice_to_end_renewal",
    "Governing Law": "governing_law",
    "Anti-Assignment": "anti_assignment",
    "Cap On Liability": "cap_on_liability",
    "Uncapped Liability": "uncapped_liability",
    "License Grant": "license_grant",
    "Non-Transferable License": "non_transferable_license",
    "Irrevocable Or Perpetual License": "irrevocable_or_perpetual_license",
    "Termination For Convenience": "termination_for_convenience",
    "Revenue/Profit Sharing": "revenue_or_profit_sharing",
    "Audit Rights": "audit_rights",
    "Exclusivity": "exclusivity",
    "Non-Compete": "non_compete",
    "Competitive Restriction Exception": "competitive_restriction_exception",
    "No-Solicit Of Customers": "no_solicit_of_customers",
    "No-Solicit Of Employees": "no_solicit_of_employees",
    "Non-Disparagement": "non_disparagement",
    "Change Of Control": "change_of_control",
    "Rofr/Rofo/Rofn": "first_refusal_or_offer",
    "Minimum Commitment": "minimum_commitment",
    "Volume Restriction": "volume_restriction",
    "Price Restrictions": "price_restrictions",
    "Most Favored Nation": "most_favoured_nation",
    "Ip Ownership Assignment": "ip_ownership_assignment",
    "Joint Ip Ownership": "joint_ip_ownership",
    "Post-Termination Services": "post_termination_services",
    "Warranty Duration": "warranty_duration",
    "Insurance": "insurance",
    "Liquidated Damages": "liquidated_damages",
    "Covenant Not To Sue": "covenant_not_to_sue",
    "Third Party Beneficiary": "third_party_beneficiary",
    "Affiliate License-Licensor": "affiliate_license",
}
"""The clause types of CUAD and our fields. Source Code Escrow, Unlimited License and Affiliate
License-Licensee have no field and count as missed wherever they occur."""
SAMPLED = (
    "document_name",
    "parties",
    "agreement_date",
    "governing_law",
    "anti_assignment",
    "cap_on_liability",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What was found for one field of one document, against the gold."""

    document: int
    field: str
    gold: Spans
    found: Spans
    confidence: float

    @property
    def hits(self) -> int:
        """Spans found that overlap a gold span."""
        return sum(any(overlap(one, other) for other in self.gold) for one in self.found)

    @property
    def close(self) -> bool:
        """Whether a span agrees with a gold span by half or more (Jaccard, as in the CUAD paper)."""
        return any(jaccard(one, other) >= 0.5 for one in self.found for other in self.gold)

    @property
    def recalled(self) -> int:
        """Gold spans that a found span overlaps."""
        return sum(any(overlap(one, other) for other in self.found) for one in self.gold)


def overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def jaccard(one: tuple[int, int], other: tuple[int, int]) -> float:
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return max(0, shared) / (max(one[1], other[1]) - min(one[0], other[0]))


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def half(key: str) -> str:
    """Which half something belongs to, by the hash of its id."""
    return "fit" if int(hashlib.sha256(key.encode()).hexdigest(), 16) % 2 == 0 else "report"


def document_of(name: str, text: str) -> Document:
    part = Part(start=0, end=len(text), kind="paragraph", line=1)
    return Document(name=name, text=text, parts=(part,), sha256="")


def spans_of(field: Field | None) -> Spans:
    """Where a value stands; a conflict is no value."""
    if field is None or field.state != "found" or field.value is False:
        return []
    return [(span.start, span.end) for span in field.spans]


def not_verbatim(extraction: Extraction, document: Document) -> int:
    return sum(
        not verified(span, document) for field in extraction.record.fields.values() for span in field.spans
    )


def f1(found: Iterable[Scored], right: Callable[[Scored], bool]) -> tuple[np.ndarray[Any, Any], ...]:
    """Per document: true positives, false positives, false negatives, of fields."""
    counts: dict[int, list[int]] = {}
    for one in found:
        tally = counts.setdefault(one.document, [0, 0, 0])
        hit = bool(one.found) and bool(one.gold) and right(one)
        tally[0] += hit
        tally[1] += bool(one.found) and not hit
        tally[2] += bool(one.gold) and not hit
    table = np.array([counts[key] for key in sorted(counts)])
    return table[:, 0], table[:, 1], table[:, 2]


def resampled(
    parts: Sequence[np.ndarray[Any, Any]], statistic: Callable[..., np.ndarray[Any, Any]], *, n: int
) -> Estimate:
    """A ratio of sums with its percentile interval over whole documents."""
    rng = np.random.default_rng(SEED)
    size = len(parts[0])
    if size < FEWEST:
        return undefined(f"{size} documents are too few for an interval", method="bootstrap", n=n)
    draws = rng.integers(0, size, (DRAWS, size))
    values = statistic(*(part[draws].sum(axis=1) for part in parts))
    low, high = np.nanquantile(values, [0.025, 0.975])
    value = float(statistic(*(part.sum(keepdims=True) for part in parts))[0])
    method = f"percentile bootstrap over documents, {DRAWS:,} draws, seed {SEED}"
    return Estimate(value=value, low=float(low), high=float(high), n=n, method=method, unit="share")


def f1_estimate(found: list[Scored], right: Callable[[Scored], bool]) -> Estimate:
    def statistic(tp: Any, fp: Any, fn: Any) -> Any:
        return 2 * tp / np.maximum(2 * tp + fp + fn, 1)

    return resampled(f1(found, right), statistic, n=sum(bool(one.gold) for one in found))


def share(found: list[Scored], part: Callable[[Scored], int], whole: Callable[[Scored], int]) -> Estimate:
    """A share of spans, which belong together by document."""
    rows = [(k < part(one), one.document) for one in found for k in range(whole(one))]
    right = np.array([row[0] for row in rows], dtype=bool)
    return proportion(right, clusters=np.array([row[1] for row in rows], dtype=np.int64)).at()


def anywhere(_: Scored) -> bool:
    return True


def overlapping(one: Scored) -> bool:
    return one.hits > 0


def half_or_more(one: Scored) -> bool:
    return one.close


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One extractor on some documents."""

    scored: list[Scored]
    documents: int
    spans: int
    not_verbatim: int
    dropped: int
    calls: int
    failed: int
    seconds: float
    values: Mapping[tuple[int, str], Any]


def measure(
    extractor: Extractor, documents: Sequence[Document], gold: Sequence[Mapping[str, Spans]]
) -> Measured:
    began = time.process_time()
    done = [extractor.extract([document])[0] for document in documents]
    seconds = time.process_time() - began
    scored, values = [], {}
    for number, (extraction, spans) in enumerate(zip(done, gold, strict=True)):
        for name, expected in spans.items():
            field = extraction.record.fields.get(name)
            values[number, name] = None if field is None else field.value
            found = spans_of(field)
            sure = 0.0 if field is None else field.confidence
            scored.append(Scored(document=number, field=name, gold=expected, found=found, confidence=sure))
    return Measured(
        scored=scored,
        documents=len(documents),
        spans=sum(len(field.spans) for one in done for field in one.record.fields.values()),
        not_verbatim=sum(map(not_verbatim, done, documents)),
        dropped=sum(one.not_verbatim + one.unsupported for one in done),
        calls=sum(one.calls for one in done),
        failed=sum(one.failed for one in done),
        seconds=seconds,
        values=values,
    )


def contracts(which: str) -> tuple[list[Document], list[dict[str, Spans]], list[dict[str, Any]]]:
    chosen = [row for row in rows(DATA / "cuad" / "contracts.jsonl") if half(row["contract_id"]) == which]
    documents = [document_of(row["contract_id"], row["text"]) for row in chosen]
    gold = [
        {
            CLAUSES.get(clause, clause): [(span[0], span[1]) for span in field["spans"] if span]
            for clause, field in row["fields"].items()
        }
        for row in chosen
    ]
    return documents, gold, chosen


def restaurant(which: str) -> tuple[list[Document], list[dict[str, Spans]]]:
    chosen = [
        (number, row)
        for number, row in enumerate(rows(DATA / "restaurant8k" / "utterances.jsonl"))
        if half(f"{number} {row['text']}") == which
    ]
    documents = [document_of(str(number), row["text"]) for number, row in chosen]
    names = ("people", "date", "time", "first_name", "last_name")
    gold = [
        {name: [(one["start"], one["end"]) for one in row["slots"] if one["slot"] == name] for name in names}
        for _, row in chosen
    ]
    return documents, gold


def only(schema: Schema, names: Sequence[str]) -> Schema:
    """A schema with some of its fields."""
    return replace(schema, fields=tuple(one for one in schema.fields if one.name in names))


def by_field(found: list[Scored]) -> list[tuple[str, int, int, float, float, float]]:
    lines = []
    for name in dict.fromkeys(one.field for one in found):
        own = [one for one in found if one.field == name]
        hits = sum(bool(one.found) and bool(one.gold) and one.hits > 0 for one in own)
        said, there = sum(bool(one.found) for one in own), sum(bool(one.gold) for one in own)
        precision, recall = hits / said if said else 0.0, hits / there if there else 0.0
        value = 2 * hits / (said + there) if said + there else 0.0
        lines.append((name, there, said, precision, recall, value))
    return lines


def head_of(
    documents: list[Document], gold: list[dict[str, Spans]], size: int, n: int
) -> tuple[list[Document], list[dict[str, Spans]]]:
    """The beginnings of some documents, drawn with the seed, with the gold that stands in them."""
    chosen = np.random.default_rng(SEED).permutation(len(documents))[:n]
    heads, kept = [], []
    for number in sorted(chosen):
        text = documents[number].text[:size]
        heads.append(document_of(documents[number].name, text))
        kept.append(
            {name: [span for span in gold[number].get(name, []) if span[1] <= len(text)] for name in SAMPLED}
        )
    return heads, kept


def dates_right(done: Measured, chosen: list[dict[str, Any]]) -> Estimate:
    """Of contracts whose date is written out in full, how many were given that very day."""
    right = []
    for number, row in enumerate(chosen):
        gold = row["fields"]["Agreement Date"]
        day = next(written_dates(gold["answer"] or ""), None)
        if day is not None and any(gold["spans"]):
            right.append(done.values[number, "agreement_date"] == day.read("month first")[0].isoformat())
    return proportion(np.array(right)).at()


def summary(name: str, done: Measured) -> str:
    cells = (
        f1_estimate(done.scored, overlapping),
        f1_estimate(done.scored, anywhere),
        f1_estimate(done.scored, half_or_more),
        share(done.scored, lambda one: one.hits, lambda one: len(one.found)),
        share(done.scored, lambda one: one.recalled, lambda one: len(one.gold)),
    )
    shown = " | ".join(map(str, cells))
    return f"| {name} | {done.documents} | {shown} | {done.not_verbatim} of {done.spans:,} |"


def always(done: Measured) -> list[Scored]:
    """What saying 'it is there' for every field would score, wherever that is."""
    return [replace(one, found=one.found or [(0, 1)]) for one in done.scored]


HEADER = (
    "| | documents | field F1, right place | field F1, found at all | field F1, half the span or more | "
    "spans found that are right | gold spans found | spans not verbatim |\n|---|---|---|---|---|---|---|---|"
)


def bands(done: Measured) -> str:
    lines = ["| confidence | values | at the right place |", "|---|---|---|"]
    edges = (0.0, 0.65, 0.75, 0.88, 1.01)
    for low, high in pairwise(edges):
        own = [one for one in done.scored if one.found and low <= one.confidence < high]
        right = np.array([one.hits > 0 for one in own], dtype=bool)
        clusters = np.array([one.document for one in own], dtype=np.int64)
        told = str(proportion(right, clusters=clusters).at()) if own else "undefined (no value)"
        lines.append(f"| {low:.2f} to {min(high, 1.0):.2f} | {len(own)} | {told} |")
    return "\n".join(lines)


def fields_table(done: Measured) -> str:
    lines = ["| field | gold | found | precision | recall | F1 |", "|---|---|---|---|---|---|"]
    for name, there, said, precision, recall, value in sorted(
        by_field(done.scored), key=lambda line: -line[1]
    ):
        shown = f"{precision:.2f}" if said else "undefined"
        found = f"{recall:.2f}" if there else "undefined"
        both = f"{value:.2f}" if there + said else "undefined"
        lines.append(f"| {name} | {there} | {said} | {shown} | {found} | {both} |")
    return "\n".join(lines)


def with_model(
    schema: Schema, documents: list[Document], gold: list[dict[str, Spans]], cache: Path | None
) -> Measured:
    local = model_spec("local", named_in="benchmarks/extraction.py")
    with Extractor(schema, model=local, desk=ModelDesk(conduct=Conduct(cache=cache))) as extractor:
        return measure(extractor, documents, gold)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--no-model", action="store_true")
    parser.add_argument("--sample", type=int, default=12, help="contracts the local model reads")
    parser.add_argument("--cache", type=Path, help="folder that keeps the model's replies between runs")
    chosen = parser.parse_args()
    if not (DATA / "cuad").exists():
        sys.exit("../shared/data is not there; nothing was measured.")
    if chosen.fit:
        show_fit()
        return
    made = page(chosen.sample, model=not chosen.no_model, cache=chosen.cache)
    PAGE.write_text(made, encoding="utf-8")


def page(sample: int, *, model: bool, cache: Path | None) -> str:
    contract = load_schema("contract")
    slots = load_schema(str(ROOT / "benchmarks" / "kit" / "restaurant.yaml"))
    with Extractor(contract) as extractor:
        fitted = measure(extractor, *contracts("fit")[:2])
        documents, gold, rows_ = contracts("report")
        done = measure(extractor, documents, gold)
    with Extractor(slots) as extractor:
        short_fit = measure(extractor, *restaurant("fit"))
        messages, wanted = restaurant("report")
        short = measure(extractor, messages, wanted)
    small = only(contract, SAMPLED)
    heads, kept = head_of(documents, gold, 2_000, sample)
    with Extractor(small) as extractor:
        head_rules = measure(extractor, heads, kept)
    few = np.random.default_rng(SEED).permutation(len(messages))[: 3 * sample]
    some, some_gold = [messages[one] for one in few], [wanted[one] for one in few]
    with Extractor(slots) as extractor:
        some_rules = measure(extractor, some, some_gold)
    not_measured = "| {} | not measured: run without --no-model |" + " |" * 6
    lines_contract = [summary("rules, the same sample", head_rules)]
    lines_short = [summary("rules, the same sample", some_rules)]
    told = ""
    if model:
        head_model = with_model(small, heads, kept, cache)
        some_model = with_model(slots, some, some_gold, cache)
        lines_contract.append(summary("local model, SmolLM2-135M", head_model))
        lines_short.append(summary("local model, SmolLM2-135M", some_model))
        told = (
            f"The local model was called {head_model.calls + some_model.calls} times; "
            f"{head_model.failed + some_model.failed} replies could not be used, and "
            f"{head_model.dropped + some_model.dropped} values were dropped because their quotation is not "
            "in the text, or does not say them: this is what the check of quotations is for."
        )
    else:
        lines_contract.append(not_measured.format("local model"))
        lines_short.append(not_measured.format("local model"))
    hosted = "| hosted model | not measured: no key |" + " |" * 6
    floor = f1_estimate(always(done), anywhere)
    size = sum(len(one.text) for one in documents) / 1e6
    return f"""# Extraction

Made by `benchmarks/extraction.py`. Contracts are CUAD v1 (The Atticus Project, CC BY 4.0), short messages
Restaurant-8k (PolyAI, CC BY 4.0). The hints of the schemas were written on one half of each set (even
hash of the id), and the figures are of the other half unless a line says otherwise. Intervals are 95%: of
F1 {DRAWS:,} bootstrap draws over whole documents, seed {SEED}; of shares Wilson's with the design effect
of documents. n is the number of fields or spans that a figure rests on.

*Right place*: a value was given and one of its spans overlaps a gold span. *Found at all*: a value was
given for a field that the document has, wherever it was found. *Half the span*: Jaccard of 0.5 or more
with a gold span, as in the CUAD paper. A field for which a conflict was reported counts as not found.
Clause types without a field of ours count as missed.

## Contracts, without a model

{HEADER}
{summary("the half the hints were written on", fitted)}
{summary("**the other half**", done)}

Saying *it is there* for every field would have a field F1, found at all, of {floor}.
Agreement dates written out in full are given as the right day in {dates_right(done, rows_)} of the contracts.
The rules read {size:.1f} million characters in {done.seconds:.1f} CPU seconds.

### How far to trust a confidence

The confidence is a rule's grade for its reason (beside a label, a pattern, a form alone), not a
probability. On the other half:

{bands(done)}

### By field (right place)

{fields_table(done)}

## Contracts, with and without a model

The first 2,000 characters of {len(heads)} contracts of the other half, drawn with the seed, and the fields
{", ".join(SAMPLED)}.

{HEADER}
{chr(10).join(lines_contract)}
{hosted}

## Short messages

{HEADER}
{summary("rules, the half the hints were written on", short_fit)}
{summary("rules, **the other half**", short)}
{chr(10).join(lines_short)}
{hosted}

{told}

No span of any line is anything but verbatim: each was held against the text again by
`retrieval.document.verified`.
"""


def show_fit() -> None:
    documents, gold, _ = contracts("fit")
    with Extractor(load_schema("contract")) as extractor:
        done = measure(extractor, documents, gold)
    for line in sorted(by_field(done.scored), key=lambda line: -line[1]):
        print("{:38} gold {:3} said {:3}  P {:.2f} R {:.2f} F1 {:.2f}".format(*line))
    print("present", f1_estimate(done.scored, anywhere), "overlap", f1_estimate(done.scored, overlapping))
    print("jaccard", f1_estimate(done.scored, half_or_more), "not verbatim", done.not_verbatim, done.seconds)
    print("span precision", share(done.scored, lambda one: one.hits, lambda one: len(one.found)))
    print("span recall", share(done.scored, lambda one: one.recalled, lambda one: len(one.gold)))
    messages, wanted = restaurant("fit")
    with Extractor(load_schema(str(ROOT / "benchmarks" / "kit" / "restaurant.yaml"))) as extractor:
        short = measure(extractor, messages, wanted)
    for line in by_field(short.scored):
        print("{:38} gold {:3} said {:3}  P {:.2f} R {:.2f} F1 {:.2f}".format(*line))
    print(f1_estimate(short.scored, overlapping), f1_estimate(short.scored, half_or_more))


if __name__ == "__main__":
    main()
