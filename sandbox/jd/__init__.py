"""The dialect of JD (JOS/POP): one gateway and its OAuth over one world, its ads included.

What nobody documents is decided so: times of bills, applications and reviews are text in GMT+8, as
those of orders; `refoundAmount` in a list of bills is in fen; SKUs have one store, 0. Bills end
13 paid, 14 refused, 11 withdrawn; applications 3 paid, 2 refused, 11 withdrawn, 0 open.
"""

from sandbox.jd.gateway import routes
from sandbox.jd.shop import Credentials, Faults, Rates

__all__ = ["Credentials", "Faults", "Rates", "routes"]
