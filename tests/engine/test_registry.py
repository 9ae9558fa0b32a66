"""What several families declare is joined, and what nobody declares is empty and yet a statement."""

from dataclasses import replace
from typing import Any, LiteralString

import pytest

from app.engine.context import Context
from app.engine.core_family import CORE
from app.engine.db.database import fetch
from app.engine.family import Family, InboxKind, PastView, Resync
from app.engine.inbox import WAITING
from app.engine.manual import ManualMoves
from app.engine.registry import Registry
from app.families import REGISTRY

_NO_ROWS: LiteralString = "SELECT NULL AS part, NULL AS aggregate, NULL::bigint AS aggregate_id WHERE false"


async def _find(*_: object) -> dict[str, Any]:
    return {}


async def _make_due(*_: object) -> None:
    return None


TOY = Family(
    name="toys",
    past_views=(
        PastView(aggregate="toy", observed_as="toy", belonging=_NO_ROWS, find=_find, word=lambda _: {}),
    ),
    past_belonging={"box": "SELECT 'related' AS part, 'toy' AS aggregate, %(id)s::bigint AS aggregate_id"},
    resyncs=(Resync(subject="toy", aggregates=("toy",), found="SELECT 1", make_due=_make_due),),
    inbox=(InboxKind(name="toy_lost", subject="toy", ways=()),),
    waiting=(
        """SELECT 'toy_lost', 'toy', 7::bigint, NULL::bytea, NULL::bigint, NULL::bigint, %(at)s::timestamptz,
                  NULL::timestamptz, 'under the sofa', 'A00000001'""",
    ),
    manual={"toys": ManualMoves()},
)


async def test_a_family_adds_to_what_belongs_to_another(context: Context) -> None:
    registry = Registry((*REGISTRY.families, TOY))
    async with context.db.connection() as connection:
        found = await fetch(connection, registry.belonging["box"], vendor_id="A00000001", id=5)
        assert found == [{"part": "related", "aggregate": "toy", "aggregate_id": 5}]
        assert await fetch(connection, registry.belonging["toy"], vendor_id="A00000001", id=5) == []
    assert registry.belonging.keys() - {"toy"} == REGISTRY.belonging.keys()
    assert "toy" not in REGISTRY.belonging["box"]


async def test_what_waits_is_one_statement_whoever_declares_it(context: Context) -> None:
    async def waiting(*families: Family) -> list[str]:
        query: LiteralString = f"""
            WITH waiting (kind, subject, id, digest, order_id, shipment_box_id, since, deadline, reason,
                          vendor_id) AS ({Registry(families).waiting})
            SELECT kind FROM waiting"""
        async with context.db.connection() as connection:
            return [row["kind"] for row in await fetch(connection, query, at=context.now())]

    assert await waiting() == []
    assert await waiting(TOY) == ["toy_lost"]
    # Rows that no family reads elsewhere are shown, without any family that says so.
    assert await waiting(CORE) == []
    assert await waiting(*REGISTRY.families, TOY) == ["toy_lost"]
    assert any("{read_elsewhere}" in part for part in WAITING)
    assert "{" not in REGISTRY.waiting


@pytest.mark.parametrize("name", ["past_views", "resyncs", "inbox", "manual"])
def test_two_families_may_not_declare_the_same(name: str) -> None:
    other = replace(Family(name="others"), **{name: getattr(TOY, name)})
    with pytest.raises(ValueError, match=r"two families declare 'toys?(_lost)?'"):
        Registry((TOY, other))
