"""Wording: a message gets its words at the last moment, from its template and its values."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from actions.messages import render
from connectors.base.declaration import Write
from contracts.actions import Change, Outcome
from contracts.codes import OutcomeState, WriteKind
from contracts.errors import ConfigurationError
from contracts.payloads import Message, decode, encode


def render_messages(
    write: Write, client: Any, changes: Sequence[Change]
) -> tuple[list[Change], list[Outcome]]:
    """Messages with their words (`Rendered`) as payload, and outcomes of those that have none.

    One whose template is another than was decided with is not sent: nobody approved its words.
    Other kinds of write stay as they are.
    """
    if write.kind is not WriteKind.SEND_MESSAGE:
        return list(changes), []
    ready: list[Change] = []
    refused: list[Outcome] = []
    for change in changes:
        more = write.tells(client, change) if write.tells else {}
        try:
            words = render(decode(change.payload, Message), more)
        except (ConfigurationError, ValueError) as error:
            message = str(error)
            refused.append(
                Outcome(action_id=change.action_id, state=OutcomeState.REJECTED, message=message)
            )
        else:
            ready.append(replace(change, payload=encode(words)))
    return ready, refused
