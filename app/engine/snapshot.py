"""Changes, calls and silences: what a comparison and a live status show of them."""

from collections.abc import Mapping
from typing import LiteralString

SNAPSHOT: Mapping[str, LiteralString] = {
    "effects": """
    SELECT vendor_id, effect_id, kind, subject, subject_id, state, result_code, attempts
    FROM effect ORDER BY effect_id""",
}
"""Every change that was asked: what it is about, and what became of it."""

FIGURES: Mapping[str, LiteralString] = {
    "effects": """
    SELECT jsonb_object_agg(state, n) FROM (SELECT state, count(*) AS n FROM effect GROUP BY 1) e""",
    "calls": "SELECT coalesce(sum(calls), 0)::bigint FROM tally",
    "stopped_until": """
    SELECT coalesce((SELECT until FROM circuit WHERE closed_at IS NULL),
                    (SELECT max(stopped_until) FROM vendor))""",
    "stopped_vendors": """
    SELECT array_agg(vendor_id ORDER BY vendor_id) FROM vendor WHERE stopped_until IS NOT NULL""",
    "all_stopped": "SELECT EXISTS (SELECT FROM circuit WHERE closed_at IS NULL)",
}
"""Changes by state, calls, and who is silent until when."""
