-- drop: grants worker_past
REVOKE ALL ON "worker_past" FROM wangge_app, wangge_reader;

-- drop: grants gas_user_past
REVOKE ALL ON "gas_user_past" FROM wangge_app, wangge_reader;

-- drop: grants gas_user
REVOKE ALL ON "gas_user" FROM wangge_app, wangge_reader;

-- drop: grants construction_site_past
REVOKE ALL ON "construction_site_past" FROM wangge_app, wangge_reader;

-- drop: grants construction_site
REVOKE ALL ON "construction_site" FROM wangge_app, wangge_reader;

-- drop: grants check
REVOKE ALL ON "check" FROM wangge_app, wangge_reader;

-- drop: grants building_past
REVOKE ALL ON "building_past" FROM wangge_app, wangge_reader;

-- drop: grants building
REVOKE ALL ON "building" FROM wangge_app, wangge_reader;

-- drop: trigger worker.worker_stamp
DROP TRIGGER worker_stamp ON "worker";

-- drop: trigger water.water_stamp
DROP TRIGGER water_stamp ON "water";

-- drop: trigger village.village_stamp
DROP TRIGGER village_stamp ON "village";

-- drop: trigger town.town_stamp
DROP TRIGGER town_stamp ON "town";

-- drop: trigger road.road_past_of_ended
DROP TRIGGER road_past_of_ended ON "road";

-- drop: trigger road.road_past_of_changed
DROP TRIGGER road_past_of_changed ON "road";

-- drop: trigger road.road_stamp
DROP TRIGGER road_stamp ON "road";

-- drop: trigger grid_cell.grid_cell_stamp
DROP TRIGGER grid_cell_stamp ON "grid_cell";

-- drop: trigger gas_user.gas_user_past_of_ended
DROP TRIGGER gas_user_past_of_ended ON "gas_user";

-- drop: trigger gas_user.gas_user_past_of_changed
DROP TRIGGER gas_user_past_of_changed ON "gas_user";

-- drop: trigger gas_user.gas_user_stamp
DROP TRIGGER gas_user_stamp ON "gas_user";

-- drop: trigger gas_pipeline.gas_pipeline_past_of_ended
DROP TRIGGER gas_pipeline_past_of_ended ON "gas_pipeline";

-- drop: trigger gas_pipeline.gas_pipeline_past_of_changed
DROP TRIGGER gas_pipeline_past_of_changed ON "gas_pipeline";

-- drop: trigger gas_pipeline.gas_pipeline_stamp
DROP TRIGGER gas_pipeline_stamp ON "gas_pipeline";

-- drop: trigger gas_facility.gas_facility_past_of_ended
DROP TRIGGER gas_facility_past_of_ended ON "gas_facility";

-- drop: trigger gas_facility.gas_facility_past_of_changed
DROP TRIGGER gas_facility_past_of_changed ON "gas_facility";

-- drop: trigger gas_facility.gas_facility_stamp
DROP TRIGGER gas_facility_stamp ON "gas_facility";

-- drop: trigger county.county_stamp
DROP TRIGGER county_stamp ON "county";

-- drop: trigger construction_site.construction_site_past_of_ended
DROP TRIGGER construction_site_past_of_ended ON "construction_site";

-- drop: trigger construction_site.construction_site_past_of_changed
DROP TRIGGER construction_site_past_of_changed ON "construction_site";

-- drop: trigger construction_site.construction_site_stamp
DROP TRIGGER construction_site_stamp ON "construction_site";

-- drop: trigger building.building_past_of_ended
DROP TRIGGER building_past_of_ended ON "building";

-- drop: trigger building.building_past_of_changed
DROP TRIGGER building_past_of_changed ON "building";

-- drop: trigger building.building_stamp
DROP TRIGGER building_stamp ON "building";

-- drop: function status_rebuild(bigint[])
DROP FUNCTION status_rebuild(bigint[]);

-- drop: function status_wanted(bigint[])
DROP FUNCTION status_wanted(bigint[]);

-- drop: function patrol_kinds()
DROP FUNCTION patrol_kinds();

-- drop: constraint gas_pipeline.gas_pipeline_pressure_choices
ALTER TABLE "gas_pipeline" DROP CONSTRAINT gas_pipeline_pressure_choices;

-- after: constraint building.building_height_low
ALTER TABLE "building" ADD CONSTRAINT building_height_low CHECK ("height" >= 0);
COMMENT ON CONSTRAINT building_height_low ON "building" IS 'at least 0';

-- after: constraint building.building_height_high
ALTER TABLE "building" ADD CONSTRAINT building_height_high CHECK ("height" <= 900);
COMMENT ON CONSTRAINT building_height_high ON "building" IS 'at most 900';

-- after: constraint building.building_structure_choices
ALTER TABLE "building" ADD CONSTRAINT building_structure_choices CHECK ("structure" IN ('earth', 'timber', 'brick_timber', 'stone', 'brick_concrete', 'concrete', 'steel', 'other'));
COMMENT ON CONSTRAINT building_structure_choices ON "building" IS 'one of earth, timber, brick_timber, stone, brick_concrete, concrete, steel, other';

-- after: constraint building.building_remedy_choices
ALTER TABLE "building" ADD CONSTRAINT building_remedy_choices CHECK ("remedy" IN ('vacate', 'demolish', 'repair'));
COMMENT ON CONSTRAINT building_remedy_choices ON "building" IS 'one of vacate, demolish, repair';

-- after: constraint certificate.certificate_kind_choices
ALTER TABLE "certificate" ADD CONSTRAINT certificate_kind_choices CHECK ("kind" IN ('welder', 'operator', 'manager', 'craftsman', 'gas_worker', 'gas_licence', 'safety_licence', 'building_permit', 'other'));
COMMENT ON CONSTRAINT certificate_kind_choices ON "certificate" IS 'one of welder, operator, manager, craftsman, gas_worker, gas_licence, safety_licence, building_permit, other';

-- after: constraint certificate.certificate_valid_after_issue
ALTER TABLE "certificate" ADD CONSTRAINT certificate_valid_after_issue CHECK (valid_to >= issued_on);
COMMENT ON CONSTRAINT certificate_valid_after_issue ON "certificate" IS 'a certificate ends after its issue';

-- after: constraint certificate.certificate_reviewed_within_validity
ALTER TABLE "certificate" ADD CONSTRAINT certificate_reviewed_within_validity CHECK (review_due_on BETWEEN issued_on AND valid_to);
COMMENT ON CONSTRAINT certificate_reviewed_within_validity ON "certificate" IS 'a certificate is reviewed while it is valid';

-- after: constraint certificate.certificate_revoked_after_issue
ALTER TABLE "certificate" ADD CONSTRAINT certificate_revoked_after_issue CHECK (revoked_on >= issued_on);
COMMENT ON CONSTRAINT certificate_revoked_after_issue ON "certificate" IS 'a certificate is revoked after its issue';

-- after: constraint certificate.certificate_holder_has_its_register
ALTER TABLE "certificate" ADD CONSTRAINT certificate_holder_has_its_register CHECK (holder_code IS NULL OR holder_layer IS NOT NULL);
COMMENT ON CONSTRAINT certificate_holder_has_its_register ON "certificate" IS 'a holder is named with the register';

-- after: constraint check.check_seen_precision_choices
ALTER TABLE "check" ADD CONSTRAINT check_seen_precision_choices CHECK ("seen_precision" IN ('day'));
COMMENT ON CONSTRAINT check_seen_precision_choices ON "check" IS 'one of day';

-- after: constraint compound.compound_kind_choices
ALTER TABLE "compound" ADD CONSTRAINT compound_kind_choices CHECK ("kind" IN ('commercial', 'resettlement', 'old', 'village', 'other'));
COMMENT ON CONSTRAINT compound_kind_choices ON "compound" IS 'one of commercial, resettlement, old, village, other';

-- after: constraint compound.compound_built_year_low
ALTER TABLE "compound" ADD CONSTRAINT compound_built_year_low CHECK ("built_year" >= 1800);
COMMENT ON CONSTRAINT compound_built_year_low ON "compound" IS 'at least 1800';

-- after: constraint compound.compound_built_year_high
ALTER TABLE "compound" ADD CONSTRAINT compound_built_year_high CHECK ("built_year" <= 2100);
COMMENT ON CONSTRAINT compound_built_year_high ON "compound" IS 'at most 2100';

-- after: constraint compound.compound_blocks_low
ALTER TABLE "compound" ADD CONSTRAINT compound_blocks_low CHECK ("blocks" >= 0);
COMMENT ON CONSTRAINT compound_blocks_low ON "compound" IS 'at least 0';

-- after: constraint compound.compound_blocks_high
ALTER TABLE "compound" ADD CONSTRAINT compound_blocks_high CHECK ("blocks" <= 10000);
COMMENT ON CONSTRAINT compound_blocks_high ON "compound" IS 'at most 10000';

-- after: constraint compound.compound_households_low
ALTER TABLE "compound" ADD CONSTRAINT compound_households_low CHECK ("households" >= 0);
COMMENT ON CONSTRAINT compound_households_low ON "compound" IS 'at least 0';

-- after: constraint compound.compound_households_high
ALTER TABLE "compound" ADD CONSTRAINT compound_households_high CHECK ("households" <= 1000000);
COMMENT ON CONSTRAINT compound_households_high ON "compound" IS 'at most 1000000';

-- after: constraint compound.compound_riser_choices
ALTER TABLE "compound" ADD CONSTRAINT compound_riser_choices CHECK ("riser" IN ('indoors', 'mixed', 'outdoors', 'none'));
COMMENT ON CONSTRAINT compound_riser_choices ON "compound" IS 'one of indoors, mixed, outdoors, none';

-- after: constraint compound.compound_geometry_valid
ALTER TABLE "compound" ADD CONSTRAINT compound_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT compound_geometry_valid ON "compound" IS 'a valid geometry';

-- after: constraint compound.compound_geometry_not_empty
ALTER TABLE "compound" ADD CONSTRAINT compound_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT compound_geometry_not_empty ON "compound" IS 'a geometry with points';

-- after: constraint compound.compound_area_plausible
ALTER TABLE "compound" ADD CONSTRAINT compound_area_plausible CHECK (ST_Area(geom) >= 10);
COMMENT ON CONSTRAINT compound_area_plausible ON "compound" IS 'a compound has at least 10 m²';

-- after: constraint compound.compound_moved_after_built
ALTER TABLE "compound" ADD CONSTRAINT compound_moved_after_built CHECK (extract(year FROM outdoors_on) >= built_year);
COMMENT ON CONSTRAINT compound_moved_after_built ON "compound" IS 'risers are moved after the compound is built';

-- after: constraint craftsman.craftsman_trade_choices
ALTER TABLE "craftsman" ADD CONSTRAINT craftsman_trade_choices CHECK ("trade" IN ('mason', 'carpenter', 'steel', 'plumber', 'foreman', 'other'));
COMMENT ON CONSTRAINT craftsman_trade_choices ON "craftsman" IS 'one of mason, carpenter, steel, plumber, foreman, other';

-- after: constraint craftsman.craftsman_valid_after_training
ALTER TABLE "craftsman" ADD CONSTRAINT craftsman_valid_after_training CHECK (valid_to >= trained_on);
COMMENT ON CONSTRAINT craftsman_valid_after_training ON "craftsman" IS 'a certificate ends after the training';

-- after: constraint delivery.delivery_mode_choices
ALTER TABLE "delivery" ADD CONSTRAINT delivery_mode_choices CHECK ("mode" IN ('upsert', 'replace'));
COMMENT ON CONSTRAINT delivery_mode_choices ON "delivery" IS 'one of upsert, replace';

-- after: constraint delivery.delivery_gone_low
ALTER TABLE "delivery" ADD CONSTRAINT delivery_gone_low CHECK ("gone" >= 0);
COMMENT ON CONSTRAINT delivery_gone_low ON "delivery" IS 'at least 0';

-- after: constraint delivery.delivery_matched_low
ALTER TABLE "delivery" ADD CONSTRAINT delivery_matched_low CHECK ("matched" >= 0);
COMMENT ON CONSTRAINT delivery_matched_low ON "delivery" IS 'at least 0';

-- after: constraint delivery.delivery_datum_choices
ALTER TABLE "delivery" ADD CONSTRAINT delivery_datum_choices CHECK ("datum" IN ('verified', 'not_verified', 'accepted_shift'));
COMMENT ON CONSTRAINT delivery_datum_choices ON "delivery" IS 'one of verified, not_verified, accepted_shift';

-- after: constraint delivery.delivery_shift_has_reason
ALTER TABLE "delivery" ADD CONSTRAINT delivery_shift_has_reason CHECK (datum IS DISTINCT FROM 'accepted_shift' OR (shift_reason IS NOT NULL AND shift_east IS NOT NULL));
COMMENT ON CONSTRAINT delivery_shift_has_reason ON "delivery" IS 'a shift is accepted for a reason';

-- after: constraint enterprise.enterprise_code_scheme_choices
ALTER TABLE "enterprise" ADD CONSTRAINT enterprise_code_scheme_choices CHECK ("code_scheme" IN ('uscc', 'registration', 'local'));
COMMENT ON CONSTRAINT enterprise_code_scheme_choices ON "enterprise" IS 'one of uscc, registration, local';

-- after: constraint enterprise.enterprise_kind_choices
ALTER TABLE "enterprise" ADD CONSTRAINT enterprise_kind_choices CHECK ("kind" IN ('builder', 'supervisor', 'developer', 'piped_gas', 'bottled_gas', 'industrial', 'catering', 'commercial', 'other'));
COMMENT ON CONSTRAINT enterprise_kind_choices ON "enterprise" IS 'one of builder, supervisor, developer, piped_gas, bottled_gas, industrial, catering, commercial, other';

-- after: constraint enterprise.enterprise_employees_low
ALTER TABLE "enterprise" ADD CONSTRAINT enterprise_employees_low CHECK ("employees" >= 0);
COMMENT ON CONSTRAINT enterprise_employees_low ON "enterprise" IS 'at least 0';

-- after: constraint enterprise.enterprise_employees_high
ALTER TABLE "enterprise" ADD CONSTRAINT enterprise_employees_high CHECK ("employees" <= 1000000);
COMMENT ON CONSTRAINT enterprise_employees_high ON "enterprise" IS 'at most 1000000';

-- after: constraint enterprise.enterprise_uscc_well_formed
ALTER TABLE "enterprise" ADD CONSTRAINT enterprise_uscc_well_formed CHECK (code_scheme <> 'uscc' OR code ~ '^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$');
COMMENT ON CONSTRAINT enterprise_uscc_well_formed ON "enterprise" IS 'a unified social credit code has 18 characters of GB 32100';

-- after: constraint enterprise.enterprise_closed_after_founded
ALTER TABLE "enterprise" ADD CONSTRAINT enterprise_closed_after_founded CHECK (closed_on >= founded_on);
COMMENT ON CONSTRAINT enterprise_closed_after_founded ON "enterprise" IS 'an enterprise ends after it begins';

-- after: constraint gas_pipeline.gas_pipeline_phase_choices
ALTER TABLE "gas_pipeline" ADD CONSTRAINT gas_pipeline_phase_choices CHECK ("phase" IN ('live', 'planned', 'abandoned'));
COMMENT ON CONSTRAINT gas_pipeline_phase_choices ON "gas_pipeline" IS 'one of live, planned, abandoned';

-- after: constraint gas_user.gas_user_riser_choices
ALTER TABLE "gas_user" ADD CONSTRAINT gas_user_riser_choices CHECK ("riser" IN ('indoors', 'outdoors'));
COMMENT ON CONSTRAINT gas_user_riser_choices ON "gas_user" IS 'one of indoors, outdoors';

-- after: constraint hazard.hazard_grade_choices
ALTER TABLE "hazard" ADD CONSTRAINT hazard_grade_choices CHECK ("grade" IN ('general', 'major'));
COMMENT ON CONSTRAINT hazard_grade_choices ON "hazard" IS 'one of general, major';

-- after: constraint hazard.hazard_state_choices
ALTER TABLE "hazard" ADD CONSTRAINT hazard_state_choices CHECK ("state" IN ('found', 'rectifying', 'recheck', 'closed'));
COMMENT ON CONSTRAINT hazard_state_choices ON "hazard" IS 'one of found, rectifying, recheck, closed';

-- after: constraint hazard.hazard_deadline_after_found
ALTER TABLE "hazard" ADD CONSTRAINT hazard_deadline_after_found CHECK (deadline_on >= found_on);
COMMENT ON CONSTRAINT hazard_deadline_after_found ON "hazard" IS 'a deadline lies after the day of finding';

-- after: constraint hazard.hazard_rectified_after_found
ALTER TABLE "hazard" ADD CONSTRAINT hazard_rectified_after_found CHECK (rectified_on >= found_on);
COMMENT ON CONSTRAINT hazard_rectified_after_found ON "hazard" IS 'a hazard is rectified after it is found';

-- after: constraint hazard.hazard_rechecked_after_found
ALTER TABLE "hazard" ADD CONSTRAINT hazard_rechecked_after_found CHECK (rechecked_on >= found_on);
COMMENT ON CONSTRAINT hazard_rechecked_after_found ON "hazard" IS 'a hazard is rechecked after it is found';

-- after: constraint hazard.hazard_closed_after_found
ALTER TABLE "hazard" ADD CONSTRAINT hazard_closed_after_found CHECK (closed_on >= found_on);
COMMENT ON CONSTRAINT hazard_closed_after_found ON "hazard" IS 'a hazard is closed after it is found';

-- after: constraint hazard.hazard_closed_says_so
ALTER TABLE "hazard" ADD CONSTRAINT hazard_closed_says_so CHECK (closed_on IS NULL OR state = 'closed');
COMMENT ON CONSTRAINT hazard_closed_says_so ON "hazard" IS 'a hazard with a day of closing is closed';

-- after: constraint hazard.hazard_object_has_its_layer
ALTER TABLE "hazard" ADD CONSTRAINT hazard_object_has_its_layer CHECK (object_id IS NULL OR layer IS NOT NULL);
COMMENT ON CONSTRAINT hazard_object_has_its_layer ON "hazard" IS 'an object is named with its layer';

-- after: constraint hot_work.hot_work_kind_choices
ALTER TABLE "hot_work" ADD CONSTRAINT hot_work_kind_choices CHECK ("kind" IN ('electric', 'gas', 'grinding', 'other'));
COMMENT ON CONSTRAINT hot_work_kind_choices ON "hot_work" IS 'one of electric, gas, grinding, other';

-- after: constraint hot_work.hot_work_grade_choices
ALTER TABLE "hot_work" ADD CONSTRAINT hot_work_grade_choices CHECK ("grade" IN ('special', '1', '2', 'unclassed'));
COMMENT ON CONSTRAINT hot_work_grade_choices ON "hot_work" IS 'one of special, 1, 2, unclassed';

-- after: constraint hot_work.hot_work_geometry_valid
ALTER TABLE "hot_work" ADD CONSTRAINT hot_work_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT hot_work_geometry_valid ON "hot_work" IS 'a valid geometry';

-- after: constraint hot_work.hot_work_geometry_not_empty
ALTER TABLE "hot_work" ADD CONSTRAINT hot_work_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT hot_work_geometry_not_empty ON "hot_work" IS 'a geometry with points';

-- after: constraint hot_work.hot_work_ends_after_start
ALTER TABLE "hot_work" ADD CONSTRAINT hot_work_ends_after_start CHECK (ends_at >= starts_at);
COMMENT ON CONSTRAINT hot_work_ends_after_start ON "hot_work" IS 'hot work ends after it starts';

-- after: constraint line_cell.line_cell_length_low
ALTER TABLE "line_cell" ADD CONSTRAINT line_cell_length_low CHECK ("length" >= 0);
COMMENT ON CONSTRAINT line_cell_length_low ON "line_cell" IS 'at least 0';

-- after: constraint lpg_station.lpg_station_kind_choices
ALTER TABLE "lpg_station" ADD CONSTRAINT lpg_station_kind_choices CHECK ("kind" IN ('filling', 'supply_1', 'supply_2', 'supply_3'));
COMMENT ON CONSTRAINT lpg_station_kind_choices ON "lpg_station" IS 'one of filling, supply_1, supply_2, supply_3';

-- after: constraint lpg_station.lpg_station_grade_choices
ALTER TABLE "lpg_station" ADD CONSTRAINT lpg_station_grade_choices CHECK ("grade" IN ('1', '2', '3', '4'));
COMMENT ON CONSTRAINT lpg_station_grade_choices ON "lpg_station" IS 'one of 1, 2, 3, 4';

-- after: constraint lpg_station.lpg_station_stored_low
ALTER TABLE "lpg_station" ADD CONSTRAINT lpg_station_stored_low CHECK ("stored" >= 0);
COMMENT ON CONSTRAINT lpg_station_stored_low ON "lpg_station" IS 'at least 0';

-- after: constraint lpg_station.lpg_station_stored_high
ALTER TABLE "lpg_station" ADD CONSTRAINT lpg_station_stored_high CHECK ("stored" <= 100000);
COMMENT ON CONSTRAINT lpg_station_stored_high ON "lpg_station" IS 'at most 100000';

-- after: constraint lpg_station.lpg_station_bottles_low
ALTER TABLE "lpg_station" ADD CONSTRAINT lpg_station_bottles_low CHECK ("bottles" >= 0);
COMMENT ON CONSTRAINT lpg_station_bottles_low ON "lpg_station" IS 'at least 0';

-- after: constraint lpg_station.lpg_station_bottles_high
ALTER TABLE "lpg_station" ADD CONSTRAINT lpg_station_bottles_high CHECK ("bottles" <= 10000000);
COMMENT ON CONSTRAINT lpg_station_bottles_high ON "lpg_station" IS 'at most 10000000';

-- after: constraint lpg_station.lpg_station_position_accuracy_low
ALTER TABLE "lpg_station" ADD CONSTRAINT lpg_station_position_accuracy_low CHECK ("position_accuracy" >= 0);
COMMENT ON CONSTRAINT lpg_station_position_accuracy_low ON "lpg_station" IS 'at least 0';

-- after: constraint lpg_station.lpg_station_position_accuracy_high
ALTER TABLE "lpg_station" ADD CONSTRAINT lpg_station_position_accuracy_high CHECK ("position_accuracy" <= 500);
COMMENT ON CONSTRAINT lpg_station_position_accuracy_high ON "lpg_station" IS 'at most 500';

-- after: constraint lpg_station.lpg_station_geometry_valid
ALTER TABLE "lpg_station" ADD CONSTRAINT lpg_station_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT lpg_station_geometry_valid ON "lpg_station" IS 'a valid geometry';

-- after: constraint lpg_station.lpg_station_geometry_not_empty
ALTER TABLE "lpg_station" ADD CONSTRAINT lpg_station_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT lpg_station_geometry_not_empty ON "lpg_station" IS 'a geometry with points';

-- after: constraint lpg_station.lpg_station_valid_after_opened
ALTER TABLE "lpg_station" ADD CONSTRAINT lpg_station_valid_after_opened CHECK (valid_to >= opened_on);
COMMENT ON CONSTRAINT lpg_station_valid_after_opened ON "lpg_station" IS 'a licence ends after it begins';

-- after: constraint lpg_station.lpg_station_closed_after_opened
ALTER TABLE "lpg_station" ADD CONSTRAINT lpg_station_closed_after_opened CHECK (closed_on >= opened_on);
COMMENT ON CONSTRAINT lpg_station_closed_after_opened ON "lpg_station" IS 'a station closes after it opens';

-- after: constraint place_code.place_code_level_choices
ALTER TABLE "place_code" ADD CONSTRAINT place_code_level_choices CHECK ("level" IN ('town', 'village'));
COMMENT ON CONSTRAINT place_code_level_choices ON "place_code" IS 'one of town, village';

-- after: constraint road.road_width_low
ALTER TABLE "road" ADD CONSTRAINT road_width_low CHECK ("width" >= 0);
COMMENT ON CONSTRAINT road_width_low ON "road" IS 'at least 0';

-- after: constraint road.road_width_high
ALTER TABLE "road" ADD CONSTRAINT road_width_high CHECK ("width" <= 200);
COMMENT ON CONSTRAINT road_width_high ON "road" IS 'at most 200';

-- after: constraint special_place.special_place_kind_choices
ALTER TABLE "special_place" ADD CONSTRAINT special_place_kind_choices CHECK ("kind" IN ('school', 'kindergarten', 'hospital', 'care_home', 'market', 'mall', 'entertainment', 'lodging', 'worship', 'multi_use', 'other'));
COMMENT ON CONSTRAINT special_place_kind_choices ON "special_place" IS 'one of school, kindergarten, hospital, care_home, market, mall, entertainment, lodging, worship, multi_use, other';

-- after: constraint special_place.special_place_floor_area_low
ALTER TABLE "special_place" ADD CONSTRAINT special_place_floor_area_low CHECK ("floor_area" >= 0);
COMMENT ON CONSTRAINT special_place_floor_area_low ON "special_place" IS 'at least 0';

-- after: constraint special_place.special_place_floor_area_high
ALTER TABLE "special_place" ADD CONSTRAINT special_place_floor_area_high CHECK ("floor_area" <= 10000000);
COMMENT ON CONSTRAINT special_place_floor_area_high ON "special_place" IS 'at most 10000000';

-- after: constraint special_place.special_place_people_low
ALTER TABLE "special_place" ADD CONSTRAINT special_place_people_low CHECK ("people" >= 0);
COMMENT ON CONSTRAINT special_place_people_low ON "special_place" IS 'at least 0';

-- after: constraint special_place.special_place_people_high
ALTER TABLE "special_place" ADD CONSTRAINT special_place_people_high CHECK ("people" <= 1000000);
COMMENT ON CONSTRAINT special_place_people_high ON "special_place" IS 'at most 1000000';

-- after: constraint special_place.special_place_sleepers_low
ALTER TABLE "special_place" ADD CONSTRAINT special_place_sleepers_low CHECK ("sleepers" >= 0);
COMMENT ON CONSTRAINT special_place_sleepers_low ON "special_place" IS 'at least 0';

-- after: constraint special_place.special_place_sleepers_high
ALTER TABLE "special_place" ADD CONSTRAINT special_place_sleepers_high CHECK ("sleepers" <= 1000000);
COMMENT ON CONSTRAINT special_place_sleepers_high ON "special_place" IS 'at most 1000000';

-- after: constraint special_place.special_place_gas_choices
ALTER TABLE "special_place" ADD CONSTRAINT special_place_gas_choices CHECK ("gas" IN ('none', 'bottled', 'piped'));
COMMENT ON CONSTRAINT special_place_gas_choices ON "special_place" IS 'one of none, bottled, piped';

-- after: constraint special_place.special_place_geometry_valid
ALTER TABLE "special_place" ADD CONSTRAINT special_place_geometry_valid CHECK (ST_IsValid(geom));
COMMENT ON CONSTRAINT special_place_geometry_valid ON "special_place" IS 'a valid geometry';

-- after: constraint special_place.special_place_geometry_not_empty
ALTER TABLE "special_place" ADD CONSTRAINT special_place_geometry_not_empty CHECK (NOT ST_IsEmpty(geom));
COMMENT ON CONSTRAINT special_place_geometry_not_empty ON "special_place" IS 'a geometry with points';

-- after: constraint vehicle.vehicle_kind_choices
ALTER TABLE "vehicle" ADD CONSTRAINT vehicle_kind_choices CHECK ("kind" IN ('truck', 'van', 'tricycle', 'other'));
COMMENT ON CONSTRAINT vehicle_kind_choices ON "vehicle" IS 'one of truck, van, tricycle, other';

-- after: constraint vehicle.vehicle_payload_low
ALTER TABLE "vehicle" ADD CONSTRAINT vehicle_payload_low CHECK ("payload" >= 0);
COMMENT ON CONSTRAINT vehicle_payload_low ON "vehicle" IS 'at least 0';

-- after: constraint vehicle.vehicle_payload_high
ALTER TABLE "vehicle" ADD CONSTRAINT vehicle_payload_high CHECK ("payload" <= 100000);
COMMENT ON CONSTRAINT vehicle_payload_high ON "vehicle" IS 'at most 100000';

-- after: constraint vehicle.vehicle_bottles_low
ALTER TABLE "vehicle" ADD CONSTRAINT vehicle_bottles_low CHECK ("bottles" >= 0);
COMMENT ON CONSTRAINT vehicle_bottles_low ON "vehicle" IS 'at least 0';

-- after: constraint vehicle.vehicle_bottles_high
ALTER TABLE "vehicle" ADD CONSTRAINT vehicle_bottles_high CHECK ("bottles" <= 5000);
COMMENT ON CONSTRAINT vehicle_bottles_high ON "vehicle" IS 'at most 5000';

-- after: constraint vehicle.vehicle_retired_after_registered
ALTER TABLE "vehicle" ADD CONSTRAINT vehicle_retired_after_registered CHECK (retired_on >= registered_on);
COMMENT ON CONSTRAINT vehicle_retired_after_registered ON "vehicle" IS 'a vehicle retires after it is registered';

-- after: constraint welder.welder_work_choices
ALTER TABLE "welder" ADD CONSTRAINT welder_work_choices CHECK ("work" IN ('fusion', 'pressure', 'brazing', 'other'));
COMMENT ON CONSTRAINT welder_work_choices ON "welder" IS 'one of fusion, pressure, brazing, other';

-- after: constraint welder.welder_valid_after_issue
ALTER TABLE "welder" ADD CONSTRAINT welder_valid_after_issue CHECK (valid_to >= issued_on);
COMMENT ON CONSTRAINT welder_valid_after_issue ON "welder" IS 'a certificate ends after its issue';

-- after: constraint welder.welder_reviewed_within_validity
ALTER TABLE "welder" ADD CONSTRAINT welder_reviewed_within_validity CHECK (review_due_on BETWEEN issued_on AND valid_to);
COMMENT ON CONSTRAINT welder_reviewed_within_validity ON "welder" IS 'a certificate is reviewed while it is valid';

-- after: constraint welding_machine.welding_machine_kind_choices
ALTER TABLE "welding_machine" ADD CONSTRAINT welding_machine_kind_choices CHECK ("kind" IN ('arc', 'argon', 'gas_shielded', 'spot', 'laser', 'gas', 'other'));
COMMENT ON CONSTRAINT welding_machine_kind_choices ON "welding_machine" IS 'one of arc, argon, gas_shielded, spot, laser, gas, other';

-- after: constraint welding_machine.welding_machine_phase_choices
ALTER TABLE "welding_machine" ADD CONSTRAINT welding_machine_phase_choices CHECK ("phase" IN ('in_use', 'idle', 'scrapped'));
COMMENT ON CONSTRAINT welding_machine_phase_choices ON "welding_machine" IS 'one of in_use, idle, scrapped';

-- after: constraint welding_machine.welding_machine_chip_before_its_day
ALTER TABLE "welding_machine" ADD CONSTRAINT welding_machine_chip_before_its_day CHECK (chip_on IS NULL OR chip_no IS NOT NULL);
COMMENT ON CONSTRAINT welding_machine_chip_before_its_day ON "welding_machine" IS 'a fitted chip has a number';

-- after: view patrolled
CREATE OR REPLACE VIEW patrolled AS
SELECT id AS object_id, 'building'::text AS layer, 'house_check'::text AS kind, coalesce("grade", 'A'::text) AS category FROM "building"
UNION ALL
SELECT id AS object_id, 'construction_site'::text AS layer, 'site_check'::text AS kind, coalesce("kind", 'site'::text) AS category FROM "construction_site"
UNION ALL
SELECT id AS object_id, 'gas_facility'::text AS layer, 'facility_check'::text AS kind, "kind" AS category FROM "gas_facility"
UNION ALL
SELECT id AS object_id, 'gas_user'::text AS layer, 'home_check'::text AS kind, "kind" AS category FROM "gas_user"
UNION ALL
SELECT id AS object_id, 'hot_work'::text AS layer, 'hot_work_check'::text AS kind, coalesce("grade", 'unclassed'::text) AS category FROM "hot_work"
UNION ALL
SELECT id AS object_id, 'lpg_station'::text AS layer, 'station_check'::text AS kind, coalesce("kind", 'filling'::text) AS category FROM "lpg_station"
UNION ALL
SELECT id AS object_id, 'special_place'::text AS layer, 'place_check'::text AS kind, "kind" AS category FROM "special_place";

-- after: view place_area
CREATE VIEW place_area AS
SELECT 'town'::text AS level, id, "code" AS code, geom, daterange(NULL, NULL) AS days FROM "town"
UNION ALL
SELECT 'village'::text AS level, id, "code" AS code, geom, daterange(NULL, NULL) AS days FROM "village"
UNION ALL
SELECT 'cell'::text AS level, id, "code" AS code, geom, daterange(valid_from, valid_to, '[]') AS days FROM "grid_cell";

-- after: view placed_object
CREATE VIEW placed_object AS
SELECT id AS object_id, 'building'::text AS layer, spot AS spot, town_id, village_id, cell_id, geom FROM "building"
UNION ALL
SELECT id AS object_id, 'compound'::text AS layer, spot AS spot, town_id, village_id, cell_id, geom FROM "compound"
UNION ALL
SELECT id AS object_id, 'construction_site'::text AS layer, spot AS spot, town_id, village_id, cell_id, geom FROM "construction_site"
UNION ALL
SELECT id AS object_id, 'gas_facility'::text AS layer, geom AS spot, town_id, village_id, cell_id, geom FROM "gas_facility"
UNION ALL
SELECT id AS object_id, 'gas_user'::text AS layer, geom AS spot, town_id, village_id, cell_id, geom FROM "gas_user"
UNION ALL
SELECT id AS object_id, 'hot_work'::text AS layer, geom AS spot, town_id, village_id, cell_id, geom FROM "hot_work"
UNION ALL
SELECT id AS object_id, 'lpg_station'::text AS layer, geom AS spot, town_id, village_id, cell_id, geom FROM "lpg_station"
UNION ALL
SELECT id AS object_id, 'special_place'::text AS layer, geom AS spot, town_id, village_id, cell_id, geom FROM "special_place";

-- after: view measured_line
CREATE VIEW measured_line AS
SELECT id AS object_id, 'gas_pipeline'::text AS layer, geom FROM "gas_pipeline"
UNION ALL
SELECT id AS object_id, 'road'::text AS layer, geom FROM "road";

-- after: function patrol_kinds()
CREATE FUNCTION patrol_kinds() RETURNS TABLE (layer text, kind text)
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp
AS $$ VALUES ('building', 'house_check'), ('construction_site', 'site_check'), ('gas_facility', 'facility_check'), ('gas_user', 'home_check'), ('hot_work', 'hot_work_check'), ('lpg_station', 'station_check'), ('special_place', 'place_check') $$;
REVOKE ALL ON FUNCTION patrol_kinds() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION patrol_kinds() TO wangge_app, wangge_reader;

-- after: function located_layers()
CREATE FUNCTION located_layers() RETURNS TABLE (layer text)
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp
AS $$ VALUES ('building'), ('compound'), ('construction_site'), ('gas_facility'), ('gas_user'), ('hot_work'), ('lpg_station'), ('special_place') $$;
REVOKE ALL ON FUNCTION located_layers() FROM PUBLIC;

-- after: function measured_layers()
CREATE FUNCTION measured_layers() RETURNS TABLE (layer text)
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp
AS $$ VALUES ('gas_pipeline'), ('road') $$;
REVOKE ALL ON FUNCTION measured_layers() FROM PUBLIC;

-- after: function stamp_row()
-- A version begins where the one before it ended, never earlier: also where a transaction that began later was faster, and
-- where an object comes back after its end. Only an id that was drawn before this statement can have a past to look up; a new
-- row with a later id and the default instant does not come here. Where that pushes a version onto a later day, that day is held
-- too (`hold_day`).
CREATE OR REPLACE FUNCTION stamp_row() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    moment CONSTANT timestamptz := recorded_now();
    ended timestamptz;
    day date;
BEGIN
    NEW.recorded_at := moment;
    IF TG_OP = 'INSERT' THEN
        IF NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id) THEN
            EXECUTE format('SELECT recorded_until FROM %I.%I WHERE id = $1 ORDER BY recorded_at DESC LIMIT 1',
                           TG_TABLE_SCHEMA, TG_TABLE_NAME || '_past') INTO ended USING NEW.id;
            NEW.recorded_at := greatest(NEW.recorded_at, ended);
        END IF;
    ELSE
        IF NEW.id <> OLD.id THEN
            RAISE EXCEPTION '%: an object keeps its id, % became %', TG_TABLE_NAME, OLD.id, NEW.id USING ERRCODE = 'check_violation';
        END IF;
        NEW.recorded_at := greatest(NEW.recorded_at, OLD.recorded_at + interval '1 microsecond');
    END IF;
    IF NEW.recorded_at > moment THEN
        day := county_day(NEW.recorded_at);
        IF day <> county_day(moment) THEN
            PERFORM pg_advisory_xact_lock_shared(7716, day - date '2000-01-01');
            IF moment = now() AND county_day(clock_timestamp()) > day THEN
                RAISE EXCEPTION 'the county''s day % ended while this transaction was open: repeat it', day
                    USING ERRCODE = 'serialization_failure';
            END IF;
        END IF;
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION stamp_row() FROM PUBLIC;

-- after: function keep_past()
-- TG_ARGV[0]: the columns. Old versions go to <table>_past with the instant from which they no longer held. `ended_by` tells a
-- version that was the object's last for then: it holds the delivery of `wangge.delivery` that ended it, 0 where none did.
CREATE OR REPLACE FUNCTION keep_past() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    old_columns text := 'o.' || replace(TG_ARGV[0], ', ', ', o.');
BEGIN
    IF TG_OP = 'UPDATE' THEN
        EXECUTE format('INSERT INTO %I.%I (%s, recorded_until) SELECT %s, n.recorded_at FROM old_rows o JOIN new_rows n USING (id)',
                       TG_TABLE_SCHEMA, TG_TABLE_NAME || '_past', TG_ARGV[0], old_columns);
    ELSE
        EXECUTE format('INSERT INTO %I.%I (%s, recorded_until, ended_by) SELECT %s, greatest(recorded_now(), o.recorded_at + interval ''1 microsecond''), $1 FROM old_rows o',
                       TG_TABLE_SCHEMA, TG_TABLE_NAME || '_past', TG_ARGV[0], old_columns)
        USING coalesce(nullif(current_setting('wangge.delivery', true), '')::bigint, 0);
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_past() FROM PUBLIC;

-- after: function status_wanted(bigint[])
-- What the status rows of these objects must be: one per object and rule version of its class that is not withdrawn.
-- Without a setting of its own, so that the planner can write it out in place and sees how many objects are asked for.
CREATE FUNCTION status_wanted(ids bigint[])
RETURNS TABLE (object_id bigint, layer text, rule_version_id bigint, last_done_at timestamptz, last_try_at timestamptz,
               last_try text, notice_at timestamptz, due_at timestamptz)
LANGUAGE sql STABLE
AS $$
    SELECT p.object_id, p.layer, r.id, seen.last_done_at, seen.last_try_at,
           (SELECT max(c.outcome) FROM "check" c
            WHERE c.object_id = p.object_id AND c.seen_at = seen.last_try_at AND c.kind = p.kind AND c.voided_at IS NULL),
           midnight(seen.last_done_at, (r.amount - r.notice_days)::integer + 1, here.zone),
           midnight(seen.last_done_at, r.amount::integer + 1, here.zone)
    FROM unnest(ids) AS asked (id)
    CROSS JOIN (SELECT county_timezone() AS zone OFFSET 0) here  -- asked once, not per row
    JOIN patrolled p ON p.object_id = asked.id
    JOIN rule_version r ON r.subject = p.kind AND r.category = p.category AND r.unit = 'd' AND r.withdrawn_at IS NULL
    LEFT JOIN LATERAL (
        SELECT max(c.seen_at) FILTER (WHERE c.outcome = 'done') AS last_done_at, max(c.seen_at) AS last_try_at
        FROM "check" c
        WHERE c.object_id = p.object_id AND c.kind = p.kind AND c.voided_at IS NULL
    ) seen ON true
$$;
REVOKE ALL ON FUNCTION status_wanted(bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION status_wanted(bigint[]) TO wangge_app;

-- after: function status_rebuild(bigint[])
-- Locks first, then recounts in a statement of its own, so that what committed while it waited is counted. Planned anew each
-- time: what is quick for one object takes hours for a million. (`= ANY (ids)` would be weighed id by id.)
CREATE FUNCTION status_rebuild(ids bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    PERFORM 1 FROM status s WHERE s.object_id IN (SELECT unnest(ids)) ORDER BY s.object_id, s.rule_version_id FOR UPDATE;
    WITH wanted AS MATERIALIZED (
        SELECT * FROM status_wanted(ids)
    ), stale AS (
        DELETE FROM status s
        WHERE s.object_id IN (SELECT unnest(ids))
          AND (s.object_id, s.rule_version_id) NOT IN (SELECT w.object_id, w.rule_version_id FROM wanted w)
    )
    INSERT INTO status (object_id, layer, rule_version_id, last_done_at, last_try_at, last_try, notice_at, due_at)
    SELECT * FROM wanted
    ON CONFLICT (object_id, rule_version_id) DO UPDATE
    SET last_done_at = excluded.last_done_at, last_try_at = excluded.last_try_at, last_try = excluded.last_try,
        notice_at = excluded.notice_at, due_at = excluded.due_at;
END $$;
REVOKE ALL ON FUNCTION status_rebuild(bigint[]) FROM PUBLIC;

-- after: function follow_joined()
-- TG_ARGV: a layer, its field, our key. Rows of the layer that were placed by that field go where the object with that key now
-- lies. The layer is locked first, in a statement of its own, so that rows which a delivery is placing right now are seen. Our
-- writer may have given the places of its own rows (`place_row`); those of the rows that follow are worked out.
CREATE FUNCTION follow_joined() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    moved boolean;
    ids bigint[];
    given text := coalesce(current_setting('wangge.places', true), '');
BEGIN
    -- all rows are looked at (bool_or): for the first one alone (EXISTS) they would be compared each with each
    EXECUTE format('SELECT bool_or(o.%1$I <> n.%1$I OR ST_AsBinary(o.geom) <> ST_AsBinary(n.geom))
                    FROM old_rows o JOIN new_rows n USING (id)', TG_ARGV[2]) INTO moved;
    IF moved IS NOT TRUE THEN
        RETURN NULL;
    END IF;
    EXECUTE format('LOCK TABLE %I IN ROW EXCLUSIVE MODE', TG_ARGV[0]);
    EXECUTE format('SELECT array_agg(held.id) FROM (
                        SELECT j.id FROM %1$I j JOIN new_rows n ON j.%2$I = n.%3$I
                        WHERE j.placed_by = %2$L AND ST_AsBinary(j.geom) <> ST_AsBinary(ST_PointOnSurface(n.geom))
                        ORDER BY j.id FOR UPDATE OF j) held', TG_ARGV[0], TG_ARGV[1], TG_ARGV[2]) INTO ids;
    IF ids IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('wangge.places', '', true);
    EXECUTE format('UPDATE %1$I j SET geom = ST_PointOnSurface(n.geom) FROM new_rows n
                    WHERE j.id = ANY ($1) AND j.%2$I = n.%3$I', TG_ARGV[0], TG_ARGV[1], TG_ARGV[2]) USING ids;
    PERFORM set_config('wangge.places', given, true);
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION follow_joined() FROM PUBLIC;

-- after: function area_at(text, geometry)
-- The area of a level that a spot intersects, the lowest code where several: `within` would leave borders to nobody. Without a
-- setting of its own, so that the planner can write it out in place.
CREATE FUNCTION area_at(wanted text, spot geometry) RETURNS TABLE (id bigint)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT a.id FROM place_area a
    WHERE a.level = wanted AND a.geom && spot AND ST_Intersects(a.geom, spot)
      AND a.days @> (SELECT county_day(recorded_now()))
    ORDER BY a.code, a.id LIMIT 1
$$;
REVOKE ALL ON FUNCTION area_at(text, geometry) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION area_at(text, geometry) TO wangge_app;

-- after: function place_row()
-- A row that is written lies where its shape does, whatever the statement says of its places. Not called for a writer of very
-- many rows who works them out by area and says so by `wangge.places`; `verify_places` then looks whether that is true.
CREATE FUNCTION place_row() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    spot geometry;
BEGIN
    spot := ST_PointOnSurface(NEW.geom);
    NEW.town_id := (SELECT a.id FROM area_at('town', spot) a);
    NEW.village_id := (SELECT a.id FROM area_at('village', spot) a);
    NEW.cell_id := (SELECT a.id FROM area_at('cell', spot) a);
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION place_row() FROM PUBLIC;

-- after: function verify_places()
-- TG_ARGV[0]: the column of the spot. Rows whose places were given are looked at area by area; only those that do not lie well
-- inside what they name are worked out again, one by one.
CREATE FUNCTION verify_places() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    level text;
    wrong bigint;
BEGIN
    IF current_setting('wangge.places', true) IS DISTINCT FROM 'given' THEN
        RETURN NULL;
    END IF;
    FOREACH level IN ARRAY ARRAY['town', 'village', 'cell'] LOOP
        EXECUTE format(
            'SELECT n.id FROM (SELECT id, %2$I, %3$I FROM new_rows ORDER BY %3$I) n
             LEFT JOIN (SELECT * FROM place_area WHERE level = %1$L AND days @> (SELECT county_day(recorded_now()))) a ON a.id = n.%3$I
             WHERE CASE WHEN ST_ContainsProperly(a.geom, n.%2$I) THEN false  -- an AND would be asked the other way round
                   ELSE n.%3$I IS DISTINCT FROM (SELECT f.id FROM area_at(%1$L, n.%2$I) f) END LIMIT 1',
            level, TG_ARGV[0], level || '_id') INTO wrong;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION '%: the % given for object % is not where it lies', TG_TABLE_NAME, level, wrong
                USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION verify_places() FROM PUBLIC;

-- after: function places_rebuild(text, geometry)
-- Places the objects of a layer anew, all or those that may lie `within`; writes only what changed and says how many.
CREATE FUNCTION places_rebuild(wanted text, within geometry) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    moved bigint;
    ids bigint[];
    towns bigint[];
    villages bigint[];
    cells bigint[];
BEGIN
    IF NOT EXISTS (SELECT 1 FROM located_layers() l WHERE l.layer = wanted) THEN
        RAISE EXCEPTION '%: no layer of this name lies in cells', wanted USING ERRCODE = 'undefined_table';
    END IF;
    EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', wanted);
    SELECT array_agg(w.object_id ORDER BY w.object_id), array_agg(w.town ORDER BY w.object_id),
           array_agg(w.village ORDER BY w.object_id), array_agg(w.cell ORDER BY w.object_id)
    INTO ids, towns, villages, cells
    FROM misplaced_objects(wanted, within) w;
    IF ids IS NULL THEN
        RETURN 0;
    END IF;
    EXECUTE format('SELECT count(*) FROM (SELECT 1 FROM %I WHERE id = ANY ($1) ORDER BY id FOR UPDATE) held', wanted)
        INTO moved USING ids;
    PERFORM set_config('wangge.places', 'given', true);
    EXECUTE format('UPDATE %I o SET town_id = w.town, village_id = w.village, cell_id = w.cell
                    FROM unnest($1, $2, $3, $4) AS w (id, town, village, cell) WHERE o.id = w.id', wanted)
        USING ids, towns, villages, cells;
    PERFORM set_config('wangge.places', '', true);
    RETURN cardinality(ids);
END $$;
REVOKE ALL ON FUNCTION places_rebuild(text, geometry) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION places_rebuild(text, geometry) TO wangge_app;

-- after: function misplaced_objects(text, geometry)
-- The objects of a layer, or of all where none is named, whose places are not where they lie, with the places they should have.
-- Expected to be empty. Without a setting of its own, as above.
CREATE FUNCTION misplaced_objects(wanted text, within geometry)
RETURNS TABLE (layer text, object_id bigint, town bigint, village bigint, cell bigint)
LANGUAGE sql STABLE
AS $$
    SELECT p.layer, p.object_id, t.id, v.id, c.id
    FROM placed_object p
    LEFT JOIN LATERAL area_at('town', p.spot) t ON true
    LEFT JOIN LATERAL area_at('village', p.spot) v ON true
    LEFT JOIN LATERAL area_at('cell', p.spot) c ON true
    WHERE (wanted IS NULL OR p.layer = wanted) AND (within IS NULL OR p.geom && within)  -- a spot lies in its shape
      AND (p.town_id IS DISTINCT FROM t.id OR p.village_id IS DISTINCT FROM v.id OR p.cell_id IS DISTINCT FROM c.id)
$$;
REVOKE ALL ON FUNCTION misplaced_objects(text, geometry) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION misplaced_objects(text, geometry) TO wangge_app;

-- after: function line_lengths(bigint[])
-- What the rows of these lines in `line_cell` must be. A line that one cell alone meets and covers lies in it whole; others are
-- cut into their segments, on each of which every cell has intervals, less those of cells with a lower code. What is left
-- lies outside. Segments, not overlays of whole lines: a line that runs back on itself has its length twice.
CREATE FUNCTION line_lengths(ids bigint[])
RETURNS TABLE (object_id bigint, layer text, lies_in bigint, length double precision)
LANGUAGE sql STABLE
AS $$
    WITH asked AS MATERIALIZED (
        SELECT m.object_id, m.layer, m.geom, ST_Length(m.geom) AS length
        FROM measured_line m WHERE ids IS NULL OR m.object_id IN (SELECT unnest(ids))
    ), met AS MATERIALIZED (
        SELECT q.object_id, a.id, a.code, ST_Covers(a.geom, q.geom) AS whole, count(*) OVER (PARTITION BY q.object_id) AS cells
        FROM place_area a JOIN asked q ON a.geom && q.geom AND ST_Intersects(a.geom, q.geom)
        WHERE a.level = 'cell' AND a.days @> (SELECT county_day(recorded_now()))
    ), segment AS MATERIALIZED (
        SELECT q.object_id, row_number() OVER () AS part, s.geom, ST_Length(s.geom) AS length
        FROM asked q CROSS JOIN LATERAL ST_DumpSegments(q.geom) s
        WHERE q.object_id IN (SELECT m.object_id FROM met m WHERE NOT (m.whole AND m.cells = 1)) AND ST_Length(s.geom) > 0
    ), piece AS MATERIALIZED (
        SELECT p.object_id, p.part, p.id, p.code,
               CASE WHEN ST_Covers(a.geom, p.geom) THEN nummultirange(numrange(0, p.length::numeric))
                    WHEN ST_Intersects(a.geom, p.geom) THEN
                   (SELECT range_agg(numrange(least(e.first, e.last), greatest(e.first, e.last)))
                    FROM ST_Dump(ST_Intersection(p.geom, a.geom)) d
                    CROSS JOIN LATERAL (SELECT ST_Distance(ST_StartPoint(p.geom), ST_StartPoint(d.geom))::numeric AS first,
                                               ST_Distance(ST_StartPoint(p.geom), ST_EndPoint(d.geom))::numeric AS last) e
                    WHERE ST_Dimension(d.geom) = 1) END AS there
        FROM (SELECT s.*, m.id, m.code FROM met m JOIN segment s USING (object_id) ORDER BY m.id) p  -- cell by cell
        JOIN place_area a ON a.level = 'cell' AND a.id = p.id
    ), own AS (
        SELECT p.object_id, p.id,
               p.there - coalesce(range_agg(p.there) OVER (PARTITION BY p.part ORDER BY p.code, p.id
                                                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), '{}') AS there
        FROM piece p WHERE p.there IS NOT NULL
    ), inside AS (
        SELECT m.object_id, m.id, q.length FROM met m JOIN asked q USING (object_id) WHERE m.whole AND m.cells = 1
        UNION ALL
        SELECT o.object_id, o.id, sum(upper(r.stretch) - lower(r.stretch))::double precision
        FROM own o CROSS JOIN LATERAL unnest(o.there) AS r (stretch)
        GROUP BY o.object_id, o.id
    ), outside AS (
        SELECT q.object_id, NULL::bigint AS id, q.length - coalesce(sum(i.length), 0) AS length
        FROM asked q LEFT JOIN inside i USING (object_id)
        GROUP BY q.object_id, q.length
    )
    SELECT f.object_id, q.layer, f.id, f.length
    FROM (SELECT * FROM inside WHERE inside.length > 1e-9 UNION ALL SELECT * FROM outside WHERE outside.length > 1e-7) f
    JOIN asked q USING (object_id)
$$;
REVOKE ALL ON FUNCTION line_lengths(bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION line_lengths(bigint[]) TO wangge_app;

-- after: function lengths_rebuild(bigint[])
-- Measures these lines anew, all where none are named; writes only what changed and says how many lines differed.
CREATE FUNCTION lengths_rebuild(ids bigint[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    differing bigint;
BEGIN
    WITH wanted AS MATERIALIZED (
        SELECT * FROM line_lengths(ids)
    ), stored AS (
        SELECT * FROM line_cell l WHERE ids IS NULL OR l.object_id IN (SELECT unnest(ids))
    ), gone AS (
        DELETE FROM line_cell l USING (
            SELECT s.id FROM stored s
            LEFT JOIN wanted w ON w.object_id = s.object_id AND (w.lies_in = s.lies_in
                               OR (coalesce(w.lies_in, s.lies_in) IS NULL AND (w.layer, w.length) = (s.layer, s.length)))
            WHERE w.object_id IS NULL) g
        WHERE l.id = g.id
        RETURNING l.object_id
    ), fresh AS (
        INSERT INTO line_cell (object_id, layer, lies_in, length)
        SELECT w.object_id, w.layer, w.lies_in, w.length FROM wanted w
        LEFT JOIN stored s ON (s.object_id, s.layer, s.length) = (w.object_id, w.layer, w.length)
                          AND s.lies_in IS NOT DISTINCT FROM w.lies_in
        WHERE s.id IS NULL
        ON CONFLICT (object_id, lies_in) DO UPDATE SET layer = excluded.layer, length = excluded.length
        RETURNING object_id
    )
    SELECT count(DISTINCT d.object_id) INTO differing
    FROM (SELECT g.object_id FROM gone g UNION ALL SELECT f.object_id FROM fresh f) d;
    RETURN differing;
END $$;
REVOKE ALL ON FUNCTION lengths_rebuild(bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lengths_rebuild(bigint[]) TO wangge_app;

-- after: function wrong_lengths()
-- The lines whose rows are not what their shape and the cells say, to a micrometre; expected to be empty.
CREATE FUNCTION wrong_lengths() RETURNS TABLE (layer text, object_id bigint)
LANGUAGE sql STABLE
AS $$
    SELECT DISTINCT coalesce(w.layer, s.layer), coalesce(w.object_id, s.object_id)
    FROM line_lengths(NULL) w
    FULL JOIN line_cell s ON w.object_id = s.object_id AND coalesce(w.lies_in, 0) = coalesce(s.lies_in, 0)
    WHERE w.length IS NULL OR s.length IS NULL OR abs(w.length - s.length) > 1e-6 OR w.layer <> s.layer
$$;
REVOKE ALL ON FUNCTION wrong_lengths() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wrong_lengths() TO wangge_app;

-- after: function measure_lines()
CREATE FUNCTION measure_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    ids bigint[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT array_agg(o.id) INTO ids FROM old_rows o JOIN new_rows n USING (id)
        WHERE ST_AsBinary(o.geom) IS DISTINCT FROM ST_AsBinary(n.geom);
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(n.id) INTO ids FROM new_rows n;
    ELSE
        SELECT array_agg(o.id) INTO ids FROM old_rows o;
    END IF;
    IF ids IS NOT NULL THEN
        PERFORM lengths_rebuild(ids);
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION measure_lines() FROM PUBLIC;

-- after: function follow_areas()
-- TG_ARGV[0]: the columns that decide whether and where an area is. What lies in an area that came, moved or went is placed
-- anew, and measured anew where it is a line. The layers are locked first, so that rows which somebody is writing are seen.
CREATE FUNCTION follow_areas() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    name text;
    reach geometry;
    lines bigint[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        EXECUTE format('SELECT ST_Collect(g) FROM (
                            SELECT unnest(ARRAY[o.geom, n.geom]) AS g FROM old_rows o JOIN new_rows n USING (id)
                            WHERE (o.%1$s) IS DISTINCT FROM (n.%2$s)
                               OR ST_AsBinary(o.geom) IS DISTINCT FROM ST_AsBinary(n.geom)) changed',
                       replace(TG_ARGV[0], ', ', ', o.'), replace(TG_ARGV[0], ', ', ', n.')) INTO reach;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT ST_Collect(n.geom) INTO reach FROM new_rows n;
    ELSE
        SELECT ST_Collect(o.geom) INTO reach FROM old_rows o;
    END IF;
    IF reach IS NULL THEN
        RETURN NULL;
    END IF;
    reach := ST_Envelope(reach);
    FOR name IN SELECT l.layer FROM located_layers() l ORDER BY 1 LOOP
        PERFORM places_rebuild(name, reach);
    END LOOP;
    IF TG_ARGV[1] = 'lines' THEN
        FOR name IN SELECT l.layer FROM measured_layers() l ORDER BY 1 LOOP
            EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', name);
        END LOOP;
        SELECT array_agg(m.object_id) INTO lines FROM measured_line m WHERE m.geom && reach;
        IF lines IS NOT NULL THEN
            PERFORM lengths_rebuild(lines);
        END IF;
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION follow_areas() FROM PUBLIC;

-- after: trigger building.building_stamp
CREATE TRIGGER building_stamp BEFORE UPDATE ON "building" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger building.building_stamp_new
CREATE TRIGGER building_stamp_new BEFORE INSERT ON "building" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger building.building_past_of_changed
CREATE TRIGGER building_past_of_changed AFTER UPDATE ON "building" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "name", "address", "use", "grade", "graded_on", "built_year", "floors", "height", "structure", "basement", "self_built", "let_or_business", "vacated", "remedy", "remedied_on", "owner_name", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger building.building_past_of_ended
CREATE TRIGGER building_past_of_ended AFTER DELETE ON "building" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "name", "address", "use", "grade", "graded_on", "built_year", "floors", "height", "structure", "basement", "self_built", "let_or_business", "vacated", "remedy", "remedied_on", "owner_name", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger building.building_leads_gas_user
CREATE TRIGGER building_leads_gas_user AFTER UPDATE ON "building" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION follow_joined('gas_user', 'building_code', 'code');

-- after: trigger building.building_leads_special_place
CREATE TRIGGER building_leads_special_place AFTER UPDATE ON "building" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION follow_joined('special_place', 'building_code', 'code');

-- after: trigger building.building_place
CREATE TRIGGER building_place BEFORE INSERT OR UPDATE OF geom, town_id, village_id, cell_id ON "building" FOR EACH ROW WHEN (current_setting('wangge.places', true) IS DISTINCT FROM 'given') EXECUTE FUNCTION place_row();

-- after: trigger building.building_verify_new
CREATE TRIGGER building_verify_new AFTER INSERT ON "building" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('spot');

-- after: trigger building.building_verify_changed
CREATE TRIGGER building_verify_changed AFTER UPDATE ON "building" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('spot');

-- after: trigger certificate.certificate_hold
CREATE TRIGGER certificate_hold BEFORE INSERT OR UPDATE OR DELETE ON "certificate" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger certificate.certificate_stamp
CREATE TRIGGER certificate_stamp BEFORE UPDATE ON "certificate" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger certificate.certificate_stamp_new
CREATE TRIGGER certificate_stamp_new BEFORE INSERT ON "certificate" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger certificate.certificate_past_of_changed
CREATE TRIGGER certificate_past_of_changed AFTER UPDATE ON "certificate" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "uid", "source", "kind", "number", "holder_layer", "holder_code", "holder_name", "issued_on", "valid_to", "review_due_on", "reviewed_on", "issuer", "revoked_on", "invented", "delivery_id", "recorded_at"');

-- after: trigger certificate.certificate_past_of_ended
CREATE TRIGGER certificate_past_of_ended AFTER DELETE ON "certificate" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "uid", "source", "kind", "number", "holder_layer", "holder_code", "holder_name", "issued_on", "valid_to", "review_due_on", "reviewed_on", "issuer", "revoked_on", "invented", "delivery_id", "recorded_at"');

-- after: trigger compound.compound_hold
CREATE TRIGGER compound_hold BEFORE INSERT OR UPDATE OR DELETE ON "compound" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger compound.compound_stamp
CREATE TRIGGER compound_stamp BEFORE UPDATE ON "compound" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger compound.compound_stamp_new
CREATE TRIGGER compound_stamp_new BEFORE INSERT ON "compound" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger compound.compound_past_of_changed
CREATE TRIGGER compound_past_of_changed AFTER UPDATE ON "compound" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "kind", "address", "built_year", "blocks", "households", "piped", "riser", "outdoors_on", "obstacle", "keeper", "phone", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger compound.compound_past_of_ended
CREATE TRIGGER compound_past_of_ended AFTER DELETE ON "compound" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "kind", "address", "built_year", "blocks", "households", "piped", "riser", "outdoors_on", "obstacle", "keeper", "phone", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger compound.compound_place
CREATE TRIGGER compound_place BEFORE INSERT OR UPDATE OF geom, town_id, village_id, cell_id ON "compound" FOR EACH ROW WHEN (current_setting('wangge.places', true) IS DISTINCT FROM 'given') EXECUTE FUNCTION place_row();

-- after: trigger compound.compound_verify_new
CREATE TRIGGER compound_verify_new AFTER INSERT ON "compound" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('spot');

-- after: trigger compound.compound_verify_changed
CREATE TRIGGER compound_verify_changed AFTER UPDATE ON "compound" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('spot');

-- after: trigger construction_site.construction_site_stamp
CREATE TRIGGER construction_site_stamp BEFORE UPDATE ON "construction_site" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger construction_site.construction_site_stamp_new
CREATE TRIGGER construction_site_stamp_new BEFORE INSERT ON "construction_site" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger construction_site.construction_site_past_of_changed
CREATE TRIGGER construction_site_past_of_changed AFTER UPDATE ON "construction_site" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "kind", "builder", "permit", "enterprise_code", "developer", "supervisor", "manager_name", "phone", "address", "pit_depth", "pile_length", "tunnel_depth", "started_on", "completed_on", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger construction_site.construction_site_past_of_ended
CREATE TRIGGER construction_site_past_of_ended AFTER DELETE ON "construction_site" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "kind", "builder", "permit", "enterprise_code", "developer", "supervisor", "manager_name", "phone", "address", "pit_depth", "pile_length", "tunnel_depth", "started_on", "completed_on", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger construction_site.construction_site_leads_hot_work
CREATE TRIGGER construction_site_leads_hot_work AFTER UPDATE ON "construction_site" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION follow_joined('hot_work', 'site_code', 'code');

-- after: trigger construction_site.construction_site_place
CREATE TRIGGER construction_site_place BEFORE INSERT OR UPDATE OF geom, town_id, village_id, cell_id ON "construction_site" FOR EACH ROW WHEN (current_setting('wangge.places', true) IS DISTINCT FROM 'given') EXECUTE FUNCTION place_row();

-- after: trigger construction_site.construction_site_verify_new
CREATE TRIGGER construction_site_verify_new AFTER INSERT ON "construction_site" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('spot');

-- after: trigger construction_site.construction_site_verify_changed
CREATE TRIGGER construction_site_verify_changed AFTER UPDATE ON "construction_site" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('spot');

-- after: trigger county.county_stamp
CREATE TRIGGER county_stamp BEFORE UPDATE ON "county" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger county.county_stamp_new
CREATE TRIGGER county_stamp_new BEFORE INSERT ON "county" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger craftsman.craftsman_hold
CREATE TRIGGER craftsman_hold BEFORE INSERT OR UPDATE OR DELETE ON "craftsman" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger craftsman.craftsman_stamp
CREATE TRIGGER craftsman_stamp BEFORE UPDATE ON "craftsman" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger craftsman.craftsman_stamp_new
CREATE TRIGGER craftsman_stamp_new BEFORE INSERT ON "craftsman" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger craftsman.craftsman_past_of_changed
CREATE TRIGGER craftsman_past_of_changed AFTER UPDATE ON "craftsman" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "phone", "id_number", "trade", "trained_on", "certificate_no", "valid_to", "team", "struck_on", "struck_reason", "source", "town_id", "village_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger craftsman.craftsman_past_of_ended
CREATE TRIGGER craftsman_past_of_ended AFTER DELETE ON "craftsman" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "phone", "id_number", "trade", "trained_on", "certificate_no", "valid_to", "team", "struck_on", "struck_reason", "source", "town_id", "village_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger enterprise.enterprise_hold
CREATE TRIGGER enterprise_hold BEFORE INSERT OR UPDATE OR DELETE ON "enterprise" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger enterprise.enterprise_stamp
CREATE TRIGGER enterprise_stamp BEFORE UPDATE ON "enterprise" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger enterprise.enterprise_stamp_new
CREATE TRIGGER enterprise_stamp_new BEFORE INSERT ON "enterprise" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger enterprise.enterprise_past_of_changed
CREATE TRIGGER enterprise_past_of_changed AFTER UPDATE ON "enterprise" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "name", "kind", "address", "legal_person", "phone", "licence_no", "licence_to", "employees", "founded_on", "closed_on", "source", "town_id", "village_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger enterprise.enterprise_past_of_ended
CREATE TRIGGER enterprise_past_of_ended AFTER DELETE ON "enterprise" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "code_scheme", "name", "kind", "address", "legal_person", "phone", "licence_no", "licence_to", "employees", "founded_on", "closed_on", "source", "town_id", "village_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger gas_facility.gas_facility_stamp
CREATE TRIGGER gas_facility_stamp BEFORE UPDATE ON "gas_facility" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger gas_facility.gas_facility_stamp_new
CREATE TRIGGER gas_facility_stamp_new BEFORE INSERT ON "gas_facility" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger gas_facility.gas_facility_past_of_changed
CREATE TRIGGER gas_facility_past_of_changed AFTER UPDATE ON "gas_facility" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "kind", "live", "inlet_pressure", "outlet_pressure", "fenced", "indoors", "installed_on", "position_accuracy", "operator", "geom", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger gas_facility.gas_facility_past_of_ended
CREATE TRIGGER gas_facility_past_of_ended AFTER DELETE ON "gas_facility" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "kind", "live", "inlet_pressure", "outlet_pressure", "fenced", "indoors", "installed_on", "position_accuracy", "operator", "geom", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger gas_facility.gas_facility_place
CREATE TRIGGER gas_facility_place BEFORE INSERT OR UPDATE OF geom, town_id, village_id, cell_id ON "gas_facility" FOR EACH ROW WHEN (current_setting('wangge.places', true) IS DISTINCT FROM 'given') EXECUTE FUNCTION place_row();

-- after: trigger gas_facility.gas_facility_verify_new
CREATE TRIGGER gas_facility_verify_new AFTER INSERT ON "gas_facility" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('geom');

-- after: trigger gas_facility.gas_facility_verify_changed
CREATE TRIGGER gas_facility_verify_changed AFTER UPDATE ON "gas_facility" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('geom');

-- after: trigger gas_pipeline.gas_pipeline_stamp
CREATE TRIGGER gas_pipeline_stamp BEFORE UPDATE ON "gas_pipeline" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger gas_pipeline.gas_pipeline_stamp_new
CREATE TRIGGER gas_pipeline_stamp_new BEFORE INSERT ON "gas_pipeline" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger gas_pipeline.gas_pipeline_past_of_changed
CREATE TRIGGER gas_pipeline_past_of_changed AFTER UPDATE ON "gas_pipeline" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "regime", "pressure", "material", "diameter", "phase", "overhead", "laid_on", "depth", "position_accuracy", "operator", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger gas_pipeline.gas_pipeline_past_of_ended
CREATE TRIGGER gas_pipeline_past_of_ended AFTER DELETE ON "gas_pipeline" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "regime", "pressure", "material", "diameter", "phase", "overhead", "laid_on", "depth", "position_accuracy", "operator", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger gas_pipeline.gas_pipeline_measure_new
CREATE TRIGGER gas_pipeline_measure_new AFTER INSERT ON "gas_pipeline" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION measure_lines();

-- after: trigger gas_pipeline.gas_pipeline_measure_changed
CREATE TRIGGER gas_pipeline_measure_changed AFTER UPDATE ON "gas_pipeline" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION measure_lines();

-- after: trigger gas_pipeline.gas_pipeline_measure_ended
CREATE TRIGGER gas_pipeline_measure_ended AFTER DELETE ON "gas_pipeline" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION measure_lines();

-- after: trigger gas_user.gas_user_stamp
CREATE TRIGGER gas_user_stamp BEFORE UPDATE ON "gas_user" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger gas_user.gas_user_stamp_new
CREATE TRIGGER gas_user_stamp_new BEFORE INSERT ON "gas_user" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger gas_user.gas_user_past_of_changed
CREATE TRIGGER gas_user_past_of_changed AFTER UPDATE ON "gas_user" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "kind", "supply", "building_code", "name", "phone", "address", "floor", "hose", "hose_on", "bottles_mass", "alarm", "meter", "consent", "occupancy", "refusal", "riser", "enterprise_code", "supplier", "geom", "placed_by", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger gas_user.gas_user_past_of_ended
CREATE TRIGGER gas_user_past_of_ended AFTER DELETE ON "gas_user" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "kind", "supply", "building_code", "name", "phone", "address", "floor", "hose", "hose_on", "bottles_mass", "alarm", "meter", "consent", "occupancy", "refusal", "riser", "enterprise_code", "supplier", "geom", "placed_by", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger gas_user.gas_user_place
CREATE TRIGGER gas_user_place BEFORE INSERT OR UPDATE OF geom, town_id, village_id, cell_id ON "gas_user" FOR EACH ROW WHEN (current_setting('wangge.places', true) IS DISTINCT FROM 'given') EXECUTE FUNCTION place_row();

-- after: trigger gas_user.gas_user_verify_new
CREATE TRIGGER gas_user_verify_new AFTER INSERT ON "gas_user" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('geom');

-- after: trigger gas_user.gas_user_verify_changed
CREATE TRIGGER gas_user_verify_changed AFTER UPDATE ON "gas_user" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('geom');

-- after: trigger grid_cell.grid_cell_stamp
CREATE TRIGGER grid_cell_stamp BEFORE UPDATE ON "grid_cell" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger grid_cell.grid_cell_stamp_new
CREATE TRIGGER grid_cell_stamp_new BEFORE INSERT ON "grid_cell" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger grid_cell.grid_cell_follow_new
CREATE TRIGGER grid_cell_follow_new AFTER INSERT ON "grid_cell" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION follow_areas('code, valid_from, valid_to', 'lines');

-- after: trigger grid_cell.grid_cell_follow_changed
CREATE TRIGGER grid_cell_follow_changed AFTER UPDATE ON "grid_cell" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION follow_areas('code, valid_from, valid_to', 'lines');

-- after: trigger grid_cell.grid_cell_follow_ended
CREATE TRIGGER grid_cell_follow_ended AFTER DELETE ON "grid_cell" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION follow_areas('code, valid_from, valid_to', 'lines');

-- after: trigger hazard.hazard_hold
CREATE TRIGGER hazard_hold BEFORE INSERT OR UPDATE OR DELETE ON "hazard" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger hazard.hazard_stamp
CREATE TRIGGER hazard_stamp BEFORE UPDATE ON "hazard" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger hazard.hazard_stamp_new
CREATE TRIGGER hazard_stamp_new BEFORE INSERT ON "hazard" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger hazard.hazard_past_of_changed
CREATE TRIGGER hazard_past_of_changed AFTER UPDATE ON "hazard" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "source", "number", "layer", "object_id", "grade", "category", "what", "found_on", "deadline_on", "state", "rectified_on", "rechecked_on", "closed_on", "found_by", "rectified_by", "closed_by", "invented", "delivery_id", "recorded_at"');

-- after: trigger hazard.hazard_past_of_ended
CREATE TRIGGER hazard_past_of_ended AFTER DELETE ON "hazard" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "source", "number", "layer", "object_id", "grade", "category", "what", "found_on", "deadline_on", "state", "rectified_on", "rechecked_on", "closed_on", "found_by", "rectified_by", "closed_by", "invented", "delivery_id", "recorded_at"');

-- after: trigger hot_work.hot_work_hold
CREATE TRIGGER hot_work_hold BEFORE INSERT OR UPDATE OR DELETE ON "hot_work" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger hot_work.hot_work_stamp
CREATE TRIGGER hot_work_stamp BEFORE UPDATE ON "hot_work" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger hot_work.hot_work_stamp_new
CREATE TRIGGER hot_work_stamp_new BEFORE INSERT ON "hot_work" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger hot_work.hot_work_past_of_changed
CREATE TRIGGER hot_work_past_of_changed AFTER UPDATE ON "hot_work" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "kind", "grade", "starts_at", "ends_at", "address", "site_code", "enterprise_code", "welder_code", "machine_code", "approver_name", "guardian_name", "phone", "geom", "placed_by", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger hot_work.hot_work_past_of_ended
CREATE TRIGGER hot_work_past_of_ended AFTER DELETE ON "hot_work" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "kind", "grade", "starts_at", "ends_at", "address", "site_code", "enterprise_code", "welder_code", "machine_code", "approver_name", "guardian_name", "phone", "geom", "placed_by", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger hot_work.hot_work_count_new
CREATE TRIGGER hot_work_count_new AFTER INSERT ON "hot_work" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('grade');

-- after: trigger hot_work.hot_work_count_changed
CREATE TRIGGER hot_work_count_changed AFTER UPDATE ON "hot_work" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('grade');

-- after: trigger hot_work.hot_work_count_ended
CREATE TRIGGER hot_work_count_ended AFTER DELETE ON "hot_work" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('grade');

-- after: trigger hot_work.hot_work_place
CREATE TRIGGER hot_work_place BEFORE INSERT OR UPDATE OF geom, town_id, village_id, cell_id ON "hot_work" FOR EACH ROW WHEN (current_setting('wangge.places', true) IS DISTINCT FROM 'given') EXECUTE FUNCTION place_row();

-- after: trigger hot_work.hot_work_verify_new
CREATE TRIGGER hot_work_verify_new AFTER INSERT ON "hot_work" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('geom');

-- after: trigger hot_work.hot_work_verify_changed
CREATE TRIGGER hot_work_verify_changed AFTER UPDATE ON "hot_work" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('geom');

-- after: trigger lpg_station.lpg_station_hold
CREATE TRIGGER lpg_station_hold BEFORE INSERT OR UPDATE OR DELETE ON "lpg_station" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger lpg_station.lpg_station_stamp
CREATE TRIGGER lpg_station_stamp BEFORE UPDATE ON "lpg_station" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger lpg_station.lpg_station_stamp_new
CREATE TRIGGER lpg_station_stamp_new BEFORE INSERT ON "lpg_station" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger lpg_station.lpg_station_past_of_changed
CREATE TRIGGER lpg_station_past_of_changed AFTER UPDATE ON "lpg_station" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "licence_no", "name", "kind", "grade", "stored", "bottles", "standardised", "enterprise_code", "address", "manager_name", "phone", "position_accuracy", "opened_on", "valid_to", "closed_on", "geom", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger lpg_station.lpg_station_past_of_ended
CREATE TRIGGER lpg_station_past_of_ended AFTER DELETE ON "lpg_station" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "licence_no", "name", "kind", "grade", "stored", "bottles", "standardised", "enterprise_code", "address", "manager_name", "phone", "position_accuracy", "opened_on", "valid_to", "closed_on", "geom", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger lpg_station.lpg_station_count_new
CREATE TRIGGER lpg_station_count_new AFTER INSERT ON "lpg_station" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind');

-- after: trigger lpg_station.lpg_station_count_changed
CREATE TRIGGER lpg_station_count_changed AFTER UPDATE ON "lpg_station" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind');

-- after: trigger lpg_station.lpg_station_count_ended
CREATE TRIGGER lpg_station_count_ended AFTER DELETE ON "lpg_station" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind');

-- after: trigger lpg_station.lpg_station_place
CREATE TRIGGER lpg_station_place BEFORE INSERT OR UPDATE OF geom, town_id, village_id, cell_id ON "lpg_station" FOR EACH ROW WHEN (current_setting('wangge.places', true) IS DISTINCT FROM 'given') EXECUTE FUNCTION place_row();

-- after: trigger lpg_station.lpg_station_verify_new
CREATE TRIGGER lpg_station_verify_new AFTER INSERT ON "lpg_station" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('geom');

-- after: trigger lpg_station.lpg_station_verify_changed
CREATE TRIGGER lpg_station_verify_changed AFTER UPDATE ON "lpg_station" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('geom');

-- after: trigger place_code.place_code_hold
CREATE TRIGGER place_code_hold BEFORE INSERT OR UPDATE OR DELETE ON "place_code" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger place_code.place_code_stamp
CREATE TRIGGER place_code_stamp BEFORE UPDATE ON "place_code" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger place_code.place_code_stamp_new
CREATE TRIGGER place_code_stamp_new BEFORE INSERT ON "place_code" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger place_code.place_code_past_of_changed
CREATE TRIGGER place_code_past_of_changed AFTER UPDATE ON "place_code" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "place", "scheme", "level", "code", "name", "town_code", "stands_for", "invented", "delivery_id", "recorded_at"');

-- after: trigger place_code.place_code_past_of_ended
CREATE TRIGGER place_code_past_of_ended AFTER DELETE ON "place_code" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "place", "scheme", "level", "code", "name", "town_code", "stands_for", "invented", "delivery_id", "recorded_at"');

-- after: trigger road.road_stamp
CREATE TRIGGER road_stamp BEFORE UPDATE ON "road" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger road.road_stamp_new
CREATE TRIGGER road_stamp_new BEFORE INSERT ON "road" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger road.road_past_of_changed
CREATE TRIGGER road_past_of_changed AFTER UPDATE ON "road" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "road_class", "surface", "width", "bridge", "tunnel", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger road.road_past_of_ended
CREATE TRIGGER road_past_of_ended AFTER DELETE ON "road" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "road_class", "surface", "width", "bridge", "tunnel", "geom", "invented", "delivery_id", "recorded_at"');

-- after: trigger road.road_measure_new
CREATE TRIGGER road_measure_new AFTER INSERT ON "road" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION measure_lines();

-- after: trigger road.road_measure_changed
CREATE TRIGGER road_measure_changed AFTER UPDATE ON "road" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION measure_lines();

-- after: trigger road.road_measure_ended
CREATE TRIGGER road_measure_ended AFTER DELETE ON "road" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION measure_lines();

-- after: trigger special_place.special_place_hold
CREATE TRIGGER special_place_hold BEFORE INSERT OR UPDATE OR DELETE ON "special_place" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger special_place.special_place_stamp
CREATE TRIGGER special_place_stamp BEFORE UPDATE ON "special_place" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger special_place.special_place_stamp_new
CREATE TRIGGER special_place_stamp_new BEFORE INSERT ON "special_place" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger special_place.special_place_past_of_changed
CREATE TRIGGER special_place_past_of_changed AFTER UPDATE ON "special_place" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "kind", "address", "building_code", "enterprise_code", "floor_area", "people", "sleepers", "below_ground", "gas", "manager_name", "phone", "geom", "placed_by", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger special_place.special_place_past_of_ended
CREATE TRIGGER special_place_past_of_ended AFTER DELETE ON "special_place" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "kind", "address", "building_code", "enterprise_code", "floor_area", "people", "sleepers", "below_ground", "gas", "manager_name", "phone", "geom", "placed_by", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger special_place.special_place_count_new
CREATE TRIGGER special_place_count_new AFTER INSERT ON "special_place" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind');

-- after: trigger special_place.special_place_count_changed
CREATE TRIGGER special_place_count_changed AFTER UPDATE ON "special_place" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind');

-- after: trigger special_place.special_place_count_ended
CREATE TRIGGER special_place_count_ended AFTER DELETE ON "special_place" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_objects('kind');

-- after: trigger special_place.special_place_place
CREATE TRIGGER special_place_place BEFORE INSERT OR UPDATE OF geom, town_id, village_id, cell_id ON "special_place" FOR EACH ROW WHEN (current_setting('wangge.places', true) IS DISTINCT FROM 'given') EXECUTE FUNCTION place_row();

-- after: trigger special_place.special_place_verify_new
CREATE TRIGGER special_place_verify_new AFTER INSERT ON "special_place" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('geom');

-- after: trigger special_place.special_place_verify_changed
CREATE TRIGGER special_place_verify_changed AFTER UPDATE ON "special_place" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION verify_places('geom');

-- after: trigger town.town_stamp
CREATE TRIGGER town_stamp BEFORE UPDATE ON "town" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger town.town_stamp_new
CREATE TRIGGER town_stamp_new BEFORE INSERT ON "town" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger town.town_follow_new
CREATE TRIGGER town_follow_new AFTER INSERT ON "town" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION follow_areas('code', '');

-- after: trigger town.town_follow_changed
CREATE TRIGGER town_follow_changed AFTER UPDATE ON "town" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION follow_areas('code', '');

-- after: trigger town.town_follow_ended
CREATE TRIGGER town_follow_ended AFTER DELETE ON "town" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION follow_areas('code', '');

-- after: trigger vehicle.vehicle_hold
CREATE TRIGGER vehicle_hold BEFORE INSERT OR UPDATE OR DELETE ON "vehicle" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger vehicle.vehicle_stamp
CREATE TRIGGER vehicle_stamp BEFORE UPDATE ON "vehicle" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger vehicle.vehicle_stamp_new
CREATE TRIGGER vehicle_stamp_new BEFORE INSERT ON "vehicle" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger vehicle.vehicle_past_of_changed
CREATE TRIGGER vehicle_past_of_changed AFTER UPDATE ON "vehicle" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "plate", "kind", "uniform", "tracked", "payload", "bottles", "permit_no", "inspected_to", "enterprise_code", "station_no", "driver_name", "phone", "registered_on", "retired_on", "invented", "delivery_id", "recorded_at"');

-- after: trigger vehicle.vehicle_past_of_ended
CREATE TRIGGER vehicle_past_of_ended AFTER DELETE ON "vehicle" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "plate", "kind", "uniform", "tracked", "payload", "bottles", "permit_no", "inspected_to", "enterprise_code", "station_no", "driver_name", "phone", "registered_on", "retired_on", "invented", "delivery_id", "recorded_at"');

-- after: trigger village.village_stamp
CREATE TRIGGER village_stamp BEFORE UPDATE ON "village" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger village.village_stamp_new
CREATE TRIGGER village_stamp_new BEFORE INSERT ON "village" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger village.village_follow_new
CREATE TRIGGER village_follow_new AFTER INSERT ON "village" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION follow_areas('code', '');

-- after: trigger village.village_follow_changed
CREATE TRIGGER village_follow_changed AFTER UPDATE ON "village" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION follow_areas('code', '');

-- after: trigger village.village_follow_ended
CREATE TRIGGER village_follow_ended AFTER DELETE ON "village" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION follow_areas('code', '');

-- after: trigger water.water_stamp
CREATE TRIGGER water_stamp BEFORE UPDATE ON "water" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger water.water_stamp_new
CREATE TRIGGER water_stamp_new BEFORE INSERT ON "water" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger welder.welder_hold
CREATE TRIGGER welder_hold BEFORE INSERT OR UPDATE OR DELETE ON "welder" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger welder.welder_stamp
CREATE TRIGGER welder_stamp BEFORE UPDATE ON "welder" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger welder.welder_stamp_new
CREATE TRIGGER welder_stamp_new BEFORE INSERT ON "welder" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger welder.welder_past_of_changed
CREATE TRIGGER welder_past_of_changed AFTER UPDATE ON "welder" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "phone", "id_number", "certificate_no", "work", "issued_on", "review_due_on", "valid_to", "issuer", "enterprise_code", "employer", "source", "town_id", "village_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger welder.welder_past_of_ended
CREATE TRIGGER welder_past_of_ended AFTER DELETE ON "welder" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "name", "phone", "id_number", "certificate_no", "work", "issued_on", "review_due_on", "valid_to", "issuer", "enterprise_code", "employer", "source", "town_id", "village_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger welding_machine.welding_machine_hold
CREATE TRIGGER welding_machine_hold BEFORE INSERT OR UPDATE OR DELETE ON "welding_machine" FOR EACH STATEMENT EXECUTE FUNCTION hold_day('together');

-- after: trigger welding_machine.welding_machine_stamp
CREATE TRIGGER welding_machine_stamp BEFORE UPDATE ON "welding_machine" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger welding_machine.welding_machine_stamp_new
CREATE TRIGGER welding_machine_stamp_new BEFORE INSERT ON "welding_machine" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: trigger welding_machine.welding_machine_past_of_changed
CREATE TRIGGER welding_machine_past_of_changed AFTER UPDATE ON "welding_machine" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "chip_no", "chip_on", "kind", "model", "maker", "serial_no", "phase", "enterprise_code", "owner_name", "phone", "address", "town_id", "village_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger welding_machine.welding_machine_past_of_ended
CREATE TRIGGER welding_machine_past_of_ended AFTER DELETE ON "welding_machine" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_past('"id", "code", "chip_no", "chip_on", "kind", "model", "maker", "serial_no", "phase", "enterprise_code", "owner_name", "phone", "address", "town_id", "village_id", "invented", "delivery_id", "recorded_at"');

-- after: trigger worker.worker_stamp
CREATE TRIGGER worker_stamp BEFORE UPDATE ON "worker" FOR EACH ROW EXECUTE FUNCTION stamp_row();

-- after: trigger worker.worker_stamp_new
CREATE TRIGGER worker_stamp_new BEFORE INSERT ON "worker" FOR EACH ROW WHEN (NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> '' OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)) EXECUTE FUNCTION stamp_row();

-- after: grants building
GRANT SELECT, INSERT, UPDATE, DELETE ON "building" TO wangge_app;
GRANT SELECT ("id", "code", "code_scheme", "name", "use", "grade", "graded_on", "built_year", "floors", "height", "structure", "basement", "self_built", "let_or_business", "vacated", "remedy", "remedied_on", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at") ON "building" TO wangge_reader;

-- after: grants building_past
GRANT SELECT ON "building_past" TO wangge_app;
GRANT SELECT ("id", "code", "code_scheme", "name", "use", "grade", "graded_on", "built_year", "floors", "height", "structure", "basement", "self_built", "let_or_business", "vacated", "remedy", "remedied_on", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "building_past" TO wangge_reader;

-- after: grants certificate
GRANT SELECT, INSERT, UPDATE, DELETE ON "certificate" TO wangge_app;
GRANT SELECT ("id", "uid", "source", "kind", "holder_layer", "holder_code", "issued_on", "valid_to", "review_due_on", "reviewed_on", "issuer", "revoked_on", "invented", "delivery_id", "recorded_at") ON "certificate" TO wangge_reader;

-- after: grants certificate_past
GRANT SELECT ON "certificate_past" TO wangge_app;
GRANT SELECT ("id", "uid", "source", "kind", "holder_layer", "holder_code", "issued_on", "valid_to", "review_due_on", "reviewed_on", "issuer", "revoked_on", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "certificate_past" TO wangge_reader;

-- after: grants check
GRANT SELECT, INSERT, UPDATE ("voided_at", "void_reason") ON "check" TO wangge_app;
GRANT SELECT ("id", "uid", "layer", "object_id", "kind", "outcome", "seen_at", "seen_precision", "worker_code", "source", "number", "synthetic", "voided_at", "void_reason", "delivery_id", "recorded_at") ON "check" TO wangge_reader;

-- after: grants compound
GRANT SELECT, INSERT, UPDATE, DELETE ON "compound" TO wangge_app;
GRANT SELECT ("id", "code", "name", "kind", "address", "built_year", "blocks", "households", "piped", "riser", "outdoors_on", "obstacle", "keeper", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at") ON "compound" TO wangge_reader;

-- after: grants compound_past
GRANT SELECT ON "compound_past" TO wangge_app;
GRANT SELECT ("id", "code", "name", "kind", "address", "built_year", "blocks", "households", "piped", "riser", "outdoors_on", "obstacle", "keeper", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "compound_past" TO wangge_reader;

-- after: grants construction_site
GRANT SELECT, INSERT, UPDATE, DELETE ON "construction_site" TO wangge_app;
GRANT SELECT ("id", "code", "name", "kind", "builder", "permit", "enterprise_code", "developer", "supervisor", "address", "pit_depth", "pile_length", "tunnel_depth", "started_on", "completed_on", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at") ON "construction_site" TO wangge_reader;

-- after: grants construction_site_past
GRANT SELECT ON "construction_site_past" TO wangge_app;
GRANT SELECT ("id", "code", "name", "kind", "builder", "permit", "enterprise_code", "developer", "supervisor", "address", "pit_depth", "pile_length", "tunnel_depth", "started_on", "completed_on", "geom", "spot", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "construction_site_past" TO wangge_reader;

-- after: grants craftsman
GRANT SELECT, INSERT, UPDATE, DELETE ON "craftsman" TO wangge_app;
GRANT SELECT ("id", "code", "trade", "trained_on", "valid_to", "team", "struck_on", "struck_reason", "source", "town_id", "village_id", "invented", "delivery_id", "recorded_at") ON "craftsman" TO wangge_reader;

-- after: grants craftsman_past
GRANT SELECT ON "craftsman_past" TO wangge_app;
GRANT SELECT ("id", "code", "trade", "trained_on", "valid_to", "team", "struck_on", "struck_reason", "source", "town_id", "village_id", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "craftsman_past" TO wangge_reader;

-- after: grants enterprise
GRANT SELECT, INSERT, UPDATE, DELETE ON "enterprise" TO wangge_app;
GRANT SELECT ("id", "code", "code_scheme", "name", "kind", "address", "licence_no", "licence_to", "employees", "founded_on", "closed_on", "source", "town_id", "village_id", "invented", "delivery_id", "recorded_at") ON "enterprise" TO wangge_reader;

-- after: grants enterprise_past
GRANT SELECT ON "enterprise_past" TO wangge_app;
GRANT SELECT ("id", "code", "code_scheme", "name", "kind", "address", "licence_no", "licence_to", "employees", "founded_on", "closed_on", "source", "town_id", "village_id", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "enterprise_past" TO wangge_reader;

-- after: grants gas_user
GRANT SELECT, INSERT, UPDATE, DELETE ON "gas_user" TO wangge_app;
GRANT SELECT ("id", "code", "kind", "supply", "building_code", "floor", "hose", "hose_on", "bottles_mass", "alarm", "meter", "consent", "occupancy", "refusal", "riser", "enterprise_code", "supplier", "geom", "placed_by", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at") ON "gas_user" TO wangge_reader;

-- after: grants gas_user_past
GRANT SELECT ON "gas_user_past" TO wangge_app;
GRANT SELECT ("id", "code", "kind", "supply", "building_code", "floor", "hose", "hose_on", "bottles_mass", "alarm", "meter", "consent", "occupancy", "refusal", "riser", "enterprise_code", "supplier", "geom", "placed_by", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "gas_user_past" TO wangge_reader;

-- after: grants hazard
GRANT SELECT, INSERT, UPDATE, DELETE ON "hazard" TO wangge_app;
GRANT SELECT ("id", "code", "source", "number", "layer", "object_id", "grade", "category", "found_on", "deadline_on", "state", "rectified_on", "rechecked_on", "closed_on", "invented", "delivery_id", "recorded_at") ON "hazard" TO wangge_reader;

-- after: grants hazard_past
GRANT SELECT ON "hazard_past" TO wangge_app;
GRANT SELECT ("id", "code", "source", "number", "layer", "object_id", "grade", "category", "found_on", "deadline_on", "state", "rectified_on", "rechecked_on", "closed_on", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "hazard_past" TO wangge_reader;

-- after: grants hot_work
GRANT SELECT, INSERT, UPDATE, DELETE ON "hot_work" TO wangge_app;
GRANT SELECT ("id", "code", "name", "kind", "grade", "starts_at", "ends_at", "address", "site_code", "enterprise_code", "welder_code", "machine_code", "geom", "placed_by", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at") ON "hot_work" TO wangge_reader;

-- after: grants hot_work_past
GRANT SELECT ON "hot_work_past" TO wangge_app;
GRANT SELECT ("id", "code", "name", "kind", "grade", "starts_at", "ends_at", "address", "site_code", "enterprise_code", "welder_code", "machine_code", "geom", "placed_by", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "hot_work_past" TO wangge_reader;

-- after: grants line_cell
GRANT SELECT ON "line_cell" TO wangge_app;
GRANT SELECT ON "line_cell" TO wangge_reader;

-- after: grants lpg_station
GRANT SELECT, INSERT, UPDATE, DELETE ON "lpg_station" TO wangge_app;
GRANT SELECT ("id", "licence_no", "name", "kind", "grade", "stored", "bottles", "standardised", "enterprise_code", "address", "position_accuracy", "opened_on", "valid_to", "closed_on", "geom", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at") ON "lpg_station" TO wangge_reader;

-- after: grants lpg_station_past
GRANT SELECT ON "lpg_station_past" TO wangge_app;
GRANT SELECT ("id", "licence_no", "name", "kind", "grade", "stored", "bottles", "standardised", "enterprise_code", "address", "position_accuracy", "opened_on", "valid_to", "closed_on", "geom", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "lpg_station_past" TO wangge_reader;

-- after: grants place_code
GRANT SELECT, INSERT, UPDATE, DELETE ON "place_code" TO wangge_app;
GRANT SELECT ON "place_code" TO wangge_reader;

-- after: grants place_code_past
GRANT SELECT ON "place_code_past" TO wangge_app;
GRANT SELECT ON "place_code_past" TO wangge_reader;

-- after: grants special_place
GRANT SELECT, INSERT, UPDATE, DELETE ON "special_place" TO wangge_app;
GRANT SELECT ("id", "code", "name", "kind", "address", "building_code", "enterprise_code", "floor_area", "people", "sleepers", "below_ground", "gas", "geom", "placed_by", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at") ON "special_place" TO wangge_reader;

-- after: grants special_place_past
GRANT SELECT ON "special_place_past" TO wangge_app;
GRANT SELECT ("id", "code", "name", "kind", "address", "building_code", "enterprise_code", "floor_area", "people", "sleepers", "below_ground", "gas", "geom", "placed_by", "town_id", "village_id", "cell_id", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "special_place_past" TO wangge_reader;

-- after: grants vehicle
GRANT SELECT, INSERT, UPDATE, DELETE ON "vehicle" TO wangge_app;
GRANT SELECT ("id", "plate", "kind", "uniform", "tracked", "payload", "bottles", "permit_no", "inspected_to", "enterprise_code", "station_no", "registered_on", "retired_on", "invented", "delivery_id", "recorded_at") ON "vehicle" TO wangge_reader;

-- after: grants vehicle_past
GRANT SELECT ON "vehicle_past" TO wangge_app;
GRANT SELECT ("id", "plate", "kind", "uniform", "tracked", "payload", "bottles", "permit_no", "inspected_to", "enterprise_code", "station_no", "registered_on", "retired_on", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "vehicle_past" TO wangge_reader;

-- after: grants welder
GRANT SELECT, INSERT, UPDATE, DELETE ON "welder" TO wangge_app;
GRANT SELECT ("id", "code", "work", "issued_on", "review_due_on", "valid_to", "issuer", "enterprise_code", "employer", "source", "town_id", "village_id", "invented", "delivery_id", "recorded_at") ON "welder" TO wangge_reader;

-- after: grants welder_past
GRANT SELECT ON "welder_past" TO wangge_app;
GRANT SELECT ("id", "code", "work", "issued_on", "review_due_on", "valid_to", "issuer", "enterprise_code", "employer", "source", "town_id", "village_id", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "welder_past" TO wangge_reader;

-- after: grants welding_machine
GRANT SELECT, INSERT, UPDATE, DELETE ON "welding_machine" TO wangge_app;
GRANT SELECT ("id", "code", "chip_no", "chip_on", "kind", "model", "maker", "serial_no", "phase", "enterprise_code", "address", "town_id", "village_id", "invented", "delivery_id", "recorded_at") ON "welding_machine" TO wangge_reader;

-- after: grants welding_machine_past
GRANT SELECT ON "welding_machine_past" TO wangge_app;
GRANT SELECT ("id", "code", "chip_no", "chip_on", "kind", "model", "maker", "serial_no", "phase", "enterprise_code", "address", "town_id", "village_id", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "welding_machine_past" TO wangge_reader;

-- after: grants worker_past
GRANT SELECT ON "worker_past" TO wangge_app;
GRANT SELECT ("id", "code", "town_code", "share", "from_on", "to_on", "invented", "delivery_id", "recorded_at", "recorded_until", "ended_by") ON "worker_past" TO wangge_reader;

-- after: grants place_area
GRANT SELECT ON place_area TO wangge_app, wangge_reader;

-- after: grants placed_object
GRANT SELECT ON placed_object TO wangge_app, wangge_reader;

-- after: grants measured_line
GRANT SELECT ON measured_line TO wangge_app, wangge_reader;

-- after: values gas_facility.inlet_pressure
UPDATE "gas_facility" SET "inlet_pressure" = CASE "inlet_pressure" WHEN '低压' THEN 'low' WHEN 'Low' THEN 'low' WHEN '低压管' THEN 'low' WHEN '低压管道' THEN 'low' WHEN '中压' THEN 'medium' WHEN 'Medium' THEN 'medium' WHEN '中压管' THEN 'medium' WHEN '中压管道' THEN 'medium' WHEN '中压B' THEN 'medium_b' WHEN 'Medium B' THEN 'medium_b' WHEN '中B' THEN 'medium_b' WHEN '中压B级' THEN 'medium_b' WHEN '中压 B' THEN 'medium_b' WHEN '中压A' THEN 'medium_a' WHEN 'Medium A' THEN 'medium_a' WHEN '中A' THEN 'medium_a' WHEN '中压A级' THEN 'medium_a' WHEN '中压 A' THEN 'medium_a' WHEN '次高压' THEN 'sub_high' WHEN 'Sub-high' THEN 'sub_high' WHEN '次高压管' THEN 'sub_high' WHEN '次高压管道' THEN 'sub_high' WHEN '次高压B' THEN 'sub_high_b' WHEN 'Sub-high B' THEN 'sub_high_b' WHEN '次高B' THEN 'sub_high_b' WHEN '次高压B级' THEN 'sub_high_b' WHEN '次高压 B' THEN 'sub_high_b' WHEN '次高压A' THEN 'sub_high_a' WHEN 'Sub-high A' THEN 'sub_high_a' WHEN '次高A' THEN 'sub_high_a' WHEN '次高压A级' THEN 'sub_high_a' WHEN '次高压 A' THEN 'sub_high_a' WHEN '高压' THEN 'high' WHEN 'High' THEN 'high' WHEN '高压管' THEN 'high' WHEN '高压管道' THEN 'high' WHEN '高压B' THEN 'high_b' WHEN 'High B' THEN 'high_b' WHEN '高B' THEN 'high_b' WHEN '高压B级' THEN 'high_b' WHEN '高压 B' THEN 'high_b' WHEN '高压A' THEN 'high_a' WHEN 'High A' THEN 'high_a' WHEN '高A' THEN 'high_a' WHEN '高压A级' THEN 'high_a' WHEN '高压 A' THEN 'high_a' WHEN '超高压' THEN 'ultra_high' WHEN 'Ultra-high' THEN 'ultra_high' WHEN '超高压管道' THEN 'ultra_high' ELSE NULL END
WHERE "inlet_pressure" NOT IN ('low', 'medium', 'medium_b', 'medium_a', 'sub_high', 'sub_high_b', 'sub_high_a', 'high', 'high_b', 'high_a', 'ultra_high');

-- after: constraint gas_facility.gas_facility_inlet_pressure_choices
ALTER TABLE "gas_facility" ADD CONSTRAINT gas_facility_inlet_pressure_choices CHECK ("inlet_pressure" IN ('low', 'medium', 'medium_b', 'medium_a', 'sub_high', 'sub_high_b', 'sub_high_a', 'high', 'high_b', 'high_a', 'ultra_high'));
COMMENT ON CONSTRAINT gas_facility_inlet_pressure_choices ON "gas_facility" IS 'one of low, medium, medium_b, medium_a, sub_high, sub_high_b, sub_high_a, high, high_b, high_a, ultra_high';

-- after: values gas_facility.outlet_pressure
UPDATE "gas_facility" SET "outlet_pressure" = CASE "outlet_pressure" WHEN '低压' THEN 'low' WHEN 'Low' THEN 'low' WHEN '低压管' THEN 'low' WHEN '低压管道' THEN 'low' WHEN '中压' THEN 'medium' WHEN 'Medium' THEN 'medium' WHEN '中压管' THEN 'medium' WHEN '中压管道' THEN 'medium' WHEN '中压B' THEN 'medium_b' WHEN 'Medium B' THEN 'medium_b' WHEN '中B' THEN 'medium_b' WHEN '中压B级' THEN 'medium_b' WHEN '中压 B' THEN 'medium_b' WHEN '中压A' THEN 'medium_a' WHEN 'Medium A' THEN 'medium_a' WHEN '中A' THEN 'medium_a' WHEN '中压A级' THEN 'medium_a' WHEN '中压 A' THEN 'medium_a' WHEN '次高压' THEN 'sub_high' WHEN 'Sub-high' THEN 'sub_high' WHEN '次高压管' THEN 'sub_high' WHEN '次高压管道' THEN 'sub_high' WHEN '次高压B' THEN 'sub_high_b' WHEN 'Sub-high B' THEN 'sub_high_b' WHEN '次高B' THEN 'sub_high_b' WHEN '次高压B级' THEN 'sub_high_b' WHEN '次高压 B' THEN 'sub_high_b' WHEN '次高压A' THEN 'sub_high_a' WHEN 'Sub-high A' THEN 'sub_high_a' WHEN '次高A' THEN 'sub_high_a' WHEN '次高压A级' THEN 'sub_high_a' WHEN '次高压 A' THEN 'sub_high_a' WHEN '高压' THEN 'high' WHEN 'High' THEN 'high' WHEN '高压管' THEN 'high' WHEN '高压管道' THEN 'high' WHEN '高压B' THEN 'high_b' WHEN 'High B' THEN 'high_b' WHEN '高B' THEN 'high_b' WHEN '高压B级' THEN 'high_b' WHEN '高压 B' THEN 'high_b' WHEN '高压A' THEN 'high_a' WHEN 'High A' THEN 'high_a' WHEN '高A' THEN 'high_a' WHEN '高压A级' THEN 'high_a' WHEN '高压 A' THEN 'high_a' WHEN '超高压' THEN 'ultra_high' WHEN 'Ultra-high' THEN 'ultra_high' WHEN '超高压管道' THEN 'ultra_high' ELSE NULL END
WHERE "outlet_pressure" NOT IN ('low', 'medium', 'medium_b', 'medium_a', 'sub_high', 'sub_high_b', 'sub_high_a', 'high', 'high_b', 'high_a', 'ultra_high');

-- after: constraint gas_facility.gas_facility_outlet_pressure_choices
ALTER TABLE "gas_facility" ADD CONSTRAINT gas_facility_outlet_pressure_choices CHECK ("outlet_pressure" IN ('low', 'medium', 'medium_b', 'medium_a', 'sub_high', 'sub_high_b', 'sub_high_a', 'high', 'high_b', 'high_a', 'ultra_high'));
COMMENT ON CONSTRAINT gas_facility_outlet_pressure_choices ON "gas_facility" IS 'one of low, medium, medium_b, medium_a, sub_high, sub_high_b, sub_high_a, high, high_b, high_a, ultra_high';

-- after: values gas_pipeline.pressure
UPDATE "gas_pipeline" SET "pressure" = CASE "pressure" WHEN '低压' THEN 'low' WHEN 'Low' THEN 'low' WHEN '低压管' THEN 'low' WHEN '低压管道' THEN 'low' WHEN '中压' THEN 'medium' WHEN 'Medium' THEN 'medium' WHEN '中压管' THEN 'medium' WHEN '中压管道' THEN 'medium' WHEN '中压B' THEN 'medium_b' WHEN 'Medium B' THEN 'medium_b' WHEN '中B' THEN 'medium_b' WHEN '中压B级' THEN 'medium_b' WHEN '中压 B' THEN 'medium_b' WHEN '中压A' THEN 'medium_a' WHEN 'Medium A' THEN 'medium_a' WHEN '中A' THEN 'medium_a' WHEN '中压A级' THEN 'medium_a' WHEN '中压 A' THEN 'medium_a' WHEN '次高压' THEN 'sub_high' WHEN 'Sub-high' THEN 'sub_high' WHEN '次高压管' THEN 'sub_high' WHEN '次高压管道' THEN 'sub_high' WHEN '次高压B' THEN 'sub_high_b' WHEN 'Sub-high B' THEN 'sub_high_b' WHEN '次高B' THEN 'sub_high_b' WHEN '次高压B级' THEN 'sub_high_b' WHEN '次高压 B' THEN 'sub_high_b' WHEN '次高压A' THEN 'sub_high_a' WHEN 'Sub-high A' THEN 'sub_high_a' WHEN '次高A' THEN 'sub_high_a' WHEN '次高压A级' THEN 'sub_high_a' WHEN '次高压 A' THEN 'sub_high_a' WHEN '高压' THEN 'high' WHEN 'High' THEN 'high' WHEN '高压管' THEN 'high' WHEN '高压管道' THEN 'high' WHEN '高压B' THEN 'high_b' WHEN 'High B' THEN 'high_b' WHEN '高B' THEN 'high_b' WHEN '高压B级' THEN 'high_b' WHEN '高压 B' THEN 'high_b' WHEN '高压A' THEN 'high_a' WHEN 'High A' THEN 'high_a' WHEN '高A' THEN 'high_a' WHEN '高压A级' THEN 'high_a' WHEN '高压 A' THEN 'high_a' WHEN '超高压' THEN 'ultra_high' WHEN 'Ultra-high' THEN 'ultra_high' WHEN '超高压管道' THEN 'ultra_high' ELSE NULL END
WHERE "pressure" NOT IN ('low', 'medium', 'medium_b', 'medium_a', 'sub_high', 'sub_high_b', 'sub_high_a', 'high', 'high_b', 'high_a', 'ultra_high');

-- after: constraint gas_pipeline.gas_pipeline_pressure_choices
ALTER TABLE "gas_pipeline" ADD CONSTRAINT gas_pipeline_pressure_choices CHECK ("pressure" IN ('low', 'medium', 'medium_b', 'medium_a', 'sub_high', 'sub_high_b', 'sub_high_a', 'high', 'high_b', 'high_a', 'ultra_high'));
COMMENT ON CONSTRAINT gas_pipeline_pressure_choices ON "gas_pipeline" IS 'one of low, medium, medium_b, medium_a, sub_high, sub_high_b, sub_high_a, high, high_b, high_a, ultra_high';

-- after: values road.surface
UPDATE "road" SET "surface" = CASE "surface" WHEN '沥青' THEN 'asphalt' WHEN 'Asphalt' THEN 'asphalt' WHEN '柏油' THEN 'asphalt' WHEN '沥青混凝土' THEN 'asphalt' WHEN '水泥' THEN 'concrete' WHEN 'Concrete' THEN 'concrete' WHEN '混凝土' THEN 'concrete' WHEN '水泥混凝土' THEN 'concrete' WHEN 'concrete:plates' THEN 'concrete' WHEN 'concrete:lanes' THEN 'concrete' WHEN '砖石铺装' THEN 'paving' WHEN 'Paving' THEN 'paving' WHEN 'paving_stones' THEN 'paving' WHEN 'sett' THEN 'paving' WHEN 'cobblestone' THEN 'paving' WHEN 'unhewn_cobblestone' THEN 'paving' WHEN 'bricks' THEN 'paving' WHEN '石板' THEN 'paving' WHEN '铺装' THEN 'paving' WHEN '砂石' THEN 'gravel' WHEN 'Gravel' THEN 'gravel' WHEN 'compacted' THEN 'gravel' WHEN 'fine_gravel' THEN 'gravel' WHEN 'pebblestone' THEN 'gravel' WHEN '碎石' THEN 'gravel' WHEN '砂石路' THEN 'gravel' WHEN '泥土' THEN 'earth' WHEN 'Earth' THEN 'earth' WHEN 'ground' THEN 'earth' WHEN 'dirt' THEN 'earth' WHEN 'grass' THEN 'earth' WHEN 'sand' THEN 'earth' WHEN 'mud' THEN 'earth' WHEN 'unpaved' THEN 'earth' WHEN '泥结' THEN 'earth' WHEN '土路' THEN 'earth' WHEN '其他路面' THEN 'other' WHEN 'Other' THEN 'other' WHEN '其他' THEN 'other' WHEN 'paved' THEN 'other' ELSE 'other' END
WHERE "surface" NOT IN ('asphalt', 'concrete', 'paving', 'gravel', 'earth', 'other');

-- after: constraint road.road_surface_choices
ALTER TABLE "road" ADD CONSTRAINT road_surface_choices CHECK ("surface" IN ('asphalt', 'concrete', 'paving', 'gravel', 'earth', 'other'));
COMMENT ON CONSTRAINT road_surface_choices ON "road" IS 'one of asphalt, concrete, paving, gravel, earth, other';

-- after: values line_cell
SELECT lengths_rebuild(NULL);
