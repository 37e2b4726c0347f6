-- drop: table status
ALTER TABLE "status" RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor);

-- drop: table special_place
ALTER TABLE "special_place" RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor);

-- drop: table lpg_station
ALTER TABLE "lpg_station" RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor);

-- drop: table hot_work
ALTER TABLE "hot_work" RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor);

-- drop: table gas_user
ALTER TABLE "gas_user" RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor);

-- drop: table gas_facility
ALTER TABLE "gas_facility" RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor);

-- drop: table construction_site
ALTER TABLE "construction_site" RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor);

-- drop: table compound
ALTER TABLE "compound" RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor);

-- drop: table check
ALTER TABLE "check" RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor);

-- drop: table building
ALTER TABLE "building" RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor);

-- drop: function status_rebuild(bigint[])
DROP FUNCTION status_rebuild(bigint[]);

-- drop: function status_wanted(bigint[])
DROP FUNCTION status_wanted(bigint[]);

-- after: view patrolled
CREATE OR REPLACE VIEW patrolled AS
SELECT id AS object_id, 'building'::text AS layer, 'house_check'::text AS kind, coalesce("grade", 'A'::text) AS category, town_id, cell_id FROM "building"
UNION ALL
SELECT id AS object_id, 'construction_site'::text AS layer, 'site_check'::text AS kind, coalesce("kind", 'site'::text) AS category, town_id, cell_id FROM "construction_site"
UNION ALL
SELECT id AS object_id, 'gas_facility'::text AS layer, 'facility_check'::text AS kind, "kind" AS category, town_id, cell_id FROM "gas_facility"
UNION ALL
SELECT id AS object_id, 'gas_user'::text AS layer, 'home_check'::text AS kind, "kind" AS category, town_id, cell_id FROM "gas_user"
UNION ALL
SELECT id AS object_id, 'hot_work'::text AS layer, 'hot_work_check'::text AS kind, coalesce("grade", 'unclassed'::text) AS category, town_id, cell_id FROM "hot_work"
UNION ALL
SELECT id AS object_id, 'lpg_station'::text AS layer, 'station_check'::text AS kind, coalesce("kind", 'filling'::text) AS category, town_id, cell_id FROM "lpg_station"
UNION ALL
SELECT id AS object_id, 'special_place'::text AS layer, 'place_check'::text AS kind, "kind" AS category, town_id, cell_id FROM "special_place";

-- after: function status_wanted(bigint[])
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
REVOKE ALL ON FUNCTION status_wanted(bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION status_wanted(bigint[]) TO wangge_app;

-- after: function status_rebuild(bigint[])
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
REVOKE ALL ON FUNCTION status_rebuild(bigint[]) FROM PUBLIC;

-- after: function count_objects()
-- TG_ARGV[0]: the column that classes the objects, empty where all are of one class. Where an object only lies elsewhere, its
-- rows follow without a recount.
CREATE OR REPLACE FUNCTION count_objects() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    ids bigint[];
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
        SELECT array_agg(id) INTO ids FROM new_rows;
    ELSE
        SELECT array_agg(id) INTO ids FROM old_rows;
    END IF;
    IF ids IS NOT NULL THEN
        PERFORM status_rebuild(ids);
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION count_objects() FROM PUBLIC;

-- after: table building
ALTER TABLE "building" SET (autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_insert_scale_factor = 0.005, autovacuum_analyze_scale_factor = 0.005);

-- after: table check
ALTER TABLE "check" SET (autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_insert_scale_factor = 0.005, autovacuum_analyze_scale_factor = 0.005);

-- after: table compound
ALTER TABLE "compound" SET (autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_insert_scale_factor = 0.005, autovacuum_analyze_scale_factor = 0.005);

-- after: table construction_site
ALTER TABLE "construction_site" SET (autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_insert_scale_factor = 0.005, autovacuum_analyze_scale_factor = 0.005);

-- after: table gas_facility
ALTER TABLE "gas_facility" SET (autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_insert_scale_factor = 0.005, autovacuum_analyze_scale_factor = 0.005);

-- after: table gas_user
ALTER TABLE "gas_user" SET (autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_insert_scale_factor = 0.005, autovacuum_analyze_scale_factor = 0.005);

-- after: table hot_work
ALTER TABLE "hot_work" SET (autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_insert_scale_factor = 0.005, autovacuum_analyze_scale_factor = 0.005);

-- after: table lpg_station
ALTER TABLE "lpg_station" SET (autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_insert_scale_factor = 0.005, autovacuum_analyze_scale_factor = 0.005);

-- after: table special_place
ALTER TABLE "special_place" SET (autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_insert_scale_factor = 0.005, autovacuum_analyze_scale_factor = 0.005);

-- after: table status
ALTER TABLE "status" SET (autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_insert_scale_factor = 0.005, autovacuum_analyze_scale_factor = 0.005);

-- after: values status
SELECT status_rebuild(array_agg(object_id)) FROM patrolled;
