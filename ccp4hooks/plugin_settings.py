"""Read the settings of one plugin: type, default, value and source of each field."""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError, UnknownNameError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BOOL_TEXTS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
"""Texts that an environment variable may have for a bool; upper and lower case are equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """One setting of a plugin.

    Attributes:
        name: Name of the field.
        type: Name of the type that a value must have, ``"str"`` if the default is None.
        default: Value if the setting is not set.
        value: Value in use.
        source: Source of the value: ``"default"``, a settings file, or ``"$VARIABLE"``.
        variable: The environment variable that sets the field.
    """

    name: str
    type: str
    default: Any
    value: Any
    source: str
    variable: str


def variable_name(plugin: str, field: str) -> str:
    """Return the environment variable of a plugin's setting.

    >>> variable_name("reflection-stats", "limit")
    'CCP4HOOKS_REFLECTION_STATS_LIMIT'
    """
    return re.sub(r"\W", "_", f"CCP4HOOKS_{plugin}_{field}").upper()


def read_fields(
    plugin: str, table_type: type, table: Mapping[str, Any], environment: Mapping[str, str], source: Path | None
) -> list[SettingField]:
    """Return all settings of a plugin; the environment overrides the table.

    Args:
        plugin: Name of the plugin.
        table_type: A dataclass with a default for every field.
        table: Values from the settings file by field.
        environment: Environment variables by name.
        source: The settings file.

    Raises:
        UnknownNameError: The dataclass has no field for a key of the table.
        BadInputError: A value has another type than its default.
    """
    defaults = {
        item.name: item.default if item.default_factory is MISSING else item.default_factory()
        for item in fields(table_type)
    }
    for key in table:
        if key not in defaults:
            near = [f"plugins.{plugin}.{name}" for name in nearest(key, defaults)]
            hints = [f"It is set in {source}."] if source else []
            hints += [] if near else [f"`ccp4hooks plugins show {plugin}` lists the settings of the plugin."]
            raise UnknownNameError("setting", f"plugins.{plugin}.{key}", near, " ".join(hints))
    found = []
    for name, default in defaults.items():
        variable = variable_name(plugin, name)
        kind = str if default is None else type(default)
        value, value_source = default, "default"
        if name in table:
            value = _from_table(table[name], default, f"plugins.{plugin}.{name} in {source}")
            value_source = str(source)
        if variable in environment:
            value, value_source = _from_text(environment[variable], kind, variable), f"${variable}"
        field = SettingField(
            name=name, type=kind.__name__, default=default, value=value, source=value_source, variable=variable
        )
        found.append(field)
    return found


def _from_table(value: Any, default: Any, setting: str) -> Any:
    """Return a value of the settings file, a list as a tuple if the default is one."""
    expected = type(default)
    if expected is tuple and isinstance(value, list):
        return tuple(value)
    if default is not None and type(value) is not expected and (expected, type(value)) != (float, int):
        named = "list" if expected is tuple else expected.__name__
        raise BadInputError(f"The setting {setting} must be of type {named}, not {type(value).__name__}.")
    return value


def _from_text(text: str, kind: type, variable: str) -> Any:
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
    raise BadInputError(f"The environment variable {variable} is {text!r}; it must be {allowed}.")
