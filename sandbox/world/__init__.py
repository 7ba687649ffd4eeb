"""The merchant's world: real baskets, an invented back office, and a clock of its own."""
