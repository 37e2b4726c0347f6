"""Supervision (督导): which expert is posted to which town, and which group looks at which town in which round."""

from datetime import date

from gis.layer import Choice, Constraint, Field, Kind, Layer, Source, Use

LAYER = Layer(
    name="supervision",
    title="督导安排",
    title_en="Supervision",
    doc="The postings and visits of one run: one row per expert and town, and per group, town and round.",
    source=Source(publisher="This database", licence="internal"),
    key="code",
    uses=frozenset({Use.SUPERVISION}),
    derived=True,
    unique=(("run_id", "code"),),
    fields=(
        Field("code", Kind.TEXT, "Number of the row within its run.", zh="编号", example="0001", required=True),
        Field("run_id", Kind.INTEGER, "Run that made it.", zh="运算", example=1, required=True, refers="run"),
        Field(
            "kind",
            Kind.TEXT,
            "Whether an expert is posted or a group visits.",
            zh="类别",
            example="group",
            required=True,
            choices=(Choice("expert", "专家派驻", "", "Expert"), Choice("group", "督导组", "", "Group")),
        ),
        Field("who", Kind.TEXT, "Code of the expert or group.", zh="专家或督导组", example="G-1", required=True),
        Field("town_code", Kind.TEXT, "Town.", zh="镇街代码", example="330784001", required=True),
        Field("round", Kind.INTEGER, "Round of a group's visit; empty for experts.", zh="轮次", example=1, low=1),
        Field("from_on", Kind.DATE, "First day.", zh="开始日期", example=date(2026, 7, 1)),
        Field("to_on", Kind.DATE, "Last day; empty for experts.", zh="结束日期", example=date(2026, 8, 29)),
        Field("load", Kind.REAL, "Work of the town in its unit of the run.", zh="工作量", example=812.0, low=0),
        Field(
            "away",
            Kind.REAL,
            "Distance from an expert's home to the middle of the town.",
            zh="距离",
            example=5200.0,
            unit="m",
            low=0,
        ),
    ),
    constraints=(
        Constraint(
            "round_of_a_group", "(kind = 'group') = (round IS NOT NULL)", "a group has a round", "督导组须有轮次"
        ),
    ),
)
