"""Sales orders, invoices, payments."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from pipeline.store.tables.base import Common, column, instant, money, ref, setup, text
from pipeline.store.tables.documents import Amounts, Discounted, Line


class SalesOrder(Discounted, table=True):
    __tablename__ = "sales_order"
    __table_args__ = setup("Sales order", "Commande client", ("source", "number"))

    number: str | None = text("Number", "N° de commande", required=True)
    status: str | None = text("Status", "Statut")
    party: UUID | None = ref("party", "Customer", "Client")
    ordered_at: dt.datetime | None = instant("Ordered", "Date de commande")
    channel: str | None = text("Channel", "Canal de vente")
    billing_address: UUID | None = ref("address", "Billing address", "Adresse de facturation")
    shipping_address: UUID | None = ref("address", "Shipping address", "Adresse de livraison")
    shipping_amount: Decimal | None = money("Shipping", "Frais de port")
    discount_code: str | None = text("Discount code", "Code promo")
    payment_status: str | None = text("Payment status", "Statut du règlement")
    fulfilment_status: str | None = text("Fulfilment status", "Statut de livraison")
    paid_at: dt.datetime | None = instant("Paid", "Réglé le")
    cancelled_at: dt.datetime | None = instant("Cancelled", "Annulé le")
    refunded_amount: Decimal | None = money("Refunded", "Montant remboursé")
    email: str | None = text("E-mail", "E-mail")
    phone: str | None = text("Phone", "Téléphone")
    tags: str | None = text("Tags", "Étiquettes")
    notes: str | None = text("Notes", "Notes")


class SalesOrderLine(Line, table=True):
    __tablename__ = "sales_order_line"
    __table_args__ = setup("Sales order line", "Ligne de commande client", ("order", "line_no"))

    order: UUID | None = ref("sales_order", "Sales order", "Commande client", required=True)


class Invoice(Amounts, table=True):
    __tablename__ = "invoice"
    __table_args__ = setup("Invoice or credit note", "Facture ou avoir", ("source", "kind", "number"))

    kind: str = text("Kind", "Nature (facture, avoir, …)", default="invoice")
    number: str | None = text("Number", "N° de facture", required=True)
    status: str | None = text("Status", "Statut")
    issue_date: dt.date | None = column("Issue date", "Date de facture")
    due_date: dt.date | None = column("Due date", "Date d'échéance")
    party: UUID | None = ref("party", "Customer or supplier", "Client ou fournisseur")
    order: UUID | None = ref("sales_order", "Sales order", "Commande client")
    purchase_order: UUID | None = ref("purchase_order", "Purchase order", "Commande fournisseur")
    corrects: UUID | None = ref("invoice", "Corrects invoice", "Facture d'origine de l'avoir")
    balance_amount: Decimal | None = money("Balance due", "Reste à payer TTC")


class InvoiceLine(Line, table=True):
    __tablename__ = "invoice_line"
    __table_args__ = setup("Invoice line", "Ligne de facture", ("invoice", "line_no"))

    invoice: UUID | None = ref("invoice", "Invoice", "Facture", required=True)
    account_code: str | None = text("Account", "Compte comptable")


class Payment(Common, table=True):
    __tablename__ = "payment"
    __table_args__ = setup("Payment", "Règlement", appended=True)

    kind: str = text("Kind", "Nature (règlement, remboursement)", default="payment")
    method: str | None = text("Method", "Mode de règlement")
    provider: str | None = text("Provider", "Prestataire de paiement")
    reference: str | None = text("Reference", "Référence")
    amount: Decimal | None = money("Amount", "Montant")
    fee_amount: Decimal | None = money("Fee", "Commission")
    tip_amount: Decimal | None = money("Tip", "Pourboire")
    currency: str | None = text("Currency", "Devise", max_length=3)
    paid_at: dt.datetime | None = instant("Paid", "Réglé le")
    party: UUID | None = ref("party", "Customer or supplier", "Client ou fournisseur")
    order: UUID | None = ref("sales_order", "Sales order", "Commande client")
    invoice: UUID | None = ref("invoice", "Invoice", "Facture")
    ticket: UUID | None = ref("pos_ticket", "Ticket", "Ticket de caisse")
    payout_ref: str | None = text("Payout reference", "Référence du versement")
