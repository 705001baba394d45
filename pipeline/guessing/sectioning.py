"""A guess as a mapping of several tables: an order with its customer, addresses and lines, an article with its price
and stock. Pure: text out.

Only where the file plainly speaks of them: every section has what its rows are told apart by, every field was tried on the
sample, and what differs between the rows of one document is no field of its head."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pipeline.guessing.deciding import Guess, Guessed
from pipeline.guessing.drafting import Work, attempt, filled, quoted, written
from pipeline.guessing.knowledge import known
from pipeline.guessing.names import readings
from pipeline.mapping.model import Catalogue
from pipeline.words import Language, Message, message, render

if TYPE_CHECKING:
    import polars as pl

HEADS = {
    "sales_order": ("sales_order_line", "order", "is_customer"),
    "invoice": ("invoice_line", "invoice", "is_customer"),
    "pos_ticket": ("pos_ticket_line", "ticket", "is_customer"),
    "purchase_order": ("purchase_order_line", "order", "is_supplier"),
}
"""A document's table → its lines', how these point to it, and what its party is."""
ROLES = {"customer": "is_customer", "supplier": "is_supplier"}
KINDS = {"invoice": "invoice"}  # of a document whose kind the file does not say
SOLD = ("sku", "description", "quantity")  # of which a line has one
PLACE = ("street1", "city", "postal_code")  # of which an address has one
NESTED = "[]"  # in the name of a column that nested records have
ARTICLES = frozenset({"product", "product_variant", "price", "stock_level"})


@dataclass(slots=True)
class Section:
    """One `[tables.NAME]`: its settings, and its fields with a comment each."""

    name: str
    table: str
    settings: list[str] = field(default_factory=list)
    fields: dict[str, tuple[str, str]] = field(default_factory=dict)

    def take(self, work: Work, *leave: str) -> None:
        """The good fields of a table."""
        for target, (one, because) in work.good.items():
            if target not in leave:
                self.fields.setdefault(target, (written(one), because))

    def constant(self, target: str, value: str) -> None:
        self.fields.setdefault(target, (f"{{ value = {value} }}", ""))


@dataclass(slots=True)
class Desk:
    """A file on its way to a mapping. `made`: sections, parents first; `left`: columns that are not used, and why."""

    name: str
    catalogue: Catalogue
    guesses: Sequence[Guess]
    frame: pl.DataFrame
    zone: str
    language: Language
    made: list[Section] = field(default_factory=list)
    left: list[tuple[str, Message]] = field(default_factory=list)

    def work(self, table: str, whose: Iterable[str] = ("",)) -> Work:
        """The columns that speak of a table, each tried on the sample."""
        work = Work(self.catalogue[table], self.frame, self.zone, self.language)
        every = [guess.column for guess in self.guesses]
        for guess in self.guesses:
            if guess.field and guess.field.split(".")[0] == table and guess.whose in whose:
                attempt(work, guess, every)
        self.left += work.left
        return work

    def drop(self, work: Work, target: str, said: Message) -> None:
        self.left.append((work.good.pop(target)[0].columns[0], said))


def sections(
    name: str,
    catalogue: Catalogue,
    guessed: Guessed,
    frame: pl.DataFrame,
    *,
    read: Sequence[tuple[str, str]] = (),
    zone: str = "UTC",
    language: Language = "en",
) -> str:
    """The mapping; "" when the file does not plainly speak of several tables. `frame`: the sample."""
    if any(NESTED in guess.column for guess in guessed.columns):
        return ""
    desk = Desk(name, catalogue, guessed.columns, frame, zone, language)
    head = next((one for one, (line, *_) in HEADS.items() if guessed.table in (one, line)), None)
    if head is not None and head in catalogue:
        top = _document(desk, head)
    elif guessed.table in ARTICLES and catalogue.keys() >= ARTICLES:
        top = _article(desk)
    elif guessed.table == "party" and {"party", "address"} <= catalogue.keys():
        top = []
        _party(desk, _role(desk))
    else:
        return ""
    if len(desk.made) < 2:
        return ""
    used = {
        guess.column for guess in desk.guesses if guess.field and guess.field.split(".")[0] in _tables(desk)
    }
    told = {column for column, _ in desk.left}
    for guess in desk.guesses:
        if guess.column not in told and guess.field and guess.column not in used:
            desk.left.append((guess.column, message("guessing.no_rows", field=guess.field)))
        elif not guess.field:
            desk.left.append((guess.column, guess.because))
    return _text(desk, top, read)


def _tables(desk: Desk) -> set[str]:
    return {section.table for section in desk.made}


def _document(desk: Desk, head: str) -> list[str]:
    """Sections of a document, and the settings above them; no sections when nothing numbers it."""
    line_table, points, role = HEADS[head]
    top = desk.work(head)
    if "number" not in top.good and "external_id" in top.good:
        top.good["number"] = (replace(top.good["external_id"][0], target="number"), "")
    if "number" not in top.good:
        return []
    number = top.good["number"][0].columns[0]
    lines = desk.work(line_table) if line_table in desk.catalogue else None
    if lines is not None and not set(SOLD) & lines.good.keys():
        lines = None
    several = desk.frame[number].drop_nulls().is_duplicated().any() or desk.frame[number].has_nulls()
    party = _party(desk, _role(desk) or role, number)
    order = Section(head.rpartition("_")[2], head)
    order.constant("source", quoted(desk.name))
    _agreeing(desk, top, number)
    order.take(top)
    if head in KINDS:
        order.constant("kind", quoted(KINDS[head]))
    if party is not None:
        order.fields.setdefault("party", ('{ row = "party" }', ""))
        for one in [one for one in desk.made if one.table == "address"]:
            if f"{one.name}_address" in desk.catalogue[head].columns:
                order.fields[f"{one.name}_address"] = (f'{{ row = "{one.name}" }}', "")
    desk.made.append(order)
    if lines is not None:
        line = Section("line", line_table, ['lines = "replace"'])
        line.fields[points] = (f'{{ row = "{order.name}" }}', "")
        line.fields["line_no"] = ('{ count = "document" }', "")
        line.take(lines, "line_no")
        if "unit_price" in lines.good:
            _taxed(line, "unit_price", "price_includes_tax", lines.good["unit_price"][0].columns[0])
        desk.made.append(line)
    _paid(desk, "payment", order, number, party is not None)
    if head == "sales_order":
        _paid(desk, "shipment", order, number, False)
    return [f"document = {quoted(number)}", 'unit     = "document"'] if several or lines is not None else []


def _agreeing(desk: Desk, work: Work, number: str) -> None:
    """Leave out what is not the same on all rows of one document. `number`: its column, "" when a row is a record."""
    import polars as pl

    for target, (one, _) in list(work.good.items()) if number else ():
        column = one.columns[0]
        if column == number:
            continue
        rows = desk.frame.select(pl.col(number).forward_fill().alias("_no"), pl.col(column).alias("_cell"))
        most = rows.drop_nulls().group_by("_no").agg(pl.col("_cell").n_unique()).get_column("_cell").max()
        if isinstance(most, int) and most > 1:
            desk.drop(work, target, message("guessing.varies", column=column))


def _role(desk: Desk) -> str:
    """What the parties of a file are, when its column names or its own say it; "" else."""
    headers = [desk.name, *(guess.column for guess in desk.guesses)]
    ideas = {idea for header in headers for one in readings(header, known().lexicon) for idea in one.ideas}
    told = [role for idea, role in ROLES.items() if idea in ideas]
    return told[0] if len(told) == 1 else ""


def _party(desk: Desk, role: str, number: str = "") -> Section | None:
    """The customer or supplier, and his addresses; None when the file does not tell one from another."""
    work = desk.work("party")
    _agreeing(desk, work, number)
    keys = [["source", one] for one in ("external_id", "email") if one in work.good]
    keys += [["code"]] if "code" in work.good else []
    if "name" in work.good and not keys and number:
        keys = [["source", "name"]]
    if not keys:
        return None
    shown = ", ".join("[" + ", ".join(map(quoted, key)) + "]" for key in keys)
    party = Section("party", "party", [f"key      = [{shown}]", 'repeated = "last"'])
    if number:
        party.settings.append("optional = true")  # a document may be nobody's
    party.constant("source", quoted(desk.name))
    party.take(work)
    if role:
        party.constant(role, "true")
    desk.made.append(party)
    if _known(desk, work, [key[-1] for key in keys], number):
        for kind, whose in (("billing", ("", "billing")), ("shipping", ("shipping",))):
            _address(desk, kind, whose, number)
    return party


def _known(desk: Desk, work: Work, keys: Sequence[str], number: str) -> bool:
    """Whether most rows, or most documents, say whose they are."""
    import polars as pl

    rows = desk.frame.filter(pl.col(number).is_not_null()) if number else desk.frame
    said = rows.select(pl.any_horizontal(pl.col(work.good[key][0].columns[0]).is_not_null() for key in keys))
    return said.height > 0 and int(said.to_series().sum()) > 0.5 * said.height


def _address(desk: Desk, kind: str, whose: Sequence[str], number: str) -> None:
    place = desk.work("address", whose)
    _agreeing(desk, place, number)
    if set(PLACE) & place.good.keys():
        address = Section(kind, "address", ['repeated = "last"', "optional = true"])
        address.fields["party"] = ('{ row = "party" }', "")
        address.constant("kind", quoted(kind))
        address.take(place)
        desk.made.append(address)


def _paid(desk: Desk, table: str, order: Section, number: str, known: bool) -> None:
    """What was paid for or sent of a document, known by its own id or else by the document's number."""
    if table not in desk.catalogue or order.name not in desk.catalogue[table].columns:
        return
    work = desk.work(table)
    _agreeing(desk, work, number)
    if not work.good:
        return
    first = next(iter(work.good.values()))[0].columns[0]
    sql = quoted('"' + first.replace('"', '""') + '" IS NOT NULL')
    key = quoted("source") + ", " + quoted("external_id")
    one = Section(table, table, ["optional = true", f"key      = [{key}]", f"where    = {sql}"])
    one.constant("source", quoted(desk.name))
    one.fields["external_id"] = (quoted(number), "")
    if "external_id" in work.good:
        one.fields["external_id"] = (written(work.good["external_id"][0]), "")
    one.fields[order.name] = (f'{{ row = "{order.name}" }}', "")
    if known and "party" in desk.catalogue[table].columns:
        one.fields["party"] = ('{ row = "party" }', "")
    one.take(work)
    if table == "payment" and "amount" not in one.fields and "gross_amount" in order.fields:
        one.fields["amount"] = order.fields["gross_amount"]
    desk.made.append(one)


def _article(desk: Desk) -> list[str]:
    """Sections of an article; none when nothing tells articles apart."""
    product, variant = desk.work("product"), desk.work("product_variant")
    price, stock = desk.work("price"), desk.work("stock_level")
    for target, other in (("sku", "code"), ("external_id", "external_id")):
        if target not in variant.good and other in product.good:
            variant.good[target] = (replace(product.good[other][0], target=target), "")
    keys = [
        key
        for key in (("sku",), ("external_id",), ("barcode",))
        if key[0] in variant.good and filled(variant, key[0])
    ]
    if not keys:
        return []
    known = variant.good[keys[0][0]][0]
    if set(product.good) - {"code", "external_id"}:
        made = Section("product", "product", ['key      = ["source", "external_id"]', 'repeated = "last"'])
        made.constant("source", quoted(desk.name))
        made.fields["external_id"] = (written(product.good.get("external_id", (known, ""))[0]), "")
        made.take(product)
        desk.made.append(made)
    listed = ["source", "external_id"] if keys[0] == ("external_id",) else list(keys[0])
    shown = ", ".join(map(quoted, listed))
    one = Section("variant", "product_variant", [f"key      = [{shown}]", 'repeated = "last"'])
    one.constant("source", quoted(desk.name))
    if desk.made:
        one.fields["product"] = ('{ row = "product" }', "")
    one.take(variant)
    if "name" in product.good:
        one.fields.setdefault("name", (written(product.good["name"][0]), ""))
    desk.made.append(one)
    if "amount" in price.good:
        _of_variant(
            desk, "price", price, 'key      = ["variant", "price_list"]', ("price_list", quoted(desk.name))
        )
    if "on_hand" in stock.good or "available" in stock.good:
        _of_variant(desk, "stock_level", stock, 'key      = ["variant", "warehouse", "lot"]', ("lot", '""'))
    return []


def _of_variant(desk: Desk, table: str, work: Work, key: str, given: tuple[str, str]) -> None:
    """Price or stock of an article. Stock lies in the place that the file names, else in one named after the mapping."""
    needed = work.good[
        "amount" if table == "price" else "on_hand" if "on_hand" in work.good else "available"
    ][0]
    sql = quoted('"' + needed.columns[0].replace('"', '""') + '" IS NOT NULL')
    one = Section(table.partition("_")[0], table, [key, 'repeated = "last"', f"where    = {sql}"])
    one.constant("source", quoted(desk.name))
    one.fields["variant"] = ('{ row = "variant" }', "")
    if table == "stock_level":
        places = [guess.column for guess in desk.guesses if guess.field == "stock_level.warehouse"]
        place = quoted(places[0]) if places else f"{{ value = {quoted(desk.name)} }}"
        desk.left = [(column, why) for column, why in desk.left if column not in places[:1]]
        one.fields["warehouse"] = (
            f'{{ find = "warehouse", by = [{{ code = {place} }}], missing = "create" }}',
            "",
        )
    one.take(work)
    one.constant(*given)
    if table == "price":
        _taxed(one, "amount", "includes_tax", needed.columns[0])
    desk.made.append(one)


def _taxed(section: Section, amount: str, flag: str, column: str) -> None:
    """Say whether a price is with tax, where its column's name does."""
    ideas = {idea for one in readings(column, known().lexicon) for idea in one.ideas}
    if amount in section.fields and len(ideas & {"net", "gross"}) == 1:
        section.constant(flag, "true" if "gross" in ideas else "false")


def _text(desk: Desk, top: Sequence[str], read: Sequence[tuple[str, str]]) -> str:
    labels = [
        (table.label_fr if desk.language == "fr" else table.label_en) or table.name
        for table in (desk.catalogue[section.table] for section in desk.made)
    ]
    said = message("guessing.head", table=", ".join(dict.fromkeys(labels)))
    out = ["# " + render(said, desk.language), "version  = 1", *top]
    if read:
        out += ["", "[read]", *(f"{option} = {quoted(value)}" for option, value in read)]
    for section in desk.made:
        out += ["", f"[tables.{section.name}]", f"table    = {quoted(section.table)}", *section.settings]
        out += [f"[tables.{section.name}.fields]"]
        wide = max(map(len, section.fields))
        out += [
            f"{target.ljust(wide)} = {value}" + (f"  # {because}" if because else "")
            for target, (value, because) in section.fields.items()
        ]
    if desk.left:
        out += ["", "# " + render(message("guessing.left"), desk.language)]
        out += [f"#   {column}: {render(why, desk.language)}".replace("\n", " ") for column, why in desk.left]
    return "\n".join(out) + "\n"
