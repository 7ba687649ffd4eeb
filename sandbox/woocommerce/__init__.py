"""The WooCommerce dialect: WordPress's REST API, wc/v3, over one channel of the world."""

from sandbox.woocommerce.access import ApiKey, Credentials
from sandbox.woocommerce.endpoint import routes
from sandbox.woocommerce.families import Family
from sandbox.woocommerce.faults import Faults

__all__ = ["ApiKey", "Credentials", "Family", "Faults", "routes"]
