"""Exchanges: the calls and their rows."""
