"""The one call that comes back after a silence."""

from datetime import timedelta

from app.coupang.errors import CoupangError, Rejected
from app.coupang.orders import calls as order_calls
from app.coupang.orders.decode import WireStatus
from app.flows import circuits
from app.jobs.line import Line, Silence


async def probe(line: Line) -> None:
    """Make one cheap reading before anything else.

    Raises:
        Silence: Coupang still does not answer properly.
    """
    line.check_time()
    at = line.house.now()
    try:
        await order_calls.list_minutes(
            line.client, at - timedelta(minutes=1), at, WireStatus.ACCEPT, purpose="probe"
        )
    except Rejected:
        # A business no comes from behind the door: it is open.
        pass
    except CoupangError as error:
        raise Silence(error) from error
    await circuits.answered(line.house, line.turn)
