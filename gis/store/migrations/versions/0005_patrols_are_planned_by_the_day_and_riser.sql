-- drop: grants worker_past
REVOKE ALL ON "worker_past" FROM wangge_app, wangge_reader;

-- drop: grants worker
REVOKE ALL ON "worker" FROM wangge_app, wangge_reader;

-- drop: grants compound_past
REVOKE ALL ON "compound_past" FROM wangge_app, wangge_reader;

-- drop: grants compound
REVOKE ALL ON "compound" FROM wangge_app, wangge_reader;

-- drop: trigger worker.worker_past_of_ended
DROP TRIGGER worker_past_of_ended ON "worker";

-- drop: trigger worker.worker_past_of_changed
DROP TRIGGER worker_past_of_changed ON "worker";

-- drop: trigger village.village_past_of_ended
DROP TRIGGER village_past_of_ended ON "village";

-- drop: trigger village.village_past_of_changed
DROP TRIGGER village_past_of_changed ON "village";

-- drop: trigger gas_facility.gas_facility_past_of_ended
DROP TRIGGER gas_facility_past_of_ended ON "gas_facility";

-- drop: trigger gas_facility.gas_facility_past_of_changed
DROP TRIGGER gas_facility_past_of_changed ON "gas_facility";

-- drop: trigger compound.compound_past_of_ended
DROP TRIGGER compound_past_of_ended ON "compound";

-- drop: trigger compound.compound_past_of_changed
DROP TRIGGER compound_past_of_changed ON "compound";

-- drop: function located_layers()
DROP FUNCTION located_layers();

-- after: constraint absence.absence_reason_choices
ALTER TABLE "absence" ADD CONSTRAINT absence_reason_choices CHECK ("reason" IN ('leave', 'sick', 'training', 'other'));
COMMENT ON CONSTRAINT absence_reason_choices ON "absence" IS 'one of leave, sick, training, other';

-- after: constraint absence.absence_ends_after_start
ALTER TABLE "absence" ADD CONSTRAINT absence_ends_after_start CHECK (to_on >= from_on);
COMMENT ON CONSTRAINT absence_ends_after_start ON "absence" IS 'an absence ends after its start';

-- after: constraint absence.absence_covered_by_another
ALTER TABLE "absence" ADD CONSTRAINT absence_covered_by_another CHECK (cover_code <> worker_code);
COMMENT ON CONSTRAINT absence_covered_by_another ON "absence" IS 'nobody stands in for himself';

-- after: constraint compound.compound_courtyard_length_low
ALTER TABLE "compound" ADD CONSTRAINT compound_courtyard_length_low CHECK ("courtyard_length" >= 0);
COMMENT ON CONSTRAINT compound_courtyard_length_low ON "compound" IS 'at least 0';

-- after: constraint compound.compound_courtyard_length_high
ALTER TABLE "compound" ADD CONSTRAINT compound_courtyard_length_high CHECK ("courtyard_length" <= 100000);
COMMENT ON CONSTRAINT compound_courtyard_length_high ON "compound" IS 'at most 100000';

-- after: constraint gas_facility.gas_facility_capacity_low
ALTER TABLE "gas_facility" ADD CONSTRAINT gas_facility_capacity_low CHECK ("capacity" >= 0);
COMMENT ON CONSTRAINT gas_facility_capacity_low ON "gas_facility" IS 'at least 0';

-- after: constraint gas_facility.gas_facility_peak_low
ALTER TABLE "gas_facility" ADD CONSTRAINT gas_facility_peak_low CHECK ("peak" >= 0);
COMMENT ON CONSTRAINT gas_facility_peak_low ON "gas_facility" IS 'at least 0';

-- after: constraint patrol_route.patrol_route_mode_choices
ALTER TABLE "patrol_route" ADD CONSTRAINT patrol_route_mode_choices CHECK ("mode" IN ('walk', 'ebike'));
COMMENT ON CONSTRAINT patrol_route_mode_choices ON "patrol_route" IS 'one of walk, ebike';

-- after: constraint patrol_route.patrol_route_length_low
ALTER TABLE "patrol_route" ADD CONSTRAINT patrol_route_length_low CHECK ("length" >= 0);
COMMENT ON CONSTRAINT patrol_route_length_low ON "patrol_route" IS 'at least 0';

-- after: constraint patrol_route.patrol_route_minutes_low
ALTER TABLE "patrol_route" ADD CONSTRAINT patrol_route_minutes_low CHECK ("minutes" >= 0);
COMMENT ON CONSTRAINT patrol_route_minutes_low ON "patrol_route" IS 'at least 0';

-- after: constraint patrol_route.patrol_route_stops_low
ALTER TABLE "patrol_route" ADD CONSTRAINT patrol_route_stops_low CHECK ("stops" >= 0);
COMMENT ON CONSTRAINT patrol_route_stops_low ON "patrol_route" IS 'at least 0';

-- after: constraint patrol_route.patrol_route_visits_low
ALTER TABLE "patrol_route" ADD CONSTRAINT patrol_route_visits_low CHECK ("visits" >= 0);
COMMENT ON CONSTRAINT patrol_route_visits_low ON "patrol_route" IS 'at least 0';

-- after: constraint patrol_route.patrol_route_early_low
ALTER TABLE "patrol_route" ADD CONSTRAINT patrol_route_early_low CHECK ("early" >= 0);
COMMENT ON CONSTRAINT patrol_route_early_low ON "patrol_route" IS 'at least 0';

-- after: constraint patrol_route.patrol_route_left_out_low
ALTER TABLE "patrol_route" ADD CONSTRAINT patrol_route_left_out_low CHECK ("left_out" >= 0);
COMMENT ON CONSTRAINT patrol_route_left_out_low ON "patrol_route" IS 'at least 0';

-- after: constraint patrol_route.patrol_route_start_from_choices
ALTER TABLE "patrol_route" ADD CONSTRAINT patrol_route_start_from_choices CHECK ("start_from" IN ('area', 'town', 'stops'));
COMMENT ON CONSTRAINT patrol_route_start_from_choices ON "patrol_route" IS 'one of area, town, stops';

-- after: constraint patrol_route.patrol_route_bound_low
ALTER TABLE "patrol_route" ADD CONSTRAINT patrol_route_bound_low CHECK ("bound" >= 0);
COMMENT ON CONSTRAINT patrol_route_bound_low ON "patrol_route" IS 'at least 0';

-- after: constraint patrol_route.patrol_route_geometry_valid
ALTER TABLE "patrol_route" ADD CONSTRAINT patrol_route_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT patrol_route_geometry_valid ON "patrol_route" IS 'a valid geometry';

-- after: constraint patrol_route.patrol_route_geometry_not_empty
ALTER TABLE "patrol_route" ADD CONSTRAINT patrol_route_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT patrol_route_geometry_not_empty ON "patrol_route" IS 'a geometry with points';

-- after: constraint planned_connection.planned_connection_reason_choices
ALTER TABLE "planned_connection" ADD CONSTRAINT planned_connection_reason_choices CHECK ("reason" IN ('connected', 'kept', 'too_dear', 'over_budget', 'no_street', 'no_clear_line', 'no_pressure', 'unreachable', 'dangerous_house', 'refused'));
COMMENT ON CONSTRAINT planned_connection_reason_choices ON "planned_connection" IS 'one of connected, kept, too_dear, over_budget, no_street, no_clear_line, no_pressure, unreachable, dangerous_house, refused';

-- after: constraint planned_connection.planned_connection_phase_low
ALTER TABLE "planned_connection" ADD CONSTRAINT planned_connection_phase_low CHECK ("phase" >= 1);
COMMENT ON CONSTRAINT planned_connection_phase_low ON "planned_connection" IS 'at least 1';

-- after: constraint planned_connection.planned_connection_prize_low
ALTER TABLE "planned_connection" ADD CONSTRAINT planned_connection_prize_low CHECK ("prize" >= 0);
COMMENT ON CONSTRAINT planned_connection_prize_low ON "planned_connection" IS 'at least 0';

-- after: constraint planned_connection.planned_connection_mass_low
ALTER TABLE "planned_connection" ADD CONSTRAINT planned_connection_mass_low CHECK ("mass" >= 0);
COMMENT ON CONSTRAINT planned_connection_mass_low ON "planned_connection" IS 'at least 0';

-- after: constraint planned_connection.planned_connection_share_low
ALTER TABLE "planned_connection" ADD CONSTRAINT planned_connection_share_low CHECK ("share" >= 0);
COMMENT ON CONSTRAINT planned_connection_share_low ON "planned_connection" IS 'at least 0';

-- after: constraint planned_connection.planned_connection_way_low
ALTER TABLE "planned_connection" ADD CONSTRAINT planned_connection_way_low CHECK ("way" >= 0);
COMMENT ON CONSTRAINT planned_connection_way_low ON "planned_connection" IS 'at least 0';

-- after: constraint planned_connection.planned_connection_extra_low
ALTER TABLE "planned_connection" ADD CONSTRAINT planned_connection_extra_low CHECK ("extra" >= 0);
COMMENT ON CONSTRAINT planned_connection_extra_low ON "planned_connection" IS 'at least 0';

-- after: constraint planned_connection.planned_connection_needed_low
ALTER TABLE "planned_connection" ADD CONSTRAINT planned_connection_needed_low CHECK ("needed" >= 0);
COMMENT ON CONSTRAINT planned_connection_needed_low ON "planned_connection" IS 'at least 0';

-- after: constraint planned_connection.planned_connection_service_low
ALTER TABLE "planned_connection" ADD CONSTRAINT planned_connection_service_low CHECK ("service" >= 0);
COMMENT ON CONSTRAINT planned_connection_service_low ON "planned_connection" IS 'at least 0';

-- after: constraint planned_connection.planned_connection_geometry_valid
ALTER TABLE "planned_connection" ADD CONSTRAINT planned_connection_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT planned_connection_geometry_valid ON "planned_connection" IS 'a valid geometry';

-- after: constraint planned_connection.planned_connection_geometry_not_empty
ALTER TABLE "planned_connection" ADD CONSTRAINT planned_connection_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT planned_connection_geometry_not_empty ON "planned_connection" IS 'a geometry with points';

-- after: constraint planned_pipe.planned_pipe_cover_low
ALTER TABLE "planned_pipe" ADD CONSTRAINT planned_pipe_cover_low CHECK ("cover" >= 0);
COMMENT ON CONSTRAINT planned_pipe_cover_low ON "planned_pipe" IS 'at least 0';

-- after: constraint planned_pipe.planned_pipe_users_low
ALTER TABLE "planned_pipe" ADD CONSTRAINT planned_pipe_users_low CHECK ("users" >= 0);
COMMENT ON CONSTRAINT planned_pipe_users_low ON "planned_pipe" IS 'at least 0';

-- after: constraint planned_pipe.planned_pipe_phase_low
ALTER TABLE "planned_pipe" ADD CONSTRAINT planned_pipe_phase_low CHECK ("phase" >= 1);
COMMENT ON CONSTRAINT planned_pipe_phase_low ON "planned_pipe" IS 'at least 1';

-- after: constraint planned_pipe.planned_pipe_flow_low
ALTER TABLE "planned_pipe" ADD CONSTRAINT planned_pipe_flow_low CHECK ("flow" >= 0);
COMMENT ON CONSTRAINT planned_pipe_flow_low ON "planned_pipe" IS 'at least 0';

-- after: constraint planned_visit.planned_visit_minutes_low
ALTER TABLE "planned_visit" ADD CONSTRAINT planned_visit_minutes_low CHECK ("minutes" >= 0);
COMMENT ON CONSTRAINT planned_visit_minutes_low ON "planned_visit" IS 'at least 0';

-- after: constraint planned_visit.planned_visit_outcome_choices
ALTER TABLE "planned_visit" ADD CONSTRAINT planned_visit_outcome_choices CHECK ("outcome" IN ('in_time', 'late', 'unmet'));
COMMENT ON CONSTRAINT planned_visit_outcome_choices ON "planned_visit" IS 'one of in_time, late, unmet';

-- after: constraint planned_visit.planned_visit_why_choices
ALTER TABLE "planned_visit" ADD CONSTRAINT planned_visit_why_choices CHECK ("why" IN ('arrears', 'full', 'off', 'absent', 'too_long', 'no_worker', 'no_area'));
COMMENT ON CONSTRAINT planned_visit_why_choices ON "planned_visit" IS 'one of arrears, full, off, absent, too_long, no_worker, no_area';

-- after: constraint planned_visit.planned_visit_moved_for_choices
ALTER TABLE "planned_visit" ADD CONSTRAINT planned_visit_moved_for_choices CHECK ("moved_for" IN ('due', 'off', 'full', 'room'));
COMMENT ON CONSTRAINT planned_visit_moved_for_choices ON "planned_visit" IS 'one of due, off, full, room';

-- after: constraint planned_visit.planned_visit_geometry_valid
ALTER TABLE "planned_visit" ADD CONSTRAINT planned_visit_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT planned_visit_geometry_valid ON "planned_visit" IS 'a valid geometry';

-- after: constraint planned_visit.planned_visit_geometry_not_empty
ALTER TABLE "planned_visit" ADD CONSTRAINT planned_visit_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT planned_visit_geometry_not_empty ON "planned_visit" IS 'a geometry with points';

-- after: constraint railway.railway_kind_choices
ALTER TABLE "railway" ADD CONSTRAINT railway_kind_choices CHECK ("kind" IN ('rail', 'tram', 'other'));
COMMENT ON CONSTRAINT railway_kind_choices ON "railway" IS 'one of rail, tram, other';

-- after: constraint railway.railway_geometry_valid
ALTER TABLE "railway" ADD CONSTRAINT railway_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT railway_geometry_valid ON "railway" IS 'a valid geometry';

-- after: constraint railway.railway_geometry_not_empty
ALTER TABLE "railway" ADD CONSTRAINT railway_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT railway_geometry_not_empty ON "railway" IS 'a geometry with points';

-- after: constraint riser.riser_units_low
ALTER TABLE "riser" ADD CONSTRAINT riser_units_low CHECK ("units" >= 1);
COMMENT ON CONSTRAINT riser_units_low ON "riser" IS 'at least 1';

-- after: constraint riser.riser_units_high
ALTER TABLE "riser" ADD CONSTRAINT riser_units_high CHECK ("units" <= 100);
COMMENT ON CONSTRAINT riser_units_high ON "riser" IS 'at most 100';

-- after: constraint riser.riser_floors_low
ALTER TABLE "riser" ADD CONSTRAINT riser_floors_low CHECK ("floors" >= 1);
COMMENT ON CONSTRAINT riser_floors_low ON "riser" IS 'at least 1';

-- after: constraint riser.riser_floors_high
ALTER TABLE "riser" ADD CONSTRAINT riser_floors_high CHECK ("floors" <= 200);
COMMENT ON CONSTRAINT riser_floors_high ON "riser" IS 'at most 200';

-- after: constraint riser.riser_households_low
ALTER TABLE "riser" ADD CONSTRAINT riser_households_low CHECK ("households" >= 0);
COMMENT ON CONSTRAINT riser_households_low ON "riser" IS 'at least 0';

-- after: constraint riser.riser_households_high
ALTER TABLE "riser" ADD CONSTRAINT riser_households_high CHECK ("households" <= 10000);
COMMENT ON CONSTRAINT riser_households_high ON "riser" IS 'at most 10000';

-- after: constraint riser.riser_risers_low
ALTER TABLE "riser" ADD CONSTRAINT riser_risers_low CHECK ("risers" >= 0);
COMMENT ON CONSTRAINT riser_risers_low ON "riser" IS 'at least 0';

-- after: constraint riser.riser_risers_high
ALTER TABLE "riser" ADD CONSTRAINT riser_risers_high CHECK ("risers" <= 1000);
COMMENT ON CONSTRAINT riser_risers_high ON "riser" IS 'at most 1000';

-- after: constraint riser.riser_riser_choices
ALTER TABLE "riser" ADD CONSTRAINT riser_riser_choices CHECK ("riser" IN ('indoors', 'mixed', 'outdoors', 'none'));
COMMENT ON CONSTRAINT riser_riser_choices ON "riser" IS 'one of indoors, mixed, outdoors, none';

-- after: constraint riser.riser_meter_choices
ALTER TABLE "riser" ADD CONSTRAINT riser_meter_choices CHECK ("meter" IN ('indoors', 'outdoors'));
COMMENT ON CONSTRAINT riser_meter_choices ON "riser" IS 'one of indoors, outdoors';

-- after: constraint riser.riser_riser_length_low
ALTER TABLE "riser" ADD CONSTRAINT riser_riser_length_low CHECK ("riser_length" >= 0);
COMMENT ON CONSTRAINT riser_riser_length_low ON "riser" IS 'at least 0';

-- after: constraint riser.riser_riser_length_high
ALTER TABLE "riser" ADD CONSTRAINT riser_riser_length_high CHECK ("riser_length" <= 500);
COMMENT ON CONSTRAINT riser_riser_length_high ON "riser" IS 'at most 500';

-- after: constraint riser.riser_facade_length_low
ALTER TABLE "riser" ADD CONSTRAINT riser_facade_length_low CHECK ("facade_length" >= 0);
COMMENT ON CONSTRAINT riser_facade_length_low ON "riser" IS 'at least 0';

-- after: constraint riser.riser_facade_length_high
ALTER TABLE "riser" ADD CONSTRAINT riser_facade_length_high CHECK ("facade_length" <= 2000);
COMMENT ON CONSTRAINT riser_facade_length_high ON "riser" IS 'at most 2000';

-- after: constraint riser.riser_facade_choices
ALTER TABLE "riser" ADD CONSTRAINT riser_facade_choices CHECK ("facade" IN ('fit', 'unfit'));
COMMENT ON CONSTRAINT riser_facade_choices ON "riser" IS 'one of fit, unfit';

-- after: constraint riser.riser_clearance_low
ALTER TABLE "riser" ADD CONSTRAINT riser_clearance_low CHECK ("clearance" >= 0);
COMMENT ON CONSTRAINT riser_clearance_low ON "riser" IS 'at least 0';

-- after: constraint riser.riser_clearance_high
ALTER TABLE "riser" ADD CONSTRAINT riser_clearance_high CHECK ("clearance" <= 100);
COMMENT ON CONSTRAINT riser_clearance_high ON "riser" IS 'at most 100';

-- after: constraint riser.riser_consent_choices
ALTER TABLE "riser" ADD CONSTRAINT riser_consent_choices CHECK ("consent" IN ('signed', 'open', 'refused'));
COMMENT ON CONSTRAINT riser_consent_choices ON "riser" IS 'one of signed, open, refused';

-- after: constraint riser.riser_geometry_valid
ALTER TABLE "riser" ADD CONSTRAINT riser_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT riser_geometry_valid ON "riser" IS 'a valid geometry';

-- after: constraint riser.riser_geometry_not_empty
ALTER TABLE "riser" ADD CONSTRAINT riser_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT riser_geometry_not_empty ON "riser" IS 'a geometry with points';

-- after: constraint riser.riser_moved_is_outdoors
ALTER TABLE "riser" ADD CONSTRAINT riser_moved_is_outdoors CHECK (outdoors_on IS NULL OR riser = 'outdoors');
COMMENT ON CONSTRAINT riser_moved_is_outdoors ON "riser" IS 'only a building whose risers run outdoors has a day of completion';

-- after: constraint riser_plan.riser_plan_outcome_choices
ALTER TABLE "riser_plan" ADD CONSTRAINT riser_plan_outcome_choices CHECK ("outcome" IN ('chosen', 'later', 'consent', 'facade', 'clearance', 'grade', 'compound', 'unknown', 'done', 'none'));
COMMENT ON CONSTRAINT riser_plan_outcome_choices ON "riser_plan" IS 'one of chosen, later, consent, facade, clearance, grade, compound, unknown, done, none';

-- after: constraint riser_plan.riser_plan_phase_low
ALTER TABLE "riser_plan" ADD CONSTRAINT riser_plan_phase_low CHECK ("phase" >= 1);
COMMENT ON CONSTRAINT riser_plan_phase_low ON "riser_plan" IS 'at least 1';

-- after: constraint riser_plan.riser_plan_households_low
ALTER TABLE "riser_plan" ADD CONSTRAINT riser_plan_households_low CHECK ("households" >= 0);
COMMENT ON CONSTRAINT riser_plan_households_low ON "riser_plan" IS 'at least 0';

-- after: constraint riser_plan.riser_plan_units_low
ALTER TABLE "riser_plan" ADD CONSTRAINT riser_plan_units_low CHECK ("units" >= 0);
COMMENT ON CONSTRAINT riser_plan_units_low ON "riser_plan" IS 'at least 0';

-- after: constraint riser_plan.riser_plan_floors_low
ALTER TABLE "riser_plan" ADD CONSTRAINT riser_plan_floors_low CHECK ("floors" >= 0);
COMMENT ON CONSTRAINT riser_plan_floors_low ON "riser_plan" IS 'at least 0';

-- after: constraint riser_plan.riser_plan_risers_low
ALTER TABLE "riser_plan" ADD CONSTRAINT riser_plan_risers_low CHECK ("risers" >= 0);
COMMENT ON CONSTRAINT riser_plan_risers_low ON "riser_plan" IS 'at least 0';

-- after: constraint riser_plan.riser_plan_riser_length_low
ALTER TABLE "riser_plan" ADD CONSTRAINT riser_plan_riser_length_low CHECK ("riser_length" >= 0);
COMMENT ON CONSTRAINT riser_plan_riser_length_low ON "riser_plan" IS 'at least 0';

-- after: constraint riser_plan.riser_plan_facade_length_low
ALTER TABLE "riser_plan" ADD CONSTRAINT riser_plan_facade_length_low CHECK ("facade_length" >= 0);
COMMENT ON CONSTRAINT riser_plan_facade_length_low ON "riser_plan" IS 'at least 0';

-- after: constraint riser_plan.riser_plan_cost_low
ALTER TABLE "riser_plan" ADD CONSTRAINT riser_plan_cost_low CHECK ("cost" >= 0);
COMMENT ON CONSTRAINT riser_plan_cost_low ON "riser_plan" IS 'at least 0';

-- after: constraint riser_plan.riser_plan_courtyard_cost_low
ALTER TABLE "riser_plan" ADD CONSTRAINT riser_plan_courtyard_cost_low CHECK ("courtyard_cost" >= 0);
COMMENT ON CONSTRAINT riser_plan_courtyard_cost_low ON "riser_plan" IS 'at least 0';

-- after: constraint riser_plan.riser_plan_prize_low
ALTER TABLE "riser_plan" ADD CONSTRAINT riser_plan_prize_low CHECK ("prize" >= 0);
COMMENT ON CONSTRAINT riser_plan_prize_low ON "riser_plan" IS 'at least 0';

-- after: constraint riser_plan.riser_plan_geometry_valid
ALTER TABLE "riser_plan" ADD CONSTRAINT riser_plan_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT riser_plan_geometry_valid ON "riser_plan" IS 'a valid geometry';

-- after: constraint riser_plan.riser_plan_geometry_not_empty
ALTER TABLE "riser_plan" ADD CONSTRAINT riser_plan_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT riser_plan_geometry_not_empty ON "riser_plan" IS 'a geometry with points';

-- after: constraint route_stop.route_stop_number_low
ALTER TABLE "route_stop" ADD CONSTRAINT route_stop_number_low CHECK ("number" >= 1);
COMMENT ON CONSTRAINT route_stop_number_low ON "route_stop" IS 'at least 1';

-- after: constraint route_stop.route_stop_outcome_choices
ALTER TABLE "route_stop" ADD CONSTRAINT route_stop_outcome_choices CHECK ("outcome" IN ('made', 'early', 'no_time', 'unreachable'));
COMMENT ON CONSTRAINT route_stop_outcome_choices ON "route_stop" IS 'one of made, early, no_time, unreachable';

-- after: constraint route_stop.route_stop_visits_low
ALTER TABLE "route_stop" ADD CONSTRAINT route_stop_visits_low CHECK ("visits" >= 1);
COMMENT ON CONSTRAINT route_stop_visits_low ON "route_stop" IS 'at least 1';

-- after: constraint route_stop.route_stop_geometry_valid
ALTER TABLE "route_stop" ADD CONSTRAINT route_stop_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT route_stop_geometry_valid ON "route_stop" IS 'a valid geometry';

-- after: constraint route_stop.route_stop_geometry_not_empty
ALTER TABLE "route_stop" ADD CONSTRAINT route_stop_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT route_stop_geometry_not_empty ON "route_stop" IS 'a geometry with points';

-- after: constraint supervision.supervision_kind_choices
ALTER TABLE "supervision" ADD CONSTRAINT supervision_kind_choices CHECK ("kind" IN ('expert', 'group'));
COMMENT ON CONSTRAINT supervision_kind_choices ON "supervision" IS 'one of expert, group';

-- after: constraint supervision.supervision_round_low
ALTER TABLE "supervision" ADD CONSTRAINT supervision_round_low CHECK ("round" >= 1);
COMMENT ON CONSTRAINT supervision_round_low ON "supervision" IS 'at least 1';

-- after: constraint supervision.supervision_load_low
ALTER TABLE "supervision" ADD CONSTRAINT supervision_load_low CHECK ("load" >= 0);
COMMENT ON CONSTRAINT supervision_load_low ON "supervision" IS 'at least 0';

-- after: constraint supervision.supervision_away_m_low
ALTER TABLE "supervision" ADD CONSTRAINT supervision_away_m_low CHECK ("away_m" >= 0);
COMMENT ON CONSTRAINT supervision_away_m_low ON "supervision" IS 'at least 0';

-- after: constraint supervision.supervision_round_of_a_group
ALTER TABLE "supervision" ADD CONSTRAINT supervision_round_of_a_group CHECK ((kind = 'group') = (round IS NOT NULL));
COMMENT ON CONSTRAINT supervision_round_of_a_group ON "supervision" IS 'a group has a round';

-- after: constraint worker.worker_skills_choices
ALTER TABLE "worker" ADD CONSTRAINT worker_skills_choices CHECK ("skills" IN ('gas', 'structure', 'both'));
COMMENT ON CONSTRAINT worker_skills_choices ON "worker" IS 'one of gas, structure, both';

-- after: constraint worker.worker_succeeded_by_another
ALTER TABLE "worker" ADD CONSTRAINT worker_succeeded_by_another CHECK (successor_code <> code);
COMMENT ON CONSTRAINT worker_succeeded_by_another ON "worker" IS 'nobody succeeds himself';

-- after: view placed_object
CREATE OR REPLACE VIEW placed_object AS
SELECT id AS object_id, 'building'::text AS layer, spot AS spot, town_id, village_id, cell_id, geom FROM "building"
UNION ALL
SELECT id AS object_id, 'compound'::text AS layer, spot AS spot, town_id, village_id, cell_id, geom FROM "compound"
UNION ALL
SELECT id AS object_id, 'construction_site'::text AS layer, spot AS spot, town_id, village_id, cell_id, geom FROM "construction_site"
UNION ALL
SELECT id AS object_id, 'gas_facility'::text AS layer, geom AS spot, town_id, village_id, cell_id, geom FROM "gas_facility"
UNION ALL
SELECT id AS object_id, 'gas_user'::text AS layer, geom AS spot, town_id, village_id, cell_id, geom FROM "gas_user"
UNION ALL
SELECT id AS object_id, 'hot_work'::text AS layer, geom AS spot, town_id, village_id, cell_id, geom FROM "hot_work"
UNION ALL
SELECT id AS object_id, 'lpg_station'::text AS layer, geom AS spot, town_id, village_id, cell_id, geom FROM "lpg_station"
UNION ALL
SELECT id AS object_id, 'riser'::text AS layer, geom AS spot, town_id, village_id, cell_id, geom FROM "riser"
UNION ALL
SELECT id AS object_id, 'special_place'::text AS layer, geom AS spot, town_id, village_id, cell_id, geom FROM "special_place";

-- after: function located_layers()
CREATE FUNCTION located_layers() RETURNS TABLE (layer text)
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp
AS $$ VALUES ('building'), ('compound'), ('construction_site'), ('gas_facility'), ('gas_user'), ('hot_work'), ('lpg_station'), ('riser'), ('special_place') $$;
REVOKE ALL ON FUNCTION located_layers() FROM PUBLIC;

-- after: table riser
ALTER TABLE "riser" SET (autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_insert_scale_factor = 0.005, autovacuum_analyze_scale_factor = 0.005);

-- after: trigger absence.absence_hold
CREATE TRIGGER absence_hold BEFORE INSERT OR UPDATE OR DELETE ON "absence" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger absence.absence_stamp
CREATE TRIGGER absence_stamp BEFORE UPDATE ON "absence" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger absence.absence_stamp_new
CREATE TRIGGER absence_stamp_new BEFORE INSERT ON "absence" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger absence.absence_past_of_changed
CREATE TRIGGER absence_past_of_changed AFTER UPDATE ON "absence" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "worker_code", "from_on", "to_on", "cover_code", "reason", "invented", "delivery_id", "recorded_at"');

-- after: trigger absence.absence_past_of_ended
CREATE TRIGGER absence_past_of_ended AFTER DELETE ON "absence" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "worker_code", "from_on", "to_on", "cover_code", "reason", "invented", "delivery_id", "recorded_at"');

-- after: trigger absence.absence_delivered_new
CREATE TRIGGER absence_delivered_new AFTER INSERT ON "absence" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger absence.absence_delivered_changed
CREATE TRIGGER absence_delivered_changed AFTER UPDATE ON "absence" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger area_adoption.area_adoption_hold
CREATE TRIGGER area_adoption_hold BEFORE INSERT OR UPDATE OR DELETE ON "area_adoption" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger area_adoption.area_adoption_guard
CREATE TRIGGER area_adoption_guard BEFORE UPDATE OR DELETE ON "area_adoption" FOR EACH ROW EXECUTE FUNCTION guard_log();

-- after: trigger area_adoption.area_adoption_guard_new
CREATE TRIGGER area_adoption_guard_new BEFORE INSERT ON "area_adoption" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '') EXECUTE FUNCTION guard_log();

-- after: trigger building.building_leads_riser
CREATE TRIGGER building_leads_riser AFTER UPDATE ON "building" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION follow_joined('riser', 'building_code', 'code');

-- after: trigger compound.compound_past_of_changed
CREATE TRIGGER compound_past_of_changed AFTER UPDATE ON "compound" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "kind", "address", "built_year", "blocks", "households", "piped", "riser", "outdoors_on", "obstacle", "courtyard_length", "keeper", "phone", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger compound.compound_past_of_ended
CREATE TRIGGER compound_past_of_ended AFTER DELETE ON "compound" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "kind", "address", "built_year", "blocks", "households", "piped", "riser", "outdoors_on", "obstacle", "courtyard_length", "keeper", "phone", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger gas_facility.gas_facility_past_of_changed
CREATE TRIGGER gas_facility_past_of_changed AFTER UPDATE ON "gas_facility" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "kind", "live", "inlet_pressure", "outlet_pressure", "capacity", "peak", "fenced", "indoors", "installed_on", "position_accuracy", "operator", "geom", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger gas_facility.gas_facility_past_of_ended
CREATE TRIGGER gas_facility_past_of_ended AFTER DELETE ON "gas_facility" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "kind", "live", "inlet_pressure", "outlet_pressure", "capacity", "peak", "fenced", "indoors", "installed_on", "position_accuracy", "operator", "geom", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger railway.railway_hold
CREATE TRIGGER railway_hold BEFORE INSERT OR UPDATE OR DELETE ON "railway" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger railway.railway_stamp
CREATE TRIGGER railway_stamp BEFORE UPDATE ON "railway" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger railway.railway_stamp_new
CREATE TRIGGER railway_stamp_new BEFORE INSERT ON "railway" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger railway.railway_past_of_changed
CREATE TRIGGER railway_past_of_changed AFTER UPDATE ON "railway" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "kind", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger railway.railway_past_of_ended
CREATE TRIGGER railway_past_of_ended AFTER DELETE ON "railway" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "kind", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger railway.railway_delivered_new
CREATE TRIGGER railway_delivered_new AFTER INSERT ON "railway" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger railway.railway_delivered_changed
CREATE TRIGGER railway_delivered_changed AFTER UPDATE ON "railway" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger riser.riser_hold
CREATE TRIGGER riser_hold BEFORE INSERT OR UPDATE OR DELETE ON "riser" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger riser.riser_stamp
CREATE TRIGGER riser_stamp BEFORE UPDATE ON "riser" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger riser.riser_stamp_new
CREATE TRIGGER riser_stamp_new BEFORE INSERT ON "riser" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger riser.riser_past_of_changed
CREATE TRIGGER riser_past_of_changed AFTER UPDATE ON "riser" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "building_code", "compound_code", "name", "units", "floors", "households", "risers", "riser", "meter", "riser_length", "facade_length", "facade", "clearance", "consent", "outdoors_on", "geom", "placed_by", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger riser.riser_past_of_ended
CREATE TRIGGER riser_past_of_ended AFTER DELETE ON "riser" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "building_code", "compound_code", "name", "units", "floors", "households", "risers", "riser", "meter", "riser_length", "facade_length", "facade", "clearance", "consent", "outdoors_on", "geom", "placed_by", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger riser.riser_delivered_new
CREATE TRIGGER riser_delivered_new AFTER INSERT ON "riser" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger riser.riser_delivered_changed
CREATE TRIGGER riser_delivered_changed AFTER UPDATE ON "riser" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger riser.riser_place
CREATE TRIGGER riser_place BEFORE INSERT OR UPDATE OF geom, town_id, village_id, cell_id ON "riser" FOR EACH ROW WHEN (current_setting('wangge.places', true) IS DISTINCT FROM 'given') EXECUTE FUNCTION place_row();

-- after: trigger riser.riser_verify_new
CREATE TRIGGER riser_verify_new AFTER INSERT ON "riser" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('geom');

-- after: trigger riser.riser_verify_changed
CREATE TRIGGER riser_verify_changed AFTER UPDATE ON "riser" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('geom');

-- after: trigger village.village_past_of_changed
CREATE TRIGGER village_past_of_changed AFTER UPDATE ON "village" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "name", "town_code", "demonstration", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger village.village_past_of_ended
CREATE TRIGGER village_past_of_ended AFTER DELETE ON "village" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "name", "town_code", "demonstration", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger worker.worker_past_of_changed
CREATE TRIGGER worker_past_of_changed AFTER UPDATE ON "worker" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "phone", "town_code", "share", "skills", "from_on", "to_on", "successor_code", "invented", "delivery_id", "recorded_at"');

-- after: trigger worker.worker_past_of_ended
CREATE TRIGGER worker_past_of_ended AFTER DELETE ON "worker" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "phone", "town_code", "share", "skills", "from_on", "to_on", "successor_code", "invented", "delivery_id", "recorded_at"');

-- after: grants absence
GRANT SELECT, INSERT, UPDATE, DELETE ON "absence" TO wangge_app;
GRANT SELECT ("id", "code", "worker_code", "from_on", "to_on", "cover_code", "invented", "delivery_id", "recorded_at") ON "absence" TO wangge_reader;

-- after: grants absence_past
GRANT SELECT ON "absence_past" TO wangge_app;
GRANT SELECT ("id", "code", "worker_code", "from_on", "to_on", "cover_code", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "absence_past" TO wangge_reader;

-- after: grants area_adoption
GRANT SELECT, INSERT ON "area_adoption" TO wangge_app;
GRANT SELECT ON "area_adoption" TO wangge_reader;

-- after: grants compound
GRANT SELECT, INSERT, UPDATE, DELETE ON "compound" TO wangge_app;
GRANT SELECT ("id", "code", "name", "kind", "address", "built_year", "blocks", "households", "piped", "riser", "outdoors_on", "obstacle", "courtyard_length", "keeper", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at") ON "compound" TO wangge_reader;

-- after: grants compound_past
GRANT SELECT ON "compound_past" TO wangge_app;
GRANT SELECT ("id", "code", "name", "kind", "address", "built_year", "blocks", "households", "piped", "riser", "outdoors_on", "obstacle", "courtyard_length", "keeper", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "compound_past" TO wangge_reader;

-- after: grants patrol_route
GRANT SELECT, INSERT, UPDATE, DELETE ON "patrol_route" TO wangge_app;
GRANT SELECT ON "patrol_route" TO wangge_reader;

-- after: grants planned_connection
GRANT SELECT, INSERT, UPDATE, DELETE ON "planned_connection" TO wangge_app;
GRANT SELECT ON "planned_connection" TO wangge_reader;

-- after: grants planned_visit
GRANT SELECT, INSERT, UPDATE, DELETE ON "planned_visit" TO wangge_app;
GRANT SELECT ON "planned_visit" TO wangge_reader;

-- after: grants railway
GRANT SELECT, INSERT, UPDATE, DELETE ON "railway" TO wangge_app;
GRANT SELECT ON "railway" TO wangge_reader;

-- after: grants railway_past
GRANT SELECT ON "railway_past" TO wangge_app;
GRANT SELECT ON "railway_past" TO wangge_reader;

-- after: grants riser
GRANT SELECT, INSERT, UPDATE, DELETE ON "riser" TO wangge_app;
GRANT SELECT ON "riser" TO wangge_reader;

-- after: grants riser_past
GRANT SELECT ON "riser_past" TO wangge_app;
GRANT SELECT ON "riser_past" TO wangge_reader;

-- after: grants riser_plan
GRANT SELECT, INSERT, UPDATE, DELETE ON "riser_plan" TO wangge_app;
GRANT SELECT ON "riser_plan" TO wangge_reader;

-- after: grants route_stop
GRANT SELECT, INSERT, UPDATE, DELETE ON "route_stop" TO wangge_app;
GRANT SELECT ON "route_stop" TO wangge_reader;

-- after: grants supervision
GRANT SELECT, INSERT, UPDATE, DELETE ON "supervision" TO wangge_app;
GRANT SELECT ON "supervision" TO wangge_reader;

-- after: grants worker
GRANT SELECT, INSERT, UPDATE, DELETE ON "worker" TO wangge_app;
GRANT SELECT ("id", "code", "town_code", "share", "skills", "from_on", "to_on", "successor_code", "invented", "delivery_id", "recorded_at") ON "worker" TO wangge_reader;

-- after: grants worker_past
GRANT SELECT ON "worker_past" TO wangge_app;
GRANT SELECT ("id", "code", "town_code", "share", "skills", "from_on", "to_on", "successor_code", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "worker_past" TO wangge_reader;
