"""Patrol areas: the ground and the work of one worker."""

from gis.layer import EVERYONE, Field, Geometry, Kind, Layer, Source, Style, Use

LAYER = Layer(
    name="patrol_area",
    title="巡查片区",
    title_en="Patrol areas",
    doc="The areas of one run, one row per worker's area.",
    geometry=Geometry.POLYGON,
    source=Source(publisher="This database", licence="internal"),
    key="code",
    read=EVERYONE,
    uses=frozenset({Use.PATROL_AREA}),
    derived=True,
    unique=(("run_id", "code"),),
    fields=(
        Field(
            "code", Kind.TEXT, "Number of the area within its run.", zh="片区", example="01", required=True, popup=True
        ),
        Field("run_id", Kind.INTEGER, "Run that made it.", zh="运算", example=1, required=True, refers="run"),
        Field("worker_code", Kind.TEXT, "Worker the area is for.", zh="工号", example="W-001", popup=True),
        Field(
            "load",
            Kind.REAL,
            "Minutes of work in the period: visits due and the way to them.",
            zh="工作量",
            example=94_000.0,
            unit="min",
            low=0,
            popup=True,
        ),
        Field("objects", Kind.INTEGER, "Patrolled objects in the area.", zh="对象数", example=440, low=0, popup=True),
        Field(
            "cells", Kind.INTEGER, "Cells of which it holds all or a part.", zh="网格数", example=7, low=0, popup=True
        ),
        Field("pieces", Kind.INTEGER, "Connected pieces of the area.", zh="块数", example=1, low=0),
        Field(
            "cell_codes",
            Kind.JSON,
            "Codes of the cells of which it holds all or a part.",
            zh="网格编码",
            example={"codes": ["330784001000001"]},
            required=True,
        ),
    ),
    style=Style(colour="#00695c", fill=False, width=2.0, order=65),
)
