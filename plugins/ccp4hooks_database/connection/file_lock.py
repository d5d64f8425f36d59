"""What differs between operating systems: file locks, process identity, kinds of file system."""

from __future__ import annotations

import os
import socket
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


NETWORK_FILE_SYSTEMS = frozenset(
    {"9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "gpfs", "lustre", "ncpfs"}
    | {"nfs", "nfs4", "orangefs", "smb3", "smbfs"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """A process, told from a later one that got the same number.

    Attributes:
        host: Name of the machine.
        boot_id: Identity of the machine's present run.
        pid: Number of the process.
        started_at: When it started.
    """

    host: str
    boot_id: str
    pid: int
    started_at: datetime


def this_process() -> ProcessIdentity:
    """Return the identity of the calling process."""
    return _process(os.getpid())


CLOCK_S = 2.0
"""By how much the start of one process may be told differently at two times [s]; clocks are set."""


def is_alive(process: ProcessIdentity) -> bool | None:
    """Return whether a process is there, None if it is on another machine.

    A process of the same number that began at another time, or after another start of the machine, is another one.
    """
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - start-up time

    if process.host != socket.gethostname():
        return None
    if process.boot_id != _boot_id():
        return False
    try:
        found = psutil.Process(process.pid)
        began_s, ended = found.create_time(), found.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    return not ended and abs(began_s - process.started_at.timestamp()) < CLOCK_S


@cache
def _process(pid: int) -> ProcessIdentity:
    import psutil  # noqa: PLC0415 - start-up time

    started_at = datetime.fromtimestamp(psutil.Process(pid).create_time(), tz=timezone.utc)
    return ProcessIdentity(host=socket.gethostname(), boot_id=_boot_id(), pid=pid, started_at=started_at)


def _boot_id() -> str:
    import psutil  # noqa: PLC0415 - start-up time

    linux = Path("/proc/sys/kernel/random/boot_id")
    return linux.read_text().strip() if linux.exists() else str(int(psutil.boot_time()))


def network_file_system(path: Path) -> str:
    """Return the kind of network file system that holds a path, an empty text if it is a local one."""
    import psutil  # noqa: PLC0415 - start-up time

    kind = file_system_kind(path.resolve(), [(m.mountpoint, m.fstype) for m in psutil.disk_partitions(all=True)])
    return kind if kind in NETWORK_FILE_SYSTEMS else ""


def file_system_kind(path: Path, mounts: Iterable[tuple[str, str]]) -> str:
    """Return the kind of the file system on which a path lies, in lower case.

    >>> file_system_kind(Path("/home/ada/db"), [("/", "ext4"), ("/home", "NFS4"), ("/homes", "ext4")])
    'nfs4'

    Args:
        path: Absolute, without symbolic links.
        mounts: Mount point and kind of each file system; of two at one place the later one counts.
    """
    holding = [(len(Path(point).parts), kind) for point, kind in mounts if path.is_relative_to(point)]
    deepest = max((depth for depth, _ in holding), default=0)
    return next((kind.lower() for depth, kind in reversed(holding) if depth == deepest), "")


@contextmanager
def locked(path: Path, wait_s: float) -> Iterator[None]:
    """Hold an exclusive lock between processes, by way of a file that is there for as long as it is held.

    The operating system frees the lock of a process that is killed.

    Args:
        path: The lock file.
        wait_s: How long to wait for another process [s].

    Raises:
        StoreError: Another process held the lock all the time.
        OSError: The file cannot be made.
    """
    deadline = time.monotonic() + wait_s
    while (descriptor := _acquire(path)) is None:
        if time.monotonic() > deadline:
            raise StoreError(
                f"Another process has been creating or upgrading the database beside {path} for {wait_s:g} s. "
                "Try again when it is done."
            )
        time.sleep(0.02)
    try:
        yield
    finally:
        _release(path, descriptor)


def _acquire(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _try_lock(descriptor)
        held = os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        held = False
    # A file that its last holder removed meanwhile locks nobody out.
    if not held:
        os.close(descriptor)
    return descriptor if held else None


def _release(path: Path, descriptor: int) -> None:
    if sys.platform == "win32":
        os.close(descriptor)  # an open file cannot be removed there; the next holder takes it over
    else:
        path.unlink(missing_ok=True)
        os.close(descriptor)
