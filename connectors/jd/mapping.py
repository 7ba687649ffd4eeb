"""JOS's other answers as canonical tables. Pure: the same pages and context give the same rows."""

from collections.abc import Iterable

import polars as pl

from connectors.base.catalogue import add_prices, add_sellable
from connectors.base.documents import by_part
from connectors.base.frames import PARENT, PART, ROW, empty_to_null
from connectors.base.mapping import Mapper, Parsed, coded, money, whole
from connectors.jd import wire
from connectors.jd.cells import instant
from connectors.jd.codes import (
    CANCEL_STATUS,
    CASE_STATUS,
    CURRENCY,
    LISTING_STATUS,
    REVIEW_RESULT,
)
from contracts.codes import CaseStatus
from contracts.streams import Context, Mapped, Page
from contracts.tables import Listing, RefundCase, Review


def refunds(pages: Iterable[Page], context: Context) -> Mapped:
    """After-sales cases, and wishes to cancel: two lists, told apart by the beginning of their ids.

    What a case comes to is yuan, on a page of its own: what was paid back, and until then what may
    be. A wish to cancel is fen; that those who pay approved it is all that is told of the money.
    """
    parts = by_part(pages)
    cases = wire.CASES.frames(parts.get("cases", []))
    amounts = wire.AMOUNTS.frames(parts.get("amount", []))
    cancels = wire.CANCELS.frames(parts.get("cancels", []))
    mapper = Mapper(context)
    _add_cases(mapper, cases.documents, amounts.documents)
    _add_cancels(mapper, cancels.documents)
    unknown = {*cases.unknown, *amounts.unknown, *cancels.unknown}
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def _add_cases(mapper: Mapper, cases: pl.DataFrame, amounts: pl.DataFrame) -> None:
    told = amounts.select(
        service=pl.col(PART).str.strip_prefix("amount:"),
        amount=pl.coalesce(
            "afsActualRefundDetail.actualRefundAmount", "afsEstimateRefundDetail.maxRefundAmount"
        ),
    ).unique("service", keep="last", maintain_order=True)
    bill = cases.select(pl.all().name.map(lambda name: name.removeprefix("sameOrderServiceBill.")))
    raw = bill.join(told, left_on="serviceId", right_on="service", how="left")
    # A case without a refund so far has no status.
    status = coded(pl.col("status").fill_null("0"), CASE_STATUS)
    completed, approved = instant("completeTime"), instant("approveDate")
    asked = instant("afsApplyTime")
    is_refunded = status.value == CaseStatus.REFUNDED
    mapper.add(
        RefundCase,
        raw,
        case_id=pl.format("afs:{}", "serviceId"),
        order_id=pl.col("orderId"),
        case_status=status,
        has_return=pl.col("approveDate").is_not_null(),
        requested_at=asked,
        refunded_at=pl.when(is_refunded).then(completed.value),
        currency=pl.lit(CURRENCY),
        asked_minor=money("amount", CURRENCY),
        reason=empty_to_null("applyReason"),
        source_updated_at=pl.max_horizontal(completed.value, approved.value, asked.value),
    )


def _add_cancels(mapper: Mapper, raw: pl.DataFrame) -> None:
    status = coded("status", CANCEL_STATUS)
    asked, checked, changed = instant("applyTime"), instant("checkTime"), instant("modified")
    is_refunded = status.value == CaseStatus.REFUNDED
    mapper.add(
        RefundCase,
        raw,
        case_id=pl.format("cancel:{}", "id"),
        order_id=pl.col("orderId"),
        case_status=status,
        has_return=pl.lit(value=False),
        requested_at=asked,
        refunded_at=pl.when(is_refunded).then(pl.coalesce(checked.value, changed.value)),
        currency=pl.lit(CURRENCY),
        asked_minor=whole("applyRefundSum"),
        source_updated_at=pl.max_horizontal(asked.value, checked.value, changed.value),
    )


def items(pages: Iterable[Page], context: Context) -> Mapped:
    """Listings, prices and stock, one of each per SKU."""
    found = wire.SKUS.frames(pages)
    raw, changed = found.documents, instant("modified")
    mapper = Mapper(context)
    mapper.add(
        Listing,
        raw,
        listing_id=pl.col("skuId"),
        product_id=pl.col("wareId"),
        sku_id=empty_to_null("outerId"),
        title=pl.coalesce(empty_to_null("skuName"), empty_to_null("wareTitle")),
        listing_status=coded("status", LISTING_STATUS),
        category=pl.col("categoryId"),
        created_at=instant("created"),
        source_updated_at=changed,
    )
    add_prices(
        mapper,
        raw,
        listing_id=pl.col("skuId"),
        price=money("jdPrice", CURRENCY),
        currency=CURRENCY,
        observed=changed,
    )
    add_sellable(
        mapper,
        raw,
        sku_id=empty_to_null("outerId"),
        warehouse_id=pl.col("skuId"),
        observed_at=pl.lit(context.read_at),
        pieces=pl.col("stockNum"),
    )
    return mapper.done(unknown_fields=found.unknown)


def reviews(pages: Iterable[Page], context: Context) -> Mapped:
    """Reviews, each with the first reply that it shows; its product is the SKU that was bought."""
    found = wire.COMMENTS.frames(pages)
    replies = found.lists["replies"].drop(ROW).unique(PARENT, keep="first", maintain_order=True)
    raw = found.documents.join(
        replies, left_on=ROW, right_on=PARENT, how="left", suffix=" of reply", maintain_order="left"
    )
    replied: Parsed = instant("creationTime of reply")
    mapper = Mapper(context).add(
        Review,
        raw,
        review_id=pl.col("commentId"),
        order_id=empty_to_null("orderId"),
        product_id=empty_to_null("skuid"),
        member_id=pl.coalesce(empty_to_null("open_id_buyer"), empty_to_null("xid_buyer")),
        review_result=coded("score", REVIEW_RESULT),
        stars_units=whole("score"),
        body=empty_to_null("content"),
        reviewed_at=instant("creationTime"),
        reply=empty_to_null("content of reply"),
        replied_at=replied,
    )
    return mapper.done(unknown_fields=found.unknown)
