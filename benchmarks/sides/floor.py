"""Lower bounds without tracking: the script alone, plain files, raw sqlite3, and the start of Python."""

import os
import sqlite3
from uuid import uuid4

from benchmarks.sides.common import command, copied, large_file, native_mtz, number, peak_mb, small_files, timed


def prepare(place):
    """Do nothing."""
    (place.folder / "copies").mkdir()


def bare_freerflag(folder, mtz):
    """Return the script of a task with its parameters set."""
    from ccp4i2.core.tasks import get_plugin_class

    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    script = get_plugin_class("freerflag")(workDirectory=str(folder), name="bare")
    script.container.inputData.F_SIGF.setFullPath(str(mtz))
    script.container.outputData.FREEROUT.setFullPath(str(folder / "FREEROUT.mtz"))
    return script


class Side:
    """The work itself, without tracking."""

    def __init__(self, place):
        self.folder = place.folder
        self.rows = sqlite3.connect(place.folder / "raw.sqlite3")
        self.rows.execute("CREATE TABLE file (id INTEGER PRIMARY KEY, uuid TEXT UNIQUE, name TEXT, job INTEGER)")
        self.rows.execute("CREATE TABLE value (id INTEGER PRIMARY KEY, job INTEGER, key TEXT, value REAL)")
        self.rows.commit()

    def _insert(self, statement, rows):
        with self.rows:
            self.rows.executemany(statement, rows)

    def glean(self, size):
        """Insert the rows of files."""
        rows = [(uuid4().hex, f"{n}.pdb", 1) for n in range(size)]
        return timed(lambda: self._insert("INSERT INTO file (uuid, name, job) VALUES (?, ?, ?)", rows))

    def kpis(self, size):
        """Insert the rows of KPIs."""
        rows = [(1, f"value{n}", n / 7) for n in range(size)]
        return timed(lambda: self._insert("INSERT INTO value (job, key, value) VALUES (?, ?, ?)", rows))

    def importing(self, size):
        """Read, checksum and write files without fsync."""
        return self._copy(small_files(self.folder / "sources" / str(number()), size), durable=False)

    def importing_large(self, size):
        """Read, checksum, write and fsync one file."""
        path = large_file(self.folder / "sources" / str(number()), size)
        took = self._copy([path], durable=True)
        path.unlink()
        return took

    def _copy(self, paths, *, durable):
        folder = self.folder / "copies"
        return timed(lambda: [copied(path, folder, durable=durable) for path in paths])

    def freerflag(self, _size):
        """Run the script's ``process()``."""
        script = bare_freerflag(self.folder / f"bare{number()}", native_mtz())
        return timed(script.process)

    def run_command(self, _size):
        """Run the script in a process."""
        return command("-W", "ignore", "-m", "benchmarks.memory", "bare", str(self.folder / "bare"), str(native_mtz()))

    run_command_untracked = run_command

    def version(self, _size):
        """Import click."""
        return command("-c", "import click")

    help = version

    def memory(self, _size):
        """Run the script in a new process and return its peak memory [MB]."""
        return peak_mb("bare", str(self.folder / "memory"), str(native_mtz()))
