"""What the back office declares, in the words of a family: effects by hand, and its routes."""

from app.backoffice.api import (
    audit_log,
    census,
    circuits,
    effects,
    evidence,
    health,
    inbox,
    keys,
    manual_moves,
    polls,
    vendors,
)
from app.backoffice.effect_moves import Effect
from app.engine.family import Family

FAMILY = Family(
    name="backoffice",
    manual={"effects": Effect()},
    routers=(
        vendors.router,
        keys.router,
        inbox.router,
        manual_moves.router,
        effects.router,
        polls.router,
        audit_log.router,
        circuits.router,
        evidence.router,
        census.router,
        health.router,
    ),
)
