"""Write GeoPackage: exact coordinates and values; titles become the aliases that QGIS shows, the legend its style.

The style stands in the table `layer_styles`, where QGIS and GeoServer look for one and take it as the default.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from gis.store.writing import gdal, qml, sld
from gis.store.writing.names import distinct, renamed
from gis.store.writing.rows import Rows

OWN = ("fid", "geom")
VERSION = {"VERSION": "1.2"}
"""The newest that the GDAL of QGIS 3.22 reads without a doubt."""
STYLES = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
    ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""
REGISTERED = """
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)
VALUES ('layer_styles', 'attributes', 'layer_styles', '', strftime('%Y-%m-%dT%H:%M:%fZ','now'))"""
STYLED = """
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML,
                          styleSLD, useAsDefault, description, owner)
VALUES ('', '', ?, 'geom', ?, ?, ?, 1, ?, '')"""


def write(path: Path, rows: Rows) -> None:
    """Write rows as the one sublayer of a file, in order, with the style that their legend says."""
    write_many(path, [rows])


def write_many(path: Path, several: Sequence[Rows]) -> None:
    """Write several layers into one file, in order, each with its style."""
    for rows in several:
        names = distinct(rows.names, reserved=OWN, case=False)
        options = {"IDENTIFIER": rows.title or rows.name, "GEOMETRY_NAME": "geom", "FID": "fid"}
        columns = renamed(rows.columns, names)
        gdal.write(path, replace(rows, columns=columns), gdal.Target("GPKG", rows.name, options, VERSION))
    if any(rows.legend is not None for rows in several):
        with closing(sqlite3.connect(path)) as database, database:
            _style(database, several)


def _style(database: sqlite3.Connection, several: Sequence[Rows]) -> None:
    database.execute(STYLES)
    database.execute(REGISTERED)
    for rows in several:
        if rows.legend is not None:
            title = rows.title or rows.name
            told = (rows.name, title, qml.text(rows.legend, rows.columns), sld.text(rows.legend, rows.name), title)
            database.execute(STYLED, told)
