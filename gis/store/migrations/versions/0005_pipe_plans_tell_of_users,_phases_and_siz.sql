-- drop: trigger village.village_past_of_ended
DROP TRIGGER village_past_of_ended ON "village";

-- drop: trigger village.village_past_of_changed
DROP TRIGGER village_past_of_changed ON "village";

-- drop: trigger gas_facility.gas_facility_past_of_ended
DROP TRIGGER gas_facility_past_of_ended ON "gas_facility";

-- drop: trigger gas_facility.gas_facility_past_of_changed
DROP TRIGGER gas_facility_past_of_changed ON "gas_facility";

-- after: constraint gas_facility.gas_facility_capacity_low
ALTER TABLE "gas_facility" ADD CONSTRAINT gas_facility_capacity_low CHECK ("capacity" >= 0);
COMMENT ON CONSTRAINT gas_facility_capacity_low ON "gas_facility" IS 'at least 0';

-- after: constraint gas_facility.gas_facility_peak_low
ALTER TABLE "gas_facility" ADD CONSTRAINT gas_facility_peak_low CHECK ("peak" >= 0);
COMMENT ON CONSTRAINT gas_facility_peak_low ON "gas_facility" IS 'at least 0';

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

-- after: constraint railway.railway_kind_choices
ALTER TABLE "railway" ADD CONSTRAINT railway_kind_choices CHECK ("kind" IN ('rail', 'tram', 'other'));
COMMENT ON CONSTRAINT railway_kind_choices ON "railway" IS 'one of rail, tram, other';

-- after: constraint railway.railway_geometry_valid
ALTER TABLE "railway" ADD CONSTRAINT railway_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT railway_geometry_valid ON "railway" IS 'a valid geometry';

-- after: constraint railway.railway_geometry_not_empty
ALTER TABLE "railway" ADD CONSTRAINT railway_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT railway_geometry_not_empty ON "railway" IS 'a geometry with points';

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

-- after: trigger village.village_past_of_changed
CREATE TRIGGER village_past_of_changed AFTER UPDATE ON "village" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "name", "town_code", "demonstration", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger village.village_past_of_ended
CREATE TRIGGER village_past_of_ended AFTER DELETE ON "village" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "name", "town_code", "demonstration", "geom", "invented", "delivery_id", "recorded_at"');

-- after: grants planned_connection
GRANT SELECT, INSERT, UPDATE, DELETE ON "planned_connection" TO wangge_app;
GRANT SELECT ON "planned_connection" TO wangge_reader;

-- after: grants railway
GRANT SELECT, INSERT, UPDATE, DELETE ON "railway" TO wangge_app;
GRANT SELECT ON "railway" TO wangge_reader;

-- after: grants railway_past
GRANT SELECT ON "railway_past" TO wangge_app;
GRANT SELECT ON "railway_past" TO wangge_reader;
