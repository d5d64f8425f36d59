"""Whether a plugin fits the hooks: its implementations, the contract it was written for, its settings."""

from __future__ import annotations

import dataclasses
import inspect
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import UnknownNameError, nearest
from ccp4hooks.hookspecs import CONTRACT_VERSION, HOOKS
from ccp4hooks.plugin_settings import variable_name
from ccp4hooks.plugins.source_location import place_of
from ccp4hooks.settings import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pluggy

    from ccp4hooks.plugins.discovery import PluginRecord

SIMILAR = 0.8
"""How similar to a setting's variable another one must be to be taken for it, mistyped."""


def implemented_hooks(pm: pluggy.PluginManager, plugin: Any) -> tuple[tuple[str, ...], list[str]]:
    """Return the hooks a plugin implements, in the order of a job's life, and what is wrong with them."""
    hooks: set[str] = set()
    faults: list[str] = []
    for name, function in inspect.getmembers(plugin, callable):
        options = pm.parse_hookimpl_opts(plugin, name)
        if options is None:
            continue
        hook = options.get("specname") or name
        hooks.add(hook)
        wrong = _faults(hook, function, wrapper=options["wrapper"] or options["hookwrapper"])
        faults.extend(f"{fault}{place_of(function)}" for fault in wrong)
    if not hooks:
        faults.append(f"it implements no hook (are its functions marked with @hookimpl?){place_of(plugin)}")
    return tuple(hook for hook in HOOKS if hook in hooks), faults


def contract_fault(plugin: Any) -> str:
    """Return why a plugin's ``ccp4hooks_requires`` rules out the present hook contract, empty if it does not.

    A plugin that states nothing is taken for one that fits.
    """
    required = inspect.getattr_static(plugin, "ccp4hooks_requires", None)
    if required is None:
        return ""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - start-up time

    try:
        fits = SpecifierSet(str(required)).contains(CONTRACT_VERSION, prereleases=True)
    except InvalidSpecifier:
        what = f"its ccp4hooks_requires is {required!r}, which is no range of versions such as '>=1,<2'"
        return f"{what}{place_of(plugin)}"
    if fits:
        return ""
    return (
        f"it was written for the hook contract {required}, and this is {CONTRACT_VERSION}; "
        f"install a release of it, or of ccp4hooks, so that the two fit{place_of(plugin)}"
    )


def settings_type(plugin: Any) -> type | None:
    """Return the dataclass that a module, class or object declares as ``ccp4hooks_settings``, None if it does not."""
    declared = inspect.getattr_static(plugin, "ccp4hooks_settings", None)
    return declared if inspect.isclass(declared) else None


def require_known_variables(environment: Iterable[str], records: Sequence[PluginRecord]) -> None:
    """Refuse environment variables that would be settings of plugins, were they not mistyped.

    Those of plugins that are off, or read their settings in `configure` undeclared, are left alone.

    Raises:
        UnknownNameError: A plugin's that names no setting of it, or one that is much like a variable that there is.
    """
    known, owners, unknown = list(VARIABLES), [], []
    for record in records:
        fields = _variables(record)
        if fields is None:
            unknown.append(variable_name(record.name, ""))
        else:
            owners.append((variable_name(record.name, ""), record.name))
            known += fields
    for name in environment:
        if name in known or name.startswith(tuple(unknown)):
            continue
        owner = next((plugin for prefix, plugin in owners if name.startswith(prefix)), "")
        mine = [one for one in known if not owner or one.startswith(variable_name(owner, ""))]
        # What all have in common says nothing.
        near = nearest(name[len("CCP4HOOKS_") :], [one[len("CCP4HOOKS_") :] for one in mine], cutoff=SIMILAR)
        if owner or near:
            hint = f"`ccp4hooks plugins show {owner or 'NAME'}` lists a plugin's."
            raise UnknownNameError("environment variable", name, [f"CCP4HOOKS_{one}" for one in near], hint)


def _variables(record: PluginRecord) -> list[str] | None:
    """Return the variables of a plugin's settings, None where it is not known which it takes."""
    declared = record.settings_type
    if declared is not None and dataclasses.is_dataclass(declared):
        return [variable_name(record.name, field.name) for field in dataclasses.fields(declared)]
    return [] if record.hooks and "configure" not in record.hooks else None


def _faults(hook: str, function: Any, *, wrapper: bool) -> list[str]:
    if hook not in HOOKS:
        near = nearest(hook, HOOKS)
        return [f"there is no hook {hook!r}{'; did you mean ' + ' or '.join(near) + '?' if near else ''}"]
    if wrapper:
        return [f"{hook}: hook wrappers are not allowed"]
    faults = []
    arguments = HOOKS[hook].arguments
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in arguments:
            near = nearest(name, arguments)
            offers = ", ".join(arguments) or "no argument"
            meant = f"; did you mean {near[0]}?" if near else f"; it offers {offers}"
            faults.append(f"{hook} has no argument {name!r}{meant}")
        elif parameter.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD or parameter.default is not parameter.empty:
            faults.append(f"{hook}: the argument {name!r} must be positional and without a default")
    return faults
