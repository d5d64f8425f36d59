"""Find and describe what is in a script's containers.

Everything is found in the order of declaration, in linear time; objects that refer to each other are visited once.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TextIO, TypedDict, cast

from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.i2 import containers, simple_values
from ccp4hooks.i2.file_objects import SIMPLE_TYPES, extract_kpi_values, file_facts, performance_values
from ccp4hooks.model import Problem, Severity
from ccp4hooks.plugins.failures import Failure, attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rich.tree import Tree

__all__ = [
    "FileAttributes",
    "FileMetadataDict",
    "check_file_attributes",
    "debug_print_container_structure",
    "extract_file_metadata",
    "extract_kpi_values",
    "extract_parameter_name",
    "find_all_files",
    "find_objects_by_type",
    "find_objects_matching",
    "get_file_full_path",
    "get_merged_metadata",
    "performance_values",
    "validate_file_metadata_completeness",
]

CONTAINERS = ("inputData", "outputData", "controlParameters", "guiAdmin")

SHOWN = 60
"""How many characters of a value are shown."""


class _Named(TypedDict):
    name: str
    file_type: str


class FileMetadataDict(_Named, total=False):
    """What a file object says of its file; what it does not say is absent.

    Attributes:
        name: Parameter without its container: ``"XYZOUT"``, ``"DICT_LIST[0]"``.
        file_type: MIME type; ``"Unknown"`` where CCP4i2 has none for its class.
        content_flag: CCP4i2's code of which columns or format it holds, from 1.
        sub_type: CCP4i2's code of its role.
        annotation: One line for people.
        gui_label: What the GUI calls the parameter.
    """

    content_flag: int
    sub_type: int
    annotation: str
    gui_label: str


class FileAttributes(TypedDict):
    """What a file object has.

    Attributes:
        is_set: A path.
        exists: A file at that path.
        database_id: The identity of a recorded file.
        file_type: A known MIME type.
        content_flag: A content flag.
        sub_type: A sub-type.
        annotation: An annotation.
    """

    is_set: bool
    exists: bool
    database_id: bool
    file_type: bool
    content_flag: bool
    sub_type: bool
    annotation: bool


def find_all_files(container: Any) -> list[Any]:
    """Return every file object (``CDataFile``) below a container, set or not; those in lists too.

    Raises:
        BadInputError: It is no CData object, as ``script.container.outputData`` is; None has no files.
    """
    return find_objects_by_type(container, "CDataFile")


def find_objects_by_type(container: Any, target_type: type | str) -> list[Any]:
    """Return every object of a class below a container.

    A class of the same name counts too, since a task may have imported it under another module path.

    Args:
        container: A CData object; None has no objects.
        target_type: The class, or its name: ``"CPerformanceIndicator"``.

    Raises:
        BadInputError: The container is no CData object.
    """
    name = target_type if isinstance(target_type, str) else target_type.__name__
    return [obj for obj in _below(container) if containers.has_class(obj, name)]


def find_objects_matching(container: Any, predicate: Callable[[Any], bool]) -> list[Any]:
    """Return every object below a container of which `predicate` is true.

    Args:
        container: A CData object; None has no objects.
        predicate: Is asked once for each object.

    Raises:
        BadInputError: The container is no CData object.
    """
    return [obj for obj in _below(container) if predicate(obj)]


def _below(container: Any) -> Iterator[Any]:
    if container is None:
        return
    _require(container)
    for _, obj in containers.walk(container, closed=("CDataFile",)):
        yield obj


def _require(obj: Any, kind: str = "CData") -> None:
    if not containers.is_a(obj, kind):
        raise BadInputError(f"A {kind} object of CCP4i2 is needed here, not a {type(obj).__name__}.")


def extract_parameter_name(obj: Any) -> str:
    """Return an object's parameter without its container; items of a list keep their list's name.

    Args:
        obj: A CData object: ``"XYZOUT"``, ``"DICT_LIST[0]"``, ``"ENSEMBLES[1].MODEL"``.

    Raises:
        BadInputError: It is no CData object.
    """
    _require(obj)
    path = containers.parameter(obj)
    first, dot, rest = path.partition(".")
    return rest if dot and first in CONTAINERS else path or str(obj.objectName() or "")


def extract_file_metadata(file_obj: Any) -> FileMetadataDict:
    """Return what a file object says of its file; what is unset is absent, never 0 or empty.

    Args:
        file_obj: A ``CDataFile``.

    Raises:
        BadInputError: It is none.
    """
    _require(file_obj, "CDataFile")
    said = file_facts(file_obj)
    optional = {
        "content_flag": said["content_flag"],
        "sub_type": said["sub_type"],
        "annotation": said["annotation"] or None,
        "gui_label": containers.qualifier(file_obj, "guiLabel") or None,
    }
    named = {"name": extract_parameter_name(file_obj), "file_type": said["file_type"]}
    return cast("FileMetadataDict", named | {key: value for key, value in optional.items() if value is not None})


def get_merged_metadata(obj: Any, kind: str = "qualifiers") -> dict[str, Any]:
    """Return metadata of an object: those of its classes, and its own over them.

    Args:
        obj: A CData object.
        kind: ``"qualifiers"``, or ``"attributes"``: the class of each child by its name.

    Raises:
        BadInputError: It is no CData object, or there is no such kind.
    """
    _require(obj)
    if kind == "qualifiers":
        return containers.qualifiers(obj)
    if kind == "attributes":
        return {name: type(child).__name__ for name, child in containers.children(obj)}
    raise UnknownNameError("kind of metadata", kind, ("qualifiers", "attributes"))


def get_file_full_path(file_obj: Any) -> Path | None:
    """Return where a file object points, None if it is not set; whether anything is there is not looked at.

    Raises:
        BadInputError: It is no ``CDataFile``.
    """
    _require(file_obj, "CDataFile")
    return containers.file_path(file_obj)


def check_file_attributes(file_obj: Any) -> FileAttributes:
    """Return what a file object has, and what it lacks.

    Raises:
        BadInputError: It is no ``CDataFile``.
    """
    path, said = get_file_full_path(file_obj), extract_file_metadata(file_obj)
    return FileAttributes(
        is_set=path is not None,
        exists=path is not None and path.exists(),
        database_id=containers.file_uuid(file_obj) is not None,
        file_type=said["file_type"] != containers.UNKNOWN_TYPE,
        content_flag="content_flag" in said,
        sub_type="sub_type" in said,
        annotation="annotation" in said,
    )


def validate_file_metadata_completeness(file_obj: Any) -> list[Problem]:
    """Return what a file object lacks to be recorded so that others find and use its file; empty if it lacks nothing.

    Raises:
        BadInputError: It is no ``CDataFile``.
    """
    has = check_file_attributes(file_obj)
    path, name = get_file_full_path(file_obj), extract_parameter_name(file_obj)
    kind = type(file_obj).__name__
    flagless = bool(containers.signatures(file_obj)) and not has["content_flag"]
    lacking = (
        (not has["is_set"], "no path is set", "Set one with setFullPath()."),
        (has["is_set"] and not has["exists"], "there is no file at its path", "Write the file before it is recorded."),
        (not has["file_type"], f"{kind} has no MIME type", "Give the class a mimeTypeName qualifier."),
        (flagless, "its content flag is not set, so no task knows which columns it holds", "Call setContentFlag()."),
    )
    return [
        Problem(severity=Severity.WARNING, message=f"{what}.", parameter=name, path=path, cure=cure)
        for lacks, what, cure in lacking
        if lacks
    ]


def debug_print_container_structure(
    container: Any, *, file: TextIO | None = None, max_depth: int | None = None
) -> None:
    """Write a container as a tree: names, classes, values and paths; plain text where there is no terminal.

    Args:
        container: A CData object.
        file: Where to write; None for the standard output.
        max_depth: How many levels to show, None for all.

    Raises:
        BadInputError: It is no CData object.
    """
    _require(container)
    stream = file or sys.stdout
    lines = list(_lines(container, max_depth))
    if stream.isatty():
        from rich.console import Console  # noqa: PLC0415 - start-up time

        Console(file=stream).print(_tree(lines))
    else:
        stream.writelines(f"{'  ' * depth}{text}\n" for depth, text in lines)


def _lines(container: Any, max_depth: int | None) -> Iterator[tuple[int, str]]:
    """Yield (depth, text) of each object, the container first."""
    depths = {id(container): 0}
    yield 0, _line(container)
    for _, obj in containers.walk(container, closed=("CDataFile",)):
        depth = depths[id(obj)] = depths.get(id(obj.parent()), 0) + 1
        if max_depth is None or depth <= max_depth:
            yield depth, _line(obj)


def _line(obj: Any) -> str:
    words = [str(obj.objectName() or ""), type(obj).__name__]
    if containers.is_a(obj, "CDataFile"):
        words.append(str(get_file_full_path(obj) or "not set"))
    elif containers.is_a(obj, *SIMPLE_TYPES):
        shown = attempt(lambda: str(simple_values.simple_value(obj)))
        words.append("= ?" if isinstance(shown, Failure) else f"= {shown[:SHOWN]}")
        words.append("" if containers.is_set(obj) else "(not set)")
    return " ".join(word for word in words if word)


def _tree(lines: list[tuple[int, str]]) -> Tree:
    from rich.text import Text  # noqa: PLC0415 - start-up time
    from rich.tree import Tree  # noqa: PLC0415

    branches = [Tree(Text(lines[0][1]))]
    for depth, text in lines[1:]:
        branches[depth:] = [branches[depth - 1].add(Text(text))]
    return branches[0]
