"""Import modules at their first use, or without what they rarely use, in a process whose start-up matters.

For modules at their first use, `importlib.util.LazyLoader` does the same, but before Python 3.11.8 and 3.12.2 a second
thread may see a module half loaded.
"""

from __future__ import annotations

import importlib
import sys
import threading
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from operator import attrgetter
from types import ModuleType
from typing import Any

_loading = threading.RLock()


class _Later(ModuleType):
    """Stands for a module until somebody asks it for a name.

    Attributes:
        is_made: Whether Python has made it; while it does, it asks for names that are not there yet.
    """

    is_made = False

    def __getattr__(self, name: str) -> Any:
        if not self.is_made:
            raise AttributeError(name)
        return attrgetter(name)(_load(self))


class _Finder(MetaPathFinder, Loader):
    """Finds a stand-in for each of some modules.

    Args:
        names: Full names of the modules.
    """

    def __init__(self, *names: str) -> None:
        self.names = set(names)

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002 - importlib's signature
        """Return how to import one of the modules; None for all others."""
        return ModuleSpec(fullname, self) if fullname in self.names else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the stand-in."""
        return _Later(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Import nothing yet."""
        vars(module)["is_made"] = True


def import_later(*names: str) -> None:
    """Let submodules be imported when a name in them is used, and not when they are imported.

    Args:
        *names: Full names of the submodules. One that is imported already stays as it is.
    """
    sys.meta_path.insert(0, _Finder(*names))


def import_without(name: str, missing: str) -> None:
    """Import a package now, as if another one that it can do without were not installed.

    Nothing is done if one of the two is imported already. Only for a process of ccp4hooks' own, with one thread.

    Args:
        name: The package.
        missing: The other package, which stays importable for all others.
    """
    if name in sys.modules or missing in sys.modules:
        return
    sys.modules[missing] = None  # type: ignore[assignment] # Python then takes it for missing.
    try:
        importlib.import_module(name)
    finally:
        del sys.modules[missing]


def _load(later: _Later) -> ModuleType:
    """Import the module for which another one stands, and return it.

    Raises:
        Exception: The import fails. The next use tries again.
    """
    name = later.__name__
    with _loading:
        if sys.modules.get(name) is later:
            finders = [one for one in sys.meta_path if isinstance(one, _Finder)]
            for one in finders:
                one.names.discard(name)
            del sys.modules[name]
            try:
                importlib.import_module(name)
            finally:
                sys.modules.setdefault(name, later)
        return sys.modules[name]
