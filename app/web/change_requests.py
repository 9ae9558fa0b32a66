"""How a route asks for a change and answers with its effect.

202 with the effect and its address; with `Prefer: wait=N` 200 once the outcome is certain, within N
seconds. The same `Idempotency-Key` asks for the same change once, whatever happens on the way.
"""

from typing import Annotated, Any

from fastapi import Header
from starlette.responses import Response

from app.engine.effects import queries as effect_queries
from app.machines.effects import EFFECT, IN_REVIEW, EffectState
from app.web import presenters
from app.web.deps import AuthorizedRequest, look_until, waiting_s
from app.web.openapi import CHANGE, Responses, shown
from app.web.schemas import EFFECT as EFFECT_EXAMPLE
from app.web.schemas import Effect as EffectShape

IntentKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,200}$",
        description="Visible ASCII; asks for the same change once, also when the answer was lost.",
    ),
]
ASKED: Responses = {
    202: {
        **shown(EFFECT_EXAMPLE, "Asked; follow `Location`."),
        "model": EffectShape,
        "headers": {"Location": {"schema": {"type": "string"}, "required": True}},
    },
    200: {
        **shown(
            {**EFFECT_EXAMPLE, "state": EffectState.CONFIRMED, "final": True}, "Settled while you waited."
        ),
        "headers": {"Preference-Applied": {"schema": {"type": "string"}}},
    },
    **CHANGE,
}


def intent_key(request: AuthorizedRequest, key: str | None) -> str | None:
    """Return the key under which an intent is kept: two callers never share one by chance."""
    return f"{request.key.key_id}:{key}" if key else None


async def asked(request: AuthorizedRequest, effect: dict[str, Any], prefer: str | None) -> Response:
    """Answer with an effect, after waiting for its outcome if the caller prefers that."""
    headers = {"Location": f"/v1/effects/{effect['effect_id']}"}
    wait_s = waiting_s(prefer, request.app_state.wait_most_s)
    if wait_s is None:
        return presenters.answer(presenters.effect(effect), 202, headers)
    # An effect in REVIEW waits for a person: no use in keeping the caller.
    seen = await look_until(
        lambda: effect_queries.get_effect(request.context, request.key.vendor_ids, effect["effect_id"]),
        lambda row: row["state"] in EFFECT.finals or row["state"] in IN_REVIEW,
        wait_s,
    )
    headers["Preference-Applied"] = f"wait={wait_s}"
    return presenters.answer(presenters.effect(seen), 200 if seen["state"] in EFFECT.finals else 202, headers)
