"""Run the installed command in a new process, as a user does."""

import hashlib
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

collect_ignore_glob = ["output/*"]

OURS = (
    "ALLOWED_HOSTS",
    "CCP4HOOKS_",
    "CCP4I2_",
    "CORS_",
    "DATABASE_URL",
    "DEBUG",
    "DJANGO_SETTINGS_MODULE",
    "FORCE_COLOR",
    "NO_COLOR",
    "SECRET_KEY",
)


class Command:
    """Runs ``ccp4hooks`` in a directory with a clean environment."""

    def __init__(self, directory, **variables):
        self.directory = directory
        self.variables = variables

    def __call__(self, *arguments, **variables):
        return self._run([sys.executable, "-m", "ccp4hooks.cli", *map(str, arguments)], **variables)

    def shell(self, line, **variables):
        """Run a line in bash, and return the exit code of the first part of a pipe that fails."""
        return self._run(["bash", "-o", "pipefail", "-c", line], **variables)

    def environment(self, **variables):
        """Return the environment in which the command is run."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return {**clean, "HOME": str(self.directory), **self.variables, **variables}

    def _run(self, words, **variables):
        environment = self.environment(**variables)
        # A test may choose a locale whose characters are no UTF-8.
        return subprocess.run(
            words,
            cwd=self.directory,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            check=False,
        )


def tree_hash(directory):
    """Return a digest of the paths, contents and modification times of all files in a directory."""
    digest = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        digest.update(f"{path.relative_to(directory)} {path.lstat().st_mtime_ns}\n".encode())
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


class Demo:
    """A demo that was run twice, with its output, its directory, and a command that runs there."""

    def __init__(self, home):
        self.home = home
        self.project = home / "projects" / "demo"
        self.finished = Command(home.parent)("demo", home)
        self.continued = Command(home.parent)("demo", home)
        self.command = Command(home, HOME=str(home.parent))
        self._read = {}

    def tree_hash(self):
        return tree_hash(self.home)

    def read(self, *arguments):
        """Return the standard output of a command that must change nothing; run it once per test session."""
        if arguments not in self._read:
            before = self.tree_hash()
            done = self.command(*arguments)
            assert done.returncode == 0, done.stderr
            assert self.tree_hash() == before, f"{arguments} changed something"
            self._read[arguments] = done.stdout
        return self._read[arguments]


@pytest.fixture(scope="session")
def data():
    """Directory of the real data in the installed CCP4i2."""
    return Path(find_spec("ccp4i2").origin).parent / "wrappers"


@pytest.fixture(scope="session")
def reflections(data):
    return data / "freerflag" / "test_data" / "rnase25_fsigf.mtz"


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """A finished demo, which tests must not change."""
    return Demo(tmp_path_factory.mktemp("acceptance") / "demo")


@pytest.fixture
def command(tmp_path):
    """The command in an empty directory, with its own database and projects directory."""
    return Command(
        tmp_path,
        DATABASE_URL=f"sqlite:///{(tmp_path / 'db.sqlite3').as_posix()}",
        CCP4I2_PROJECTS_DIR=str(tmp_path / "projects"),
    )
