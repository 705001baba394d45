"""The till: sessions (their number is the Z), tickets and lines."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from pipeline.store.tables.base import Common, column, instant, money, ref, setup, text
from pipeline.store.tables.documents import Discounted, Line


class PosSession(Common, table=True):
    __tablename__ = "pos_session"
    __table_args__ = setup("Till session", "Session de caisse", ("source", "register", "number"))

    number: str | None = text("Z number", "N° de clôture Z", required=True)
    register_: str = text("Register", "Caisse", default="", name="register")  # SQLModel has a `register`
    location: str | None = text("Location", "Point de vente")
    opened_at: dt.datetime | None = instant("Opened", "Ouverture")
    closed_at: dt.datetime | None = instant("Closed", "Clôture")
    opening_cash: Decimal | None = money("Opening cash", "Fond de caisse")
    closing_cash: Decimal | None = money("Closing cash", "Espèces comptées")
    expected_cash: Decimal | None = money("Expected cash", "Espèces théoriques")
    z_total: Decimal | None = money("Z total (incl. tax)", "Total du Z TTC")
    currency: str | None = text("Currency", "Devise", max_length=3)


class PosTicket(Discounted, table=True):
    __tablename__ = "pos_ticket"
    __table_args__ = setup("Till ticket", "Ticket de caisse", ("source", "number"), appended=True)

    number: str | None = text("Number", "N° de ticket", required=True)
    kind: str = text("Kind", "Nature (vente, remboursement, annulation)", default="sale")
    session: UUID | None = ref("pos_session", "Till session", "Session de caisse")
    register_: str | None = text("Register", "Caisse", name="register")
    cashier: str | None = text("Cashier", "Caissier")
    sold_at: dt.datetime | None = instant("Sold", "Date et heure de vente")
    business_date: dt.date | None = column("Business date", "Journée de vente")
    party: UUID | None = ref("party", "Customer", "Client")
    refund_of: UUID | None = ref("pos_ticket", "Refund of", "Ticket remboursé")
    tip_amount: Decimal | None = money("Tip", "Pourboire")
    location: str | None = text("Location", "Point de vente")


class PosTicketLine(Line, table=True):
    __tablename__ = "pos_ticket_line"
    __table_args__ = setup("Till ticket line", "Ligne de ticket", ("ticket", "line_no"), appended=True)

    ticket: UUID | None = ref("pos_ticket", "Ticket", "Ticket de caisse", required=True)
    category: str | None = text("Category", "Famille")
    modifiers: str | None = text("Modifiers", "Suppléments")
    cost_amount: Decimal | None = money("Cost", "Coût d'achat HT")
