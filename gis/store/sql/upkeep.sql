-- What the planner knows of tables after much was written.

-- object: function refresh_statistics(text, bigint)
-- Tells the planner what a table of ours holds now, where at least a tenth of it was `written`; says whether it did. Autovacuum
-- would come to it a minute later, and the questions that follow a load are asked at once.
CREATE FUNCTION refresh_statistics(wanted text, written bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    known real;
BEGIN
    SELECT c.reltuples INTO known FROM pg_class c
    WHERE c.oid = to_regclass(format('public.%I', wanted)) AND c.relkind = 'r' AND pg_get_userbyid(c.relowner) = current_user;
    IF known IS NULL THEN
        RAISE EXCEPTION '%: no table of this name', wanted USING ERRCODE = 'undefined_table';
    END IF;
    IF written = 0 OR written * 10 < known THEN
        RETURN false;
    END IF;
    EXECUTE format('ANALYZE public.%I', wanted);
    RETURN true;
END $$;
