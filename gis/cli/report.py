"""The report of a pipe plan: `wangge pipes report`."""

from pathlib import Path

import click

from gis.cli.door import DATABASE, county, steps, whole
from gis.cli.say import Answer, Command

NAME = "瓶改管方案"


@click.command("report", cls=Command)
@click.argument("run", required=False)
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, help="输出文件夹 · DIR")
@DATABASE
def pipes_report(run: str | None, folder: Path, database: str | None) -> Answer:
    """报告 · Write the report of a plan (RUN; default: the newest) as .docx, .pdf and .xlsx, with map and bills."""
    from gis.run.pipe_report import written

    with county(database) as opened, steps("报告", total=1) as progress:
        progress("report")
        found = written(opened, run)
    files = [folder / f"{NAME}_{found.run}{ending}" for ending in found.forms]
    for file, content in zip(files, found.forms.values(), strict=True):
        with whole(file) as part:
            part.write_bytes(content)
    lines = [*map(str, files), *([f"合成数据：{'、'.join(found.invented)}"] if found.invented else [])]
    return Answer({"run": found.run, "files": files, "invented": list(found.invented)}, text="\n".join(lines))
