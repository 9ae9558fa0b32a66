"""What the engine itself declares, in the same words as a family: effects, vendors, evidence."""

from collections.abc import Mapping

from app.engine.access.audit_tables import AuditEntry, UsedKey
from app.engine.context import PURPOSE_EVIDENCE, PURPOSE_QUARANTINE, PURPOSE_SECRETS
from app.engine.effects import dispatch, outbox
from app.engine.effects.tables import Attempt, Effect
from app.engine.family import Aggregate, Family, SealedColumn, VisitPart
from app.engine.feeds.feeds import Due
from app.engine.feeds.tables import Feed, PollRun, Tally
from app.engine.history.tables import Evidence, History, Observation, Quarantine
from app.engine.vendors.tables import ApiKey, Circuit, Secret, Vendor
from app.engine.visits.session import VisitSession
from app.machines.effects import EFFECT

_DIGEST = (("vendor_id", "text"), ("digest", "bytea"))


def _of_vendor(column: str) -> SealedColumn:
    return SealedColumn(
        table="vendor",
        column=column,
        key=(("vendor_id", "text"),),
        purpose=lambda row: PURPOSE_SECRETS + str(row["vendor_id"]).encode(),
    )


async def _recover(session: VisitSession, _: Mapping[str, Due]) -> None:
    await outbox.recover(session.context, session.vendor_id, session.epoch)


async def _read_back(session: VisitSession, _: Mapping[str, Due]) -> None:
    await dispatch.read_back(session)


async def _dispatch(session: VisitSession, _: Mapping[str, Due]) -> None:
    await dispatch.dispatch(session)


CORE = Family(
    name="engine",
    tables=(
        Vendor,
        Secret,
        ApiKey,
        Circuit,
        AuditEntry,
        UsedKey,
        Feed,
        PollRun,
        Tally,
        Evidence,
        History,
        Observation,
        Quarantine,
        Effect,
        Attempt,
    ),
    aggregates=(
        Aggregate(
            name="effect", rules=EFFECT, counted_as="effects", table="effect", key="effect_id", dated=False
        ),
    ),
    visit_parts=(
        VisitPart(name="recover", order=10, run=_recover),
        VisitPart(name="read_back", order=20, run=_read_back),
        VisitPart(name="dispatch", order=40, run=_dispatch),
    ),
    sealed_columns=(
        SealedColumn(
            table="secret",
            column="sealed",
            key=(("name", "text"),),
            purpose=lambda row: str(row["name"]).encode(),
        ),
        _of_vendor("sealed_access_key"),
        _of_vendor("sealed_secret_key"),
        SealedColumn(table="evidence", column="sealed", key=_DIGEST, purpose=lambda _: PURPOSE_EVIDENCE),
        SealedColumn(table="quarantine", column="sealed", key=_DIGEST, purpose=lambda _: PURPOSE_QUARANTINE),
    ),
)
