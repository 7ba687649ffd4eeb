"""Prefect: one thin module per step."""
