"""Residential compounds (小区): the blocks in which risers are moved outdoors (内改外)."""

from datetime import date

from gis.layer import OFFICE, Choice, Constraint, Field, Geometry, Kind, Layer, Mask, Role, Source, Style, Use

NEAR = frozenset({Role.WORKER, Role.STEWARD})

LAYER = Layer(
    name="compound",
    title="小区",
    title_en="Compounds",
    doc="Residential compounds with where their gas risers run; 内改外 is done compound by compound.",
    geometry=Geometry.POLYGON,
    source=Source(publisher="Housing office, gas companies", licence="internal"),
    key="code",
    read=OFFICE | {Role.WORKER},
    uses=frozenset({Use.COMPOUND}),
    located=True,
    keyed_by_geometry=True,
    fields=(
        Field(
            "code",
            Kind.TEXT,
            "Identifier of the compound.",
            zh="小区编号",
            example="C-001",
            required=True,
            source=("小区代码", "COMPOUND_ID", "id"),
        ),
        Field(
            "name", Kind.TEXT, "Name.", zh="小区名称", example="某某花园", popup=True, source=("小区", "名称", "NAME")
        ),
        Field(
            "kind",
            Kind.TEXT,
            "How it was built.",
            zh="小区类型",
            example="commercial",
            popup=True,
            source=("类型",),
            choices=(
                Choice("commercial", "商品房", "#b8a9d9", "Built for sale", ("商品房小区",)),
                Choice("resettlement", "安置房", "#d9b8a9", "Resettlement", ("安置小区", "回迁房")),
                Choice("old", "老旧小区", "#c9a27e", "Old compound", ("老小区",)),
                Choice("village", "农民公寓", "#c9c78a", "Village flats", ("农民新村", "下山脱贫小区")),
                Choice("other", "其他小区", "#bbbbbb", "Other", ("其他", "*")),
            ),
        ),
        Field("address", Kind.TEXT, "Address.", zh="地址", example="某某路88号", source=("小区地址", "ADDRESS")),
        Field(
            "built_year",
            Kind.INTEGER,
            "Year of completion.",
            zh="建成年份",
            example=2004,
            low=1800,
            high=2100,
            popup=True,
            source=("建成年代",),
        ),
        Field(
            "blocks", Kind.INTEGER, "Buildings.", zh="楼栋数", example=12, low=0, high=10000, source=("幢数", "栋数")
        ),
        Field(
            "households",
            Kind.INTEGER,
            "Households.",
            zh="户数",
            example=486,
            low=0,
            high=1000000,
            popup=True,
            source=("总户数",),
        ),
        Field(
            "piped", Kind.BOOLEAN, "Whether piped gas reaches it.", zh="通管道气", example=True, source=("是否通气",)
        ),
        Field(
            "riser",
            Kind.TEXT,
            "Where the gas risers run.",
            zh="立管位置",
            example="indoors",
            popup=True,
            source=("立管",),
            choices=(
                Choice("indoors", "户内立管", "#b5271f", "Indoors", ("户内", "室内")),
                Choice("mixed", "部分户内", "#e08a3c", "Partly indoors", ("部分",)),
                Choice("outdoors", "户外立管", "#7fb37f", "Outdoors", ("户外", "室外")),
                Choice("none", "无立管", "#bbbbbb", "No risers", ("无",)),
            ),
        ),
        Field(
            "outdoors_on",
            Kind.DATE,
            "Day on which all risers were outdoors.",
            zh="内改外完成日期",
            example=date(2023, 6, 30),
            source=("改造完成日期",),
        ),
        Field(
            "obstacle",
            Kind.TEXT,
            "What keeps the risers from being moved: consent, façade, clearance.",
            zh="改造障碍",
            example="住户未同意",
            source=("未改原因",),
        ),
        Field(
            "courtyard_length",
            Kind.REAL,
            "Courtyard pipe that outdoor risers need and that is not laid yet; empty: worked out from the buildings.",
            zh="庭院管长度",
            example=310.0,
            unit="m",
            low=0,
            high=100_000,
            source=("待建庭院管长度",),
        ),
        Field("keeper", Kind.TEXT, "Company that keeps it.", zh="物业公司", example="某某物业", source=("物业",)),
        Field(
            "phone",
            Kind.TEXT,
            "Telephone of the keeper.",
            zh="联系电话",
            example="13800000000",
            source=("物业电话", "电话"),
            read=NEAR,
            mask=Mask.PHONE,
        ),
    ),
    constraints=(
        Constraint("area_plausible", "ST_Area(geom) >= 10", "a compound has at least 10 m²", "小区面积不小于10平方米"),
        Constraint(
            "moved_after_built",
            "extract(year FROM outdoors_on) >= built_year",
            "risers are moved after the compound is built",
            "内改外不早于建成",
        ),
    ),
    style=Style(by="kind", colour="#b8a9d9", width=1.2, order=28, shown=False),
)
