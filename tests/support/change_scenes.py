"""The moments before and after one of the thirteen changes is asked for."""

from tests.acceptance.test_story_thirteen import ROADS, Road
from tests.support.prepared_shops import Scene, Stages
from tests.support.rest_app import Desk
from tests.support.shop import MINUTE, Shop


async def ready(stages: Stages, name: str) -> Scene:
    """Everything is there to ask for the change."""

    async def prepare(shop: Shop, desk: Desk) -> Road:
        shop.world.set_rules(list_lag_s=0.0, acknowledge_lag_max_s=0.0)
        road = await ROADS[name](shop, desk)
        await shop.visit()
        return road

    return await stages.scene(f"{name} ready", prepare)


async def asked(stages: Stages, name: str) -> Scene:
    """The change is asked for, and the next visit sends it."""
    before = await ready(stages, name)

    async def prepare(shop: Shop, desk: Desk) -> int:
        road = before.told
        effect = await desk.post(road.ask, road.body)
        shop.later(2 * MINUTE)
        return int(effect["effect_id"])

    return await stages.scene(f"{name} asked", prepare, before)
