"""The REST edge, shared by the routers of all families.

Modules:
    deps.py                   What a route is given: the house, the caller within scope, a page, a preference.
    field_types.py            How single values are read: strictly, and with the rule in words when they break
                              it.
    openapi.py                The OpenAPI document: every route declares its problems, in the one form they
                              have.
    pagination.py             Where a page of a list begins: an opaque cursor, and how a page is answered with
                              the next one.
    point_in_time_schemas.py  The documented shape of a past moment (`?at=`), with an example.
    presenters.py             How values are written as JSON: ids as strings, times in UTC with a `Z`.
    problem_pages.py          A page for every kind of problem, rendered from the errors' own words.
    problems.py               RFC 9457: one document per kind of error, and a page for each kind.
    request_metrics.py        Around every request: count and time it, refuse large bodies, let no error out
                              undressed.
    schemas.py                Bases and words of the documented shapes. They describe answers; answers are not
                              validated at run time.
    swagger_ui.py             The page `/docs`: Swagger UI from files of our own, so that it asks no foreign
                              host for anything.
"""
