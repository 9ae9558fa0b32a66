"""What sending one change by itself is: an effect goes out, a verdict and its evidence come back."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.engine.effects.verdicts import Verdict
from app.engine.visits.session import VisitSession

Send = Callable[[VisitSession, Mapping[str, Any]], Awaitable[tuple[Verdict, bytes]]]
DONE = Verdict("confirm", "OK")
"""Coupang has taken it."""
