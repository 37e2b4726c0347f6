-- Live status, kept equal to a recount from the checks. `patrolled` and `patrol_kinds()` are worked out from the layers.

-- object: function status_wanted(bigint[])
-- What the status rows of these objects must be: one per object and rule version of its class that is not withdrawn.
-- Without a setting of its own, so that the planner can write it out in place and sees how many objects are asked for.
CREATE FUNCTION status_wanted(ids bigint[])
RETURNS TABLE (object_id bigint, layer text, town_id bigint, cell_id bigint, rule_version_id bigint, last_done_at timestamptz,
               last_try_at timestamptz, last_try text, notice_at timestamptz, due_at timestamptz)
LANGUAGE sql STABLE
AS $$
    SELECT p.object_id, p.layer, p.town_id, p.cell_id, r.id, seen.last_done_at, seen.last_try_at,
           (SELECT max(c.outcome) FROM "check" c
            WHERE c.object_id = p.object_id AND c.seen_at = seen.last_try_at AND c.kind = p.kind AND c.voided_at IS NULL),
           midnight(seen.last_done_at, (r.amount - r.notice_days)::integer + 1, here.zone),
           midnight(seen.last_done_at, r.amount::integer + 1, here.zone)
    FROM unnest(ids) AS asked (id)
    CROSS JOIN (SELECT county_timezone() AS zone OFFSET 0) here  -- asked once, not per row
    JOIN patrolled p ON p.object_id = asked.id
    JOIN rule_version r ON r.subject = p.kind AND r.category = p.category AND r.unit = 'd' AND r.withdrawn_at IS NULL
    LEFT JOIN LATERAL (
        SELECT max(c.seen_at) FILTER (WHERE c.outcome = 'done') AS last_done_at, max(c.seen_at) AS last_try_at
        FROM "check" c
        WHERE c.object_id = p.object_id AND c.kind = p.kind AND c.voided_at IS NULL
    ) seen ON true
$$;

-- object: function status_rebuild(bigint[])
-- Locks first, then recounts in a statement of its own, so that what committed while it waited is counted. Planned anew each
-- time: what is quick for one object takes hours for a million. (`= ANY (ids)` would be weighed id by id.)
CREATE FUNCTION status_rebuild(ids bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    PERFORM 1 FROM status s WHERE s.object_id IN (SELECT unnest(ids)) ORDER BY s.object_id, s.rule_version_id FOR UPDATE;
    WITH wanted AS MATERIALIZED (
        SELECT * FROM status_wanted(ids)
    ), stale AS (
        DELETE FROM status s
        WHERE s.object_id IN (SELECT unnest(ids))  -- not NOT IN, which would look through all of a million for each
          AND NOT EXISTS (SELECT FROM wanted w WHERE w.object_id = s.object_id AND w.rule_version_id = s.rule_version_id)
    )
    INSERT INTO status (object_id, layer, town_id, cell_id, rule_version_id, last_done_at, last_try_at, last_try, notice_at, due_at)
    SELECT * FROM wanted
    ON CONFLICT (object_id, rule_version_id) DO UPDATE
    SET town_id = excluded.town_id, cell_id = excluded.cell_id, last_done_at = excluded.last_done_at, last_try_at = excluded.last_try_at, last_try = excluded.last_try,
        notice_at = excluded.notice_at, due_at = excluded.due_at
    WHERE (status.town_id, status.cell_id, status.last_done_at, status.last_try_at, status.last_try, status.notice_at, status.due_at)
          IS DISTINCT FROM (excluded.town_id, excluded.cell_id, excluded.last_done_at, excluded.last_try_at, excluded.last_try,
                            excluded.notice_at, excluded.due_at);
END $$;

-- object: function hold_objects(text[], bigint[], boolean)
-- After checks are written: their objects must not change their class until we commit. New checks need objects that are
-- stored; a void does not, but an object that ended may be coming back right now: its writers are waited for, and wait for us.
CREATE FUNCTION hold_objects(layers text[], ids bigint[], all_stored boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    name text;
    asked bigint[];
    found bigint;
    held CONSTANT text := 'SELECT count(*) FROM (SELECT 1 FROM %I WHERE id = ANY ($1) ORDER BY id FOR SHARE) held';
BEGIN
    FOR name IN SELECT DISTINCT unnest(layers) ORDER BY 1 LOOP
        IF NOT EXISTS (SELECT 1 FROM patrol_kinds() k WHERE k.layer = name) THEN
            RAISE EXCEPTION 'check: layer % is not patrolled', name USING ERRCODE = 'foreign_key_violation';
        END IF;
        SELECT array_agg(DISTINCT o.id) INTO asked FROM unnest(layers, ids) AS o (layer, id) WHERE o.layer = name;
        EXECUTE format(held, name) INTO found USING asked;
        CONTINUE WHEN found = cardinality(asked);
        IF all_stored THEN
            RAISE EXCEPTION 'check: % of % objects are not stored in %', cardinality(asked) - found, cardinality(asked), name
                USING ERRCODE = 'foreign_key_violation';
        END IF;
        EXECUTE format('LOCK TABLE %I IN SHARE MODE', name);
        EXECUTE format(held, name) INTO found USING asked;
    END LOOP;
END $$;

-- object: function count_checks()
CREATE FUNCTION count_checks() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    named text[];
    ids bigint[];
    zone text := county_timezone();
BEGIN
    IF EXISTS (SELECT 1 FROM new_rows n WHERE NOT EXISTS
               (SELECT 1 FROM patrol_kinds() k WHERE k.layer = n.layer AND k.kind = n.kind)) THEN
        RAISE EXCEPTION 'check: a kind does not belong to its layer' USING ERRCODE = 'foreign_key_violation';
    END IF;
    SELECT array_agg(n.layer), array_agg(n.object_id) INTO named, ids FROM (SELECT DISTINCT layer, object_id FROM new_rows) n;
    PERFORM hold_objects(named, ids, true);
    PERFORM 1 FROM status s WHERE s.object_id = ANY (ids) ORDER BY s.object_id, s.rule_version_id FOR UPDATE;
    UPDATE status s
    SET last_done_at = greatest(s.last_done_at, n.last_done_at),
        last_try_at = greatest(s.last_try_at, n.last_try_at),
        last_try = CASE WHEN s.last_try_at IS NULL OR (n.last_try_at, n.last_try) > (s.last_try_at, s.last_try)
                        THEN n.last_try ELSE s.last_try END,
        notice_at = midnight(greatest(s.last_done_at, n.last_done_at), (r.amount - r.notice_days)::integer + 1, zone),
        due_at = midnight(greatest(s.last_done_at, n.last_done_at), r.amount::integer + 1, zone)
    FROM (SELECT object_id, kind, max(seen_at) FILTER (WHERE outcome = 'done') AS last_done_at, max(seen_at) AS last_try_at,
                 (array_agg(outcome ORDER BY seen_at DESC, outcome DESC))[1] AS last_try
          FROM new_rows WHERE voided_at IS NULL GROUP BY object_id, kind) n,
         rule_version r
    WHERE s.object_id = n.object_id AND r.id = s.rule_version_id AND r.subject = n.kind;
    RETURN NULL;
END $$;

-- object: function recount_checks()
CREATE FUNCTION recount_checks() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM hold_objects((SELECT array_agg(n.layer ORDER BY n.id) FROM new_rows n),
                         (SELECT array_agg(n.object_id ORDER BY n.id) FROM new_rows n), false);
    PERFORM status_rebuild((SELECT array_agg(DISTINCT n.object_id) FROM new_rows n));
    RETURN NULL;
END $$;

-- object: function count_objects()
-- TG_ARGV: the column that classes the objects, empty where all are of one class, and the SQL of their class. An object whose id
-- this statement drew is a new one: it has neither checks nor rows to look for, so its rows are written as never checked.
-- Where an object only lies elsewhere, its rows follow without a recount.
CREATE FUNCTION count_objects() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    ids bigint[];
    newest CONSTANT bigint := coalesce(pg_sequence_last_value('object_id'), 0);
    drawn CONSTANT bigint := coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, newest);
BEGIN
    IF TG_OP = 'UPDATE' THEN
        UPDATE status s SET town_id = n.town_id, cell_id = n.cell_id
        FROM old_rows o JOIN new_rows n USING (id)
        WHERE s.object_id = n.id AND (o.town_id, o.cell_id) IS DISTINCT FROM (n.town_id, n.cell_id);
        IF TG_ARGV[0] = '' THEN
            RETURN NULL;
        END IF;
        EXECUTE format('SELECT array_agg(id) FROM old_rows o JOIN new_rows n USING (id) WHERE o.%1$I IS DISTINCT FROM n.%1$I', TG_ARGV[0]) INTO ids;
    ELSIF TG_OP = 'INSERT' THEN
        EXECUTE format('INSERT INTO status (object_id, layer, town_id, cell_id, rule_version_id)
                        SELECT n.id, k.layer, n.town_id, n.cell_id, r.id
                        FROM (SELECT id, town_id, cell_id, %2$s AS category FROM new_rows WHERE id > $1 AND id <= $2) n
                        JOIN patrol_kinds() k ON k.layer = %1$L
                        JOIN rule_version r ON r.subject = k.kind AND r.category = n.category
                        WHERE r.unit = ''d'' AND r.withdrawn_at IS NULL', TG_TABLE_NAME, TG_ARGV[1]) USING drawn, newest;
        SELECT array_agg(n.id) INTO ids FROM new_rows n WHERE n.id <= drawn OR n.id > newest;
    ELSE
        SELECT array_agg(id) INTO ids FROM old_rows;
    END IF;
    IF ids IS NOT NULL THEN
        PERFORM status_rebuild(ids);
    END IF;
    RETURN NULL;
END $$;

-- object: function count_rules()
CREATE FUNCTION count_rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM status_rebuild(coalesce(array_agg(p.object_id), '{}'))
    FROM patrolled p
    WHERE (p.kind, p.category) IN (SELECT n.subject, n.category FROM new_rows n WHERE n.unit = 'd');
    RETURN NULL;
END $$;
