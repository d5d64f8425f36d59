"""What a plugin says of a task, with every name in it resolved.

Nothing is imported for it but the package of a def file.
"""

from __future__ import annotations

import importlib.resources
import inspect
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.plugins.failures import Failure, attempt

if TYPE_CHECKING:
    from ccp4hooks.model import TaskDescription

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_CLASS = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
# More than one letter before the colon: with one it is a drive.
_RESOURCE = re.compile(r"([^\W\d]\w+(?:\.[^\W\d]\w*)*):(.+)")


def resolved(description: TaskDescription) -> TaskDescription:
    """Return a description whose script and report are texts, and whose def file is an absolute path.

    Raises:
        BadInputError: Something in it cannot be; the text goes on after "the task was left out: ".
    """
    if not isinstance(description.name, str) or not _NAME.fullmatch(description.name):
        raise BadInputError("a name has letters, digits, '_' and '-' only, and begins with a letter.")
    if not isinstance(description.title, str):
        raise BadInputError(f"its title must be a text, not {description.title!r}.")
    script = _class_name(description.script, "script", "CPluginScript")
    held = inspect.isclass(description.script) and vars(description.script).get("TASKNAME")
    if held and held != description.name:
        cure = "CCP4i2 finds a def file by it, so give both the same name."
        raise BadInputError(f"the TASKNAME of its script {script} is {held!r}; {cure}")
    report = _class_name(description.report, "report", "Report") if description.report else ""
    return replace(description, script=script, report=report, def_file=_path(description.def_file))


def _class_name(given: object, which: str, base: str) -> str:
    """Return ``"module:Class"``, by which CCP4i2 imports a class."""
    if not inspect.isclass(given):
        if isinstance(given, str) and _CLASS.fullmatch(given):
            return given
        raise BadInputError(f"its {which} must be a class or a text such as 'package.module:Class', not {given!r}.")
    name = f"{given.__module__}:{given.__qualname__}"
    if base not in {kind.__name__ for kind in given.__mro__}:
        raise BadInputError(f"its {which} {name} is no subclass of {base}.")
    if not _CLASS.fullmatch(name):
        raise BadInputError(f"its {which} {name} stands inside another object; put it at the top of its module.")
    return name


def _path(given: str | Path) -> Path:
    """Return where a def file is."""
    if not isinstance(given, (str, Path)):
        raise BadInputError(f"its def file must be a path or a text, not {given!r}.")
    resource = _RESOURCE.fullmatch(given) if isinstance(given, str) else None
    path = _of_package(*resource.groups()) if resource else Path(given)
    if not path.is_absolute():
        raise BadInputError(f"its def file {path} must be an absolute path, or 'package:path' of a file in a package.")
    return path


def _of_package(package: str, inside: str) -> Path:
    found = attempt(importlib.resources.files, package)
    if isinstance(found, Failure):
        raise BadInputError(f"the package {package!r} of its def file cannot be imported: {found.reason}.")
    path = found.joinpath(inside)
    if isinstance(path, Path):
        return path.absolute()
    cure = f"CCP4i2 reads files, so install {package} unpacked."
    raise BadInputError(f"its def file {inside} lies in an archive; {cure}")
