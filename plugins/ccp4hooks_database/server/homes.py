"""CCP4i2's directory of this user, and those that other versions of CCP4i2 use by default."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import ccp4i2
from ccp4i2.config import preferences

from ccp4hooks import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = (".ccp4i2", ".ccp4i2x", ".ccp4i2-django")
"""Names of CCP4i2's directory in that of the user: with 3.0, with 3.1, and with its first pre-releases."""

DATABASE = "db.sqlite3"
"""Name of the default database in CCP4i2's directory."""


def home_line() -> str:
    """Return a line that names CCP4i2's directory."""
    return f"CCP4i2 {ccp4i2.__version__} uses the directory {preferences.ccp4i2_home()}"


def other_homes(in_use: Path | None) -> Iterator[str]:
    """Yield a line for each directory of another version that has a database with jobs. Reads only.

    Args:
        in_use: The SQLite file of the session, which is left out; None for a server.
    """
    for home, path in _others(in_use):
        yield from _report(home, path)


def _report(home: Path, path: Path) -> Iterator[str]:
    try:
        jobs, migrations = _read(path)
    except sqlite3.Error as error:
        yield f"another directory of CCP4i2 has a database that cannot be read: {path}: {error}"
        return
    if jobs:
        yield _line(home, jobs, migrations)


def require_choice(path: Path) -> None:
    """Refuse to start with an empty database by default after an upgrade of CCP4i2 whose directory has a new name.

    Args:
        path: The SQLite file of the session, which does not exist.

    Raises:
        StoreError: The file is that of CCP4i2's default directory, and the directory of another version has a database
            with jobs.
    """
    home = preferences.ccp4i2_home()
    if path.parent != home or home.parent != Path.home():
        return
    for other, database in _others(path):
        with suppress(sqlite3.Error):
            jobs, migrations = _read(database)
            if jobs:
                raise StoreError(
                    f"CCP4i2 {ccp4i2.__version__} uses the directory {home}, which has no database yet, but "
                    f"{_line(other, jobs, migrations)} To start with an empty database, run `ccp4hooks init`."
                )


def _others(in_use: Path | None) -> Iterator[tuple[Path, Path]]:
    """Yield each directory of another version with the file of its database."""
    known = [preferences.ccp4i2_home() / DATABASE, *([in_use] if in_use else [])]
    for name in NAMES:
        home = Path.home() / name
        path = home / DATABASE
        if path.is_file() and not any(other.exists() and path.samefile(other) for other in known):
            yield home, path


def _line(home: Path, jobs: int, migrations: frozenset[str]) -> str:
    return f"another directory of CCP4i2 has a database with jobs ({jobs}): {home}. {_advice(home, migrations)}"


def _read(path: Path) -> tuple[int, frozenset[str]]:
    """Return the number of jobs in a database of CCP4i2, and the names of its migrations."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        ((jobs,),) = connection.execute("SELECT COUNT(*) FROM ccp4i2_job")
        names = connection.execute("SELECT name FROM django_migrations WHERE app = 'ccp4i2'")
        return jobs, frozenset(name for (name,) in names)


def _advice(home: Path, migrations: frozenset[str]) -> str:
    known = {path.stem for path in Path(ccp4i2.__file__).parent.glob("db/migrations/*.py")}
    if migrations - known:
        return f"A newer version of CCP4i2 has written it; CCP4i2 {ccp4i2.__version__} cannot use it."
    return (
        f"To use it, back it up, export CCP4I2_HOME={home}, and run `ccp4hooks init`, which upgrades it. "
        "An older version of CCP4i2 may be unable to use it afterwards."
    )
