"""A private PostgreSQL cluster as files and processes: made, started, stopped; never reached over a network.

The server's user need not be able to walk to the state folder (below root's 0700 home it cannot): the data folder is
handed over open, and PostgreSQL knows it as /proc/self/fd/N. Processes are told apart by the cluster's label in their
command line, which survives a kill, a reused process number and a container that does not let root look closer.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from gis.errors import ServerError
from gis.store.server import cluster_files
from gis.store.server.installation import Account, installation, server_account

SOCKETS_BELOW = Path("/tmp")  # noqa: S108 - a short path: 107 bytes are the most; owner and mode are checked
PORT = 5432
IMPOSSIBLE_PID = 2**31 - 1
LOCK_S, RETRY_S, READY_S, STOP_S = 600.0, 30.0, 600, 120.0
PASSING = ("already exists", "shared memory block", "is still in use")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where a cluster's files are, who runs it, and the label by which its processes are known."""

    folder: Path
    account: Account
    label: str

    @property
    def data(self) -> Path:
        """The data folder: it exists once the cluster is made whole."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """The folder of the server's log, one file a weekday."""
        return self.folder / "log"

    @property
    def sockets(self) -> Path:
        """The folder of the server's socket, short and readable by nobody else."""
        return SOCKETS_BELOW / f"wangge-{self.account.uid}-{self.label.removeprefix('wangge-')}"

    @property
    def made(self) -> bool:
        """Whether there is a cluster to start."""
        return (self.data / "PG_VERSION").exists()


def cluster_of(state: Path) -> Cluster:
    """Give the cluster that belongs to a state folder, made or not."""
    folder = Path(os.path.realpath(state)) / "postgres"
    label = "wangge-" + hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Cluster(folder, server_account(folder / "data"), label)


@contextmanager
def locked(state: Path, patience_s: float = LOCK_S) -> Iterator[None]:
    """Hold the state folder's lock, made with the folder: one command at a time starts or stops its server."""
    with _permitted(state):
        state.mkdir(mode=0o755, parents=True, exist_ok=True)
        handle = os.open(state / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        if os.geteuid() == 0:
            os.fchown(handle, state.stat().st_uid, -1)
        until = time.monotonic() + patience_s
        while not _taken(handle):
            if time.monotonic() > until:
                raise ServerError(f"{state}: another wangge command has been starting or stopping the server too long")
            time.sleep(0.05)
        yield
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def make(cluster: Cluster, *, durable: bool = True) -> None:
    """Make the cluster's folders and files where they are missing; a creation cut off half-way starts afresh."""
    passing = 0o711 if os.geteuid() == 0 else 0o700
    with _permitted(cluster.folder):
        _folder(cluster.folder, passing, None)
        _folder(cluster.log, 0o700, cluster.account)
        if cluster.made:
            return
        new = cluster.folder / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        _folder(new, 0o700, cluster.account)
        kept = ("--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", *(() if durable else ("--no-sync",)))
        done = run(cluster, "initdb", "--username=wangge", "--auth=peer", *kept, data=new)
        if done.returncode:
            raise ServerError(f"the database cluster could not be made in {cluster.folder}: {last_words(cluster)}")
        new.rename(cluster.data)
        _keep(cluster.folder)


def start(cluster: Cluster, roles: Iterable[str], *, durable: bool = True) -> None:
    """Start the made cluster and wait until it answers; a predecessor's remains are cleared or waited for, 30 s."""
    with _permitted(cluster.folder):
        cluster_files.write(cluster.data, cluster.sockets, cluster.account, roles=roles, durable=durable)
        until = time.monotonic() + RETRY_S
        while not _attempt(cluster):
            words = last_words(cluster)
            if time.monotonic() > until or not any(passing in words for passing in PASSING):
                raise ServerError(f"the private PostgreSQL did not start: {words}; its log is in {cluster.log}")
            time.sleep(0.5)


@contextmanager
def _permitted(folder: Path) -> Iterator[None]:
    """Say in a sentence where the machine does not let us write: rights, a full disk, a link in a folder's place."""
    try:
        yield
    except OSError as error:
        raise ServerError(
            f"{error.filename or folder}: {error.strerror}; make room there, or set WANGGE_STATE to a folder of yours"
        ) from None


def _attempt(cluster: Cluster) -> bool:
    if postmaster(cluster) is None:
        bury(cluster)
        naming = f"-c cluster_name={cluster.label}"
        return run(cluster, "pg_ctl", "start", "--wait", f"--timeout={READY_S}", "-o", naming).returncode == 0
    until = time.monotonic() + READY_S
    while postmaster(cluster) is not None and time.monotonic() < until:
        if _pid_file(cluster)[7:8] == ["ready"]:
            return True
        time.sleep(0.1)
    return False


def stop(cluster: Cluster) -> None:
    """Stop the server, which ends its sessions, and wait until it has written everything."""
    for how, patience_s in ((signal.SIGINT, STOP_S), (signal.SIGQUIT, RETRY_S)):
        until = time.monotonic() + patience_s
        pid = postmaster(cluster)
        if pid is not None:
            os.kill(pid, how)
        while postmaster(cluster) is not None and time.monotonic() < until:
            time.sleep(0.05)
    if postmaster(cluster) is not None:
        raise ServerError(f"the private PostgreSQL (process {postmaster(cluster)}) does not stop; see {cluster.log}")
    bury(cluster)
    with suppress(OSError):
        cluster.sockets.rmdir()


def postmaster(cluster: Cluster) -> int | None:
    """Give the number of the cluster's live server process; None where it is stopped, dead or a zombie."""
    first = "".join(_pid_file(cluster)[:1]).strip()
    if not first.isdigit() or f"cluster_name={cluster.label}" not in _command_line(int(first)):
        return None
    return int(first)


def bury(cluster: Cluster) -> None:
    """Clear what a killed server left: orphans that hold its memory, a number that is no longer its own, the socket.

    Only the number in postmaster.pid is replaced: PostgreSQL itself still checks the shared memory named below it.
    """
    for folder in Path("/proc").glob("[0-9]*"):
        if _command_line(int(folder.name)).startswith(f"postgres: {cluster.label}: "):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(int(folder.name), signal.SIGKILL)
    lines = _pid_file(cluster)
    if lines:
        text = "\n".join([str(IMPOSSIBLE_PID), *lines[1:]]) + "\n"
        cluster_files.replace(cluster.data / "postmaster.pid", text, cluster.account)
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (cluster.sockets / name).unlink(missing_ok=True)


def socket_folder(cluster: Cluster) -> None:
    """Make the folder of the socket where it is missing; refuse one that somebody else put there."""
    folder = cluster.sockets
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if folder.lstat().st_uid == os.geteuid() == 0 and not folder.is_symlink():
        os.chown(folder, cluster.account.uid, cluster.account.gid, follow_symlinks=False)
    if not sockets_are_ours(cluster):
        raise ServerError(f"{folder} is not a private folder of {cluster.account.name}: remove it and repeat")


def sockets_are_ours(cluster: Cluster) -> bool:
    """Whether the socket's folder is a real folder of the server's user that nobody else can enter."""
    try:
        found = cluster.sockets.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == cluster.account.uid and not found.st_mode & 0o077


def run(
    cluster: Cluster, program: str, *arguments: str, data: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run one of PostgreSQL's programs on the data folder as the server's user; its words go to start.log."""
    version = (cluster.data / "PG_VERSION").read_text().strip() if cluster.made else ""
    chosen = installation(int(version) if version.isdigit() else None)
    drops = os.geteuid() == 0
    handle = os.open(data or cluster.data, os.O_PATH | os.O_DIRECTORY)
    try:
        with _start_log(cluster).open("xb") as log:
            return subprocess.run(  # noqa: S603 - a program of the system's packages, arguments of our own
                [chosen.bin / program, "-D", f"/proc/self/fd/{handle}", *arguments],
                user=cluster.account.uid if drops else None,
                group=cluster.account.gid if drops else None,
                extra_groups=[] if drops else None,
                check=False,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                pass_fds=(handle,),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
    finally:
        os.close(handle)


def _start_log(cluster: Cluster) -> Path:
    """Give the place of a new start.log: whoever wrote the last one, and whatever it was."""
    place = cluster.folder / "start.log"
    place.unlink(missing_ok=True)
    return place


def last_words(cluster: Cluster) -> str:
    """Give the line in which the last run of a program says why it failed."""
    lines = (cluster.folder / "start.log").read_text(errors="replace").splitlines()
    telling = [line for line in lines if "FATAL" in line or "error:" in line] or lines[-1:]
    return telling[0].strip() if telling else "it said nothing"


def _folder(path: Path, mode: int, account: Account | None) -> None:
    if path.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, "expected a folder, found a link", str(path))
    path.mkdir(exist_ok=True)
    path.chmod(mode)
    if account is not None and os.geteuid() == 0:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _keep(folder: Path) -> None:
    """Make a renaming in the folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _pid_file(cluster: Cluster) -> list[str]:
    try:
        return [line.strip() for line in (cluster.data / "postmaster.pid").read_text().splitlines()]
    except FileNotFoundError:
        return []


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
