"""Customers, couriers and staff act here, by script or by seeded chance."""
