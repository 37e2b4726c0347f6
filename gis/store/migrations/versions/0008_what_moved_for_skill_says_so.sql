-- drop: constraint planned_visit.planned_visit_moved_for_choices
ALTER TABLE "planned_visit" DROP CONSTRAINT planned_visit_moved_for_choices;

-- after: constraint planned_visit.planned_visit_moved_for_choices
ALTER TABLE "planned_visit" ADD CONSTRAINT planned_visit_moved_for_choices CHECK ("moved_for" IN ('due', 'off', 'full', 'room', 'no_skill'));
COMMENT ON CONSTRAINT planned_visit_moved_for_choices ON "planned_visit" IS 'one of due, off, full, room, no_skill';
