"""Files of many systems: real samples where there are some, else made with the documented layout."""

from __future__ import annotations

import csv
import io
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
SAMPLES = SAMPLES if SAMPLES.is_dir() else Path("/work/shared/samples")


@dataclass(frozen=True, eq=False)
class System:
    """`preset`: the ready mapping that the guess must propose; "": none is. `tables`: rows that the file makes.
    `change`: texts of the file and what they become; `differences`: (inserted, updated, deleted) by that."""

    name: str
    file: str
    tables: dict[str, int]
    change: tuple[tuple[str, str], ...]
    differences: tuple[int, int, int]
    preset: str = ""
    content: bytes | None = None  # None: a real sample, `file` below the folder of samples
    codec: str = "utf-8"

    @property
    def bytes(self) -> bytes:
        return (SAMPLES / self.file).read_bytes() if self.content is None else self.content

    @property
    def changed(self) -> bytes:
        text = self.bytes.decode(self.codec)
        for old, new in self.change:
            assert old in text, (self.name, old)
            text = text.replace(old, new)
        return text.encode(self.codec)


@cache
def _layouts() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(files("pipeline.guessing").joinpath("layouts.toml").read_text("utf-8"))


def made(layout: str, *rows: dict[str, str], delimiter: str = ",") -> bytes:
    """A file with all columns of a known layout; `rows` fill some of them."""
    system, _, name = layout.partition(".")
    out = io.StringIO()
    header = list(_layouts()[system][name])
    writer = csv.DictWriter(out, header, restval="", delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def row(columns: str, *cells: str) -> dict[str, str]:
    """`columns`: separated by `|`."""
    return dict(zip(columns.split("|"), cells, strict=True))


_ORDER = "Name|Email|Financial Status|Paid at|Currency|Subtotal|Shipping|Taxes|Total|Created at|Lineitem quantity|Lineitem name|Lineitem price|Lineitem sku|Billing Name|Billing Address1|Billing City|Billing Zip|Billing Country|Shipping Name|Shipping City|Shipping Country|Fulfilled at|Shipping Method|Id|Payment ID|Payment Method"
_AT = "2026-02-03 10:11:12 +0100"
SHOPIFY_ORDERS = made(
    "shopify.orders",
    row(_ORDER, "#1001", "ann@example.com", "paid", _AT, "EUR", "30.00", "5.00", "5.83", "35.00", _AT, "2", "Tea", "10.00", "TEA", "Ann Lee", "1 rue A", "Lyon", "'69001", "FR", "Ann Lee", "Lyon", "FR", _AT, "Colissimo", "71", "p1", "Card"),
    row("Name|Lineitem quantity|Lineitem name|Lineitem price|Lineitem sku", "#1001", "1", "Cup", "10.00", "CUP"),
    row(_ORDER, "#1002", "", "pending", "", "EUR", "10.00", "0", "0", "10.00", _AT, "1", "Tea", "10.00", "TEA", "", "", "", "", "", "", "", "", "", "", "72", "", ""),
)  # fmt: skip
_CUSTOMER = "First Name|Last Name|Email|Company|Address1|City|Province Code|Country Code|Zip|Phone|Accepts Marketing|Tax Exempt"
_STOCK = "Handle|Title|SKU|Location|Incoming|Committed|Available|On hand"
_WOO = "order_id|order_number|order_date|status|shipping_total|tax_total|order_total|order_currency|payment_method|billing_first_name|billing_last_name|billing_email|billing_address_1|billing_postcode|billing_city|billing_country|shipping_city|shipping_country"
_MAGENTO = "ID|Purchase Point|Purchase Date|Bill-to Name|Grand Total (Purchased)|Status|Customer Email|Subtotal|Shipping and Handling|Customer Name|Payment Method"
_SQUARE = "Date|Time|Category|Item|Qty|SKU|Gross Sales|Discounts|Net Sales|Tax|Transaction ID|Payment ID|Device Name|Event Type|Location"
_SHOPKEEP = "Time|Register Name/Number|Cashier Name|Operation Type|Store Code|Line Item|Department|Cost|Price|Quantity|Discounts|Net Total|Tax|Total Due|Transaction ID"
_AMAZON = "order-id|order-item-id|purchase-date|payments-date|buyer-email|buyer-name|sku|product-name|quantity-purchased|currency|item-price|item-tax|recipient-name|ship-address-1|ship-city|ship-postal-code|ship-country"
_EBAY = "Sales Record Number|Order Number|Buyer Username|Buyer Name|Buyer Email|Ship To Name|Ship To City|Ship To Zip|Item Title|Custom Label|Quantity|Sold For|Shipping And Handling|Total Price|Sale Date|Paid On Date|Shipped On Date|Tracking Number"
_ETSY = "Sale Date|Item Name|Buyer|Quantity|Price|Item Total|Currency|Transaction ID|Date Paid|Ship Name|Ship City|Ship Zipcode|Order ID|SKU|Order Shipping"
_STRIPE = "id|Description|Created (UTC)|Amount|Currency|Fee|Customer Email|Transfer"
_PAYPAL = "Date|Time|Name|Type|Status|Currency|Gross|Fee|Net|From Email Address|Transaction ID|Invoice Number"
_TIERS = "Id|Nom|Client|Fournisseur|Code client|Adresse|Code postal|Ville|Code pays|Téléphone|Email|ID professionnel 2|Num TVA"
_CONTACT = "id|name|is_company|zip|city|street|phone|email|vat"

SYSTEMS = (
    System("shopify-orders", "orders_export.csv", {"party": 1, "address": 2, "sales_order": 2, "sales_order_line": 3, "payment": 1, "shipment": 1, "product_variant": 2, "stock_movement": 3, "warehouse": 1},
           (("pending", "refunded"), ("CUP", "MUG")), (1, 3, 1), "shopify-orders", SHOPIFY_ORDERS),
    System("shopify-products", "shopify/products_export_48col_packt.csv", {"product": 20, "product_variant": 21, "price": 21},
           (("69.99,85.00", "79.99,85.00"),), (0, 1, 0), "shopify-products"),
    System("shopify-customers", "customers_export.csv", {"party": 2, "address": 1}, (("0102", "0103"),), (0, 1, 0), "shopify-customers", made(
        "shopify.customers",
        row(_CUSTOMER, "Ada", "King", "ada@example.com", "", "1 High St", "London", "", "GB", "N1 1AA", "0102030405", "yes", "no"),
        row(_CUSTOMER, "Bob", "Day", "bob@example.com", "", "", "", "", "", "", "", "no", "no"))),
    System("shopify-inventory", "inventory_export.csv", {"product_variant": 2, "warehouse": 2, "stock_level": 3}, ((",7\n", ",6\n"),), (0, 1, 0), "shopify-inventory", made(
        "shopify.inventory",
        row(_STOCK, "tea", "Tea", "TEA-1", "Shop", "0", "1", "6", "7"),
        row(_STOCK, "tea", "Tea", "TEA-1", "Depot", "0", "0", "9", "9"),
        row(_STOCK, "cup", "Cup", "CUP-1", "Shop", "2", "0", "3", "3"),
        row(_STOCK, "cup", "Cup", "CUP-1", "Depot", "not stocked", "not stocked", "not stocked", "not stocked"))),
    System("woocommerce-products", "woocommerce/sample_products_excerpt.csv", {"product": 3, "product_variant": 3, "price": 3},
           (("\"V-Neck T-Shirt - Red\"", "\"V-Neck T-Shirt, red\""),), (0, 1, 0), "woocommerce-products"),
    System("woocommerce-orders", "orders.csv", {"party": 2, "address": 3, "sales_order": 2, "payment": 2}, (("processing", "completed"),), (0, 1, 0), "woocommerce-orders", made(
        "woocommerce.orders_skyverge",
        row(_WOO, "501", "501", "2026-02-01 09:00:00", "completed", "4.90", "2.00", "14.90", "EUR", "stripe", "Ann", "Lee", "ann@shop.example", "1 rue A", "69001", "Lyon", "FR", "Lyon", "FR"),
        row(_WOO, "502", "502", "2026-02-02 09:00:00", "processing", "0", "2.00", "10.00", "EUR", "paypal", "Bob", "Day", "bob@shop.example", "2 rue B", "75001", "Paris", "FR", "", ""))),
    System("prestashop-products", "prestashop/products_import.csv", {"product": 7, "product_variant": 7, "price": 7, "stock_level": 7, "warehouse": 1},
           ((";160;", ";150;"),), (0, 1, 0), "prestashop-products", None, "latin-1"),
    System("prestashop-customers", "prestashop/customers_import.csv", {"party": 9}, (("Hook;James", "Hook;Jim"),), (0, 1, 0), "prestashop-customers"),
    System("prestashop-suppliers", "prestashop/suppliers_import.csv", {"party": 3}, (("Applestore;<p>", "Apple;<p>"),), (0, 1, 0), "prestashop-suppliers", None, "latin-1"),
    System("magento-products", "catalog_product.csv", {"product": 2, "product_variant": 2, "price": 2, "stock_level": 2, "warehouse": 1}, ((",34.00", ",35.00"),), (0, 1, 0), "magento-products", made(
        "magento.m2_products",
        row("sku|name|price|qty|product_online|categories|weight", "24-MB01", "Joust Duffle Bag", "34.00", "100", "1", "Gear/Bags", "1.5"),
        row("sku|name|price|qty|product_online", "24-MB02", "Fusion Backpack", "59.00", "98", "2"),
        row("sku|store_view_code|name", "24-MB01", "fr", "Sac Joust"))),
    System("magento-orders", "orders.csv", {"party": 2, "sales_order": 2, "payment": 2}, (("Pending", "Complete"),), (0, 1, 0), "magento-orders", made(
        "magento.orders_grid",
        row(_MAGENTO, "000000001", "Main Website", "2026-02-01 08:00:00", "Ann Lee", "36.39", "Complete", "ann@m.example", "29.00", "5.00", "Ann Lee", "checkmo"),
        row(_MAGENTO, "000000002", "Main Website", "2026-02-02 08:00:00", "Bob Day", "39.64", "Pending", "bob@m.example", "32.00", "5.00", "Bob Day", "checkmo"))),
    System("odoo-contacts", "res.partner.csv", {"party": 2, "address": 1}, (("Azure", "Azur"),), (0, 1, 0), "odoo-contacts", made(
        "odoo.contacts",
        row(_CONTACT, "base.res_partner_1", "Azure Interior", "True", "94538", "Fremont", "4557 De Silva St", "+1 870 931 0505", "azure@example.com", "US12345677"),
        row(_CONTACT, "base.res_partner_2", "Brandon Freeman", "False", "", "", "", "+1 355 687 3262", "brandon@example.com", ""))),
    System("odoo-products", "product.product.csv", {"product": 2, "product_variant": 2, "price": 2}, ((",120.5,", ",130,"),), (0, 1, 0), "odoo-products", made(
        "odoo.product_variants",
        row("id|default_code|name|barcode|uom_id|weight|list_price|standard_price|categ_id", "product_a", "E-COM07", "Large Cabinet", "4006381333931", "Units", "0.33", "320.0", "200", "All / Saleable"),
        row("id|default_code|name|uom_id|list_price|standard_price|categ_id", "product_b", "FURN_7777", "Office Chair", "Units", "120.5", "70", "All / Saleable"))),
    System("dolibarr-thirdparties", "export_societe_1.csv", {"party": 2, "address": 2}, (("Dupont", "Dupond"),), (0, 1, 0), "dolibarr-thirdparties", made(
        "dolibarr.tiers_fr",
        row(_TIERS, "12", "Dupont SARL", "1", "0", "CU2301-0001", "3 rue Bleue", "69002", "Lyon", "FR", "0478000000", "contact@dupont.example", "73282932000074", "FR44732829320"),
        row(_TIERS, "13", "Durand", "0", "1", "", "", "", "", "FR", "", "", "", ""), delimiter=";")),
    System("dolibarr-products", "export_produit_1.csv", {"product": 2, "product_variant": 2, "price": 2}, ((";12.5;", ";13;"),), (0, 1, 0), "dolibarr-products", made(
        "dolibarr.produits_fr",
        row("Id|Réf.|Libellé|Prix unitaire HT|Prix unitaire TTC|En vente|Poids", "1", "THE", "Thé vert", "12.5", "15", "1", "0.25"),
        row("Id|Réf.|Libellé|Prix unitaire HT|Prix unitaire TTC|En vente", "2", "TASSE", "Tasse", "4", "4.8", "0"), delimiter=";")),
    System("fec-pipe", "fec/123456789FEC20201231.txt", {"journal_entry": 5}, (("test line", "a line"),), (0, 2, 0), "fec"),
    System("fec-tab", "fec/123456789FEC20201231_tab_latin9.txt", {"journal_entry": 3}, (("Ventes de marchandises", "Ventes"),), (0, 1, 0), "fec", None, "iso8859-15"),
    System("square", "items.csv", {"pos_ticket": 2, "pos_ticket_line": 3, "product_variant": 3, "stock_movement": 3, "warehouse": 1}, ((",Latte,", ",Flat white,"), ("Muffin,2", "Muffin,3")), (0, 3, 0), "square-items", made(
        "square.items",
        row(_SQUARE, "2026-02-13", "08:15:00", "Coffee", "Latte", "1", "LAT", "$4.50", "$0.00", "$4.50", "$0.45", "T1", "P1", "Till 1", "Payment", "Center"),
        row(_SQUARE, "2026-02-13", "08:15:00", "Food", "Muffin", "2", "MUF", "$6.00", "-$1.00", "$5.00", "$0.50", "T1", "P1", "Till 1", "Payment", "Center"),
        row(_SQUARE, "2026-02-13", "09:00:00", "Coffee", "Espresso", "-1", "ESP", "($2.50)", "$0.00", "($2.50)", "($0.25)", "T2", "P2", "Till 1", "Refund", "Center"))),
    System("shopkeep", "transaction_items.csv", {"pos_ticket": 2, "pos_ticket_line": 3, "product_variant": 2, "stock_movement": 2, "warehouse": 1}, (("Void", "Return"),), (1, 1, 0), "shopkeep-items", made(
        "shopkeep.transaction_items",
        row(_SHOPKEEP, "2026-02-13 10:00:00", "Register 1", "Eve", "Sale", "A1", "Soap", "Care", "1.00", "3.50", "2", "0.00", "7.00", "0.70", "7.70", "3001"),
        row(_SHOPKEEP, "2026-02-13 10:00:00", "Register 1", "Eve", "Sale", "A2", "Towel", "Home", "4.00", "9.00", "1", "0.00", "9.00", "0.90", "9.90", "3001"),
        row(_SHOPKEEP, "2026-02-13 11:00:00", "Register 1", "Eve", "Void", "A1", "Soap", "Care", "1.00", "3.50", "-1", "0.00", "-3.50", "-0.35", "-3.85", "3002"))),
    System("amazon", "orders.txt", {"party": 1, "address": 1, "sales_order": 2, "sales_order_line": 3}, (("Blue pen", "Black pen"),), (0, 1, 0), "amazon-orders", made(
        "amazon.orders",
        row(_AMAZON, "305-1", "11", "2026-02-13T10:11:12+00:00", "2026-02-13T10:11:12+00:00", "x1@marketplace.example", "Carl", "PEN-B", "Blue pen", "3", "EUR", "5.97", "0.95", "Carl", "Hauptstr. 1", "Berlin", "10115", "DE"),
        row(_AMAZON, "305-1", "12", "2026-02-13T10:11:12+00:00", "2026-02-13T10:11:12+00:00", "x1@marketplace.example", "Carl", "PAD", "Pad", "1", "EUR", "2.00", "0.32", "Carl", "Hauptstr. 1", "Berlin", "10115", "DE"),
        row(_AMAZON, "305-2", "13", "2026-02-14T10:11:12+00:00", "2026-02-14T10:11:12+00:00", "", "", "PAD", "Pad", "1", "EUR", "2.00", "0.32", "", "", "", "", ""), delimiter="\t")),
    System("ebay", "orders_report.csv", {"party": 1, "address": 1, "sales_order": 1, "sales_order_line": 2, "shipment": 1}, (("Vintage lamp", "Old lamp"),), (0, 1, 0), "ebay-orders", made(
        "ebay.orders",
        row(_EBAY, "900", "12-34567-89012", "lampfan", "Dana Fox", "dana@members.example", "Dana Fox", "Leeds", "LS1 1AA", "", "", "2", "29.98", "3.00", "32.98", "Feb-13-26", "Feb-13-26", "Feb-14-26", "AB123"),
        row("Sales Record Number|Order Number|Item Title|Custom Label|Quantity|Sold For", "901", "12-34567-89012", "Vintage lamp", "LAMP", "1", "19.99"),
        row("Sales Record Number|Order Number|Item Title|Custom Label|Quantity|Sold For", "902", "12-34567-89012", "Bulb", "BULB", "1", "9.99"))),
    System("etsy", "EtsySoldOrderItems.csv", {"party": 1, "address": 1, "sales_order": 1, "sales_order_line": 2}, (("Ring", "Silver ring"),), (0, 1, 0), "etsy-items", made(
        "etsy.order_items",
        row(_ETSY, "02/13/26", "Ring", "Fay Green (fayg)", "1", "20.00", "20.00", "EUR", "8001", "02/13/2026", "Fay Green", "Nantes", "44000", "7001", "RING", "3.00"),
        row(_ETSY, "02/13/26", "Chain", "Fay Green (fayg)", "2", "5.00", "10.00", "EUR", "8002", "02/13/2026", "Fay Green", "Nantes", "44000", "7001", "CHAIN", "3.00"))),
    System("stripe", "payments.csv", {"party": 2, "payment": 3}, ((",0.59,", ",0.60,"),), (0, 1, 0), "stripe-payments", made(
        "stripe.payments",
        row(_STRIPE, "ch_1", "Order 501", "2026-02-13 10:11", "14.90", "eur", "0.59", "ann@stripe.example", "po_1"),
        row(_STRIPE, "ch_2", "Order 502", "2026-02-13 11:11", "10.00", "eur", "0.48", "bob@stripe.example", "po_1"),
        row(_STRIPE, "ch_3", "", "2026-02-14 11:11", "3.00", "eur", "0.33", "", "po_2"))),
    System("paypal", "Download.CSV", {"party": 1, "payment": 2}, (("-0.55", "-0.56"),), (0, 1, 0), "paypal-activity", made(
        "paypal.activity",
        row(_PAYPAL, "13/02/2026", "10:11:12", "Gil Ray", "Express Checkout Payment", "Completed", "EUR", "12.00", "-0.55", "11.45", "gil@pay.example", "PP1", "501"),
        row(_PAYPAL, "14/02/2026", "08:00:00", "", "General Withdrawal", "Completed", "EUR", "-11.45", "0.00", "-11.45", "", "PP2", ""))),
    System("bagisto", "bagisto/customers.csv", {"party": 3}, (("Johnson", "Jonson"),), (0, 1, 0)),
    System("opensourcepos", "opensourcepos/importCustomers.csv", {"party": 1, "address": 1}, (("Bob,Smith", "Rob,Smith"),), (0, 1, 0)),
    System("spree", "spree/fx_customers_import.csv", {"party": 3, "address": 2}, (("555-0202", "555-0203"),), (0, 1, 0)),
    System("metasfresh", "metasfresh/pcm_10_PurchaseOrder_ImportFile.csv", {"purchase_order": 2, "purchase_order_line": 2}, (("15.04.2024 07:55", "15.04.2024 08:55"),), (0, 1, 0)),
)  # fmt: skip
