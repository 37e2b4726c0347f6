"""Stops of patrol routes (巡查停靠点): where a worker stops, when, for which visits; and what no route reaches."""

from datetime import UTC, date, datetime

from gis.layer import OFFICE, Choice, Field, Geometry, Kind, Layer, Role, Source, Style, Use

LAYER = Layer(
    name="route_stop",
    title="巡查停靠点",
    title_en="Stops of routes",
    doc="The stops of one run's routes in their order, and each visit of the day that is left out, with the reason.",
    geometry=Geometry.POINT,
    source=Source(publisher="This database", licence="internal"),
    key="code",
    read=OFFICE | {Role.WORKER},
    uses=frozenset({Use.ROUTE_STOP}),
    derived=True,
    unique=(("run_id", "code"),),
    fields=(
        Field("code", Kind.TEXT, "Number of the stop within its run.", zh="编号", example="001-003", required=True),
        Field("run_id", Kind.INTEGER, "Run that made it.", zh="运算", example=1, required=True, refers="run"),
        Field("route_code", Kind.TEXT, "Route it is on.", zh="路线", example="001", required=True, popup=True),
        Field("worker_code", Kind.TEXT, "Worker who goes.", zh="工号", example="W-001", popup=True),
        Field("day", Kind.DATE, "Day of the route.", zh="日期", example=date(2026, 12, 1), required=True, popup=True),
        Field(
            "number",
            Kind.INTEGER,
            "Place in the route, from 1; empty where it is left out.",
            zh="序号",
            example=3,
            low=1,
        ),
        Field(
            "outcome",
            Kind.TEXT,
            "Whether the stop is made, and if not, why.",
            zh="安排",
            example="made",
            required=True,
            popup=True,
            choices=(
                Choice("made", "停靠", "#1f6fb5", "Made"),
                Choice("early", "提前检查", "#3f9b6c", "Made early"),
                Choice("no_time", "时间不够", "#d9822b", "No time left"),
                Choice("unreachable", "无路可达", "#b5271f", "No street leads there"),
                Choice("no_skill", "网格员无此专长", "#7a3fa0", "The worker lacks the skill"),
            ),
        ),
        Field(
            "arrive_at",
            Kind.INSTANT,
            "When the first visit begins.",
            zh="到达",
            example=datetime(2026, 12, 1, 1, 5, tzinfo=UTC),
            popup=True,
        ),
        Field(
            "leave_at",
            Kind.INSTANT,
            "When the worker goes on.",
            zh="离开",
            example=datetime(2026, 12, 1, 1, 30, tzinfo=UTC),
            popup=True,
        ),
        Field("visits", Kind.INTEGER, "Visits at the stop.", zh="检查数", example=2, low=1, popup=True),
        Field(
            "objects",
            Kind.JSON,
            "The visits in order: layer, key, kind, minutes, due day, and whether it is early.",
            zh="对象",
            example={"visits": [{"layer": "gas_user", "key": "U-000001", "kind": "home_check", "minutes": 14.0}]},
            required=True,
        ),
    ),
    style=Style(by="outcome", colour="#1f6fb5", order=86),
)
