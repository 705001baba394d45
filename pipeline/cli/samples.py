"""The sample files of `demo`, written by us: a shop's orders and a French till's tickets, in cp1252 as they send them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from decimal import Decimal
from io import StringIO
from itertools import chain

DAY = "2026-05-12"
ORDERS_NAME, DAY_NAME, WEEK_NAME = f"orders-{DAY}.csv", f"tickets-{DAY}.csv", "tickets-2026-05-week.csv"
NEXT_NAME = "orders-2026-05-13.csv"
FIRST, A_DAY, LATER = 417, 60, 5000

ORDERS = """\
Order No;Date;Total;State
W-1001;12/05/2026 09:14;48210,55;paid
W-1002;12/05/2026 10:02;19,90;open
W-1003;31/02/2026 11:30;75,00;open
W-1004;12/05/2026 17:45;1249,00;
"""

NEXT = """\
Order No;Date;Total;State
W-1002;12/05/2026 10:02;19,90;paid
W-1003;12/05/2026 11:30;75,00;open
W-1005;13/05/2026 08:20;64,95;open
"""
"""Of the next day: one order changed, one corrected, one new."""

HEAD = "N° ticket;Type;Caisse;Vendeur;Date;Journée;Total HT;TVA;Total TTC\n"
_CASHIERS = ("Hélène", "François", "Zoë", "Jérôme")
_RATES = (Decimal("0.20"), Decimal("0.055"), Decimal("0.10"))
_CENT = Decimal("0.01")


def orders() -> bytes:
    """Four orders; the date of one does not exist."""
    return ORDERS.encode("cp1252")


def next_orders() -> bytes:
    return NEXT.encode("cp1252")


def day() -> bytes:
    """The tickets of one day."""
    return _tickets(range(A_DAY))


def week(known: int) -> bytes:
    """The tickets of the day again, and those of days after it: new ones beside so many that are known, so that
    the demo can be given in one folder any number of times."""
    first = max(known, A_DAY)
    return _tickets(chain(range(A_DAY), range(first, first + LATER)))


def _tickets(numbers: Iterable[int]) -> bytes:
    return (HEAD + "".join(map(_ticket, numbers))).encode("cp1252")


def _ticket(n: int) -> str:
    """Sixty on the first day, a thousand on each after it."""
    day, place = (12, n) if n < A_DAY else (13 + (n - A_DAY) // 1000 % 15, (n - A_DAY) % 1000)
    minute = 8 * 60 + place * (10 if n < A_DAY else 1) * 3 // 5
    gross = Decimal((n * 7919 + 1105) % 9000 + 95) * _CENT
    net = (gross / (1 + _RATES[n % 3])).quantize(_CENT)
    money = ";".join(str(amount).replace(".", ",") for amount in (net, gross - net, gross))
    date = f"{day:02d}/05/2026"
    return (
        f"{FIRST + n:06d};sale;Caisse {n % 2 + 1};{_CASHIERS[n % 4]};"
        f"{date} {minute // 60:02d}:{minute % 60:02d};{date};{money}\n"
    )


def totals(content: bytes) -> tuple[int, Decimal, Decimal, Decimal]:
    """The till's own sums: tickets, excluding tax, tax, including tax; added up from its file, exactly."""
    rows = list(csv.DictReader(StringIO(content.decode("cp1252")), delimiter=";"))
    net, tax, gross = (
        sum((Decimal(row[name].replace(",", ".")) for row in rows), Decimal())
        for name in ("Total HT", "TVA", "Total TTC")
    )
    return len(rows), net, tax, gross
