"""What of effects and of rows that could not be read waits for a person, and what can be done about it."""

from typing import LiteralString

from app.engine.db.states import among
from app.engine.family import InboxKind, Way
from app.machines import effects

WAITING: tuple[LiteralString, ...] = (
    f"""
  SELECT 'effect_review', 'effect', e.effect_id, NULL::bytea, e.order_id, e.shipment_box_id,
         coalesce(h.at, e.sent_at, e.asked_at), NULL::timestamptz,
         coalesce(e.result_message, e.result_code), e.vendor_id
  FROM effect e LEFT JOIN history h ON h.vendor_id = e.vendor_id AND h.aggregate = 'effect'
    AND h.aggregate_id = e.effect_id AND h.version = e.version
  WHERE e.state IN {among(effects.IN_REVIEW)}""",
    """
  SELECT 'unread_row', 'row', coalesce(q.shipment_box_id, 0), q.digest, NULL::bigint, q.shipment_box_id,
         q.first_seen_at, NULL::timestamptz, q.reason, q.vendor_id
  FROM quarantine q
  WHERE NOT EXISTS (SELECT FROM ({read_elsewhere}) u
                    WHERE u.vendor_id = q.vendor_id AND u.digest = q.digest)""",
)
INBOX = (
    InboxKind(
        name="effect_review",
        subject="effect",
        ways=(
            Way("rule", "POST", "/admin/v1/effects/{id}/verdict"),
            Way("explain", "GET", "/v1/effects/{id}"),
        ),
    ),
    InboxKind(name="unread_row", subject="row", ways=(Way("look", "GET", "/admin/v1/quarantine"),)),
)
