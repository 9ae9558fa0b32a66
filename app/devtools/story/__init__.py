"""Bounded stories for `demo` and fault runs: who shops, when it is over, and whether both sides agree."""
