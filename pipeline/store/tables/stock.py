"""What lies where: warehouses, levels and movements of stock, shipments."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index

from pipeline.store.tables.base import Common, column, instant, money, ref, setup, text


class Warehouse(Common, table=True):
    __tablename__ = "warehouse"
    __table_args__ = setup("Warehouse", "Entrepôt", ("code",))

    code: str | None = text("Code", "Code entrepôt")
    name: str | None = text("Name", "Nom")
    address: UUID | None = ref("address", "Address", "Adresse")


class StockLevel(Common, table=True):
    __tablename__ = "stock_level"
    __table_args__ = setup("Stock level", "Niveau de stock", ("variant", "warehouse", "lot"))

    variant: UUID | None = ref("product_variant", "Variant", "Déclinaison", required=True)
    warehouse: UUID | None = ref("warehouse", "Warehouse", "Entrepôt", required=True)
    lot: str = text("Lot", "Lot", default="")
    on_hand: Decimal | None = money("On hand", "Stock physique")
    committed: Decimal | None = money("Committed", "Réservé")
    incoming: Decimal | None = money("Incoming", "En commande")
    available: Decimal | None = money("Available", "Disponible")
    counted_at: dt.datetime | None = instant("Counted", "Inventorié le")


class StockMovement(Common, table=True):
    __tablename__ = "stock_movement"
    __table_args__ = (
        Index("ix_stock_movement_document", "document_id"),
        *setup("Stock movement", "Mouvement de stock", appended=True),
    )

    variant: UUID | None = ref("product_variant", "Variant", "Déclinaison")
    warehouse: UUID | None = ref("warehouse", "Warehouse", "Entrepôt")
    lot: str | None = text("Lot", "Lot")
    quantity: Decimal | None = money("Quantity (signed)", "Quantité (signée)")
    kind: str | None = text("Kind", "Nature du mouvement")
    unit_cost: Decimal | None = money("Unit cost", "Coût unitaire HT")
    document_type: str | None = text("Document type", "Type de pièce")
    document_id: UUID | None = column("Document", "Pièce")
    occurred_at: dt.datetime | None = instant("Occurred", "Date du mouvement")


class Shipment(Common, table=True):
    __tablename__ = "shipment"
    __table_args__ = setup("Shipment", "Expédition")

    number: str | None = text("Number", "N° de bon de livraison")
    order: UUID | None = ref("sales_order", "Sales order", "Commande client")
    warehouse: UUID | None = ref("warehouse", "Warehouse", "Entrepôt")
    carrier: str | None = text("Carrier", "Transporteur")
    service: str | None = text("Service", "Service de livraison")
    tracking_number: str | None = text("Tracking number", "N° de suivi")
    status: str | None = text("Status", "Statut")
    shipped_at: dt.datetime | None = instant("Shipped", "Expédié le")
    delivered_at: dt.datetime | None = instant("Delivered", "Livré le")
    weight_kg: Decimal | None = money("Weight (kg)", "Poids (kg)")
