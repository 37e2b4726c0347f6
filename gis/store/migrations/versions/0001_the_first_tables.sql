-- before: sequence object_id
CREATE SEQUENCE object_id;

-- after: constraint building.building_use_choices
ALTER TABLE "building" ADD CONSTRAINT building_use_choices CHECK ("use" IN ('residential', 'commercial', 'industrial', 'public', 'auxiliary', 'other'));
COMMENT ON CONSTRAINT building_use_choices ON "building" IS 'one of residential, commercial, industrial, public, auxiliary, other';

-- after: constraint building.building_grade_choices
ALTER TABLE "building" ADD CONSTRAINT building_grade_choices CHECK ("grade" IN ('A', 'B', 'C', 'D'));
COMMENT ON CONSTRAINT building_grade_choices ON "building" IS 'one of A, B, C, D';

-- after: constraint building.building_built_year_low
ALTER TABLE "building" ADD CONSTRAINT building_built_year_low CHECK ("built_year" >= 1000);
COMMENT ON CONSTRAINT building_built_year_low ON "building" IS 'at least 1000';

-- after: constraint building.building_built_year_high
ALTER TABLE "building" ADD CONSTRAINT building_built_year_high CHECK ("built_year" <= 2100);
COMMENT ON CONSTRAINT building_built_year_high ON "building" IS 'at most 2100';

-- after: constraint building.building_floors_low
ALTER TABLE "building" ADD CONSTRAINT building_floors_low CHECK ("floors" >= 0);
COMMENT ON CONSTRAINT building_floors_low ON "building" IS 'at least 0';

-- after: constraint building.building_floors_high
ALTER TABLE "building" ADD CONSTRAINT building_floors_high CHECK ("floors" <= 200);
COMMENT ON CONSTRAINT building_floors_high ON "building" IS 'at most 200';

-- after: constraint building.building_geometry_valid
ALTER TABLE "building" ADD CONSTRAINT building_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT building_geometry_valid ON "building" IS 'a valid geometry';

-- after: constraint building.building_geometry_not_empty
ALTER TABLE "building" ADD CONSTRAINT building_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT building_geometry_not_empty ON "building" IS 'a geometry with points';

-- after: constraint building.building_area_plausible
ALTER TABLE "building" ADD CONSTRAINT building_area_plausible CHECK (ST_Area(geom) >= 0.1);
COMMENT ON CONSTRAINT building_area_plausible ON "building" IS 'a footprint has at least 0.1 m²';

-- after: constraint building.building_grade_after_built
ALTER TABLE "building" ADD CONSTRAINT building_grade_after_built CHECK (extract(year FROM graded_on) >= built_year);
COMMENT ON CONSTRAINT building_grade_after_built ON "building" IS 'a house is graded after it is built';

-- after: constraint check.check_outcome_choices
ALTER TABLE "check" ADD CONSTRAINT check_outcome_choices CHECK ("outcome" IN ('done', 'no_answer', 'refused', 'vacant', 'not_found'));
COMMENT ON CONSTRAINT check_outcome_choices ON "check" IS 'one of done, no_answer, refused, vacant, not_found';

-- after: constraint check.check_not_seen_in_the_future
ALTER TABLE "check" ADD CONSTRAINT check_not_seen_in_the_future CHECK (seen_at <= recorded_at + interval '5 minutes');
COMMENT ON CONSTRAINT check_not_seen_in_the_future ON "check" IS 'a visit is recorded after it was made';

-- after: constraint check.check_void_says_why
ALTER TABLE "check" ADD CONSTRAINT check_void_says_why CHECK ((voided_at IS NULL) = (void_reason IS NULL));
COMMENT ON CONSTRAINT check_void_says_why ON "check" IS 'a void has a reason';

-- after: constraint construction_site.construction_site_kind_choices
ALTER TABLE "construction_site" ADD CONSTRAINT construction_site_kind_choices CHECK ("kind" IN ('site', 'small'));
COMMENT ON CONSTRAINT construction_site_kind_choices ON "construction_site" IS 'one of site, small';

-- after: constraint construction_site.construction_site_pit_depth_low
ALTER TABLE "construction_site" ADD CONSTRAINT construction_site_pit_depth_low CHECK ("pit_depth" >= 0);
COMMENT ON CONSTRAINT construction_site_pit_depth_low ON "construction_site" IS 'at least 0';

-- after: constraint construction_site.construction_site_pit_depth_high
ALTER TABLE "construction_site" ADD CONSTRAINT construction_site_pit_depth_high CHECK ("pit_depth" <= 100);
COMMENT ON CONSTRAINT construction_site_pit_depth_high ON "construction_site" IS 'at most 100';

-- after: constraint construction_site.construction_site_pile_length_low
ALTER TABLE "construction_site" ADD CONSTRAINT construction_site_pile_length_low CHECK ("pile_length" >= 0);
COMMENT ON CONSTRAINT construction_site_pile_length_low ON "construction_site" IS 'at least 0';

-- after: constraint construction_site.construction_site_pile_length_high
ALTER TABLE "construction_site" ADD CONSTRAINT construction_site_pile_length_high CHECK ("pile_length" <= 200);
COMMENT ON CONSTRAINT construction_site_pile_length_high ON "construction_site" IS 'at most 200';

-- after: constraint construction_site.construction_site_tunnel_depth_low
ALTER TABLE "construction_site" ADD CONSTRAINT construction_site_tunnel_depth_low CHECK ("tunnel_depth" >= 0);
COMMENT ON CONSTRAINT construction_site_tunnel_depth_low ON "construction_site" IS 'at least 0';

-- after: constraint construction_site.construction_site_tunnel_depth_high
ALTER TABLE "construction_site" ADD CONSTRAINT construction_site_tunnel_depth_high CHECK ("tunnel_depth" <= 500);
COMMENT ON CONSTRAINT construction_site_tunnel_depth_high ON "construction_site" IS 'at most 500';

-- after: constraint construction_site.construction_site_geometry_valid
ALTER TABLE "construction_site" ADD CONSTRAINT construction_site_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT construction_site_geometry_valid ON "construction_site" IS 'a valid geometry';

-- after: constraint construction_site.construction_site_geometry_not_empty
ALTER TABLE "construction_site" ADD CONSTRAINT construction_site_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT construction_site_geometry_not_empty ON "construction_site" IS 'a geometry with points';

-- after: constraint construction_site.construction_site_completed_after_start
ALTER TABLE "construction_site" ADD CONSTRAINT construction_site_completed_after_start CHECK (completed_on >= started_on);
COMMENT ON CONSTRAINT construction_site_completed_after_start ON "construction_site" IS 'a site is completed after it is started';

-- after: constraint county.county_storage_srid_low
ALTER TABLE "county" ADD CONSTRAINT county_storage_srid_low CHECK ("storage_srid" >= 1024);
COMMENT ON CONSTRAINT county_storage_srid_low ON "county" IS 'at least 1024';

-- after: constraint county.county_storage_srid_high
ALTER TABLE "county" ADD CONSTRAINT county_storage_srid_high CHECK ("storage_srid" <= 998999);
COMMENT ON CONSTRAINT county_storage_srid_high ON "county" IS 'at most 998999';

-- after: constraint county.county_geometry_valid
ALTER TABLE "county" ADD CONSTRAINT county_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT county_geometry_valid ON "county" IS 'a valid geometry';

-- after: constraint county.county_geometry_not_empty
ALTER TABLE "county" ADD CONSTRAINT county_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT county_geometry_not_empty ON "county" IS 'a geometry with points';

-- after: constraint county.county_area_positive
ALTER TABLE "county" ADD CONSTRAINT county_area_positive CHECK (ST_Area(geom) > 0);
COMMENT ON CONSTRAINT county_area_positive ON "county" IS 'a county has an area';

-- after: constraint delivery.delivery_delivered_low
ALTER TABLE "delivery" ADD CONSTRAINT delivery_delivered_low CHECK ("delivered" >= 0);
COMMENT ON CONSTRAINT delivery_delivered_low ON "delivery" IS 'at least 0';

-- after: constraint delivery.delivery_new_low
ALTER TABLE "delivery" ADD CONSTRAINT delivery_new_low CHECK ("new" >= 0);
COMMENT ON CONSTRAINT delivery_new_low ON "delivery" IS 'at least 0';

-- after: constraint delivery.delivery_changed_low
ALTER TABLE "delivery" ADD CONSTRAINT delivery_changed_low CHECK ("changed" >= 0);
COMMENT ON CONSTRAINT delivery_changed_low ON "delivery" IS 'at least 0';

-- after: constraint delivery.delivery_unchanged_low
ALTER TABLE "delivery" ADD CONSTRAINT delivery_unchanged_low CHECK ("unchanged" >= 0);
COMMENT ON CONSTRAINT delivery_unchanged_low ON "delivery" IS 'at least 0';

-- after: constraint delivery.delivery_rejected_low
ALTER TABLE "delivery" ADD CONSTRAINT delivery_rejected_low CHECK ("rejected" >= 0);
COMMENT ON CONSTRAINT delivery_rejected_low ON "delivery" IS 'at least 0';

-- after: constraint delivery.delivery_repaired_low
ALTER TABLE "delivery" ADD CONSTRAINT delivery_repaired_low CHECK ("repaired" >= 0);
COMMENT ON CONSTRAINT delivery_repaired_low ON "delivery" IS 'at least 0';

-- after: constraint delivery.delivery_rows_add_up
ALTER TABLE "delivery" ADD CONSTRAINT delivery_rows_add_up CHECK ("new" + changed + unchanged + rejected = delivered);
COMMENT ON CONSTRAINT delivery_rows_add_up ON "delivery" IS 'every delivered row is accounted for';

-- after: constraint gas_facility.gas_facility_kind_choices
ALTER TABLE "gas_facility" ADD CONSTRAINT gas_facility_kind_choices CHECK ("kind" IN ('gate_station', 'regulator_station', 'regulator_cabinet', 'valve_well'));
COMMENT ON CONSTRAINT gas_facility_kind_choices ON "gas_facility" IS 'one of gate_station, regulator_station, regulator_cabinet, valve_well';

-- after: constraint gas_facility.gas_facility_position_accuracy_low
ALTER TABLE "gas_facility" ADD CONSTRAINT gas_facility_position_accuracy_low CHECK ("position_accuracy" >= 0);
COMMENT ON CONSTRAINT gas_facility_position_accuracy_low ON "gas_facility" IS 'at least 0';

-- after: constraint gas_facility.gas_facility_position_accuracy_high
ALTER TABLE "gas_facility" ADD CONSTRAINT gas_facility_position_accuracy_high CHECK ("position_accuracy" <= 500);
COMMENT ON CONSTRAINT gas_facility_position_accuracy_high ON "gas_facility" IS 'at most 500';

-- after: constraint gas_facility.gas_facility_geometry_valid
ALTER TABLE "gas_facility" ADD CONSTRAINT gas_facility_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT gas_facility_geometry_valid ON "gas_facility" IS 'a valid geometry';

-- after: constraint gas_facility.gas_facility_geometry_not_empty
ALTER TABLE "gas_facility" ADD CONSTRAINT gas_facility_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT gas_facility_geometry_not_empty ON "gas_facility" IS 'a geometry with points';

-- after: constraint gas_pipeline.gas_pipeline_regime_choices
ALTER TABLE "gas_pipeline" ADD CONSTRAINT gas_pipeline_regime_choices CHECK ("regime" IN ('town', 'transmission'));
COMMENT ON CONSTRAINT gas_pipeline_regime_choices ON "gas_pipeline" IS 'one of town, transmission';

-- after: constraint gas_pipeline.gas_pipeline_pressure_choices
ALTER TABLE "gas_pipeline" ADD CONSTRAINT gas_pipeline_pressure_choices CHECK ("pressure" IN ('low', 'medium_b', 'medium_a', 'sub_high_b', 'sub_high_a', 'high_b', 'high_a', 'ultra_high'));
COMMENT ON CONSTRAINT gas_pipeline_pressure_choices ON "gas_pipeline" IS 'one of low, medium_b, medium_a, sub_high_b, sub_high_a, high_b, high_a, ultra_high';

-- after: constraint gas_pipeline.gas_pipeline_diameter_low
ALTER TABLE "gas_pipeline" ADD CONSTRAINT gas_pipeline_diameter_low CHECK ("diameter" >= 5);
COMMENT ON CONSTRAINT gas_pipeline_diameter_low ON "gas_pipeline" IS 'at least 5';

-- after: constraint gas_pipeline.gas_pipeline_diameter_high
ALTER TABLE "gas_pipeline" ADD CONSTRAINT gas_pipeline_diameter_high CHECK ("diameter" <= 2000);
COMMENT ON CONSTRAINT gas_pipeline_diameter_high ON "gas_pipeline" IS 'at most 2000';

-- after: constraint gas_pipeline.gas_pipeline_depth_low
ALTER TABLE "gas_pipeline" ADD CONSTRAINT gas_pipeline_depth_low CHECK ("depth" >= 0);
COMMENT ON CONSTRAINT gas_pipeline_depth_low ON "gas_pipeline" IS 'at least 0';

-- after: constraint gas_pipeline.gas_pipeline_depth_high
ALTER TABLE "gas_pipeline" ADD CONSTRAINT gas_pipeline_depth_high CHECK ("depth" <= 50);
COMMENT ON CONSTRAINT gas_pipeline_depth_high ON "gas_pipeline" IS 'at most 50';

-- after: constraint gas_pipeline.gas_pipeline_position_accuracy_low
ALTER TABLE "gas_pipeline" ADD CONSTRAINT gas_pipeline_position_accuracy_low CHECK ("position_accuracy" >= 0);
COMMENT ON CONSTRAINT gas_pipeline_position_accuracy_low ON "gas_pipeline" IS 'at least 0';

-- after: constraint gas_pipeline.gas_pipeline_position_accuracy_high
ALTER TABLE "gas_pipeline" ADD CONSTRAINT gas_pipeline_position_accuracy_high CHECK ("position_accuracy" <= 500);
COMMENT ON CONSTRAINT gas_pipeline_position_accuracy_high ON "gas_pipeline" IS 'at most 500';

-- after: constraint gas_pipeline.gas_pipeline_geometry_valid
ALTER TABLE "gas_pipeline" ADD CONSTRAINT gas_pipeline_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT gas_pipeline_geometry_valid ON "gas_pipeline" IS 'a valid geometry';

-- after: constraint gas_pipeline.gas_pipeline_geometry_not_empty
ALTER TABLE "gas_pipeline" ADD CONSTRAINT gas_pipeline_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT gas_pipeline_geometry_not_empty ON "gas_pipeline" IS 'a geometry with points';

-- after: constraint gas_pipeline.gas_pipeline_length_positive
ALTER TABLE "gas_pipeline" ADD CONSTRAINT gas_pipeline_length_positive CHECK (ST_Length(geom) > 0);
COMMENT ON CONSTRAINT gas_pipeline_length_positive ON "gas_pipeline" IS 'a pipe has a length';

-- after: constraint gas_user.gas_user_kind_choices
ALTER TABLE "gas_user" ADD CONSTRAINT gas_user_kind_choices CHECK ("kind" IN ('resident', 'catering', 'commercial', 'industrial'));
COMMENT ON CONSTRAINT gas_user_kind_choices ON "gas_user" IS 'one of resident, catering, commercial, industrial';

-- after: constraint gas_user.gas_user_supply_choices
ALTER TABLE "gas_user" ADD CONSTRAINT gas_user_supply_choices CHECK ("supply" IN ('bottled', 'piped'));
COMMENT ON CONSTRAINT gas_user_supply_choices ON "gas_user" IS 'one of bottled, piped';

-- after: constraint gas_user.gas_user_floor_low
ALTER TABLE "gas_user" ADD CONSTRAINT gas_user_floor_low CHECK ("floor" >= -9);
COMMENT ON CONSTRAINT gas_user_floor_low ON "gas_user" IS 'at least -9';

-- after: constraint gas_user.gas_user_floor_high
ALTER TABLE "gas_user" ADD CONSTRAINT gas_user_floor_high CHECK ("floor" <= 200);
COMMENT ON CONSTRAINT gas_user_floor_high ON "gas_user" IS 'at most 200';

-- after: constraint gas_user.gas_user_hose_choices
ALTER TABLE "gas_user" ADD CONSTRAINT gas_user_hose_choices CHECK ("hose" IN ('metal', 'rubber'));
COMMENT ON CONSTRAINT gas_user_hose_choices ON "gas_user" IS 'one of metal, rubber';

-- after: constraint gas_user.gas_user_bottles_mass_low
ALTER TABLE "gas_user" ADD CONSTRAINT gas_user_bottles_mass_low CHECK ("bottles_mass" >= 0);
COMMENT ON CONSTRAINT gas_user_bottles_mass_low ON "gas_user" IS 'at least 0';

-- after: constraint gas_user.gas_user_bottles_mass_high
ALTER TABLE "gas_user" ADD CONSTRAINT gas_user_bottles_mass_high CHECK ("bottles_mass" <= 100000);
COMMENT ON CONSTRAINT gas_user_bottles_mass_high ON "gas_user" IS 'at most 100000';

-- after: constraint gas_user.gas_user_meter_choices
ALTER TABLE "gas_user" ADD CONSTRAINT gas_user_meter_choices CHECK ("meter" IN ('indoors', 'outdoors'));
COMMENT ON CONSTRAINT gas_user_meter_choices ON "gas_user" IS 'one of indoors, outdoors';

-- after: constraint gas_user.gas_user_consent_choices
ALTER TABLE "gas_user" ADD CONSTRAINT gas_user_consent_choices CHECK ("consent" IN ('signed', 'open', 'refused'));
COMMENT ON CONSTRAINT gas_user_consent_choices ON "gas_user" IS 'one of signed, open, refused';

-- after: constraint gas_user.gas_user_occupancy_choices
ALTER TABLE "gas_user" ADD CONSTRAINT gas_user_occupancy_choices CHECK ("occupancy" IN ('in_use', 'vacant', 'stopped'));
COMMENT ON CONSTRAINT gas_user_occupancy_choices ON "gas_user" IS 'one of in_use, vacant, stopped';

-- after: constraint gas_user.gas_user_geometry_valid
ALTER TABLE "gas_user" ADD CONSTRAINT gas_user_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT gas_user_geometry_valid ON "gas_user" IS 'a valid geometry';

-- after: constraint gas_user.gas_user_geometry_not_empty
ALTER TABLE "gas_user" ADD CONSTRAINT gas_user_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT gas_user_geometry_not_empty ON "gas_user" IS 'a geometry with points';

-- after: constraint gas_user.gas_user_piped_keeps_no_bottles
ALTER TABLE "gas_user" ADD CONSTRAINT gas_user_piped_keeps_no_bottles CHECK (NOT (supply = 'piped' AND bottles_mass > 0));
COMMENT ON CONSTRAINT gas_user_piped_keeps_no_bottles ON "gas_user" IS 'a piped user keeps no bottles';

-- after: constraint grid_cell.grid_cell_load_low
ALTER TABLE "grid_cell" ADD CONSTRAINT grid_cell_load_low CHECK ("load" >= 0);
COMMENT ON CONSTRAINT grid_cell_load_low ON "grid_cell" IS 'at least 0';

-- after: constraint grid_cell.grid_cell_geometry_valid
ALTER TABLE "grid_cell" ADD CONSTRAINT grid_cell_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT grid_cell_geometry_valid ON "grid_cell" IS 'a valid geometry';

-- after: constraint grid_cell.grid_cell_geometry_not_empty
ALTER TABLE "grid_cell" ADD CONSTRAINT grid_cell_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT grid_cell_geometry_not_empty ON "grid_cell" IS 'a geometry with points';

-- after: constraint grid_cell.grid_cell_code_is_15_digits
ALTER TABLE "grid_cell" ADD CONSTRAINT grid_cell_code_is_15_digits CHECK (code ~ '^[0-9]{15}$');
COMMENT ON CONSTRAINT grid_cell_code_is_15_digits ON "grid_cell" IS 'a cell code has 15 digits';

-- after: constraint grid_cell.grid_cell_ends_after_start
ALTER TABLE "grid_cell" ADD CONSTRAINT grid_cell_ends_after_start CHECK (valid_to >= valid_from);
COMMENT ON CONSTRAINT grid_cell_ends_after_start ON "grid_cell" IS 'a cell ends after it starts';

-- after: constraint patrol_area.patrol_area_load_low
ALTER TABLE "patrol_area" ADD CONSTRAINT patrol_area_load_low CHECK ("load" >= 0);
COMMENT ON CONSTRAINT patrol_area_load_low ON "patrol_area" IS 'at least 0';

-- after: constraint patrol_area.patrol_area_cells_low
ALTER TABLE "patrol_area" ADD CONSTRAINT patrol_area_cells_low CHECK ("cells" >= 0);
COMMENT ON CONSTRAINT patrol_area_cells_low ON "patrol_area" IS 'at least 0';

-- after: constraint patrol_area.patrol_area_pieces_low
ALTER TABLE "patrol_area" ADD CONSTRAINT patrol_area_pieces_low CHECK ("pieces" >= 0);
COMMENT ON CONSTRAINT patrol_area_pieces_low ON "patrol_area" IS 'at least 0';

-- after: constraint patrol_area.patrol_area_geometry_valid
ALTER TABLE "patrol_area" ADD CONSTRAINT patrol_area_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT patrol_area_geometry_valid ON "patrol_area" IS 'a valid geometry';

-- after: constraint patrol_area.patrol_area_geometry_not_empty
ALTER TABLE "patrol_area" ADD CONSTRAINT patrol_area_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT patrol_area_geometry_not_empty ON "patrol_area" IS 'a geometry with points';

-- after: constraint planned_pipe.planned_pipe_kind_choices
ALTER TABLE "planned_pipe" ADD CONSTRAINT planned_pipe_kind_choices CHECK ("kind" IN ('main', 'service'));
COMMENT ON CONSTRAINT planned_pipe_kind_choices ON "planned_pipe" IS 'one of main, service';

-- after: constraint planned_pipe.planned_pipe_length_low
ALTER TABLE "planned_pipe" ADD CONSTRAINT planned_pipe_length_low CHECK ("length" >= 0);
COMMENT ON CONSTRAINT planned_pipe_length_low ON "planned_pipe" IS 'at least 0';

-- after: constraint planned_pipe.planned_pipe_cost_low
ALTER TABLE "planned_pipe" ADD CONSTRAINT planned_pipe_cost_low CHECK ("cost" >= 0);
COMMENT ON CONSTRAINT planned_pipe_cost_low ON "planned_pipe" IS 'at least 0';

-- after: constraint planned_pipe.planned_pipe_geometry_valid
ALTER TABLE "planned_pipe" ADD CONSTRAINT planned_pipe_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT planned_pipe_geometry_valid ON "planned_pipe" IS 'a valid geometry';

-- after: constraint planned_pipe.planned_pipe_geometry_not_empty
ALTER TABLE "planned_pipe" ADD CONSTRAINT planned_pipe_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT planned_pipe_geometry_not_empty ON "planned_pipe" IS 'a geometry with points';

-- after: constraint road.road_road_class_choices
ALTER TABLE "road" ADD CONSTRAINT road_road_class_choices CHECK ("road_class" IN ('motorway', 'trunk', 'primary', 'secondary', 'tertiary', 'residential', 'service', 'track', 'path', 'other'));
COMMENT ON CONSTRAINT road_road_class_choices ON "road" IS 'one of motorway, trunk, primary, secondary, tertiary, residential, service, track, path, other';

-- after: constraint road.road_geometry_valid
ALTER TABLE "road" ADD CONSTRAINT road_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT road_geometry_valid ON "road" IS 'a valid geometry';

-- after: constraint road.road_geometry_not_empty
ALTER TABLE "road" ADD CONSTRAINT road_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT road_geometry_not_empty ON "road" IS 'a geometry with points';

-- after: constraint rule_version.rule_version_rank_low
ALTER TABLE "rule_version" ADD CONSTRAINT rule_version_rank_low CHECK ("rank" >= 0);
COMMENT ON CONSTRAINT rule_version_rank_low ON "rule_version" IS 'at least 0';

-- after: constraint rule_version.rule_version_notice_days_low
ALTER TABLE "rule_version" ADD CONSTRAINT rule_version_notice_days_low CHECK ("notice_days" >= 0);
COMMENT ON CONSTRAINT rule_version_notice_days_low ON "rule_version" IS 'at least 0';

-- after: constraint rule_version.rule_version_ends_after_start
ALTER TABLE "rule_version" ADD CONSTRAINT rule_version_ends_after_start CHECK (valid_to > valid_from);
COMMENT ON CONSTRAINT rule_version_ends_after_start ON "rule_version" IS 'a rule ends after it starts';

-- after: constraint rule_version.rule_version_whole_days
ALTER TABLE "rule_version" ADD CONSTRAINT rule_version_whole_days CHECK (unit <> 'd' OR (amount >= 1 AND amount = floor(amount) AND notice_days < amount + 1));
COMMENT ON CONSTRAINT rule_version_whole_days ON "rule_version" IS 'an interval is whole days, and notice lies within it';

-- after: constraint rule_version.rule_version_one_version_a_day
ALTER TABLE "rule_version" ADD CONSTRAINT rule_version_one_version_a_day EXCLUDE USING gist (jurisdiction WITH =, subject WITH =, category WITH =, daterange(valid_from, valid_to) WITH &&) WHERE (withdrawn_at IS NULL);
COMMENT ON CONSTRAINT rule_version_one_version_a_day ON "rule_version" IS 'a jurisdiction has one rule for a class on a day';

-- after: constraint run.run_steps_low
ALTER TABLE "run" ADD CONSTRAINT run_steps_low CHECK ("steps" >= 0);
COMMENT ON CONSTRAINT run_steps_low ON "run" IS 'at least 0';

-- after: constraint town.town_admin_level_low
ALTER TABLE "town" ADD CONSTRAINT town_admin_level_low CHECK ("admin_level" >= 1);
COMMENT ON CONSTRAINT town_admin_level_low ON "town" IS 'at least 1';

-- after: constraint town.town_admin_level_high
ALTER TABLE "town" ADD CONSTRAINT town_admin_level_high CHECK ("admin_level" <= 12);
COMMENT ON CONSTRAINT town_admin_level_high ON "town" IS 'at most 12';

-- after: constraint town.town_geometry_valid
ALTER TABLE "town" ADD CONSTRAINT town_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT town_geometry_valid ON "town" IS 'a valid geometry';

-- after: constraint town.town_geometry_not_empty
ALTER TABLE "town" ADD CONSTRAINT town_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT town_geometry_not_empty ON "town" IS 'a geometry with points';

-- after: constraint village.village_geometry_valid
ALTER TABLE "village" ADD CONSTRAINT village_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT village_geometry_valid ON "village" IS 'a valid geometry';

-- after: constraint village.village_geometry_not_empty
ALTER TABLE "village" ADD CONSTRAINT village_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT village_geometry_not_empty ON "village" IS 'a geometry with points';

-- after: constraint water.water_geometry_valid
ALTER TABLE "water" ADD CONSTRAINT water_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT water_geometry_valid ON "water" IS 'a valid geometry';

-- after: constraint water.water_geometry_not_empty
ALTER TABLE "water" ADD CONSTRAINT water_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT water_geometry_not_empty ON "water" IS 'a geometry with points';

-- after: constraint worker.worker_share_low
ALTER TABLE "worker" ADD CONSTRAINT worker_share_low CHECK ("share" >= 0.05);
COMMENT ON CONSTRAINT worker_share_low ON "worker" IS 'at least 0.05';

-- after: constraint worker.worker_share_high
ALTER TABLE "worker" ADD CONSTRAINT worker_share_high CHECK ("share" <= 1);
COMMENT ON CONSTRAINT worker_share_high ON "worker" IS 'at most 1';

-- after: constraint worker.worker_leaves_after_start
ALTER TABLE "worker" ADD CONSTRAINT worker_leaves_after_start CHECK (to_on >= from_on);
COMMENT ON CONSTRAINT worker_leaves_after_start ON "worker" IS 'a worker leaves after the start';

-- after: view patrolled
CREATE VIEW patrolled AS
SELECT id AS object_id, 'building'::text AS layer, 'house_check'::text AS kind, coalesce("grade", 'A'::text) AS category FROM "building"
UNION ALL
SELECT id AS object_id, 'construction_site'::text AS layer, 'site_check'::text AS kind, coalesce("kind", 'site'::text) AS category FROM "construction_site"
UNION ALL
SELECT id AS object_id, 'gas_facility'::text AS layer, 'facility_check'::text AS kind, "kind" AS category FROM "gas_facility"
UNION ALL
SELECT id AS object_id, 'gas_user'::text AS layer, 'home_check'::text AS kind, "kind" AS category FROM "gas_user";

-- after: function patrol_kinds()
CREATE FUNCTION patrol_kinds() RETURNS TABLE (layer text, kind text)
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp
AS $$ VALUES ('building', 'house_check'), ('construction_site', 'site_check'), ('gas_facility', 'facility_check'), ('gas_user', 'home_check') $$;
REVOKE ALL ON FUNCTION patrol_kinds() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION patrol_kinds() TO wangge_app, wangge_reader;

-- after: function county_timezone()
CREATE FUNCTION county_timezone() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_temp
AS $$ SELECT coalesce((SELECT timezone FROM county), 'UTC') $$;
REVOKE ALL ON FUNCTION county_timezone() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION county_timezone() TO wangge_app, wangge_reader;

-- after: function county_day(timestamp with time zone)
CREATE FUNCTION county_day(moment timestamptz) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_temp
AS $$ SELECT (moment AT TIME ZONE county_timezone())::date $$;
REVOKE ALL ON FUNCTION county_day(timestamp with time zone) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION county_day(timestamp with time zone) TO wangge_app, wangge_reader;

-- after: function midnight(timestamp with time zone, integer, text)
-- The midnight with which the day begins that lies `days` after the day of `moment`, in a time zone. Without a setting of
-- its own, so that the planner can write it out in place.
CREATE FUNCTION midnight(moment timestamptz, days integer, zone text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT ((moment AT TIME ZONE zone)::date + days)::timestamp AT TIME ZONE zone $$;
REVOKE ALL ON FUNCTION midnight(timestamp with time zone, integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION midnight(timestamp with time zone, integer, text) TO wangge_app, wangge_reader;

-- after: function recorded_now()
-- The recorded time of a transaction: its start. Whoever may become the owner (tests, a drill) can set another one with
-- `wangge.now`; for everybody else the setting is without effect.
CREATE FUNCTION recorded_now() RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
DECLARE
    wanted text := current_setting('wangge.now', true);
BEGIN
    IF wanted IS NULL OR wanted = '' OR NOT pg_has_role(session_user, 'wangge_owner', 'MEMBER') THEN
        RETURN now();
    END IF;
    RETURN wanted::timestamptz;
END $$;
REVOKE ALL ON FUNCTION recorded_now() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION recorded_now() TO wangge_app, wangge_reader;

-- after: function hold_day()
-- As-of D must never change: once day D is over, no row may still appear that says it was recorded on D. Every writer holds
-- a shared advisory lock named by its recorded day until it commits; who asks for a day that is over takes that lock
-- alone for a moment (`day_is_closed`) and so waits for the day's last writers. A transaction that began on D but writes
-- for the first time on D + 1 is refused. Writers also hold a shared lock that changing the law takes alone, because a
-- new rule version must meet all objects and checks, and they it. For `stamp_row` it notes which ids were drawn so far.
CREATE FUNCTION hold_day() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    today date := county_day(recorded_now());
    held text := coalesce(current_setting('wangge.held', true), '');
    mine text := pg_current_xact_id()::text || '/' || today;
BEGIN
    IF TG_ARGV[0] = 'alone' THEN
        PERFORM pg_advisory_xact_lock(7717, 0);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(7717, 0);
    END IF;
    PERFORM set_config('wangge.drawn', coalesce(pg_sequence_last_value('object_id'), 0)::text, true);
    IF held = mine THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(7716, today - date '2000-01-01');
    IF recorded_now() = now() AND county_day(clock_timestamp()) <> today THEN
        RAISE EXCEPTION 'the county''s day % ended before this transaction wrote its first row: repeat it', today
            USING ERRCODE = 'serialization_failure';
    END IF;
    PERFORM set_config('wangge.held', mine, true);
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION hold_day() FROM PUBLIC;

-- after: function day_is_closed(date)
CREATE FUNCTION day_is_closed(day date) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp
AS $$
BEGIN
    IF day >= county_day(clock_timestamp()) THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_lock(7716, day - date '2000-01-01');
    PERFORM pg_advisory_unlock(7716, day - date '2000-01-01');
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION day_is_closed(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION day_is_closed(date) TO wangge_app;

-- after: function stamp_row()
-- A version begins where the one before it ended, never earlier: also where a transaction that began later was faster, and
-- where an object comes back after its end. Only an id that was drawn before this statement can have a past to look up. Where
-- that pushes a version onto a later day, that day is held too (`hold_day`).
CREATE FUNCTION stamp_row() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    ended timestamptz;
    day date;
BEGIN
    NEW.recorded_at := recorded_now();
    IF TG_OP = 'INSERT' THEN
        IF NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id) THEN
            EXECUTE format('SELECT recorded_until FROM %I.%I WHERE id = $1 ORDER BY recorded_at DESC LIMIT 1',
                           TG_TABLE_SCHEMA, TG_TABLE_NAME || '_past') INTO ended USING NEW.id;
            NEW.recorded_at := greatest(NEW.recorded_at, ended);
        END IF;
    ELSE
        IF NEW.id <> OLD.id THEN
            RAISE EXCEPTION '%: an object keeps its id, % became %', TG_TABLE_NAME, OLD.id, NEW.id USING ERRCODE = 'check_violation';
        END IF;
        NEW.recorded_at := greatest(NEW.recorded_at, OLD.recorded_at + interval '1 microsecond');
    END IF;
    IF NEW.recorded_at > recorded_now() THEN
        day := county_day(NEW.recorded_at);
        IF day <> county_day(recorded_now()) THEN
            PERFORM pg_advisory_xact_lock_shared(7716, day - date '2000-01-01');
            IF recorded_now() = now() AND county_day(clock_timestamp()) > day THEN
                RAISE EXCEPTION 'the county''s day % ended while this transaction was open: repeat it', day
                    USING ERRCODE = 'serialization_failure';
            END IF;
        END IF;
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION stamp_row() FROM PUBLIC;

-- after: function keep_past()
-- TG_ARGV[0]: the columns. Old versions go to <table>_past with the instant from which they no longer held.
CREATE FUNCTION keep_past() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    old_columns text := 'o.' || replace(TG_ARGV[0], ', ', ', o.');
BEGIN
    IF TG_OP = 'UPDATE' THEN
        EXECUTE format('INSERT INTO %I.%I (%s, recorded_until) SELECT %s, n.recorded_at FROM old_rows o JOIN new_rows n USING (id)',
                       TG_TABLE_SCHEMA, TG_TABLE_NAME || '_past', TG_ARGV[0], old_columns);
    ELSE
        EXECUTE format('INSERT INTO %I.%I (%s, recorded_until) SELECT %s, greatest(recorded_now(), o.recorded_at + interval ''1 microsecond'') FROM old_rows o',
                       TG_TABLE_SCHEMA, TG_TABLE_NAME || '_past', TG_ARGV[0], old_columns);
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_past() FROM PUBLIC;

-- after: function keep_fixed()
-- TG_ARGV: columns that never change once stored.
CREATE FUNCTION keep_fixed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY TG_ARGV LOOP
        IF to_jsonb(NEW) -> name IS DISTINCT FROM to_jsonb(OLD) -> name THEN
            RAISE EXCEPTION '%: % never changes, % became %', TG_TABLE_NAME, name, to_jsonb(OLD) -> name, to_jsonb(NEW) -> name
                USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION keep_fixed() FROM PUBLIC;

-- after: function guard_log()
-- TG_ARGV: the columns that may be written after the row, once, from empty to a value; instants are the server's.
CREATE FUNCTION guard_log() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    before jsonb;
    after jsonb;
    name text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        after := to_jsonb(NEW);
        FOREACH name IN ARRAY coalesce(TG_ARGV, '{}') LOOP
            IF after -> name <> 'null'::jsonb THEN
                RAISE EXCEPTION '%: % is written after the row, not with it', TG_TABLE_NAME, name USING ERRCODE = 'check_violation';
            END IF;
        END LOOP;
        NEW.recorded_at := recorded_now();
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '%: a log is not deleted from', TG_TABLE_NAME USING ERRCODE = 'check_violation';
    END IF;
    before := to_jsonb(OLD);
    after := to_jsonb(NEW);
    FOREACH name IN ARRAY coalesce(TG_ARGV, '{}') LOOP
        IF before -> name <> 'null'::jsonb AND after -> name IS DISTINCT FROM before -> name THEN
            RAISE EXCEPTION '%: % is written once', TG_TABLE_NAME, name USING ERRCODE = 'check_violation';
        END IF;
        IF right(name, 3) = '_at' AND before -> name = 'null'::jsonb AND after -> name <> 'null'::jsonb THEN
            NEW := jsonb_populate_record(NEW, jsonb_build_object(name, recorded_now()));
        END IF;
        before := before - name;
        after := after - name;
    END LOOP;
    IF before <> after THEN
        RAISE EXCEPTION '%: a log is not rewritten', TG_TABLE_NAME USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION guard_log() FROM PUBLIC;

-- after: function status_wanted(bigint[])
-- What the status rows of these objects must be: one per object and rule version of its class that is not withdrawn.
CREATE FUNCTION status_wanted(ids bigint[])
RETURNS TABLE (object_id bigint, layer text, rule_version_id bigint, last_done_at timestamptz, last_try_at timestamptz,
               last_try text, notice_at timestamptz, due_at timestamptz)
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT p.object_id, p.layer, r.id, seen.last_done_at, seen.last_try_at, seen.last_try,
           midnight(seen.last_done_at, (r.amount - r.notice_days)::integer + 1, here.zone),
           midnight(seen.last_done_at, r.amount::integer + 1, here.zone)
    FROM unnest(ids) AS asked (id)
    CROSS JOIN (SELECT county_timezone() AS zone) here
    JOIN patrolled p ON p.object_id = asked.id
    JOIN rule_version r ON r.subject = p.kind AND r.category = p.category AND r.unit = 'd' AND r.withdrawn_at IS NULL
    LEFT JOIN LATERAL (
        SELECT max(c.seen_at) FILTER (WHERE c.outcome = 'done') AS last_done_at,
               max(c.seen_at) AS last_try_at,
               (array_agg(c.outcome ORDER BY c.seen_at DESC, c.outcome DESC))[1] AS last_try
        FROM "check" c
        WHERE c.object_id = p.object_id AND c.kind = p.kind AND c.voided_at IS NULL
    ) seen ON true
$$;
REVOKE ALL ON FUNCTION status_wanted(bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION status_wanted(bigint[]) TO wangge_app;

-- after: function status_rebuild(bigint[])
-- Locks first, then recounts in a statement of its own, so that what committed while it waited is counted.
CREATE FUNCTION status_rebuild(ids bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM 1 FROM status s WHERE s.object_id = ANY (ids) ORDER BY s.object_id, s.rule_version_id FOR UPDATE;
    WITH wanted AS MATERIALIZED (
        SELECT * FROM status_wanted(ids)
    ), stale AS (
        DELETE FROM status s
        WHERE s.object_id = ANY (ids)
          AND (s.object_id, s.rule_version_id) NOT IN (SELECT w.object_id, w.rule_version_id FROM wanted w)
    )
    INSERT INTO status (object_id, layer, rule_version_id, last_done_at, last_try_at, last_try, notice_at, due_at)
    SELECT * FROM wanted
    ON CONFLICT (object_id, rule_version_id) DO UPDATE
    SET last_done_at = excluded.last_done_at, last_try_at = excluded.last_try_at, last_try = excluded.last_try,
        notice_at = excluded.notice_at, due_at = excluded.due_at;
END $$;
REVOKE ALL ON FUNCTION status_rebuild(bigint[]) FROM PUBLIC;

-- after: function hold_objects(text[], bigint[], boolean)
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
REVOKE ALL ON FUNCTION hold_objects(text[], bigint[], boolean) FROM PUBLIC;

-- after: function count_checks()
CREATE FUNCTION count_checks() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    ids bigint[];
    zone text := county_timezone();
BEGIN
    IF EXISTS (SELECT 1 FROM new_rows n WHERE NOT EXISTS
               (SELECT 1 FROM patrol_kinds() k WHERE k.layer = n.layer AND k.kind = n.kind)) THEN
        RAISE EXCEPTION 'check: a kind does not belong to its layer' USING ERRCODE = 'foreign_key_violation';
    END IF;
    PERFORM hold_objects((SELECT array_agg(n.layer ORDER BY n.id) FROM new_rows n),
                         (SELECT array_agg(n.object_id ORDER BY n.id) FROM new_rows n), true);
    SELECT array_agg(DISTINCT n.object_id) INTO ids FROM new_rows n;
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

-- after: function recount_checks()
CREATE FUNCTION recount_checks() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM hold_objects((SELECT array_agg(n.layer ORDER BY n.id) FROM new_rows n),
                         (SELECT array_agg(n.object_id ORDER BY n.id) FROM new_rows n), false);
    PERFORM status_rebuild((SELECT array_agg(DISTINCT n.object_id) FROM new_rows n));
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION recount_checks() FROM PUBLIC;

-- after: function count_objects()
-- TG_ARGV[0]: the column that classes the objects, empty where all are of one class.
CREATE FUNCTION count_objects() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    ids bigint[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
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

-- after: function count_rules()
CREATE FUNCTION count_rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM status_rebuild(coalesce(array_agg(p.object_id), '{}'))
    FROM patrolled p
    WHERE (p.kind, p.category) IN (SELECT n.subject, n.category FROM new_rows n WHERE n.unit = 'd');
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION count_rules() FROM PUBLIC;

-- after: trigger building.building_hold
CREATE TRIGGER building_hold BEFORE INSERT OR UPDATE OR DELETE ON "building" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger building.building_stamp
CREATE TRIGGER building_stamp BEFORE INSERT OR UPDATE ON "building" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger building.building_past_of_changed
CREATE TRIGGER building_past_of_changed AFTER UPDATE ON "building" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "address", "use", "grade", "graded_on", "built_year", "floors", "basement", "self_built", "let_or_business", "vacated", "owner_name", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger building.building_past_of_ended
CREATE TRIGGER building_past_of_ended AFTER DELETE ON "building" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "address", "use", "grade", "graded_on", "built_year", "floors", "basement", "self_built", "let_or_business", "vacated", "owner_name", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger building.building_count_new
CREATE TRIGGER building_count_new AFTER INSERT ON "building" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('grade');

-- after: trigger building.building_count_changed
CREATE TRIGGER building_count_changed AFTER UPDATE ON "building" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('grade');

-- after: trigger building.building_count_ended
CREATE TRIGGER building_count_ended AFTER DELETE ON "building" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('grade');

-- after: trigger check.check_hold
CREATE TRIGGER check_hold BEFORE INSERT OR UPDATE OR DELETE ON "check" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger check.check_guard
CREATE TRIGGER check_guard BEFORE INSERT OR UPDATE OR DELETE ON "check" FOR EACH ROW EXECUTE FUNCTION guard_log('voided_at', 'void_reason');

-- after: trigger check.check_count
CREATE TRIGGER check_count AFTER INSERT ON "check" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_checks();

-- after: trigger check.check_recount
CREATE TRIGGER check_recount AFTER UPDATE ON "check" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION recount_checks();

-- after: trigger construction_site.construction_site_hold
CREATE TRIGGER construction_site_hold BEFORE INSERT OR UPDATE OR DELETE ON "construction_site" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger construction_site.construction_site_stamp
CREATE TRIGGER construction_site_stamp BEFORE INSERT OR UPDATE ON "construction_site" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger construction_site.construction_site_past_of_changed
CREATE TRIGGER construction_site_past_of_changed AFTER UPDATE ON "construction_site" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "kind", "builder", "permit", "pit_depth", "pile_length", "tunnel_depth", "started_on", "completed_on", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger construction_site.construction_site_past_of_ended
CREATE TRIGGER construction_site_past_of_ended AFTER DELETE ON "construction_site" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "kind", "builder", "permit", "pit_depth", "pile_length", "tunnel_depth", "started_on", "completed_on", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger construction_site.construction_site_count_new
CREATE TRIGGER construction_site_count_new AFTER INSERT ON "construction_site" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind');

-- after: trigger construction_site.construction_site_count_changed
CREATE TRIGGER construction_site_count_changed AFTER UPDATE ON "construction_site" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind');

-- after: trigger construction_site.construction_site_count_ended
CREATE TRIGGER construction_site_count_ended AFTER DELETE ON "construction_site" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind');

-- after: trigger county.county_hold
CREATE TRIGGER county_hold BEFORE INSERT OR UPDATE OR DELETE ON "county" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger county.county_stamp
CREATE TRIGGER county_stamp BEFORE INSERT OR UPDATE ON "county" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger county.county_past_of_changed
CREATE TRIGGER county_past_of_changed AFTER UPDATE ON "county" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "storage_srid", "timezone", "jurisdiction", "code_scheme", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger county.county_past_of_ended
CREATE TRIGGER county_past_of_ended AFTER DELETE ON "county" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "storage_srid", "timezone", "jurisdiction", "code_scheme", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger county.county_fixed
CREATE TRIGGER county_fixed BEFORE UPDATE ON "county" FOR EACH ROW EXECUTE FUNCTION keep_fixed('code', 'storage_srid', 'timezone');

-- after: trigger delivery.delivery_hold
CREATE TRIGGER delivery_hold BEFORE INSERT OR UPDATE OR DELETE ON "delivery" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger delivery.delivery_guard
CREATE TRIGGER delivery_guard BEFORE INSERT OR UPDATE OR DELETE ON "delivery" FOR EACH ROW EXECUTE FUNCTION guard_log('undone_at');

-- after: trigger gas_facility.gas_facility_hold
CREATE TRIGGER gas_facility_hold BEFORE INSERT OR UPDATE OR DELETE ON "gas_facility" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger gas_facility.gas_facility_stamp
CREATE TRIGGER gas_facility_stamp BEFORE INSERT OR UPDATE ON "gas_facility" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger gas_facility.gas_facility_past_of_changed
CREATE TRIGGER gas_facility_past_of_changed AFTER UPDATE ON "gas_facility" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "kind", "live", "inlet_pressure", "outlet_pressure", "fenced", "position_accuracy", "operator", "geom", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger gas_facility.gas_facility_past_of_ended
CREATE TRIGGER gas_facility_past_of_ended AFTER DELETE ON "gas_facility" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "kind", "live", "inlet_pressure", "outlet_pressure", "fenced", "position_accuracy", "operator", "geom", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger gas_facility.gas_facility_count_new
CREATE TRIGGER gas_facility_count_new AFTER INSERT ON "gas_facility" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind');

-- after: trigger gas_facility.gas_facility_count_changed
CREATE TRIGGER gas_facility_count_changed AFTER UPDATE ON "gas_facility" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind');

-- after: trigger gas_facility.gas_facility_count_ended
CREATE TRIGGER gas_facility_count_ended AFTER DELETE ON "gas_facility" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind');

-- after: trigger gas_pipeline.gas_pipeline_hold
CREATE TRIGGER gas_pipeline_hold BEFORE INSERT OR UPDATE OR DELETE ON "gas_pipeline" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger gas_pipeline.gas_pipeline_stamp
CREATE TRIGGER gas_pipeline_stamp BEFORE INSERT OR UPDATE ON "gas_pipeline" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger gas_pipeline.gas_pipeline_past_of_changed
CREATE TRIGGER gas_pipeline_past_of_changed AFTER UPDATE ON "gas_pipeline" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "regime", "pressure", "material", "diameter", "laid_on", "depth", "position_accuracy", "operator", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger gas_pipeline.gas_pipeline_past_of_ended
CREATE TRIGGER gas_pipeline_past_of_ended AFTER DELETE ON "gas_pipeline" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "regime", "pressure", "material", "diameter", "laid_on", "depth", "position_accuracy", "operator", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger gas_user.gas_user_hold
CREATE TRIGGER gas_user_hold BEFORE INSERT OR UPDATE OR DELETE ON "gas_user" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger gas_user.gas_user_stamp
CREATE TRIGGER gas_user_stamp BEFORE INSERT OR UPDATE ON "gas_user" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger gas_user.gas_user_past_of_changed
CREATE TRIGGER gas_user_past_of_changed AFTER UPDATE ON "gas_user" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "kind", "supply", "building_code", "name", "phone", "address", "floor", "hose", "hose_on", "bottles_mass", "alarm", "meter", "consent", "occupancy", "refusal", "geom", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger gas_user.gas_user_past_of_ended
CREATE TRIGGER gas_user_past_of_ended AFTER DELETE ON "gas_user" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "kind", "supply", "building_code", "name", "phone", "address", "floor", "hose", "hose_on", "bottles_mass", "alarm", "meter", "consent", "occupancy", "refusal", "geom", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger gas_user.gas_user_count_new
CREATE TRIGGER gas_user_count_new AFTER INSERT ON "gas_user" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind');

-- after: trigger gas_user.gas_user_count_changed
CREATE TRIGGER gas_user_count_changed AFTER UPDATE ON "gas_user" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind');

-- after: trigger gas_user.gas_user_count_ended
CREATE TRIGGER gas_user_count_ended AFTER DELETE ON "gas_user" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind');

-- after: trigger grid_cell.grid_cell_hold
CREATE TRIGGER grid_cell_hold BEFORE INSERT OR UPDATE OR DELETE ON "grid_cell" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger grid_cell.grid_cell_stamp
CREATE TRIGGER grid_cell_stamp BEFORE INSERT OR UPDATE ON "grid_cell" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger grid_cell.grid_cell_past_of_changed
CREATE TRIGGER grid_cell_past_of_changed AFTER UPDATE ON "grid_cell" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "town_code", "load", "valid_from", "valid_to", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger grid_cell.grid_cell_past_of_ended
CREATE TRIGGER grid_cell_past_of_ended AFTER DELETE ON "grid_cell" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "town_code", "load", "valid_from", "valid_to", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger grid_cell.grid_cell_fixed
CREATE TRIGGER grid_cell_fixed BEFORE UPDATE ON "grid_cell" FOR EACH ROW EXECUTE FUNCTION keep_fixed('code');

-- after: trigger road.road_hold
CREATE TRIGGER road_hold BEFORE INSERT OR UPDATE OR DELETE ON "road" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger road.road_stamp
CREATE TRIGGER road_stamp BEFORE INSERT OR UPDATE ON "road" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger road.road_past_of_changed
CREATE TRIGGER road_past_of_changed AFTER UPDATE ON "road" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "road_class", "surface", "bridge", "tunnel", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger road.road_past_of_ended
CREATE TRIGGER road_past_of_ended AFTER DELETE ON "road" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "road_class", "surface", "bridge", "tunnel", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger rule_version.rule_version_hold
CREATE TRIGGER rule_version_hold BEFORE INSERT OR UPDATE OR DELETE ON "rule_version" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('alone');

-- after: trigger rule_version.rule_version_guard
CREATE TRIGGER rule_version_guard BEFORE INSERT OR UPDATE OR DELETE ON "rule_version" FOR EACH ROW EXECUTE FUNCTION guard_log('withdrawn_at');

-- after: trigger rule_version.rule_version_count
CREATE TRIGGER rule_version_count AFTER INSERT ON "rule_version" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_rules();

-- after: trigger rule_version.rule_version_recount
CREATE TRIGGER rule_version_recount AFTER UPDATE ON "rule_version" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_rules();

-- after: trigger run.run_hold
CREATE TRIGGER run_hold BEFORE INSERT OR UPDATE OR DELETE ON "run" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger run.run_guard
CREATE TRIGGER run_guard BEFORE INSERT OR UPDATE OR DELETE ON "run" FOR EACH ROW EXECUTE FUNCTION guard_log();

-- after: trigger town.town_hold
CREATE TRIGGER town_hold BEFORE INSERT OR UPDATE OR DELETE ON "town" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger town.town_stamp
CREATE TRIGGER town_stamp BEFORE INSERT OR UPDATE ON "town" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger town.town_past_of_changed
CREATE TRIGGER town_past_of_changed AFTER UPDATE ON "town" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "name", "admin_level", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger town.town_past_of_ended
CREATE TRIGGER town_past_of_ended AFTER DELETE ON "town" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "name", "admin_level", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger village.village_hold
CREATE TRIGGER village_hold BEFORE INSERT OR UPDATE OR DELETE ON "village" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger village.village_stamp
CREATE TRIGGER village_stamp BEFORE INSERT OR UPDATE ON "village" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger village.village_past_of_changed
CREATE TRIGGER village_past_of_changed AFTER UPDATE ON "village" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "name", "town_code", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger village.village_past_of_ended
CREATE TRIGGER village_past_of_ended AFTER DELETE ON "village" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "name", "town_code", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger water.water_hold
CREATE TRIGGER water_hold BEFORE INSERT OR UPDATE OR DELETE ON "water" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger water.water_stamp
CREATE TRIGGER water_stamp BEFORE INSERT OR UPDATE ON "water" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger water.water_past_of_changed
CREATE TRIGGER water_past_of_changed AFTER UPDATE ON "water" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "water_class", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger water.water_past_of_ended
CREATE TRIGGER water_past_of_ended AFTER DELETE ON "water" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "water_class", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger worker.worker_hold
CREATE TRIGGER worker_hold BEFORE INSERT OR UPDATE OR DELETE ON "worker" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger worker.worker_stamp
CREATE TRIGGER worker_stamp BEFORE INSERT OR UPDATE ON "worker" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger worker.worker_past_of_changed
CREATE TRIGGER worker_past_of_changed AFTER UPDATE ON "worker" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "phone", "town_code", "share", "from_on", "to_on", "invented", "delivery_id", "recorded_at"');

-- after: trigger worker.worker_past_of_ended
CREATE TRIGGER worker_past_of_ended AFTER DELETE ON "worker" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "phone", "town_code", "share", "from_on", "to_on", "invented", "delivery_id", "recorded_at"');

-- after: grants building
GRANT SELECT, INSERT, UPDATE, DELETE ON "building" TO wangge_app;
GRANT SELECT ("id", "code", "name", "use", "grade", "graded_on", "built_year", "floors", "basement", "self_built", "let_or_business", "vacated", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at") ON "building" TO wangge_reader;

-- after: grants building_past
GRANT SELECT ON "building_past" TO wangge_app;
GRANT SELECT ("id", "code", "name", "use", "grade", "graded_on", "built_year", "floors", "basement", "self_built", "let_or_business", "vacated", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at", "recorded_until") ON "building_past" TO wangge_reader;

-- after: grants check
GRANT SELECT, INSERT, UPDATE ("voided_at", "void_reason") ON "check" TO wangge_app;
GRANT SELECT ("id", "uid", "layer", "object_id", "kind", "outcome", "seen_at", "worker_code", "source", "synthetic", "voided_at", "void_reason", "recorded_at") ON "check" TO wangge_reader;

-- after: grants construction_site
GRANT SELECT, INSERT, UPDATE, DELETE ON "construction_site" TO wangge_app;
GRANT SELECT ON "construction_site" TO wangge_reader;

-- after: grants construction_site_past
GRANT SELECT ON "construction_site_past" TO wangge_app;
GRANT SELECT ON "construction_site_past" TO wangge_reader;

-- after: grants county
GRANT SELECT ON "county" TO wangge_app;
GRANT SELECT ON "county" TO wangge_reader;

-- after: grants county_past
GRANT SELECT ON "county_past" TO wangge_app;
GRANT SELECT ON "county_past" TO wangge_reader;

-- after: grants delivery
GRANT SELECT, INSERT, UPDATE ("undone_at") ON "delivery" TO wangge_app;
GRANT SELECT ON "delivery" TO wangge_reader;

-- after: grants gas_facility
GRANT SELECT, INSERT, UPDATE, DELETE ON "gas_facility" TO wangge_app;
GRANT SELECT ON "gas_facility" TO wangge_reader;

-- after: grants gas_facility_past
GRANT SELECT ON "gas_facility_past" TO wangge_app;
GRANT SELECT ON "gas_facility_past" TO wangge_reader;

-- after: grants gas_pipeline
GRANT SELECT, INSERT, UPDATE, DELETE ON "gas_pipeline" TO wangge_app;
GRANT SELECT ON "gas_pipeline" TO wangge_reader;

-- after: grants gas_pipeline_past
GRANT SELECT ON "gas_pipeline_past" TO wangge_app;
GRANT SELECT ON "gas_pipeline_past" TO wangge_reader;

-- after: grants gas_user
GRANT SELECT, INSERT, UPDATE, DELETE ON "gas_user" TO wangge_app;
GRANT SELECT ("id", "code", "kind", "supply", "building_code", "floor", "hose", "hose_on", "bottles_mass", "alarm", "meter", "consent", "occupancy", "refusal", "geom", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at") ON "gas_user" TO wangge_reader;

-- after: grants gas_user_past
GRANT SELECT ON "gas_user_past" TO wangge_app;
GRANT SELECT ("id", "code", "kind", "supply", "building_code", "floor", "hose", "hose_on", "bottles_mass", "alarm", "meter", "consent", "occupancy", "refusal", "geom", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at", "recorded_until") ON "gas_user_past" TO wangge_reader;

-- after: grants grid_cell
GRANT SELECT, INSERT, UPDATE, DELETE ON "grid_cell" TO wangge_app;
GRANT SELECT ON "grid_cell" TO wangge_reader;

-- after: grants grid_cell_past
GRANT SELECT ON "grid_cell_past" TO wangge_app;
GRANT SELECT ON "grid_cell_past" TO wangge_reader;

-- after: grants patrol_area
GRANT SELECT, INSERT, UPDATE, DELETE ON "patrol_area" TO wangge_app;
GRANT SELECT ON "patrol_area" TO wangge_reader;

-- after: grants planned_pipe
GRANT SELECT, INSERT, UPDATE, DELETE ON "planned_pipe" TO wangge_app;
GRANT SELECT ON "planned_pipe" TO wangge_reader;

-- after: grants road
GRANT SELECT, INSERT, UPDATE, DELETE ON "road" TO wangge_app;
GRANT SELECT ON "road" TO wangge_reader;

-- after: grants road_past
GRANT SELECT ON "road_past" TO wangge_app;
GRANT SELECT ON "road_past" TO wangge_reader;

-- after: grants rule_version
GRANT SELECT, INSERT, UPDATE ("withdrawn_at") ON "rule_version" TO wangge_app;
GRANT SELECT ON "rule_version" TO wangge_reader;

-- after: grants run
GRANT SELECT, INSERT ON "run" TO wangge_app;
GRANT SELECT ON "run" TO wangge_reader;

-- after: grants status
GRANT SELECT ON "status" TO wangge_app;
GRANT SELECT ON "status" TO wangge_reader;

-- after: grants town
GRANT SELECT, INSERT, UPDATE, DELETE ON "town" TO wangge_app;
GRANT SELECT ON "town" TO wangge_reader;

-- after: grants town_past
GRANT SELECT ON "town_past" TO wangge_app;
GRANT SELECT ON "town_past" TO wangge_reader;

-- after: grants village
GRANT SELECT, INSERT, UPDATE, DELETE ON "village" TO wangge_app;
GRANT SELECT ON "village" TO wangge_reader;

-- after: grants village_past
GRANT SELECT ON "village_past" TO wangge_app;
GRANT SELECT ON "village_past" TO wangge_reader;

-- after: grants water
GRANT SELECT, INSERT, UPDATE, DELETE ON "water" TO wangge_app;
GRANT SELECT ON "water" TO wangge_reader;

-- after: grants water_past
GRANT SELECT ON "water_past" TO wangge_app;
GRANT SELECT ON "water_past" TO wangge_reader;

-- after: grants worker
GRANT SELECT, INSERT, UPDATE, DELETE ON "worker" TO wangge_app;
GRANT SELECT ("id", "code", "town_code", "share", "from_on", "to_on", "invented", "delivery_id", "recorded_at") ON "worker" TO wangge_reader;

-- after: grants worker_past
GRANT SELECT ON "worker_past" TO wangge_app;
GRANT SELECT ("id", "code", "town_code", "share", "from_on", "to_on", "invented", "delivery_id", "recorded_at", "recorded_until") ON "worker_past" TO wangge_reader;

-- after: grants object_id
GRANT USAGE ON SEQUENCE object_id TO wangge_app;

-- after: grants patrolled
GRANT SELECT ON patrolled TO wangge_app, wangge_reader;
