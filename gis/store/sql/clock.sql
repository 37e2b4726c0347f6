-- Time as the county counts it. A day ends at midnight in the county's time zone.

-- object: function county_timezone()
CREATE FUNCTION county_timezone() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_temp
AS $$ SELECT coalesce((SELECT timezone FROM county), 'UTC') $$;

-- object: function county_day(timestamp with time zone)
CREATE FUNCTION county_day(moment timestamptz) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_temp
AS $$ SELECT (moment AT TIME ZONE county_timezone())::date $$;

-- object: function midnight(timestamp with time zone, integer, text)
-- The midnight with which the day begins that lies `days` after the day of `moment`, in a time zone. Without a setting of
-- its own, so that the planner can write it out in place.
CREATE FUNCTION midnight(moment timestamptz, days integer, zone text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT ((moment AT TIME ZONE zone)::date + days)::timestamp AT TIME ZONE zone $$;

-- object: function recorded_now()
-- The recorded time of a transaction: its start. Whoever may become the owner (tests, a drill) can set another one with
-- `wangge.now`; for everybody else the setting is without effect.
CREATE FUNCTION recorded_now() RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
DECLARE
    wanted text := current_setting('wangge.now', true);
BEGIN
    IF wanted IS NULL OR wanted = '' OR NOT pg_has_role(session_user, 'wangge_owner', 'MEMBER') THEN
        RETURN now();
    END IF;
    RETURN wanted::timestamptz;
END $$;

-- object: function hold_day()
-- As-of D must never change: once day D is over, no row may still appear that says it was recorded on D. Every writer holds
-- a shared advisory lock named by its recorded day until it commits; who asks for a day that is over takes that lock
-- alone for a moment (`day_is_closed`) and so waits for the day's last writers. A transaction that began on D but writes
-- for the first time on D + 1 is refused. Writers also hold a shared lock that changing the law takes alone, because a
-- new rule version must meet all objects and checks, and they it. For `stamp_row` it notes which ids were drawn so far.
CREATE FUNCTION hold_day() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    today date := county_day(recorded_now());
    held text := coalesce(current_setting('wangge.held', true), '');
    mine text := pg_current_xact_id()::text || '/' || today;
BEGIN
    IF TG_ARGV[0] = 'alone' THEN
        PERFORM pg_advisory_xact_lock(7717, 0);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(7717, 0);
    END IF;
    PERFORM set_config('wangge.drawn', coalesce(pg_sequence_last_value('object_id'), 0)::text, true);
    IF held = mine THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(7716, today - date '2000-01-01');
    IF recorded_now() = now() AND county_day(clock_timestamp()) <> today THEN
        RAISE EXCEPTION 'the county''s day % ended before this transaction wrote its first row: repeat it', today
            USING ERRCODE = 'serialization_failure';
    END IF;
    PERFORM set_config('wangge.held', mine, true);
    RETURN NULL;
END $$;

-- object: function day_is_closed(date)
CREATE FUNCTION day_is_closed(day date) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp
AS $$
BEGIN
    IF day >= county_day(clock_timestamp()) THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_lock(7716, day - date '2000-01-01');
    PERFORM pg_advisory_unlock(7716, day - date '2000-01-01');
    RETURN true;
END $$;
