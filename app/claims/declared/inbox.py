"""What of cancels and returns waits for a person, and what can be done about it."""

from typing import LiteralString

from app.engine.db.states import among
from app.engine.family import InboxKind, Way
from app.machines import cancels, receptions, returns
from app.machines.cancels import COSTS

# Goods of a claim wait where its reception stands, at the first place while it has none; a claim that is over
# waits for nobody.
_GOODS: LiteralString = """
  SELECT {name} || '_' || CASE
           WHEN p.state IN {uninspected} THEN 'inspection' WHEN p.state IN {faulty} THEN 'finding'
           WHEN p.state IN {accepted} THEN {passed} ELSE 'arrival' END,
         {name}, c.{id}, NULL::bytea, c.order_id, n.shipment_box_id,
         coalesce(greatest(p.state_at, {moved}), {moved}), NULL::timestamptz, {reason}, c.vendor_id"""
_FIRST_BOX: LiteralString = """
  LEFT JOIN LATERAL (SELECT min(l.shipment_box_id) AS shipment_box_id FROM {lines} l
    WHERE l.vendor_id = c.vendor_id AND l.{id} = c.{id}) n ON true"""
_RECEPTION: LiteralString = """
  LEFT JOIN reception p ON p.vendor_id = c.vendor_id AND p.subject = {name} AND p.subject_id = c.{id}"""


def first_box(lines: LiteralString, key: LiteralString) -> LiteralString:
    """Join `n.shipment_box_id`: the first box that the lines of claim `c` name."""
    return _FIRST_BOX.format(lines=lines, id=key)


def goods(
    subject: LiteralString,
    key: LiteralString,
    *,
    tables: LiteralString,
    lines: LiteralString,
    passed: LiteralString,
    reason: LiteralString,
) -> LiteralString:
    """Return the part of a list of what waits that tells of goods; a WHERE on `c` and `p` goes behind it.

    Args:
        subject: `return` or `exchange`; kinds are `<subject>_arrival`, `_inspection`, `_finding` and what
            `passed` tells.
        key: The column of the claim's id.
        tables: FROM: the claim as `c`, with what `reason` needs.
        lines: The table of its lines.
        passed: SQL: the rest of the kind once the goods were accepted.
        reason: SQL: why the customer sends them back.
    """
    name: LiteralString = f"'{subject}'"
    told = _GOODS.format(
        uninspected=among(receptions.UNINSPECTED),
        faulty=among(receptions.FAULTY),
        accepted=among(receptions.ACCEPTED),
        name=name,
        id=key,
        moved="c.state_at",
        passed=passed,
        reason=reason,
    )
    return f"{told} FROM {tables}" + first_box(lines, key) + _RECEPTION.format(name=name, id=key)


_OF_RECEIPT: LiteralString = first_box("receipt_line", "receipt_id")
WAITING: tuple[LiteralString, ...] = (
    f"""
  SELECT 'stop_request', 'cancel', c.receipt_id, NULL::bytea, c.order_id, n.shipment_box_id, r.opened_at,
         c.decide_by, r.reason_text, c.vendor_id
  FROM cancel c JOIN receipt r USING (vendor_id, receipt_id)
  {_OF_RECEIPT}
  WHERE c.state IN {among(cancels.UNANSWERED)}""",
    goods(
        "return",
        "receipt_id",
        tables="return_ c JOIN receipt r USING (vendor_id, receipt_id)",
        lines="receipt_line",
        passed=f"CASE WHEN c.state IN {among(returns.UNCONFIRMED)} THEN 'confirmation' ELSE 'approval' END",
        reason="r.reason_text",
    )
    + f"""
  WHERE c.state IN {among(returns.AWAITING_SELLER)}
    AND (p.state IS NULL OR p.state NOT IN {among(receptions.NOT_COMING)})""",
    f"""
  SELECT 'return_dispute', 'return', c.receipt_id, NULL::bytea, c.order_id, n.shipment_box_id, c.state_at,
         NULL::timestamptz, 'Coupang checks a dispute; what it rules is read', c.vendor_id
  FROM return_ c {_OF_RECEIPT}
  WHERE c.state IN {among(returns.AWAITING_COUPANG)}""",
    """
  SELECT 'receipt_attention', 'receipt', r.receipt_id, NULL::bytea, r.order_id, NULL::bigint,
         r.market_seen_at, NULL::timestamptz, r.attention, r.vendor_id
  FROM receipt r WHERE r.attention IS NOT NULL""",
    """
  SELECT 'unread_claim', 'order', u.order_id, u.digest, u.order_id, NULL::bigint, u.seen_at,
         NULL::timestamptz, u.reason, u.vendor_id
  FROM unread_claim u WHERE u.released_at IS NULL""",
)

_LOOK = Way("actions", "GET", "/v1/returns/{id}/actions")
_READ = Way("resync", "POST", "/admin/v1/receipts/{id}/resync")
INBOX = (
    InboxKind(
        name="stop_request",
        subject="cancel",
        ways=(
            Way("stop_shipment", "POST", "/v1/cancels/{id}/stop", COSTS["stop_shipment"]),
            Way("declare_shipped", "POST", "/v1/cancels/{id}/shipped", COSTS["declare_shipped"]),
            _READ,
        ),
    ),
    InboxKind(
        name="return_arrival",
        subject="return",
        ways=(Way("arrive", "POST", "/v1/returns/{id}/arrive"), _LOOK, _READ),
    ),
    InboxKind(
        name="return_inspection",
        subject="return",
        ways=(Way("inspect", "POST", "/v1/returns/{id}/inspect"), _LOOK),
    ),
    InboxKind(
        name="return_finding",
        subject="return",
        ways=(
            Way("accept_despite", "POST", "/admin/v1/returns/{id}/accept"),
            Way("inspect_again", "POST", "/v1/returns/{id}/inspect"),
            _READ,
        ),
    ),
    InboxKind(
        name="return_confirmation",
        subject="return",
        ways=(Way("confirm", "POST", "/v1/returns/{id}/confirm"), _LOOK),
    ),
    InboxKind(
        name="return_approval",
        subject="return",
        ways=(Way("approve", "POST", "/v1/returns/{id}/approve"), _LOOK),
    ),
    InboxKind(name="return_dispute", subject="return", ways=(_READ,)),
    InboxKind(name="receipt_attention", subject="receipt", ways=(_READ,)),
    InboxKind(
        name="unread_claim",
        subject="order",
        ways=(Way("release", "POST", "/admin/v1/orders/{id}/release"),),
    ),
)
READ_ELSEWHERE: LiteralString = "SELECT vendor_id, digest FROM unread_claim"
"""Rows that could not be read, but whose order waits as `unread_claim`, or was released."""
