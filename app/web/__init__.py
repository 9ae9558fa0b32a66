"""The REST edge: parse, call one flow, present.

deps.py       what a route is given: house, caller, page, preference
problems.py   RFC 9457: one document per kind of error
manual.py     their pages
answers.py    how values are written as JSON
cursors.py    where a page begins, and how it is answered
fields.py     how ids, times and waybills are read
shapes.py     the words of the OpenAPI document that several rooms share
contract.py   the OpenAPI document itself
meters.py     request counts and latencies; bodies that are too large
ops.py        /health, /ready, /metrics
warehouse/    /v1: boxes, orders, changes, effects, couriers
admin/        /admin/v1: vendors, keys, boxes, effects, polls
"""
