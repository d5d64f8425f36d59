"""Load, check and configure the plugins, and note for each plugin that is not loaded the reason."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import inspect
import os
import sys
import time
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import pluggy

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError, UnknownNameError, nearest
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import Origin
from ccp4hooks.plugins import discovery, inspection
from ccp4hooks.plugins.discovery import GROUP, Giver, PluginRecord, PluginState
from ccp4hooks.plugins.dispatcher import Implementation
from ccp4hooks.plugins.hook_results import Remarks
from ccp4hooks.plugins.source_location import place_of_error
from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ccp4hooks.plugin_settings import HookLimits
    from ccp4hooks.plugins.isolation import PluginProcess
    from ccp4hooks.settings import Settings


class PluginManager:
    """All plugins of one session.

    Args:
        settings: The settings, which enable and disable plugins.
        extra: Further plugins by name. `settings` cannot disable them.
        wrap: Replaces each implementation of a hook, for instance by one that traces its calls, or None to keep them.

    Attributes:
        records: All plugins found.
        processes: The processes of the plugins that have one of their own, by the name of the plugin.

    Raises:
        UnknownNameError: ``-p`` names a plugin that is neither installed nor a module.
        BadInputError: A plugin named by ``-p`` cannot be imported, or the settings of a plugin are invalid.
    """

    def __init__(
        self,
        settings: Settings,
        extra: Mapping[str, Any] | None = None,
        *,
        wrap: Callable[[Implementation], Implementation] | None = None,
    ) -> None:
        self.records: list[PluginRecord] = []
        self.processes: dict[str, PluginProcess] = {}
        self._limits: dict[str, HookLimits] = {}
        self._given = frozenset(extra or ())
        self._wrap = wrap
        self._settings = settings
        self._pm = _Registry(GROUP)
        self._pm.add_hookspecs(hookspecs)
        self._load(discovery.installed_plugins(settings))
        for name, plugin in (extra or {}).items():
            if self._pm.has_plugin(name) or self._pm.is_registered(plugin):
                raise BadInputError(
                    f"The plugin {name!r} cannot be added: it, or another of its name, is loaded already."
                )
            self._take(PluginRecord(name=name, module=_module_name(plugin)), plugin)
        self._require_known_tables()
        if settings.environment:
            inspection.require_known_variables(settings.environment, self.records)

    def plan(self) -> dict[str, tuple[Implementation, ...]]:
        """Return the implementations of each hook in the order in which they are called."""
        origins = {record.name: record.origin for record in self.records}
        plan = {}
        for hook, caller in vars(self._pm.hook).items():
            impls = sorted(caller.get_hookimpls(), key=discovery.rank)
            plan[hook] = tuple(self._implementation(hook, impl, origins[impl.plugin_name]) for impl in impls)
        return plan

    def objects(self) -> dict[str, object]:
        """Return the module or object of each plugin in use, by name."""
        return dict(self._pm.list_name_plugin())

    def _implementation(self, hook: str, impl: Any, origin: Origin) -> Implementation:
        """Return an `Implementation` for pluggy's record of one."""
        limits = self._limits[impl.plugin_name]
        made = Implementation(
            hook=hook,
            origin=origin,
            function=impl.function,
            argnames=tuple(impl.argnames),
            limit_s=limits.hook_limit_s,
            warning_s=limits.hook_warning_s,
        )
        if limits.isolate:
            made = self._isolated(made, limits)
        return self._wrap(made) if self._wrap else made

    def _isolated(self, made: Implementation, limits: HookLimits) -> Implementation:
        """Return an implementation that is called in the process of its plugin, if its hook can be."""
        from ccp4hooks.plugins import isolation  # noqa: PLC0415 - start-up time

        if made.hook not in isolation.HOOKS:
            return made
        name = made.origin.plugin
        if name not in self.processes:
            self.processes[name] = isolation.PluginProcess(name, self._settings, limits)
        return isolation.IsolatedImplementation(
            hook=made.hook,
            origin=made.origin,
            function=made.function,
            argnames=made.argnames,
            limit_s=made.limit_s,
            warning_s=made.warning_s,
            process=self.processes[name],
        )

    def _load(self, installed: Sequence[EntryPoint]) -> None:
        choice = discovery.Choice(self._settings, installed)
        for name in choice.unwanted:
            if name not in choice.known and name not in choice.switches:
                raise UnknownNameError("plugin", name, choice.known, choice.hint(f"no:{name}"))
        for entry in installed:
            self._load_entry(entry, why=choice.why_off(entry))
        # Once a caller's module is loaded, Python finds modules in the working directory.
        for name in sorted(choice.wanted, key=lambda name: choice.given_by(name) is Giver.CALLER):
            if name not in choice.known:
                self._load_module(name, choice)

    def _require_known_tables(self) -> None:
        names = [record.name for record in self.records]
        of_projects = [
            (f"projects.{one}.", name) for one, some in self._settings.project_tables.items() for name in some
        ]
        for place, name in (*(("", one) for one in self._settings.tables), *of_projects):
            if name not in names:
                # Compared without the common prefix, which would make all names look similar.
                near = [f"[{place}plugins.{one}]" for one in nearest(name, names)]
                table = f"[{place}plugins.{name}]"
                has = f"{self._settings.source} has" if self._settings.source else "The settings have"
                fault = f"{has} a table {table}, but no plugin has that name"
                hint = "" if near else "`ccp4hooks plugins` lists the plugins."
                raise UnknownNameError("settings table", table, near, hint, fault=fault)

    def _load_entry(self, entry: EntryPoint, why: tuple[PluginState, str] | None) -> None:
        record = PluginRecord.of_entry(entry)
        if why is not None:
            self._note(record, *why)
            return
        started_s = time.perf_counter()
        plugin = attempt(discovery.load, entry)
        record = replace(record, duration_s=time.perf_counter() - started_s)
        if isinstance(plugin, Failure):
            self._note(record, PluginState.FAILED, _failed("imported", plugin))
            return
        other = self._pm.get_name(plugin)
        if other is not None:
            reason = f"its entry point names the same object as that of the plugin {other!r}. Remove one of the two"
            self._note(record, PluginState.CONFLICT, reason)
            return
        self._take(record, plugin)

    def _load_module(self, name: str, choice: discovery.Choice) -> None:
        if not choice.allows_code(name):
            if discovery.needs_trust(name, (Path.cwd(), *self._beside_file())):
                self._note(PluginRecord(name=name, module=name), PluginState.UNTRUSTED, self._why_untrusted())
                return
            self._import_module(name, choice, ())
            return
        self._import_module(name, choice, self._directories(choice.given_by(name)))

    def _directories(self, by: Giver) -> tuple[Path, ...]:
        """Return the directories in which a module is looked up that is not installed.

        The working directory may belong to another user, so a module is looked up there only if it is named for this
        session alone. The settings file and the environment name modules wherever the session is.
        """
        if by is Giver.CALLER:
            return (Path.cwd(), *self._beside_file())
        return self._beside_file() if self._settings.trusted else ()

    def _beside_file(self) -> tuple[Path, ...]:
        """Return the directory of the settings file itself, not that of a link to it; empty if there is no file."""
        source = self._settings.source
        return (Path(os.path.realpath(source)).parent,) if source else ()

    def _why_untrusted(self) -> str:
        source = self._settings.source or Path()
        return (
            f"it is not an installed plugin, and {printable(source)}, which enables it, is not trusted; "
            f"run `ccp4hooks trust {printable(source.parent)}` if you trust it"
        )

    def _import_module(self, name: str, choice: discovery.Choice, directories: Sequence[Path]) -> None:
        found = attempt(importlib.util.find_spec, name) if name.replace(".", "").isidentifier() else None
        if found is None and name.replace(".", "").isidentifier():
            sys.path.extend(str(folder) for folder in directories)
            found = attempt(importlib.util.find_spec, name)
        if found is None or isinstance(found, Failure):
            stem = PurePath(name).stem
            of_file = name.endswith(".py") and stem.isidentifier()
            what = f"For the file, give the name of its module: {stem}. " if of_file else ""
            hint = f"It is neither an installed plugin nor a module that can be imported. {what}{choice.hint(name)}"
            if choice.given_by(name) is not Giver.CALLER:
                hint = f"{hint} Only -p looks for modules in the working directory."
            raise UnknownNameError("plugin", name, choice.known, hint)
        started_s = time.perf_counter()
        plugin = attempt(importlib.import_module, name)
        duration_s = time.perf_counter() - started_s
        if isinstance(plugin, Failure):
            reason = _failed("imported", plugin)
            raise BadInputError(f"The plugin module {name!r} {reason}. Fix it, or do not enable it.")
        if not self._pm.is_registered(plugin):  # named by its module, loaded by entry point
            version = discovery.version_of(name)
            self._take(PluginRecord(name=name, module=name, version=version, duration_s=duration_s), plugin)

    def _take(self, record: PluginRecord, plugin: Any) -> None:
        """Check, build, register and configure a plugin, and note the resulting state.

        Raises:
            BadInputError: The settings of the plugin are invalid.
        """
        started_s = time.perf_counter()
        record = replace(record, settings_type=inspection.settings_type(plugin))
        record = replace(record, ignored=self._ignored_settings(record))
        self._limits[record.name] = self._read_limits(record)
        state, why, hooks = self._registered(record, plugin)
        self._note(replace(record, hooks=hooks, setup_s=time.perf_counter() - started_s), state, why)

    def _read_limits(self, record: PluginRecord) -> HookLimits:
        """Return what a plugin may cost.

        Raises:
            BadInputError: A value is invalid, or the plugin was given as an object and cannot run in another process.
        """
        declared = record.settings_type if dataclasses.is_dataclass(record.settings_type) else None
        limits = self._settings.limits(record.name, declared)
        if limits.isolate and record.name in self._given:
            raise BadInputError(
                f"The plugin {record.name!r} was given as an object, so it cannot run in a process of its own. Enable "
                f"it by the name of its module or entry point, or remove `isolate` from [plugins.{record.name}]."
            )
        return limits

    def _ignored_settings(self, record: PluginRecord) -> tuple[str, ...]:
        """Return why values of a plugin's settings are not used; none if the settings are invalid, which comes next."""
        if record.settings_type is None or self._settings.trusted:
            return ()
        found = attempt(self._settings.fields, record.name, record.settings_type)
        return () if isinstance(found, Failure) else tuple(one.ignored for one in found if one.ignored)

    def _registered(self, record: PluginRecord, plugin: Any) -> tuple[PluginState, str, tuple[str, ...]]:
        """Register a plugin and return its state, the reason if it is not loaded, and its hooks."""
        fault = inspection.contract_fault(plugin)
        if fault:
            return PluginState.REJECTED, fault, ()
        plugin = self._built(record, plugin)
        if isinstance(plugin, Failure):
            return _state_of(plugin, record), _why("built", plugin, record), ()
        inspected = attempt(inspection.implemented_hooks, self._pm, plugin)
        if isinstance(inspected, Failure):
            return PluginState.FAILED, _failed("inspected", inspected), ()
        hooks, faults = inspected
        if faults:
            return PluginState.REJECTED, "; ".join(faults), ()
        self._pm.register(plugin, name=record.name)
        failure = self._configure(record)
        if failure is not None:
            self._pm.unregister(name=record.name)
            return _state_of(failure, record), _why("configured", failure, record), ()
        return PluginState.LOADED, "", hooks

    def _built(self, record: PluginRecord, plugin: Any) -> Any:
        """Return a plugin; a class is built, with its settings as argument if it declares some."""
        own: Any = ()
        if record.settings_type is not None:
            own = attempt(self._settings.plugin, record.name, record.settings_type)
            if isinstance(own, Failure):
                return _raise_bad_input(own)
            own = (own,)
        built = attempt(plugin, *own) if inspect.isclass(plugin) else plugin
        return _raise_bad_input(built, record) if isinstance(built, Failure) else built

    def _configure(self, record: PluginRecord) -> Failure | None:
        for impl in self._pm.hook.configure.get_hookimpls():
            if impl.plugin_name == record.name:
                call = self._implementation("configure", impl, Origin(plugin=record.name))
                result = attempt(call, {"settings": self._settings}, Remarks())
                return _raise_bad_input(result, record) if isinstance(result, Failure) else None
        return None

    def _note(self, record: PluginRecord, state: PluginState, why: str) -> None:
        if state in (PluginState.FAILED, PluginState.REJECTED):
            why += f". Fix the plugin, or disable it with `-p no:{record.name}`."
        self.records.append(replace(record, state=state, why=why))


class _Registry(pluggy.PluginManager):
    """pluggy's registry; it skips names such as ``__doc__``, which are most of the names of a module."""

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> pluggy.HookimplOpts | None:
        return None if name.startswith("__") else super().parse_hookimpl_opts(plugin, name)


def left_out(settings: Settings, records: Sequence[PluginRecord]) -> tuple[PluginRecord, ...]:
    """Return the installed plugins that were not looked up because autoload is off."""
    known = {record.name for record in records}
    installed = discovery.installed_plugins(settings, everything=True) if not settings.autoload else []
    choice = discovery.Choice(settings, installed)
    return tuple(
        replace(PluginRecord.of_entry(entry), state=why[0], why=why[1])
        for entry in installed
        if entry.name not in known and (why := choice.why_off(entry))
    )


def settings_type_of(record: PluginRecord) -> type | Failure | None:
    """Import a plugin, without building it, and return the dataclass of its settings.

    Returns:
        None if the plugin declares no settings, a `Failure` if it cannot be imported.
    """
    plugin = attempt(discovery.load, EntryPoint(record.name, record.module, GROUP))
    return plugin if isinstance(plugin, Failure) else inspection.settings_type(plugin)


def _failed(what: str, failure: Failure) -> str:
    return f"cannot be {what}: {failure.reason}{place_of_error(failure.error)}"


def _state_of(failure: Failure, record: PluginRecord) -> PluginState:
    """Return the state of a plugin that failed, perhaps because it lacks a setting that was ignored."""
    lacks_setting = isinstance(failure.error, BadInputError) and record.ignored
    return PluginState.UNTRUSTED if lacks_setting else PluginState.FAILED


def _why(what: str, failure: Failure, record: PluginRecord) -> str:
    if _state_of(failure, record) is PluginState.UNTRUSTED:
        return f"{'; '.join(record.ignored)}. Without it: {failure.reason}"
    return _failed(what, failure)


def _raise_bad_input(failure: Failure, record: PluginRecord | None = None) -> Failure:
    """Return a failure of a plugin; raise its error if the settings of the user are the cause, and all were used."""
    if isinstance(failure.error, BadInputError) and not (record and record.ignored):
        raise failure.error
    return failure


def _module_name(plugin: Any) -> str:
    return plugin.__name__ if inspect.ismodule(plugin) else type(plugin).__module__
