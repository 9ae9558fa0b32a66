"""Every family of the service. Nothing else knows all of them: a new one is added here and nowhere else."""

from app.backoffice.family import FAMILY as BACKOFFICE
from app.claims.family import FAMILY as CLAIMS
from app.engine.core_family import CORE
from app.engine.registry import Registry
from app.exchanges.family import FAMILY as EXCHANGES
from app.integrity.family import FAMILY as INTEGRITY
from app.orders.family import FAMILY as ORDERS

REGISTRY = Registry((CORE, ORDERS, CLAIMS, EXCHANGES, INTEGRITY, BACKOFFICE))
