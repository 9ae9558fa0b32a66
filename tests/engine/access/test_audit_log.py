"""The audit log: entries of the caller's vendors alone, newest first, without secrets."""

from typing import Any

from app.engine.access import audit_log
from app.engine.context import Context
from app.engine.vendors import vendors
from app.orders.changes import US
from tests.support.box_stock import OTHER, VENDOR, register


async def test_audit_log_shows_what_concerns_the_callers_vendors_alone(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await vendors.rotate(context, US, VENDOR, access_key="new access", secret_key="new secret")

    async def entries(vendor_ids: list[str] | None, **options: Any) -> list[dict[str, Any]]:
        asked: dict[str, Any] = {"subject": None, "before": None, "most": 9} | options
        return (await audit_log.list_entries(context, vendor_ids, **asked))[0]

    newest = await entries(None)
    assert [one["vendor_ids"] for one in newest] == [[VENDOR], [OTHER], [VENDOR]]
    assert "new secret" not in repr(newest)
    assert [one["entry_id"] for one in await entries([OTHER])] == [newest[1]["entry_id"]]
    assert await entries([]) == []
    assert await entries(None, before=newest[1]["entry_id"]) == newest[2:]
    assert await entries(None, subject=newest[1]["subject"]) == [newest[1]]
    assert (await audit_log.list_entries(context, None, subject=None, before=None, most=2))[1] == newest[1][
        "entry_id"
    ]
