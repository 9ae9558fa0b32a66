"""`/admin/v1`, for operators: vendors and keys, moves by hand with a reason, doubtful effects, polls."""
