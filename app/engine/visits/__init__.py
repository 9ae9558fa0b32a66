"""Visits: one vendor at a time, leased, paced and bounded in time."""
