"""A merchant's world behind real HTTP: real transactions, emulated platforms, faults on demand."""
