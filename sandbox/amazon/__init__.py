"""Amazon's Selling Partner API, spoken by the merchant's world.

Orders 2026-01-01, reports 2021-06-30, listings items 2021-08-01, FBA inventory v1, product pricing
v0 and 2022-05-01, sales v1, solicitations v1, and Login with Amazon.
"""

from sandbox.amazon.account import Credentials, Faults, Manner
from sandbox.amazon.endpoint import routes

__all__ = ["Credentials", "Faults", "Manner", "routes"]
