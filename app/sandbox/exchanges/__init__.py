"""Exchanges: their transitions and the calls about them."""
