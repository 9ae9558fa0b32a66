"""Vendors: register, rotate keys, pause, resume, set the policy."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from app.backoffice.api import schemas
from app.engine.vendors import vendors
from app.errors import Conflict
from app.web import presenters
from app.web.deps import AdminRequest
from app.web.openapi import BODY, GUARDED, ONE, may_raise, shown

router = APIRouter(prefix="/admin/v1/vendors", tags=["vendors"], responses=GUARDED)
_SHOWN = {200: shown(schemas.VENDOR), **ONE}

VendorPath = Annotated[str, Path(pattern=r"^[AC][0-9]{8}$", examples=["A00012345"])]


@router.get(
    "",
    operation_id="list_vendors",
    response_model=schemas.Vendors,
    responses={200: shown({"items": [schemas.VENDOR]})},
)
async def list_vendors(request: AdminRequest) -> Response:
    """List the vendors of this key, and how old their Coupang keys are."""
    return presenters.answer({"items": await vendors.list_vendors(request.context, request.key.operator)})


@router.post(
    "",
    status_code=201,
    operation_id="create_vendor",
    response_model=schemas.Vendor,
    responses={201: shown(schemas.VENDOR), **BODY, **may_raise(Conflict)},
)
async def create_vendor(request: AdminRequest, body: schemas.NewVendor) -> Response:
    """Register a vendor; its orders are fetched at once."""
    row = await vendors.register(
        request.context,
        request.key.operator,
        body.vendor_id,
        name=body.name,
        access_key=body.access_key.get_secret_value(),
        secret_key=body.secret_key.get_secret_value(),
        key_issued_at=body.key_issued_at,
        auto_acknowledge=body.auto_acknowledge,
    )
    return presenters.answer(row, 201, {"Location": f"/admin/v1/vendors/{body.vendor_id}"})


@router.get("/{vendor_id}", operation_id="get_vendor", response_model=schemas.Vendor, responses={**_SHOWN})
async def get_vendor(request: AdminRequest, vendor_id: VendorPath) -> Response:
    """Return one vendor without its keys."""
    return presenters.answer(await vendors.get_vendor(request.context, request.key.operator, vendor_id))


@router.patch(
    "/{vendor_id}",
    operation_id="set_vendor_policy",
    response_model=schemas.Vendor,
    responses={**_SHOWN, **BODY},
)
async def set_policy(request: AdminRequest, vendor_id: VendorPath, body: schemas.Policy) -> Response:
    """Change the name, whether new orders are acknowledged by themselves, or the WING login for cancels.

    What is left out stays.
    """
    row = await vendors.set_policy(
        request.context,
        request.key.operator,
        vendor_id,
        name=body.name,
        auto_acknowledge=body.auto_acknowledge,
        wing_user_id=body.wing_user_id,
    )
    return presenters.answer(row)


@router.post(
    "/{vendor_id}/keys",
    operation_id="rotate_vendor_keys",
    response_model=schemas.Vendor,
    responses={**_SHOWN, **BODY},
)
async def rotate_keys(request: AdminRequest, vendor_id: VendorPath, body: schemas.Keys) -> Response:
    """Replace the Coupang keys; the next visit speaks with the new ones. Resume it if it was stopped."""
    row = await vendors.rotate(
        request.context,
        request.key.operator,
        vendor_id,
        access_key=body.access_key.get_secret_value(),
        secret_key=body.secret_key.get_secret_value(),
        key_issued_at=body.key_issued_at,
    )
    return presenters.answer(row)


@router.post(
    "/{vendor_id}/pause", operation_id="pause_vendor", response_model=schemas.Vendor, responses={**_SHOWN}
)
async def pause(request: AdminRequest, vendor_id: VendorPath) -> Response:
    """Make no more calls for this vendor until it is resumed."""
    return presenters.answer(await vendors.pause(request.context, request.key.operator, vendor_id))


@router.post(
    "/{vendor_id}/resume", operation_id="resume_vendor", response_model=schemas.Vendor, responses={**_SHOWN}
)
async def resume(request: AdminRequest, vendor_id: VendorPath) -> Response:
    """Call again for this vendor, now, also if it was stopped by Coupang's refusals."""
    return presenters.answer(await vendors.resume(request.context, request.key.operator, vendor_id))
