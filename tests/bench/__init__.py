"""Benchmarks: `make bench` prints a table and writes bench.json, each figure with a reference."""
