-- Everything of ours that a schema holds, by name, with its definition, owner, rights and state; the schema is a bound value.
WITH ours AS (
    SELECT c.oid AS relation, c.relname, c.relkind, c.relowner, c.relacl,
           ' owner ' || pg_get_userbyid(c.relowner) || ' ' || c.relpersistence::text
           || CASE WHEN c.relrowsecurity THEN ' row security' ELSE '' END
           || CASE WHEN c.relforcerowsecurity THEN ' forced' ELSE '' END
           || coalesce(' ' || c.reloptions::text, '') AS state
    FROM pg_class c
    WHERE c.relnamespace = to_regnamespace(:schema) AND c.relname NOT LIKE 'alembic_version%'
      AND NOT EXISTS (SELECT 1 FROM pg_depend p WHERE p.objid = c.oid AND p.deptype = 'e')
), rights AS (
    SELECT o.relation, coalesce(r.rolname, 'public') || ' ' || x.privilege_type AS granted
    FROM ours o CROSS JOIN LATERAL aclexplode(o.relacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
    WHERE x.grantee <> o.relowner
    UNION ALL
    SELECT o.relation, coalesce(r.rolname, 'public') || ' ' || x.privilege_type || ' ' || a.attname
    FROM ours o JOIN pg_attribute a ON a.attrelid = o.relation CROSS JOIN LATERAL aclexplode(a.attacl) x
    LEFT JOIN pg_roles r ON r.oid = x.grantee
)
SELECT kind || ' ' || name, definition FROM (
    SELECT 'column' AS kind, o.relname || '.' || a.attname AS name,
           format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
           || CASE a.attidentity WHEN '' THEN '' ELSE ' identity ' || a.attidentity::text END
           || CASE a.attgenerated WHEN '' THEN '' ELSE ' generated' END
           || coalesce(' ' || pg_get_expr(d.adbin, d.adrelid), '')
           || coalesce(' -- ' || col_description(o.relation, a.attnum), '') AS definition
    FROM ours o JOIN pg_attribute a ON a.attrelid = o.relation AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = o.relation AND d.adnum = a.attnum
    WHERE o.relkind = 'r'
    UNION ALL
    SELECT CASE o.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'relation' END, o.relname,
           CASE o.relkind WHEN 'v' THEN pg_get_viewdef(o.relation)
                          WHEN 'r' THEN coalesce(obj_description(o.relation, 'pg_class'), '')
                          WHEN 'S' THEN coalesce((SELECT row(q.seqtypid::regtype, q.seqstart, q.seqincrement, q.seqmax, q.seqmin,
                                                             q.seqcycle)::text
                                                  FROM pg_sequence q WHERE q.seqrelid = o.relation), '')
                          ELSE o.relkind::text END || o.state
    FROM ours o
    WHERE o.relkind NOT IN ('i', 'I', 't', 'c')
      AND NOT EXISTS (SELECT 1 FROM pg_depend p WHERE p.objid = o.relation AND o.relkind = 'S' AND p.deptype IN ('a', 'i'))
    UNION ALL
    SELECT 'constraint', o.relname || '.' || k.conname,
           pg_get_constraintdef(k.oid) || coalesce(' -- ' || obj_description(k.oid, 'pg_constraint'), '')
    FROM pg_constraint k JOIN ours o ON o.relation = k.conrelid
    WHERE k.contype IN ('c', 'f', 'p', 'u', 'x')
    UNION ALL
    SELECT 'index', o.relname, pg_get_indexdef(o.relation) || CASE WHEN i.indisvalid THEN '' ELSE ' not valid' END
    FROM ours o JOIN pg_index i ON i.indexrelid = o.relation JOIN ours t ON t.relation = i.indrelid
    UNION ALL
    SELECT 'trigger', o.relname || '.' || t.tgname, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
    FROM pg_trigger t JOIN ours o ON o.relation = t.tgrelid
    WHERE NOT t.tgisinternal
    UNION ALL
    SELECT 'rule', o.relname || '.' || w.rulename, pg_get_ruledef(w.oid) || ' ' || w.ev_enabled::text
    FROM pg_rewrite w JOIN ours o ON o.relation = w.ev_class
    WHERE w.rulename <> '_RETURN'
    UNION ALL
    SELECT 'policy', o.relname || '.' || y.polname,
           y.polcmd::text || ' ' || y.polpermissive::text || ' ' || y.polroles::regrole[]::text || ' '
           || coalesce(pg_get_expr(y.polqual, y.polrelid), '') || ' ' || coalesce(pg_get_expr(y.polwithcheck, y.polrelid), '')
    FROM pg_policy y JOIN ours o ON o.relation = y.polrelid
    UNION ALL
    SELECT 'function', p.proname || '(' || oidvectortypes(p.proargtypes) || ')',
           pg_get_functiondef(p.oid) || ' owner ' || pg_get_userbyid(p.proowner) || ' rights '
           || coalesce((SELECT string_agg(coalesce(r.rolname, 'public'), ', ' ORDER BY r.rolname)
                        FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
                        LEFT JOIN pg_roles r ON r.oid = x.grantee WHERE x.grantee <> p.proowner), 'none')
    FROM pg_proc p
    WHERE p.pronamespace = to_regnamespace(:schema)
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    UNION ALL
    SELECT 'grants', o.relname, string_agg(r.granted, ', ' ORDER BY r.granted)
    FROM ours o JOIN rights r USING (relation)
    GROUP BY o.relname
    UNION ALL
    SELECT 'schema', 'create', string_agg(coalesce(r.rolname, 'public'), ', ' ORDER BY r.rolname)
    FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
    WHERE n.oid = to_regnamespace(:schema) AND x.privilege_type = 'CREATE' AND x.grantee <> n.nspowner
      AND coalesce(r.rolname, 'public') <> 'wangge_owner'
    HAVING count(*) > 0
) found
