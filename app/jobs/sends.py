"""What sending one change by itself is: an effect goes out, a verdict and its evidence come back."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.flows.outcomes import Verdict
from app.jobs.line import Line

Send = Callable[[Line, Mapping[str, Any]], Awaitable[tuple[Verdict, bytes]]]
DONE = Verdict("confirm", "OK")
"""Coupang has taken it."""
