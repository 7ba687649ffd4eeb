"""One module per policy: pure functions from facts to proposals."""
