"""Planned visits (检查日历): on which day, and by whom, each due visit is made; of one run."""

from datetime import date

from gis.layer import OFFICE, Choice, Field, Geometry, Kind, Layer, Role, Source, Style, Use

LAYER = Layer(
    name="planned_visit",
    title="计划检查",
    title_en="Planned visits",
    doc="The visits of one calendar run, each with its day and worker, or with none and the reason; an object that is "
    "due again within the calendar has a row for each visit.",
    geometry=Geometry.POINT,
    source=Source(publisher="This database", licence="internal"),
    key="code",
    read=OFFICE | {Role.WORKER},
    uses=frozenset({Use.VISIT_PLAN}),
    derived=True,
    unique=(("run_id", "code"),),
    fields=(
        Field("code", Kind.TEXT, "Number of the visit within its run.", zh="编号", example="0000001", required=True),
        Field("run_id", Kind.INTEGER, "Run that made it.", zh="运算", example=1, required=True, refers="run"),
        Field("layer", Kind.TEXT, "Layer of the object.", zh="图层", example="building", required=True, popup=True),
        Field("object_id", Kind.INTEGER, "Internal id of the object.", zh="对象", example=1, required=True),
        Field("object_key", Kind.TEXT, "Key of the object.", zh="对象编号", example="B-000001", required=True),
        Field("kind", Kind.TEXT, "Kind of the visit.", zh="检查种类", example="house_check", required=True, popup=True),
        Field("area_code", Kind.TEXT, "Patrol area in which it lies.", zh="片区", example="001", popup=True),
        Field("worker_code", Kind.TEXT, "Worker who goes; empty where nobody is named.", zh="工号", example="W-001"),
        Field("day", Kind.DATE, "Day of the visit; empty where none is left.", zh="检查日", example=date(2026, 12, 1)),
        Field(
            "due_on",
            Kind.DATE,
            "Last day on which the visit is in time; empty where the object was never checked.",
            zh="到期日",
            example=date(2026, 12, 5),
            popup=True,
        ),
        Field("minutes", Kind.REAL, "Minutes of the visit.", zh="用时", example=12.0, unit="min", low=0),
        Field(
            "outcome",
            Kind.TEXT,
            "Whether the day is in time.",
            zh="安排",
            example="in_time",
            required=True,
            popup=True,
            choices=(
                Choice("in_time", "按期", "#1a9850", "In time"),
                Choice("late", "已逾期补查", "#fdae61", "Late"),
                Choice("unmet", "无法安排", "#b5271f", "Unmet"),
            ),
        ),
        Field(
            "why",
            Kind.TEXT,
            "Why it is not in time.",
            zh="原因",
            example="arrears",
            popup=True,
            choices=(
                Choice("arrears", "起始日前已逾期或从未检查", "", "Overdue or never checked before the first day"),
                Choice("full", "人手不足", "", "More work than the worker has minutes"),
                Choice("off", "期限内无人上班", "", "Nobody works in time"),
                Choice("absent", "请假无人替班", "", "The worker is away and nobody stands in"),
                Choice("too_long", "单次超过一个班次", "", "Longer than a shift"),
                Choice("no_worker", "片区无人负责", "", "Nobody is named for the area"),
                Choice("no_area", "不在任何片区", "", "In no patrol area"),
                Choice(
                    "no_skill", "有片区的人中无人有此专长或有空", "", "Nobody with an area has the skill and the time"
                ),
            ),
        ),
        Field("was_on", Kind.DATE, "That other day; empty where it has not moved.", zh="原定日"),
        Field(
            "moved_for",
            Kind.TEXT,
            "Why it was moved.",
            zh="改期原因",
            choices=(
                Choice("due", "期限提前", "", "It is due earlier than that day"),
                Choice("off", "原定日无人上班", "", "Nobody works on that day"),
                Choice("full", "让给更急的检查", "", "That day is needed by more urgent visits"),
                Choice("room", "期限内有空", "", "A day in time has room for it"),
                Choice("no_skill", "原定日有此专长的人没空", "", "Nobody who has the skill can go on that day"),
            ),
        ),
    ),
    style=Style(by="outcome", colour="#1a9850", order=82, shown=False),
)
