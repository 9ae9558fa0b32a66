"""The REST edge, shared by the routers of all families.

deps.py             what a route is given: application state, caller, page, preference
problems.py         RFC 9457: one document per kind of error      problem_pages.py  their pages
presenters.py       how values are written as JSON                field_types.py    how ids and times are read
schemas.py          models that several routers share             pagination.py     cursors
openapi.py          the OpenAPI document                          swagger_ui.py     its page
change_requests.py  how a route asks for a change and answers with its effect
effects.py          effects of every family                couriers.py         couriers that Coupang takes
request_metrics.py  request counts and latencies; bodies that are too large
"""
