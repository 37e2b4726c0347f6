"""Towns and streets (镇、街道): what cells never cross."""

from gis.layer import EVERYONE, Field, Geometry, Kind, Layer, Osm, Source, Style, Use

LAYER = Layer(
    name="town",
    title="镇街",
    title_en="Towns",
    doc="Township-level divisions; grid cells lie inside one town.",
    geometry=Geometry.POLYGON,
    source=Source(publisher="Civil affairs office, or OpenStreetMap", licence="internal, or ODbL 1.0"),
    key="code",
    read=EVERYONE,
    uses=frozenset({Use.TOWN}),
    osm=(Osm(tags=(("boundary", ("administrative",)),)),),
    fields=(
        Field(
            "code",
            Kind.TEXT,
            "Code within its scheme.",
            zh="代码",
            example="330784100",
            required=True,
            source=("town_code", "镇街代码", "osm_id"),
        ),
        Field(
            "code_scheme",
            Kind.TEXT,
            "Which table the code is from: nbs, mca, osm, local.",
            zh="编码体系",
            example="nbs",
            source=("编码体系",),
        ),
        Field(
            "name",
            Kind.TEXT,
            "Name of the town.",
            zh="名称",
            example="东城街道",
            required=True,
            popup=True,
            source=("镇街", "name:zh", "NAME"),
        ),
        Field(
            "admin_level",
            Kind.INTEGER,
            "OpenStreetMap level the outline came from.",
            zh="行政级别",
            example=8,
            low=1,
            high=12,
        ),
    ),
    style=Style(colour="#5a4a78", fill=False, width=1.8, order=80),
)
