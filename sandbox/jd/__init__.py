"""The dialect of JD (JOS/POP): one gateway and its OAuth over one world, its ads included."""

from sandbox.jd.gateway import routes
from sandbox.jd.shop import Credentials, Faults, Rates

__all__ = ["Credentials", "Faults", "Rates", "routes"]
