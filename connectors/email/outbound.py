"""Messages to members, each with its own outcome; replies are told by their numbers alone."""

from collections.abc import Mapping, Sequence
from typing import Final

from connectors.base.limits import Urgency
from connectors.base.retry import NotAppliedError
from connectors.email.client import EmailClient
from connectors.email.message import KEY, UnsendableError, unsubscribe_links
from connectors.email.settings import is_address
from contracts.actions import Change, Outcome
from contracts.codes import Channel, OutcomeState, Purpose
from contracts.payloads import Rendered, decode

# A chunk is to be done long before its lease ends.
_MOST_SECONDS: Final = 45.0


def tells(client: EmailClient, change: Change) -> Mapping[str, str]:
    """What a template may say of the sender: where to unsubscribe."""
    return {"unsubscribe_url": unsubscribe_links(client.settings, change.action_id)[0]}


def send(client: EmailClient, changes: Sequence[Change]) -> list[Outcome]:
    """Send one message per change (payload `Rendered`); what is not begun in time waits.

    A host that is not there, puts us off or refuses the sender ends the sending: the rest waits.

    Raises:
        NotAppliedError: nothing was sent at all.
    """
    outcomes: list[Outcome] = []
    ended: str | None = None
    until = client.seconds() + _MOST_SECONDS
    for change in changes:
        if ended is None and client.seconds() > until:
            ended = "the time for sending was over before it was begun"
        if ended is not None:
            outcomes.append(_outcome(change, OutcomeState.HELD, ended))
            continue
        try:
            outcomes.append(_sent(client, change))
        except NotAppliedError as error:
            if not outcomes:
                raise
            ended = str(error)
            outcomes.append(_outcome(change, OutcomeState.HELD, ended))
    return outcomes


def _sent(client: EmailClient, change: Change) -> Outcome:
    recipient = change.recipient or ""
    if change.is_undo or change.after != 1:
        return _outcome(change, OutcomeState.REJECTED, "a message cannot be called back")
    if change.channel != Channel.EMAIL or not is_address(recipient):
        return _outcome(change, OutcomeState.REJECTED, "its recipient is no plain e-mail address")
    if not KEY.fullmatch(change.action_id):
        return _outcome(change, OutcomeState.REJECTED, "its id is no key of a message")
    try:
        words = decode(change.payload, Rendered)
        content = client.composed(
            words,
            key=change.action_id,
            recipient=recipient,
            is_marketing=change.purpose != Purpose.SERVICE,
        )
    except UnsendableError as error:
        return _outcome(change, OutcomeState.REJECTED, f"not sent: {error}")
    # What the library makes of odd words is no closed list; it costs this message, none beside it.
    except Exception as error:  # noqa: BLE001
        told = f"its words are none that can be sent ({type(error).__name__})"
        return _outcome(change, OutcomeState.REJECTED, told)
    urgency = Urgency.of([change])
    state, message = client.deliver(change.action_id, recipient, content, urgency=urgency)
    return _outcome(change, state, message)


def _outcome(change: Change, state: OutcomeState, message: str | None) -> Outcome:
    return Outcome(action_id=change.action_id, state=state, message=message)
