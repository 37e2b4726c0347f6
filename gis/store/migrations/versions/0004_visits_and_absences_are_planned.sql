-- after: constraint absence.absence_reason_choices
ALTER TABLE "absence" ADD CONSTRAINT absence_reason_choices CHECK ("reason" IN ('leave', 'sick', 'training', 'other'));
COMMENT ON CONSTRAINT absence_reason_choices ON "absence" IS 'one of leave, sick, training, other';

-- after: constraint absence.absence_ends_after_start
ALTER TABLE "absence" ADD CONSTRAINT absence_ends_after_start CHECK (to_on >= from_on);
COMMENT ON CONSTRAINT absence_ends_after_start ON "absence" IS 'an absence ends after its start';

-- after: constraint absence.absence_covered_by_another
ALTER TABLE "absence" ADD CONSTRAINT absence_covered_by_another CHECK (cover_code <> worker_code);
COMMENT ON CONSTRAINT absence_covered_by_another ON "absence" IS 'nobody stands in for himself';

-- after: constraint planned_visit.planned_visit_minutes_low
ALTER TABLE "planned_visit" ADD CONSTRAINT planned_visit_minutes_low CHECK ("minutes" >= 0);
COMMENT ON CONSTRAINT planned_visit_minutes_low ON "planned_visit" IS 'at least 0';

-- after: constraint planned_visit.planned_visit_outcome_choices
ALTER TABLE "planned_visit" ADD CONSTRAINT planned_visit_outcome_choices CHECK ("outcome" IN ('in_time', 'late', 'unmet'));
COMMENT ON CONSTRAINT planned_visit_outcome_choices ON "planned_visit" IS 'one of in_time, late, unmet';

-- after: constraint planned_visit.planned_visit_geometry_valid
ALTER TABLE "planned_visit" ADD CONSTRAINT planned_visit_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT planned_visit_geometry_valid ON "planned_visit" IS 'a valid geometry';

-- after: constraint planned_visit.planned_visit_geometry_not_empty
ALTER TABLE "planned_visit" ADD CONSTRAINT planned_visit_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT planned_visit_geometry_not_empty ON "planned_visit" IS 'a geometry with points';

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

-- after: grants absence
GRANT SELECT, INSERT, UPDATE, DELETE ON "absence" TO wangge_app;
GRANT SELECT ("id", "code", "worker_code", "from_on", "to_on", "cover_code", "invented", "delivery_id", "recorded_at") ON "absence" TO wangge_reader;

-- after: grants absence_past
GRANT SELECT ON "absence_past" TO wangge_app;
GRANT SELECT ("id", "code", "worker_code", "from_on", "to_on", "cover_code", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "absence_past" TO wangge_reader;

-- after: grants planned_visit
GRANT SELECT, INSERT, UPDATE, DELETE ON "planned_visit" TO wangge_app;
GRANT SELECT ON "planned_visit" TO wangge_reader;
