"""What every command about a county needs: its database, a progress bar, and files for what it found."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from tqdm import tqdm

from gis.errors import Refused

if TYPE_CHECKING:
    import geopandas as gpd

    from gis.store.county import County
    from gis.store.settings import Settings

Progress = Callable[[str], None]
DATABASE = click.option("--database", envvar="WANGGE_DATABASE", default=None, help="数据库名 · the county's database")
DAY = click.DateTime(formats=["%Y-%m-%d"])
ENDS = "\n收尾：不再搜索，存下已求得的结果；再按一次放弃 · ending with what was found so far; once more gives it up"
WORDS = {
    "read": "读取 reading",
    "stage": "整理 staging",
    "judge": "校验 judging",
    "merge": "入库 storing",
    "kept": "沿用 kept from before",
    "fetch": "取数 fetching",
    "search": "搜索 searching",
    "again": "按管径再搜索 searching again with sizes",
    "point": "预算 budget",
    "phases": "分期 phases",
    "land": "造地 inventing the land",
    "people": "造人 inventing people",
    "files": "写文件 writing files",
    "void": "作废 voiding",
    "extract": "读取OSM reading the extract",
    "law": "规则 law",
    "grades": "合成等级 grades",
    "stations": "合成调压站 stations",
    "users": "合成用户 users",
    "workers": "合成网格员 workers",
    "checks": "合成检查 checks",
    "grid": "划分网格 cells",
    "assign": "归格 assigning",
    "unchecked": "核查 unchecked",
    "patrol": "巡查片区 areas",
    "due": "到期检查 what is due",
    "store": "入库 storing",
    "pipes": "瓶改管 pipes",
    "routes": "巡查路线 routes",
    "risers": "内改外 risers",
    "outage": "停气 outage",
    "report": "报告 report",
    "match": "归户 matching",
    "map": "地图 map",
    "count": "计数 counting",
    "dump": "导出 dumping",
    "pack": "打包 packing",
    "unpack": "解包 unpacking",
    "restore": "恢复 restoring",
    "compare": "核对 comparing",
}


def settings(database: str | None = None) -> "Settings":
    """Give the settings of the environment, for another database where one is named."""
    from gis.store.settings import settings_from

    found = settings_from(os.environ)
    return found if database is None else replace(found, database=database)


@contextmanager
def county(database: str | None = None, *, kept: bool = False) -> Iterator["County"]:
    """Open the county of a command and close it after; its connections are kept meanwhile for one that serves."""
    from gis.store.county import opened

    found = opened(settings(database), kept=kept)
    try:
        yield found
    finally:
        found.close()


@contextmanager
def steps(title: str, total: int | None = None) -> Iterator[Progress]:
    """Show a progress bar on stderr whose steps are named as they begin, by a word and which one it is.

    Without a total they and the time are shown alone.
    """
    form = "{desc} {elapsed}" if total is None else "{desc} {bar} {n_fmt} {elapsed}"
    with tqdm(total=total, desc=title, leave=False, bar_format=form) as bar:

        def begin(name: str) -> None:
            word, _, which = name.partition(" ")
            bar.set_description_str(f"{title}: {WORDS.get(word, word)} {which}".rstrip())
            bar.update()

        yield begin


class Ending:
    """Tells a search that Ctrl-C was pressed, so that it ends with the best it has found.

    Ctrl-C ends the command as ever before it is asked for the first time, after it is `closed`, and when pressed again.
    """

    def __init__(self) -> None:
        self.closed, self.asked, self.pressed = False, False, False

    def __call__(self) -> bool:
        """Give whether it was pressed."""
        self.asked = True
        return self.pressed

    def anew(self) -> None:
        """Hear Ctrl-C as if it was not pressed before."""
        self.pressed = False

    def press(self, *_: object) -> None:
        """Take note of Ctrl-C."""
        if self.closed or self.pressed or not self.asked:
            raise KeyboardInterrupt
        self.pressed = True
        click.echo(ENDS, err=True)


@contextmanager
def ending() -> Iterator[Ending]:
    """Give what hears Ctrl-C; nothing is changed where the process does not heed it."""
    end, before = Ending(), signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        yield end
        return
    signal.signal(signal.SIGINT, end.press)
    try:
        yield end
    finally:
        signal.signal(signal.SIGINT, before)


def day(given: datetime | None) -> date | None:
    """Give the day of a date option."""
    return given.date() if given is not None else None


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path to write to that becomes `path` at the end: the file is there whole, or as it was before.

    Refused where it cannot be written.
    """
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        if path.is_dir():
            raise Refused(f"{path}: expected a file to write, got a folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(path)
    except OSError as error:
        raise Refused(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def write_rows(frame: "gpd.GeoDataFrame", path: Path, form: str, note: str) -> None:
    """Write rows as GeoJSON in EPSG:4326 or as CSV with lon and lat; both say the note. Refused where that fails."""
    with whole(path) as part:
        if form == "geojson":
            part.write_text(_geojson(frame, note), encoding="utf-8")
        elif form == "csv":
            point = frame.geometry.representative_point()
            table = frame.drop(columns="geometry").assign(lon=point.x.round(7), lat=point.y.round(7))
            part.write_text(f"# {note}\n" + table.to_csv(index=False), encoding="utf-8-sig")
        else:
            raise Refused(f"--format {form}: expected geojson or csv")


def _geojson(frame: "gpd.GeoDataFrame", note: str) -> str:
    import json

    columns = [name for name in frame.columns if name != "geometry"]
    shapes = frame.geometry.to_numpy()
    features = [
        {
            "type": "Feature",
            "properties": dict(zip(columns, map(_plain, row), strict=True)),
            "geometry": None if shape is None else shape.__geo_interface__,
        }
        for row, shape in zip(frame[columns].itertuples(index=False, name=None), shapes, strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "note": note, "features": features}, ensure_ascii=False)


def _plain(value: Any) -> object:  # whatever a frame holds
    if value is None or value != value:  # noqa: PLR0124 - only NaN and NaT differ from themselves
        return None
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value
