"""Purchase orders and their lines."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from pipeline.store.tables.base import column, instant, money, ref, setup, text
from pipeline.store.tables.documents import Discounted, Line


class PurchaseOrder(Discounted, table=True):
    __tablename__ = "purchase_order"
    __table_args__ = setup("Purchase order", "Commande fournisseur", ("source", "number"))

    number: str | None = text("Number", "N° de commande", required=True)
    status: str | None = text("Status", "Statut")
    party: UUID | None = ref("party", "Supplier", "Fournisseur")
    ordered_at: dt.datetime | None = instant("Ordered", "Date de commande")
    expected_date: dt.date | None = column("Expected", "Livraison prévue le")
    warehouse: UUID | None = ref("warehouse", "Warehouse", "Entrepôt")
    supplier_ref: str | None = text("Supplier reference", "Référence fournisseur")


class PurchaseOrderLine(Line, table=True):
    __tablename__ = "purchase_order_line"
    __table_args__ = setup("Purchase order line", "Ligne de commande fournisseur", ("order", "line_no"))

    order: UUID | None = ref("purchase_order", "Purchase order", "Commande fournisseur", required=True)
    received_quantity: Decimal | None = money("Received", "Quantité reçue")
