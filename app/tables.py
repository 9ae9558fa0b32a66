"""Every table, typed. Keys start with `vendor_id`, so that data can be spread by vendor later.

Times are `timestamptz` (UTC inside). `bytea` columns named `sealed_*` are encrypted by `app.vault`.
Migrations make the tables; a test compares them with these classes.
"""

from app.claims.receptions.tables import Reception
from app.claims.tables import Cancel, Receipt, ReceiptLine, Return, UnreadClaim
from app.engine.access.audit_tables import AuditEntry, UsedKey
from app.engine.db.base import Base
from app.engine.effects.tables import Attempt, Effect
from app.engine.feeds.tables import Feed, PollRun, Tally
from app.engine.history.tables import Evidence, History, Observation, Quarantine
from app.engine.vendors.tables import ApiKey, Circuit, Secret, Vendor
from app.exchanges.tables import Exchange, ExchangeBox, ExchangeLine
from app.integrity.census_tables import Census, CensusFinding
from app.orders.holds.tables import Hold
from app.orders.permits.tables import Permit
from app.orders.quantities.tables import Share
from app.orders.tables import Box, Line, Receiver

__all__ = [
    "ApiKey",
    "Attempt",
    "AuditEntry",
    "Base",
    "Box",
    "Cancel",
    "Census",
    "CensusFinding",
    "Circuit",
    "Effect",
    "Evidence",
    "Exchange",
    "ExchangeBox",
    "ExchangeLine",
    "Feed",
    "History",
    "Hold",
    "Line",
    "Observation",
    "Permit",
    "PollRun",
    "Quarantine",
    "Receipt",
    "ReceiptLine",
    "Receiver",
    "Reception",
    "Return",
    "Secret",
    "Share",
    "Tally",
    "UnreadClaim",
    "UsedKey",
    "Vendor",
]
