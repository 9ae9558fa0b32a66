"""How values are written as JSON: ids as strings, times in UTC with a `Z`.

Ids have 18 digits; a JSON number of that size is silently rounded by JavaScript. Rows are written as they
are, without a validating model in between: the tests hold them against the documented shapes instead.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from app.machines.effects import EFFECT

_WRITE = orjson.OPT_UTC_Z
_IDS = (
    "shipment_box_id",
    "order_id",
    "effect_id",
    "subject_id",
    "receipt_id",
    "exchange_id",
    "vendor_item_id",
    "aggregate_id",
    "hold_id",
    "attempt_id",
    "run_id",
    "id",
)


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Write a value as JSON."""
    return Response(
        orjson.dumps(value, option=_WRITE), status, media_type="application/json", headers=headers
    )


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the ids of a row into strings."""
    shown = dict(row)
    for name in _IDS:
        value = shown.get(name)
        if value is not None:
            shown[name] = str(value)
    return shown


def box(row: Mapping[str, Any]) -> dict[str, Any]:
    """Present a box, with its lines when it has any."""
    shown = plain(row)
    if "lines" in shown:
        shown["lines"] = [plain(line) for line in shown["lines"]]
    return shown


def claim(row: Mapping[str, Any]) -> dict[str, Any]:
    """Present a cancel or a return with its lines and boxes."""
    shown = plain(row)
    shown["lines"] = [plain(line) for line in row["lines"]]
    shown["boxes"] = [plain(one) for one in row["boxes"]]
    return shown


def moment(row: Mapping[str, Any]) -> dict[str, Any]:
    """Present what was known at a past moment."""
    shown = plain(row)
    shown["life"] = plain(row["life"])
    for name in ("tracks", "effects", "related", "holds"):
        shown[name] = [plain(one) for one in row[name]]
    if row["market"] is not None and row["market"]["lines"] is not None:
        shown["market"] = {**row["market"], "lines": [plain(line) for line in row["market"]["lines"]]}
    return shown


def effect(row: Mapping[str, Any]) -> dict[str, Any]:
    """Present an effect, with its history and tries when it has them."""
    shown = plain(row)
    del shown["intent_key"]
    shown["tries"] = shown.pop("attempts")
    shown["final"] = row["state"] in EFFECT.finals
    shown["evidence"] = row["evidence"].hex() if row["evidence"] else None
    for name in ("lines", "items"):
        if name in shown["payload"]:
            listed = [plain(one) for one in shown["payload"][name]]
            shown["payload"] = {**shown["payload"], name: listed}
    if "trail" in shown:
        shown["trail"] = [plain(one) for one in shown["trail"]]
    return shown
