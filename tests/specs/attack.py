"""What schemathesis attacks a dialect with, and judges it by: the platform's official document.

The document is cut to what the dialect serves, and told of the account behind it: where only a
value of the account's own can succeed, that is the only right one, and a call that succeeds is an
example. What an answer must look like is never touched.

On: `not_a_server_error`; `status_code_conformance`, `content_type_conformance`,
`response_schema_conformance`, `response_headers_conformance`, the answer is a documented one;
`negative_data_rejection`, `missing_required_header`, what the document forbids is refused;
`unsupported_method`, `allow_header_conformance`, other methods answer 405 and name the right ones;
`ignored_auth`, without the key nothing is answered (where the document states a key: Klaviyo's).

Off: `positive_data_acceptance`, because the documents say only in prose, or not at all, what goes
together and which texts mean something (spans of time, filters, cursors, types of reports); instead
every operation must have answered with success, too. `use_after_free` and
`ensure_resource_availability` judge calls in a row, which schemathesis makes along links; the
documents have none, so its stateful phase is off; `object_level_authorization` needs two accounts,
and a dialect has one; `max_response_time` is about a real network.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

SPECS = Path(__file__).parents[3] / "shared/specs"
EXAMPLES = 60
"""Calls at random per operation; those that cover the document are as many as it takes."""
SEED = 20261122


@dataclass(frozen=True)
class Target:
    """An operation to attack, and a call of it that succeeds: its path, query, and body."""

    name: str
    template: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None

    @property
    def keys(self) -> dict[str, str]:
        """The values in the path."""
        pattern = re.sub(r"{(\w+)}", r"(?P<\1>.+)", self.template)
        match = re.fullmatch(pattern, self.path)
        assert match is not None, (self.template, self.path)
        return match.groupdict()


@dataclass
class Outcome:
    """What an attack has shown: how often each status was answered, and what was found wrong."""

    statuses: Counter[int] = field(default_factory=Counter)
    findings: dict[str, str] = field(default_factory=dict)

    def assert_spotless(self) -> None:
        """Fail when anything was found, told with a call that shows it, or no call succeeded."""
        told = "\n\n".join(f"{what}\n{how}" for what, how in self.findings.items())
        assert not self.findings, f"{len(self.findings)} findings\n\n{told}"
        assert any(200 <= status < 300 for status in self.statuses), self.statuses


def document_of(file: str, target: Target, *, served: Collection[str]) -> dict[str, Any]:
    """An official document of which only the target's path is left, with the methods served."""
    found: dict[str, Any] = json.loads((SPECS / f"{file}.json").read_text("utf-8"))
    item = found["paths"][target.template]
    kept = {name: one for name, one in item.items() if name.upper() in {*served, "PARAMETERS"}}
    found["paths"] = {target.template: kept}
    return found


def tell(document: dict[str, Any], target: Target, *, only: Mapping[str, Any]) -> None:
    """Write into a document what the account has: `only` the value that can succeed, by parameter.

    What is in the path can only be what the account has.
    """
    [item] = document["paths"].values()
    operation = next(one for one in item.values() if one.get("operationId") == target.name)
    exact = {**only, **target.keys}
    for parameter in operation.get("parameters", []):
        schema, name = parameter.get("schema", parameter), parameter["name"]
        if parameter["in"] == "body":
            parameter["x-example"] = target.body
        elif name in exact:
            (schema["items"] if schema["type"] == "array" else schema)["enum"] = [exact[name]]
        elif name in target.query:
            parameter["example" if "schema" in parameter else "x-example"] = target.query[name]
    for media in operation.get("requestBody", {}).get("content", {}).values():
        media["example"] = target.body


def attack(
    document: dict[str, Any],
    target: Target,
    *,
    origin: str,
    headers: Mapping[str, str],
) -> Outcome:
    """Attack the target alone, with headers that never change."""
    # As with the other tests: CI repeats its examples, a developer's run finds new ones.
    is_repeated = bool(os.environ.get("CI"))
    config = SchemathesisConfig.from_dict(
        {
            **({"seed": SEED} if is_repeated else {}),
            "base-url": origin,
            "headers": dict(headers),
            "continue-on-failure": True,
            "phases": {"stateful": {"enabled": False}},
            "checks": {"positive_data_acceptance": {"enabled": False}},
            "generation": {
                "max-examples": EXAMPLES,
                "deterministic": is_repeated,
                "database": "none",
            },
        }
    )
    schema = schemathesis.openapi.from_dict(document, config=config).include(
        operation_id=target.name
    )
    outcome = Outcome()
    for event in from_schema(schema).execute():
        _take(outcome, event)
    return outcome


def _take(outcome: Outcome, event: events.EngineEvent) -> None:
    if isinstance(event, events.FatalError):
        raise event.exception
    if isinstance(event, events.NonFatalError):
        outcome.findings.setdefault(f"{event.label}: {event.value!r}", str(event.phase))
    if not isinstance(event, events.ScenarioFinished):
        return
    for call in event.recorder.interactions.values():
        if call.response is not None:
            outcome.statuses[call.response.status_code] += 1
    for checks in event.recorder.checks.values():
        for check in checks:
            if (found := check.failure_info) is not None:
                what = f"{check.name}: {found.failure}"
                outcome.findings.setdefault(what, found.code_sample)
