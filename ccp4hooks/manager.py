"""Find, order, block and check plugins, and say why one is off.

Order is promised by neither pluggy nor entry points: ``tryfirst``, built-ins, others by name, ``trylast``.
"""

from __future__ import annotations

import enum
import importlib
import importlib.util
import inspect
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from ccp4hooks import hookspecs
from ccp4hooks.dispatch import Failure, Implementation, attempt
from ccp4hooks.errors import BadInputError, UnknownNameError, nearest
from ccp4hooks.model import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccp4hooks.settings import Settings

GROUP = "ccp4hooks"
BUILT_IN = ("database", "file-import", "kpi", "validation")


class PluginState(enum.Enum):
    """What became of a plugin at start-up."""

    LOADED = "loaded"
    DISABLED = "disabled"
    FAILED = "failed"
    REJECTED = "rejected"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginRecord:
    """One plugin, whether it takes part or not.

    Attributes:
        name: Entry-point name, module name, or the name it was given by hand.
        module: Where it comes from, ``"package.module"`` or ``"package.module:object"``.
        distribution: The installed distribution, empty if it belongs to none.
        version: The distribution's version, empty if it belongs to none.
        state: Whether it takes part.
        why: The reason where it does not, else empty.
        hooks: The hooks it implements, in the order of a job's life.
        duration_s: What importing it cost [s].
    """

    name: str
    module: str
    distribution: str = ""
    version: str = ""
    state: PluginState = PluginState.LOADED
    why: str = ""
    hooks: tuple[str, ...] = ()
    duration_s: float = 0.0

    @property
    def origin(self) -> Origin:
        """The plugin as the giver of values."""
        return Origin(plugin=self.name, version=self.version)


HOOKS: dict[str, tuple[str, ...]] = {
    name: tuple(inspect.signature(function).parameters)
    for name, function in vars(hookspecs).items()
    if inspect.isfunction(function) and function.__module__ == hookspecs.__name__
}
"""Every hook's arguments, in the order of a job's life."""


class PluginManager:
    """All plugins of one session.

    Args:
        settings: Says which are on.
        extra: Further plugins by name, registered by hand; nothing of `settings` switches them on or off.

    Raises:
        UnknownNameError: ``-p`` names a plugin that is neither installed nor a module.
        BadInputError: A plugin asked for by ``-p`` cannot be imported, or a plugin's settings are wrong.
    """

    def __init__(self, settings: Settings, extra: Mapping[str, Any] | None = None) -> None:
        self.records: list[PluginRecord] = []
        self._settings = settings
        self._pm = pluggy.PluginManager(GROUP)
        self._pm.add_hookspecs(hookspecs)
        self._load(entry_points(group=GROUP))
        self._require_known_tables()
        for name, plugin in (extra or {}).items():
            if self._pm.has_plugin(name) or self._pm.is_registered(plugin):
                raise BadInputError(f"The plugin {name!r} cannot be added: it or one of its name is loaded already.")
            self._register(PluginRecord(name=name, module=_module_name(plugin)), plugin)

    def plan(self) -> dict[str, tuple[Implementation, ...]]:
        """Return every hook's implementations in the order in which they are to be called."""
        origins = {record.name: record.origin for record in self.records}
        plan = {}
        for hook, caller in vars(self._pm.hook).items():
            impls = sorted(caller.get_hookimpls(), key=_rank)
            plan[hook] = tuple(
                Implementation(
                    hook=hook,
                    origin=origins[impl.plugin_name],
                    function=impl.function,
                    argnames=tuple(impl.argnames),
                )
                for impl in impls
            )
        return plan

    def _load(self, installed: Sequence[EntryPoint]) -> None:
        names = Counter(entry.name for entry in installed)
        modules = {entry.module: entry.name for entry in installed}
        said = [_by_name(switch, modules) for switch in self._settings.plugins]
        wanted, unwanted = _switches(said)
        for name in unwanted:
            if name not in names and name not in said:
                raise UnknownNameError("plugin", name, names, "`ccp4hooks plugins` lists them.")
        for entry in sorted(installed, key=lambda entry: _rank_of_name(entry.name)):
            self._load_entry(entry, why=self._why_off(entry, wanted, unwanted, names))
        for name in wanted:
            if name not in names and name not in unwanted:
                self._load_module(name, names)

    def _require_known_tables(self) -> None:
        names = [f"plugins.{record.name}" for record in self.records]
        for name in self._settings.tables:
            if f"plugins.{name}" not in names:
                where = f"It stands in {self._settings.source}."
                raise UnknownNameError("plugin for the settings table", f"plugins.{name}", names, where)

    def _why_off(
        self, entry: EntryPoint, wanted: Sequence[str], unwanted: Sequence[str], names: Counter[str]
    ) -> tuple[PluginState, str] | None:
        if entry.name in unwanted:
            return PluginState.DISABLED, f"switched off by no:{entry.name}"
        if names[entry.name] > 1:
            return PluginState.CONFLICT, f"{names[entry.name]} installed distributions bring a plugin of this name"
        if not self._settings.autoload and entry.name not in wanted:
            return PluginState.DISABLED, "not asked for, and autoload is off"
        allowed = self._settings.allow is None or entry.name in self._settings.allow
        return None if allowed else (PluginState.DISABLED, "not in the list plugins.allow")

    def _load_entry(self, entry: EntryPoint, why: tuple[PluginState, str] | None) -> None:
        record = PluginRecord(
            name=entry.name,
            module=entry.value,
            distribution=entry.dist.name if entry.dist else "",
            version=entry.dist.version if entry.dist else "",
        )
        if why is not None:
            self._note(record, *why)
            return
        started_s = time.perf_counter()
        plugin = attempt(entry.load)
        if isinstance(plugin, Failure):
            self._note(record, PluginState.FAILED, f"cannot be imported: {plugin.reason}")
            return
        self._register(record, plugin, time.perf_counter() - started_s)

    def _load_module(self, name: str, known: Counter[str]) -> None:
        found = attempt(importlib.util.find_spec, name) if name.replace(".", "").isidentifier() else None
        if found is None and name.replace(".", "").isidentifier():
            # A plugin may lie beside the settings file, or where the command is given.
            source = self._settings.source
            sys.path.extend(str(folder) for folder in (Path.cwd(), source.parent.absolute() if source else Path.cwd()))
            found = attempt(importlib.util.find_spec, name)
        if found is None or isinstance(found, Failure):
            raise UnknownNameError("plugin", name, known, "It is neither installed nor a module here.")
        plugin = attempt(importlib.import_module, name)
        if isinstance(plugin, Failure):
            raise BadInputError(f"The plugin module {name!r} cannot be imported: {plugin.reason}")
        if not self._pm.is_registered(plugin):  # asked for by module, loaded by entry point
            self._register(PluginRecord(name=name, module=name, version=_version_of(name)), plugin)

    def _register(self, record: PluginRecord, plugin: Any, duration_s: float = 0.0) -> None:
        if inspect.isclass(plugin):
            plugin = attempt(plugin)
        if isinstance(plugin, Failure):
            self._note(record, PluginState.FAILED, f"cannot be built: {plugin.reason}")
            return
        inspected = attempt(self._inspect, plugin)
        if isinstance(inspected, Failure):
            self._note(record, PluginState.FAILED, f"cannot be inspected: {inspected.reason}")
            return
        hooks, faults = inspected
        if faults:
            self._note(record, PluginState.REJECTED, "; ".join(faults))
            return
        self._pm.register(plugin, name=record.name)
        failure = self._configure(record.name)
        if failure is not None and isinstance(failure.error, BadInputError):
            # The user's settings are at fault, not the plugin.
            raise failure.error
        if failure is not None:
            self._pm.unregister(name=record.name)
            self._note(record, PluginState.FAILED, f"cannot be configured: {failure.reason}")
            return
        self._note(record, PluginState.LOADED, "", hooks=hooks, duration_s=duration_s)

    def _configure(self, name: str) -> Failure | None:
        for impl in self._pm.hook.configure.get_hookimpls():
            if impl.plugin_name == name:
                call = Implementation(
                    hook="configure",
                    origin=Origin(plugin=name),
                    function=impl.function,
                    argnames=tuple(impl.argnames),
                )
                result = attempt(call, {"settings": self._settings})
                return result if isinstance(result, Failure) else None
        return None

    def _inspect(self, plugin: Any) -> tuple[tuple[str, ...], list[str]]:
        """Return the hooks a plugin implements and what is wrong with them."""
        hooks, faults = set(), []
        for name, function in inspect.getmembers(plugin, inspect.isroutine):
            options = self._pm.parse_hookimpl_opts(plugin, name)
            if options is None:
                continue
            hook = options.get("specname") or name
            hooks.add(hook)
            faults.extend(_faults(hook, function, wrapper=options["wrapper"] or options["hookwrapper"]))
        if not hooks:
            faults.append("it implements no hook (are its functions marked with @hookimpl?)")
        return tuple(hook for hook in HOOKS if hook in hooks), faults

    def _note(
        self,
        record: PluginRecord,
        state: PluginState,
        why: str,
        hooks: tuple[str, ...] = (),
        duration_s: float = 0.0,
    ) -> None:
        self.records.append(replace(record, state=state, why=why, hooks=hooks, duration_s=duration_s))


def _faults(hook: str, function: Any, *, wrapper: bool) -> list[str]:
    if hook not in HOOKS:
        near = nearest(hook, HOOKS)
        return [f"there is no hook {hook!r}{'; did you mean ' + ' or '.join(near) + '?' if near else ''}"]
    if wrapper:
        return [f"{hook}: hook wrappers are not allowed"]
    faults = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in HOOKS[hook]:
            near = nearest(name, HOOKS[hook])
            offers = ", ".join(HOOKS[hook]) or "no argument"
            meant = f"; did you mean {near[0]}?" if near else f"; it offers {offers}"
            faults.append(f"{hook} has no argument {name!r}{meant}")
        elif parameter.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD or parameter.default is not parameter.empty:
            faults.append(f"{hook}: the argument {name!r} must be positional and without a default")
    return faults


def _by_name(switch: str, modules: Mapping[str, str]) -> str:
    """Return a switch with an installed plugin's name in the place of its module's."""
    name = switch.removeprefix("no:")
    return switch.removesuffix(name) + modules.get(name, name)


def _switches(plugins: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split ``-p`` values into names switched on and names switched off; the last word on a name counts."""
    last = {entry.removeprefix("no:"): entry.startswith("no:") for entry in plugins}
    return [name for name, off in last.items() if not off], [name for name, off in last.items() if off]


def _rank_of_name(name: str) -> tuple[int, str]:
    return (BUILT_IN.index(name), name) if name in BUILT_IN else (len(BUILT_IN), name)


def _rank(impl: Any) -> tuple[int, int, str]:
    position = 0 if impl.tryfirst else 2 if impl.trylast else 1
    return (position, *_rank_of_name(impl.plugin_name))


def _module_name(plugin: Any) -> str:
    return plugin.__name__ if inspect.ismodule(plugin) else type(plugin).__module__


def _version_of(module: str) -> str:
    try:
        return version(module.partition(".")[0])
    except PackageNotFoundError:
        return ""
