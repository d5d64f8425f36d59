"""Find and describe the objects in a script's containers.

Objects are found in the order of declaration, in linear time. An object that is reachable twice is visited once.
`ccp4hooks.cdata` makes these functions public.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TextIO, TypedDict, cast

from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import containers, simple_values, versions
from ccp4hooks.i2.file_objects import file_facts
from ccp4hooks.i2.simple_values import SIMPLE_TYPES
from ccp4hooks.model import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rich.tree import Tree

    from ccp4hooks.model import KpiValue

CONTAINERS = ("inputData", "outputData", "controlParameters", "guiAdmin")

SHOWN_LENGTH = 60
"""The length to which `debug_print_container_structure` cuts a value [characters]."""


class _Named(TypedDict):
    name: str
    file_type: str


class FileMetadataDict(_Named, total=False):
    """The metadata of a file object. A key is absent if the file object does not set it.

    Attributes:
        name: The parameter without its container: ``"XYZOUT"``, ``"DICT_LIST[0]"``.
        file_type: The MIME type; ``"Unknown"`` if CCP4i2 has none for the class.
        content_flag: CCP4i2's code for the columns or the format of the file, from 1.
        sub_type: CCP4i2's code for the role of the file.
        annotation: One line of text for users.
        gui_label: The label of the parameter in CCP4i2's GUI.
    """

    content_flag: int
    sub_type: int
    annotation: str
    gui_label: str


class FileAttributes(TypedDict):
    """Which attributes a file object has.

    Attributes:
        is_set: Whether a path is set.
        exists: Whether a file exists at that path.
        database_id: Whether it has the UUID of a recorded file.
        file_type: Whether its MIME type is known.
        content_flag: Whether a content flag is set.
        sub_type: Whether a sub-type is set.
        annotation: Whether an annotation is set.
    """

    is_set: bool
    exists: bool
    database_id: bool
    file_type: bool
    content_flag: bool
    sub_type: bool
    annotation: bool


def find_all_files(container: Any) -> list[Any]:
    """Return every file object (``CDataFile``) below a container, whether set or not, including items of lists.

    Args:
        container: A CData object, such as ``script.container.outputData``; None has no files.

    Raises:
        BadInputError: The container is not a CData object.
    """
    return find_objects_by_type(container, "CDataFile")


def find_objects_by_type(container: Any, target_type: type | str) -> list[Any]:
    """Return every object of a class, or of a subclass, below a container.

    Classes are compared by name, because a task may have imported a class of CCP4i2 under another module path.

    Args:
        container: A CData object; None has no objects.
        target_type: The class, or its name: ``"CPerformanceIndicator"``.

    Raises:
        BadInputError: The container is not a CData object.
    """
    name = target_type if isinstance(target_type, str) else target_type.__name__
    return [obj for obj in _below(container) if containers.has_class(obj, name)]


def find_objects_matching(container: Any, predicate: Callable[[Any], bool]) -> list[Any]:
    """Return every object below a container for which `predicate` is true.

    Args:
        container: A CData object; None has no objects.
        predicate: A function that is called once for each object.

    Raises:
        BadInputError: The container is not a CData object.
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
        raise BadInputError(f"Expected a {kind} object of CCP4i2, not a {type(obj).__name__}.")


def extract_parameter_name(obj: Any) -> str:
    """Return the name of an object's parameter without its container.

    Args:
        obj: A CData object.

    Returns:
        For instance ``"XYZOUT"``; for an item of a list ``"DICT_LIST[0]"`` or ``"ENSEMBLES[1].MODEL"``.

    Raises:
        BadInputError: The object is not a CData object.
    """
    _require(obj)
    path = containers.parameter(obj)
    first, dot, rest = path.partition(".")
    return rest if dot and first in CONTAINERS else path or str(obj.objectName() or "")


def extract_file_metadata(file_obj: Any) -> FileMetadataDict:
    """Return the metadata of a file object. A value that is not set is absent, never 0 or empty.

    Args:
        file_obj: A ``CDataFile``.

    Raises:
        BadInputError: The object is not a ``CDataFile``.
    """
    _require(file_obj, "CDataFile")
    facts = file_facts(file_obj)
    optional = {
        "content_flag": facts["content_flag"],
        "sub_type": facts["sub_type"],
        "annotation": facts["annotation"] or None,
        "gui_label": containers.qualifier(file_obj, "guiLabel") or None,
    }
    named = {"name": extract_parameter_name(file_obj), "file_type": facts["file_type"]}
    return cast("FileMetadataDict", named | {key: value for key, value in optional.items() if value is not None})


def extract_kpi_values(indicator: Any) -> dict[str, KpiValue]:
    """Return the values that were assigned in one performance indicator, by name, in the order of declaration.

    The values 0.0 and False are included, an empty text is not. The values of nested indicators are not included.

    Args:
        indicator: A ``CPerformanceIndicator``. CCP4i2 registers the assignment of exactly 0.0 only if
            `detect_zero_assignments` was called before.
    """
    return {
        name: value
        for name, child in containers.children(indicator)
        if containers.is_a(child, *SIMPLE_TYPES)
        and simple_values.was_assigned(child)
        and (value := simple_values.simple_value(child)) != ""
    }


def get_merged_metadata(obj: Any, kind: str = "qualifiers") -> dict[str, Any]:
    """Return metadata of an object. Its own values take precedence over those of its classes.

    Args:
        obj: A CData object.
        kind: ``"qualifiers"``, or ``"attributes"`` for the class of each child by its name.

    Raises:
        BadInputError: The object is not a CData object.
        UnknownNameError: The kind is neither of the two.
    """
    _require(obj)
    if kind == "qualifiers":
        return containers.qualifiers(obj)
    if kind == "attributes":
        return {name: type(child).__name__ for name, child in containers.children(obj)}
    raise UnknownNameError("kind of metadata", kind, ("qualifiers", "attributes"))


def get_file_full_path(file_obj: Any) -> Path | None:
    """Return the path of a file object, or None if it is not set. The file need not exist.

    Raises:
        BadInputError: The object is not a ``CDataFile``.
    """
    _require(file_obj, "CDataFile")
    return containers.file_path(file_obj)


def known_file_types() -> frozenset[str]:
    """Return the MIME types that CCP4i2 knows, and those of the data classes of plugins.

    Source: ``FILETYPES_TEXT`` and ``FILETYPELIST`` of ``ccp4i2.db.ccp4i2_static_data``, 3.0.1. The two differ.
    """
    return versions.file_types() - {containers.UNKNOWN_TYPE}


def check_file_attributes(file_obj: Any) -> FileAttributes:
    """Return which attributes a file object has.

    Raises:
        BadInputError: The object is not a ``CDataFile``.
    """
    path, metadata = get_file_full_path(file_obj), extract_file_metadata(file_obj)
    return FileAttributes(
        is_set=path is not None,
        exists=path is not None and path.exists(),
        database_id=containers.file_uuid(file_obj) is not None,
        file_type=metadata["file_type"] != containers.UNKNOWN_TYPE,
        content_flag="content_flag" in metadata,
        sub_type="sub_type" in metadata,
        annotation="annotation" in metadata,
    )


def validate_file_metadata_completeness(file_obj: Any) -> list[Problem]:
    """Return a warning for each attribute that a file object needs so that other jobs can find and use its file.

    Raises:
        BadInputError: The object is not a ``CDataFile``.
    """
    has = check_file_attributes(file_obj)
    path, name = get_file_full_path(file_obj), extract_parameter_name(file_obj)
    kind = type(file_obj).__name__
    lacks_flag = bool(containers.signatures(file_obj)) and not has["content_flag"]
    checks = (
        (not has["is_set"], "no path is set", "Set one with setFullPath()."),
        (has["is_set"] and not has["exists"], "the file does not exist", "Write the file before it is recorded."),
        (not has["file_type"], f"the class {kind} has no MIME type", "Give the class a mimeTypeName qualifier."),
        (lacks_flag, "no content flag is set, so no task knows which columns it has", "Call setContentFlag()."),
    )
    return [
        Problem(severity=Severity.WARNING, message=f"{message}.", parameter=name, path=path, cure=cure)
        for applies, message, cure in checks
        if applies
    ]


def debug_print_container_structure(
    container: Any, *, file: TextIO | None = None, max_depth: int | None = None
) -> None:
    """Write a container as a tree of names, classes, values and paths; as plain text if `file` is not a terminal.

    Args:
        container: A CData object.
        file: The stream to write to; None for the standard output.
        max_depth: The number of levels to show, or None for all.

    Raises:
        BadInputError: The container is not a CData object.
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
        words.append("= ?" if isinstance(shown, Failure) else f"= {shown[:SHOWN_LENGTH]}")
        words.append("" if containers.is_set(obj) else "(not set)")
    return " ".join(word for word in words if word)


def _tree(lines: list[tuple[int, str]]) -> Tree:
    from rich.text import Text  # noqa: PLC0415 - start-up time
    from rich.tree import Tree  # noqa: PLC0415

    branches = [Tree(Text(lines[0][1]))]
    for depth, text in lines[1:]:
        branches[depth:] = [branches[depth - 1].add(Text(text))]
    return branches[0]
