-- drop: constraint route_stop.route_stop_outcome_choices
ALTER TABLE "route_stop" DROP CONSTRAINT route_stop_outcome_choices;

-- drop: constraint planned_visit.planned_visit_why_choices
ALTER TABLE "planned_visit" DROP CONSTRAINT planned_visit_why_choices;

-- drop: constraint patrol_route.patrol_route_start_from_choices
ALTER TABLE "patrol_route" DROP CONSTRAINT patrol_route_start_from_choices;

-- after: constraint patrol_route.patrol_route_start_from_choices
ALTER TABLE "patrol_route" ADD CONSTRAINT patrol_route_start_from_choices CHECK ("start_from" IN ('given', 'area', 'town', 'stops'));
COMMENT ON CONSTRAINT patrol_route_start_from_choices ON "patrol_route" IS 'one of given, area, town, stops';

-- after: constraint planned_visit.planned_visit_why_choices
ALTER TABLE "planned_visit" ADD CONSTRAINT planned_visit_why_choices CHECK ("why" IN ('arrears', 'full', 'off', 'absent', 'too_long', 'no_worker', 'no_area', 'no_skill'));
COMMENT ON CONSTRAINT planned_visit_why_choices ON "planned_visit" IS 'one of arrears, full, off, absent, too_long, no_worker, no_area, no_skill';

-- after: constraint route_stop.route_stop_outcome_choices
ALTER TABLE "route_stop" ADD CONSTRAINT route_stop_outcome_choices CHECK ("outcome" IN ('made', 'early', 'no_time', 'unreachable', 'no_skill'));
COMMENT ON CONSTRAINT route_stop_outcome_choices ON "route_stop" IS 'one of made, early, no_time, unreachable, no_skill';

