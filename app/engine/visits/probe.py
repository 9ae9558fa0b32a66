"""The one call that may end a pause."""

from datetime import timedelta

from app.coupang.errors import CoupangError, Rejected
from app.coupang.orders import calls as order_calls
from app.coupang.orders.decode import WireStatus
from app.engine.visits import circuit_breaker
from app.engine.visits.session import CircuitTripped, VisitSession


async def probe(session: VisitSession) -> None:
    """Make one cheap reading before anything else.

    Raises:
        CircuitTripped: Coupang still does not answer properly.
    """
    session.check_time()
    at = session.context.now()
    try:
        await order_calls.list_minutes(
            session.client, at - timedelta(minutes=1), at, WireStatus.ACCEPT, purpose="probe"
        )
    except Rejected:
        # A refusal by a business rule comes from behind Coupang's edge: calls get through.
        pass
    except CoupangError as error:
        raise CircuitTripped(error) from error
    await circuit_breaker.answered(session.context, session.lease)
