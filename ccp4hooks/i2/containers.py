"""CCP4i2's data objects (CData), visited in the order of declaration in linear time. See `versions`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import parameter_trees, versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccp4hooks.i2.protocols import DataFile, DataList, DataObject, ModelFile

UNKNOWN_TYPE = "Unknown"
"""CCP4i2's name for an unknown file type (``ccp4i2.db.ccp4i2_static_data``, 3.0.1)."""

SETTABLE = ("inputData", "controlParameters")
"""The containers whose name may be left out of the name of a parameter, in the order in which a name is looked up."""


@cache
def cdata_types() -> dict[str, type]:
    """Return the CData classes that ccp4hooks uses, by their CCP4i2 names."""
    from ccp4i2.core.base_object import fundamental_types as basic  # noqa: PLC0415 - start-up time
    from ccp4i2.core.base_object.cdata import CData  # noqa: PLC0415
    from ccp4i2.core.base_object.cdata_file import CDataFile  # noqa: PLC0415
    from ccp4i2.core.CCP4PerformanceData import CPerformanceIndicator  # noqa: PLC0415

    types = (basic.CInt, basic.CFloat, basic.CBoolean, basic.CString, basic.CList)
    return {kind.__name__: kind for kind in (*types, CData, CDataFile, CPerformanceIndicator)}


def def_file_classes() -> dict[str, type]:
    """Return the CData classes that a def file may name; CCP4i2 silently takes any other for a ``CString``."""
    return versions.data_classes()


def is_a(obj: object, *names: str) -> bool:
    """Return whether an object is an instance of one of the CData classes named, or of a subclass.

    A class of the same name counts, too: a task may have imported it under another module path.
    """
    kind: type = type(obj)
    return _is_one(kind, names)


@cache
def _is_one(kind: type, names: tuple[str, ...]) -> bool:
    types = tuple(cdata_types()[name] for name in names)
    return issubclass(kind, types) or any(base.__name__ in names for base in kind.__mro__)


@cache
def is_class(kind: type, name: str) -> bool:
    """Return whether a class has a name, or is derived from a class of that name."""
    return any(base.__name__ == name for base in kind.__mro__)


def is_of_ccp4i2(kind: type) -> bool:
    """Return whether a class is one of CCP4i2, and not one of a plugin."""
    return kind.__module__.partition(".")[0] == "ccp4i2"


def has_class(obj: object, name: str) -> bool:
    """Return whether an object is an instance of a class of that name, or of a subclass; imports nothing."""
    kind: type = type(obj)
    return is_class(kind, name)


def children(obj: Any) -> list[tuple[str, Any]]:
    """Return an object's children as (name, child) in the order of declaration; list items are named ``[0]``.

    CCP4i2 3.0 keeps children in a set, whose order changes from run to run. In 3.1, ``dataOrder`` leaves out a child
    that a script has made with ``parent=`` alone; such children come last.
    """
    if is_a(obj, "CList"):
        return [(f"[{index}]", item) for index, item in enumerate(obj)]
    if not is_a(obj, "CData"):
        return []
    if versions.searches_for_children():
        found = attempt(parameter_trees.children, obj)
        if not isinstance(found, Failure):
            return found
    by_name = {child.objectName(): child for child in obj.children() if child is not None and child.objectName()}
    ordered = dict.fromkeys(name for name in obj.dataOrder() if name in by_name)
    return [(name, by_name[name]) for name in ordered | dict.fromkeys(by_name)]


def walk(obj: Any, path: str = "", *, closed: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield (path, object) for everything below `obj`, each object once, in the order of declaration.

    Args:
        obj: A CData object; not yielded itself.
        path: Its own path.
        closed: Classes whose insides are not visited.
    """
    seen = {id(obj)}
    stack = [iter(_paths(obj, path))]
    while stack:
        for child_path, child in stack[-1]:
            if id(child) in seen:
                continue
            seen.add(id(child))
            yield child_path, child
            if not is_a(child, *closed):
                stack.append(iter(_paths(child, child_path)))
                break
        else:
            stack.pop()


def _paths(obj: Any, path: str) -> list[tuple[str, Any]]:
    return [
        (f"{path}{name}" if name.startswith("[") or not path else f"{path}.{name}", child)
        for name, child in children(obj)
    ]


def qualifier(obj: DataObject, name: str) -> Any:
    """Return a qualifier of a CData object, or None if it has no qualifier of that name."""
    return obj.get_qualifier(name)


def qualifiers(obj: DataObject) -> dict[str, Any]:
    """Return all qualifiers of a CData object; its own replace those of its classes."""
    return {**class_qualifiers(type(obj)), **(obj.qualifiers() or {})}


def class_qualifiers(kind: type) -> dict[str, Any]:
    """Return the qualifiers that a CData class and its bases declare."""
    merged: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        merged.update(vars(base).get("_qualifiers_template") or {})
    return merged


def constants(kind: type, beginning: str) -> dict[str, Any]:
    """Return the constants of a CData class and its bases whose names begin with a text: ``"CONTENT_FLAG_"``."""
    merged = {name: value for base in reversed(kind.__mro__) for name, value in vars(base).items()}
    return {name: value for name, value in merged.items() if name.startswith(beginning)}


def parameter(obj: DataObject) -> str:
    """Return the path of an object below its script's container: ``"outputData.LIST[0].FILE"``."""
    path = ""
    while is_a(obj, "CData") and (parent := obj.parent()) is not None:
        if is_a(parent, "CList"):
            index = next((at for at, item in enumerate(parent) if item is obj), 0)
            path = f"[{index}]{_joint(path)}"
        elif has_class(parent, "CPluginScript"):
            break
        else:
            path = f"{obj.objectName()}{_joint(path)}"
        obj = parent
    return path


def _joint(path: str) -> str:
    return path if not path or path.startswith("[") else f".{path}"


def is_set(obj: DataObject) -> bool:
    """Return whether a value was set; a default does not count."""
    return bool(obj.isSet(allowDefault=False))


def value_of(obj: DataObject, name: str) -> Any:
    """Return the value of an object's attribute, or None if it lacks the attribute or it was not set."""
    child = getattr(obj, name, None)
    if child is None or not is_a(child, "CData"):
        return child
    return child.value if is_set(child) else None


def value_or_default(obj: DataObject, name: str) -> Any:
    """Return the value of an object's attribute, else the default of its def file, else None."""
    child = getattr(obj, name, None)
    if child is None or not is_a(child, "CData"):
        return child
    return None if child.getValueState().name == "NOT_SET" else child.value


def set_value(obj: DataObject, name: str, value: Any) -> None:
    """Set an object's attribute if it has one of that name; None clears it."""
    child: Any = getattr(obj, name, None)
    if is_a(child, "CData"):
        child.set(value)
    elif hasattr(obj, name):
        # A plain value has replaced the object, as CCP4i2's `set` of a dict can leave it.
        setattr(obj, name, value)


def file_type(obj: DataFile) -> str:
    """Return the MIME type of a file object; ``"Unknown"`` if it has none.

    What a def file says of the object comes first. CCP4i2's table lists exact class names; a site's subclass is found
    by its qualifier or by its base classes.
    """
    table = _file_types()
    names = [kind.__name__.removeprefix("C") for kind in type(obj).__mro__]
    declared = qualifier(obj, "mimeTypeName")
    of_object = declared and declared != class_qualifiers(type(obj)).get("mimeTypeName")
    if names[0] in table and not of_object:
        return str(table[names[0]])
    if declared:
        # Some classes of 3.0.1 put quotation marks around it.
        return str(declared).strip('"')
    return next((str(table[name]) for name in names if name in table), UNKNOWN_TYPE)


def accepts(obj: DataFile, type_of_file: str, extension: str) -> bool:
    """Return whether a file object accepts a file of a type: its own type, a special case of it, or a more general one.

    Args:
        obj: The file object.
        type_of_file: The MIME type of the file.
        extension: The extension of its name, without the dot; for classes that accept files of several types.
    """
    wanted = file_type(obj)
    if type_of_file == wanted or UNKNOWN_TYPE in (type_of_file, wanted):
        return True
    if has_class(obj, "CGenericReflDataFile") or has_class(obj, "CUnmergedDataFile"):
        return extension in (qualifier(obj, "fileExtensions") or ())
    own = _general_names(type(obj))
    kinds = [kind for kind in def_file_classes().values() if declared_type(kind) == type_of_file]
    if any(type(obj).__name__ in _general_names(kind) for kind in kinds):
        return True
    # The columns of a mini-MTZ file decide what it is, so nothing more general will do.
    return not signatures(obj) and any(kind.__name__ in own for kind in kinds)


def _general_names(kind: type) -> set[str]:
    """Return the names of a class and its bases. CCP4i2 derives classes of files from the stubs of one another."""
    return {base.__name__.removesuffix("Stub") for base in kind.__mro__} - {"CDataFile", "CData"}


def declared_type(kind: type) -> str:
    """Return the MIME type that CCP4i2's table or a class of files itself declares; empty for other classes."""
    names = [base.__name__.removeprefix("C") for base in kind.__mro__]
    declared = str(class_qualifiers(kind).get("mimeTypeName") or "").strip('"')
    return str(_file_types().get(names[0]) or declared) if "DataFile" in names else ""


@cache
def _file_types() -> dict[str, str]:
    from ccp4i2.db.ccp4i2_static_data import FILETYPES_CLASS, FILETYPES_TEXT  # noqa: PLC0415 - start-up time

    table = dict(zip(reversed(FILETYPES_CLASS), reversed(FILETYPES_TEXT), strict=True))
    return {**table, "UnmergedMtzDataFile": table["UnmergedDataFile"]}


def file_path(obj: DataFile) -> Path | None:
    """Return the path of a file object, or None if it is not set."""
    if not obj.isSet():
        return None
    base = _text(obj, "baseName")
    if Path(base).is_absolute() and not _text(obj, "relPath") and not _text(obj, "dbFileId"):
        # CCP4i2 returns it, too, after a look whether the file exists.
        return Path(base)
    text = str(obj.getFullPath() or "")
    # CCP4i2 removes the directory from the path of a missing file if the path begins with /tmp.
    stored = "" if Path(text).is_absolute() else str(value_of(obj, "baseName") or "")
    path = stored if Path(stored).is_absolute() else text
    return Path(path) if path else None


def _text(obj: DataFile, name: str) -> str:
    """Return the text of an object's attribute, whether it was set or not."""
    child = getattr(obj, name, None)
    value = child.value if child is not None and is_a(child, "CData") else child
    return "" if value is None else str(value)


def file_uuid(obj: DataFile) -> UUID | None:
    """Return the UUID of the recorded file that a file object refers to, or None if it refers to none."""
    text = str(value_of(obj, "dbFileId") or "")
    try:
        return UUID(text) if text else None
    except ValueError:
        # Another program has written it. The path is used then.
        return None


def signatures(obj: DataFile) -> tuple[tuple[str, ...], ...]:
    """Return a mini-MTZ class's column labels by content flag 1, 2, ...; empty for other classes."""
    listed = getattr(type(obj), "CONTENT_SIGNATURE_LIST", None) or ()
    # CPdbDataFile has such a list too, without labels.
    return tuple(tuple(labels) for labels in listed if labels)


def in_image_sequence(obj: DataFile) -> bool:
    """Return whether a file is one frame of an image sequence, which must stay beside the others."""
    parent = obj.parent()
    return parent is not None and any("ImageSelection" in kind.__name__ for kind in type(parent).__mro__)


def is_mmcif(obj: DataFile) -> bool:
    """Return whether a file object is a model whose file is in mmCIF format."""
    return has_class(obj, "CPdbDataFile") and bool(cast("ModelFile", obj).isMMCIF())


def relocate(obj: DataFile, *, project_uuid: str, directory: str, name: str, file_uuid: str | None) -> None:
    """Point a file object at a file inside the project, as CCP4i2 stores it.

    Args:
        obj: The file object.
        project_uuid: UUID of the project.
        directory: Directory of the file relative to the project's, ``"CCP4_IMPORTED_FILES"``.
        name: Name of the file in it.
        file_uuid: UUID of the file, or None if it is not recorded.
    """
    place = {"project": project_uuid, "relPath": directory, "baseName": name}
    for attribute, value in (place if file_uuid is None else {**place, "dbFileId": file_uuid}).items():
        # CCP4i2 takes several times as long to set a value as to read it, and twice as long to tell whether it is set.
        child: Any = getattr(obj, attribute, None)
        if not (is_a(child, "CData") and child.value == value and is_set(child)):
            set_value(obj, attribute, value)


def unattached_item(items: DataList) -> Any:
    """Return a new item of a list that is not in the list, for its class and its qualifiers."""
    return items.makeItem()


def next_item(items: DataList, taken: Sequence[object] = ()) -> Any:
    """Return the first item of a list that has no value, which CCP4i2 made for ``listMinLength``, or else a new one.

    Args:
        items: The list.
        taken: Items that are not blank although CCP4i2 says so; it takes 0.0 for no value.
    """
    known = {id(item) for item in taken}
    blank = next((item for item in items if id(item) not in known and not is_set(item)), None)
    return new_item(items) if blank is None else blank


def new_item(items: DataList) -> Any:
    """Append a new item to a list and return it."""
    item = items.makeItem()
    items.append(item)
    return item


def list_item(items: DataList, index: int) -> Any:
    """Return an item of a list, or None after the next free index. At the next free index, append a new item."""
    if index > len(items):
        return None
    return new_item(items) if index == len(items) else items[index]
