-- drop: grants worker_past
REVOKE ALL ON "worker_past" FROM wangge_app, wangge_reader;

-- drop: grants worker
REVOKE ALL ON "worker" FROM wangge_app, wangge_reader;

-- drop: trigger worker.worker_past_of_ended
DROP TRIGGER worker_past_of_ended ON "worker";

-- drop: trigger worker.worker_past_of_changed
DROP TRIGGER worker_past_of_changed ON "worker";

-- after: constraint railway.railway_geometry_valid
ALTER TABLE "railway" ADD CONSTRAINT railway_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT railway_geometry_valid ON "railway" IS 'a valid geometry';

-- after: constraint railway.railway_geometry_not_empty
ALTER TABLE "railway" ADD CONSTRAINT railway_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT railway_geometry_not_empty ON "railway" IS 'a geometry with points';

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

-- after: trigger area_adoption.area_adoption_hold
CREATE TRIGGER area_adoption_hold BEFORE INSERT OR UPDATE OR DELETE ON "area_adoption" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger area_adoption.area_adoption_guard
CREATE TRIGGER area_adoption_guard BEFORE UPDATE OR DELETE ON "area_adoption" FOR EACH ROW EXECUTE FUNCTION guard_log();

-- after: trigger area_adoption.area_adoption_guard_new
CREATE TRIGGER area_adoption_guard_new BEFORE INSERT ON "area_adoption" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '') EXECUTE FUNCTION guard_log();

-- after: trigger railway.railway_hold
CREATE TRIGGER railway_hold BEFORE INSERT OR UPDATE OR DELETE ON "railway" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger railway.railway_stamp
CREATE TRIGGER railway_stamp BEFORE UPDATE ON "railway" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger railway.railway_stamp_new
CREATE TRIGGER railway_stamp_new BEFORE INSERT ON "railway" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger railway.railway_past_of_changed
CREATE TRIGGER railway_past_of_changed AFTER UPDATE ON "railway" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger railway.railway_past_of_ended
CREATE TRIGGER railway_past_of_ended AFTER DELETE ON "railway" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger railway.railway_delivered_new
CREATE TRIGGER railway_delivered_new AFTER INSERT ON "railway" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION know_delivery();

-- after: trigger railway.railway_delivered_changed
CREATE TRIGGER railway_delivered_changed AFTER UPDATE ON "railway" FOR EACH ROW WHEN (NEW.delivery_id IS DISTINCT FROM OLD.delivery_id) EXECUTE FUNCTION know_delivery();

-- after: trigger worker.worker_past_of_changed
CREATE TRIGGER worker_past_of_changed AFTER UPDATE ON "worker" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "phone", "town_code", "share", "skills", "from_on", "to_on", "successor_code", "invented", "delivery_id", "recorded_at"');

-- after: trigger worker.worker_past_of_ended
CREATE TRIGGER worker_past_of_ended AFTER DELETE ON "worker" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "phone", "town_code", "share", "skills", "from_on", "to_on", "successor_code", "invented", "delivery_id", "recorded_at"');

-- after: grants area_adoption
GRANT SELECT, INSERT ON "area_adoption" TO wangge_app;
GRANT SELECT ON "area_adoption" TO wangge_reader;

-- after: grants railway
GRANT SELECT, INSERT, UPDATE, DELETE ON "railway" TO wangge_app;
GRANT SELECT ON "railway" TO wangge_reader;

-- after: grants railway_past
GRANT SELECT ON "railway_past" TO wangge_app;
GRANT SELECT ON "railway_past" TO wangge_reader;

-- after: grants supervision
GRANT SELECT, INSERT, UPDATE, DELETE ON "supervision" TO wangge_app;
GRANT SELECT ON "supervision" TO wangge_reader;

-- after: grants worker
GRANT SELECT, INSERT, UPDATE, DELETE ON "worker" TO wangge_app;
GRANT SELECT ("id", "code", "town_code", "share", "skills", "from_on", "to_on", "successor_code", "invented", "delivery_id", "recorded_at") ON "worker" TO wangge_reader;

-- after: grants worker_past
GRANT SELECT ON "worker_past" TO wangge_app;
GRANT SELECT ("id", "code", "town_code", "share", "skills", "from_on", "to_on", "successor_code", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "worker_past" TO wangge_reader;
