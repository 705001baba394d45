"""Which amounts a section derives, and which a refund turns."""

from __future__ import annotations

from pipeline.mapping.model import Kind, Table

AMOUNTS = ("HT", "TTC")
REFUNDS = ("negative",)


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
    amounts = [n for n in staged if table.columns[n].kind is Kind.DECIMAL and table.columns[n].scale == 6]
    return [name for name in amounts if name != "unit_price"]
