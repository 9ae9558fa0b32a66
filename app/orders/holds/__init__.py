"""Holds: a person keeps a box back."""
