"""Cancels and returns: the calls, their rows and results."""
