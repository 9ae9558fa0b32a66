"""States in SQL: how they are written, and that the migrated database knows those that the machines have."""

import re

import pytest
import sqlalchemy as sa

from app.engine.db.base import Base
from app.engine.db.states import among, listed, literal
from app.families import REGISTRY  # noqa: F401 - every table is known to Base once its family is
from app.machines.boxes import GONE, SHIPPED, BoxState
from app.machines.cancels import KEPT_IN
from app.machines.effects import AUTOMATIC, EffectState
from app.machines.returns import REFUNDED


def test_states_are_written_in_the_order_of_their_declaration() -> None:
    assert literal(BoxState.FINAL_DELIVERING) == "'FINAL_DELIVERING'"
    assert among(SHIPPED) == "('DEPARTURE', 'DELIVERING', 'FINAL_DELIVERING', 'NONE_TRACKING')"
    assert among(frozenset(reversed(list(AUTOMATIC)))) == "('PENDING', 'SENDING', 'UNKNOWN')"
    assert among(REFUNDED, KEPT_IN) == "('RETURNS_COMPLETED', 'STOPPED', 'CANCELLED')"
    assert among(GONE, KEPT_IN) == "('CANCELLED', 'STOPPED')"
    assert among(EffectState) == listed(state.value for state in EffectState)


@pytest.mark.parametrize("word", ["", "a'b", "a b", "a\\"])
def test_what_would_have_to_be_escaped_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="would have to be escaped"):
        listed([word])


def _words(condition: str) -> set[str]:
    return set(re.findall(r"'(\w+)'", condition))


def test_the_database_names_the_states_that_the_machines_have(database_url: str) -> None:
    """In checks and partial indexes: a state that only the machine knows could not be stored, or found."""
    meant: dict[str, set[str]] = {}
    for table in Base.metadata.tables.values():
        for check in table.constraints:
            if isinstance(check, sa.CheckConstraint):
                meant[str(check.name)] = _words(str(check.sqltext))
        for index in table.indexes:
            if (where := index.dialect_options["postgresql"]["where"]) is not None:
                meant[str(index.name)] = _words(str(where))
    meant = {name: words for name, words in meant.items() if words}
    assert {"box_state", "effect_due", "effect_open", "cancel_open", "exchange_open"} <= set(meant)
    engine = sa.create_engine(sa.make_url(database_url).set(drivername="postgresql+psycopg"))
    query = """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'
               UNION ALL
               SELECT c.relname, pg_get_expr(i.indpred, i.indrelid)
               FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indpred IS NOT NULL"""
    try:
        with engine.connect() as connection:
            made = {name: _words(condition) for name, condition in connection.execute(sa.text(query))}
    finally:
        engine.dispose()
    assert {name: made.get(name) for name in meant} == meant, "a migration must say the same"
