"""API keys: make, list, end. A key never changes; make another one."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from app.flows import keys
from app.web import answers
from app.web.admin import shapes
from app.web.contract import BODY, GUARDED, ONE, shown
from app.web.deps import AdminDesk

router = APIRouter(prefix="/admin/v1/keys", tags=["keys"], responses=GUARDED)
KeyPath = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$", examples=["0a1b2c3d4e5f"])]


@router.get(
    "",
    operation_id="list_keys",
    response_model=shapes.ApiKeys,
    responses={200: shown({"items": [shapes.API_KEY]})},
)
async def list_keys(desk: AdminDesk) -> Response:
    """List all keys that see no more than this one, ended ones included."""
    return answers.answer({"items": await keys.list_keys(desk.house, desk.key)})


@router.post(
    "",
    status_code=201,
    operation_id="create_key",
    response_model=shapes.MadeKey,
    responses={201: shown(shapes.MADE_KEY), **BODY},
)
async def create_key(desk: AdminDesk, body: shapes.NewKey) -> Response:
    """Make a key and return it, this once; only a digest is stored."""
    made = await keys.create(
        desk.house, name=body.name, scopes=body.scopes, vendor_ids=body.vendor_ids, by=desk.key
    )
    headers = {"Location": f"/admin/v1/keys/{made['key_id']}", "Cache-Control": "no-store"}
    return answers.answer(made, 201, headers)


@router.get(
    "/{key_id}",
    operation_id="get_key",
    response_model=shapes.ApiKey,
    responses={200: shown(shapes.API_KEY), **ONE},
)
async def get_key(desk: AdminDesk, key_id: KeyPath) -> Response:
    """Return one key without its secret."""
    return answers.answer(await keys.get_key(desk.house, key_id, desk.key))


@router.delete("/{key_id}", status_code=204, operation_id="revoke_key", responses={**ONE})
async def revoke_key(desk: AdminDesk, key_id: KeyPath) -> Response:
    """End a key: here at once, in other processes within 5 seconds. Ending it twice is fine."""
    await keys.revoke(desk.house, key_id, desk.key)
    desk.edge.keyring.forget(key_id)
    return Response(status_code=204)
