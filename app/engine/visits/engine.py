"""Procrastinate runs the visits: one at a time per vendor in the whole fleet, one more waiting.

A job whose worker was killed stays `doing` for ever out of the box. The sweep *finishes* it instead of
retrying it: retrying collides with the visit that waits already, and then that vendor is never served again
(decision 0006). A lost wake-up is repaired by the next tick.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager, NotificationCallback
from psycopg_pool import PoolTimeout

from app.engine.db.reconnect import RECONNECT_S, keep_trying
from app.engine.visits.clock_check import ClockCheck

log = logging.getLogger(__name__)

QUEUE = "visits"
HEARTBEAT_S = 1.0
STALLED_S = 6.0
LEASE_S = 3.0
"""A process whose last heartbeat is this old makes no more calls. Its last call began earlier, Coupang's
gateway ends it within 3 s, and no other process takes over before `STALLED_S`: never two callers at once."""
SWEEP_S = 1.0
PRIORITY_WAITED_FOR = 10
ANEW_S = 0.5
"""Pause before work restarts after the database was unavailable."""
AWAY = (ConnectorException, psycopg.Error, PoolTimeout)
AGAIN_WITHIN_S = 5.0
"""If the database is unavailable for longer, the next tick asks."""
Visit = Callable[[str, int | None], Awaitable[object]]
_STAMP = "SELECT last_heartbeat FROM procrastinate_workers WHERE id = %(worker_id)s"
WAKE_EVERY_S = 0.05
"""Between two wake-ups of one vendor from one process: a burst of changes asks for one visit."""


class Manager(JobManager):
    """The library's job manager, made to survive a database that is unavailable; it knows our last heartbeat.

    The library sends heartbeats and listens in side tasks. Without periodic tasks nothing notices when one
    fails: the worker goes on fetching without heartbeats and is taken for dead in the middle of its visits.
    So neither fails here.

    Attributes:
        worker_id: As whom this process is registered; None when it is not.
        beat_s: When the last heartbeat was sent, on the monotonic clock.
        ending: The library fetches no more and waits for the visits under way.
        clocks: Compares this machine's clock with the database's at each heartbeat; None does not.
    """

    clocks: ClockCheck | None = None
    worker_id: int | None = None
    beat_s = float("-inf")
    ending = False

    async def register_worker(self) -> int:
        """Begin: the registration is the first heartbeat."""
        began_s = time.monotonic()
        self.worker_id = await super().register_worker()
        self.beat_s, self.ending = began_s, False
        # Nothing is fetched before the clock is judged.
        await self.update_heartbeat(self.worker_id)
        return self.worker_id

    async def unregister_worker(self, worker_id: int) -> None:
        """End: no visit is under way any more."""
        self.worker_id = None
        await super().unregister_worker(worker_id)

    @property
    def agrees(self) -> bool:
        """Whether this machine's clock is known to be right, or is not checked."""
        return self.clocks is None or self.clocks.holds

    async def update_heartbeat(self, worker_id: int) -> None:
        """Send a heartbeat; it counts from before it was sent, and not at all if it fails."""
        began_s, before = time.monotonic(), self.clocks.now() if self.clocks else None
        try:
            await super().update_heartbeat(worker_id)
            if self.clocks and before:
                stamp = await self.connector.execute_query_one_async(_STAMP, worker_id=worker_id)
                if stamp["last_heartbeat"]:
                    self.clocks.judge(before, stamp["last_heartbeat"], self.clocks.now())
        except AWAY as error:
            log.warning("a heartbeat failed: %s", type(error).__name__)
        else:
            self.beat_s = began_s

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """Fetch a job; none while the database is unavailable or our clock is wrong.

        Raises:
            ConnectorException: This worker was removed; it must register again.
        """
        if not self.agrees:
            return None
        try:
            return await super().fetch_job(queues, worker_id)
        except ConnectorException as error:
            if not isinstance(error.__cause__, psycopg.OperationalError):
                raise
            log.warning("nothing fetched: %s", type(error.__cause__).__name__)
            return None

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        """Listen until the library is about to stop."""
        try:
            while True:
                with suppress(*AWAY):
                    await super().listen_for_jobs(on_notification=on_notification, queues=queues)
                await asyncio.sleep(ANEW_S)
        finally:
            self.ending = True


class Engine:
    """The visits' engine on one database.

    Args:
        url: `postgresql://…`.
        visit: Does one visit of a vendor on behalf of a job; None in processes that only ask for visits.
        concurrency: Visits at a time in this process.
        before_asking: Makes a vendor due, so that the next tick repairs a wake-up that is lost.
        now: This machine's clock, where it is to be the database's; None where time is not real.
    """

    def __init__(
        self,
        url: str,
        visit: Visit | None = None,
        concurrency: int = 8,
        before_asking: Callable[[str], Awaitable[None]] | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        # One connection fetches, one listens, one sends heartbeats; visits work on the pool of the context.
        connector = PsycopgConnector(
            conninfo=url,
            min_size=1,
            max_size=4,
            reconnect_timeout=RECONNECT_S,
            reconnect_failed=keep_trying,
        )
        self.app = App(connector=connector)
        self.app.job_manager = self.manager = Manager(self.app.connector)
        self.manager.clocks = None if now is None else ClockCheck(now)
        self.concurrency = concurrency
        self._visit = visit
        self._before_asking = before_asking
        self._next: dict[str, asyncio.Future[None]] = {}
        self._asking: dict[str, asyncio.Future[None]] = {}
        self._running: set[int | None] = set()
        self._suspects: set[int] = set()
        self._task = self.app.task(name="visit", queue=QUEUE, pass_context=True)(self._run)

    async def _run(self, context: JobContext, vendor_id: str) -> None:
        if self._visit is None:
            raise RuntimeError("this process asks for visits, it does not make them")
        self._running.add(context.job.id)
        try:
            await self._visit(vendor_id, context.job.id)
        except psycopg.OperationalError as error:
            log.warning("a visit of vendor %s lost the database: %s", vendor_id, type(error).__name__)
            await asyncio.sleep(ANEW_S)
            await self._ask_again(vendor_id)
        finally:
            self._running.discard(context.job.id)

    async def ask(self, vendor_id: str, priority: int = 0) -> None:
        """Ask for a visit; one that waits already serves as well."""
        job = self._task.configure(lock=vendor_id, queueing_lock=vendor_id, priority=priority)
        with suppress(AlreadyEnqueued):
            await job.defer_async(vendor_id=vendor_id)

    async def _ask_again(self, vendor_id: str) -> None:
        """Ask again for a visit that lost the database: its vendor is due again only after some seconds.

        By a job, not by itself: it may have been taken for dead, and another visit holds the lease.
        """
        with suppress(*AWAY, TimeoutError):
            async with asyncio.timeout(AGAIN_WITHIN_S):
                await self.ask(vendor_id, PRIORITY_WAITED_FOR)

    async def wake(self, vendor_id: str) -> None:
        """Ask for a visit soon, without waiting for it; never fails, the next tick repairs what is lost.

        Those who ask while an earlier asking is under way share the next one.
        """
        if vendor_id not in self._next:
            self._next[vendor_id] = asyncio.ensure_future(self._wake_all(vendor_id))

    async def settle(self) -> None:
        """Wait until every wake-up is through; before the connections are closed."""
        while under_way := {*self._next.values(), *self._asking.values()}:
            await asyncio.wait(under_way)

    async def _wake_all(self, vendor_id: str) -> None:
        before = self._asking.get(vendor_id)
        if before is not None:
            await asyncio.wait({before})
        # A request that comes from here on has committed too late for this one.
        mine = self._asking[vendor_id] = self._next.pop(vendor_id)
        try:
            if self._before_asking is not None:
                await self._before_asking(vendor_id)
            await self.ask(vendor_id, PRIORITY_WAITED_FOR)
        except AWAY as error:
            log.warning("no visit could be asked for: %s", type(error).__name__)
        try:
            await asyncio.sleep(WAKE_EVERY_S)
        finally:
            if self._asking.get(vendor_id) is mine:
                del self._asking[vendor_id]

    def speaks(self) -> bool:
        """Tell whether visits of this process may go on: its heartbeat is fresh, and it is not ending.

        Nor may they while its clock is wrong.

        While the library stops, on SIGTERM or because it was removed, it fetches nothing until all visits
        have ended. So they end at their next call and leave the rest to the next visit.
        """
        heard_of = time.monotonic() - self.manager.beat_s < LEASE_S
        return heard_of and self.manager.agrees and not self.manager.ending

    async def work(self) -> None:
        """Run visits until cancelled; then wait until those under way have ended.

        The library's worker ends when it has been taken for dead and removed. Then the next one begins.
        """
        beating = asyncio.create_task(self._beat_to_the_end())
        try:
            await self._work()
        finally:
            beating.cancel()

    async def _beat_to_the_end(self) -> None:
        # The library stops its heartbeats before it waits for its visits. A process whose call is under way
        # would be taken for dead, and another worker would call beside it.
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            worker_id = self.manager.worker_id
            if self.manager.ending and worker_id is not None:
                await self.manager.update_heartbeat(worker_id)

    async def _work(self) -> None:
        while True:
            try:
                await self.app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=self.concurrency,
                    fetch_job_polling_interval=0.5,
                    update_heartbeat_interval=HEARTBEAT_S,
                    stalled_worker_timeout=STALLED_S,
                    shutdown_graceful_timeout=35.0,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    listen_notify=True,
                )
                log.warning("the worker ended by itself; beginning anew")
            except AWAY as error:
                log.warning("the worker failed (%s); beginning anew", type(error).__name__)
            await asyncio.sleep(ANEW_S)

    async def sweep(self) -> int:
        """Finish visits that no process makes any more, ask for new ones, and return how many there were.

        Those of workers that are gone; and our own whose end could not be stored because the database was
        unavailable: their worker is alive, so no other sweep would ever finish them.
        """
        manager = self.app.job_manager
        lost = list(await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S))
        mine = {
            job.id: job
            for job in await manager.list_jobs_async(queue=QUEUE, status=Status.DOING.value)
            if job.id
            and job.worker_id is not None
            and job.worker_id == self.manager.worker_id
            and job.id not in self._running
        }
        # Seen twice: a visit that began or ended just now is none of them.
        lost += [job for job_id, job in mine.items() if job_id in self._suspects]
        self._suspects = set(mine)
        swept = 0
        for job in lost:
            if job.id is None:
                continue
            if job.lock is not None:
                # First, because the sweeper may be killed too; what waits begins when this one is finished.
                await self.ask(job.lock, PRIORITY_WAITED_FOR)
            # Another sweeper may have been faster.
            with suppress(ConnectorException):
                await manager.finish_job_by_id_async(job.id, status=Status.FAILED, delete_job=True)
                swept += 1
                log.warning("swept the visit of vendor %s: nobody makes it any more", job.lock)
        return swept

    async def keep_sweeping(self) -> None:
        """Sweep every few seconds until cancelled; a failing sweep is tried again."""
        while True:
            try:
                await self.sweep()
            except AWAY as error:
                log.warning("sweep failed: %s", type(error).__name__)
            await asyncio.sleep(SWEEP_S)
