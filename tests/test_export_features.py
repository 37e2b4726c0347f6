"""Every layer leaves as one file of features and comes back unchanged, in Chinese and in coded words."""

from pathlib import Path

import pytest

from gis.layer import Layer
from gis.store.county import County
from tests.exchange import DELIVERED, goes_round


@pytest.mark.parametrize("names", ["zh", "code"])
@pytest.mark.parametrize("ending", [".fgb", ".parquet", ".geojson"])
@pytest.mark.parametrize("layer", DELIVERED, ids=lambda layer: layer.name)
def test_what_leaves_as_features_comes_back_unchanged(
    filled: County, tmp_path: Path, layer: Layer, ending: str, names: str
) -> None:
    goes_round(filled, layer, tmp_path / f"{layer.name}{ending}", chinese=names == "zh")
