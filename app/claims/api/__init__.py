"""REST for cancels and returns."""
