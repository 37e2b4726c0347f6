"""What the layers are: `wangge describe`."""

import click

from gis.cli.say import Answer, Command


@click.command(cls=Command)
@click.argument("layer", required=False)
def describe(layer: str | None) -> Answer:
    """数据说明 · Print the data sheet of LAYER, or of all layers."""
    from gis import layers
    from gis.run.describe import sheets

    chosen = [layers.named(layer)] if layer is not None else list(layers.every())
    return Answer({"layers": [each.name for each in chosen]}, text=sheets(chosen).rstrip("\n"))
