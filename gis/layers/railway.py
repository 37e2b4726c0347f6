"""Railways: barriers for walking and cells where no street crosses them; tunnels and bridges are none."""

from gis.layer import EVERYONE, Field, Geometry, Kind, Layer, Osm, Source, Style, Use

LAYER = Layer(
    name="railway",
    title="铁路",
    title_en="Railways",
    doc="Centre lines of railways on the ground.",
    geometry=Geometry.LINE,
    source=Source(publisher="Survey office, or OpenStreetMap", licence="internal, or ODbL 1.0"),
    key="code",
    read=EVERYONE,
    uses=frozenset({Use.BARRIER}),
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
            "name",
            Kind.TEXT,
            "Name of the railway.",
            zh="名称",
            example="金温铁路",
            popup=True,
            source=("铁路名称", "NAME"),
        ),
    ),
    style=Style(colour="#3d3d3d", fill=False, width=1.6, order=12),
)
