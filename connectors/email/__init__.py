"""E-mail: messages by SMTP, and what becomes of them by the mailbox that answers come to."""

import datetime as dt

from connectors.base.declaration import Connector, Stream, Write
from connectors.email import outbound
from connectors.email.client import EmailClient
from connectors.email.mapping import DOCUMENTS, deliveries
from connectors.email.reports import fetch
from connectors.email.settings import EmailSettings
from contracts.codes import Reversal, WriteKind
from contracts.tables import Delivery

CONNECTOR = Connector(
    name="email",
    title="E-mail by SMTP and IMAP",
    settings=EmailSettings,
    open_client=EmailClient,
    streams=(
        Stream(
            name="deliveries",
            tables=(Delivery,),
            fetch=fetch,
            to_canonical=deliveries,
            documents=DOCUMENTS,
            mapping_version=2,
            max_window=dt.timedelta(days=31),
            # The host stamps what arrives by its own clock, in whole seconds.
            look_back=dt.timedelta(minutes=10),
        ),
    ),
    writes=(
        Write(
            kind=WriteKind.SEND_MESSAGE,
            reversal=Reversal.IRREVERSIBLE,
            live=None,
            send=outbound.send,
            is_absolute=False,
            tells=outbound.tells,
        ),
    ),
    impossible=tuple(
        kind for kind in WriteKind if kind not in (WriteKind.SEND_MESSAGE, WriteKind.NONE)
    ),
)
