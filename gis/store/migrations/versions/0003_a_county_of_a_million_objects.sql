-- drop: trigger special_place.special_place_count_ended
DROP TRIGGER special_place_count_ended ON "special_place";

-- drop: trigger special_place.special_place_count_changed
DROP TRIGGER special_place_count_changed ON "special_place";

-- drop: trigger special_place.special_place_count_new
DROP TRIGGER special_place_count_new ON "special_place";

-- drop: trigger run.run_guard
DROP TRIGGER run_guard ON "run";

-- drop: trigger rule_version.rule_version_guard
DROP TRIGGER rule_version_guard ON "rule_version";

-- drop: trigger lpg_station.lpg_station_count_ended
DROP TRIGGER lpg_station_count_ended ON "lpg_station";

-- drop: trigger lpg_station.lpg_station_count_changed
DROP TRIGGER lpg_station_count_changed ON "lpg_station";

-- drop: trigger lpg_station.lpg_station_count_new
DROP TRIGGER lpg_station_count_new ON "lpg_station";

-- drop: trigger hot_work.hot_work_count_ended
DROP TRIGGER hot_work_count_ended ON "hot_work";

-- drop: trigger hot_work.hot_work_count_changed
DROP TRIGGER hot_work_count_changed ON "hot_work";

-- drop: trigger hot_work.hot_work_count_new
DROP TRIGGER hot_work_count_new ON "hot_work";

-- drop: trigger grid_cell.grid_cell_past_of_ended
DROP TRIGGER grid_cell_past_of_ended ON "grid_cell";

-- drop: trigger grid_cell.grid_cell_past_of_changed
DROP TRIGGER grid_cell_past_of_changed ON "grid_cell";

-- drop: trigger gas_user.gas_user_count_ended
DROP TRIGGER gas_user_count_ended ON "gas_user";

-- drop: trigger gas_user.gas_user_count_changed
DROP TRIGGER gas_user_count_changed ON "gas_user";

-- drop: trigger gas_user.gas_user_count_new
DROP TRIGGER gas_user_count_new ON "gas_user";

-- drop: trigger gas_facility.gas_facility_count_ended
DROP TRIGGER gas_facility_count_ended ON "gas_facility";

-- drop: trigger gas_facility.gas_facility_count_changed
DROP TRIGGER gas_facility_count_changed ON "gas_facility";

-- drop: trigger gas_facility.gas_facility_count_new
DROP TRIGGER gas_facility_count_new ON "gas_facility";

-- drop: trigger delivery.delivery_guard
DROP TRIGGER delivery_guard ON "delivery";

-- drop: trigger construction_site.construction_site_count_ended
DROP TRIGGER construction_site_count_ended ON "construction_site";

-- drop: trigger construction_site.construction_site_count_changed
DROP TRIGGER construction_site_count_changed ON "construction_site";

-- drop: trigger construction_site.construction_site_count_new
DROP TRIGGER construction_site_count_new ON "construction_site";

-- drop: trigger check.check_guard
DROP TRIGGER check_guard ON "check";

-- drop: trigger building.building_count_ended
DROP TRIGGER building_count_ended ON "building";

-- drop: trigger building.building_count_changed
DROP TRIGGER building_count_changed ON "building";

-- drop: trigger building.building_count_new
DROP TRIGGER building_count_new ON "building";

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

-- after: constraint cell_change.cell_change_kind_choices
ALTER TABLE "cell_change" ADD CONSTRAINT cell_change_kind_choices CHECK ("kind" IN ('make', 'split', 'merge', 'renumber'));
COMMENT ON CONSTRAINT cell_change_kind_choices ON "cell_change" IS 'one of make, split, merge, renumber';

-- after: constraint cell_change.cell_change_made_from_nothing
ALTER TABLE "cell_change" ADD CONSTRAINT cell_change_made_from_nothing CHECK ((kind = 'make') = (parent_code IS NULL));
COMMENT ON CONSTRAINT cell_change_made_from_nothing ON "cell_change" IS 'a cell that was made has no cell before it, any other has one';

-- after: constraint grid_cell.grid_cell_load_kind_choices
ALTER TABLE "grid_cell" ADD CONSTRAINT grid_cell_load_kind_choices CHECK ("load_kind" IN ('household', 'object'));
COMMENT ON CONSTRAINT grid_cell_load_kind_choices ON "grid_cell" IS 'one of household, object';

-- after: constraint grid_cell.grid_cell_professional_code_is_20_digits
ALTER TABLE "grid_cell" ADD CONSTRAINT grid_cell_professional_code_is_20_digits CHECK (professional_code ~ '^[0-9]{20}$');
COMMENT ON CONSTRAINT grid_cell_professional_code_is_20_digits ON "grid_cell" IS 'a professional grid code has 20 digits';

-- after: constraint link.link_state_choices
ALTER TABLE "link" ADD CONSTRAINT link_state_choices CHECK ("state" IN ('matched', 'ambiguous', 'unmatched'));
COMMENT ON CONSTRAINT link_state_choices ON "link" IS 'one of matched, ambiguous, unmatched';

-- after: constraint link.link_score_low
ALTER TABLE "link" ADD CONSTRAINT link_score_low CHECK ("score" >= 0);
COMMENT ON CONSTRAINT link_score_low ON "link" IS 'at least 0';

-- after: constraint link.link_score_high
ALTER TABLE "link" ADD CONSTRAINT link_score_high CHECK ("score" <= 1);
COMMENT ON CONSTRAINT link_score_high ON "link" IS 'at most 1';

-- after: constraint link.link_floor_low
ALTER TABLE "link" ADD CONSTRAINT link_floor_low CHECK ("floor" >= -9);
COMMENT ON CONSTRAINT link_floor_low ON "link" IS 'at least -9';

-- after: constraint link.link_floor_high
ALTER TABLE "link" ADD CONSTRAINT link_floor_high CHECK ("floor" <= 200);
COMMENT ON CONSTRAINT link_floor_high ON "link" IS 'at most 200';

-- after: constraint link.link_decided_by_choices
ALTER TABLE "link" ADD CONSTRAINT link_decided_by_choices CHECK ("decided_by" IN ('run', 'hand'));
COMMENT ON CONSTRAINT link_decided_by_choices ON "link" IS 'one of run, hand';

-- after: constraint link.link_matched_names_a_house
ALTER TABLE "link" ADD CONSTRAINT link_matched_names_a_house CHECK ((state = 'matched') = (house IS NOT NULL));
COMMENT ON CONSTRAINT link_matched_names_a_house ON "link" IS 'what is matched names its house, and nothing else does';

-- after: constraint link.link_hand_says_why
ALTER TABLE "link" ADD CONSTRAINT link_hand_says_why CHECK (decided_by <> 'hand' OR reason IS NOT NULL);
COMMENT ON CONSTRAINT link_hand_says_why ON "link" IS 'a decision by hand has a reason';

-- after: constraint patrol_area.patrol_area_objects_low
ALTER TABLE "patrol_area" ADD CONSTRAINT patrol_area_objects_low CHECK ("objects" >= 0);
COMMENT ON CONSTRAINT patrol_area_objects_low ON "patrol_area" IS 'at least 0';

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

-- after: function know_delivery()
-- The delivery that a row names stands in the log, from which nothing is deleted: asked once for all new rows of a statement.
CREATE FUNCTION know_delivery() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    unknown bigint;
BEGIN
    IF TG_LEVEL = 'ROW' THEN
        SELECT NEW.delivery_id INTO unknown
        WHERE NEW.delivery_id IS NOT NULL AND NOT EXISTS (SELECT FROM delivery d WHERE d.id = NEW.delivery_id);
    ELSE
        SELECT n.delivery_id INTO unknown
        FROM (SELECT DISTINCT delivery_id FROM new_rows WHERE delivery_id IS NOT NULL) n
        WHERE NOT EXISTS (SELECT FROM delivery d WHERE d.id = n.delivery_id) LIMIT 1;
    END IF;
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION '%: there is no delivery %', TG_TABLE_NAME, unknown USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION know_delivery() FROM PUBLIC;

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

-- after: function count_checks()
CREATE OR REPLACE FUNCTION count_checks() RETURNS trigger
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
REVOKE ALL ON FUNCTION count_checks() FROM PUBLIC;

-- after: function count_objects()
-- TG_ARGV: the column that classes the objects, empty where all are of one class, and the SQL of their class. An object whose id
-- this statement drew is a new one: it has neither checks nor rows to look for, so its rows are written as never checked.
-- Where an object only lies elsewhere, its rows follow without a recount.
CREATE OR REPLACE FUNCTION count_objects() RETURNS trigger
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
REVOKE ALL ON FUNCTION count_objects() FROM PUBLIC;

-- after: function verify_places()
-- TG_ARGV[0]: the column of the spot. Rows whose places were given are looked at in one pass, ordered so that each area is opened
-- once; only those that do not lie well inside what they name are worked out again, one by one.
CREATE OR REPLACE FUNCTION verify_places() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    wrong bigint[];
    levels CONSTANT text[] := ARRAY['town', 'village', 'cell'];
BEGIN
    IF current_setting('wangge.places', true) IS DISTINCT FROM 'given' THEN
        RETURN NULL;
    END IF;
    EXECUTE format(
        'WITH area AS (SELECT * FROM place_area WHERE days @> (SELECT county_day(recorded_now())))
         SELECT ARRAY[  -- CASE, for an AND would be asked the other way round
             min(n.id) FILTER (WHERE CASE WHEN ST_ContainsProperly(t.geom, n.spot) THEN false
                               ELSE n.town_id IS DISTINCT FROM (SELECT f.id FROM area_at(''town'', n.spot) f) END),
             min(n.id) FILTER (WHERE CASE WHEN ST_ContainsProperly(v.geom, n.spot) THEN false
                               ELSE n.village_id IS DISTINCT FROM (SELECT f.id FROM area_at(''village'', n.spot) f) END),
             min(n.id) FILTER (WHERE CASE WHEN ST_ContainsProperly(c.geom, n.spot) THEN false
                               ELSE n.cell_id IS DISTINCT FROM (SELECT f.id FROM area_at(''cell'', n.spot) f) END)]
         FROM (SELECT id, %1$I AS spot, town_id, village_id, cell_id FROM new_rows ORDER BY town_id, village_id, cell_id) n
         LEFT JOIN area t ON t.id = n.town_id AND t.level = ''town''
         LEFT JOIN area v ON v.id = n.village_id AND v.level = ''village''
         LEFT JOIN area c ON c.id = n.cell_id AND c.level = ''cell''', TG_ARGV[0]) INTO wrong;
    FOR level IN 1 .. 3 LOOP
        IF wrong[level] IS NOT NULL THEN
            RAISE EXCEPTION '%: the % given for object % is not where it lies', TG_TABLE_NAME, levels[level], wrong[level]
                USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION verify_places() FROM PUBLIC;

-- after: function refresh_statistics(text, bigint)
-- Tells the planner what a table of ours holds now, where at least a tenth of it was `written`; says whether it did. Autovacuum
-- would come to it a minute later, and the questions that follow a load are asked at once.
CREATE FUNCTION refresh_statistics(wanted text, written bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    known real;
BEGIN
    SELECT c.reltuples INTO known FROM pg_class c
    WHERE c.oid = to_regclass(format('public.%I', wanted)) AND c.relkind = 'r' AND pg_get_userbyid(c.relowner) = current_user;
    IF known IS NULL THEN
        RAISE EXCEPTION '%: no table of this name', wanted USING ERRCODE = 'undefined_table';
    END IF;
    IF written = 0 OR written * 10 < known THEN
        RETURN false;
    END IF;
    EXECUTE format('ANALYZE public.%I', wanted);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION refresh_statistics(text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION refresh_statistics(text, bigint) TO wangge_app;

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

-- after: trigger building.building_delivered_new
CREATE TRIGGER building_delivered_new AFTER INSERT ON "building" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger building.building_delivered_changed
CREATE TRIGGER building_delivered_changed AFTER UPDATE ON "building" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger building.building_count_new
CREATE TRIGGER building_count_new AFTER INSERT ON "building" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('grade', 'coalesce("grade", ''A''::text)');

-- after: trigger building.building_count_changed
CREATE TRIGGER building_count_changed AFTER UPDATE ON "building" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('grade', 'coalesce("grade", ''A''::text)');

-- after: trigger building.building_count_ended
CREATE TRIGGER building_count_ended AFTER DELETE ON "building" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('grade', 'coalesce("grade", ''A''::text)');

-- after: trigger cell_change.cell_change_hold
CREATE TRIGGER cell_change_hold BEFORE INSERT OR UPDATE OR DELETE ON "cell_change" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger cell_change.cell_change_guard
CREATE TRIGGER cell_change_guard BEFORE UPDATE OR DELETE ON "cell_change" FOR EACH ROW EXECUTE FUNCTION guard_log();

-- after: trigger cell_change.cell_change_guard_new
CREATE TRIGGER cell_change_guard_new BEFORE INSERT ON "cell_change" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '') EXECUTE FUNCTION guard_log();

-- after: trigger certificate.certificate_delivered_new
CREATE TRIGGER certificate_delivered_new AFTER INSERT ON "certificate" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger certificate.certificate_delivered_changed
CREATE TRIGGER certificate_delivered_changed AFTER UPDATE ON "certificate" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger check.check_guard
CREATE TRIGGER check_guard BEFORE UPDATE OR DELETE ON "check" FOR EACH ROW EXECUTE FUNCTION guard_log('voided_at', 'void_reason');

-- after: trigger check.check_guard_new
CREATE TRIGGER check_guard_new BEFORE INSERT ON "check" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW."voided_at" IS NOT NULL OR NEW."void_reason" IS NOT NULL) EXECUTE FUNCTION guard_log('voided_at', 'void_reason');

-- after: trigger check.check_delivered_new
CREATE TRIGGER check_delivered_new AFTER INSERT ON "check" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger check.check_delivered_changed
CREATE TRIGGER check_delivered_changed AFTER UPDATE ON "check" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger compound.compound_delivered_new
CREATE TRIGGER compound_delivered_new AFTER INSERT ON "compound" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger compound.compound_delivered_changed
CREATE TRIGGER compound_delivered_changed AFTER UPDATE ON "compound" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger construction_site.construction_site_delivered_new
CREATE TRIGGER construction_site_delivered_new AFTER INSERT ON "construction_site" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger construction_site.construction_site_delivered_changed
CREATE TRIGGER construction_site_delivered_changed AFTER UPDATE ON "construction_site" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger construction_site.construction_site_count_new
CREATE TRIGGER construction_site_count_new AFTER INSERT ON "construction_site" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind', 'coalesce("kind", ''site''::text)');

-- after: trigger construction_site.construction_site_count_changed
CREATE TRIGGER construction_site_count_changed AFTER UPDATE ON "construction_site" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind', 'coalesce("kind", ''site''::text)');

-- after: trigger construction_site.construction_site_count_ended
CREATE TRIGGER construction_site_count_ended AFTER DELETE ON "construction_site" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind', 'coalesce("kind", ''site''::text)');

-- after: trigger county.county_delivered_new
CREATE TRIGGER county_delivered_new AFTER INSERT ON "county" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger county.county_delivered_changed
CREATE TRIGGER county_delivered_changed AFTER UPDATE ON "county" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger craftsman.craftsman_delivered_new
CREATE TRIGGER craftsman_delivered_new AFTER INSERT ON "craftsman" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger craftsman.craftsman_delivered_changed
CREATE TRIGGER craftsman_delivered_changed AFTER UPDATE ON "craftsman" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger delivery.delivery_guard
CREATE TRIGGER delivery_guard BEFORE UPDATE OR DELETE ON "delivery" FOR EACH ROW EXECUTE FUNCTION guard_log('undone_at');

-- after: trigger delivery.delivery_guard_new
CREATE TRIGGER delivery_guard_new BEFORE INSERT ON "delivery" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW."undone_at" IS NOT NULL) EXECUTE FUNCTION guard_log('undone_at');

-- after: trigger enterprise.enterprise_delivered_new
CREATE TRIGGER enterprise_delivered_new AFTER INSERT ON "enterprise" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger enterprise.enterprise_delivered_changed
CREATE TRIGGER enterprise_delivered_changed AFTER UPDATE ON "enterprise" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger gas_facility.gas_facility_delivered_new
CREATE TRIGGER gas_facility_delivered_new AFTER INSERT ON "gas_facility" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger gas_facility.gas_facility_delivered_changed
CREATE TRIGGER gas_facility_delivered_changed AFTER UPDATE ON "gas_facility" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger gas_facility.gas_facility_count_new
CREATE TRIGGER gas_facility_count_new AFTER INSERT ON "gas_facility" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind', '"kind"');

-- after: trigger gas_facility.gas_facility_count_changed
CREATE TRIGGER gas_facility_count_changed AFTER UPDATE ON "gas_facility" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind', '"kind"');

-- after: trigger gas_facility.gas_facility_count_ended
CREATE TRIGGER gas_facility_count_ended AFTER DELETE ON "gas_facility" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind', '"kind"');

-- after: trigger gas_pipeline.gas_pipeline_delivered_new
CREATE TRIGGER gas_pipeline_delivered_new AFTER INSERT ON "gas_pipeline" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger gas_pipeline.gas_pipeline_delivered_changed
CREATE TRIGGER gas_pipeline_delivered_changed AFTER UPDATE ON "gas_pipeline" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger gas_user.gas_user_delivered_new
CREATE TRIGGER gas_user_delivered_new AFTER INSERT ON "gas_user" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger gas_user.gas_user_delivered_changed
CREATE TRIGGER gas_user_delivered_changed AFTER UPDATE ON "gas_user" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger gas_user.gas_user_count_new
CREATE TRIGGER gas_user_count_new AFTER INSERT ON "gas_user" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind', '"kind"');

-- after: trigger gas_user.gas_user_count_changed
CREATE TRIGGER gas_user_count_changed AFTER UPDATE ON "gas_user" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind', '"kind"');

-- after: trigger gas_user.gas_user_count_ended
CREATE TRIGGER gas_user_count_ended AFTER DELETE ON "gas_user" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind', '"kind"');

-- after: trigger grid_cell.grid_cell_past_of_changed
CREATE TRIGGER grid_cell_past_of_changed AFTER UPDATE ON "grid_cell" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "town_code", "village_code", "professional_code", "load", "load_kind", "valid_from", "valid_to", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger grid_cell.grid_cell_past_of_ended
CREATE TRIGGER grid_cell_past_of_ended AFTER DELETE ON "grid_cell" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "town_code", "village_code", "professional_code", "load", "load_kind", "valid_from", "valid_to", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger grid_cell.grid_cell_delivered_new
CREATE TRIGGER grid_cell_delivered_new AFTER INSERT ON "grid_cell" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger grid_cell.grid_cell_delivered_changed
CREATE TRIGGER grid_cell_delivered_changed AFTER UPDATE ON "grid_cell" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger hazard.hazard_delivered_new
CREATE TRIGGER hazard_delivered_new AFTER INSERT ON "hazard" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger hazard.hazard_delivered_changed
CREATE TRIGGER hazard_delivered_changed AFTER UPDATE ON "hazard" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger hot_work.hot_work_delivered_new
CREATE TRIGGER hot_work_delivered_new AFTER INSERT ON "hot_work" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger hot_work.hot_work_delivered_changed
CREATE TRIGGER hot_work_delivered_changed AFTER UPDATE ON "hot_work" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger hot_work.hot_work_count_new
CREATE TRIGGER hot_work_count_new AFTER INSERT ON "hot_work" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('grade', 'coalesce("grade", ''unclassed''::text)');

-- after: trigger hot_work.hot_work_count_changed
CREATE TRIGGER hot_work_count_changed AFTER UPDATE ON "hot_work" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('grade', 'coalesce("grade", ''unclassed''::text)');

-- after: trigger hot_work.hot_work_count_ended
CREATE TRIGGER hot_work_count_ended AFTER DELETE ON "hot_work" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('grade', 'coalesce("grade", ''unclassed''::text)');

-- after: trigger link.link_hold
CREATE TRIGGER link_hold BEFORE INSERT OR UPDATE OR DELETE ON "link" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger link.link_stamp
CREATE TRIGGER link_stamp BEFORE UPDATE ON "link" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger link.link_stamp_new
CREATE TRIGGER link_stamp_new BEFORE INSERT ON "link" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger link.link_past_of_changed
CREATE TRIGGER link_past_of_changed AFTER UPDATE ON "link" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "layer", "subject", "houses", "house", "state", "score", "evidence", "reason", "candidates", "floor", "unit", "room", "decided_by", "run_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger link.link_past_of_ended
CREATE TRIGGER link_past_of_ended AFTER DELETE ON "link" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "layer", "subject", "houses", "house", "state", "score", "evidence", "reason", "candidates", "floor", "unit", "room", "decided_by", "run_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger link.link_delivered_new
CREATE TRIGGER link_delivered_new AFTER INSERT ON "link" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger link.link_delivered_changed
CREATE TRIGGER link_delivered_changed AFTER UPDATE ON "link" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger lpg_station.lpg_station_delivered_new
CREATE TRIGGER lpg_station_delivered_new AFTER INSERT ON "lpg_station" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger lpg_station.lpg_station_delivered_changed
CREATE TRIGGER lpg_station_delivered_changed AFTER UPDATE ON "lpg_station" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger lpg_station.lpg_station_count_new
CREATE TRIGGER lpg_station_count_new AFTER INSERT ON "lpg_station" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind', 'coalesce("kind", ''filling''::text)');

-- after: trigger lpg_station.lpg_station_count_changed
CREATE TRIGGER lpg_station_count_changed AFTER UPDATE ON "lpg_station" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind', 'coalesce("kind", ''filling''::text)');

-- after: trigger lpg_station.lpg_station_count_ended
CREATE TRIGGER lpg_station_count_ended AFTER DELETE ON "lpg_station" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind', 'coalesce("kind", ''filling''::text)');

-- after: trigger place_code.place_code_delivered_new
CREATE TRIGGER place_code_delivered_new AFTER INSERT ON "place_code" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger place_code.place_code_delivered_changed
CREATE TRIGGER place_code_delivered_changed AFTER UPDATE ON "place_code" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger road.road_delivered_new
CREATE TRIGGER road_delivered_new AFTER INSERT ON "road" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger road.road_delivered_changed
CREATE TRIGGER road_delivered_changed AFTER UPDATE ON "road" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger rule_version.rule_version_guard
CREATE TRIGGER rule_version_guard BEFORE UPDATE OR DELETE ON "rule_version" FOR EACH ROW EXECUTE FUNCTION guard_log('withdrawn_at');

-- after: trigger rule_version.rule_version_guard_new
CREATE TRIGGER rule_version_guard_new BEFORE INSERT ON "rule_version" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW."withdrawn_at" IS NOT NULL) EXECUTE FUNCTION guard_log('withdrawn_at');

-- after: trigger run.run_guard
CREATE TRIGGER run_guard BEFORE UPDATE OR DELETE ON "run" FOR EACH ROW EXECUTE FUNCTION guard_log();

-- after: trigger run.run_guard_new
CREATE TRIGGER run_guard_new BEFORE INSERT ON "run" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '') EXECUTE FUNCTION guard_log();

-- after: trigger special_place.special_place_delivered_new
CREATE TRIGGER special_place_delivered_new AFTER INSERT ON "special_place" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger special_place.special_place_delivered_changed
CREATE TRIGGER special_place_delivered_changed AFTER UPDATE ON "special_place" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger special_place.special_place_count_new
CREATE TRIGGER special_place_count_new AFTER INSERT ON "special_place" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind', '"kind"');

-- after: trigger special_place.special_place_count_changed
CREATE TRIGGER special_place_count_changed AFTER UPDATE ON "special_place" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind', '"kind"');

-- after: trigger special_place.special_place_count_ended
CREATE TRIGGER special_place_count_ended AFTER DELETE ON "special_place" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind', '"kind"');

-- after: trigger town.town_delivered_new
CREATE TRIGGER town_delivered_new AFTER INSERT ON "town" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger town.town_delivered_changed
CREATE TRIGGER town_delivered_changed AFTER UPDATE ON "town" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger vehicle.vehicle_delivered_new
CREATE TRIGGER vehicle_delivered_new AFTER INSERT ON "vehicle" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger vehicle.vehicle_delivered_changed
CREATE TRIGGER vehicle_delivered_changed AFTER UPDATE ON "vehicle" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger village.village_delivered_new
CREATE TRIGGER village_delivered_new AFTER INSERT ON "village" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger village.village_delivered_changed
CREATE TRIGGER village_delivered_changed AFTER UPDATE ON "village" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger water.water_delivered_new
CREATE TRIGGER water_delivered_new AFTER INSERT ON "water" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger water.water_delivered_changed
CREATE TRIGGER water_delivered_changed AFTER UPDATE ON "water" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger welder.welder_delivered_new
CREATE TRIGGER welder_delivered_new AFTER INSERT ON "welder" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger welder.welder_delivered_changed
CREATE TRIGGER welder_delivered_changed AFTER UPDATE ON "welder" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger welding_machine.welding_machine_delivered_new
CREATE TRIGGER welding_machine_delivered_new AFTER INSERT ON "welding_machine" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger welding_machine.welding_machine_delivered_changed
CREATE TRIGGER welding_machine_delivered_changed AFTER UPDATE ON "welding_machine" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger worker.worker_delivered_new
CREATE TRIGGER worker_delivered_new AFTER INSERT ON "worker" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger worker.worker_delivered_changed
CREATE TRIGGER worker_delivered_changed AFTER UPDATE ON "worker" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: grants cell_change
GRANT SELECT, INSERT ON "cell_change" TO wangge_app;
GRANT SELECT ON "cell_change" TO wangge_reader;

-- after: grants link
GRANT SELECT, INSERT, UPDATE, DELETE ON "link" TO wangge_app;
GRANT SELECT ("id", "code", "layer", "subject", "houses", "house", "state", "score", "evidence", "reason", "candidates", "floor", "decided_by", "run_id", "invented", "delivery_id", "recorded_at") ON "link" TO wangge_reader;

-- after: grants link_past
GRANT SELECT ON "link_past" TO wangge_app;
GRANT SELECT ("id", "code", "layer", "subject", "houses", "house", "state", "score", "evidence", "reason", "candidates", "floor", "decided_by", "run_id", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "link_past" TO wangge_reader;

-- after: values status
SELECT status_rebuild(array_agg(object_id)) FROM patrolled;
