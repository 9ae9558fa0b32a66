"""API keys: make, list, end. A key never changes; make another one."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from app.backoffice.api import schemas
from app.engine.access import api_keys
from app.web import presenters
from app.web.deps import AdminRequest
from app.web.openapi import BODY, GUARDED, ONE, shown

router = APIRouter(prefix="/admin/v1/keys", tags=["keys"], responses=GUARDED)
KeyPath = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$", examples=["0a1b2c3d4e5f"])]


@router.get(
    "",
    operation_id="list_keys",
    response_model=schemas.ApiKeys,
    responses={200: shown({"items": [schemas.API_KEY]})},
)
async def list_keys(request: AdminRequest) -> Response:
    """List all keys that see no more than this one, ended ones included."""
    return presenters.answer({"items": await api_keys.list_keys(request.context, request.key)})


@router.post(
    "",
    status_code=201,
    operation_id="create_key",
    response_model=schemas.MadeKey,
    responses={201: shown(schemas.MADE_KEY), **BODY},
)
async def create_key(request: AdminRequest, body: schemas.NewKey) -> Response:
    """Make a key and return it, this once; only a digest is stored."""
    made = await api_keys.create(
        request.context, name=body.name, scopes=body.scopes, vendor_ids=body.vendor_ids, by=request.key
    )
    headers = {"Location": f"/admin/v1/keys/{made['key_id']}", "Cache-Control": "no-store"}
    return presenters.answer(made, 201, headers)


@router.get(
    "/{key_id}",
    operation_id="get_key",
    response_model=schemas.ApiKey,
    responses={200: shown(schemas.API_KEY), **ONE},
)
async def get_key(request: AdminRequest, key_id: KeyPath) -> Response:
    """Return one key without its secret."""
    return presenters.answer(await api_keys.get_key(request.context, key_id, request.key))


@router.delete("/{key_id}", status_code=204, operation_id="revoke_key", responses={**ONE})
async def revoke_key(request: AdminRequest, key_id: KeyPath) -> Response:
    """End a key: here at once, in other processes within 5 seconds. Ending it twice is fine."""
    await api_keys.revoke(request.context, key_id, request.key)
    request.app_state.keyring.forget(key_id)
    return Response(status_code=204)
