"""What must hold of everything that is stored, at any moment and whatever is under way.

Nothing is missing of which another part is there, and nothing is there that no family knows. What each
family checks of its own rows (`Examined.faults`) is asked last: what is sealed is opened and compared.
"""

from collections.abc import AsyncIterator
from typing import Any, LiteralString

from app.clock import to_second
from app.engine.context import Context
from app.engine.db.database import Connection, fetch
from app.engine.registry import Registry
from app.engine.vendors import store as vendor_store
from app.integrity import doctor_sql


async def all_faults(context: Context) -> list[str]:
    """Return what does not hold, of every vendor."""
    async with context.db.connection() as connection:
        return [
            f"{vendor['vendor_id']}: {told}"
            for vendor in await vendor_store.list_vendors(connection, None)
            async for _, told in faults(context, connection, vendor["vendor_id"])
        ]


async def faults(context: Context, connection: Connection, vendor_id: str) -> AsyncIterator[tuple[str, str]]:
    """Yield what does not hold: the doctor's check and what to tell; nothing of a person is in it.

    What was erased because its time is over is not missed.
    """

    async def ask(question: LiteralString) -> list[dict[str, Any]]:
        return await fetch(connection, question, vendor_id=vendor_id)

    registry = context.registry
    for row in await fetch(connection, doctor_sql.UNDECLARED, vendor_id=vendor_id, **_words(registry)):
        told = f"rows name the {row['word']} {row['name']!r}, which no family declares"
        yield "history", f"{row['rows']} {row['part']} {told}"
    for row in await ask(doctor_sql.UNPROVEN):
        told = f"{row['aggregate']} {row['aggregate_id']} v{row['version']}: its evidence is gone"
        yield "history", told
    for row in await ask(doctor_sql.misdated(registry)):
        told = f"came there at {to_second(row['at'])}, not at {to_second(row['state_at'])}"
        yield "history", f"{row['aggregate']} {row['aggregate_id']} {told}"
    for row in await ask(doctor_sql.UNGUARDED):
        yield "history", f"trigger {row['name']} is off: rows can be rewritten"
    for row in await ask(doctor_sql.incomplete(registry)):
        yield "rows", f"{row['aggregate']} {row['aggregate_id']} has {row['lacks']}"
    for family in registry.families:
        for check in family.examined.faults:
            async for fault in check(context, connection, vendor_id):
                yield fault


def _words(registry: Registry) -> dict[str, list[str]]:
    """Return what may be named, by what names it."""
    return {
        "aggregates": list(registry.aggregates),
        "observed": list(registry.observed),
        "subjects": list(registry.subjects),
        "kinds": list(registry.effect_kinds),
    }
