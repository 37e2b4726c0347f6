-- after: constraint planned_visit.planned_visit_why_choices
ALTER TABLE "planned_visit" ADD CONSTRAINT planned_visit_why_choices CHECK ("why" IN ('arrears', 'full', 'off', 'absent', 'too_long', 'no_worker', 'no_area'));
COMMENT ON CONSTRAINT planned_visit_why_choices ON "planned_visit" IS 'one of arrears, full, off, absent, too_long, no_worker, no_area';

-- after: constraint planned_visit.planned_visit_moved_for_choices
ALTER TABLE "planned_visit" ADD CONSTRAINT planned_visit_moved_for_choices CHECK ("moved_for" IN ('due', 'off', 'full', 'room'));
COMMENT ON CONSTRAINT planned_visit_moved_for_choices ON "planned_visit" IS 'one of due, off, full, room';
