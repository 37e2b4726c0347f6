"""Every layer, register and log of the county, found by itself: one file each, nothing else to edit."""

import functools
import importlib
import pkgutil

from gis.errors import DefinitionError, UnknownName
from gis.layer import Layer, Use


def every() -> tuple[Layer, ...]:
    """Give all layers in order of their names; DefinitionError where a file holds no `LAYER` or misnames it."""
    return _read(tuple(__path__))


@functools.cache  # every question asks for several layers, and the folders hold code, which stays while it runs
def _read(folders: tuple[str, ...]) -> tuple[Layer, ...]:
    found = []
    for module in sorted(pkgutil.iter_modules(folders), key=lambda each: each.name):
        layer = getattr(importlib.import_module(f"{__name__}.{module.name}"), "LAYER", None)
        if not isinstance(layer, Layer) or layer.name != module.name:
            raise DefinitionError(
                f"gis/layers/{module.name}.py: expected LAYER named {module.name!r}, got {layer!r:.80}"
            )
        found.append(layer)
    return tuple(found)


def named(name: str) -> Layer:
    """Give the layer of that name; UnknownName lists what there is."""
    for layer in every():
        if layer.name == name:
            return layer
    raise UnknownName(f"no layer {name!r}; there are: {', '.join(layer.name for layer in every())}")


def using(use: Use) -> tuple[Layer, ...]:
    """Give the layers that serve `use`, in order of their names; empty where none does."""
    return tuple(layer for layer in every() if use in layer.uses)


def one(use: Use) -> Layer:
    """Give the one layer that serves `use`; DefinitionError where there is none or more than one."""
    found = using(use)
    if len(found) != 1:
        raise DefinitionError(f"expected one layer for {use.value}, got {[layer.name for layer in found]}")
    return found[0]
