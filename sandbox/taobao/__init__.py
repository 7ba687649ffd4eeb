"""The dialect of Taobao and Tmall (TOP): one gateway over one world, its ads included."""

from sandbox.taobao.faults import Faults
from sandbox.taobao.gateway import routes
from sandbox.taobao.limits import Rates
from sandbox.taobao.shop import Credentials

__all__ = ["Credentials", "Faults", "Rates", "routes"]
