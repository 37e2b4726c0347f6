-- drop: table gas_facility
ALTER TABLE "gas_facility" RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor);

-- after: table gas_facility
ALTER TABLE "gas_facility" SET (autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_insert_scale_factor = 0.005, autovacuum_analyze_scale_factor = 0.005);
