"""What everybody reads of effects. Nothing here changes anything.

`vendor_ids` is what the caller may know of (None: every vendor); an effect of another vendor is reported
exactly like one that does not exist.
"""

from operator import itemgetter
from typing import Any

from app.engine.caller import Vendors
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.effects import lists as effect_lists
from app.engine.effects import store as effect_store
from app.engine.history.lists import history_of
from app.engine.pagination import split_page
from app.errors import Invalid, NotFound


async def require_effect(connection: Connection, vendor_ids: Vendors, effect_id: int) -> dict[str, Any]:
    """Return an effect.

    Raises:
        NotFound: No such effect for this caller.
    """
    row = await effect_store.find(connection, vendor_ids, effect_id)
    if row is None:
        raise NotFound("no such effect", effect_id=str(effect_id))
    return row


async def get_effect(context: Context, vendor_ids: Vendors, effect_id: int) -> dict[str, Any]:
    """Return one effect.

    Raises:
        NotFound: No such effect for this caller.
    """
    async with context.db.connection() as connection:
        return await require_effect(connection, vendor_ids, effect_id)


async def explain_effect(context: Context, vendor_ids: Vendors, effect_id: int) -> dict[str, Any]:
    """Return one effect with `history` (its steps) and `trail` (its tries).

    Raises:
        NotFound: No such effect for this caller.
    """
    async with context.db.connection() as connection:
        effect = await require_effect(connection, vendor_ids, effect_id)
        vendor_id = effect["vendor_id"]
        steps = await history_of(connection, vendor_id, "effect", effect_id)
        tries = await effect_lists.list_attempts(connection, vendor_id, effect_id)
    return {**effect, "history": steps, "trail": tries}


async def list_effects(
    context: Context,
    vendor_ids: Vendors,
    *,
    state: str | None = None,
    kind: str | None = None,
    shipment_box_id: int | None = None,
    before: int | None = None,
    most: int,
) -> tuple[list[dict[str, Any]], int | None]:
    """Return effects, newest first, and where the next page begins (None: there is none).

    Raises:
        Invalid: No family declares such a kind; names those that there are.
    """
    if kind is not None and kind not in context.registry.effect_kinds:
        known = ", ".join(f"'{name}'" for name in context.registry.declared_kinds)
        raise Invalid("there is no such change", ("/kind", f"one of {known}"))
    async with context.db.connection() as connection:
        rows = await effect_lists.list_effects(
            connection,
            vendor_ids,
            state=state,
            kind=kind,
            shipment_box_id=shipment_box_id,
            before=before,
            most=most + 1,
        )
    return split_page(rows, most, itemgetter("effect_id"))
