"""The turn of the visit that is under way, for a test that acts in its middle."""

from app.engine.context import PURPOSE_SECRETS
from app.engine.visits.leases import VendorLease
from tests.support.shop import Shop


async def present_turn(shop: Shop) -> VendorLease:
    vendor = await shop.vendor()
    purpose = PURPOSE_SECRETS + shop.vendor_id.encode()
    return VendorLease(
        shop.vendor_id,
        vendor["epoch"],
        vendor["auto_acknowledge"],
        vendor["wing_user_id"],
        shop.context.vault.open(vendor["sealed_access_key"], purpose).decode(),
        shop.context.vault.open(vendor["sealed_secret_key"], purpose).decode(),
        vendor["stops"],
    )
