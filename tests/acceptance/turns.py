"""The turn of the visit that is under way, for a test that acts in its middle."""

from app.flows.house import PURPOSE_SECRETS
from app.flows.turns import Turn
from tests.acceptance.shops import Shop


async def present_turn(shop: Shop) -> Turn:
    vendor = await shop.vendor()
    purpose = PURPOSE_SECRETS + shop.vendor_id.encode()
    return Turn(
        shop.vendor_id,
        vendor["epoch"],
        vendor["auto_acknowledge"],
        vendor["wing_user_id"],
        shop.house.vault.open(vendor["sealed_access_key"], purpose).decode(),
        shop.house.vault.open(vendor["sealed_secret_key"], purpose).decode(),
        vendor["stops"],
    )
