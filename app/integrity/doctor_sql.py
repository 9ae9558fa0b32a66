"""What a doctor asks of one vendor, one statement a question; each row is a finding.

What is asked of the rows of all families is composed of what each one declares (`Examined`).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, LiteralString

from app.engine.registry import Registry, union

UNPOLLED: LiteralString = """
SELECT w.feed, f.due_at AS due, f.covered_until FROM unnest(%(feeds)s::text[]) AS w(feed)
LEFT JOIN (SELECT feed, due_at, upper(covered) AS covered_until FROM feed WHERE vendor_id = %(vendor_id)s) f
  USING (feed)
WHERE f.due_at IS NULL OR f.due_at > %(far)s OR f.covered_until > %(at)s
ORDER BY 1"""
"""Feeds without a row, feeds whose turn does not come, and those that claim what has not come yet."""

UNPROVEN: LiteralString = """
SELECT aggregate, aggregate_id, version FROM history h
WHERE vendor_id = %(vendor_id)s AND evidence IS NOT NULL
  AND NOT EXISTS (SELECT FROM evidence e WHERE e.vendor_id = h.vendor_id AND e.digest = h.evidence)
ORDER BY 1, 2, 3"""
"""Steps whose evidence is gone."""

UNGUARDED: LiteralString = """
SELECT w.name FROM unnest(ARRAY['history_rows', 'history_table']) AS w(name)
WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'history'::regclass AND tgname = w.name
                    AND tgenabled IN ('O', 'A'))"""
"""Triggers that keep the history append-only and are not there, or switched off."""

STRANGERS: LiteralString = """
WITH RECURSIVE known AS (
  SELECT min(vendor_id) AS vendor_id FROM history
  UNION ALL
  SELECT (SELECT min(h.vendor_id) FROM history h WHERE h.vendor_id > k.vendor_id) FROM known k
  WHERE k.vendor_id IS NOT NULL
)
SELECT vendor_id FROM known k
WHERE vendor_id IS NOT NULL AND NOT EXISTS (SELECT FROM vendor v WHERE v.vendor_id = k.vendor_id)"""
"""Whose history is there, and who is not; each is looked up in the index, the history is not read."""

STALE_FEEDS: LiteralString = """
SELECT feed, due_at AS since, last_error FROM feed
WHERE vendor_id = %(vendor_id)s AND due_at < %(overdue)s AND feed NOT LIKE 'census\\_%%'
ORDER BY feed"""
"""Feeds that nobody has read although they are due."""

UNDECLARED: LiteralString = """
SELECT 'history' AS part, 'aggregate' AS word, aggregate AS name, count(*) AS rows FROM history
WHERE vendor_id = %(vendor_id)s AND aggregate <> ALL(%(aggregates)s::text[]) GROUP BY 3
UNION ALL
SELECT 'observation', 'aggregate', aggregate, count(*) FROM observation
WHERE vendor_id = %(vendor_id)s AND aggregate <> ALL(%(observed)s::text[]) GROUP BY 3
UNION ALL
SELECT 'effect', 'subject', subject, count(*) FROM effect
WHERE vendor_id = %(vendor_id)s AND subject <> ALL(%(subjects)s::text[]) GROUP BY 3
UNION ALL
SELECT 'effect', 'kind', kind, count(*) FROM effect
WHERE vendor_id = %(vendor_id)s AND kind <> ALL(%(kinds)s::text[]) GROUP BY 3
ORDER BY 1, 2, 3"""
"""Words in what is stored that no family declares; nothing of ours can go on with such rows."""


# No row, where no family has anything to ask.
_NOTHING: LiteralString = """
SELECT NULL::text AS aggregate, NULL::bigint AS aggregate_id, NULL::bigint AS version,
       NULL::timestamptz AS state_at WHERE false"""


def overdue(registry: Registry) -> LiteralString:
    """Select what should have been read by itself long ago."""
    return _ordered((family.examined.overdue for family in registry.families), "3")


def never(registry: Registry) -> LiteralString:
    """Select what is open and nobody will read by itself.

    That is: not at all, or only when the time is over that a wrong clock has set.
    """
    return _ordered((family.examined.never for family in registry.families), "1, 2")


def incomplete(registry: Registry) -> LiteralString:
    """Select rows of which a part is missing."""
    return _ordered((family.examined.incomplete for family in registry.families), "1, 2")


def untimely(registry: Registry) -> LiteralString:
    """Select what was erased and not by us."""
    return _ordered((family.examined.untimely for family in registry.families), "2, 1")


def young(registry: Registry) -> LiteralString:
    """Select those of the orders %(ids)s of which something new was read just now, or is about to be."""
    parts = [
        "false",
        *(f"({family.examined.young})" for family in registry.families if family.examined.young),
    ]
    return "SELECT o.order_id FROM unnest(%(ids)s::bigint[]) AS o(order_id) WHERE " + "\n  OR ".join(parts)


def misdated(registry: Registry) -> LiteralString:
    """Select whatever names another time for its last step than its history does."""
    return f"""
SELECT p.aggregate, p.aggregate_id, p.state_at, h.at FROM ({registry.dated or _NOTHING}
) p JOIN history h ON h.vendor_id = %(vendor_id)s AND h.aggregate = p.aggregate
  AND h.aggregate_id = p.aggregate_id AND h.version = p.version
WHERE h.at <> p.state_at
ORDER BY 1, 2"""


def asked(vendor_id: str, at: datetime, overdue: datetime, far: datetime) -> dict[str, Any]:
    """Return the parameters that every question may name.

    Args:
        vendor_id: Of whom.
        at: Now.
        overdue: What is older has waited for too long.
        far: What is due only later was set by a clock that was wrong.
    """
    return {"vendor_id": vendor_id, "at": at, "overdue": overdue, "far": far}


def _ordered(parts: Iterable[LiteralString], order: LiteralString) -> LiteralString:
    return f"{union(parts) or _NOTHING}\nORDER BY {order}"
