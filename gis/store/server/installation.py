"""What the machine offers to a private server: PostgreSQL with PostGIS, a user to run it, memory."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from gis.errors import ServerError

OLDEST = 15
PROGRAMS = ("initdb", "pg_ctl", "postgres")
SERVER_USERS = ("postgres", "nobody")
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Installation:
    """One PostgreSQL of the system's packages that has PostGIS."""

    version: int
    bin: Path


@dataclass(frozen=True, slots=True)
class Account:
    """The user of the operating system that a server runs as."""

    name: str
    uid: int
    gid: int


def installations(root: Path = Path("/usr")) -> list[Installation]:
    """Give the usable installations below `root`, newest first: PostgreSQL 15 or newer that has PostGIS."""
    found = [
        Installation(int(folder.name), folder / "bin")
        for folder in root.glob("lib/postgresql/*")
        if folder.name.isdigit() and all((folder / "bin" / program).exists() for program in PROGRAMS)
    ]
    usable = [
        each
        for each in found
        if each.version >= OLDEST and (root / f"share/postgresql/{each.version}/extension/postgis.control").exists()
    ]
    return sorted(usable, key=lambda each: each.version, reverse=True)


def installation(version: int | None = None, root: Path = Path("/usr")) -> Installation:
    """Give the newest usable installation, or the one of an existing cluster's major version."""
    for each in installations(root):
        if version in {None, each.version}:
            return each
    wanted = f"PostgreSQL {version}" if version else f"PostgreSQL {OLDEST} or newer"
    package = version or OLDEST
    raise ServerError(
        f"{wanted} with PostGIS is not installed: run `make setup` (in an offline bundle `./install`) "
        f"as root or with sudo (or `apt-get install postgresql-{package} postgresql-{package}-postgis-3`), "
        "or set DATABASE_URL to a server that has it"
    )


def server_account(data: Path) -> Account:
    """Give who runs the server: the owner of an existing data folder, else the caller, else for root a plain user.

    PostgreSQL refuses to run as root, so root runs it as the system's `postgres`, or as `nobody`.
    """
    try:
        owner = data.stat().st_uid
    except FileNotFoundError:
        owner = os.geteuid()
    except OSError as error:
        raise ServerError(f"{data}: {error.strerror}; set WANGGE_STATE to a folder of yours") from None
    if os.geteuid() not in {0, owner}:
        raise ServerError(f"{data} belongs to uid {owner}: run as that user, or set WANGGE_STATE to a folder of yours")
    return _account(owner) if owner else _unprivileged()


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise ServerError(f"uid {uid} has no user name, which PostgreSQL needs: add it to /etc/passwd") from None
    return Account(entry.pw_name, uid, entry.pw_gid)


def _unprivileged() -> Account:
    for name in SERVER_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise ServerError("PostgreSQL does not run as root and there is no user `postgres` or `nobody`: add one")


def memory_mib(limit: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """Give the memory that this machine or its container may use, in MiB."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        text = limit.read_text().strip()
    except OSError:
        return whole // MIB
    return min(whole, int(text) if text.isdigit() else whole) // MIB


def shared_folder_mib(folder: Path = Path("/dev/shm")) -> int:  # noqa: S108 - asked for its size, nothing is written
    """Give the size of the folder behind POSIX shared memory, in MiB; 0 where there is none that everybody may write.

    A bare chroot has it as a folder of root's, in which no server can start.
    """
    try:
        size, mode = os.statvfs(folder), folder.stat().st_mode
    except OSError:
        return 0
    if not mode & stat.S_IWOTH:
        return 0
    return size.f_frsize * size.f_blocks // MIB
