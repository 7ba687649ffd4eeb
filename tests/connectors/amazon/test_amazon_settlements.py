"""The seller's account: what was sold, kept and given back, each counted once."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.rows import split
from connectors.amazon import CONNECTOR, settlement_mapping, settlements
from connectors.amazon.stores import STORES
from connectors.base.isolation import map_documents
from contracts.errors import SourceContractError, SourceRejectedError
from contracts.streams import Mapped, Page
from tests.connectors.amazon.answered_days import DAY, Opened
from tests.connectors.amazon.recorded import CONTEXT, refused
from tests.connectors.amazon.recorded_days import STORE
from tests.connectors.amazon.recorded_settlements import (
    booked,
    booked_page,
    charge,
    item,
    refund,
    shipment,
    transaction,
)

CANADA = next(key for key, store in STORES.items() if store.name == "Amazon.ca")


def mapped(*transactions: dict[str, Any]) -> Mapped:
    return settlement_mapping.settlements([booked_page(*transactions)], CONTEXT)


def entries(*transactions: dict[str, Any]) -> dict[str, int]:
    """What the entries of bookings come to, by kind."""
    found = mapped(*transactions).frames["settlements"]
    sums = found.group_by("entry_kind").agg(pl.col("amount_minor").sum())
    return dict(sums.iter_rows())


def cases(*transactions: dict[str, Any]) -> list[tuple[Any, ...]]:
    found = mapped(*transactions).frames["refund_cases"]
    return found.select("order_id", "line_id", "asked_minor").rows()


def test_a_sale_is_what_the_customer_paid_and_each_fee_goes_by_its_kind() -> None:
    assert entries(shipment(1)) == {
        "tax": 0,
        "sale": 4_249,
        "commission": -578,
        # Its own tax is part of a fee.
        "shipping": -944,
    }
    row = (
        mapped(shipment(1, related={"SETTLEMENT_ID": "9"})).frames["settlements"].row(0, named=True)
    )
    assert (row["order_id"], row["payout_id"]) == ("111-0000000-0000001", "9")
    assert str(row["settled_at"]) == "2026-11-18 12:45:47+00:00"


def test_a_refund_takes_the_sale_back_and_is_a_case_of_what_the_customer_got() -> None:
    assert entries(refund(3)) == {"refund": -3_850, "tax": 0, "commission": 462}
    # With its tax, which the platform had withheld and the customer had paid.
    assert cases(refund(3)) == [("111-0000000-0000003", "SKU-1", 4_170)]


def test_what_is_deferred_is_booked_when_its_money_comes_and_given_back_when_it_is_posted() -> None:
    back = {"DEFERRED_TRANSACTION_ID": "booking-1"}
    for make, kind in ((shipment, "sale"), (refund, "refund")):
        first = make(1, transactionStatus="DEFERRED")
        again = make(1, transactionId="booking-2", related=back)
        once = entries(make(1))
        assert kind not in entries(first)
        assert entries(first | {"transactionStatus": "DEFERRED_RELEASED"}, again) == once
        assert len(cases(first, again)) == len(cases(make(1)))
        assert len(cases(first)) == len(cases(make(1)))


@pytest.mark.parametrize("status", ["RELEASED", "Released", None])
def test_a_booking_that_is_not_deferred_counts_however_its_status_is_written(status: Any) -> None:
    assert entries(shipment(1, transactionStatus=status)) == entries(shipment(1))


def test_other_stores_of_the_account_and_withdrawals_are_no_entries_of_the_shop() -> None:
    there = {"marketplaceId": CANADA, "marketplaceName": "Amazon.ca"}
    assert (
        mapped(
            shipment(1, marketplaceDetails=there),
            refund(2, marketplaceDetails=there),
            transaction(3, "Transfer", -900.0, breakdowns=[charge("FundTransfer", -900.0)]),
        )
        .frames["settlements"]
        .is_empty()
    )
    # What the seller sends himself names no store, or one that is none.
    for details in (None, {"marketplaceName": "Non-Amazon US", "marketplaceId": "A1MQXOICRS2Z7M"}):
        assert entries(shipment(1, marketplaceDetails=details)) == entries(shipment(1))


@pytest.mark.parametrize(
    ("name", "within", "kind"),
    [
        ("OurPricePrincipal", "ProductCharges", "sale"),
        ("GiftwrapPrincipal", "Giftwrap", "sale"),
        ("ShippingDiscount", "PromoRebates", "sale"),
        ("ShippingTaxDiscount", "PromoRebates", "tax"),
        ("LowValueGoodsTax-Principal", "LowValueGoodsTax", "tax"),
        ("MarketplaceFacilitatorVAT-Shipping", "MarketplaceFacilitatorVAT", "tax"),
        ("Commission", "AmazonFees", "commission"),
        ("VariableClosingFee", "AmazonFees", "fee"),
        ("GiftwrapChargeback", "AmazonFees", "fee"),
        ("ShippingChargeback", "AmazonFees", "shipping"),
        ("SomethingNew", "AmazonFees", "fee"),
        ("FBAStorageFee", "Expenses", "fee"),
        ("SomethingNew", "SomethingElse", "adjustment"),
    ],
)
def test_a_charge_goes_by_its_name_else_by_what_it_stands_in(
    name: str, within: str, kind: str
) -> None:
    tree = charge(within, -2.0, charge(name, -2.0))
    assert entries(transaction(1, "Shipment", -2.0, item("A", -2.0, tree))) == {kind: -200}


def test_bookings_of_no_order_are_fees_and_adjustments_and_never_sales() -> None:
    storage = charge(
        "Expenses", -29.95, charge("AmazonFees", -29.95, charge("FBAStorageFee", -29.95))
    )
    lost = charge("Sales", 12.5, charge("FBAInventoryReimbursement", 12.5))
    none = {"ORDER_ID": None}
    assert entries(
        transaction(1, "ServiceFee", -29.95, breakdowns=[storage], related=none),
        # Its items say nothing, the whole does.
        transaction(2, "FBAInventoryReimbursement", 12.5, item("A", 12.5) | {"breakdowns": None},
                    breakdowns=[lost], related=none),
    ) == {"fee": -2_995, "adjustment": 1_250}  # fmt: skip
    assert cases(refund(3, related=none)) == []


def test_a_refund_of_several_skus_is_a_case_each_and_one_of_fees_alone_is_none() -> None:
    back = [item(sku, -amount, charge("OurPricePrincipal", -amount))
            for sku, amount in (("A", 3.0), ("B", 4.0), ("A", 5.0))]  # fmt: skip
    told = cases(transaction(1, "Refund", -12.0, *back))
    assert sorted((sku, minor) for _, sku, minor in told) == [("A", 800), ("B", 400)]
    fees = item("A", 1.0, charge("AmazonFees", 1.0, charge("Commission", 1.0)))
    assert cases(transaction(2, "Refund", 1.0, fees)) == []
    whole = [charge("Refunded Sales", -7.0, charge("ProductCharges", -7.0))]
    assert cases(transaction(3, "Refund", -7.0, breakdowns=whole)) == [
        ("111-0000000-0000003", None, 700)
    ]


NAMES = st.sampled_from(
    ["Sales", "Expenses", "AmazonFees", "ProductCharges", "Commission", "OurPriceTax", "Odd", ""]
)


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> dict[str, Any]:
    """Charges that add up on some levels and not on others, some without an amount."""
    inner = draw(st.lists(trees(depth=depth - 1), max_size=3)) if depth else []
    told = st.none() if inner else st.nothing()
    amount = draw(told | st.integers(-(10**6), 10**6).map(lambda minor: minor / 100))
    return charge(draw(NAMES), amount, *inner)


@given(
    total=st.integers(-(10**6), 10**6),
    items=st.lists(st.lists(trees(), max_size=3), max_size=2),
    whole=st.lists(trees(), max_size=3),
    kind=st.sampled_from(["Shipment", "Refund", "ServiceFee", "NeverHeardOf", ""]),
)
def test_entries_always_add_up_to_what_was_booked(
    total: int, items: Sequence[list[Any]], whole: list[Any], kind: str
) -> None:
    told = [item("A", 0.0, *charges) for charges in items]
    assert (
        sum(entries(transaction(1, kind, total / 100, *told, breakdowns=whole)).values()) == total
    )


def test_entries_of_another_currency_are_set_aside_and_no_others() -> None:
    strange = shipment(2)
    strange["totalAmount"]["currencyCode"] = "EUR"
    found = split(mapped(shipment(1), strange), CONTEXT)
    assert found.good["settlements"]["order_id"].unique().to_list() == ["111-0000000-0000001"]
    assert all("foreign_currency" in one for one in found.bad["reasons"])
    assert set(found.bad["table"]) == {"settlements"}


def test_a_booking_without_its_amount_is_set_aside_and_no_other() -> None:
    stream = CONNECTOR.stream("settlements")
    assert stream is not None
    odd = shipment(2) | {"totalAmount": {"currencyCode": "USD"}}
    found = map_documents(stream, lambda: [booked_page(shipment(1), odd)], CONTEXT)
    assert found.rejects["document_id"].to_list() == ["booking-2"]
    assert found.frames["settlements"]["order_id"].unique().to_list() == ["111-0000000-0000001"]


def test_pages_are_turned_to_the_last_though_one_is_empty_and_a_page_without_payload_stops(
    opened: Opened,
) -> None:
    script = {
        "transactions": [booked(following="two"), booked(following="three"), booked(refund(1))]
    }
    client, platform = opened(script)
    pages = list(settlements.transactions(client, DAY))
    assert [page.part for page in pages] == [f"transactions:{STORE}"] * 3
    asked = [dict(one.url.params) for one in platform.asked]
    span = {"postedAfter": "2026-11-21T00:00:00Z", "postedBefore": "2026-11-22T00:00:00Z"}
    assert asked == [span, span | {"nextToken": "two"}, span | {"nextToken": "three"}]
    with pytest.raises(SourceContractError):
        settlement_mapping.settlements([Page(b"{}", f"transactions:{STORE}")], CONTEXT)


def test_an_application_without_the_role_is_told_what_to_do(opened: Opened) -> None:
    client, _ = opened({"transactions": [refused(403, "Unauthorized")]})
    with pytest.raises(SourceRejectedError, match=r"Finance and Accounting.*has_finances = false"):
        list(settlements.transactions(client, DAY))
    assert CONNECTOR.streams_of is not None
    without, _ = opened({}, has_finances=False)
    told = {one.name for one in CONNECTOR.streams_of(without.settings)}
    assert {one.name for one in CONNECTOR.streams} - told == {"settlements"}


def test_amounts_are_read_digit_by_digit_and_never_as_fractions_of_two() -> None:
    for amount in (0.07, 1234567.89, 19.99, 8.0, 100):
        found = entries(transaction(1, "Shipment", amount, breakdowns=[charge("OurPrice", amount)]))
        assert found == {"sale": int(Decimal(str(amount)) * 100)}
