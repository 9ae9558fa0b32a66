"""Doctor, census and erasure: what must hold, looked at from outside."""
