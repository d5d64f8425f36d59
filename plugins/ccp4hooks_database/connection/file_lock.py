"""Exclusive locks between processes by means of a file, and the detection of network file systems."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
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


def network_file_system(path: Path) -> str:
    """Return the type of the network file system that contains a path; an empty text if the file system is local."""
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - start-up time

    mounts = [(one.mountpoint, one.fstype) for one in psutil.disk_partitions(all=True)]
    kind = file_system_type(path.resolve(), mounts)
    return kind if kind in NETWORK_FILE_SYSTEMS else ""


def file_system_type(path: Path, mounts: Iterable[tuple[str, str]]) -> str:
    """Return the type of the file system that contains a path, in lower case.

    >>> file_system_type(Path("/home/ada/db"), [("/", "ext4"), ("/home", "NFS4"), ("/homes", "ext4")])
    'nfs4'

    Args:
        path: Absolute, without symbolic links.
        mounts: Mount point and type of each file system; of two with the same mount point the later one counts.
    """
    containing = [(len(Path(point).parts), kind) for point, kind in mounts if path.is_relative_to(point)]
    deepest = max((depth for depth, _ in containing), default=0)
    return next((kind.lower() for depth, kind in reversed(containing) if depth == deepest), "")


@contextmanager
def locked(path: Path, wait_s: float) -> Iterator[None]:
    """Hold an exclusive lock; the lock file exists for as long as the lock is held.

    The operating system releases the lock of a process that is killed.

    Args:
        path: The lock file.
        wait_s: How long to wait for another process [s].

    Raises:
        StoreError: Another process held the lock for all that time.
        OSError: The file cannot be created.
    """
    deadline = time.monotonic() + wait_s
    while (descriptor := _acquire(path)) is None:
        if time.monotonic() > deadline:
            raise StoreError(
                f"Another process has been creating or upgrading the database beside {path} for {wait_s:g} s. "
                "Wait until it has finished, then try again."
            )
        time.sleep(0.02)
    try:
        yield
    finally:
        _release(path, descriptor)


def _acquire(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _try_lock(descriptor)
        # The last owner may have removed the file since it was opened; a lock on a removed file excludes nobody.
        acquired = os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        acquired = False
    if not acquired:
        os.close(descriptor)
    return descriptor if acquired else None


def _release(path: Path, descriptor: int) -> None:
    if sys.platform == "win32":
        os.close(descriptor)  # Windows cannot remove an open file; the next owner uses the same file
    else:
        path.unlink(missing_ok=True)
        os.close(descriptor)
