"""The nightly count, in the words of a family: its tables and its part of a visit."""

from collections.abc import Mapping

from app.engine.family import Family, VisitPart
from app.engine.feeds.feeds import Due
from app.engine.visits.session import VisitSession
from app.integrity import census_job
from app.integrity.census_tables import Census, CensusFinding


async def _count(session: VisitSession, _: Mapping[str, Due]) -> bool:
    return await census_job.count(session)


FAMILY = Family(
    name="integrity",
    tables=(Census, CensusFinding),
    # Last, so that a count never delays what somebody waits for.
    visit_parts=(VisitPart(name="count", order=160, run=_count),),
)
