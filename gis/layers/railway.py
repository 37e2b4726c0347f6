"""Railways: barriers for walking and cells where no street crosses them, and crossed by pipes at a price only."""

from gis.layer import EVERYONE, Choice, Crossing, Field, Geometry, Kind, Layer, Osm, Source, Style, Use

LAYER = Layer(
    name="railway",
    title="铁路",
    title_en="Railways",
    doc="Centre lines of railway tracks above ground.",
    geometry=Geometry.LINE,
    source=Source(publisher="Railway authority, or OpenStreetMap", licence="internal, or ODbL 1.0"),
    key="code",
    read=EVERYONE,
    uses=frozenset({Use.BARRIER}),
    crossing=Crossing(by="kind", unknown="rail"),
    keyed_by_geometry=True,
    osm=(
        Osm(
            tags=(("railway", ("rail", "light_rail", "narrow_gauge")),),
            without=(
                ("tunnel", ("yes", "building_passage", "covered")),
                ("bridge", ("yes", "viaduct")),
                ("service", ("yard", "spur", "siding", "crossover")),
            ),
        ),
    ),
    fields=(
        Field(
            "code",
            Kind.TEXT,
            "Identifier of the line.",
            zh="编号",
            example="way/5",
            required=True,
            source=("osm_id", "铁路编号", "id"),
        ),
        Field(
            "name", Kind.TEXT, "Name of the line.", zh="名称", example="金温铁路", popup=True, source=("线名", "NAME")
        ),
        Field(
            "kind",
            Kind.TEXT,
            "What runs on it.",
            zh="类型",
            example="rail",
            source=("railway", "类型"),
            choices=(
                Choice("rail", "铁路", "#555555", "Railway", ("narrow_gauge", "国铁", "专用线")),
                Choice("tram", "轻轨电车", "#888888", "Tram", ("light_rail", "有轨电车", "轻轨")),
                Choice("other", "其他轨道", "#aaaaaa", "Other", ("*",)),
            ),
        ),
    ),
    style=Style(by="kind", colour="#555555", fill=False, width=1.2, order=22),
)
