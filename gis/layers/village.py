"""Villages and communities (村、社区)."""

from gis.layer import EVERYONE, Field, Geometry, Kind, Layer, Source, Style, Use

LAYER = Layer(
    name="village",
    title="村社",
    title_en="Villages",
    doc="Villages and communities with their statistics code.",
    geometry=Geometry.POLYGON,
    source=Source(publisher="Civil affairs office", licence="internal"),
    key="code",
    read=EVERYONE,
    uses=frozenset({Use.VILLAGE}),
    fields=(
        Field(
            "code",
            Kind.TEXT,
            "Code within its scheme.",
            zh="代码",
            example="330784100201",
            required=True,
            source=("village_code", "村代码"),
        ),
        Field(
            "code_scheme",
            Kind.TEXT,
            "Which table the code is from: nbs, mca, local.",
            zh="编码体系",
            example="nbs",
            source=("编码体系",),
        ),
        Field(
            "name",
            Kind.TEXT,
            "Name of the village.",
            zh="名称",
            example="某某村",
            required=True,
            popup=True,
            source=("村社", "NAME"),
        ),
        Field(
            "town_code",
            Kind.TEXT,
            "Code of its town, same scheme.",
            zh="镇街代码",
            example="330784100",
            source=("镇街代码",),
        ),
        Field(
            "demonstration",
            Kind.BOOLEAN,
            "Whether it is its town's demonstration point of piped gas (一镇一村).",
            zh="示范点",
            example=False,
            popup=True,
            source=("一镇一村", "瓶改管示范点"),
        ),
    ),
    style=Style(colour="#9a8ab8", fill=False, width=0.8, order=70, shown=False),
)
