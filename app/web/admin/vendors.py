"""Vendors: register, rotate keys, pause, resume, set the policy."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from app.errors import Conflict
from app.flows import vendors
from app.web import answers
from app.web.admin import shapes
from app.web.contract import BODY, GUARDED, ONE, may_raise, shown
from app.web.deps import AdminDesk

router = APIRouter(prefix="/admin/v1/vendors", tags=["vendors"], responses=GUARDED)
_SHOWN = {200: shown(shapes.VENDOR), **ONE}

VendorPath = Annotated[str, Path(pattern=r"^[AC][0-9]{8}$", examples=["A00012345"])]


@router.get(
    "",
    operation_id="list_vendors",
    response_model=shapes.Vendors,
    responses={200: shown({"items": [shapes.VENDOR]})},
)
async def list_vendors(desk: AdminDesk) -> Response:
    """List the vendors of this key, and how old their Coupang keys are."""
    return answers.answer({"items": await vendors.list_vendors(desk.house, desk.key.operator)})


@router.post(
    "",
    status_code=201,
    operation_id="create_vendor",
    response_model=shapes.Vendor,
    responses={201: shown(shapes.VENDOR), **BODY, **may_raise(Conflict)},
)
async def create_vendor(desk: AdminDesk, body: shapes.NewVendor) -> Response:
    """Register a vendor; its orders are fetched at once."""
    row = await vendors.register(
        desk.house,
        desk.key.operator,
        body.vendor_id,
        name=body.name,
        access_key=body.access_key.get_secret_value(),
        secret_key=body.secret_key.get_secret_value(),
        key_issued_at=body.key_issued_at,
        auto_acknowledge=body.auto_acknowledge,
    )
    return answers.answer(row, 201, {"Location": f"/admin/v1/vendors/{body.vendor_id}"})


@router.get("/{vendor_id}", operation_id="get_vendor", response_model=shapes.Vendor, responses={**_SHOWN})
async def get_vendor(desk: AdminDesk, vendor_id: VendorPath) -> Response:
    """Return one vendor without its keys."""
    return answers.answer(await vendors.get_vendor(desk.house, desk.key.operator, vendor_id))


@router.patch(
    "/{vendor_id}",
    operation_id="set_vendor_policy",
    response_model=shapes.Vendor,
    responses={**_SHOWN, **BODY},
)
async def set_policy(desk: AdminDesk, vendor_id: VendorPath, body: shapes.Policy) -> Response:
    """Change the name, whether new orders are acknowledged by themselves, or the WING login for cancels.

    What is left out stays.
    """
    row = await vendors.set_policy(
        desk.house,
        desk.key.operator,
        vendor_id,
        name=body.name,
        auto_acknowledge=body.auto_acknowledge,
        wing_user_id=body.wing_user_id,
    )
    return answers.answer(row)


@router.post(
    "/{vendor_id}/keys",
    operation_id="rotate_vendor_keys",
    response_model=shapes.Vendor,
    responses={**_SHOWN, **BODY},
)
async def rotate_keys(desk: AdminDesk, vendor_id: VendorPath, body: shapes.Keys) -> Response:
    """Replace the Coupang keys; the next visit speaks with the new ones. Resume it if it was stopped."""
    row = await vendors.rotate(
        desk.house,
        desk.key.operator,
        vendor_id,
        access_key=body.access_key.get_secret_value(),
        secret_key=body.secret_key.get_secret_value(),
        key_issued_at=body.key_issued_at,
    )
    return answers.answer(row)


@router.post(
    "/{vendor_id}/pause", operation_id="pause_vendor", response_model=shapes.Vendor, responses={**_SHOWN}
)
async def pause(desk: AdminDesk, vendor_id: VendorPath) -> Response:
    """Make no more calls for this vendor until it is resumed."""
    return answers.answer(await vendors.pause(desk.house, desk.key.operator, vendor_id))


@router.post(
    "/{vendor_id}/resume", operation_id="resume_vendor", response_model=shapes.Vendor, responses={**_SHOWN}
)
async def resume(desk: AdminDesk, vendor_id: VendorPath) -> Response:
    """Call again for this vendor, now, also if it was stopped by Coupang's refusals."""
    return answers.answer(await vendors.resume(desk.house, desk.key.operator, vendor_id))
