-- drop: trigger grid_cell.grid_cell_past_of_ended
DROP TRIGGER grid_cell_past_of_ended ON "grid_cell";

-- drop: trigger grid_cell.grid_cell_past_of_changed
DROP TRIGGER grid_cell_past_of_changed ON "grid_cell";

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

-- after: trigger cell_change.cell_change_hold
CREATE TRIGGER cell_change_hold BEFORE INSERT OR UPDATE OR DELETE ON "cell_change" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger cell_change.cell_change_guard
CREATE TRIGGER cell_change_guard BEFORE INSERT OR UPDATE OR DELETE ON "cell_change" FOR EACH ROW EXECUTE FUNCTION guard_log();

-- after: trigger grid_cell.grid_cell_past_of_changed
CREATE TRIGGER grid_cell_past_of_changed AFTER UPDATE ON "grid_cell" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "town_code", "village_code", "professional_code", "load", "load_kind", "valid_from", "valid_to", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger grid_cell.grid_cell_past_of_ended
CREATE TRIGGER grid_cell_past_of_ended AFTER DELETE ON "grid_cell" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "town_code", "village_code", "professional_code", "load", "load_kind", "valid_from", "valid_to", "geom", "invented", "delivery_id", "recorded_at"');

-- after: grants cell_change
GRANT SELECT, INSERT ON "cell_change" TO wangge_app;
GRANT SELECT ON "cell_change" TO wangge_reader;
