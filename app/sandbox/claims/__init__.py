"""Cancels and returns: their transitions and the calls about them."""
