"""The Klaviyo dialect: revision 2026-07-15 over the members of a channel's world."""

from sandbox.klaviyo.account import Credentials, Faults
from sandbox.klaviyo.endpoint import MEDIA, REVISION, routes
from sandbox.klaviyo.operations import OPERATIONS
from sandbox.klaviyo.profiles import profile_id

__all__ = ["MEDIA", "OPERATIONS", "REVISION", "Credentials", "Faults", "profile_id", "routes"]
