"""Waybill numbers: form, reuse, and the lines of a parcel.

Modules:
    checks.py        Check before asking what Coupang would refuse of a waybill.
    parcel_lines.py  What a waybill is for, right before it goes: the lines of its parcel as the box is by
                     then.
    store.py         Which boxes a waybill number is in use for.
    waybills.py      A waybill as a warehouse gives it, and the form of its number.
"""
