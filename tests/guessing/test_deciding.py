"""Which tables a file speaks of, and which column is which."""

from __future__ import annotations

import pytest

from pipeline.guessing import Guessed, Seen, guess
from pipeline.guessing.knowledge import known
from pipeline.mapping import parse
from pipeline.mapping.model import Column, Kind, Table
from pipeline.store.catalogue import catalogue


def of(headers: str, **more: object) -> Guessed:
    return guess([Seen(header) for header in headers.split(";")], catalogue(), **more)  # type: ignore[arg-type]


def fields(guessed: Guessed) -> list[str | None]:
    return [one.field for one in guessed.columns]


@pytest.mark.parametrize(
    ("headers", "table"),
    [
        ("Order number;Date;Customer name;Total;Status", "sales_order"),
        ("N° commande;Date;Client;Total TTC;État", "sales_order"),
        ("Bestellnummer;Datum;Kunde;Gesamtbetrag", "sales_order"),
        ("Rechnungsnummer;Rechnungsdatum;Kunde;Fällig am;Netto;MwSt;Brutto", "invoice"),
        ("N° facture;Date;Échéance;Client;Total HT;TVA;Total TTC", "invoice"),
        ("Nombre;Apellidos;Correo electrónico;Teléfono;Código postal;Población", "party"),
        ("Codice;Ragione Sociale;Indirizzo;CAP;Comune;Provincia;P. IVA", "party"),
        ("Artikelnummer;Bezeichnung;EAN;Preis;Warengruppe;Hersteller", "product"),
        ("Référence;Désignation;Code barres;Prix de vente;Famille;Marque", "product"),
        ("SKU;Warehouse;On hand;Reserved;Available", "stock_level"),
        ("N° ticket;Date;Caisse;Vendeur;Total TTC", "pos_ticket"),
        ("Journal;N° écriture;Date;Compte;Libellé;Débit;Crédit", "journal_entry"),
        ("Transaction ID;Date;Amount;Fee;Currency;Payment method", "payment"),
        ("Tracking number;Carrier;Shipped at;Order number", "shipment"),
        ("Z report;Register;Opening cash;Closing cash;Expected cash", "pos_session"),
        ("PO number;Supplier;Order date;Expected date;Total", "purchase_order"),
    ],
)
def test_a_file_is_about_its_table(headers: str, table: str) -> None:
    assert of(headers).table == table


def test_prefixes_agree() -> None:
    made = of("Order number;Billing City;Shipping City;Lineitem sku;Customer Email")
    assert fields(made) == [
        "sales_order.number",
        "address.city",
        "address.city",
        "sales_order_line.sku",
        "party.email",
    ]
    assert [one.whose for one in made.columns[1:3]] == ["billing", "shipping"]


def test_each_place_is_filled_once() -> None:
    made = of("E-mail;Email address;First name;Last name")
    assert fields(made).count("party.email") == 1
    assert made.columns[1].because.code == "guessing.taken"


def test_nom_beside_prenom_is_the_last_name_and_nome_beside_cognome_the_first() -> None:
    assert fields(of("Nom;Prénom;Ville;Email"))[:2] == ["party.last_name", "party.first_name"]
    assert fields(of("Nome;Cognome;Comune;Email"))[:2] == ["party.first_name", "party.last_name"]


def test_only_the_table_that_was_asked_for() -> None:
    made = of("SKU;Name;Price;Brand", table="product_variant")
    assert fields(made) == ["product_variant.sku", "product_variant.name", None, None]


def test_an_earlier_mapping_comes_first() -> None:
    text = 'version = 1\ntable = "product_variant"\n[fields]\nsku = "Artnr"\nname = "Was es ist"\n'
    saved, _ = parse("mine", text, "mine")
    assert saved is not None
    made = of("Artnr;Was es ist;Preis;Marke;Gewicht", earlier=[saved])
    assert made.columns[1].field == "product_variant.name"
    assert made.columns[1].because.args == {"mapping": "mine"}


def test_values_take_a_name_back() -> None:
    columns = [Seen("Email", ("Paris", "Lyon")), Seen("First name", ("Ada",)), Seen("Last name", ("King",))]
    one = guess(columns, catalogue()).columns[0]
    assert (one.field, one.because.code) == (None, "guessing.unlike")


def test_values_alone_are_a_weak_guess() -> None:
    codes = ("4006381333931", "5901234123457", "4012345123456")
    made = guess([Seen("SKU", ("A", "B")), Seen("Name", ("x",)), Seen("Zzz", codes)], catalogue())
    assert made.columns[2].field == "product_variant.barcode"
    assert made.columns[2].confidence < 0.7


def test_the_name_of_the_file_may_decide() -> None:
    headers = "Code;Name;Email;Phone"
    assert of(headers, name="suppliers_2026").table == "party"


def test_what_nobody_understands_is_not_guessed() -> None:
    assert fields(of("Foo;Bar;Baz;Qux")) == [None] * 4
    assert fields(of("Category ID;Name;Description;Active")) == [None] * 4


def test_tables_of_another_program_go_by_their_own_names() -> None:
    columns = {
        "kundennr": Column("kundennr", Kind.TEXT),
        "umsatz": Column("umsatz", Kind.DECIMAL, scale=2),
    }
    foreign = {"kunden": Table("kunden", columns, (("kundennr",),))}
    made = guess([Seen("Kundennr"), Seen("Umsatz")], foreign)
    assert fields(made) == ["kunden.kundennr", "kunden.umsatz"]


def test_every_field_of_the_lists_is_in_the_catalogue() -> None:
    every = [m.field for meanings in known().meanings.values() for m in meanings]
    every += [field for layout in known().layouts for field in layout.columns.values() if field]
    tables = catalogue()
    wrong = [f for f in every if f.split(".")[1] not in tables[f.split(".")[0]].columns]
    assert not wrong


def test_what_a_system_taught_can_be_left_out() -> None:
    without = known(frozenset({"fec", "shopify"}))
    assert not [layout for layout in without.layouts if layout.system in ("fec", "shopify")]
    assert "comp aux" in known().lexicon.phrases
    assert "comp aux" not in without.lexicon.phrases


def test_an_invoice_of_a_supplier_names_the_supplier() -> None:
    headers = ("Supplier number", "Supplier", "Invoice number", "Invoice date", "Due date", "Net", "Total")
    made = guess([Seen(header) for header in headers], catalogue())
    assert [one.field for one in made.columns[:3]] == ["party.code", "party.name", "invoice.number"]


def test_a_header_written_otherwise_is_not_that_export() -> None:
    headers = ("first_name", "last_name", "email", "company", "address1", "city", "zip", "phone", "tags")
    assert guess([Seen(header) for header in headers], catalogue()).layout == ""
    exact = ("First Name", "Last Name", "Email", "Company", "Address1", "City", "Zip", "Phone", "Tags")
    assert guess([Seen(header) for header in exact], catalogue()).layout == "shopify.customers"
