"""Restore a job, and import an archive, on a disk that becomes full, for some amounts of free space.

Usage: python tests/recovery/full_disk_of_trash.py tmpfs|limit restore|import

It is a program of its own, because each command runs in a child that is forked: the process must have no threads. An
amount of space for which something is left half done, or is not said, is an AssertionError.
"""

import os
import shutil
import sqlite3
import sys
from contextlib import closing, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import full_disk

SPACES = {"tmpfs": (0, 8, 16, 32, 4096), "limit": (0, 1, 16, 300, None)}
"""Free space, or the largest size of a file, None for no limit [KiB]."""

CODES = {0, 4, 7}
"""Exit codes of a command that has done its work, or nothing."""


@contextmanager
def small(way):
    """Yield a small disk with a project whose job 1 is in the trash; beside it, an archive, and an empty database."""
    with full_disk.disk(way) as disk:
        os.environ["CCP4I2_HOME"] = str(disk.rest / "home")
        full_disk.warm_up(disk.rest / "fresh.sqlite3")
        shutil.copy(disk.rest / "fresh.sqlite3", disk.full / "db.sqlite3")
        done(disk, "run", "coordinate_selector", f"XYZIN={full_disk.model()}", "--project", "p")
        done(disk, "export", "p", "--ccp4i2", str(disk.rest / "p.zip"))
        done(disk, "delete", "1", "--project", "p", "--yes")
        yield disk


def done(disk, *words):
    code, said = command(disk, *words)
    assert code == 0, said


def command(disk, *words, limit=None):
    """Run a command in a child, and return its exit code and what it says."""
    environment = {
        "DATABASE_URL": f"sqlite:///{disk.full}/db.sqlite3",
        "CCP4I2_PROJECTS_DIR": str(disk.full / "projects"),
        "CCP4I2_HOME": str(disk.rest / "home"),
        "HOME": str(disk.rest),
    }
    return full_disk.command([*words], environment, limit)


def on_full_disk(disk, space, *words):
    """Run a command with some free space, free the rest again, and return its exit code and what it says."""
    size = None if space is None else space * full_disk.KIB
    if disk.way == "tmpfs":
        disk.fill(size)
    code, said = command(disk, *words, limit=size if disk.way == "limit" else None)
    disk.free()
    assert "Traceback" not in said, said
    assert code in CODES, said
    return code, said


def rows(disk):
    with closing(sqlite3.connect(disk.full / "db.sqlite3")) as connection:
        return connection.execute("SELECT number, status FROM ccp4i2_job").fetchall()


def is_whole(disk):
    """Return whether the job is recorded and has its files; it has all of them, or none."""
    folder = disk.full / "projects/p"
    job, trash = folder / "CCP4_JOBS/job_1", list((folder / "CCP4_JOBS/.ccp4hooks_trash").glob("job_1.*"))
    found = {bool(rows(disk)), job.is_dir(), (folder / "CCP4_IMPORTED_FILES/1a80_A.pdb").is_file(), not trash}
    assert len(found) == 1, found
    return found == {True}


def restored(disk):
    """Restore the job for each amount of space, and return the exit codes."""
    codes = []
    for space in SPACES[disk.way]:
        codes.append(on_full_disk(disk, space, "restore", "1", "--project", "p")[0])
        done(disk, "recover", "p")
        if not is_whole(disk):
            assert codes[-1] != 0
            done(disk, "restore", "1", "--project", "p")
        assert rows(disk) == [("1", 6)]
        done(disk, "verify", "p")
        done(disk, "delete", "1", "--project", "p", "--yes")
    return codes


def imported(disk):
    """Import the archive for each amount of space, and return the exit codes."""
    codes = []
    for number, space in enumerate(SPACES[disk.way]):
        (disk.full / "db.sqlite3").unlink()
        shutil.rmtree(disk.full / "projects", ignore_errors=True)
        shutil.copy(disk.rest / "fresh.sqlite3", disk.full / "db.sqlite3")
        code, said = on_full_disk(disk, space, "import", str(disk.rest / "p.zip"), "--name", f"q{number}")
        codes.append(code)
        # A database that cannot even be read keeps the directory until the next import or recovery.
        done(disk, "recover")
        left = [path.name for path in (disk.full / "projects").glob("*")]
        assert (left, len(rows(disk))) == (([f"q{number}"], 1) if code == 0 else ([], 0)), said
    return codes


def main():
    way, what = sys.argv[1:]
    with small(way) as disk:
        codes = {"restore": restored, "import": imported}[what](disk)
    assert (codes[0] in CODES - {0}, codes[-1]) == (True, 0), codes


if __name__ == "__main__":
    main()
