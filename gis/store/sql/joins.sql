-- What takes its place from another layer follows it.

-- object: function follow_joined()
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
