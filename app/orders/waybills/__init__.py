"""Waybill numbers: form, reuse, and the lines of a parcel."""
