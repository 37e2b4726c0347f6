"""Planned pipes (瓶改管): streets to dig, and service lines, of one run."""

from gis.layer import Choice, Field, Geometry, Kind, Layer, Source, Style, Use

LAYER = Layer(
    name="planned_pipe",
    title="规划管线",
    title_en="Planned pipes",
    doc="The pipes that one run proposes, from live roots along streets to users.",
    geometry=Geometry.LINE,
    source=Source(publisher="This database", licence="internal"),
    key="code",
    uses=frozenset({Use.PIPE_PLAN}),
    derived=True,
    unique=(("run_id", "code"),),
    fields=(
        Field("code", Kind.TEXT, "Number of the pipe within its run.", zh="编号", example="00001", required=True),
        Field("run_id", Kind.INTEGER, "Run that made it.", zh="运算", example=1, required=True, refers="run"),
        Field(
            "kind",
            Kind.TEXT,
            "Main along a street, or service line to a user.",
            zh="类型",
            example="main",
            required=True,
            popup=True,
            choices=(Choice("main", "干支管", "#00a152", "Main"), Choice("service", "户线", "#69c98f", "Service line")),
        ),
        Field(
            "road_class",
            Kind.TEXT,
            "Class of the street that is dug.",
            zh="道路等级",
            example="residential",
            popup=True,
        ),
        Field("length", Kind.REAL, "Length.", zh="长度", example=120.5, unit="m", low=0, popup=True),
        Field(
            "cost",
            Kind.REAL,
            "Cost at unit costs that are not verified.",
            zh="造价（未核实）",
            example=96400.0,
            unit="yuan",
            low=0,
            popup=True,
        ),
        Field("user_code", Kind.TEXT, "User of a service line.", zh="用户编号", example="U-000001"),
    ),
    style=Style(by="kind", colour="#00a152", fill=False, width=2.0, order=78),
)
