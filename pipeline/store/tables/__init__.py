"""The business schema: 23 tables. Importing this registers all of them."""

from __future__ import annotations

from sqlalchemy import Table
from sqlmodel import SQLModel

from pipeline.store.tables import accounting, documents, parties, products, purchases, sales, stock, till

__all__ = ["BUSINESS", "accounting", "business_tables", "documents", "parties", "products"]
__all__ += ["purchases", "sales", "stock", "till"]

BUSINESS = (
    "party", "contact", "address", "tax_rate", "product", "product_variant", "price", "warehouse",
    "stock_level", "stock_movement", "sales_order", "sales_order_line", "invoice", "invoice_line", "payment",
    "shipment", "purchase_order", "purchase_order_line", "pos_session", "pos_ticket", "pos_ticket_line",
    "document_tax", "journal_entry",
)  # fmt: skip


def business_tables() -> list[Table]:
    """The tables of the schema, in its order."""
    return [SQLModel.metadata.tables[name] for name in BUSINESS]
