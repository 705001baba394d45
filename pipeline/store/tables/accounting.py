"""Taxes by document and the journal (the FEC's columns)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text as sql

from pipeline.store.tables.base import Common, column, count, money, rate, ref, setup, text


class DocumentTax(Common, table=True):
    __tablename__ = "document_tax"
    __table_args__ = setup(
        "Tax of a document", "TVA d'une pièce", ("document_type", "document_id", "percent")
    )

    document_type: str = text("Document type", "Type de pièce", default="")
    document_id: UUID | None = column("Document", "Pièce", required=True)
    tax_rate: UUID | None = ref("tax_rate", "Tax rate", "Taux de TVA")
    percent: Decimal = rate("Percent", "Taux (%)", default=sql("0"))
    base_amount: Decimal | None = money("Base (excl. tax)", "Base HT")
    tax_amount: Decimal | None = money("Tax amount", "Montant TVA")
    gross_amount: Decimal | None = money("Gross amount (incl. tax)", "Montant TTC")


class JournalEntry(Common, table=True):
    __tablename__ = "journal_entry"
    __table_args__ = setup(
        "Journal entry", "Écriture comptable", ("source", "journal", "number", "line_no"), appended=True
    )

    journal: str = text("Journal", "Code journal", default="")
    journal_label: str | None = text("Journal name", "Libellé du journal")
    number: str | None = text("Number", "N° d'écriture", required=True)
    line_no: int = count("Line number", "N° de ligne")
    date: dt.date | None = column("Date", "Date d'écriture")
    account: str | None = text("Account", "N° de compte")
    account_label: str | None = text("Account name", "Libellé du compte")
    aux_account: str | None = text("Subledger account", "Compte auxiliaire")
    aux_label: str | None = text("Subledger account name", "Libellé du compte auxiliaire")
    document_ref: str | None = text("Document reference", "Référence de la pièce")
    document_date: dt.date | None = column("Document date", "Date de la pièce")
    label: str | None = text("Label", "Libellé de l'écriture")
    debit: Decimal | None = money("Debit", "Débit")
    credit: Decimal | None = money("Credit", "Crédit")
    lettering: str | None = text("Lettering", "Lettrage")
    lettered_on: dt.date | None = column("Lettered on", "Date de lettrage")
    valid_date: dt.date | None = column("Validated on", "Date de validation")
    currency_amount: Decimal | None = money("Amount in currency", "Montant en devise")
    currency: str | None = text("Currency", "Devise", max_length=3)
