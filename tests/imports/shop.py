"""A shop's orders in 79 columns, made; and the mapping that fills six tables from them."""

from __future__ import annotations

import csv
import io
import random
from decimal import Decimal

COLUMNS = [
    "Name",
    "Email",
    "Financial Status",
    "Paid at",
    "Fulfillment Status",
    "Fulfilled at",
    "Accepts Marketing",
    "Currency",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Discount Code",
    "Discount Amount",
    "Shipping Method",
    "Created at",
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
    "Lineitem compare at price",
    "Lineitem sku",
    "Lineitem requires shipping",
    "Lineitem taxable",
    "Lineitem fulfillment status",
    "Billing Name",
    "Billing Street",
    "Billing Address1",
    "Billing Address2",
    "Billing Company",
    "Billing City",
    "Billing Zip",
    "Billing Province",
    "Billing Country",
    "Billing Phone",
    "Shipping Name",
    "Shipping Street",
    "Shipping Address1",
    "Shipping Address2",
    "Shipping Company",
    "Shipping City",
    "Shipping Zip",
    "Shipping Province",
    "Shipping Country",
    "Shipping Phone",
    "Notes",
    "Note Attributes",
    "Cancelled at",
    "Payment Method",
    "Payment Reference",
    "Refunded Amount",
    "Vendor",
    "Outstanding Balance",
    "Employee",
    "Location",
    "Device ID",
    "Id",
    "Tags",
    "Risk Level",
    "Source",
    "Lineitem discount",
    "Tax 1 Name",
    "Tax 1 Value",
    "Tax 2 Name",
    "Tax 2 Value",
    "Tax 3 Name",
    "Tax 3 Value",
    "Tax 4 Name",
    "Tax 4 Value",
    "Tax 5 Name",
    "Tax 5 Value",
    "Phone",
    "Receipt Number",
    "Duties",
    "Billing Province Name",
    "Shipping Province Name",
    "Payment ID",
    "Payment Terms Name",
    "Next Payment Due At",
    "Payment References",
]

MAPPING = """
version  = 1
document = "Name"
unit     = "document"

[read]
date    = "%Y-%m-%d %H:%M:%S %z"
decimal = "."

[tables.customer]
table    = "party"
key      = [["source", "email"], ["source", "external_id"]]
repeated = "last"
[tables.customer.fields]
source            = { value = "shopify" }
external_id       = { column = "Id", write = "create" }
email             = "Email"
phone             = "Phone"
name              = "Billing Name"
company_no        = { column = "Billing Company", write = "if-empty" }
is_customer       = { value = true }
accepts_marketing = "Accepts Marketing"

[tables.billing]
table    = "address"
optional = true
repeated = "last"
[tables.billing.fields]
party       = { row = "customer" }
kind        = { value = "billing" }
recipient   = "Billing Name"
company     = "Billing Company"
street1     = "Billing Address1"
street2     = "Billing Address2"
postal_code = "Billing Zip"
city        = "Billing City"
region      = "Billing Province"
country     = "Billing Country"
phone       = "Billing Phone"

[tables.shipping]
table    = "address"
optional = true
repeated = "last"
[tables.shipping.fields]
party       = { row = "customer" }
kind        = { value = "shipping" }
recipient   = "Shipping Name"
company     = "Shipping Company"
street1     = "Shipping Address1"
street2     = "Shipping Address2"
postal_code = "Shipping Zip"
city        = "Shipping City"
region      = "Shipping Province"
country     = "Shipping Country"
phone       = "Shipping Phone"

[tables.order]
table = "sales_order"
[tables.order.fields]
source            = { value = "shopify" }
number            = "Name"
external_id       = "Id"
party             = { row = "customer" }
billing_address   = { row = "billing" }
shipping_address  = { row = "shipping" }
ordered_at        = "Created at"
paid_at           = "Paid at"
cancelled_at      = "Cancelled at"
currency          = "Currency"
tax_amount        = "Taxes"
gross_amount      = "Total"
shipping_amount   = "Shipping"
discount_amount   = "Discount Amount"
discount_code     = "Discount Code"
refunded_amount   = "Refunded Amount"
payment_status    = "Financial Status"
fulfilment_status = { column = "Fulfillment Status", default = "unfulfilled" }
email             = "Email"
phone             = "Phone"
tags              = "Tags"
notes             = "Notes"

[tables.line]
table = "sales_order_line"
lines = "replace"
[tables.line.fields]
order           = { row = "order" }
line_no         = { count = "document" }
sku             = "Lineitem sku"
description     = "Lineitem name"
quantity        = "Lineitem quantity"
unit_price      = "Lineitem price"
discount_amount = "Lineitem discount"

[tables.payment]
optional = true
key      = ["source", "external_id"]
[tables.payment.fields]
source      = { value = "shopify" }
external_id = "Payment ID"
order       = { row = "order" }
party       = { row = "customer" }
amount      = "Total"
currency    = "Currency"
paid_at     = "Paid at"
method      = "Payment Method"
reference   = "Payment Reference"
"""

Row = dict[str, str]


def rows(orders: int, seed: int = 1, start: int = 1000) -> list[Row]:
    """The rows of so many orders; an order's own cells stand on its first row only."""
    r = random.Random(seed)
    out: list[Row] = []
    for i in range(orders):
        cust = r.randrange(int(orders * 0.8) + 1)
        mail = f"client{cust}@example.com" if r.random() < 0.7 else ""
        items = [
            (r.randint(1, 5), Decimal(r.randint(199, 19999)) / 100, Decimal(r.choice([0, 0, 50])) / 100)
            for _ in range(r.randint(1, 4))
        ]
        paid = r.random() < 0.9
        at = f"2026-{r.randint(1, 12):02}-{r.randint(1, 28):02} 10:{r.randint(0, 59):02}:00 +0100"
        total = sum((q * p - d for q, p, d in items), Decimal("4.90"))
        for j, (quantity, price, discount) in enumerate(items):
            row = {
                "Name": f"#{start + i}", "Email": mail, "Lineitem quantity": str(quantity), "Lineitem price": str(price),
                "Lineitem name": f'Article {r.randint(1, 500)} - bleu, "été"', "Lineitem sku": f"{r.randint(1, 500):06}",
                "Lineitem discount": str(discount), "Vendor": "Maison",
            }  # fmt: skip
            if j == 0:
                row |= {
                    "Financial Status": "paid" if paid else "pending", "Paid at": at if paid else "", "Currency": "EUR",
                    "Accepts Marketing": "yes", "Shipping": "4.90", "Taxes": "1.00", "Total": str(total),
                    "Discount Amount": "0.00", "Created at": at, "Payment Method": "Shopify Payments",
                    "Refunded Amount": "0.00", "Id": str(5550000000 + start + i), "Risk Level": "Low",
                    "Payment ID": f"pay{start + i}" if paid else "", "Notes": "Laisser chez\nle gardien" if i % 20 == 0 else "",
                }  # fmt: skip
                for pre in ("Billing", "Shipping"):
                    row |= {
                        f"{pre} Name": f"Client {cust}", f"{pre} Address1": f"{cust} rue de l'Église", f"{pre} City": "Lyon",
                        f"{pre} Zip": "'69001", f"{pre} Country": "FR",
                    }  # fmt: skip
            out.append(row)
    return out


def content(rows: list[Row]) -> bytes:
    """The file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
