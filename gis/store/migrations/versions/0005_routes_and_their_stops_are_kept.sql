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

-- after: grants patrol_route
GRANT SELECT, INSERT, UPDATE, DELETE ON "patrol_route" TO wangge_app;
GRANT SELECT ON "patrol_route" TO wangge_reader;

-- after: grants route_stop
GRANT SELECT, INSERT, UPDATE, DELETE ON "route_stop" TO wangge_app;
GRANT SELECT ON "route_stop" TO wangge_reader;
