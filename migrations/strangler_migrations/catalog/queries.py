"""The questions to pg_catalog. Each takes the schema as `%(schema)s` and gives rows of one kind; 14 to 18."""

from __future__ import annotations

from typing import Final

SERVER: Final = """
SELECT current_setting('server_version_num')::int AS version, current_database() AS database,
       current_user AS "user", pg_catalog.pg_is_in_recovery() AS standby,
       (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) AS superuser,
       pg_catalog.current_schemas(false)::text[] AS search_path,
       ARRAY(SELECT rolname::text FROM pg_catalog.pg_roles WHERE pg_catalog.pg_has_role(oid, 'MEMBER')) AS memberships
"""

USAGE: Final = """
SELECT CASE a.grantee WHEN 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END AS role,
       a.privilege_type AS privilege, a.is_grantable AS grantable
FROM pg_catalog.pg_namespace n, LATERAL pg_catalog.aclexplode(n.nspacl) a
WHERE n.nspname = %(schema)s AND a.grantee <> n.nspowner
"""

TABLES: Final = """
SELECT c.relname::text AS name, c.relkind::text AS kind, c.relispartition AS partition,
       EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE c.oid IN (h.inhrelid, h.inhparent)) AS inherits,
       pg_catalog.pg_get_userbyid(c.relowner)::text AS owner,
       c.relrowsecurity AS row_security, c.relreplident::text AS replica,
       (SELECT x.relname::text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
        WHERE i.indrelid = c.oid AND i.indisreplident) AS replica_index,
       pg_catalog.obj_description(c.oid, 'pg_class') AS comment,
       CASE c.relkind WHEN 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partition_key,
       c.reltuples::bigint AS rows, pg_catalog.pg_table_size(c.oid) AS bytes,
       pg_catalog.pg_get_viewdef(c.oid) AS definition, COALESCE(c.reloptions, '{}') AS options
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'v', 'm')
ORDER BY c.relname
"""

GRANTS: Final = """
SELECT c.relname::text AS "table", NULL::text AS "column",
       CASE a.grantee WHEN 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END AS role,
       a.privilege_type AS privilege, a.is_grantable AS grantable
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
     LATERAL pg_catalog.aclexplode(c.relacl) a
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'v', 'm') AND a.grantee <> c.relowner
UNION ALL
SELECT c.relname::text, t.attname::text,
       CASE a.grantee WHEN 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END,
       a.privilege_type, a.is_grantable
FROM pg_catalog.pg_attribute t JOIN pg_catalog.pg_class c ON c.oid = t.attrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
     LATERAL pg_catalog.aclexplode(t.attacl) a
WHERE n.nspname = %(schema)s AND NOT t.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm')
"""

COLUMNS: Final = """
SELECT c.relname::text AS "table", t.attname::text AS name,
       pg_catalog.format_type(t.atttypid, t.atttypmod) AS type, NOT t.attnotnull AS nullable,
       pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS expression, t.attidentity::text AS identity,
       t.attgenerated::text AS generated,
       CASE WHEN t.attcollation <> y.typcollation THEN
            (SELECT quote_ident(m.nspname) || '.' || quote_ident(l.collname) FROM pg_catalog.pg_collation l
             JOIN pg_catalog.pg_namespace m ON m.oid = l.collnamespace WHERE l.oid = t.attcollation) END AS collation,
       pg_catalog.col_description(c.oid, t.attnum) AS comment,
       EXISTS (SELECT 1 FROM pg_catalog.pg_depend p JOIN pg_catalog.pg_proc f ON f.oid = p.refobjid
               WHERE p.classid = 'pg_catalog.pg_attrdef'::regclass AND p.objid = d.oid
                 AND p.refclassid = 'pg_catalog.pg_proc'::regclass AND f.provolatile = 'v')
         OR COALESCE(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '')
            ~ '(nextval|random|clock_timestamp|timeofday|gen_random_uuid|uuidv[47])\\(' AS volatile
FROM pg_catalog.pg_attribute t JOIN pg_catalog.pg_class c ON c.oid = t.attrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_catalog.pg_type y ON y.oid = t.atttypid
     LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = t.attnum
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p') AND t.attnum > 0 AND NOT t.attisdropped
ORDER BY c.relname, t.attnum
"""

CONSTRAINTS: Final = """
SELECT c.relname::text AS "table", k.conname::text AS name, k.contype::text AS kind,
       ARRAY(SELECT t.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(num, place)
             JOIN pg_catalog.pg_attribute t ON t.attrelid = k.conrelid AND t.attnum = u.num
             ORDER BY u.place) AS columns,
       pg_catalog.pg_get_constraintdef(k.oid) AS definition, k.convalidated AS validated,
       (SELECT f.relname::text FROM pg_catalog.pg_class f JOIN pg_catalog.pg_namespace m ON m.oid = f.relnamespace
        WHERE f.oid = k.confrelid AND m.nspname = %(schema)s) AS references,
       pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND k.contype IN ('p', 'u', 'c', 'f', 'x') AND c.relkind IN ('r', 'p')
ORDER BY c.relname, k.conname
"""

INDEXES: Final = """
SELECT c.relname::text AS "table", x.relname::text AS name, pg_catalog.pg_get_indexdef(i.indexrelid) AS definition,
       ARRAY(SELECT t.attname::text FROM pg_catalog.pg_attribute t
             WHERE t.attrelid = c.oid AND (t.attnum = ANY (i.indkey) OR EXISTS (
                   SELECT 1 FROM pg_catalog.pg_depend p WHERE p.classid = 'pg_catalog.pg_class'::regclass
                   AND p.objid = i.indexrelid AND p.refclassid = 'pg_catalog.pg_class'::regclass
                   AND p.refobjid = c.oid AND p.refobjsubid = t.attnum)) AND t.attnum > 0
             ORDER BY t.attname) AS columns,
       i.indisunique AS unique, i.indisvalid AND i.indisready AS valid,
       EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid
               AND k.contype IN ('p', 'u', 'x')) AS constraint
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
     JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p')
ORDER BY c.relname, x.relname
"""

TRIGGERS: Final = """
SELECT c.relname::text AS "table", t.tgname::text AS name, pg_catalog.pg_get_triggerdef(t.oid) AS definition,
       t.tgenabled::text AS enabled
FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND NOT t.tgisinternal AND c.relkind IN ('r', 'p')
ORDER BY c.relname, t.tgname
"""

POLICIES: Final = """
SELECT tablename::text AS "table", policyname::text AS name, cmd AS command, roles::text[] AS roles,
       qual AS using, with_check AS check
FROM pg_catalog.pg_policies WHERE schemaname = %(schema)s
"""

READS: Final = """
SELECT DISTINCT m.nspname::text AS schema, v.relname::text AS view, c.relname::text AS "table",
       t.attname::text AS column
FROM pg_catalog.pg_depend p JOIN pg_catalog.pg_rewrite r ON r.oid = p.objid
     JOIN pg_catalog.pg_class v ON v.oid = r.ev_class JOIN pg_catalog.pg_namespace m ON m.oid = v.relnamespace
     JOIN pg_catalog.pg_class c ON c.oid = p.refobjid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid AND t.attnum = p.refobjsubid
WHERE p.classid = 'pg_catalog.pg_rewrite'::regclass AND p.refclassid = 'pg_catalog.pg_class'::regclass
  AND n.nspname = %(schema)s AND v.oid <> c.oid AND v.relkind IN ('v', 'm')
"""

FOREIGN_KEYS: Final = """
SELECT k.conrelid::regclass::text || '.' || quote_ident(k.conname) AS name, f.relname::text AS text
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_catalog.pg_class f ON f.oid = k.confrelid JOIN pg_catalog.pg_namespace m ON m.oid = f.relnamespace
WHERE k.contype = 'f' AND m.nspname = %(schema)s AND n.nspname <> %(schema)s
"""

SEQUENCES: Final = """
SELECT c.relname::text AS name,
       format('%%s start %%s by %%s from %%s to %%s cache %%s%%s%%s', pg_catalog.format_type(s.seqtypid, NULL),
              s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
              CASE WHEN s.seqcycle THEN ' cycle' ELSE '' END,
              (SELECT format(' of %%s.%%s', o.relname, t.attname) FROM pg_catalog.pg_depend p
               JOIN pg_catalog.pg_class o ON o.oid = p.refobjid
               JOIN pg_catalog.pg_attribute t ON t.attrelid = o.oid AND t.attnum = p.refobjsubid
               WHERE p.classid = 'pg_catalog.pg_class'::regclass AND p.objid = c.oid
                 AND p.deptype IN ('a', 'i') LIMIT 1)) AS text
FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s
"""

TYPES: Final = """
SELECT y.typname::text AS name,
       CASE y.typtype
         WHEN 'e' THEN 'enum ' || COALESCE((SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                                   FROM pg_catalog.pg_enum e WHERE e.enumtypid = y.oid), '')
         WHEN 'd' THEN 'domain ' || pg_catalog.format_type(y.typbasetype, y.typtypmod)
                       || CASE WHEN y.typnotnull THEN ' NOT NULL' ELSE '' END
                     || COALESCE((SELECT string_agg(' ' || pg_catalog.pg_get_constraintdef(k.oid), ''
                                                          ORDER BY k.conname)
                                    FROM pg_catalog.pg_constraint k WHERE k.contypid = y.oid), '')
         WHEN 'r' THEN 'range'
         ELSE 'composite ' || COALESCE((SELECT string_agg(t.attname || ' '
                                          || pg_catalog.format_type(t.atttypid, t.atttypmod), ', ' ORDER BY t.attnum)
                               FROM pg_catalog.pg_attribute t WHERE t.attrelid = y.typrelid AND NOT t.attisdropped), '')
       END AS text
FROM pg_catalog.pg_type y JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
     LEFT JOIN pg_catalog.pg_class c ON c.oid = y.typrelid
WHERE n.nspname = %(schema)s AND (y.typtype IN ('e', 'd', 'r') OR (y.typtype = 'c' AND c.relkind = 'c'))
"""

TYPE_USERS: Final = """
SELECT DISTINCT y.typname::text AS name, pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) AS text
FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_type y ON y.oid = d.refobjid
     JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
     LEFT JOIN pg_catalog.pg_class c ON d.classid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objid
WHERE d.refclassid = 'pg_catalog.pg_type'::regclass AND n.nspname = %(schema)s AND y.typtype = 'e'
  AND (d.classid IN ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_cast'::regclass,
                     'pg_catalog.pg_operator'::regclass)
       OR (d.classid = 'pg_catalog.pg_type'::regclass AND d.deptype = 'n')
       OR c.relkind = 'c' OR (c.relkind IN ('r', 'p', 'f') AND c.relnamespace <> n.oid))
"""

FUNCTIONS: Final = """
SELECT p.oid::regprocedure::text AS name,
       md5(CASE WHEN p.prokind = 'a' THEN p.prosrc ELSE pg_catalog.pg_get_functiondef(p.oid) END) AS text
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = %(schema)s
"""
