"""Check a plugin against the hook specification: its implementations, the version it requires, its settings."""

from __future__ import annotations

import dataclasses
import inspect
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import UnknownNameError, nearest
from ccp4hooks.hookspecs import CONTRACT_VERSION, HOOKS
from ccp4hooks.plugin_settings import LIMITS, variable_name
from ccp4hooks.plugins.source_location import place_of
from ccp4hooks.settings import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pluggy

    from ccp4hooks.plugins.discovery import PluginRecord

SIMILAR = 0.8
"""Similarity from which an environment variable counts as a misspelt one of a plugin; 1 is equal."""


def implemented_hooks(pm: pluggy.PluginManager, plugin: Any) -> tuple[tuple[str, ...], list[str]]:
    """Return the hooks that a plugin implements, in the order of the specification, and the faults found."""
    hooks: set[str] = set()
    faults: list[str] = []
    # Like pluggy, without names such as __weakref__, which Python 3.10 cannot read of a dataclass with slots.
    for name in dir(plugin):
        options = pm.parse_hookimpl_opts(plugin, name)
        if options is None:
            continue
        hook, function = options.get("specname") or name, attrgetter(name)(plugin)
        hooks.add(hook)
        found = _faults(hook, function, wrapper=options["wrapper"] or options["hookwrapper"])
        faults.extend(f"{fault}{place_of(function)}" for fault in found)
    if not hooks:
        faults.append(f"it implements no hook ({_where_hooks_are(pm, plugin)}){place_of(plugin)}")
    return tuple(hook for hook in HOOKS if hook in hooks), faults


def _where_hooks_are(pm: pluggy.PluginManager, plugin: Any) -> str:
    """Return the class of a module that implements hooks, or else what may be missing."""
    own = inspect.getmembers(plugin, inspect.isclass) if inspect.ismodule(plugin) else []
    for name, kind in own:
        marked = (pm.parse_hookimpl_opts(kind, method) for method in vars(kind))
        if kind.__module__ == plugin.__name__ and any(marked):
            entry = f'NAME = "{plugin.__name__}:{name}"'
            return f"its class {name} does; enable the class by an entry point, {entry}"
    return "are its functions marked with @hookimpl?"


def contract_fault(plugin: Any) -> str:
    """Return why this version of the hook specification does not meet a plugin's ``ccp4hooks_requires``.

    Returns:
        Empty if it meets the requirement, or if the plugin states none.
    """
    required = inspect.getattr_static(plugin, "ccp4hooks_requires", None)
    if required is None:
        return ""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - start-up time

    try:
        fits = SpecifierSet(str(required)).contains(CONTRACT_VERSION, prereleases=True)
    except InvalidSpecifier:
        fault = f"its ccp4hooks_requires is {required!r}, which is not a version range such as '>=1,<2'"
        return f"{fault}{place_of(plugin)}"
    if fits:
        return ""
    return (
        f"it requires version {required} of the hook specification, and this is version {CONTRACT_VERSION}; "
        f"install a matching release of the plugin or of ccp4hooks{place_of(plugin)}"
    )


def settings_type(plugin: Any) -> type | None:
    """Return the ``ccp4hooks_settings`` of a module, class or object, or None if it does not declare a class."""
    declared = inspect.getattr_static(plugin, "ccp4hooks_settings", None)
    return declared if inspect.isclass(declared) else None


def require_known_variables(environment: Iterable[str], records: Sequence[PluginRecord]) -> None:
    """Check that no environment variable is a misspelt setting of a plugin.

    Variables of a plugin that is disabled, or that reads undeclared settings in `configure`, are not checked.

    Raises:
        UnknownNameError: A variable begins with the prefix of a plugin and names none of its settings, or it is very
            similar to a known variable.
    """
    variables = {record.name: _variables(record) for record in records}
    known = {*VARIABLES, *(one for fields in variables.values() for one in fields or ())}
    for name in set(environment) - known:
        prefixes = {variable_name(plugin, ""): plugin for plugin in variables}
        # The name of a plugin may begin with that of another one.
        prefix = max((one for one in prefixes if name.startswith(one)), key=len, default="")
        owner = prefixes.get(prefix, "")
        of_owner = variables.get(owner, ())
        if of_owner is None:
            continue
        near = _similar(name, known, "CCP4HOOKS_", cutoff=SIMILAR) or _similar(name, of_owner, prefix)
        if owner or near:
            hint = f"`ccp4hooks plugins show {owner or 'NAME'}` lists the variables of a plugin."
            raise UnknownNameError("environment variable", name, near, hint)


def _similar(name: str, known: Iterable[str], prefix: str, **how: float) -> list[str]:
    """Return the variables that are similar to a name without the common prefix, which makes all names similar."""
    rests = [one.removeprefix(prefix) for one in known]
    return [f"{prefix}{one}" for one in nearest(name.removeprefix(prefix), rests, **how)]


def _variables(record: PluginRecord) -> list[str] | None:
    """Return the environment variables of a plugin's settings, or None if they are unknown."""
    declared = record.settings_type
    own = dataclasses.fields(declared) if declared is not None and dataclasses.is_dataclass(declared) else None
    if own is None and (not record.hooks or "configure" in record.hooks):
        return None
    return [variable_name(record.name, name) for name in (*(field.name for field in own or ()), *LIMITS)]


def _faults(hook: str, function: Any, *, wrapper: bool) -> list[str]:
    if hook not in HOOKS:
        near = nearest(hook, HOOKS)
        return [f"it implements the unknown hook {hook!r}{'; did you mean ' + ' or '.join(near) + '?' if near else ''}"]
    if wrapper:
        return [f"{hook}: hook wrappers are not allowed"]
    faults = []
    arguments = HOOKS[hook].arguments
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in arguments:
            near = nearest(name, arguments)
            offered = ", ".join(arguments) or "none"
            hint = f"; did you mean {near[0]}?" if near else f"; its arguments are: {offered}"
            faults.append(f"{hook} has no argument {name!r}{hint}")
        elif parameter.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD or parameter.default is not parameter.empty:
            faults.append(f"{hook}: the argument {name!r} must be positional and without a default")
    return faults
