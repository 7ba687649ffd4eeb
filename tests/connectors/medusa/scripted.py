"""A Medusa of a few rows behind a transport: its lists page and filter as the real ones do."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

_DATE = {"date": "Sun, 22 Nov 2026 00:00:00 GMT", "content-type": "application/json"}
_STORE = {"name": "Shop", "supported_currencies": [{"currency_code": "eur", "is_default": True}]}
_NAMES = {"product-variants": "variants"}


@dataclass
class Script:
    """Rows by path; what was asked for and written is kept in order."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    written: list[tuple[str, Any]] = field(default_factory=list)
    answer: Callable[[str], httpx.Response | None] = lambda path: None
    between: Callable[[], None] = lambda: None
    """Called after each page, so that a list can move while it is read."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/admin/")
        if request.method == "POST":
            self.written.append((path, json.loads(request.content)))
        told = self.answer(path)
        if told is not None:
            return told
        if request.method == "POST":
            return httpx.Response(200, json={}, headers=_DATE)
        asked = {name: request.url.params.get_list(name) for name in request.url.params}
        self.asked.append((path, asked))
        return httpx.Response(200, json=self._page(path, asked), headers=_DATE)

    def _page(self, path: str, asked: dict[str, list[str]]) -> dict[str, Any]:
        rows = self.rows.get(path, [_STORE] if path == "stores" else [])
        for name in ("id", "id[]", "sku", "code", "region_id"):
            if name in asked:
                plain = name.removesuffix("[]")
                rows = [one for one in rows if one.get(plain) in asked[name]]
        if "order" in asked:
            rows = sorted(rows, key=lambda one: str(one[asked["order"][0]]))
        offset, limit = (int(asked.get(name, [more])[0]) for name, more in _PAGE)
        name = _NAMES.get(path, path.replace("-", "_"))
        page = {name: rows[offset : offset + limit], "count": len(rows)}
        self.between()
        return page


_PAGE = (("offset", "0"), ("limit", "50"))
