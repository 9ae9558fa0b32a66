"""The machine of boxes, as the documentation shows it."""

from app.engine.family import MachinePage
from app.machines import boxes

MACHINE_PAGES = (
    MachinePage(
        part="order",
        word="box",
        rules=boxes.BOX,
        observed=boxes.OBSERVED,
        calls=boxes.CALLS,
        korean=boxes.KOREAN,
    ),
)
