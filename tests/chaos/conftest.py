"""A shop with everything behind it: sandbox, database, clock."""

from tests.acceptance.shops import shop

__all__ = ["shop"]
