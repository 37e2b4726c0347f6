"""Clean files out: the rows of a layer as a role may see them, in any form; loading them back changes nothing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import shapely
import sqlalchemy as sa

from gis import crs, layers
from gis.crs import EXCHANGE, Geometries
from gis.errors import Refused, UnknownName
from gis.layer import Layer, Role
from gis.run.columns_out import Shown, Words, shown, spellings, title_of
from gis.store import stream, writing
from gis.store.county import County
from gis.store.town import town_named
from gis.store.writing.legend import Legend, legend
from gis.store.writing.rows import Chunk, Rows

Progress = Callable[[int, int], None]
STEWARD = frozenset({Role.STEWARD})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to leave and how: a layer, in Chinese or coded words, for whom, in which system, of which town and day.

    `crs` None is the county's own metres, or EPSG:4326 where the form asks for it.
    """

    layer: Layer
    chinese: bool = True
    roles: frozenset[Role] = STEWARD
    crs: str | None = None
    town: str | None = None
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """What left: how many rows, in which system, under which columns, and what the role did not get plain.

    `notes` say, in Chinese and English, why the file cannot be loaded back whole, or how to.
    """

    layer: str
    rows: int
    crs: str | None
    columns: tuple[str, ...]
    masked: tuple[str, ...]
    hidden: tuple[str, ...]
    invented: int
    notes: tuple[str, ...]


def export(county: County, wanted: Wanted, path: Path, progress: Progress = lambda _done, _all: None) -> Exported:
    """Write one layer to a file in the form of its ending.

    UnknownName where the roles may not read the layer, Refused where the form cannot hold it; then nothing is written.
    """
    form = writing.form_of(path)
    _refuse_form(form, wanted)
    with stream.snapshot(county) as connection:
        rows, told = rows_of(connection, county, wanted, form, progress)
        writing.write_rows(path, rows)
    return told


def export_all(county: County, wanted: Sequence[Wanted], path: Path, progress: Progress) -> list[Exported]:
    """Write several layers into one GeoPackage, all as they are at one instant; styles are kept in it."""
    form = writing.form_of(path)
    if not form.many:
        raise Refused(f"{path.name}: 多个图层只能写入 .gpkg · several layers go into a .gpkg alone")
    with stream.snapshot(county) as connection:
        found = [rows_of(connection, county, each, form, progress) for each in wanted]
        writing.write_many(path, [rows for rows, _ in found])
    return [told for _, told in found]


def readable(roles: frozenset[Role]) -> list[Layer]:
    """Give the layers that these roles may read."""
    return [layer for layer in layers.every() if layer.visible(roles).readable]


def rows_of(
    connection: sa.Connection, county: County, wanted: Wanted, form: writing.Form, progress: Progress
) -> tuple[Rows, Exported]:
    """Give what a file of this form is written from; the rows are fetched while it is written."""
    layer = wanted.layer
    view = layer.visible(wanted.roles)
    if not view.readable:
        raise UnknownName(f"没有图层 {layer.name} · no layer {layer.name!r}")
    town = town_named(connection, county, wanted.town).id if wanted.town is not None else None
    asked = stream.Asked(layer, town, wanted.as_of, wanted.roles)
    size = stream.extent(connection, county, asked)
    system = _system(county, wanted, form) if layer.geometry is not None else None
    fields = shown(county, Words(layer, wanted.roles, wanted.chinese, form.table), invented=bool(size.invented))
    hidden = tuple(each.name for each in layer.fields if each not in {*view.plain, *view.masked})
    masked = tuple(each.name for each in view.masked)
    names = tuple(each.column.name for each in fields)
    rows = Rows(
        name=layer.name,
        columns=tuple(each.column for each in fields),
        chunks=_chunks(connection, county, asked, fields, (system, size.rows, progress)),
        shape=layer.geometry.value if layer.geometry is not None else "",
        crs=system,
        key=title_of(layer.field(layer.key), chinese=wanted.chinese),
        title=layer.title,
        points=_degrees(system) if layer.geometry is not None and layer.geometry.value == "Point" else None,
        most_points=size.most_points,
        legend=_legend(layer, wanted),
    )
    told = Exported(layer.name, size.rows, system, names, masked, hidden, size.invented, ())
    return rows, replace(told, notes=_notes(layer, wanted, told, form))


def _refuse_form(form: writing.Form, wanted: Wanted) -> None:
    layer = wanted.layer
    if layer.geometry is None and not form.registers:
        raise Refused(
            f"{layer.title}没有图形，{form.title} 放不下 · {layer.name} has no shapes, which {form.title} needs; "
            "请改用 · choose .xlsx .csv .gpkg"
        )
    if layer.geometry is not None and layer.geometry.value not in form.shapes:
        raise Refused(
            f"{layer.title}是面，{form.title} 只放点和线 · {layer.name} has areas, which it cannot hold; "
            "请改用 · choose .gpkg .shp"
        )


def _system(county: County, wanted: Wanted, form: writing.Form) -> str:
    if wanted.crs is not None and crs.shifted(wanted.crs) is not None:
        raise Refused(
            f"--crs {wanted.crs}: 不导出加偏坐标 · shifted coordinates are not written: no file can name them"
        )
    if form.degrees:
        if wanted.crs is not None and not crs.same_system(wanted.crs, f"EPSG:{EXCHANGE}"):
            raise Refused(f"--crs {wanted.crs}: {form.title} 只用 EPSG:{EXCHANGE} · is always in it (RFC 7946)")
        return f"EPSG:{EXCHANGE}"
    own = f"EPSG:{county.srid}"
    if wanted.crs is None:
        return own
    if not form.system and not crs.same_system(wanted.crs, own):
        raise Refused(f"--crs {wanted.crs}: {form.title} 不记坐标系 · names no system, so it is written in {own}")
    crs.from_storage(np.empty(0, dtype=object), wanted.crs, county.srid)  # refused now where there is no way to it
    return wanted.crs


def _chunks(
    connection: sa.Connection,
    county: County,
    asked: stream.Asked,
    fields: Sequence[Shown],
    said: tuple[str | None, int, Progress],
) -> Iterator[Chunk]:
    system, total, progress = said
    done = 0
    progress(done, total)
    for part in stream.chunks(connection, county, asked):
        columns = list(zip(*part, strict=True))
        values = [[each.turned(value) for value in columns[each.place]] for each in fields]
        shapes = _shapes(columns[-1], county, system) if system is not None else None
        done += len(part)
        yield Chunk(values, shapes)
        progress(done, total)


def _shapes(stored: Sequence[bytes | None], county: County, system: str) -> Geometries:
    wkb = np.array([None if each is None else bytes(each) for each in stored], dtype=object)
    shapes = np.asarray(shapely.from_wkb(wkb), dtype=object)
    own = crs.same_system(system, f"EPSG:{county.srid}")
    return shapes if own else crs.from_storage(shapes, system, county.srid)


def _degrees(system: str | None) -> Callable[[Geometries], tuple[Sequence[float], Sequence[float]]]:
    def places(shapes: Geometries) -> tuple[Sequence[float], Sequence[float]]:
        moved = crs.to_storage(shapes, system, EXCHANGE)
        return shapely.get_x(moved).round(8).tolist(), shapely.get_y(moved).round(8).tolist()

    return places


def _legend(layer: Layer, wanted: Wanted) -> Legend | None:
    if layer.geometry is None:
        return None
    by = layer.field(layer.style.by) if layer.style.by else None
    words = spellings(by) if by is not None and wanted.chinese else {}
    return legend(layer, attribute=title_of(by, chinese=wanted.chinese) if by is not None else "", words=words)


def _notes(layer: Layer, wanted: Wanted, told: Exported, form: writing.Form) -> tuple[str, ...]:
    notes = []
    missing = (*told.masked, *told.hidden)
    if missing:
        listed = "、".join(layer.field(name).title for name in missing)
        roles = ", ".join(sorted(role.value for role in wanted.roles))
        notes.append(
            f"{listed}：对 {roles} 掩码或不给，文件装不回完整的行 · masked or left out for this role; "
            "the file does not load back whole"
        )
    if told.invented:
        notes.append(
            f"{told.invented} 行含合成（虚构）值；装回时加 --synthetic · "
            f"{told.invented} rows hold invented values; load them back with --synthetic"
        )
    if not form.system and layer.geometry is not None:
        notes.append(
            f"{form.title} 只有图形和编号；坐标系 {told.crs} 装回时用 --crs 声明 · declare it when loading back"
        )
    return tuple(notes)
