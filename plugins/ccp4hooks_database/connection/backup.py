"""Back up a SQLite file before its schema is changed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from uuid import uuid4

from ccp4hooks import StoreError
from ccp4hooks.store import os_cure

if TYPE_CHECKING:
    from pathlib import Path


def back_up(path: Path) -> Path:
    """Copy a SQLite database, also one that others use, and return the copy, which is beside it.

    The copy has the permissions of the database. It gets its name when it is complete.

    Args:
        path: The file.

    Raises:
        StoreError: The copy cannot be written. Nothing is left of it.
    """
    copy = path.with_name(f"{path.name}.before-{datetime.now(timezone.utc):%Y%m%dT%H%M%S.%fZ}")
    temporary = path.with_name(f".{copy.name}.{uuid4().hex}")
    try:
        temporary.touch(0o600, exist_ok=False)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(temporary)) as target:
            source.backup(target)
        shutil.copymode(path, temporary)
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.rename(copy)
    except (OSError, sqlite3.Error) as error:
        temporary.unlink(missing_ok=True)
        cure = os_cure(error, "Check its directory.") if isinstance(error, OSError) else "Free some space."
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise StoreError(
            f"The database {path} cannot be backed up ({reason}), so it was not upgraded. {cure}"
        ) from error
    return copy
