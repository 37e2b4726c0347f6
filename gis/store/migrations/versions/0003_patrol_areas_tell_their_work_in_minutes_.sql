-- after: constraint patrol_area.patrol_area_objects_low
ALTER TABLE "patrol_area" ADD CONSTRAINT patrol_area_objects_low CHECK ("objects" >= 0);
COMMENT ON CONSTRAINT patrol_area_objects_low ON "patrol_area" IS 'at least 0';
