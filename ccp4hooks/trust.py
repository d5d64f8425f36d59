"""Who can change a settings file that was found, and which of these files the user trusts.

The list of trusted files belongs to the user. It has the path and the SHA-256 of each file, so that a change of the
file ends the trust.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from ccp4hooks.errors import BadInputError
from ccp4hooks.runtime.os_errors import os_cure

FILE_NAME = "trusted.json"
"""Name of the list of trusted files, in the directory of the user's settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Why a file may contain what another user has written.

    Attributes:
        why: Who can change the file, in words.
        to_everyone: Whether every user can change it. Such a file cannot be trusted.
    """

    why: str
    to_everyone: bool


def exposure(path: Path, found: os.stat_result) -> Exposure | None:
    """Return who else can change a file, or None if only this user and root can.

    A file is exposed if it, its directory, or the directory of the file that it links to belongs to another user or
    can be written by others. The private group of a user, which has the user's name and no other member, is not
    another. Directories with a sticky bit, such as /tmp, are exposed, too: others can add files there. Windows is not
    checked.

    Args:
        path: The file.
        found: The result of `os.fstat` for the open file.

    Raises:
        OSError: The directory cannot be examined.
    """
    if sys.platform == "win32":
        return None
    folders = dict.fromkeys((path.parent, Path(os.path.realpath(path)).parent))
    checked = [("it", found), *((f"its directory {folder}", folder.stat()) for folder in folders)]
    exposures = [one for what, status in checked if (one := _exposure(what, status))]
    return next((one for one in exposures if one.to_everyone), exposures[0] if exposures else None)


def foreign_link(path: Path) -> Path | None:
    """Return the file to which a path leads if it is a link that others can replace or have made, else None.

    Trust in the file is not trust in the directory of the link.

    Raises:
        OSError: The directory cannot be examined.
    """
    if sys.platform == "win32" or not path.is_symlink() or _exposure("", path.parent.stat()) is None:
        return None
    return Path(os.path.realpath(path))


def _exposure(what: str, status: os.stat_result) -> Exposure | None:
    if status.st_mode & stat.S_IWOTH:
        return Exposure(why=f"every user can write to {what}", to_everyone=True)
    if status.st_uid not in {0, os.geteuid()}:
        return Exposure(why=f"{what} belongs to {user_name(status.st_uid)}", to_everyone=False)
    if status.st_mode & stat.S_IWGRP and not _is_private_group(status.st_gid, status.st_uid):
        return Exposure(why=f"the group {_group_name(status.st_gid)} can write to {what}", to_everyone=False)
    return None


def user_name(uid: int) -> str:
    """Return the name of a user, or the number if the user has no name."""
    import pwd  # noqa: PLC0415 - not on Windows

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _group_name(gid: int) -> str:
    import grp  # noqa: PLC0415 - not on Windows

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _is_private_group(gid: int, uid: int) -> bool:
    """Return whether a group belongs to one user alone, as many systems create it for each user (with umask 002)."""
    import grp  # noqa: PLC0415 - not on Windows
    import pwd  # noqa: PLC0415 - not on Windows

    try:
        user, group = pwd.getpwuid(uid), grp.getgrgid(gid)
    except KeyError:
        return False
    primary = {one.pw_name for one in pwd.getpwall() if one.pw_gid == gid}
    return group.gr_name == user.pw_name and {*group.gr_mem, *primary} <= {user.pw_name}


def is_trusted(path: Path, content: bytes) -> bool:
    """Return whether the user has trusted this file with this content."""
    return trusted().get(_key(path)) == _digest(content)


def trusted() -> dict[str, str]:
    """Return the trusted files: the SHA-256 of each by its path.

    With sudo, the list may belong to another user. It is then empty for root.

    Raises:
        BadInputError: The list cannot be read.
    """
    path = list_path()
    try:
        with path.open(encoding="utf-8") as stream:
            if exposure(path, os.fstat(stream.fileno())):
                return {}
            entries: Any = json.load(stream)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise BadInputError(f"The list of trusted settings files {path} cannot be read: {error}.") from error
    if not isinstance(entries, dict) or not all(isinstance(value, str) for value in entries.values()):
        raise BadInputError(f"{path} is not a list of trusted settings files. Remove it, and trust the files again.")
    return entries


def add(path: Path, content: bytes) -> None:
    """Trust a file with this content.

    Raises:
        BadInputError: The list of trusted files cannot be read or written.
    """
    _write(trusted() | {_key(path): _digest(content)})


def remove(path: Path) -> bool:
    """Trust a file no longer, and return whether it was trusted.

    Raises:
        BadInputError: The list of trusted files cannot be read or written.
    """
    entries = trusted()
    was_there = entries.pop(_key(path), None) is not None
    if was_there:
        _write(entries)
    return was_there


def list_path() -> Path:
    """Return the path of the list of trusted files."""
    from click import get_app_dir  # noqa: PLC0415 - start-up time

    return Path(get_app_dir("ccp4hooks")) / FILE_NAME


def _write(entries: dict[str, str]) -> None:
    path = list_path()
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        exposed = exposure(path, path.parent.stat())
        if exposed:
            raise BadInputError(f"The list of trusted settings files {path} cannot be kept there: {exposed.why}.")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(entries, stream, indent=1, sort_keys=True)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise BadInputError(
            f"The list of trusted settings files {path} cannot be written: {error.strerror}. "
            f"{os_cure(error, 'Correct its permissions.')}"
        ) from error


def digest_of(path: Path) -> str | None:
    """Return the SHA-256 of a file, or None if it cannot be read."""
    try:
        return _digest(path.read_bytes())
    except OSError:
        return None


def _key(path: Path) -> str:
    return os.path.realpath(path)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
