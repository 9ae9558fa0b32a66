"""The feeds by the names under which their coverage is kept."""

ACCEPT = "accept"
ORDERS = "orders"
STOPS = "stops"
CANCELS = "cancels"
RECEIPTS = "receipts"
WITHDRAWALS = "withdrawals"
EXCHANGES = "exchanges"
FEEDS = (STOPS, CANCELS, ACCEPT, ORDERS, RECEIPTS, WITHDRAWALS, EXCHANGES)
COVERING = (ORDERS, CANCELS, RECEIPTS, WITHDRAWALS, EXCHANGES)
"""Feeds that claim coverage."""
