"""Construction sites: checked once in two months, and dangerous beside a gas main."""

from datetime import date

from gis.layer import OFFICE, Choice, Constraint, Field, Geometry, Kind, Layer, Osm, Patrol, Role, Source, Style

LAYER = Layer(
    name="construction_site",
    title="在建工地",
    title_en="Construction sites",
    doc="Sites from permit to completion, with the depths that decide which houses and pipes they endanger.",
    geometry=Geometry.POLYGON,
    source=Source(publisher="Housing and construction office, or OpenStreetMap", licence="internal, or ODbL 1.0"),
    key="code",
    read=OFFICE | {Role.WORKER},
    located=True,
    patrol=Patrol(kind="site_check", by="kind", unknown="site"),
    osm=(Osm(tags=(("landuse", ("construction",)),)), Osm(tags=(("building", ("construction",)),))),
    fields=(
        Field(
            "code",
            Kind.TEXT,
            "Permit or project number.",
            zh="项目编号",
            example="way/5",
            required=True,
            popup=True,
            source=("osm_id", "项目编号", "PROJECT_NO", "id"),
        ),
        Field(
            "name",
            Kind.TEXT,
            "Name of the project.",
            zh="项目名称",
            example="某某安置房工程",
            popup=True,
            source=("项目名称", "NAME"),
        ),
        Field(
            "kind",
            Kind.TEXT,
            "What is built; empty is an ordinary site.",
            zh="工程类别",
            example="site",
            source=("工程类别",),
            choices=(
                Choice("site", "房建市政工地", "#c77d00", "Building site", ("房建", "市政")),
                Choice("small", "小型工程", "#e0b060", "Small works", ("小型",)),
            ),
        ),
        Field(
            "builder", Kind.TEXT, "Contractor.", zh="施工单位", example="某某建设公司", source=("施工单位",), popup=True
        ),
        Field(
            "permit",
            Kind.TEXT,
            "Construction permit; empty where none is known.",
            zh="施工许可证",
            example="SG-1",
            source=("施工许可证",),
        ),
        Field(
            "pit_depth",
            Kind.REAL,
            "Depth of the pit.",
            zh="基坑深度",
            example=4.5,
            unit="m",
            low=0,
            high=100,
            source=("基坑深度",),
            popup=True,
        ),
        Field(
            "pile_length",
            Kind.REAL,
            "Length of displacement piles.",
            zh="桩长",
            example=12.0,
            unit="m",
            low=0,
            high=200,
            source=("桩长",),
        ),
        Field(
            "tunnel_depth",
            Kind.REAL,
            "Burial depth of a tunnel or shield.",
            zh="隧道埋深",
            unit="m",
            low=0,
            high=500,
            source=("隧道埋深",),
        ),
        Field(
            "started_on", Kind.DATE, "First day of work.", zh="开工日期", example=date(2026, 2, 1), source=("开工日期",)
        ),
        Field(
            "completed_on", Kind.DATE, "Day of completion; empty while under way.", zh="完工日期", source=("完工日期",)
        ),
    ),
    constraints=(
        Constraint(
            "completed_after_start",
            "completed_on >= started_on",
            "a site is completed after it is started",
            "完工不早于开工",
        ),
    ),
    style=Style(colour="#c77d00", width=1.4, order=50),
)
