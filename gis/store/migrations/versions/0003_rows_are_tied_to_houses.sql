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

-- after: grants link
GRANT SELECT, INSERT, UPDATE, DELETE ON "link" TO wangge_app;
GRANT SELECT ("id", "code", "layer", "subject", "houses", "house", "state", "score", "evidence", "reason", "candidates", "floor", "decided_by", "run_id", "invented", "delivery_id", "recorded_at") ON "link" TO wangge_reader;

-- after: grants link_past
GRANT SELECT ON "link_past" TO wangge_app;
GRANT SELECT ("id", "code", "layer", "subject", "houses", "house", "state", "score", "evidence", "reason", "candidates", "floor", "decided_by", "run_id", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "link_past" TO wangge_reader;
