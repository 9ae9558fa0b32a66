"""How much Coupang takes and shows at once, where several calls have the same limit."""

MOST_BOXES = 50
"""Boxes of one acknowledge (O6) or invoice (O7, O8) call."""
PAGE_ROWS = 50
"""Rows of one page of a list of boxes, receipts or exchanges, at most."""
