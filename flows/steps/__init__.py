"""The steps as plain functions: the only place that wires the rooms below."""
