"""A shop with everything behind it: sandbox, database, clock; and the REST desk in front of it."""

from tests.acceptance.desks import desk
from tests.acceptance.shops import shop
from tests.acceptance.stages import stages

__all__ = ["desk", "shop", "stages"]
