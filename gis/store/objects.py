"""What SQLAlchemy's tables do not carry: constraints, triggers, functions, views and grants, said by the layers.

Each object has the name under which `build.catalogue` finds it in a database, so that a difference can be named and a
migration can be written from it.
"""

import re
from importlib import resources
from typing import NamedTuple

import sqlalchemy as sa

from gis import layers
from gis.layer import Layer, Use
from gis.store.schema import ENDS, PLACES, Schema, constraint_name, constraints, quoted
from gis.store.views import category, chosen_by, lists, spot_column, views

FILES = ("clock", "history", "status", "joins", "places", "upkeep")
CALLABLE = {
    "county_timezone()": "wangge_app, wangge_reader",
    "county_day(timestamp with time zone)": "wangge_app, wangge_reader",
    "midnight(timestamp with time zone, integer, text)": "wangge_app, wangge_reader",
    "recorded_now()": "wangge_app, wangge_reader",
    "patrol_kinds()": "wangge_app, wangge_reader",
    "day_is_closed(date)": "wangge_app",
    "status_wanted(bigint[])": "wangge_app",
    "area_at(text, geometry)": "wangge_app",
    "misplaced_objects(text, geometry)": "wangge_app",
    "places_rebuild(text, geometry)": "wangge_app",
    "line_lengths(bigint[])": "wangge_app",
    "lengths_rebuild(bigint[])": "wangge_app",
    "wrong_lengths()": "wangge_app",
    "refresh_statistics(text, bigint)": "wangge_app",
}
"""Who may call a function by name; nobody may call the others, of which some run with the owner's rights."""
MARK = re.compile(r"^-- object: (.+)$", re.MULTILINE)
NEW = "REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT"
OLD = "REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT"
BOTH = "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT"
OTHER_INSTANT = "NEW.recorded_at IS DISTINCT FROM now() OR coalesce(current_setting('wangge.now', true), '') <> ''"
"""Whether a new row is to be of another instant than its default."""
UNSTAMPED = f"{OTHER_INSTANT} OR NEW.id <= coalesce(nullif(current_setting('wangge.drawn', true), '')::bigint, NEW.id)"
"""Whether a new row is more than its defaults say: of another instant, or of an object that may have a past."""
UNSAID = "current_setting('wangge.places', true) IS DISTINCT FROM 'given'"
"""Whether the places of a row are worked out one by one, for its writer did not say that he brings them."""
CARE = ("vacuum_scale_factor", "vacuum_insert_scale_factor", "analyze_scale_factor")
CARE_SHARE = 0.005
"""The share of a large table's rows that are new or changed when it is swept and its statistics are taken anew.

PostgreSQL waits for a tenth to a fifth, a hundred thousand rows of a million: until then counts read from an index
alone look at the table for each changed page, and the planner knows nothing of what a campaign has done.
"""


class DatabaseObject(NamedTuple):
    """One object: its name in the catalogue, the statement that makes it, the one that removes it."""

    name: str
    create: str
    drop: str


def before_tables() -> tuple[DatabaseObject, ...]:
    """Give what tables need: the sequence from which every feature and register row takes its id for life."""
    return (DatabaseObject("sequence object_id", "CREATE SEQUENCE object_id", "DROP SEQUENCE object_id"),)


def after_tables(schema: Schema) -> tuple[DatabaseObject, ...]:
    """Give everything else, in the order in which it can be made."""
    every = layers.every()
    return (
        *(each for layer in every for each in _constraints(layer)),
        *_functions(FILES[:1]),  # the clock, by which views tell what is in use
        *_views(),
        *_lists(),
        *_functions(FILES[1:]),
        *(_cared_for(layer) for layer in every if layer.located or layer.uses & {Use.CHECK, Use.STATUS}),
        *(each for layer in every for each in _triggers(layer, schema)),
        *(each for layer in every for each in _grants(layer, schema)),
        *_other_grants(),
    )


def _constraints(layer: Layer) -> list[DatabaseObject]:
    table = quoted(layer.name)
    checks = [(each.name, f"CHECK ({each.check})", each.reason) for each in constraints(layer)]
    for exclude in layer.excludes:
        elements = ", ".join(f"{what} WITH {operator}" for what, operator in exclude.elements)
        checks.append((exclude.name, f"EXCLUDE USING gist ({elements}) WHERE ({exclude.where})", exclude.reason))
    found = []
    for name, definition, reason in checks:
        full = constraint_name(layer, name)
        comment = reason.replace("'", "''")
        create = f"ALTER TABLE {table} ADD CONSTRAINT {full} {definition};\n"
        create += f"COMMENT ON CONSTRAINT {full} ON {table} IS '{comment}'"
        found.append(
            DatabaseObject(f"constraint {layer.name}.{full}", create, f"ALTER TABLE {table} DROP CONSTRAINT {full}")
        )
    return found


def _cared_for(layer: Layer) -> DatabaseObject:
    """Give how soon a table that grows with the county is swept; it is found with the table's own definition."""
    table = quoted(layer.name)
    settings = [f"autovacuum_{name}" for name in CARE]
    values = ", ".join(f"{name} = {CARE_SHARE}" for name in settings)
    create = f"ALTER TABLE {table} SET ({values})"
    return DatabaseObject(f"table {layer.name}", create, f"ALTER TABLE {table} RESET ({', '.join(settings)})")


def _views() -> list[DatabaseObject]:
    return [
        DatabaseObject(f"view {name}", f"CREATE VIEW {name} AS\n{query}", f"DROP VIEW {name}")
        for name, query in views().items()
    ]


def _lists() -> list[DatabaseObject]:
    found = []
    for name, (columns, values) in lists().items():
        create = f"CREATE FUNCTION {name}() RETURNS TABLE ({columns})\nLANGUAGE sql IMMUTABLE"
        create += f" SET search_path = public, pg_temp\nAS $$ VALUES {values} $$"
        found.append(_function(f"function {name}()", create))
    return found


def _functions(files: tuple[str, ...]) -> list[DatabaseObject]:
    found = []
    for file in files:
        text = resources.files("gis.store").joinpath("sql", f"{file}.sql").read_text(encoding="utf-8")
        pieces = MARK.split(text)[1:]
        for name, body in zip(pieces[::2], pieces[1::2], strict=True):
            found.append(_function(name, body.strip().rstrip(";")))
    return found


def _function(name: str, create: str) -> DatabaseObject:
    signature = name.removeprefix("function ")
    rights = f";\nREVOKE ALL ON FUNCTION {signature} FROM PUBLIC"
    if signature in CALLABLE:
        rights += f";\nGRANT EXECUTE ON FUNCTION {signature} TO {CALLABLE[signature]}"
    return DatabaseObject(name, create + rights, f"DROP FUNCTION {signature}")


def _triggers(layer: Layer, schema: Schema) -> list[DatabaseObject]:
    parts = (*_keeping(layer, schema), *_referring(layer), *_counting(layer), *_leading(layer), *_placing(layer))
    return [_trigger(layer, *each) for each in parts]


def _trigger(layer: Layer, name: str, when: str, call: str) -> DatabaseObject:
    table = quoted(layer.name)
    create = f"CREATE TRIGGER {layer.name}_{name} {when.format(table)} EXECUTE FUNCTION {call}"
    drop = f"DROP TRIGGER {layer.name}_{name} ON {table}"
    return DatabaseObject(f"trigger {layer.name}.{layer.name}_{name}", create, drop)


def _keeping(layer: Layer, schema: Schema) -> list[tuple[str, str, str]]:
    """Give the triggers that stamp rows, keep the past of features and guard logs."""
    if layer.derived:
        return []
    alone = "alone" if Use.RULE in layer.uses else "together"
    hold = ("hold", "BEFORE INSERT OR UPDATE OR DELETE ON {} FOR EACH STATEMENT", f"hold_day('{alone}')")
    if layer.log:
        late = [field.name for field in layer.fields if field.once]
        guard = "guard_log({})".format(", ".join(f"'{name}'" for name in late))
        doubtful = " OR ".join([OTHER_INSTANT, *(f"NEW.{quoted(name)} IS NOT NULL" for name in late)])
        return [
            hold,
            ("guard", "BEFORE UPDATE OR DELETE ON {} FOR EACH ROW", guard),
            ("guard_new", f"BEFORE INSERT ON {{}} FOR EACH ROW WHEN ({doubtful})", guard),
        ]
    names = ", ".join(quoted(column.name) for column in schema.past(layer).columns if column.name not in ENDS)
    found = [
        hold,
        ("stamp", "BEFORE UPDATE ON {} FOR EACH ROW", "stamp_row()"),
        ("stamp_new", f"BEFORE INSERT ON {{}} FOR EACH ROW WHEN ({UNSTAMPED})", "stamp_row()"),
        ("past_of_changed", f"AFTER UPDATE ON {{}} {BOTH}", f"keep_past('{names}')"),
        ("past_of_ended", f"AFTER DELETE ON {{}} {OLD}", f"keep_past('{names}')"),
    ]
    fixed = ", ".join(f"'{field.name}'" for field in layer.fields if field.fixed)
    if fixed:
        found.append(("fixed", "BEFORE UPDATE ON {} FOR EACH ROW", f"keep_fixed({fixed})"))
    return found


def _referring(layer: Layer) -> list[tuple[str, str, str]]:
    """Give the triggers by which the delivery that a row names is one of the log."""
    if not (layer.historic or layer.records):
        return []
    other = "NEW.delivery_id IS DISTINCT FROM OLD.delivery_id"
    return [
        ("delivered_new", f"AFTER INSERT ON {{}} {NEW}", "know_delivery()"),
        ("delivered_changed", f"AFTER UPDATE ON {{}} FOR EACH ROW WHEN ({other})", "know_delivery()"),
    ]


def _counting(layer: Layer) -> list[tuple[str, str, str]]:
    """Give the triggers that keep the status equal to a recount."""
    if Use.CHECK in layer.uses or Use.RULE in layer.uses:
        first, again = ("count_checks()", "recount_checks()") if Use.CHECK in layer.uses else ("count_rules()",) * 2
        return [("count", f"AFTER INSERT ON {{}} {NEW}", first), ("recount", f"AFTER UPDATE ON {{}} {NEW}", again)]
    if layer.patrol is None:
        return []
    written = category(layer).replace("'", "''")
    return _thrice("count", f"count_objects('{layer.patrol.by}', '{written}')")


def _leading(layer: Layer) -> list[tuple[str, str, str]]:
    """Give the triggers by which what took its place from this layer follows it."""
    followers = [
        (other.name, each.name)
        for other in layers.every()
        if other.placed_by_code
        for each in other.joining
        if each.joins == layer.name
    ]
    return [
        (f"leads_{name}", f"AFTER UPDATE ON {{}} {BOTH}", f"follow_joined('{name}', '{field}', '{layer.key}')")
        for name, field in followers
    ]


def _placing(layer: Layer) -> list[tuple[str, str, str]]:
    """Give the triggers that keep places and lengths true when rows are written, and when areas move under them."""
    written = "BEFORE INSERT OR UPDATE OF geom, {} ON {{}} FOR EACH ROW WHEN ({})".format(", ".join(PLACES), UNSAID)
    found = []
    if layer.located:
        verify = f"verify_places('{spot_column(layer)}')"
        found += [
            ("place", written, "place_row()"),
            ("verify_new", f"AFTER INSERT ON {{}} {NEW}", verify),
            ("verify_changed", f"AFTER UPDATE ON {{}} {NEW}", verify),
        ]
    if layer.by_length:
        found += _thrice("measure", "measure_lines()")
    if chosen_by(layer):
        lines = "lines" if Use.CELL in layer.uses else ""
        found += _thrice("follow", f"follow_areas('{chosen_by(layer)}', '{lines}')")
    return found


def _thrice(name: str, call: str) -> list[tuple[str, str, str]]:
    return [
        (f"{name}_new", f"AFTER INSERT ON {{}} {NEW}", call),
        (f"{name}_changed", f"AFTER UPDATE ON {{}} {BOTH}", call),
        (f"{name}_ended", f"AFTER DELETE ON {{}} {OLD}", call),
    ]


def _grants(layer: Layer, schema: Schema) -> list[DatabaseObject]:
    """Give who may do what: `app` writes by the kind of the layer, `reader` reads what is not personal."""
    if layer.single or layer.uses & {Use.STATUS, Use.LINE_CELL}:
        rights = "SELECT"
    elif layer.log:
        rights = "SELECT, INSERT"
        once = ", ".join(quoted(field.name) for field in layer.fields if field.once)
        rights += f", UPDATE ({once})" if once else ""
    else:
        rights = "SELECT, INSERT, UPDATE, DELETE"
    found = [_grant(layer, schema.table(layer), rights)]
    if layer.historic:
        found.append(_grant(layer, schema.past(layer), "SELECT"))
    return found


def _grant(layer: Layer, table: sa.Table, rights: str) -> DatabaseObject:
    personal = {field.name for field in layer.fields if field.read}
    name = quoted(table.name)
    seen = ", ".join(quoted(column.name) for column in table.columns if column.name not in personal)
    open_columns = f" ({seen})" if personal else ""
    create = f"GRANT {rights} ON {name} TO wangge_app;\nGRANT SELECT{open_columns} ON {name} TO wangge_reader"
    return DatabaseObject(f"grants {table.name}", create, f"REVOKE ALL ON {name} FROM wangge_app, wangge_reader")


def _other_grants() -> list[DatabaseObject]:
    return [
        DatabaseObject(
            "grants object_id",
            "GRANT USAGE ON SEQUENCE object_id TO wangge_app",
            "REVOKE ALL ON SEQUENCE object_id FROM wangge_app",
        ),
        *(
            DatabaseObject(
                f"grants {name}",
                f"GRANT SELECT ON {name} TO wangge_app, wangge_reader",
                f"REVOKE ALL ON {name} FROM wangge_app, wangge_reader",
            )
            for name in views()
        ),
    ]
