"""Which amounts a section derives, and which a refund turns."""

from __future__ import annotations

from pipeline.mapping.model import Kind, Table

AMOUNTS = ("HT", "TTC")
ROUNDING = ("line", "document")
REFUNDS = ("negative", "positive")
REFUND_OF = {
    "sale": "refund", "payment": "refund", "invoice": "credit_note", "supplier_invoice": "supplier_credit_note",
}  # fmt: skip
"""The kind of a document → the kind of its refund."""
USUAL = {"pos_ticket": "sale", "payment": "payment", "invoice": "invoice"}
"""The tables whose rows have such a kind, and the one that they have when nothing is said."""
VOID = "void"
MOVEMENTS = "stock_movement"  # its quantities are signed: a refund never turns them as it turns amounts


def total_of(table: Table) -> str:
    """The column that says by its sign whether a row is a refund."""
    return "gross_amount" if "gross_amount" in table.columns else "amount"


def names(table: Table) -> tuple[str, str, str, str]:
    """The table's columns: net, tax, gross, percent."""
    net = "base_amount" if "base_amount" in table.columns else "net_amount"
    return net, "tax_amount", "gross_amount", "tax_percent" if "tax_percent" in table.columns else "percent"


def derived(table: Table, given: set[str], amounts: str | None) -> tuple[str, ...]:
    """The columns that can be derived; none when what they need is not given."""
    net, tax, gross, percent = names(table)
    if amounts is None or not {net, tax, gross} <= table.columns.keys():
        return ()
    base, other = (net, gross) if amounts == "HT" else (gross, net)
    if base not in given or (tax not in given and percent not in given):
        return ()
    return tuple(name for name in (other, tax) if name not in given)


def turned(table: Table, staged: tuple[str, ...]) -> list[str]:
    """The columns that are negative in a refund: amounts and quantities, not prices and rates."""
    if table.name == MOVEMENTS:
        return []
    return [name for name in staged if name != "unit_price" and money(table, name)]


def money(table: Table, name: str) -> bool:
    """Does the column hold an amount or a quantity?"""
    column = table.columns.get(name)
    return column is not None and column.kind is Kind.DECIMAL and column.scale == 6
