"""REST for exchanges."""
