"""Find the installed plugins, decide which of them are enabled, and order them.

Neither pluggy nor entry points guarantee an order. The order here is: ``tryfirst``, built-in plugins, others by name,
``trylast``.
"""

from __future__ import annotations

import enum
import importlib.util
import os
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points, version
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import attempt
from ccp4hooks.model import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from importlib.metadata import EntryPoints
    from pathlib import Path

    from ccp4hooks.settings import Settings

GROUP = "ccp4hooks"
"""Entry points of plugins that are enabled unless they are disabled by name."""

OPTIONAL = "ccp4hooks.optional"
"""Entry points of plugins that are disabled unless they are enabled by name, because they cost time."""

HEADER = re.compile(r"^(name|version):[ \t]*(.*?)[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
"""The two lines of a distribution's metadata that are read here."""

BUILT_IN = ("database", "file-import", "kpi", "validation")
"""Plugins of this distribution that are enabled by default, in the order in which they are called."""


class PluginState(enum.Enum):
    """State of a plugin after start-up."""

    LOADED = "loaded"
    DISABLED = "disabled"
    FAILED = "failed"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    UNTRUSTED = "untrusted"


class Giver(enum.Enum):
    """What enables a plugin by name: the settings file, the environment, or the command line or calling program."""

    FILE = "file"
    ENVIRONMENT = "environment"
    CALLER = "caller"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginRecord:
    """One plugin, loaded or not.

    Attributes:
        name: Entry-point name, module name, or the name given by the program that registered it.
        module: Its source, ``"package.module"`` or ``"package.module:object"``.
        distribution: The installed distribution; empty if the plugin belongs to none.
        version: Version of the distribution; empty if the plugin belongs to none.
        state: Whether it is loaded.
        why: The reason why the plugin is not loaded; empty if it is loaded.
        hooks: The hooks it implements, in the order in which a job reaches them.
        duration_s: Duration of its import [s].
        setup_s: Duration of building, checking and configuring it [s].
        settings_type: The dataclass of its settings, or None if it declares none or was not imported.
        ignored: Why values of its settings in the settings file are not used, and what to do, one line per value.
    """

    name: str
    module: str
    distribution: str = ""
    version: str = ""
    state: PluginState = PluginState.LOADED
    why: str = ""
    hooks: tuple[str, ...] = ()
    duration_s: float = 0.0
    setup_s: float = 0.0
    settings_type: type | None = None
    ignored: tuple[str, ...] = ()

    @property
    def origin(self) -> Origin:
        """The plugin as the origin of values."""
        return Origin(plugin=self.name, version=self.version)

    @classmethod
    def of_entry(cls, entry: EntryPoint) -> PluginRecord:
        """Return the record of the plugin of an entry point."""
        name, number = _name_and_version(entry)
        return cls(name=entry.name, module=entry.value, distribution=name, version=number)


class Choice:
    """The choice of plugins that the settings make among the installed ones.

    Args:
        settings: The settings.
        installed: Entry points of the installed plugins.

    Attributes:
        known: The names of the installed plugins.
        wanted: Plugins and modules that are enabled by name.
        unwanted: Plugins and modules that are disabled by name.
        switches: The switches in their order; a plugin's module is replaced by the plugin's name.
    """

    def __init__(self, settings: Settings, installed: Sequence[EntryPoint]) -> None:
        modules = {module_of(entry): entry.name for entry in installed}
        self.switches = [_by_name(switch, modules) for switch in settings.plugins]
        self.wanted, self.unwanted = _switches(self.switches)
        self._sources = {
            switch: settings.switch_sources.get(raw, "")
            for raw, switch in zip(settings.plugins, self.switches, strict=True)
        }
        self._allowed = {
            switch: settings.allows_code(raw) for raw, switch in zip(settings.plugins, self.switches, strict=True)
        }
        self._settings = settings
        self._entries: dict[str, list[EntryPoint]] = defaultdict(list)
        for entry in installed:
            self._entries[entry.name].append(entry)

    @property
    def known(self) -> tuple[str, ...]:
        """The names of the installed plugins."""
        return tuple(self._entries)

    def hint(self, switch: str) -> str:
        """Return the source of a switch and the command that lists the plugins, as sentences."""
        place = self._sources.get(switch)
        return f"{f'It is set in {place}. ' if place else ''}`ccp4hooks plugins` lists the plugins."

    def allows_code(self, name: str) -> bool:
        """Return whether a module that is enabled by name may be imported although it is not installed."""
        return self._allowed[name]

    def given_by(self, name: str) -> Giver:
        """Return what enables a plugin or module by name."""
        place = self._sources[name]
        if place == "$CCP4HOOKS_PLUGINS":
            return Giver.ENVIRONMENT
        return Giver.FILE if place and place == str(self._settings.source) else Giver.CALLER

    def why_off(self, entry: EntryPoint) -> tuple[PluginState, str] | None:
        """Return the reason why an installed plugin is not loaded, or None if it is loaded."""
        name, settings = entry.name, self._settings
        if name in self.unwanted:
            return PluginState.DISABLED, f"switched off by no:{name}{_in(self._sources[f'no:{name}'])}"
        if entry.group == OPTIONAL and name not in self.wanted:
            return PluginState.DISABLED, f'off by default; enable it with `-p {name}` or use = ["{name}"]'
        if not settings.autoload and name not in self.wanted:
            return (
                PluginState.DISABLED,
                f"not requested, and autoload is off{_in(settings.switch_sources.get('autoload'))}",
            )
        if settings.allow is not None and name not in settings.allow:
            return PluginState.DISABLED, f"not in the list plugins.allow{_in(settings.source)}"
        if len(self._entries[name]) > 1:
            distributions = " and ".join(_provider(one) for one in self._entries[name])
            return PluginState.CONFLICT, f"{distributions} provide a plugin with this name; uninstall all but one"
        return None


def _in(place: object) -> str:
    return f" ({place})" if place else ""


def _provider(entry: EntryPoint) -> str:
    """Return the distribution that provides a plugin, with the module and the location of the installation."""
    record = PluginRecord.of_entry(entry)
    place = str(entry.dist.locate_file("")) if entry.dist else ""
    return f"{record.distribution} {record.version} ({record.module}{f' in {place}' if place else ''})".strip()


_VALUE = re.compile(r"[\w.]+\s*(:\s*[\w.]+\s*)?(\[.*\]\s*)?")


def module_of(entry: EntryPoint) -> str:
    """Return the module in the value of an entry point; the value need not be valid."""
    return entry.value.partition(":")[0].strip()


def load(entry: EntryPoint) -> Any:
    """Import the plugin of an entry point, and return it.

    Raises:
        BadInputError: The value of the entry point is not valid.
        Exception: Any exception that the module raises.
    """
    if not _VALUE.fullmatch(entry.value.strip()):
        value = f"{entry.name} = {entry.value}"
        raise BadInputError(f"its entry point is {value!r}. Write NAME = package.module, or package.module:object")
    return entry.load()


def installed_plugins(settings: Settings, *, everything: bool = False) -> list[EntryPoint]:
    """Return the installed plugins, built-in ones first, others by name.

    With autoload off, other distributions are searched only if a name is unknown in this one, so that installed
    distributions cost no time.

    Args:
        settings: The settings.
        everything: Whether to search all distributions even if autoload is off.
    """
    own = own_plugins() if not (settings.autoload or everything) else []
    here = {entry.name for entry in own} | {module_of(entry) for entry in own}
    requested = {switch.removeprefix("no:") for switch in settings.plugins} | set(settings.tables)
    found = own if own and requested <= here else _plugins_among(entry_points().select)
    return sorted(found, key=lambda entry: rank_of_name(entry.name))


def own_plugins() -> list[EntryPoint]:
    """Return the plugins of this distribution; an empty list if it is not installed."""
    try:
        return _plugins_among(distribution("ccp4hooks").entry_points.select)
    except PackageNotFoundError:
        return []


def _plugins_among(select: Callable[..., EntryPoints]) -> list[EntryPoint]:
    return [*select(group=GROUP), *select(group=OPTIONAL)]


def _name_and_version(entry: EntryPoint) -> tuple[str, str]:
    """Return the name and version of the distribution that provides a plugin, or empty texts if there is none.

    `importlib.metadata` parses the file as an e-mail for each of the two values, which takes ten times as long.
    """
    dist = entry.dist
    text = (dist.read_text("METADATA") or dist.read_text("PKG-INFO") or "") if dist else ""
    # The first empty line ends the headers.
    headers = {key.lower(): value for key, value in HEADER.findall(text.partition("\n\n")[0])}
    return headers.get("name", ""), headers.get("version", "")


def needs_trust(module: str, directories: Iterable[Path]) -> bool:
    """Return whether a settings file that names a module must be trusted before the module is imported.

    Modules of installed packages need no trust. Modules in these directories do, and so do those of Python itself and
    all named ``__main__``, some of which run the files of the working directory. Nothing is imported.

    Args:
        module: The name of the module, perhaps with dots.
        directories: The working directory, and the directory of the settings file.
    """
    package = module.partition(".")[0]
    if package in sys.stdlib_module_names or "__main__" in module.split("."):
        return True
    folders = {os.path.realpath(folder) for folder in directories}
    spec = attempt(importlib.util.find_spec, package)
    if spec is None:
        spec = attempt(PathFinder.find_spec, package, [*folders])
    if not isinstance(spec, ModuleSpec):
        return False
    places = spec.submodule_search_locations or [spec.origin or ""]
    return any(os.path.realpath(os.path.dirname(place)) in folders for place in places)  # noqa: PTH120


def rank_of_name(name: str) -> tuple[int, str]:
    """Return the sort key of a plugin in the order in which plugins are loaded and called."""
    return (BUILT_IN.index(name), name) if name in BUILT_IN else (len(BUILT_IN), name)


def rank(impl: Any) -> tuple[int, int, str]:
    """Return the sort key of pluggy's record of an implementation in the order of the calls."""
    position = 0 if impl.tryfirst else 2 if impl.trylast else 1
    return (position, *rank_of_name(impl.plugin_name))


def version_of(module: str) -> str:
    """Return the version of the distribution named like a module's package, or an empty text if there is none."""
    try:
        return version(module.partition(".")[0])
    except PackageNotFoundError:
        return ""


def _by_name(switch: str, modules: Mapping[str, str]) -> str:
    """Return a switch in which the module of an installed plugin is replaced by the plugin's name."""
    name = switch.removeprefix("no:")
    return switch.removesuffix(name) + modules.get(name, name)


def _switches(plugins: Iterable[str]) -> tuple[list[str], list[str]]:
    """Split switches into names to enable and names to disable; the last switch for a name counts."""
    last = {entry.removeprefix("no:"): entry.startswith("no:") for entry in plugins}
    return [name for name, off in last.items() if not off], [name for name, off in last.items() if off]
