"""What of boxes waits for a person, and what can be done about it."""

from typing import LiteralString

from app.engine.db.states import among
from app.engine.family import InboxKind, Way
from app.machines import boxes

WAITING: tuple[LiteralString, ...] = (
    """
  SELECT 'box_attention', 'box', b.shipment_box_id, NULL::bytea, b.order_id, b.shipment_box_id, b.state_at,
         NULL::timestamptz, b.attention, b.vendor_id
  FROM box b WHERE b.attention IS NOT NULL""",
    f"""
  SELECT 'hold_over', 'hold', h.hold_id, NULL::bytea, b.order_id, h.shipment_box_id, h.placed_at,
         h.expires_at, h.reason, h.vendor_id
  FROM hold h JOIN box b USING (vendor_id, shipment_box_id)
  WHERE h.released_at IS NULL AND h.expires_at <= %(at)s AND b.state IN {among(boxes.IN_HOUSE)}""",
)
INBOX = (
    InboxKind(
        name="box_attention",
        subject="box",
        ways=(
            Way("resync", "POST", "/admin/v1/boxes/{id}/resync"),
            Way("transitions", "GET", "/admin/v1/boxes/{id}/transitions"),
        ),
    ),
    InboxKind(
        name="hold_over",
        subject="hold",
        ways=(
            Way("release", "DELETE", "/v1/boxes/{box}/holds/{id}"),
            Way("hold_again", "POST", "/v1/boxes/{box}/holds"),
        ),
    ),
)
