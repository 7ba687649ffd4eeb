"""Statements of account become entries that add up to what was paid out."""

from dataclasses import replace
from pathlib import Path

from checks.rows import split
from tests.connectors.files import ready
from tests.connectors.files.ready import ALIPAY, CONTEXT, STAMP, Ready, put, read

AMAZON = Ready("amazon_settlements", "exported_settlements", "amazon/settlement_{}")
HEADER = [
    "settlement-id",
    "settlement-start-date",
    "settlement-end-date",
    "deposit-date",
    "total-amount",
    "currency",
    "transaction-type",
    "order-id",
    "merchant-order-id",
    "adjustment-id",
    "shipment-id",
    "marketplace-name",
    "amount-type",
    "amount-description",
    "amount",
    "fulfillment-id",
    "posted-date",
    "posted-date-time",
    "order-item-code",
    "merchant-order-item-id",
    "merchant-adjustment-item-id",
    "sku",
    "quantity-purchased",
    "promotion-id",
]
"""As developer-docs.amazon.com/sp-api/docs/settlement-reports-attributes lists them."""
ENTRIES = [
    ("Order", "111-1", "ItemPrice", "Principal", "25.00", "sale"),
    ("Order", "111-1", "ItemPrice", "Principal", "25.00", "sale"),
    ("Order", "111-1", "ItemPrice", "Tax", "4.00", "tax"),
    ("Order", "111-1", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal", "-4.00", "tax"),
    ("Order", "111-1", "ItemFees", "Commission", "-7.50", "commission"),
    ("Order", "111-1", "ItemFees", "FBAPerUnitFulfillmentFee", "-5.50", "shipping"),
    ("Order", "111-1", "ItemFees", "FixedClosingFee", "-0.50", "fee"),
    ("Order", "111-1", "Promotion", "Principal", "-1.50", "sale"),
    ("Refund", "111-2", "ItemPrice", "Principal", "-18.00", "refund"),
    ("Refund", "111-2", "ItemFees", "RefundCommission", "-0.54", "commission"),
    ("other-transaction", "", "other-transaction", "Storage Fee", "-2.00", "adjustment"),
]


def report() -> str:
    """A report as Amazon writes it: a row that sums it up, then entries, tabs between."""
    rows = [dict.fromkeys(HEADER, "") | {"total-amount": "14.46", "currency": "USD"}]
    for kind, order, amount_type, description, amount, _ in ENTRIES:
        rows.append(
            dict.fromkeys(HEADER, "")
            | {
                "transaction-type": kind, "order-id": order, "amount-type": amount_type,
                "amount-description": description, "amount": amount, "currency": "USD",
                "posted-date-time": "2026-11-18 09:30:00 UTC", "order-item-code": "7",
            }
        )  # fmt: skip
    for row in rows:
        row["settlement-id"] = "1001"
    lines = [HEADER, *([row[name] for name in HEADER] for row in rows)]
    return "".join("\t".join(line) + "\r\n" for line in lines)


def test_entries_of_amazons_report_add_up_to_its_total_and_name_their_order(
    tmp_path: Path,
) -> None:
    put(tmp_path, "amazon/settlement_20261120.csv", report().encode())
    mapped = read(tmp_path, AMAZON)
    assert (mapped.rejects.height, mapped.unknown_fields) == (0, ())
    good = split(mapped, replace(CONTEXT, currency="USD")).good["settlements"]
    assert good["amount_minor"].sum() == 1446
    # Two pieces of one item are one entry.
    kinds = {(kind, order or None) for _, order, *_, kind in ENTRIES for kind in [kind]}
    assert set(good.select("entry_kind", "order_id").rows()) == kinds
    sale = good.filter(entry_kind="sale", order_id="111-1").sort("amount_minor")
    assert sale["amount_minor"].to_list() == [-150, 5000]
    assert good["payout_id"].unique().to_list() == ["1001"]
    assert good["currency"].unique().to_list() == ["USD"]


def test_a_withdrawal_of_alipay_is_no_entry_and_commission_is_told_from_fees(
    tmp_path: Path,
) -> None:
    put(tmp_path, f"{ALIPAY.file.format(STAMP)}.csv", ready.csv_bytes(ALIPAY.rows))
    good = read(tmp_path, ALIPAY).frames["settlements"]
    found = good.sort("entry_id").select("order_id", "entry_kind", "amount_minor").rows()
    assert found == [
        ("6917001", "sale", 9000),
        ("6917001", "commission", -450),
        ("6917001", "refund", -2000),
        (None, "fee", -120),
    ]
