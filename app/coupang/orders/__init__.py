"""Purchase orders: the calls, their rows and results."""
