"""PostGIS: private server, engine, schema and migrations, loading, queries."""
