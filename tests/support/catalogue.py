"""What a database consists of, as PostgreSQL itself tells it: two databases are compared by it."""

from typing import LiteralString

import psycopg

_PARTS: LiteralString = """
WITH space AS (SELECT 'public'::regnamespace AS id)
SELECT 'relation ' || c.relname, concat_ws(' ', c.relkind, c.relpersistence, m.amname, c.reloptions::text,
    c.relrowsecurity, pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid),
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, obj_description(c.oid, 'pg_class'))
FROM space JOIN pg_class c ON c.relnamespace = id LEFT JOIN pg_am m ON m.oid = c.relam
UNION ALL
SELECT 'column ' || c.relname || '.' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN 'not null' END, pg_get_expr(d.adbin, d.adrelid), a.attidentity,
    a.attgenerated, a.attstorage, a.attcompression, a.attoptions::text, a.attcollation::regcollation,
    col_description(c.oid, a.attnum))
FROM space JOIN pg_class c ON c.relnamespace = id AND c.relkind IN ('r', 'p', 'v', 'm', 'c')
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
UNION ALL
SELECT 'constraint ' || c.relname || '.' || n.conname, concat_ws(' ', pg_get_constraintdef(n.oid),
    CASE WHEN NOT n.convalidated THEN 'not validated' END, obj_description(n.oid, 'pg_constraint'))
FROM space JOIN pg_constraint n ON n.connamespace = id JOIN pg_class c ON c.oid = n.conrelid
UNION ALL
SELECT 'index ' || c.relname || '.' || i.indexrelid::regclass, concat_ws(' ', pg_get_indexdef(i.indexrelid),
    CASE WHEN NOT i.indisvalid THEN 'not valid' END)
FROM space JOIN pg_class c ON c.relnamespace = id JOIN pg_index i ON i.indrelid = c.oid
UNION ALL
SELECT 'trigger ' || c.relname || '.' || t.tgname, concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
FROM space JOIN pg_class c ON c.relnamespace = id
JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
UNION ALL
SELECT 'policy ' || tablename || '.' || policyname, concat_ws(' ', cmd, roles::text, qual, with_check)
FROM pg_policies WHERE schemaname = 'public'
UNION ALL
SELECT 'rule ' || tablename || '.' || rulename, definition FROM pg_rules WHERE schemaname = 'public'
UNION ALL
SELECT 'function ' || p.oid::regprocedure, CASE WHEN p.prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid)
    ELSE p.prokind::text END
FROM space JOIN pg_proc p ON p.pronamespace = id
UNION ALL
SELECT 'enum ' || t.typname, string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder)
FROM space JOIN pg_type t ON t.typnamespace = id JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.typname
UNION ALL
SELECT 'type ' || t.typname, concat_ws(' ', t.typtype, format_type(t.typbasetype, t.typtypmod), t.typnotnull)
FROM space JOIN pg_type t ON t.typnamespace = id AND t.typelem = 0
UNION ALL
SELECT 'sequence ' || sequencename, concat_ws(' ', data_type, start_value, min_value, max_value, increment_by,
    cycle, cache_size)
FROM pg_sequences WHERE schemaname = 'public'
UNION ALL
SELECT 'extension ' || extname, extversion FROM pg_extension
"""


def catalogue(url: str) -> dict[str, str]:
    """Return `kind owner.name` → definition of everything in the schema `public`.

    The order of columns is left out: a column that a migration adds stands last, wherever its class has it.
    """
    with psycopg.connect(url) as connection:
        # Otherwise names in definitions depend on who asks.
        connection.execute("SET search_path TO public")
        rows = connection.execute(_PARTS).fetchall()
    found = {name: " ".join(definition.split()) for name, definition in rows}
    assert len(found) == len(rows), "two parts have one name"
    return found


def differences(made: dict[str, str], meant: dict[str, str]) -> list[str]:
    """Return one line for each part that only one of them has, or that is another there."""
    told = []
    for name in sorted(made.keys() | meant.keys()):
        if name not in meant:
            told.append(f"+ {name}: {made[name]}")
        elif name not in made:
            told.append(f"- {name}: {meant[name]}")
        elif made[name] != meant[name]:
            told.append(f"! {name}: {made[name]} instead of {meant[name]}")
    return told
