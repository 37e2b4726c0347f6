"""What a role may not see does not leave, and no mask comes back as what it hides."""

import csv
from pathlib import Path

import pytest
import shapely

from gis import layers
from gis.errors import UnknownName
from gis.layer import Layer, Role
from gis.run import export as run
from gis.store.county import County
from tests.builders import stored
from tests.conftest import X, Y
from tests.exchange import DELIVERED, came_back, unchanged


@pytest.mark.parametrize("names", ["zh", "code"])
@pytest.mark.parametrize("role", [Role.PLANNER, Role.ANALYST, Role.WORKER])
def test_no_mask_is_read_as_what_it_hides_also_where_names_are_cut(
    filled: County, tmp_path: Path, role: Role, names: str
) -> None:
    for layer in DELIVERED:
        view = layer.visible({role})
        if not (view.readable and view.masked and layer.geometry is not None):
            continue
        wanted = run.Wanted(layer, chinese=names == "zh", roles=frozenset({role}))
        path = tmp_path / layer.name / "m.shp"
        found = run.export(filled, wanted, path)
        outcome = came_back(filled, layer, path)
        unchanged(outcome, found.rows)
        assert set(outcome.fields) == {each.name for each in view.plain}
        assert len(outcome.ignored) == len(view.masked)


def test_an_object_is_named_to_those_alone_who_may_read_its_layer(county: County, tmp_path: Path) -> None:
    pipe = [shapely.LineString([(X, Y), (X + 90, Y)])]
    assert stored(county, "gas_pipeline", [{"code": "P-1", "regime": "town"}], pipe).new == 1
    hazard = {"source": "s", "number": "1", "layer": "gas_pipeline", "object_key": "P-1"}
    assert stored(county, "hazard", [hazard]).new == 1
    told = {}
    for role in (Role.WORKER, Role.STEWARD):
        wanted = run.Wanted(layers.named("hazard"), chinese=False, roles=frozenset({role}))
        run.export(county, wanted, tmp_path / "h.csv")
        with (tmp_path / "h.csv").open(encoding="utf-8-sig", newline="") as file:
            told[role] = [(row["layer"], row["object_key"]) for row in csv.DictReader(file)]
    assert told == {Role.WORKER: [("gas_pipeline", "")], Role.STEWARD: [("gas_pipeline", "P-1")]}


@pytest.mark.parametrize("layer", layers.every(), ids=lambda layer: layer.name)
@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_only_what_the_gate_lets_through_becomes_a_column(
    filled: County, tmp_path: Path, layer: Layer, role: Role
) -> None:
    wanted = run.Wanted(layer, chinese=False, roles=frozenset({role}))
    view = layer.visible({role})
    if not view.readable:
        with pytest.raises(UnknownName, match="没有图层"):
            run.export(filled, wanted, tmp_path / "x.csv")
        return
    found = run.export(filled, wanted, tmp_path / "x.csv")
    plain = {each.name for each in view.plain}
    if layer.about_object:  # our ids are no other county's
        plain = plain - {"object_id"} | {"object_key"}
    assert set(found.columns) - {"invented_fields"} == plain | {f"{each.name}_masked" for each in view.masked}
