"""Whom one deals with: parties, their contacts and addresses."""

from __future__ import annotations

from uuid import UUID

from pipeline.store.tables.base import Common, column, ref, setup, text, yes


class Party(Common, table=True):
    __tablename__ = "party"
    __table_args__ = setup("Customer or supplier", "Client ou fournisseur", ("code",))

    code: str | None = text("Code", "Code client")
    name: str | None = text("Name", "Nom ou raison sociale")
    first_name: str | None = text("First name", "Prénom")
    last_name: str | None = text("Last name", "Nom de famille")
    is_company: bool | None = column("Is a company", "Est une société")
    is_customer: bool | None = column("Is a customer", "Est client")
    is_supplier: bool | None = column("Is a supplier", "Est fournisseur")
    email: str | None = text("E-mail", "E-mail")
    phone: str | None = text("Phone", "Téléphone")
    mobile: str | None = text("Mobile", "Portable")
    vat_number: str | None = text("VAT number", "N° de TVA intracommunautaire")
    company_no: str | None = text("Company number", "SIREN/SIRET")
    language: str | None = text("Language", "Langue")
    currency: str | None = text("Currency", "Devise", max_length=3)
    price_list: str | None = text("Price list", "Tarif")
    payment_terms: str | None = text("Payment terms", "Conditions de règlement")
    accounting_code: str | None = text("Accounting code", "Compte auxiliaire")
    accepts_marketing: bool | None = column("Accepts marketing", "Accepte la prospection")
    tax_exempt: bool | None = column("Tax exempt", "Exonéré de TVA")
    active: bool = yes("Active", "Actif")


class Contact(Common, table=True):
    __tablename__ = "contact"
    __table_args__ = setup("Contact", "Contact")

    party: UUID | None = ref("party", "Customer or supplier", "Client ou fournisseur")
    first_name: str | None = text("First name", "Prénom")
    last_name: str | None = text("Last name", "Nom de famille")
    job_title: str | None = text("Job title", "Fonction")
    email: str | None = text("E-mail", "E-mail")
    phone: str | None = text("Phone", "Téléphone")


class Address(Common, table=True):
    __tablename__ = "address"
    __table_args__ = setup("Address", "Adresse", ("party", "kind", "content"))

    party: UUID | None = ref("party", "Customer or supplier", "Client ou fournisseur", required=True)
    kind: str = text("Kind", "Type d'adresse", default="billing")
    content: str = text("Content (compared)", "Contenu (comparé)", default="")
    label: str | None = text("Label", "Libellé")
    recipient: str | None = text("Recipient", "Destinataire")
    company: str | None = text("Company", "Société")
    street1: str | None = text("Street", "Adresse")
    street2: str | None = text("Street, second line", "Complément d'adresse")
    postal_code: str | None = text("Postal code", "Code postal")
    city: str | None = text("City", "Ville")
    region: str | None = text("Region", "Région")
    country: str | None = text("Country", "Pays", max_length=2)
    phone: str | None = text("Phone", "Téléphone")
