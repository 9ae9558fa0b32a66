"""The seller's own cancel of a box."""

from fastapi import APIRouter
from starlette.responses import Response

from app.claims.api import schemas
from app.claims.cancels import changes as cancel_changes
from app.errors import Invalid
from app.orders.seller_cancels import SCORE
from app.web.change_requests import ASKED, IntentKey, asked, intent_key
from app.web.deps import Prefer, WriteRequest
from app.web.field_types import PathId
from app.web.openapi import GUARDED
from app.web.schemas import Effect as EffectShape

router = APIRouter(prefix="/v1/boxes/{shipment_box_id}", tags=["changes"], responses=GUARDED)


@router.post("/cancel", operation_id="cancel_box", response_model=EffectShape, responses=ASKED)
async def cancel(
    request: WriteRequest,
    shipment_box_id: PathId,
    body: schemas.SellerCancel,
    key: IntentKey = None,
    prefer: Prefer = None,
) -> Response:
    """Cancel a box as the seller: in ACCEPT as a whole, in INSTRUCT also in part. Costs seller score."""
    if not body.confirm_score_loss:
        raise Invalid(
            "this cancel must be confirmed",
            ("/confirm_score_loss", f"{SCORE} Say true if you mean it."),
        )
    counts = None if body.items is None else {one.vendor_item_id: one.count for one in body.items}
    if counts is not None and len(counts) != len(body.items or ()):
        raise Invalid("an item is named twice", ("/items", "each vendor_item_id once"))
    effect = await cancel_changes.seller_cancel(
        request.context,
        request.key.warehouse,
        shipment_box_id,
        counts,
        body.reason,
        intent_key=intent_key(request, key),
    )
    return await asked(request, effect, prefer)
