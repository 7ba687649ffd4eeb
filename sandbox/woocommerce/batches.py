"""Many writes in one request: each succeeds or fails by itself."""

from collections.abc import Callable
from typing import Any, Final

from sandbox.woocommerce.calls import Call, Given, Reply
from sandbox.woocommerce.documents import Row
from sandbox.woocommerce.errors import RestError, not_emulated

MAX_ROWS: Final = 100


def batch(
    call: Call,
    *,
    create: Callable[[Given], Row] | None = None,
    update: Callable[[int, Given], Row] | None = None,
    delete: Callable[[int], Row] | None = None,
) -> Reply:
    """Do up to 100 writes one by one; one that is refused is a row with an `error`, in a 200.

    Raises:
        RestError: 413, more than 100.
    """
    rows = {name: call.body.get(name) or [] for name in ("create", "update", "delete")}
    if sum(map(len, rows.values())) > MAX_ROWS:
        said = f"Unable to accept more than {MAX_ROWS} items for this request."
        raise RestError("woocommerce_rest_request_entity_too_large", said, 413)
    done: dict[str, list[Row]] = {}
    for given in rows["create"]:
        done.setdefault("create", []).append(_row(0, create and _bound(create, given)))
    for given in rows["update"]:
        key = given.get("id", 0)
        number = int(key) if str(key).isdigit() else 0
        run = update and _bound(update, number, given)
        done.setdefault("update", []).append(_row(key, run))
    for key in rows["delete"]:
        done.setdefault("delete", []).append(_row(key, delete and _bound(delete, int(key))))
    return Reply(done)


def _bound(write: Callable[..., Row], *given: Any) -> Callable[[], Row]:
    return lambda: write(*given)


def _row(key: object, write: Callable[[], Row] | None) -> Row:
    try:
        if write is None:
            raise not_emulated("this write in a batch")
        return write()
    except RestError as refused:
        return {"id": key, "error": refused.answer()}
