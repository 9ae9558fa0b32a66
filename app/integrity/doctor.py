"""The doctor: everything that must hold, asked of the database, vendor by vendor.

coverage    every creation window was read completely
feeds       nothing that is due waits for long, and everything that is open will be due
census      each night everything was counted, and nothing was missing
effects     no change is stuck, none waits for a verdict, each try is recorded, all that are confirmed have
            their evidence, and it is what it was
history     every aggregate walked a path of its machine, every row is the one that was written, none can be
            rewritten, and what it rests on is there
quantities  every unit is accounted for
rows        no row lacks a part of it, and each is what the answer says that it was stored from
clock       Coupang's Date header and our clock agree
persons     who somebody is was erased when its time was over, and not before
key         the key has more than two weeks to live, and Coupang takes it
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, LiteralString

from app.clock import to_second
from app.coupang.errors import ExpiredSignature
from app.engine.context import PURPOSE_SECRETS, Context
from app.engine.db.database import Connection, fetch
from app.engine.vendors import store as vendor_store
from app.engine.vendors.vendors import KEY_LIFE
from app.engine.visits import circuit_store
from app.integrity import census_store, doctor_sql, erasure, stored_content
from app.integrity.invariants import audit
from app.vault import Sealed

OVERDUE = timedelta(hours=1)
"""Nothing that is due waits longer; what was read later than that may still be on its way."""
FAR = timedelta(days=2)
"""Nothing is put off for so long, and nobody is silent for so long, unless the settings say so."""
COUNT_WITHIN = timedelta(hours=36)
SKEW_MOST_S = 60.0
"""Coupang refuses signatures that are five minutes off."""
KEY_WARNING = timedelta(days=14)
"""Coupang offers the renewal from then on."""
SHOWN_MOST = 20
CHECKS = (
    "coverage",
    "feeds",
    "census",
    "effects",
    "history",
    "quantities",
    "rows",
    "clock",
    "persons",
    "key",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold."""

    check: str
    vendor_id: str
    told: str


@dataclass(slots=True)
class Examination:
    """One vendor, examined."""

    vendor_id: str
    facts: dict[str, str] = field(default_factory=dict)
    """What was looked at, by check."""
    findings: list[Finding] = field(default_factory=list)

    def find(self, check: str, told: str) -> None:
        """Note a finding."""
        self.findings.append(Finding(check, self.vendor_id, told))

    def text(self) -> str:
        """Return the report: a line a check, and its findings below."""
        lines = [self.vendor_id]
        for check in CHECKS:
            mine = [one.told for one in self.findings if one.check == check]
            lines.append(f"  {'BAD' if mine else 'ok ':3} {check:10} {self.facts.get(check, '')}".rstrip())
            lines += [f"      - {told}" for told in mine[:SHOWN_MOST]]
            if len(mine) > SHOWN_MOST:
                lines.append(f"      - and {len(mine) - SHOWN_MOST} more")
        return "\n".join(lines) + "\n"


async def examine(context: Context, vendor_id: str | None = None) -> AsyncIterator[Examination]:
    """Examine one vendor, or all of them one after the other; nothing is written.

    Paused vendors are examined too, but nothing of theirs is overdue.
    """
    async with context.db.connection() as connection:
        rows = await vendor_store.list_vendors(connection, None if vendor_id is None else [vendor_id])
        circuit = await circuit_store.find(connection)
        strangers = await fetch(connection, doctor_sql.STRANGERS) if vendor_id is None else []
    if circuit is not None and circuit["closed_at"] is not None:
        circuit = None
    for vendor in rows:
        yield await _examine(context, vendor, circuit)
    for stranger in strangers:
        report = Examination(stranger["vendor_id"])
        report.find("history", "there is a history, and no such vendor")
        yield report


async def _examine(context: Context, vendor: dict[str, Any], circuit: dict[str, Any] | None) -> Examination:
    at = context.now()
    report = Examination(vendor["vendor_id"])
    speaks = vendor["state"] == "ACTIVE"
    # Who is silent is behind by design; the silence itself is told as such.
    silence = _silence(vendor, circuit, at)
    await _audit(context, report, speaks)
    async with context.db.connection() as connection:
        registry, overdue, far = context.registry, at - OVERDUE, at + _longest(context)
        asked = doctor_sql.asked(report.vendor_id, at, overdue, far)

        async def ask(question: LiteralString, **more: Any) -> list[Any]:
            return await fetch(connection, question, **asked, **more)

        for name in ("due_at", "stopped_until"):
            if vendor[name] is not None and vendor[name] > far:
                report.find("feeds", f"nobody visits it before {to_second(vendor[name])} ({name})")
        if circuit is not None and circuit["until"] > far:
            report.find("feeds", f"everybody is silent until {to_second(circuit['until'])}")
        for row in await ask(doctor_sql.never(registry)):
            when = "never" if row["due"] is None else f"only at {to_second(row['due'])}"
            report.find("feeds", f"{row['aggregate']} {row['aggregate_id']} is open and will be read {when}")
        if speaks and silence is None:
            stale = await ask(doctor_sql.STALE_FEEDS)
            for row in stale:
                report.find("feeds", f"{row['feed']} has been due since {to_second(row['since'])}")
            late = await ask(doctor_sql.overdue(registry))
            for row in late:
                told = f"{row['aggregate']} {row['aggregate_id']} was to be read at {to_second(row['since'])}"
                report.find("feeds", told)
            if vendor["created_at"] < overdue:
                for row in await ask(doctor_sql.UNPOLLED, feeds=list(registry.feeds)):
                    _unpolled(report, row, at, far)
            report.facts["feeds"] = f"{len(stale)} feeds and {len(late)} readings overdue"
        else:
            report.facts["feeds"] = silence or "silent" if speaks else "paused"
        for family in registry.families:
            for late_check in family.examined.delays:
                async for check, told in late_check(connection, asked):
                    report.find(check, told)
        async for check, told in stored_content.faults(context, connection, report.vendor_id):
            report.find(check, told)
        await _orders(context, connection, report, asked)
        for row in await ask(doctor_sql.untimely(registry)):
            report.find(
                "persons", f"{row['named']}, read at {to_second(row['seen_at'])}, was erased, not by us"
            )
        await _erased(context, connection, report)
        await _key(context, connection, report, vendor)
        counts = await census_store.newest(connection, report.vendor_id)
    if speaks:
        _census(context, report, counts[0] if counts else None, vendor, at)
    _clock(context, report, vendor)
    return report


async def _orders(
    context: Context, connection: Connection, report: Examination, asked: Mapping[str, Any]
) -> None:
    """Find what does not hold of whole orders, but for those that are still being read."""
    families = context.registry.families
    faults = [
        fault
        for family in families
        for faults_of in family.examined.order_faults
        async for fault in faults_of(connection, report.vendor_id)
    ]
    ids = sorted({order_id for order_id, _, _ in faults})
    rows = await fetch(connection, doctor_sql.young(context.registry), **asked, ids=ids) if ids else []
    young = {row["order_id"] for row in rows}
    for order_id, check, told in faults:
        if order_id not in young:
            report.find(check, told)
    report.facts["quantities"] = f"{len(young)} orders are being read" if young else "all read"


async def _erased(context: Context, connection: Connection, report: Examination) -> None:
    limit = erasure.before(context)
    report.facts["persons"] = "never erased" if limit is None else f"erased up to {to_second(limit)}"
    for kind, count in (await erasure.late(context, connection, report.vendor_id)).items():
        report.find("persons", f"{count} {kind} should have been erased")


async def _audit(context: Context, report: Examination, speaks: bool) -> None:
    registry = context.registry
    slower = {feed: 2 * registry.feeds[feed].every(context.policy) for feed in registry.covering}
    found = await audit(context, vendor_id=report.vendor_id, slack=OVERDUE, slower=slower)
    for told in (*found.illegal, *found.unchained):
        report.find("history", told)
    for told in found.unproven:
        report.find("effects", f"{told} is confirmed without evidence")
    if speaks:
        for told in found.holes:
            report.find("coverage", f"{told} of the last 30 days were never read completely")
    report.facts["history"] = ", ".join(f"{found.counted[name]} {name}" for name in registry.headings)
    report.facts["effects"] = f"{len(found.open_effects)} open"
    report.facts["coverage"] = "30 days" if speaks else "paused"


def _census(
    context: Context, report: Examination, count: dict[str, Any] | None, vendor: dict[str, Any], at: datetime
) -> None:
    if context.policy.census_hour is None:
        report.facts["census"] = "switched off"
        return
    finished: datetime | None = count["finished_at"] if count else None
    if count is None or finished is None:
        report.facts["census"] = "none yet"
        if at - vendor["created_at"] > COUNT_WITHIN:
            report.find("census", f"nothing was counted since {to_second(vendor['created_at'])}")
        return
    report.facts["census"] = f"{count['boxes']} boxes at {to_second(finished)}"
    if at - finished > COUNT_WITHIN:
        report.find("census", f"nothing was counted since {to_second(finished)}")
    for kind in ("missing", "vanished"):
        if count[kind]:
            told = f"count {count['census_id']} of {to_second(finished)}: {count[kind]} {kind}"
            report.find(
                "census", f"{told}; which, and why: GET /admin/v1/census?vendor_id={report.vendor_id}"
            )


def _clock(context: Context, report: Examination, vendor: dict[str, Any]) -> None:
    skew_s: float | None = vendor["skew_s"]
    report.facts["clock"] = "unknown" if skew_s is None else f"{skew_s:+.0f} s"
    # On a fast clock, the second of a Date header lasts longer.
    if skew_s is not None and abs(skew_s) > SKEW_MOST_S * max(1.0, context.clock.factor):
        report.find(
            "clock", f"Coupang's clock is {skew_s:+.0f} s from ours at {to_second(vendor['skew_at'])}"
        )


async def _key(context: Context, connection: Connection, report: Examination, vendor: dict[str, Any]) -> None:
    at, row = context.now(), await vendor_store.find(connection, report.vendor_id) or {}
    sealed = [row[name] for name in ("sealed_access_key", "sealed_secret_key") if name in row]
    try:
        for key in sealed:
            context.vault.open(key, PURPOSE_SECRETS + report.vendor_id.encode())
    except Sealed as no:
        report.find("key", f"it cannot be opened: {no}")
    left = KEY_LIFE - (at - vendor["key_issued_at"])
    report.facts["key"] = f"{left.days} days left"
    if left <= timedelta(0):
        report.find("key", f"it ended {-left.days} days ago")
    elif left <= KEY_WARNING:
        report.find("key", f"it ends in {left.days} days; renew it in WING and hand it in")
    if vendor["stopped_kind"] == "denied":
        # The signature names its time; Coupang's words speak of the key all the same.
        late = str(vendor["stopped_reason"]).startswith(ExpiredSignature.__name__)
        told = "Coupang refuses the time of our signatures, set the clock" if late else "Coupang refuses it"
        report.find("clock" if late else "key", f"{told}: {vendor['stopped_reason']}")


def _silence(vendor: dict[str, Any], circuit: dict[str, Any] | None, at: datetime) -> str | None:
    """Return until when nobody speaks for this vendor, and why; None when somebody does."""
    told = [] if circuit is None else [("everybody", circuit["until"], circuit["reason"])]
    if vendor["stopped_until"] is not None and vendor["stopped_until"] > at:
        told.append((vendor["stopped_kind"], vendor["stopped_until"], vendor["stopped_reason"]))
    return "; ".join(f"silent until {to_second(until)} ({who}): {why}" for who, until, why in told) or None


def _longest(context: Context) -> timedelta:
    """Return for how long anything may be put off, or anybody be silent."""
    policy, real = context.policy, context.real
    silences = (policy.circuit.pause(kind, 99) for kind in ("throttled", "blocked", "denied", "errors"))
    pauses = (feed.every(policy) for feed in context.registry.feeds.values())
    return max(real(max(FAR, *silences)), 2 * max(policy.track_most, policy.receipt_most, *pauses))


def _unpolled(report: Examination, row: dict[str, Any], at: datetime, far: datetime) -> None:
    if row["due"] is None:
        report.find("feeds", f"{row['feed']} is missing")
    elif row["due"] > far:
        report.find("feeds", f"{row['feed']} will be read only at {to_second(row['due'])}")
    if row["covered_until"] is not None and row["covered_until"] > at:
        report.find(
            "coverage", f"{row['feed']} claims what has not come yet, up to {to_second(row['covered_until'])}"
        )
