"""Resolve the names in a plugin's description of a task.

Only the package that contains a def file is imported.
"""

from __future__ import annotations

import importlib.resources
import inspect
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import Citation
from ccp4hooks.model.plain import NotPlainError

if TYPE_CHECKING:
    from ccp4hooks.model import TaskDescription

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_CLASS = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
# The package has more than one letter, because a single letter is a drive.
_RESOURCE = re.compile(r"([^\W\d]\w+(?:\.[^\W\d]\w*)*):(.+)")


def resolved(description: TaskDescription) -> TaskDescription:
    """Return a description with the script and the report as text and the def file as an absolute path.

    Raises:
        BadInputError: An entry cannot be resolved. The message continues "the task NAME was left out: ".
    """
    if not isinstance(description.name, str) or not _NAME.fullmatch(description.name):
        raise BadInputError("its name must begin with a letter and contain only letters, digits, '_' and '-'.")
    if not isinstance(description.title, str):
        raise BadInputError(f"its title must be text, not {description.title!r}.")
    script = class_name(description.script, "script", "CPluginScript")
    taskname = inspect.isclass(description.script) and vars(description.script).get("TASKNAME")
    if taskname and taskname != description.name:
        cure = "Give both the same name, because CCP4i2 finds the def file by it."
        raise BadInputError(f"the TASKNAME of its script {script} is {taskname!r}. {cure}")
    report = class_name(description.report, "report", "Report") if description.report else ""
    return replace(
        description,
        script=script,
        report=report,
        def_file=_path(description.def_file),
        data_types=_modules(description.data_types),
        citations=_citations(description.citations),
    )


def _citations(given: object) -> tuple[Citation, ...]:
    if not isinstance(given, (tuple, list)) or not all(isinstance(one, Citation) for one in given):
        raise BadInputError(f"its citations must be a tuple of Citation, not {given!r}.")
    try:
        return tuple(one.plain() for one in given)
    except NotPlainError as error:
        raise BadInputError(f"one of its citations is not valid: {error}.") from error


def _modules(given: object) -> tuple[str, ...]:
    if isinstance(given, (tuple, list)) and all(isinstance(name, str) and _MODULE.fullmatch(name) for name in given):
        return tuple(given)
    raise BadInputError(f"its data_types must be a tuple of modules such as ('package.module',), not {given!r}.")


def class_name(given: object, which: str, base: str) -> str:
    """Return ``"module:Class"``, from which CCP4i2 imports a class."""
    if not inspect.isclass(given):
        if isinstance(given, str) and _CLASS.fullmatch(given):
            return given
        raise BadInputError(f"its {which} must be a class or text such as 'package.module:Class', not {given!r}.")
    name = f"{given.__module__}:{given.__qualname__}"
    if base not in {kind.__name__ for kind in given.__mro__}:
        raise BadInputError(f"its {which} {name} is not a subclass of {base}.")
    if not _CLASS.fullmatch(name):
        raise BadInputError(f"its {which} {name} is not at the top level of its module. Move it there.")
    return name


def _path(given: str | Path) -> Path:
    """Return the absolute path of a def file."""
    if not isinstance(given, (str, Path)):
        raise BadInputError(f"its def file must be a path or text, not {given!r}.")
    resource = _RESOURCE.fullmatch(given) if isinstance(given, str) else None
    path = _of_package(*resource.groups()) if resource else Path(given)
    if not path.is_absolute():
        raise BadInputError(f"its def file {path} must be an absolute path, or 'package:path' for a file in a package.")
    return path


def _of_package(package: str, inside: str) -> Path:
    found = attempt(importlib.resources.files, package)
    if isinstance(found, Failure):
        raise BadInputError(f"the package {package!r} of its def file cannot be imported: {found.reason}.")
    path = found.joinpath(inside)
    if isinstance(path, Path):
        return path.absolute()
    cure = f"Install {package} unpacked, because CCP4i2 cannot read archives."
    raise BadInputError(f"its def file {inside} is in an archive. {cure}")
