"""Check before asking what Coupang would refuse of a waybill.

Form is checked by `asking.check_waybill`, state and quantities by the machine; here is what needs other
boxes: a number that was used for another receiver (O7: NOT_ALLOW_INVOICE_NUMBER_RE_UPLOAD).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from app import errors
from app.coupang.couriers import DIRECT
from app.engine.db.database import Connection
from app.machines.boxes import SHIPPED, BoxState
from app.orders.waybills import store as waybill_store

MEMORY = timedelta(days=183)
"""How long Coupang remembers a number: six months."""
RULE = "waybill_is_free"


async def taken(
    connection: Connection, vendor_id: str, asked: Sequence[tuple[int, str, str]], at: datetime
) -> dict[int, int]:
    """Return the boxes whose waybill another receiver's box carries: asking box → carrying box.

    Args:
        connection: Any.
        vendor_id: Whose boxes.
        asked: (box id, courier code, number); DIRECT is not checked, by Coupang neither.
        at: The present time.
    """
    tracked = [one for one in asked if one[1] != DIRECT]
    return await waybill_store.carriers(connection, vendor_id, tracked, at - MEMORY) if tracked else {}


def waybills_of(effects: Sequence[Mapping[str, Any]]) -> list[tuple[int, str, str]]:
    """Return the waybills that effects of boxes ask for, as `taken` wants them."""
    return [
        (effect["subject_id"], effect["payload"]["courier_code"], effect["payload"]["invoice_number"])
        for effect in effects
        if effect["subject"] == "box" and "courier_code" in effect["payload"]
    ]


async def check_free(
    connection: Connection, vendor_id: str, shipment_box_id: int, courier: str, number: str, at: datetime
) -> None:
    """Make sure that no other receiver's box carries this waybill.

    Raises:
        Conflict: One does; names it.
    """
    found = await taken(connection, vendor_id, [(shipment_box_id, courier, number)], at)
    if shipment_box_id in found:
        raise errors.Conflict(
            "this waybill number was used for another receiver within six months",
            rule=RULE,
            carried_by=str(found[shipment_box_id]),
            unblock="give the number of this box's own label; boxes with the same name and address may share "
            "one, and DIRECT is not checked",
        )


def right_way(event: str, box: Mapping[str, Any]) -> dict[str, str] | None:
    """Return which action a waybill needs in this state of its box, when it is another than the asked one."""
    state = box["state"]
    upload = event.startswith("ship")
    if upload and state in SHIPPED:
        right = "change_invoice", "invoice"
    elif not upload and state == BoxState.INSTRUCT:
        right = "ship", "ship"
    elif state == BoxState.ACCEPT:
        right = "acknowledge", "acknowledge"
    else:
        return None
    return {"action": right[0], "href": f"/v1/boxes/{box['shipment_box_id']}/{right[1]}"}
