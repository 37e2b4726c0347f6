"""Rivers, canals and lakes: barriers for walking, digging and cells."""

from gis.layer import EVERYONE, Crossing, Field, Geometry, Kind, Layer, Osm, Source, Style, Use

LAYER = Layer(
    name="water",
    title="水域",
    title_en="Water",
    doc="Centre lines of rivers and canals, and outlines of lakes as lines.",
    geometry=Geometry.LINE,
    source=Source(publisher="Water office, or OpenStreetMap", licence="internal, or ODbL 1.0"),
    key="code",
    read=EVERYONE,
    uses=frozenset({Use.BARRIER}),
    crossing=Crossing(by="water_class", unknown="river"),
    keyed_by_geometry=True,
    osm=(Osm(tags=(("waterway", ("river", "canal", "stream")),)),),
    fields=(
        Field(
            "code",
            Kind.TEXT,
            "Identifier of the line.",
            zh="编号",
            example="way/2",
            required=True,
            source=("osm_id", "水域编号", "id"),
        ),
        Field(
            "name",
            Kind.TEXT,
            "Name of the water.",
            zh="名称",
            example="永康江",
            popup=True,
            source=("水域名称", "NAME"),
        ),
        Field(
            "water_class",
            Kind.TEXT,
            "River, canal, stream or shore.",
            zh="类型",
            example="river",
            source=("waterway", "类型"),
        ),
    ),
    style=Style(colour="#6fa8c9", fill=False, width=1.4, order=10),
)
