"""Make the invoices of the bundled example: invented suppliers write to an invented theatre.

The layouts beside this file, in ``example_invoices/``, were written by hand, and so were the odd invoices
(``inbox/odd-*``), whose labels are in ``example_invoices/odd.jsonl``. What is made here fills the layouts.

    python tools/make_invoices.py            writes inbox/ and data/labels.jsonl of the example
    python tools/make_invoices.py --check    says whether the committed files are what this would write
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

__all__ = ["SEED", "main", "make"]

SEED = 58
"""The seed of the files that are committed: with it no invoice of the test is nearly one of the training."""

_LAYOUTS = Path(__file__).parent / "example_invoices"
_EXAMPLE = Path(__file__).parents[1] / "src" / "shipworthy" / "examples" / "invoices"

_ENGLISH = "January February March April May June July August September October November December".split()
_DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
_FRENCH = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()


@dataclass(frozen=True, slots=True, kw_only=True)
class _House:
    """How the suppliers of one country write."""

    currency: str
    rates: tuple[float, ...]
    money: str
    """Where amount and currency stand, with the thousands and decimal marks, as in ``£1,234.50``."""
    dates: tuple[Callable[[date], str], ...]
    vat_id: str
    """Its form; each 0 becomes a digit."""
    suppliers: tuple[tuple[str, str], ...]


def _long(day: date) -> str:
    return f"{day.day} {_ENGLISH[day.month - 1]} {day.year}"


def _american(day: date) -> str:
    return f"{_ENGLISH[day.month - 1]} {day.day}, {day.year}"


def _french(day: date) -> str:
    return f"{day.day} {_FRENCH[day.month - 1]} {day.year}"


def _dotted(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _slashed(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _sent(issued: date) -> str:
    """When the mail left, as its header says it: the day after the invoice was made."""
    day = issued + timedelta(days=1)
    return f"{_DAYS[day.weekday()]}, {day.day:02d} {_ENGLISH[day.month - 1][:3]} {day.year} 08:00:00 +0000"


_HOUSES = {
    "GB": _House(
        currency="GBP", rates=(20, 5), money="£1,234.50", dates=(_long, _slashed, date.isoformat),
        vat_id="GB 000 0000 00",
        suppliers=(("Ottermoor Print Ltd", "8 Sorrel Row, Pencastle"), ("Pellwick & Daw Ltd", "41 Tannery Walk, Eastry Cross"),
                   ("Brightling Lamps Ltd", "2 The Maltings, Overhythe"), ("Gorseway Timber LLP", "Unit 9, Gorseway, Pencastle")),
    ),
    "US": _House(
        currency="USD", rates=(8.25, 6), money="$1,234.50", dates=(_american, date.isoformat),
        vat_id="00-0000000",
        suppliers=(("Copperjay Supply Inc.", "1200 Wexler Road, Larkmont"), ("Dunlevy Rigging LLC", "77 Basin Street, Port Ansel"),
                   ("Moth & Candle Costumes Inc.", "5 Alder Plaza, Larkmont")),
    ),
    "DE": _House(
        currency="EUR", rates=(19, 7), money="1.234,50 EUR", dates=(_dotted,), vat_id="DE000000000",
        suppliers=(("Zwirnbach Werkzeuge GmbH", "Lohgasse 4, Altweiden"), ("Kulissenbau Hagestolz GmbH", "Am Speicher 17, Neuhusen"),
                   ("Farbmühle Trautsamer KG", "Mühlweg 2, Altweiden")),
    ),
    "CH": _House(
        currency="CHF", rates=(8.1, 2.6), money="CHF 1'234.50", dates=(_dotted,), vat_id="CHE-000.000.000 MWST",
        suppliers=(("Bällihof Getränke AG", "Untere Matte 3, Hinterfluh"), ("Glarwyl Tontechnik AG", "Seestrasse 88, Obersaas")),
    ),
    "FR": _House(
        currency="EUR", rates=(20, 5.5), money="1 234,50 €", dates=(_french, _slashed), vat_id="FR00000000000",
        suppliers=(("Cendrelune SARL", "14 rue des Lavandiers, Vaucombe"), ("Tressemaille SAS", "3 place du Vieux Puits, Montarlac")),
    ),
}  # fmt: skip

_USERS = (
    ("text-1", ("GB", "GB", "US", "GB")), ("text-2", ("DE", "CH", "DE")),
    ("markdown-1", ("US", "GB", "US", "GB")), ("markdown-2", ("FR", "FR", "FR")),
    ("html-1", ("US", "GB", "US", "US")), ("html-2", ("CH", "DE", "CH")),
    ("email-1", ("GB", "US", "GB", "GB")), ("email-2", ("FR", "FR", "FR")),
)  # fmt: skip
"""Which layout is used in which countries."""

_GOODS = {
    "en": ("Programme leaflets", "Black stage cloth", "Follow spot, rental", "Pine battens", "Dry ice", "Wig repair", "Cable drums"),
    "de": ("Bühnenfarbe schwarz", "Sperrholzplatten", "Mikrofonkabel", "Scharniere", "Apfelsaft, Kiste", "Leihe Mischpult"),
    "fr": ("Velours rouge", "Perruques", "Location projecteur", "Encre sérigraphie", "Dentelle ancienne"),
}  # fmt: skip
_LANGUAGE = {"text-2": "de", "html-2": "de", "markdown-2": "fr", "email-2": "fr"}
_ENDINGS = {"text": ".txt", "markdown": ".md", "html": ".html", "email": ".eml"}
_NUMBERS = ("{year}-{n:04d}", "INV-{n}", "{n:06d}", "R{year}/{n}", "{letters}-{n}")

# ------------------------------------------------------------------------------------------- one invoice


def _money(house: _House, cents: int) -> str:
    """Cents in the manner of the country."""
    before, thousands, decimal, after = re.fullmatch(r"(\D*)1(.)234(.)50(.*)", house.money).groups()  # type: ignore[union-attr]
    whole = f"{cents // 100:,}".replace(",", thousands)
    return f"{before}{whole}{decimal}{cents % 100:02d}{after}"


def _number(draw: random.Random, supplier: str) -> str:
    letters = "".join(word[0] for word in supplier.split()[:2] if word[0].isalpha())
    return draw.choice(_NUMBERS).format(year=2026, n=draw.randint(102, 9_876), letters=letters)


def _digits(draw: random.Random, form: str) -> str:
    """Three zeros in front, then digits: an id that nobody can have."""
    places = [i for i, letter in enumerate(form) if letter == "0"]
    drawn = {place: "0" if i < 2 else str(draw.randint(0, 9)) for i, place in enumerate(places)}
    return "".join(drawn.get(i, letter) for i, letter in enumerate(form))


def _facts(draw: random.Random, n: int, layout: str, country: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands in one invoice, and its label."""
    house = _HOUSES[country]
    supplier, street = draw.choice(house.suppliers)
    issued = date(2026, 1, 12) + timedelta(days=draw.randint(0, 280))
    due = None if n % 5 == 3 else issued + timedelta(days=draw.choice((10, 14, 30)))
    goods = draw.sample(_GOODS[_LANGUAGE.get(layout, "en")], draw.randint(1, 4))
    lines = [(good, draw.randint(1, 24), draw.randint(180, 9_000)) for good in goods]
    net = sum(quantity * price for _, quantity, price in lines)
    rate = draw.choice(house.rates)
    tax = round(net * rate / 100)
    write = draw.choice(house.dates)
    conflict = n % 9 == 5
    filled = {
        "supplier": supplier, "street": street, "number": _number(draw, supplier), "issued": write(issued),
        "due": due and write(due), "sent": _sent(issued), "order": None if n % 3 == 1 else f"MT-{draw.randint(400, 899)}",
        "vat_id": None if n % 4 == 2 else _digits(draw, house.vat_id), "rate": f"{rate:g}",
        "net": _money(house, net), "tax": _money(house, tax), "total": _money(house, net + tax),
        "other_total": _money(house, net + tax + draw.choice((1_500, 9_000, 100_000))) if conflict else None,
        "lines": [{"item": good, "quantity": str(q), "amount": _money(house, q * p)} for good, q, p in lines],
    }  # fmt: skip

    def amount(cents: int) -> dict[str, Any]:
        return {"value": {"amount": f"{cents / 100:.2f}", "currency": house.currency}}

    def quoted(name: str, value: str | None = None) -> dict[str, Any] | None:
        return {"value": value or filled[name], "quote": filled[name]} if filled[name] else None

    label = {
        "invoice_number": quoted("number"), "invoice_date": quoted("issued", issued.isoformat()),
        "due_date": quoted("due", due.isoformat() if due else None), "supplier": quoted("supplier"),
        "vat_id": quoted("vat_id"), "purchase_order": quoted("order"), "net": amount(net), "tax_amount": amount(tax),
        "total": None if conflict else amount(net + tax),
    }  # fmt: skip
    return filled, label


def _filled(layout: str, facts: Mapping[str, Any]) -> str:
    """The layout with the facts in it."""
    return "".join(f"{line}\n" for line in _lines(layout, facts))


def _lines(layout: str, facts: Mapping[str, Any]) -> Iterator[str]:
    path = next(_LAYOUTS.glob(f"{layout}.*"))
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("@each "):
            yield from (_put(line.removeprefix("@each "), one) for one in facts["lines"])
        elif line.startswith("@if "):
            _, name, rest = line.split(" ", 2)
            if facts[name]:
                yield _put(rest, facts)
        else:
            yield _put(line, facts)


def _put(line: str, facts: Mapping[str, Any]) -> str:
    """``$item|34`` is padded to 34 characters, ``$amount|>12`` to the right."""

    def padded(found: re.Match[str]) -> str:
        value = str(facts[found[1]])
        return value.rjust(int(found[3])) if found[2] else value.ljust(int(found[3]))

    padded_line = re.sub(r"\$(\w+)\|(>?)(\d+)", padded, line) if "|" in line and "$" in line else line
    return _DOLLAR.sub(lambda found: str(facts.get(found[1], found[0])), padded_line)


_DOLLAR = re.compile(r"\$([a-z_]+)")

# ------------------------------------------------------------------------------------------- all of them


def _row(
    n: int, *, file: str, layout: str, country: str, made: str, label: Mapping[str, Any]
) -> dict[str, Any]:
    return {"id": f"i{n:02d}", "file": file, "layout": layout, "country": country, "made": made,
            "split": "train" if n % 10 in {2, 5, 8} else "test", "record": label}  # fmt: skip


def make(seed: int = SEED) -> dict[str, str]:
    """File below the example's folder to its text: the invoices that are made, and the labels of all."""
    draw = random.Random(seed)
    files: dict[str, str] = {}
    rows: list[dict[str, Any]] = []
    for layout, countries in _USERS:
        for country in countries:
            n = len(rows) + 1
            facts, label = _facts(draw, n, layout, country)
            form = layout.partition("-")[0]
            name = f"{n:02d}-{layout}{_ENDINGS[form]}"
            files[f"inbox/{name}"] = _filled(layout, facts)
            rows.append(_row(n, file=name, layout=form, country=country, made="by layout", label=label))
    for line in (_LAYOUTS / "odd.jsonl").read_text(encoding="utf-8").splitlines():
        rows.append(_row(len(rows) + 1, made="by hand", **json.loads(line)))
    files["data/labels.jsonl"] = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return files


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the files."""
    made = make()
    if "--check" in (sys.argv[1:] if arguments is None else arguments):
        wrong = [name for name, text in made.items() if (_EXAMPLE / name).read_bytes() != text.encode()]
        print(f"differ: {', '.join(wrong)}" if wrong else "the committed files are what this makes")
        return 1 if wrong else 0
    for name, text in made.items():
        (_EXAMPLE / name).write_bytes(text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
