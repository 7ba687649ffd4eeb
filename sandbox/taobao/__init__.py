"""The dialect of Taobao and Tmall (TOP): one gateway over one world, its ads included."""

from sandbox.kit.gateway import Faults
from sandbox.taobao.gateway import routes
from sandbox.taobao.shop import Credentials, Rates

__all__ = ["Credentials", "Faults", "Rates", "routes"]
