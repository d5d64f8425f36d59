"""The data classes of plugins: find them, let def files name them, and let CCP4i2 know their types of files."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import containers, versions
from ccp4hooks.i2.tasks import def_qualifiers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccp4hooks.model import TaskDescription

_OF_PLUGINS = ""
"""The owner of the classes that no task brings; the name of a task is never empty."""

FAULTS_OF_READERS = (ArithmeticError, AssertionError, AttributeError, LookupError, NameError, TypeError)
"""Exceptions whose texts are for programmers. A reader that raises one has a fault, or did not foresee the content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What reads the files of a class.

    Attributes:
        plugin: The plugin that has registered it.
        read: The function, see `DataType`.
    """

    plugin: str
    read: Callable[[Path], object]


_readers: dict[str, Reader] = {}
_labels: dict[str, str] = {}
_left_out: dict[str, str] = {}


def add_data_types(description: TaskDescription) -> None:
    """Let def files name the data classes of a task, in place of those that it had before.

    Args:
        description: The task, as `ccp4hooks.tasks.resolve.resolved` returns it.

    Raises:
        BadInputError: A module cannot be imported, or has no data class of its own, or one whose name is in use. The
            message continues "the task NAME was left out: ".
    """
    versions.set_data_classes(description.name, {})
    classes: dict[str, type] = {}
    for module in description.data_types:
        classes |= _own_classes(module)
    versions.set_data_classes(description.name, classes)
    _share_file_types(classes.values())


def remove_data_types(task: str) -> None:
    """Let def files no longer name the data classes of a task."""
    versions.set_data_classes(task, {})


def forget_types_of_plugins() -> None:
    """Let def files no longer name the data classes that plugins have registered by themselves."""
    _readers.clear()
    _labels.clear()
    _left_out.clear()
    versions.set_data_classes(_OF_PLUGINS, {})


def add_types_of_plugins(kinds: Mapping[type, Reader | None], left_out: Mapping[str, str]) -> None:
    """Let def files name data classes.

    Args:
        kinds: What reads a file of the class, or None, by the class. `own_class` or `imported_class` has returned it.
        left_out: Why a class cannot be named, by the name of the class.
    """
    _left_out.update(left_out)
    versions.set_data_classes(_OF_PLUGINS, {kind.__name__: kind for kind in kinds})
    _share_file_types(kinds)
    for kind, reader in kinds.items():
        of_file = containers.declared_type(kind)
        if of_file:
            _labels.setdefault(of_file, _label(kind))
        if of_file and reader is not None:
            _readers.setdefault(of_file, reader)


def why_left_out(class_name: str) -> str:
    """Return why def files cannot name a class that a plugin offers; empty if no plugin offers such a class."""
    return _left_out.get(class_name, "")


def _label(kind: type) -> str:
    """Return what people call the files of a class; empty if the class does not say it."""
    declared = containers.class_qualifiers(kind)
    texts = (declared.get(name) for name in ("mimeTypeDescription", "guiLabel", "fileLabel"))
    return next((text.strip() for text in texts if isinstance(text, str) and text.strip()), "")


def type_label(file_type: str) -> str:
    """Return what people call a MIME type: as the data class of a plugin says, else CCP4i2's title, else the type."""
    return _labels.get(file_type) or versions.file_type_titles().get(file_type) or file_type


def read_fault(path: Path, file_type: str) -> str:
    """Return why the plugin that has registered a MIME type cannot read a file; empty if it can, or if there is none.

    Raises:
        OSError: The disk or the network does not give the file.
    """
    reader = _readers.get(file_type)
    found = attempt(reader.read, path) if reader is not None else None
    if reader is None or not isinstance(found, Failure):
        return ""
    if isinstance(found.error, OSError) and found.error.errno:  # Libraries raise one without a number for bad content.
        raise found.error
    if isinstance(found.error, FAULTS_OF_READERS):
        return f"its reader failed with {found.reason}, which may be a fault of the plugin {reader.plugin!r}"
    # The text of a ValueError is for users, by the docs; other exceptions may have none that says enough.
    return found.reason.removeprefix("ValueError: ")


def new_file_type(kind: type) -> str:
    """Return the MIME type of a class of files if CCP4i2 does not know it; empty otherwise, and for other classes."""
    of_file = containers.declared_type(kind)
    return "" if of_file in versions.ccp4i2_file_types() else of_file


def _share_file_types(kinds: Iterable[type]) -> None:
    for kind in kinds:
        if new := new_file_type(kind):
            versions.add_file_type(new, kind.__name__.removeprefix("C"))


def imported_class(name: str) -> type:
    """Return a data class that is not one of CCP4i2.

    Args:
        name: ``"package.module:Class"``.

    Raises:
        BadInputError: It cannot be imported, is no data class, or its name or its MIME type is in use. The message
            continues "the data class NAME was left out: ".
    """
    module, _, kind = name.partition(":")
    found = attempt(lambda: vars(importlib.import_module(module))[kind])
    if isinstance(found, Failure):
        raise BadInputError(f"{name} cannot be imported: {found.reason}.")
    return own_class(found)


def own_class(kind: object) -> type:
    """Return a data class that is not one of CCP4i2.

    Raises:
        BadInputError: It is no data class, or its name or its MIME type is in use. The message is like that of
            `imported_class`.
    """
    from ccp4i2.core.base_object.cdata import CData  # noqa: PLC0415 - start-up time

    if not isinstance(kind, type) or not issubclass(kind, CData):
        raise BadInputError(f"{kind!r} is no data class (CData). Derive it from one, such as CDataFile.")
    _require_free(kind.__name__, kind, f"{kind.__module__} has")
    _require_known_qualifiers(kind)
    _require_own_file_type(kind)
    return kind


def _own_classes(module: str) -> dict[str, type]:
    """Return the data classes of a module that are not CCP4i2's, by name."""
    from ccp4i2.core.base_object.cdata import CData  # noqa: PLC0415 - start-up time

    found = attempt(importlib.import_module, module)
    if isinstance(found, Failure):
        raise BadInputError(f"the module {module} in its data_types cannot be imported: {found.reason}.")
    public = {name: kind for name, kind in vars(found).items() if not name.startswith("_")}
    kinds = {kind for kind in public.values() if isinstance(kind, type) and issubclass(kind, CData)}
    own = {kind.__name__: kind for kind in kinds if not containers.is_of_ccp4i2(kind)}
    if not own:
        cure = "Define one, or remove the module."
        raise BadInputError(f"the module {module} in its data_types has no data class (CData) of its own. {cure}")
    for name, kind in sorted(own.items()):
        _require_free(name, kind, f"the module {module} in its data_types has")
        _require_known_qualifiers(kind)
        _require_own_file_type(kind)
    return own


def _require_known_qualifiers(kind: type) -> None:
    """Refuse a class with a misspelt qualifier, which CCP4i2 would ignore."""
    for name in def_qualifiers.own_qualifiers(kind):
        if near := def_qualifiers.meant(name):
            raise BadInputError(
                f"the class {kind.__module__}.{kind.__name__} has an unknown qualifier {name!r}. Did you mean {near!r}?"
            )


def _require_own_file_type(kind: type) -> None:
    """Refuse a class of files with a MIME type of CCP4i2 that is derived from none of CCP4i2's classes of this type.

    Its files would be offered to tasks that read CCP4i2's format, and be checked as such files.
    """
    of_file = containers.declared_type(kind)
    if of_file in ("", *_FREE_TYPES) or of_file not in versions.ccp4i2_file_types():
        return
    bases = [base for base in kind.__mro__[1:] if base.__module__.partition(".")[0] == "ccp4i2"]
    if any(containers.declared_type(base) == of_file for base in bases):
        return
    known = versions.ccp4i2_data_classes()
    same = [name for name in sorted(known) if containers.declared_type(known[name]) == of_file]
    names = " or ".join(name for name in same if not name.endswith("Stub"))
    if names:
        raise BadInputError(
            f"the class {kind.__module__}.{kind.__name__} has CCP4i2's MIME type {of_file!r}, but is not derived from "
            f"CCP4i2's class of this type. Derive it from {names}, or give it a mimeTypeName of its own, such as "
            "'application/x-NAME'."
        )


_FREE_TYPES = (containers.UNKNOWN_TYPE, "text/plain")
"""MIME types that say nothing of the content."""


def _require_free(name: str, kind: type, has: str) -> None:
    """Refuse a class whose name would stand for another class in the def files of all tasks.

    Args:
        name: Name of the class.
        kind: The class.
        has: The start of a sentence about the class: "the module M has".
    """
    other = versions.data_classes().get(name)
    # A module that was imported again has new classes of the same names.
    if other is not None and (other.__module__, other.__qualname__) != (kind.__module__, kind.__qualname__):
        raise BadInputError(
            f"{has} a class {name}, but def files already know the class "
            f"{other.__module__}.{name}. Give it a name of its own."
        )
