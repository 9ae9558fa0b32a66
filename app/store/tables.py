"""Every table, typed. Keys start with `vendor_id`, so that data can be spread by vendor later.

Times are `timestamptz` (UTC inside). `bytea` columns named `sealed_*` are encrypted by `app.vault`.
Migrations make the tables; a test compares them with these classes.
"""

from app.store.base import Base
from app.store.box_tables import Box, Line, Receiver
from app.store.census_tables import Census, CensusFinding
from app.store.claim_tables import Cancel, Receipt, ReceiptLine, Return, UnreadClaim
from app.store.desk_tables import AuditEntry, UsedKey
from app.store.effect_tables import Attempt, Effect
from app.store.exchange_tables import Exchange, ExchangeBox, ExchangeLine
from app.store.feed_tables import Feed, PollRun, Tally
from app.store.hold_tables import Hold
from app.store.journal_tables import Evidence, History, Observation, Quarantine
from app.store.permit_tables import Permit
from app.store.quantity_tables import Share
from app.store.reception_tables import Reception
from app.store.vendor_tables import ApiKey, Circuit, Secret, Vendor

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
