"""Find claims of what the sandbox holds."""

from app.sandbox.core.claim_entities import STOP, Receipt
from app.sandbox.core.order_entities import Box
from app.sandbox.core.state import SandboxState


def open_stop_of(state: SandboxState, box: Box) -> Receipt | None:
    """Return the open stop request over pieces of this box, None when there is none."""
    for receipt in state.claims.get(box.order_id, ()):
        if receipt.status == STOP and any(line is one.line for one in receipt.pieces for line in box.lines):
            return receipt
    return None
