"""Read the settings of one plugin: type, default, value and source of each field."""

from __future__ import annotations

import math
import re
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError, UnknownNameError, nearest
from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

BOOL_TEXTS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
"""Texts that an environment variable may have for a bool; upper and lower case are equal."""

RUNS_CODE = "runs_code"
"""Key in the metadata of a field whose value makes the plugin run code."""

SECRET = "secret"  # noqa: S105 - the name of a key
"""Key in the metadata of a field whose value is not shown to users."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookLimits:
    """What a plugin may cost. A settings file has the values in the table of the plugin, beside the plugin's own.

    A name that the plugin itself declares in its ``ccp4hooks_settings`` belongs to the plugin, and has its default
    here.

    Attributes:
        isolate: Whether `glean_file`, `glean_kpi` and `check_file` of the plugin are called in a process of their own,
            so that a crash costs an answer and not the job.
        hook_limit_s: Longest duration of such a call, and of an ``async`` call of any hook [s]; 0 for none. By default
            there is none for a plugin without a process of its own.
        hook_warning_s: Duration after which the plugin is named while a hook of it runs, and at the end of a job in
            which all calls of a hook together took longer [s]; 0 to name it never. By default it is ``slow_hook_s``.
        memory_limit_gb: Address space that its process may use [GB]; 0 for no limit.
    """

    isolate: bool = False
    hook_limit_s: float = field(default=60.0, metadata={"minimum": 0.0})
    hook_warning_s: float = field(default=60.0, metadata={"minimum": 0.0})
    memory_limit_gb: float = field(default=4.0, metadata={"minimum": 0.0})


LIMITS = tuple(item.name for item in fields(HookLimits))
"""The names of the values that every plugin may have in its table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """One setting of a plugin.

    Attributes:
        name: Name of the field.
        type: Name of the type that a value must have, ``"str"`` if the default is None.
        default: Value if the setting is not set; None if it must be set.
        value: Value in use; None if the setting must be set and is not.
        source: Source of the value: ``"default"``, a settings file, ``"$VARIABLE"``, or ``"missing"`` if the setting
            must be set and is not.
        variable: The environment variable that sets the field; empty for a setting of an engine.
        runs_code: Whether the value makes the plugin run code, for instance a command.
        is_secret: Whether the value is not shown to users.
        ignored: Why the value in the settings file is not used, and what to do; empty if it is used.
    """

    name: str
    type: str
    default: Any
    value: Any
    source: str
    variable: str
    runs_code: bool = False
    is_secret: bool = False
    ignored: str = ""


def variable_name(plugin: str, field: str) -> str:
    """Return the environment variable of a plugin's setting.

    >>> variable_name("reflection-stats", "limit")
    'CCP4HOOKS_REFLECTION_STATS_LIMIT'
    """
    return re.sub(r"\W", "_", f"CCP4HOOKS_{plugin}_{field}").upper()


def read_fields(
    plugin: str,
    table_type: type,
    table: Mapping[str, Any],
    environment: Mapping[str, str],
    source: Path | None,
    *,
    trusted: bool,
    room: str = "plugins",
) -> list[SettingField]:
    """Return all settings of a plugin or an engine; the environment overrides the table.

    Args:
        plugin: Name of the plugin or engine.
        table_type: A dataclass. A field without a default must be set. The metadata ``minimum`` and ``maximum`` of
            a field are the limits of its numbers.
        table: Values from the settings file by field.
        environment: Environment variables by name.
        source: The settings file.
        trusted: Whether values of the file may run code. Otherwise those of fields with ``runs_code`` in their metadata
            are not used.
        room: ``"plugins"`` or ``"engines"``, the table that contains the table. No variable sets a value of an engine.

    Raises:
        UnknownNameError: The dataclass has no field for a key of the table.
        BadInputError: A value has another type than its default, is not finite, or is too small.
    """
    defaults = {item.name: _default(item) for item in fields(table_type)}
    for key in table:
        if key not in defaults:
            near = [f"{room}.{plugin}.{name}" for name in nearest(key, defaults)]
            hints = [f"It is set in {source}."] if source else []
            if not near and room == "plugins":
                hints.append(f"`ccp4hooks plugins show {plugin}` lists the settings of the plugin.")
            raise UnknownNameError("setting", f"{room}.{plugin}.{key}", near, " ".join(hints))
    found = []
    for item in fields(table_type):
        name, default = item.name, defaults[item.name]
        variable = variable_name(plugin, name) if room == "plugins" else ""
        kind = _kind(item, default)
        value, value_source, place = (None, MISSING_VALUE, "") if default is MISSING else (default, "default", "")
        runs_code, ignored = bool(item.metadata.get(RUNS_CODE)), ""
        if name in table and runs_code and not trusted and source is not None:
            ignored = (
                f"the setting {room}.{plugin}.{name} runs code and is in {printable(source)}, which is not trusted; "
                f"run `ccp4hooks trust {printable(source.parent)}` if you trust it"
            )
        elif name in table:
            place = f"The setting {room}.{plugin}.{name} in {source}"
            value, value_source = _from_table(table[name], kind, place, optional=default is None), str(source)
        if variable in environment:
            place = f"The environment variable {variable}"
            value, value_source = _from_text(environment[variable], kind, place), f"${variable}"
            ignored = ""
        if place:
            _require_in_range(value, item.metadata, place)
        field = SettingField(
            name=name,
            type=kind.__name__,
            default=None if default is MISSING else default,
            value=value,
            source=value_source,
            variable=variable,
            runs_code=runs_code,
            is_secret=bool(item.metadata.get(SECRET)),
            ignored=ignored,
        )
        found.append(field)
    return found


MISSING_VALUE = "missing"
"""Source of a setting that must be set and is not."""

KINDS = {"bool": bool, "int": int, "float": float, "tuple": tuple, "list": list}
"""Types of settings without a default, by the beginning of their annotation. All others are texts."""


def require_complete(plugin: str, found: Sequence[SettingField], *, room: str = "plugins") -> None:
    """Check that every setting of a plugin or an engine that must be set is set.

    Raises:
        BadInputError: A setting is missing.
    """
    for one in found:
        if one.source == MISSING_VALUE:
            other = f", or set the environment variable {one.variable}" if one.variable else ""
            raise BadInputError(
                f"The {room.removesuffix('s')} {plugin!r} needs the setting {room}.{plugin}.{one.name}. "
                f"Set it in the settings file{other}."
            )


def _default(item: Field[Any]) -> Any:
    return item.default if item.default_factory is MISSING else item.default_factory()


def _kind(item: Field[Any], default: Any) -> type:
    if default is MISSING:
        annotation = item.type if isinstance(item.type, str) else item.type.__name__
        return KINDS.get(annotation.partition("[")[0], str)
    return str if default is None else type(default)


def _require_in_range(value: Any, limits: Mapping[Any, Any], place: str) -> None:
    if not isinstance(value, (int, float)):
        return
    if not math.isfinite(value):
        raise BadInputError(f"{place} is {value}; it must be a finite number.")
    if value < limits.get("minimum", value):
        raise BadInputError(f"{place} is {value}; it must be at least {limits['minimum']:g}.")
    if value > limits.get("maximum", value):
        raise BadInputError(f"{place} is {value}; it must be at most {limits['maximum']:g}.")


def _from_table(value: Any, expected: type, place: str, *, optional: bool) -> Any:
    """Return a value of the settings file, a list as a tuple if one is expected."""
    if expected is tuple and isinstance(value, list):
        return tuple(value)
    if not optional and type(value) is not expected and (expected, type(value)) != (float, int):
        named = "list" if expected is tuple else expected.__name__
        raise BadInputError(f"{place} must be of type {named}, not {type(value).__name__}.")
    return value


def _from_text(text: str, kind: type, place: str) -> Any:
    """Return the value of an environment variable; commas separate the items of a list."""
    if kind is bool and text.lower() in BOOL_TEXTS:
        return BOOL_TEXTS[text.lower()]
    if kind in {tuple, list}:
        return kind(part.strip() for part in text.split(",") if part.strip())
    try:
        if kind in {str, int, float}:
            return kind(text)
    except ValueError:
        pass
    allowed = "one of " + ", ".join(BOOL_TEXTS) if kind is bool else f"of type {kind.__name__}"
    raise BadInputError(f"{place} is {text!r}; it must be {allowed}.")
