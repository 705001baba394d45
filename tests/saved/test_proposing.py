"""A file becomes a mapping that passes the check, or a sentence says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigError, PipelineError
from pipeline.mapping import examine
from pipeline.saved import load, propose, save, skeleton
from pipeline.store.catalogue import catalogue

ORDERS = (
    "N° commande;Date;Client;Email;Total TTC;Statut;Couleur\n"
    "0001;13/02/2026 10:30;Ada King;ada@example.org;1 234,50 €;payée;bleu\n"
    "0002;14/02/2026 11:00;Bob Day;bob@example.org;7,05 €;ouverte;vert\n"
)


def written(folder: Path, text: str, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def saved(folder: Path, text: str, table: str | None = None) -> str:
    made = propose(written(folder, text), folder / "mappings", catalogue(), table)
    path = save(made, "mine", folder / "mappings", catalogue(), table)
    found = path.read_text("utf-8")
    plan, mistakes = examine("mine", found, "mappings/mine.toml", catalogue())
    assert (mistakes, plan is not None) == ([], True)
    return found


def test_a_saved_guess_passes_the_check_and_explains_itself(tmp_path: Path) -> None:
    text = saved(tmp_path, ORDERS, "sales_order")
    assert 'table   = "sales_order"' in text
    assert 'key     = ["source", "number"]' in text
    assert 'source       = { value = "mine" }' in text
    assert "[read]" not in text
    unused = text.split("# Columns")[1]
    assert "Couleur: nothing" in unused
    assert "Email: it would be party.email" in unused  # another table's is not said to fit nothing


def test_a_date_that_needs_a_format_gets_it(tmp_path: Path) -> None:
    text = saved(tmp_path, "Order number,Order date,Total\nA1,20260213,5\nA2,20260214,6\n")
    assert 'ordered_at   = { column = "Order date", format = "%Y%m%d" }' in text


def test_a_date_that_can_be_read_in_two_ways_is_left_to_the_person(tmp_path: Path) -> None:
    text = saved(tmp_path, "Order number,Order date,Total\nA1,02/03/2026,5\nA2,03/04/2026,6\n")
    fields, _, unused = text.partition("# Columns of the file")
    assert "ordered_at" not in fields
    assert "02/03/2026" in unused


def test_what_its_values_do_not_fit_is_left_out(tmp_path: Path) -> None:
    text = saved(tmp_path, "Email;Name;Country\na@b.fr;Ada;France\nc@d.fr;Bob;Italie\n", "party")
    assert "country" not in text.partition("# Columns")[0]


def test_an_email_stands_for_a_code_that_is_not_there(tmp_path: Path) -> None:
    text = saved(tmp_path, "Email,First name,Last name\na@b.fr,Ada,King\nc@d.fr,Bob,Day\n")
    assert 'external_id = "Email"' in text
    assert 'key     = ["source", "external_id"]' in text


def test_without_a_key_it_says_what_is_missing(tmp_path: Path) -> None:
    path = written(tmp_path, "First name,Last name,City\nAda,King,Paris\nBob,Day,Lyon\n")
    made = propose(path, tmp_path, catalogue())
    with pytest.raises(PipelineError, match="party are told apart by code"):
        save(made, "mine", tmp_path, catalogue())
    assert not list(tmp_path.glob("*.toml"))


def test_a_file_that_nobody_understands_is_no_mapping(tmp_path: Path) -> None:
    made = propose(written(tmp_path, "a\n1\n2\n"), tmp_path, catalogue())
    with pytest.raises(PipelineError, match="nothing in the file"):
        save(made, "mine", tmp_path, catalogue())


def test_many_records_of_another_width_are_taken_as_they_are(tmp_path: Path) -> None:
    text = saved(tmp_path, "SKU,Name,Price\n" + "A1,Tea\nA2,Cup,5,extra\nA3,Pot,9\nA4,Jar\n")
    assert 'ragged = "keep"' in text


def test_never_over_another_and_never_elsewhere(tmp_path: Path) -> None:
    saved(tmp_path, ORDERS)
    made = propose(tmp_path / "file.csv", tmp_path / "mappings", catalogue())
    for name in ("mine", "../mine", "", "a/b"):
        with pytest.raises(ConfigError):
            save(made, name, tmp_path / "mappings", catalogue())
    assert [p.name for p in (tmp_path / "mappings").iterdir()] == ["mine.toml"]


def test_no_such_file_and_no_such_table_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        propose(tmp_path / "nowhere.csv", tmp_path, catalogue())
    with pytest.raises(ConfigError, match="sales_order"):
        propose(written(tmp_path, ORDERS), tmp_path, catalogue(), "orders")


def test_the_next_file_is_guessed_by_what_was_saved(tmp_path: Path) -> None:
    text = saved(tmp_path, ORDERS)
    edited = text.replace("[tables.order.fields]", '[tables.order.fields]\ntags = "Couleur"')
    (tmp_path / "mappings/mine.toml").write_text(edited, "utf-8")
    made = propose(tmp_path / "file.csv", tmp_path / "mappings", catalogue())
    assert made.guessed.columns[-1].field == "sales_order.tags"


def test_a_blank_mapping_lists_every_column(tmp_path: Path) -> None:
    text = skeleton("mine", tmp_path, catalogue(), "warehouse").read_text("utf-8")
    assert '# code        = "…"  # Code' in text
    assert [m.said.code for m in load(tmp_path, "mine", catalogue()).mistakes] == [
        "mapping.no_fields",
        "mapping.key_field",
    ] or text


LINES = (
    "N° commande;Date;Client;Email;Ville facturation;Réf. article;Désignation;Qté;PU HT;Total TTC;N° de suivi\n"
    "0001;13/02/2026;Ada King;ada@example.org;Lyon;A1;Thé;2;10,00;35,00;AB1\n"
    "0001;13/02/2026;Ada King;ada@example.org;Lyon;B2;Tasse;1;9,17;35,00;AB1\n"
    "0002;14/02/2026;Bob Day;bob@example.org;Paris;A1;Thé;1;10,00;12,00;\n"
)


def test_an_order_with_lines_becomes_a_mapping_of_several_tables(tmp_path: Path) -> None:
    text = saved(tmp_path, LINES)
    assert 'document = "N° commande"' in text
    assert text.count("[tables.") == 2 * 5  # party, billing, order, line, shipment
    assert "price_includes_tax = { value = false }" in text
    assert 'key      = [["source", "email"]]' in text


def test_what_differs_within_a_document_is_no_field_of_its_head(tmp_path: Path) -> None:
    text = saved(tmp_path, LINES.replace("1;9,17;35,00", "1;9,17;9,17"))
    order, _, unused = text.partition("[tables.order.fields]")[2].partition("# Columns")
    assert "gross_amount" not in order.partition("[tables.line]")[0]
    assert "Total TTC: Total TTC is not the same" in unused


def test_an_article_list_fills_articles_prices_and_stock(tmp_path: Path) -> None:
    text = saved(
        tmp_path,
        "Réf.,Désignation,Famille,PA HT,PV TTC,Stock\nA1,Thé,Boissons,4.20,9.90,12\nB2,Tasse,Arts,2,7.50,3\n",
    )
    assert text.count("[tables.") == 2 * 4
    assert 'amount       = "PV TTC"' in text
    assert "includes_tax = { value = true }" in text


def test_suppliers_with_their_addresses(tmp_path: Path) -> None:
    text = saved(
        tmp_path,
        "Code fournisseur;Fournisseur;Adresse;CP;Ville\nF1;Durand;1 rue A;69001;Lyon\nF2;Petit;2 rue B;75001;Paris\n",
    )
    assert "is_supplier = { value = true }" in text
    assert "[tables.billing.fields]" in text
