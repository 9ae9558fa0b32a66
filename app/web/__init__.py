"""The REST edge, shared by the routers of all families.

Modules:
    change_requests.py        How a route asks for a change and answers with its effect.
    courier_schemas.py        The documented shapes of couriers.
    couriers.py               Couriers that Coupang takes, and the shape of their waybill numbers.
    deps.py                   What a route is given: application state, the caller within scope, a page, a
                              preference.
    effect_schemas.py         The documented shapes of effects in lists and with their history.
    effects.py                Effects: what was asked of Coupang, and what became of it.
    field_types.py            How single values are read: strictly, and with the rule in the error.
    openapi.py                The OpenAPI document: every route declares its problems, all in one form.
    pagination.py             Opaque cursors: where a page of a list begins, and how the next one is named.
    point_in_time_schemas.py  The documented shape of a past moment (`?at=`), with an example.
    presenters.py             How values are written as JSON: ids as strings, times in UTC with a `Z`.
    problem_pages.py          A page for every kind of problem, rendered from the error classes.
    problems.py               RFC 9457: one document per kind of error, and a page for each kind.
    request_metrics.py        Around every request: count and time it, refuse large bodies, answer every error
                              as RFC 9457.
    resync.py                 How a route has something read on demand, at the vendor's pace, and tells what
                              that changed.
    resync_schemas.py         The documented shape of what a reading on demand has changed.
    schemas.py                What documented shapes have in common. They describe answers; answers are not
                              validated at run time.
    swagger_ui.py             The page `/docs`: Swagger UI from files of our own, so that it asks no foreign
                              host for anything.
"""
