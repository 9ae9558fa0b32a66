"""Vendors and their keys."""
