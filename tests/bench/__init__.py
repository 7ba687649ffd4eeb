"""Benchmarks: `make bench` prints a table and writes bench.json, each figure with a reference."""

import shopkeeper  # noqa: F401  # memory is given back as in every process of ours, see there
