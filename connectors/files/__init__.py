"""Exports that people download: CSV and XLSX, described in TOML."""
