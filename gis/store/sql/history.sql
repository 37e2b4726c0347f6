-- What happens to a row stays known: features keep their past, logs are never rewritten.

-- object: function stamp_row()
-- A version begins where the one before it ended, never earlier: also where a transaction that began later was faster, and
-- where an object comes back after its end. Only an id that was drawn before this statement can have a past to look up; a new
-- row with a later id and the default instant does not come here. Where that pushes a version onto a later day, that day is held
-- too (`hold_day`).
CREATE FUNCTION stamp_row() RETURNS trigger
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

-- object: function keep_past()
-- TG_ARGV[0]: the columns. Old versions go to <table>_past with the instant from which they no longer held. `ended_by` tells a
-- version that was the object's last for then: it holds the delivery of `wangge.delivery` that ended it, 0 where none did.
CREATE FUNCTION keep_past() RETURNS trigger
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

-- object: function know_delivery()
-- The delivery that a row names stands in the log, from which nothing is deleted: asked once for all new rows of a statement.
CREATE FUNCTION know_delivery() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    unknown bigint;
BEGIN
    IF TG_LEVEL = 'ROW' THEN
        SELECT NEW.delivery_id INTO unknown
        WHERE NEW.delivery_id IS NOT NULL AND NOT EXISTS (SELECT FROM delivery d WHERE d.id = NEW.delivery_id);
    ELSE
        SELECT n.delivery_id INTO unknown
        FROM (SELECT DISTINCT delivery_id FROM new_rows WHERE delivery_id IS NOT NULL) n
        WHERE NOT EXISTS (SELECT FROM delivery d WHERE d.id = n.delivery_id) LIMIT 1;
    END IF;
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION '%: there is no delivery %', TG_TABLE_NAME, unknown USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

-- object: function keep_fixed()
-- TG_ARGV: columns that never change once stored.
CREATE FUNCTION keep_fixed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY TG_ARGV LOOP
        IF to_jsonb(NEW) -> name IS DISTINCT FROM to_jsonb(OLD) -> name THEN
            RAISE EXCEPTION '%: % never changes, % became %', TG_TABLE_NAME, name, to_jsonb(OLD) -> name, to_jsonb(NEW) -> name
                USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;

-- object: function guard_log()
-- TG_ARGV: the columns that may be written after the row, once, from empty to a value; instants are the server's. A new row
-- without any of them and with the default instant does not come here.
CREATE FUNCTION guard_log() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    before jsonb;
    after jsonb;
    name text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        after := to_jsonb(NEW);
        FOREACH name IN ARRAY coalesce(TG_ARGV, '{}') LOOP
            IF after -> name <> 'null'::jsonb THEN
                RAISE EXCEPTION '%: % is written after the row, not with it', TG_TABLE_NAME, name USING ERRCODE = 'check_violation';
            END IF;
        END LOOP;
        NEW.recorded_at := recorded_now();
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '%: a log is not deleted from', TG_TABLE_NAME USING ERRCODE = 'check_violation';
    END IF;
    before := to_jsonb(OLD);
    after := to_jsonb(NEW);
    FOREACH name IN ARRAY coalesce(TG_ARGV, '{}') LOOP
        IF before -> name <> 'null'::jsonb AND after -> name IS DISTINCT FROM before -> name THEN
            RAISE EXCEPTION '%: % is written once', TG_TABLE_NAME, name USING ERRCODE = 'check_violation';
        END IF;
        IF right(name, 3) = '_at' AND before -> name = 'null'::jsonb AND after -> name <> 'null'::jsonb THEN
            NEW := jsonb_populate_record(NEW, jsonb_build_object(name, recorded_now()));
        END IF;
        before := before - name;
        after := after - name;
    END LOOP;
    IF before <> after THEN
        RAISE EXCEPTION '%: a log is not rewritten', TG_TABLE_NAME USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
