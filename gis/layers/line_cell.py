"""Lines in cells: how much of each line lies in which cell, kept by triggers."""

from gis.layer import OFFICE, Field, Kind, Layer, Role, Source, Use

LAYER = Layer(
    name="line_cell",
    title="线段网格",
    title_en="Lines in cells",
    doc="Length of each line in each cell and outside all; a common border counts for the lower code alone.",
    source=Source(publisher="This database", licence="internal"),
    key="object_id",
    read=OFFICE | {Role.WORKER},
    uses=frozenset({Use.LINE_CELL}),
    derived=True,
    unique=(("object_id", "lies_in"),),
    fields=(
        Field("object_id", Kind.INTEGER, "Internal id of the line.", zh="对象", example=1, required=True),
        Field("layer", Kind.TEXT, "Layer of the line.", zh="图层", example="gas_pipeline", required=True),
        Field(
            "lies_in", Kind.INTEGER, "Internal id of the cell; empty for what lies outside all.", zh="网格", example=2
        ),
        Field(
            "length", Kind.REAL, "Length of the line there.", zh="长度", example=120.5, unit="m", low=0, required=True
        ),
    ),
)
