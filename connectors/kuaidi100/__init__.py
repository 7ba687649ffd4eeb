"""kuaidi100, which asks China's carriers where a parcel is, by its query of single waybills."""

from connectors.base.declaration import Connector, Stream
from connectors.kuaidi100.client import Kuaidi100Client, Kuaidi100Settings
from connectors.kuaidi100.fetch import fetch
from connectors.kuaidi100.mapping import shipment_events
from connectors.kuaidi100.wire import Parcels
from contracts.codes import WriteKind
from contracts.tables import OpenParcel, Parcel, ParcelEvent

CONNECTOR = Connector(
    name="kuaidi100",
    title="kuaidi100",
    settings=Kuaidi100Settings,
    open_client=Kuaidi100Client,
    streams=(
        Stream(
            name="shipment_events",
            tables=(Parcel, ParcelEvent),
            fetch=fetch,
            to_canonical=shipment_events,
            documents=Parcels(),
            # It answers what is known now of the parcels that are under way, whatever the window.
            is_snapshot=True,
            lookup=OpenParcel,
        ),
    ),
    impossible=tuple(kind for kind in WriteKind if kind is not WriteKind.NONE),
)
