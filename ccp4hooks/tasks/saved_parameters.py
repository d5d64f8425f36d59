"""Parameters that are saved in a file, and read again: as TOML, as JSON, or as CCP4i2's ``params.xml``.

A file has the values as the command line takes them. In TOML and JSON, a list is an array, and a table stands for the
part of a name before a dot.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ccp4hooks.errors import BadInputError
from ccp4hooks.i2 import containers, scripts
from ccp4hooks.i2.containers import SETTABLE
from ccp4hooks.i2.request_values import StoredFile, request_values
from ccp4hooks.i2.safe_xml import require_plain_xml
from ccp4hooks.model import Problem, SavedParameters, Severity
from ccp4hooks.outcomes import strict_json
from ccp4hooks.runtime.watchdog import scratch_directory
from ccp4hooks.tasks.parameters import Context, set_parameters

if TYPE_CHECKING:
    from ccp4hooks.i2.protocols import Script
    from ccp4hooks.model.plain import PlainValue

Place: TypeAlias = Callable[[StoredFile], Path | None]
"""Returns the path of a file as a file object stores it, or None if it is not known."""

FORMATS = (".toml", ".json", ".xml")
"""The extensions of files with parameters."""

LARGEST_FILE = 2**26
"""Size of the largest file [byte]."""

TABLE = "parameters"
"""The table with the parameters. A file without it has nothing but parameters."""

_ITEM = re.compile(r"(?P<list>.+)\[(?P<index>\d+)\]")


def read(path: Path, task: str, place: Place) -> SavedParameters:
    """Read a file with parameters.

    Args:
        path: The file; its extension tells its format.
        task: TASKNAME, or an empty text if the file is to name it.
        place: Returns the paths of files in CCP4i2's XML.

    Raises:
        BadInputError: The file cannot be read, or has values that no parameter can have.
        UnknownTaskError: The task that CCP4i2's XML names does not exist.
    """
    readers = {".toml": _loaded_toml, ".json": strict_json.loads}
    suffix = path.suffix.lower()
    if suffix == ".xml":
        named = _task_of_xml(path) or task
        if not named:
            raise BadInputError(f"{path} does not name its task. Give the TASK on the command line.")
        return from_xml(path, named, place)
    if suffix not in readers:
        raise BadInputError(f"{path}: a file with parameters is TOML, JSON or XML. Name it {' or '.join(FORMATS)}.")
    try:
        data = readers[suffix](_text(path))
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{path} is not {suffix[1:].upper()}: {error}. Correct the file.") from error
    if not isinstance(data, dict):
        raise BadInputError(f"{path} must contain a table of parameters. Write one as `ccp4hooks save-params` does.")
    own = data.get(TABLE)
    named = str(data.get("task", "")) if isinstance(own, dict) else ""
    try:
        values = tuple(_values(path, own if isinstance(own, dict) else data, ""))
    except RecursionError as error:
        raise BadInputError(f"{path} has tables that are nested too deeply. Correct the file.") from error
    secrets = data.get("secrets", []) if isinstance(own, dict) else []
    if not isinstance(secrets, list):
        raise BadInputError(f"{path}: secrets must be an array of names of parameters. Correct the file.")
    return SavedParameters(task=named, values=values, secrets=tuple(map(str, secrets)))


def _loaded_toml(text: str) -> Any:
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - start-up time
    else:
        import tomli as tomllib  # noqa: PLC0415 - start-up time
    return tomllib.loads(text)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BadInputError(f"{path} cannot be read: {reason}. Give a file with parameters.") from error
    if len(content) > LARGEST_FILE:
        raise BadInputError(f"{path} is larger than {LARGEST_FILE} bytes, the limit.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is not encoded as UTF-8: {error}. Save it as UTF-8.") from error


def _values(path: Path, data: object, name: str) -> Iterator[tuple[str, PlainValue]]:
    """Yield the (name, value) pairs of a table, of an array, or of a single value."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _values(path, value, f"{name}.{key}" if name else key)
    elif isinstance(data, list):
        for index, item in enumerate(data):
            # Each mention of a list sets its next item.
            yield from _values(path, item, f"{name}[{index}]" if isinstance(item, dict) else name)
    else:
        yield name, _plain(path, name, data)


def _plain(path: Path, name: str, value: object) -> PlainValue:
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise BadInputError(f"{path}: {name} has a character that no text can contain: {value!r}. Correct the file.")
    if isinstance(value, (str, bool, int, float)):
        return value
    kind = "null" if value is None else type(value).__name__
    raise BadInputError(f"{path}: {name} has a value of the type {kind}. Give a text, a number, or true or false.")


# --- CCP4i2's XML -----------------------------------------------------------------------------------------------


def _task_of_xml(path: Path) -> str:
    """Return the task that the header of a file of parameters names, or an empty text if it names none.

    Raises:
        BadInputError: The file cannot be read.
    """
    from xml.etree import ElementTree as ET  # noqa: PLC0415 - start-up time

    require_plain_xml(path)
    return (ET.parse(path).findtext(".//pluginName") or "").strip()  # noqa: S314 - it declares nothing, see above


def from_xml(path: Path, task: str, place: Place, said: Iterable[str] = ()) -> SavedParameters:
    """Read the parameters that were set in a file that CCP4i2 or ccp4hooks has written for a job.

    Args:
        path: ``input_params.xml`` or ``params.xml``.
        task: TASKNAME.
        place: Returns the paths of files.
        said: Names of the parameters that the request had given, if they are known. A file does not tell whether its
            annotation and its sub-type were.

    Raises:
        BadInputError: The file cannot be read, or names a file in a project that is not known.
        UnknownTaskError: The task does not exist.
    """
    with scratch_directory() as scratch:
        fresh = scripts.build_script(task, "", scratch)
        own = {one.path: one for one in request_values(fresh)}
        script = scripts.build_script(task, "", scratch)
        scripts.load_parameters_for_run(script, path)
        # What a script assigns when it is made was not requested.
        told = {f"{prefix}{name}" for name in said for prefix in ("", *(f"{one}." for one in SETTABLE))}
        given = [one for one in request_values(script, given=told) if one.is_set and own.get(one.path) != one]
        problems = tuple(_without_parameter(path, task, script))
    values = []
    for one in given:
        value = one.value
        if isinstance(value, StoredFile):
            found = place(value)
            if found is None:
                raise BadInputError(
                    f"{path}: {one.name} is a file of the project {value.project or value.uuid}, which is not known "
                    f"here. Give {one.name}=FILE, or save the parameters as TOML where the project is."
                )
            value = str(found)
        values.append((one.name, value, one.is_secret))
    return SavedParameters(
        task=task,
        values=tuple((name, value) for name, value, secret in values if not secret),
        secrets=tuple(name for name, _, secret in values if secret),
        problems=problems,
    )


def _without_parameter(path: Path, task: str, script: Script) -> Iterator[Problem]:
    """Yield a problem for each value in a file whose parameter the task does not have, or has no more."""
    from xml.etree import ElementTree as ET  # noqa: PLC0415 - start-up time

    tree = ET.parse(path)  # noqa: S314 - it declares nothing, it was loaded before
    tops = dict(containers.children(script.container))
    for top in SETTABLE:
        known = {name for name, _ in containers.children(tops[top])} if top in tops else set()
        for element in tree.iterfind(f"./ccp4i2_body/{top}/*"):
            if element.tag not in known and "".join(element.itertext()).strip():
                yield Problem(
                    severity=Severity.WARNING,
                    message=f"The saved value is not used: the task {task} has no such parameter.",
                    parameter=f"{top}.{element.tag}",
                    cure=f"`ccp4hooks describe {task}` lists its parameters.",
                )


# --- writing ----------------------------------------------------------------------------------------------------


def write(saved: SavedParameters, path: Path, context: Callable[[Path], Context]) -> None:
    """Write a file that `read` takes, as a whole or not at all. An existing file is replaced.

    Args:
        saved: The parameters.
        path: The file; its extension tells its format.
        context: Returns the surroundings in which the values are interpreted, with a scratch directory.

    Raises:
        BadInputError: The extension is unknown, or a name cannot be written as UTF-8.
        OSError: The file cannot be written.
    """
    from ccp4hooks.runtime import unfinished  # noqa: PLC0415 - start-up time

    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise BadInputError(f"{path}: the name of the file must end in {' or '.join(FORMATS)}, to tell its format.")
    try:
        with unfinished.beside(path, Path.touch) as temporary:
            if suffix == ".xml":
                _write_xml(saved, temporary, context)
            else:
                text = to_toml(saved) if suffix == ".toml" else json.dumps(to_json(saved), indent=2, ensure_ascii=False)
                temporary.write_bytes(f"{text.rstrip()}\n".encode())
            temporary.replace(path)
    except UnicodeEncodeError as error:
        raise BadInputError(f"{path}: the name of a file is not UTF-8 and cannot be saved. Rename the file.") from error
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise


def _write_xml(saved: SavedParameters, path: Path, context: Callable[[Path], Context]) -> None:
    with scratch_directory() as scratch:
        script = scripts.build_script(saved.task, "", scratch)
        set_parameters(script, [(name, str(value)) for name, value in saved.values], context(scratch))
        scripts.save_parameters(script, path)


# --- texts ------------------------------------------------------------------------------------------------------


def to_toml(saved: SavedParameters) -> str:
    """Return parameters as TOML.

    >>> print(to_toml(SavedParameters(task="t", values=(("N", 10), ("LIST[0]", "a"), ("LIST[1]", "b")))), end="")
    task = "t"
    <BLANKLINE>
    [parameters]
    N = 10
    LIST = ["a", "b"]
    """
    lines = [f"task = {_toml_value(saved.task)}"]
    lines += [f"secrets = {_toml_value(list(saved.secrets))}"] if saved.secrets else []
    lines += ["", f"[{TABLE}]"]
    lines += [f"{_toml_key(name)} = {_toml_value(value)}" for name, value in _grouped(saved.values).items()]
    return "\n".join(lines) + "\n"


def _toml_key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml_value(name)


def _toml_value(value: object) -> str:
    """Return a text, a number, a truth value or a list of them, which TOML writes as JSON does."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def to_json(saved: SavedParameters) -> dict[str, Any]:
    """Return parameters as JSON data that `read` takes."""
    secrets = {"secrets": list(saved.secrets)} if saved.secrets else {}
    return {"task": saved.task, **secrets, TABLE: _grouped(saved.values)}


def _grouped(values: Iterable[tuple[str, PlainValue]]) -> dict[str, Any]:
    """Return values by name, with the plain items of a list as an array."""
    pairs = list(values)
    plain = _plain_lists(name for name, _ in pairs)
    found: dict[str, Any] = {}
    for name, value in pairs:
        item = _ITEM.fullmatch(name)
        if item and item["list"] in plain:
            found.setdefault(item["list"], []).append(value)
        elif name in found:
            former = found[name]
            found[name] = [*(former if isinstance(former, list) else [former]), value]
        else:
            found[name] = value
    return found


def _plain_lists(names: Iterable[str]) -> set[str]:
    """Return the lists all of whose items are single values, without gaps.

    >>> sorted(_plain_lists(["A[0]", "A[1]", "B[0].x", "B[0].C[0]", "D[1]"]))
    ['A', 'B[0].C']
    """
    below: dict[str, list[str]] = {}
    for name in names:
        for bracket in re.finditer(r"\[", name):
            below.setdefault(name[: bracket.start()], []).append(name)
    return {one for one, own in below.items() if own == [f"{one}[{index}]" for index in range(len(own))]}
