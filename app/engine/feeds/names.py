"""The feeds by the names under which their coverage is kept."""

ACCEPT = "accept"
ORDERS = "orders"
STOPS = "stops"
CANCELS = "cancels"
RECEIPTS = "receipts"
WITHDRAWALS = "withdrawals"
EXCHANGES = "exchanges"
