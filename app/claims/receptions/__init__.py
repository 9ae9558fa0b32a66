"""Goods that come back: arrival and inspection."""
