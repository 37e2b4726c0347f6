"""The commands of the database server: up, down, status, url, psql."""

import os
import signal
import subprocess
from dataclasses import asdict

import click
from psycopg.conninfo import make_conninfo

from gis.cli.say import Answer, Group
from gis.errors import ServerError
from gis.store import server
from gis.store.server.address import DatabaseRole, libpq_url, parameters
from gis.store.server.installation import installations
from gis.store.settings import Settings, settings_from

WHO = {role.name.lower(): role for role in DatabaseRole}
AS_WHOM = click.option("--role", type=click.Choice([*WHO]), default="app", show_default=True, help="数据库角色 · who")
WHICH = click.option("--database", default=None, help="数据库名 · another database than the county's")


@click.group(cls=Group)
def db() -> None:
    """数据库服务 · The PostGIS server behind the county."""


@db.command()
def up() -> Answer:
    """启动数据库 · Start the private server, made where it is missing; with DATABASE_URL only check that one."""
    settings = settings_from(os.environ)
    running = server.up(settings)
    word = "已启动 · started" if running.started else "运行中 · running"
    facts = {"running": True, "private": settings.database_url is None, **asdict(running)}
    return Answer(facts, sentence=f"{word}: PostgreSQL {running.version}, PostGIS {running.postgis}")


@db.command()
def down() -> Answer:
    """停止数据库 · Stop the private server, ending its sessions."""
    ran = server.down(settings_from(os.environ))
    return Answer(
        {"running": False, "stopped": ran}, sentence="已停止 · stopped" if ran else "未运行 · was not running"
    )


@db.command()
def status() -> Answer:
    """数据库状态 · Say whether the server runs, where, and which databases it holds."""
    found = server.status(settings_from(os.environ))
    lines = [f"{name}: {value}" for name, value in _rows(found) if value not in {"", "None"}]
    return Answer(asdict(found), text="\n".join(lines), sentence=found.problem, complete=not found.problem)


def _rows(found: server.Status) -> list[tuple[str, str]]:
    return [
        ("状态 · state", "运行中 · running" if found.running else "未运行 · not running"),
        ("归属 · server", "本机专用 · private" if found.private else "DATABASE_URL"),
        ("PostgreSQL", found.version),
        ("PostGIS", found.postgis),
        ("进程 · process", str(found.pid)),
        ("数据 · data", str(found.data)),
        ("套接字 · socket", str(found.sockets)),
        ("数据库 · databases", ", ".join(found.databases)),
    ]


@db.command()
@AS_WHOM
@WHICH
def url(role: str, database: str | None) -> Answer:
    """连接地址 · Print the address for psql, QGIS or a notebook; the server need not run."""
    settings = settings_from(os.environ)
    address = libpq_url(settings, WHO[role], database)
    return Answer({"url": address, "role": WHO[role].value, "database": database or settings.database}, text=address)


@db.command()
@AS_WHOM
@WHICH
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(role: str, database: str | None, arguments: tuple[str, ...]) -> Answer:
    """打开 psql · Open psql as one of the roles: `wangge db psql -- -c 'select 1'`."""
    settings = settings_from(os.environ)
    server.up(settings)
    given = parameters(settings, WHO[role], database)
    password = {"PGPASSWORD": given.pop("password")} if "password" in given else {}  # not in the list of processes
    line = [_program(settings), make_conninfo(**given), *arguments]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is psql's own affair
    try:
        done = subprocess.run(line, env=os.environ | password, check=False)  # noqa: S603 - the user's own arguments
    except FileNotFoundError:
        raise ServerError("psql is not installed: apt-get install postgresql-client") from None
    finally:
        signal.signal(signal.SIGINT, before)
    return Answer({"status": done.returncode}, complete=done.returncode == 0)


def _program(settings: Settings) -> str:
    """Give the psql beside the private server's programs, which need not be on the path."""
    found = installations()
    return str(found[0].bin / "psql") if found and settings.database_url is None else "psql"
