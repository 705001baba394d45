"""Columns that orders, invoices and tickets share, and those of their lines."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from pipeline.store.tables.base import Common, column, count, money, rate, ref, text


class Amounts(Common):
    """The totals of a document."""

    currency: str | None = text("Currency", "Devise", max_length=3)
    net_amount: Decimal | None = money("Net total (excl. tax)", "Total HT")
    tax_amount: Decimal | None = money("Tax total", "Total TVA")
    gross_amount: Decimal | None = money("Gross total (incl. tax)", "Total TTC")


class Discounted(Amounts):
    discount_amount: Decimal | None = money("Discount total", "Total remises")


class Line(Common):
    """One line of a document."""

    line_no: int = count("Line number", "N° de ligne")
    variant: UUID | None = ref("product_variant", "Variant", "Déclinaison")
    sku: str | None = text("SKU", "Référence")
    description: str | None = text("Description", "Désignation")
    quantity: Decimal | None = money("Quantity", "Quantité")
    unit: str | None = text("Unit", "Unité")
    unit_price: Decimal | None = money("Unit price", "Prix unitaire")
    price_includes_tax: bool | None = column("Price includes tax", "Prix TTC")
    discount_percent: Decimal | None = rate("Discount (%)", "Remise (%)")
    discount_amount: Decimal | None = money("Discount", "Remise")
    tax_rate: UUID | None = ref("tax_rate", "Tax rate", "Taux de TVA")
    tax_percent: Decimal | None = rate("Tax (%)", "TVA (%)")
    net_amount: Decimal | None = money("Net amount (excl. tax)", "Montant HT")
    tax_amount: Decimal | None = money("Tax amount", "Montant TVA")
    gross_amount: Decimal | None = money("Gross amount (incl. tax)", "Montant TTC")
