"""Remedies that several machines name in the same words: what would unblock a guard, for a user.

A remedy of one machine stands at its guard.
"""

GIVE_PICKUP_WAYBILL = "Give the courier code and the waybill number of the pick-up."
GIVE_REASON = "Give a reason: a decision by hand is kept with who took it and why."
GIVE_WAYBILL = "Give a courier code and a waybill number of valid form."
INSPECT_GOODS = (
    "Inspect the goods; with a finding, an operator accepts them with a reason or the exchange waits."
)
NAME_DIRECT = "Name the courier DIRECT; a tracked courier has an event of its own."
NAME_TRACKED_COURIER = "Name a courier that Coupang tracks; DIRECT has an event of its own."
READ_NEWER_ROW = "Read a row that was modified later than the one we know; an equal or older one is stale."
RECORD_ARRIVAL = "Record first that the goods have arrived in the warehouse."
