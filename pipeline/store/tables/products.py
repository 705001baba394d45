"""What is sold: tax rates, products, their variants and prices."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text as sql

from pipeline.store.tables.base import Common, column, money, rate, ref, setup, text, yes


class TaxRate(Common, table=True):
    __tablename__ = "tax_rate"
    __table_args__ = setup("Tax rate", "Taux de TVA", ("code",))

    code: str | None = text("Code", "Code TVA")
    name: str | None = text("Name", "Libellé")
    percent: Decimal | None = rate("Percent", "Taux (%)")
    country: str | None = text("Country", "Pays", max_length=2)
    valid_from: dt.date | None = column("Valid from", "Valable du")
    valid_to: dt.date | None = column("Valid to", "Valable au")


class Product(Common, table=True):
    __tablename__ = "product"
    __table_args__ = setup("Product", "Article", ("code",))

    code: str | None = text("Code", "Code article")
    name: str | None = text("Name", "Désignation")
    kind: str = text("Kind", "Nature", default="goods")
    category: str | None = text("Category", "Famille")
    brand: str | None = text("Brand", "Marque")
    supplier: UUID | None = ref("party", "Supplier", "Fournisseur")
    unit: str | None = text("Unit", "Unité")
    tax_rate: UUID | None = ref("tax_rate", "Tax rate", "Taux de TVA")
    description: str | None = text("Description", "Description")
    sale_account: str | None = text("Sales account", "Compte de vente")
    purchase_account: str | None = text("Purchase account", "Compte d'achat")
    active: bool = yes("Active", "Actif")


class ProductVariant(Common, table=True):
    __tablename__ = "product_variant"
    __table_args__ = setup("Product variant", "Déclinaison d'article", ("sku",), ("barcode",))

    product: UUID | None = ref("product", "Product", "Article")
    sku: str | None = text("SKU", "Référence")
    barcode: str | None = text("Barcode", "Code-barres")
    name: str | None = text("Name", "Désignation")
    options: str | None = text("Options", "Options")
    supplier_ref: str | None = text("Supplier reference", "Référence fournisseur")
    cost_price: Decimal | None = money("Cost price", "Prix d'achat HT")
    weight_kg: Decimal | None = money("Weight (kg)", "Poids (kg)")
    track_stock: bool = yes("Track stock", "Suivi en stock")
    active: bool = yes("Active", "Actif")


class Price(Common, table=True):
    __tablename__ = "price"
    __table_args__ = setup(
        "Price", "Prix", ("variant", "price_list", "currency", "min_quantity", "valid_from")
    )

    variant: UUID | None = ref("product_variant", "Variant", "Déclinaison", required=True)
    price_list: str = text("Price list", "Tarif", default="")
    currency: str = text("Currency", "Devise", default="", max_length=3)
    min_quantity: Decimal = money("Minimum quantity", "Quantité minimale", default=sql("0"))
    amount: Decimal | None = money("Amount", "Prix")
    includes_tax: bool | None = column("Includes tax", "Prix TTC")
    valid_from: dt.date = column("Valid from", "Valable du", default=sql("'1970-01-01'"))
    valid_to: dt.date | None = column("Valid to", "Valable au")
