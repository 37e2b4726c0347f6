"""The invented county, as real a case as there is: what leaves its layers in a form comes back through the door."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gis import law, layers
from gis.run import deliver
from gis.run import export as run
from gis.run.deliver import Delivery, load_file
from gis.store import county as counties
from gis.store import server
from gis.store.county import County, Founding
from gis.store.settings import Settings
from gis.synth import county as invented
from gis.synth.settled import CODE
from gis.work import checks, rules

TODAY = date(2026, 3, 1)
ASKED = [
    *((name, ending) for name in ("building", "gas_user", "gas_pipeline") for ending in (".xlsx", ".shp", ".gpkg")),
    *(("check", ending) for ending in (".xlsx", ".gpkg")),
]
FIRST = {"town": 0, "village": 1, "road": 2, "building": 3}


@pytest.fixture(scope="module")
def place(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    """The invented county at a tenth of its size, loaded from its own files."""
    frames = invented.county(7, today=TODAY, scale=0.004)
    files = {path.stem: path for path in invented.write(tmp_path_factory.mktemp("invented"), frames)}
    own = replace(settings, database="test_export_invented")
    outline = deliver.outline(files["county"])
    founding = Founding(outline, "合成县", CODE, invented.TIMEZONE, invented.JURISDICTION, code_scheme="local")
    found = counties.found(own, founding)
    for name in sorted(files.keys() - {"county", "check"}, key=lambda name: (FIRST.get(name, 9), name)):
        outcome, _ = load_file(found, layers.named(name), Delivery(files[name], synthetic=True))
        assert (outcome.new, outcome.rejected) == (len(frames[name]), 0)
    rules.apply(found, law.rules())
    assert checks.record(found, frames["check"]).recorded == len(frames["check"])
    yield found
    found.close()
    server.drop_database(own, own.database)


@pytest.mark.parametrize("names", ["zh", "code"])
@pytest.mark.parametrize(("name", "ending"), ASKED)
def test_what_leaves_the_invented_county_comes_back_unchanged(
    place: County, tmp_path: Path, name: str, ending: str, names: str
) -> None:
    layer = layers.named(name)
    path = tmp_path / f"导出 {name}{ending}"
    told = run.export(place, run.Wanted(layer, chinese=names == "zh"), path)
    outcome, _ = load_file(place, layer, Delivery(path, synthetic=True))
    assert outcome.faults == ()
    assert (outcome.delivered, outcome.unchanged) == (told.rows, told.rows)
    assert (outcome.new, outcome.changed, outcome.rejected, outcome.repaired) == (0, 0, 0, 0)
    assert told.rows > 3
    assert set(outcome.fields) >= {each.name for each in layer.fields if not each.once}
