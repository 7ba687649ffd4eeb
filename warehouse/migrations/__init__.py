"""The database's schema through time, as Alembic scripts."""

HEAD = "0011"
"""Newest revision; a database that is there is opened without loading Alembic."""
