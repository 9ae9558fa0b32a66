"""State transitions with their history, its hash chain, and the past."""
