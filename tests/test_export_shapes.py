"""Shapefiles and drawings hold shapes alone: layers with them come back unchanged, others are refused."""

from pathlib import Path

import pytest

from gis.errors import Refused
from gis.layer import Layer
from gis.run import export as run
from gis.store.county import County
from tests.exchange import DELIVERED, carries, goes_round


@pytest.mark.parametrize("names", ["zh", "code"])
@pytest.mark.parametrize("ending", [".shp", ".dxf"])
@pytest.mark.parametrize("layer", DELIVERED, ids=lambda layer: layer.name)
def test_what_leaves_as_shapes_comes_back_unchanged_or_is_refused(
    filled: County, tmp_path: Path, layer: Layer, ending: str, names: str
) -> None:
    path = tmp_path / f"{layer.name}{ending}"
    if carries(ending, layer):
        goes_round(filled, layer, path, chinese=names == "zh")
        return
    with pytest.raises(Refused, match="请改用"):
        run.export(filled, run.Wanted(layer), path)
    assert list(tmp_path.iterdir()) == []
