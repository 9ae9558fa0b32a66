"""`/v1`, for warehouses: what must be packed, may it be shipped, here is the waybill, what became of it."""
