"""Cancels and returns."""
