"""Read the parameters and results of a script that are recorded: numbers, truth values, texts and paths of files."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import containers, simple_values
from ccp4hooks.i2.containers import SETTABLE
from ccp4hooks.i2.simple_values import SIMPLE_TYPES
from ccp4hooks.model import ParameterValue, ResultValue
from ccp4hooks.model.parameters import HIDDEN, MOST_ITEMS, bounded, bounded_name
from ccp4hooks.texts import names_a_secret, without_secrets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ccp4hooks.i2.protocols import DataFile, DataList, Script, SimpleValue
    from ccp4hooks.model.plain import PlainValue

NOT_PARAMETERS = ("outputData", "guiAdmin")
"""The containers without parameters: results, and what CCP4i2's GUI notes."""

NOT_OF_FILE = frozenset(
    {"annotation", "baseName", "contentFlag", "dbFileId", "fileContent", "header", "project", "relPath", "subType"}
)
"""What a file object says of its file; the rest is what is selected of it."""

TOLD_OF_FILE = ("contentFlag", "subType", "annotation")
"""What a request can say of a file, in the place of what is known of it otherwise."""

_INDEX = re.compile(r"\[(\d+)\]")

_defaults: WeakKeyDictionary[type, dict[str, dict[str, PlainValue]]] = WeakKeyDictionary()
"""The defaults of tasks by the class of the script and by TASKNAME. CCP4i2 forgets a default when a value is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The values that were read from a script.

    Attributes:
        parameters: Parameters by full path, in the order of declaration.
        secrets: Names of the secret parameters, short and full.
        faults: What could not be read, one line each.
    """

    parameters: dict[str, ParameterValue]
    secrets: frozenset[str]
    faults: tuple[str, ...]


def note_defaults(script: Script) -> None:
    """Note the defaults of the task of a new script, once for each task."""
    of_class = _defaults.setdefault(type(script), {})
    task = str(script.TASKNAME)
    if task not in of_class:
        found = attempt(_read_defaults, script)
        of_class[task] = {} if isinstance(found, Failure) else found


def defaults_of(script: Script) -> dict[str, PlainValue]:
    """Return the defaults of the task of a script by full path, as they were when its first script was made."""
    return _defaults.get(type(script), {}).get(str(script.TASKNAME), {})


def _read_defaults(script: Script) -> dict[str, PlainValue]:
    tops = [(name, top) for name, top in containers.children(script.container) if name not in NOT_PARAMETERS]
    return {
        path: bounded(simple_values.simple_value(obj)).value
        for path, obj in _leaves(tops)
        if containers.is_a(obj, *SIMPLE_TYPES) and simple_values.has_default(obj)
    }


def read_parameters(script: Script, *, given: Collection[str] = (), files: bool = True) -> Reading:
    """Return the parameters of a script that were assigned, and those that are given. Nothing is raised or changed.

    An empty text without a default counts as not assigned: CCP4i2 3.0 assigns it to most texts.

    Args:
        script: The script.
        given: Full paths of parameters that are returned in any case, because the request has them.
        files: Whether to return files.
    """
    tops = [(name, top) for name, top in containers.children(script.container) if name not in NOT_PARAMETERS]
    inputs = {name for top_name, top in tops if top_name == SETTABLE[0] for name, _ in containers.children(top)}
    found: dict[str, ParameterValue] = {}
    secrets: set[str] = set()
    faults: list[str] = []
    defaults = defaults_of(script)
    for path, obj in _leaves(tops, given):
        if not files and containers.is_a(obj, "CDataFile"):
            continue
        read = attempt(_read, obj, is_given=path in given, default=defaults.get(path))
        if read is None:
            continue
        name = bounded_name(typed_name(path, inputs))
        if isinstance(read, Failure):
            faults.append(f"{name} could not be read: {read.reason}")
            continue
        secret = is_secret(path, obj)
        if secret:
            plain = _INDEX.sub("", path)
            secrets |= {path, plain, path.partition(".")[2], plain.partition(".")[2]}
        found[path] = replace(read, name=name, **(_HIDDEN if secret else {}))
    return Reading(parameters=found, secrets=frozenset(secrets), faults=tuple(faults))


_HIDDEN: dict[str, Any] = {"value": HIDDEN, "default": None, "size": None, "sha256": ""}


def read_results(script: Script) -> tuple[list[ResultValue], list[str]]:
    """Return the values assigned in ``outputData`` that are neither files nor KPIs, and what could not be read."""
    tops = [(name, top) for name, top in containers.children(script.container) if name == "outputData"]
    found: list[ResultValue] = []
    faults: list[str] = []
    for path, obj in _leaves(tops):
        if containers.is_a(obj, "CDataFile"):
            continue
        name = bounded_name(path.partition(".")[2])
        read = attempt(_read, obj, is_given=False)
        if isinstance(read, Failure):
            faults.append(f"{name} could not be read: {read.reason}")
        elif read is not None:
            read = replace(read, **_HIDDEN) if is_secret(path, obj) else read
            found.append(ResultValue(name=name, value=read.value, size=read.size, sha256=read.sha256))
    return found, faults


def _leaves(tops: list[tuple[str, Any]], given: Collection[str] = ()) -> Iterator[tuple[str, Any]]:
    """Yield the simple values, the files and the long lists, without the items of a long list after the first ones."""
    long: list[str] = []
    for path, obj in below(tops):
        if _is_list(obj) and len(obj) > MOST_ITEMS:
            long.append(path)
            yield path, obj
        elif containers.is_a(obj, "CDataFile", *SIMPLE_TYPES) and not _is_cut(path, long):
            yield path, obj
            yield from file_parts(path, obj, given)


def file_parts(path: str, obj: Any, given: Collection[str] = ()) -> Iterator[tuple[str, SimpleValue]]:
    """Yield (path, object) of what is asked of a file besides its path; nothing for other objects.

    That is what is selected of it, such as the chains of a model, and what the request says of it.

    Args:
        path: Full path of the parameter.
        obj: The object.
        given: Full paths of what the request says.
    """
    for name, part in containers.children(obj) if containers.is_a(obj, "CDataFile") else ():
        if name in NOT_OF_FILE and not (name in TOLD_OF_FILE and f"{path}.{name}" in given):
            continue
        for inner, leaf in [(name, part), *containers.walk(part, name)]:
            if containers.is_a(leaf, *SIMPLE_TYPES):
                yield f"{path}.{inner}", leaf


def set_flags(script: Script) -> list[str]:
    """Return the full paths of the content flags that are set of files whose classes CCP4i2 does not have.

    CCP4i2's own classes find the content flag in the file, so that only one that a request gives is of interest.
    """
    tops = [(name, top) for name, top in containers.children(script.container) if name not in NOT_PARAMETERS]
    return [
        f"{path}.contentFlag"
        for path, obj in below(tops)
        if containers.is_a(obj, "CDataFile")
        and not containers.is_of_ccp4i2(type(obj))
        and containers.value_of(obj, "contentFlag")
    ]


def below(tops: list[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield (path, object) for everything below containers, without the insides of files and KPIs."""
    for name, top in tops:
        yield from containers.walk(top, name, closed=("CDataFile", "CPerformanceIndicator"))


def _read(obj: Any, *, is_given: bool, default: PlainValue | None = None) -> ParameterValue | None:
    """Return a value without its name, or None if it was not assigned."""
    if containers.is_a(obj, "CDataFile"):
        return _file_value(obj)
    return _list_value(obj) if _is_list(obj) else _value(obj, is_given=is_given, default=default)


def _is_list(obj: Any) -> bool:
    return containers.is_a(obj, "CList")


def _is_cut(path: str, long: list[str]) -> bool:
    return any(
        path.startswith(f"{one}[") and int(_INDEX.match(path, len(one))[1]) >= MOST_ITEMS  # type: ignore[index]
        for one in long
    )


def typed_name(path: str, inputs: Collection[str]) -> str:
    """Return the name of a parameter as it is typed on the command line."""
    container, _, rest = path.partition(".")
    hidden = container == SETTABLE[1] and re.split(r"[.\[]", rest, maxsplit=1)[0] in inputs
    return rest if container in SETTABLE and not hidden else path


def is_secret(path: str, obj: Any) -> bool:
    """Return whether the value of a parameter must not be recorded."""
    return names_a_secret(path) or str(containers.qualifier(obj, "secret")) == "True"


def _value(obj: SimpleValue, *, is_given: bool, default: PlainValue | None) -> ParameterValue | None:
    """Return a simple value, or None if it was not assigned."""
    if not (is_given or simple_values.was_assigned(obj)):
        return None
    raw = simple_values.simple_value(obj)
    if raw == "" and not is_given and default in (None, ""):
        return None
    one = bounded(raw, without_secrets)
    return ParameterValue(
        name="",
        value=one.value,
        class_name=type(obj).__name__,
        default=default,
        size=one.size,
        sha256=one.sha256,
    )


def _list_value(items: DataList) -> ParameterValue:
    """Return what is recorded of a long list as a whole."""
    digest = hashlib.sha256()
    for path, obj in containers.walk(items, closed=("CDataFile",)):
        if containers.is_a(obj, "CDataFile"):
            text = str(containers.value_of(obj, "baseName"))
        elif containers.is_a(obj, *SIMPLE_TYPES):
            text = str(simple_values.simple_value(obj))
        else:
            continue
        digest.update(f"{path}={text}\n".encode(errors="backslashreplace"))
    size = len(items)
    kind = type(items).__name__
    return ParameterValue(name="", value=f"{size} items", class_name=kind, size=size, sha256=digest.hexdigest())


def _file_value(obj: DataFile) -> ParameterValue | None:
    """Return the path of a file, relative to the directory of its project if it has one, or None if it is not set."""
    if not obj.isSet():
        return None
    directory, name = (str(containers.value_of(obj, part) or "") for part in ("relPath", "baseName"))
    if not name:
        return None
    one = bounded(str(PurePosixPath(directory, name)), without_secrets)
    kind = type(obj).__name__
    return ParameterValue(name="", value=one.value, class_name=kind, size=one.size, sha256=one.sha256, is_file=True)
