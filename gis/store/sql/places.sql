-- Where objects lie: towns, villages and cells of what has a place, lengths by cell of what is a line. `place_area`,
-- `placed_object` and `measured_line` are worked out from the layers. One definition for whoever asks: the rows that somebody
-- edits, the loader's, those of a cell that moved, and the doctor.

-- object: function area_at(text, geometry)
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

-- object: function place_row()
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

-- object: function verify_places()
-- TG_ARGV[0]: the column of the spot. Rows whose places were given are looked at in one pass, ordered so that each area is opened
-- once; only those that do not lie well inside what they name are worked out again, one by one.
CREATE FUNCTION verify_places() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    wrong bigint[];
    levels CONSTANT text[] := ARRAY['town', 'village', 'cell'];
BEGIN
    IF current_setting('wangge.places', true) IS DISTINCT FROM 'given' THEN
        RETURN NULL;
    END IF;
    EXECUTE format(
        'WITH area AS (SELECT * FROM place_area WHERE days @> (SELECT county_day(recorded_now())))
         SELECT ARRAY[  -- CASE, for an AND would be asked the other way round
             min(n.id) FILTER (WHERE CASE WHEN ST_ContainsProperly(t.geom, n.spot) THEN false
                               ELSE n.town_id IS DISTINCT FROM (SELECT f.id FROM area_at(''town'', n.spot) f) END),
             min(n.id) FILTER (WHERE CASE WHEN ST_ContainsProperly(v.geom, n.spot) THEN false
                               ELSE n.village_id IS DISTINCT FROM (SELECT f.id FROM area_at(''village'', n.spot) f) END),
             min(n.id) FILTER (WHERE CASE WHEN ST_ContainsProperly(c.geom, n.spot) THEN false
                               ELSE n.cell_id IS DISTINCT FROM (SELECT f.id FROM area_at(''cell'', n.spot) f) END)]
         FROM (SELECT id, %1$I AS spot, town_id, village_id, cell_id FROM new_rows ORDER BY town_id, village_id, cell_id) n
         LEFT JOIN area t ON t.id = n.town_id AND t.level = ''town''
         LEFT JOIN area v ON v.id = n.village_id AND v.level = ''village''
         LEFT JOIN area c ON c.id = n.cell_id AND c.level = ''cell''', TG_ARGV[0]) INTO wrong;
    FOR level IN 1 .. 3 LOOP
        IF wrong[level] IS NOT NULL THEN
            RAISE EXCEPTION '%: the % given for object % is not where it lies', TG_TABLE_NAME, levels[level], wrong[level]
                USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- object: function places_rebuild(text, geometry)
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

-- object: function misplaced_objects(text, geometry)
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

-- object: function line_lengths(bigint[])
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

-- object: function lengths_rebuild(bigint[])
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

-- object: function wrong_lengths()
-- The lines whose rows are not what their shape and the cells say, to a micrometre; expected to be empty.
CREATE FUNCTION wrong_lengths() RETURNS TABLE (layer text, object_id bigint)
LANGUAGE sql STABLE
AS $$
    SELECT DISTINCT coalesce(w.layer, s.layer), coalesce(w.object_id, s.object_id)
    FROM line_lengths(NULL) w
    FULL JOIN line_cell s ON w.object_id = s.object_id AND coalesce(w.lies_in, 0) = coalesce(s.lies_in, 0)
    WHERE w.length IS NULL OR s.length IS NULL OR abs(w.length - s.length) > 1e-6 OR w.layer <> s.layer
$$;

-- object: function measure_lines()
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

-- object: function follow_areas()
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
