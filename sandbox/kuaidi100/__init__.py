"""The kuaidi100 dialect: one form to ask where a parcel is, and failures inside HTTP 200."""

from sandbox.kuaidi100.endpoint import PATH, routes
from sandbox.kuaidi100.rules import Credentials, Faults, Limits

__all__ = ["PATH", "Credentials", "Faults", "Limits", "routes"]
