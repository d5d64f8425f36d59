"""The data classes of a task of a plugin: find them in its modules, and let def files name them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import versions

if TYPE_CHECKING:
    from ccp4hooks.model import TaskDescription


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


def remove_data_types(task: str) -> None:
    """Let def files no longer name the data classes of a task."""
    versions.set_data_classes(task, {})


def _own_classes(module: str) -> dict[str, type]:
    """Return the data classes of a module that are not CCP4i2's, by name."""
    from ccp4i2.core.base_object.cdata import CData  # noqa: PLC0415 - start-up time

    found = attempt(importlib.import_module, module)
    if isinstance(found, Failure):
        raise BadInputError(f"the module {module} in its data_types cannot be imported: {found.reason}.")
    public = {name: kind for name, kind in vars(found).items() if not name.startswith("_")}
    kinds = {kind for kind in public.values() if isinstance(kind, type) and issubclass(kind, CData)}
    own = {kind.__name__: kind for kind in kinds if kind.__module__.partition(".")[0] != "ccp4i2"}
    if not own:
        cure = "Define one, or remove the module."
        raise BadInputError(f"the module {module} in its data_types has no data class (CData) of its own. {cure}")
    for name, kind in sorted(own.items()):
        _require_free(name, kind, module)
    return own


def _require_free(name: str, kind: type, module: str) -> None:
    """Refuse a class whose name would stand for another class in the def files of all tasks."""
    other = versions.data_classes().get(name)
    # A module that was imported again has new classes of the same names.
    if other is not None and (other.__module__, other.__qualname__) != (kind.__module__, kind.__qualname__):
        raise BadInputError(
            f"the module {module} in its data_types has a class {name}, but def files already know the class "
            f"{other.__module__}.{name}. Give it a name of its own."
        )
