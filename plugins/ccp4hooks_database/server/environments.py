"""Python environments in which CCP4i2's own settings module has the app of ccp4hooks, and the file that does it.

CCP4i2's desktop application starts its server with CCP4i2's settings module, whatever the environment says. A ``.pth``
file in the environment reaches it: Python runs its line at each start.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccp4hooks import BadInputError
from ccp4hooks.store import os_cure, run_python

FILE = "ccp4hooks_enabled.pth"
"""Name of the file. Python reads it after the files of editable installations, whose names begin with ``_``."""

ANSWER_S = 120
"""Timeout for running another Python [s]."""

# At each start of Python only this class is made. ccp4hooks is imported when CCP4i2's settings module is.
_CODE = '''\
import sys


class Ccp4hooksFinder:
    """Adds the app of ccp4hooks to CCP4i2's settings module, if Django uses this module itself."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "ccp4i2.config.settings":
            return None
        import os

        if os.environ.get("DJANGO_SETTINGS_MODULE") != name:
            return None
        try:
            from ccp4hooks_database.server import enabled
        except ImportError as error:
            why = f"CCP4i2's jobs do not run through ccp4hooks: {error}. Install ccp4hooks, or delete {FILE}."
            print(why, file=sys.stderr)
            return None
        return enabled.find_settings(name, path)


# Python may read the directory of packages of a virtual environment twice.
if Ccp4hooksFinder.__name__ not in [getattr(finder, "__name__", "") for finder in sys.meta_path]:
    sys.meta_path.insert(0, Ccp4hooksFinder)
'''

_INQUIRY = """
import importlib.util, json, site, sysconfig

def has(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:
        return False

print()
print(json.dumps({
    "directory": sysconfig.get_path("purelib"),
    "user_directory": site.getusersitepackages() if site.ENABLE_USER_SITE else "",
    "directories": site.getsitepackages(),
    "has_ccp4hooks": has("ccp4hooks_database.server.enabled"),
    "has_ccp4i2": has("ccp4i2"),
}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A Python environment.

    Attributes:
        python: The program.
        directory: Its directory of packages.
        user_directory: The user's own directory of packages; None if this Python does not read it.
        directories: All directories of packages from which this Python reads ``.pth`` files.
        has_ccp4hooks: Whether ccp4hooks can be imported.
        has_ccp4i2: Whether CCP4i2 can be imported.
    """

    python: str
    directory: Path
    user_directory: Path | None
    directories: tuple[Path, ...]
    has_ccp4hooks: bool
    has_ccp4i2: bool

    @classmethod
    def of(cls, python: str) -> Environment:
        """Return the environment of a Python, which is run.

        Raises:
            BadInputError: The program cannot be run, or is no Python.
        """
        answer = _asked(python)
        user = answer["user_directory"]
        directories = [Path(path) for path in answer["directories"]]
        own = Path(answer["directory"])
        return cls(
            python=python,
            directory=own if own in directories else directories[0],
            user_directory=Path(user) if user else None,
            directories=(*directories, *([Path(user)] if user else [])),
            has_ccp4hooks=answer["has_ccp4hooks"],
            has_ccp4i2=answer["has_ccp4i2"],
        )

    @property
    def files(self) -> list[Path]:
        """The files that are in force, also those of the user and of an environment below this one."""
        return [directory / FILE for directory in self.directories if (directory / FILE).is_file()]

    def file(self, *, user: bool) -> Path:
        """Return the path of the file of this environment, or of the user.

        Raises:
            BadInputError: This Python reads no files of the user.
        """
        if not user:
            return self.directory / FILE
        if self.user_directory is None:
            raise BadInputError(f"{self.python} reads no packages of the user, so --user has no effect. Omit it.")
        return self.user_directory / FILE


def enable(environment: Environment, *, user: bool) -> tuple[Path, bool]:
    """Make CCP4i2's own settings module have the app of ccp4hooks, and return the file and whether it was changed.

    Args:
        environment: The environment.
        user: Whether to write into the user's own directory, for this user only.

    Raises:
        BadInputError: CCP4i2 or ccp4hooks is not installed there, or the file cannot be written.
    """
    for name, is_there in (("ccp4i2", environment.has_ccp4i2), ("ccp4hooks", environment.has_ccp4hooks)):
        if not is_there:
            how = f"{environment.python} -m pip install {name}"
            raise BadInputError(f"{environment.python} has no {name}. Install it there with `{how}`.")
    path = environment.file(user=user)
    content = _content(path)
    try:
        if path.is_file() and path.read_text(encoding="utf-8") == content:
            return path, False
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, content)
    except OSError as error:
        cure = os_cure(error, _advice(environment, user=user))
        raise BadInputError(f"{path} cannot be written: {error.strerror}. {cure}") from error
    return path, True


def disable(environment: Environment, *, user: bool) -> tuple[Path, bool]:
    """Remove the file that `enable` wrote, and return its path and whether there was one.

    Args:
        environment: See `enable`.
        user: See `enable`.

    Raises:
        BadInputError: The file cannot be removed.
    """
    path = environment.file(user=user)
    try:
        path.unlink()
    except FileNotFoundError:
        return path, False
    except OSError as error:
        raise BadInputError(
            f"{path} cannot be removed: {error.strerror}. Run the command as the owner of {path.parent}."
        ) from error
    return path, True


def _content(path: Path) -> str:
    names = {"FILE": str(path)}
    return f"import sys; exec({_CODE!a}, {names!a})\n"


def _write(path: Path, content: str) -> None:
    """Write a file so that a Python that starts at the same time reads all of it or nothing."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".ccp4hooks-")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as stream:
            stream.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _advice(environment: Environment, *, user: bool) -> str:
    owner = "Run the command as the owner of this directory"
    if user or environment.user_directory is None:
        return f"{owner}, or choose another Python with --python."
    return f"{owner}, or with --user for yourself only."


def _asked(python: str) -> dict[str, Any]:
    path = Path(python)
    if path.is_dir():
        raise BadInputError(
            f"{python} is a directory. Give the Python program, for instance {path / 'bin' / 'python'}."
        )
    # A variable that names packages for this process would hide what the other Python has by itself.
    own = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    try:
        done = run_python(_INQUIRY, python=python, timeout_s=ANSWER_S, environment=own)
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadInputError(f"{python} cannot be run: {error}. Give a Python program with --python.") from error
    except (ValueError, IndexError) as error:
        said = (done.stderr.splitlines() or [f"its exit code is {done.returncode}"])[-1]
        raise BadInputError(f"{python} is not a Python that works: {said}. Give another with --python.") from error
    return answer
