"""The files that configure a private cluster: rewritten at each start, so that they follow the machine."""

import os
import pwd
import tempfile
from collections.abc import Iterable
from pathlib import Path

from gis.store.server.installation import Account, memory_mib, shared_folder_mib

ACCESS = "# Written by wangge at each start.\nlocal all all peer map=wangge\n"


def write(data: Path, sockets: Path, account: Account, *, roles: Iterable[str], durable: bool = True) -> None:
    """Write settings, access rules and user map into the data folder, owned by the server's user."""
    people = {account.name, pwd.getpwuid(os.geteuid()).pw_name, pwd.getpwuid(0).pw_name}
    texts = {
        "postgresql.conf": configuration(sockets, memory_mib(), shared_folder_mib(), durable=durable),
        "pg_hba.conf": ACCESS,
        "pg_ident.conf": "".join(f'wangge "{person}" {role}\n' for person in sorted(people) for role in roles),
    }
    for name, text in texts.items():
        replace(data / name, text, account)


def configuration(sockets: Path, memory: int, shared_folder: int, *, durable: bool = True) -> str:
    """Give postgresql.conf for a machine with so much memory (MiB); own changes belong in ALTER SYSTEM.

    A container's /dev/shm is often 64 MiB, where parallel queries fail: System V segments are not bound by it.
    """
    safe = "on" if durable else "off"
    buffers = max(128, min(2048, memory // 8))
    lines = {
        "listen_addresses": "''",
        "unix_socket_directories": f"'{sockets}'",
        "port": "5432",
        "unix_socket_permissions": "0700",
        "max_connections": "60",
        "shared_buffers": f"{buffers}MB",
        "work_mem": f"{max(8, min(64, memory // 64))}MB",
        "maintenance_work_mem": f"{max(64, min(512, memory // 16))}MB",
        "effective_cache_size": f"{max(256, memory // 2)}MB",
        "dynamic_shared_memory_type": "posix" if shared_folder >= 1024 else "sysv",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "4GB",
        "checkpoint_completion_target": "0.9",
        "fsync": safe,
        "full_page_writes": safe,
        "synchronous_commit": "on",
        "jit": "off",
        "random_page_cost": "1.1",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "lc_messages": "'C'",
        "logging_collector": "on",
        "log_directory": "'../log'",
        "log_filename": "'postgres-%a.log'",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_line_prefix": "'%m [%p] %q%u@%d '",
        "password_encryption": "'scram-sha-256'",
    }
    body = "".join(f"{name} = {value}\n" for name, value in lines.items())
    return "# Written by wangge at each start; own changes: ALTER SYSTEM.\n" + body


def replace(path: Path, text: str, account: Account) -> None:
    """Write a file whole or not at all, never through a link that somebody put in its place."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        if os.geteuid() == 0:
            os.fchown(file.fileno(), account.uid, account.gid)
    Path(name).replace(path)
