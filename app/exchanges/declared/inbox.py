"""What of exchanges waits for a person, and what can be done about it."""

from typing import LiteralString

from app.claims.declared.inbox import goods
from app.engine.db.states import among
from app.engine.family import InboxKind, Way
from app.machines import collects, exchanges, receptions, redeliveries

# Confirmed goods: the replacement is due as soon as its new box is known.
WAITING: tuple[LiteralString, ...] = (
    goods(
        "exchange",
        "exchange_id",
        tables="exchange c",
        lines="exchange_line",
        passed=f"""CASE WHEN c.collect_state IN {among(collects.COLLECTED)} THEN 'replacement'
                  ELSE 'confirmation' END""",
        reason="c.reason_text",
    )
    + f"""
  WHERE c.state IN {among(exchanges.OPEN)}
    AND (p.state IS NULL OR p.state NOT IN {among(receptions.SETTLED)}
         OR c.redelivery_state IN {among(redeliveries.NOT_SENT)})
    AND (c.collect_state NOT IN {among(collects.COLLECTED)}
         OR c.redelivery_state IN {among(redeliveries.NOT_SENT)})""",
    """
  SELECT 'exchange_attention', 'exchange', x.exchange_id, NULL::bytea, x.order_id, NULL::bigint, x.state_at,
         NULL::timestamptz, x.attention, x.vendor_id
  FROM exchange x WHERE x.attention IS NOT NULL""",
)

_LOOK = Way("actions", "GET", "/v1/exchanges/{id}/actions")
_REJECT = Way("reject", "POST", "/v1/exchanges/{id}/reject")
_READ = Way("resync", "POST", "/admin/v1/exchanges/{id}/resync")
INBOX = (
    InboxKind(
        name="exchange_arrival",
        subject="exchange",
        ways=(Way("arrive", "POST", "/v1/exchanges/{id}/arrive"), _REJECT, _LOOK, _READ),
    ),
    InboxKind(
        name="exchange_inspection",
        subject="exchange",
        ways=(Way("inspect", "POST", "/v1/exchanges/{id}/inspect"), _REJECT, _LOOK),
    ),
    InboxKind(
        name="exchange_finding",
        subject="exchange",
        ways=(
            Way("accept_despite", "POST", "/admin/v1/exchanges/{id}/accept"),
            Way("inspect_again", "POST", "/v1/exchanges/{id}/inspect"),
            _REJECT,
        ),
    ),
    InboxKind(
        name="exchange_confirmation",
        subject="exchange",
        ways=(Way("confirm", "POST", "/v1/exchanges/{id}/confirm"), _REJECT, _LOOK),
    ),
    InboxKind(
        name="exchange_replacement",
        subject="exchange",
        ways=(Way("ship", "POST", "/v1/exchanges/{id}/ship"), _LOOK, _READ),
    ),
    InboxKind(
        name="exchange_attention",
        subject="exchange",
        ways=(_READ, Way("transitions", "GET", "/admin/v1/exchanges/{id}/transitions")),
    ),
)
