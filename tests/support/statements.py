"""Hear every statement that is said to the database."""

from typing import Any

import pytest

from app.engine.db.database import Connection


def listen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which each statement is added as it is said, on one line."""
    said: list[str] = []
    execute = Connection.execute

    async def heard(self: Connection, query: Any, *rest: Any, **named: Any) -> Any:
        said.append(" ".join(str(query).split()))
        return await execute(self, query, *rest, **named)

    monkeypatch.setattr(Connection, "execute", heard)
    return said
