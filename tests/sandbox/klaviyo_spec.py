"""The official OpenAPI documents as judges of what the dialect answers."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

SPECS = Path(__file__).parents[3] / "shared/specs/klaviyo"
MEDIA = "application/vnd.api+json"
_FORMATS = FormatChecker(formats=())


def _is_instant(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


_FORMATS.checks("date-time", raises=ValueError)(_is_instant)


@cache
def spec(name: str) -> dict[str, Any]:
    """An official document; the test is skipped where it is not at hand."""
    path = SPECS / f"{name}.json"
    if not path.exists():
        pytest.skip("the platform's specs lie outside the repository")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def operation(name: str, method: str, path: str) -> dict[str, Any]:
    """One operation of a document."""
    found: dict[str, Any] = spec(name)["paths"][path][method.lower()]
    return found


def judge(name: str, path: str, response: httpx.Response) -> Any:
    """Fail unless the answer is one that the document declares; returns its body."""
    declared = operation(name, response.request.method, path)["responses"]
    found = declared.get(
        str(response.status_code), declared.get(f"{response.status_code // 100}XX")
    )
    assert found is not None, f"{response.status_code} is not declared"
    found = _resolved(spec(name), found)
    if "content" not in found:
        assert response.content == b""
        return None
    assert response.headers["content-type"] == MEDIA
    schema = found["content"][MEDIA]["schema"]
    body = response.json()
    errors = Draft202012Validator(schema, format_checker=_FORMATS).iter_errors(body)
    assert [f"{list(one.path)}: {one.message[:200]}" for one in errors] == []
    return body


def _resolved(document: dict[str, Any], node: Any) -> Any:
    """A schema without references, in today's JSON Schema."""
    if isinstance(node, list):
        return [_resolved(document, one) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _resolved(document, target)
    found = {name: _resolved(document, value) for name, value in node.items()}
    # Some branches of `oneOf` are the same schema thrice, which nothing could ever satisfy.
    if "oneOf" in found:
        found["anyOf"] = found.pop("oneOf")
    if found.pop("nullable", False) is True:
        return {"anyOf": [found, {"type": "null"}]}
    return found
