"""Databases that can be taken away, each in a way of its own."""

import sqlite3
from pathlib import Path

from ccp4hooks_database.connection.pool import POOL


class LockedFile:
    """A SQLite file that somebody else keeps locked."""

    def __init__(self, url, server):
        self.url, self.path = url, url.removeprefix("sqlite:///")
        self.other = None

    def go(self):
        self.other = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self.other.execute("BEGIN EXCLUSIVE")

    def come(self):
        self.other.close()


class BusyFile(LockedFile):
    """A SQLite file that somebody else is writing to for ever; it can be read."""

    def go(self):
        self.other = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self.other.execute("BEGIN IMMEDIATE")


class MovedFile:
    """A SQLite file that is not where it was: its file system is not mounted."""

    def __init__(self, url, server):
        self.url, self.path = url, Path(url.removeprefix("sqlite:///"))

    def go(self):
        self.path.rename(self.path.with_suffix(".away"))

    def come(self):
        assert not self.path.exists(), "another one has taken its place"
        self.path.with_suffix(".away").rename(self.path)


class ReadOnlyFile:
    """A SQLite file that can be read and not written, for root either: by the version that its header asks for."""

    WRITE_VERSION_AT = 18

    def __init__(self, url, server):
        self.url, self.path = url, url.removeprefix("sqlite:///")
        self.old = b""

    def go(self):
        POOL.close()  # an open SQLite connection keeps using the old file
        with open(self.path, "rb+") as stream:  # noqa: PTH123 - a text
            stream.seek(self.WRITE_VERSION_AT)
            self.old = stream.read(1)
        self._write(b"\3")

    def come(self):
        self._write(self.old)

    def _write(self, version):
        with open(self.path, "rb+") as stream:  # noqa: PTH123 - a text
            stream.seek(self.WRITE_VERSION_AT)
            stream.write(version)


class _OnServer:
    def __init__(self, url, server):
        self.url, self.server, self.name = url, server, server.name_of(url)

    def tell(self, *statements):
        import psycopg

        with psycopg.connect(self.url.replace(f"/{self.name}", "/postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


class ClosedServer(_OnServer):
    """A PostgreSQL database that takes no connections."""

    def go(self):
        self.tell(
            f"ALTER DATABASE {self.name} WITH ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.name}'",  # noqa: S608 - ours
        )

    def come(self):
        self.tell(f"ALTER DATABASE {self.name} WITH ALLOW_CONNECTIONS true")


class ReadOnlyServer(_OnServer):
    """A PostgreSQL database that can be read and not written."""

    def go(self):
        self.tell(f"ALTER DATABASE {self.name} SET default_transaction_read_only = on")
        POOL.close()  # the server does not check open connections again

    def come(self):
        self.tell(f"ALTER DATABASE {self.name} RESET default_transaction_read_only")


class StoppedServer(_OnServer):
    """A PostgreSQL server that does not run."""

    def go(self):
        self.server.server.stop()

    def come(self):
        self.server.server.start()
