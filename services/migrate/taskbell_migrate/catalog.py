"""What Postgres itself says a schema is: the description that two equal schemas share."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

Catalog = dict[str, str]
"""From the name of a thing ("column task.title") to its definition in Postgres's own words."""

# The order of columns is left out: a column that a later revision adds always comes last.
# NOT NULL constraints (contype n) are left out: they are told with the column, their names are not
# ours. Extensions are left out (deptype e), there should be none.
_QUERY = text(
    """
WITH space AS (SELECT oid, nspname FROM pg_namespace WHERE nspname = current_schema()),
relation AS (
    SELECT c.* FROM pg_class c JOIN space ON c.relnamespace = space.oid
    WHERE c.relname NOT IN ('alembic_version', 'alembic_version_pkc')
)
SELECT CASE relkind WHEN 'S' THEN 'sequence ' WHEN 'v' THEN 'view ' ELSE 'table ' END || relname,
    concat_ws(' ', 'kind ' || relkind::text, 'persistence ' || relpersistence::text,
        CASE WHEN relrowsecurity THEN 'row security' END,
        CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid, true) END,
        (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(reloptions) o),
        'COMMENT ' || obj_description(oid, 'pg_class'))
FROM relation WHERE relkind NOT IN ('i', 'I', 't')
UNION ALL
SELECT 'column ' || r.relname || '.' || a.attname,
    concat_ws(' ', format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attcollation <> t.typcollation
            THEN 'COLLATE ' || (SELECT collname FROM pg_collation WHERE oid = a.attcollation) END,
        CASE WHEN a.attnotnull THEN 'NOT NULL' END,
        'IDENTITY ' || nullif(a.attidentity::text, ''),
        'GENERATED ' || nullif(a.attgenerated::text, ''),
        CASE WHEN a.attgenerated = '' THEN 'DEFAULT ' ELSE 'AS ' END
            || pg_get_expr(d.adbin, d.adrelid, true),
        'COMMENT ' || col_description(a.attrelid, a.attnum))
FROM relation r
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
WHERE r.relkind NOT IN ('i', 'I', 't', 'S')
UNION ALL
SELECT 'constraint ' || r.relname || '.' || k.conname,
    pg_get_constraintdef(k.oid, true)
FROM pg_constraint k JOIN relation r ON r.oid = k.conrelid WHERE k.contype <> 'n'
UNION ALL
SELECT 'index ' || r.relname,
    concat_ws(' ', pg_get_indexdef(r.oid, 0, true),
        CASE WHEN NOT i.indisvalid THEN 'INVALID' END)
FROM relation r JOIN pg_index i ON i.indexrelid = r.oid
UNION ALL
SELECT 'trigger ' || r.relname || '.' || g.tgname, pg_get_triggerdef(g.oid, true)
FROM pg_trigger g JOIN relation r ON r.oid = g.tgrelid WHERE NOT g.tgisinternal
UNION ALL
SELECT 'function ' || p.oid::regprocedure::text, pg_get_functiondef(p.oid)
FROM pg_proc p JOIN space ON p.pronamespace = space.oid
WHERE p.prokind IN ('f', 'p')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT 'type ' || t.typname,
    concat_ws(' ', 'kind ' || t.typtype::text, nullif(t.typbasetype, 0)::regtype::text,
        (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder)
            FROM pg_enum e WHERE e.enumtypid = t.oid))
FROM pg_type t JOIN space ON t.typnamespace = space.oid WHERE t.typtype IN ('e', 'd', 'r')
"""
)


async def describe(connection: AsyncConnection) -> Catalog:
    """Return all that is in the current schema, but for Alembic's own table."""
    schema = await connection.scalar(text("SELECT current_schema()"))
    rows = await connection.execute(_QUERY)
    catalog = {name: definition.replace(f"{schema}.", "") for name, definition in rows}
    await connection.commit()
    return catalog


def differences(left: str, is_left: Catalog, right: str, is_right: Catalog) -> list[str]:
    """Return what two schemas, called `left` and `right`, do not have in common."""
    lines = []
    width = max(len(left), len(right)) + 1
    for name in sorted(is_left.keys() | is_right.keys()):
        one, other = is_left.get(name), is_right.get(name)
        if one != other:
            lines.append(
                f"{name}\n"
                f"    {left + ':':{width}} {one or 'not there'}\n"
                f"    {right + ':':{width}} {other or 'not there'}"
            )
    return lines
