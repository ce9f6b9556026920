"""Numbers that carry a check: cards, bank accounts, national numbers.

Each function is given a text that already has the right shape.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = [
    "digits",
    "is_card",
    "is_codice_fiscale",
    "is_cpf",
    "is_dni",
    "is_german_tax_number",
    "is_iban",
    "is_insee",
    "is_nino",
    "is_pesel",
    "is_ssn",
]


def digits(text: str) -> list[int]:
    """The digits in a text, in order."""
    return [int(character) for character in text if character in "0123456789"]


def _luhn(numbers: Sequence[int]) -> bool:
    doubled = [2 * n - 9 * (n > 4) if place % 2 else n for place, n in enumerate(reversed(numbers))]
    return sum(doubled) % 10 == 0


_CARDS: tuple[tuple[str, tuple[int, ...]], ...] = (
    (r"4", (13, 16, 19)),
    (r"5[1-5]|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720", (16,)),
    (r"3[47]", (15,)),
    (r"6011|65|64[4-9]", (16, 19)),
    (r"36|38|30[0-5]", (14,)),
    (r"35(2[89]|[3-8]\d)", (16,)),
    (r"62", (16, 17, 18, 19)),
)


def is_card(text: str) -> bool:
    """Whether a number belongs to a card network and passes the Luhn check."""
    numbers = digits(text)
    plain = "".join(map(str, numbers))
    known = any(len(plain) in lengths and re.match(start, plain) for start, lengths in _CARDS)
    return known and len(set(plain)) > 1 and _luhn(numbers)


_IBAN_LENGTHS = {
    country: int(length)
    for country, length in re.findall(
        r"([A-Z]{2})(\d\d)",
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 "
        "ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 "
        "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 "
        "QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 ",
    )
}


def is_iban(text: str) -> bool:
    """Whether a bank account number has its country's length and passes the check modulo 97 (ISO 13616)."""
    plain = re.sub(r"[ -]", "", text).upper()
    if _IBAN_LENGTHS.get(plain[:2]) != len(plain):
        return False
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1


def is_ssn(text: str) -> bool:
    """Whether a US social security number (``123-45-6789``) is one that is given out."""
    area, group, serial = text[:3], text[4:6], text[7:]
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def is_nino(text: str) -> bool:
    """Whether a UK national insurance number has a prefix that is given out."""
    return text[:2].upper() not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}


def is_insee(text: str) -> bool:
    """Whether a French social security number passes its check modulo 97."""
    plain = re.sub(r"[ .]", "", text).upper()
    body = plain[:-2].replace("2A", "19").replace("2B", "18")
    return plain[3:5] <= "12" and 97 - int(body) % 97 == int(plain[-2:])


def is_dni(text: str) -> bool:
    """Whether a Spanish DNI or NIE ends in its check letter."""
    plain = re.sub(r"[ .-]", "", text).upper()
    number = {"X": "0", "Y": "1", "Z": "2"}.get(plain[0], plain[0]) + plain[1:-1]
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == plain[-1]


def is_german_tax_number(text: str) -> bool:
    """Whether a German tax identification number passes ISO 7064 (modulo 11, 10) and repeats one digit."""
    numbers = digits(text)
    repeats = sorted(numbers[:10].count(n) for n in set(numbers[:10]))
    if repeats[-1] not in {2, 3} or repeats[-2:-1] == [2] or repeats[-2:-1] == [3]:
        return False
    product = 10
    for number in numbers[:10]:
        total = (number + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10 == numbers[10]


_ODD_VALUES = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        2 * (1, 0, 5, 7, 9, 13, 15, 17, 19, 21) + (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)


def is_codice_fiscale(text: str) -> bool:
    """Whether an Italian codice fiscale ends in its check letter."""
    plain = text.upper()
    odd = sum(_ODD_VALUES[character] for character in plain[0:15:2])
    even = sum(int(c) if c.isdigit() else ord(c) - ord("A") for c in plain[1:15:2])
    return chr(ord("A") + (odd + even) % 26) == plain[15]


def _weighted(numbers: Sequence[int], weights: Sequence[int]) -> int:
    return sum(number * weight for number, weight in zip(numbers, weights, strict=False))


def is_pesel(text: str) -> bool:
    """Whether a Polish PESEL holds a date and passes its check digit."""
    numbers = digits(text)
    month, day = int(text[2:4]) % 20, int(text[4:6])
    dated = 1 <= month <= 12 and 1 <= day <= 31
    return dated and _weighted(numbers, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def is_cpf(text: str) -> bool:
    """Whether a Brazilian CPF passes both check digits."""
    numbers = digits(text)
    first = _weighted(numbers[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = _weighted(numbers[:10], range(11, 1, -1)) * 10 % 11 % 10
    return len(set(numbers)) > 1 and numbers[9:] == [first, second]
