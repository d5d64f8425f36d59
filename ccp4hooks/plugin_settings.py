"""One plugin's settings, field by field: type, default, value, and where the value came from."""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError, UnknownNameError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
"""What a truth value may be called in the environment, letter case ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """One setting of a plugin.

    Attributes:
        name: Name of the field.
        type: Name of the type that a value must have, ``"str"`` where the default is None.
        default: What holds where nothing is said.
        value: What holds.
        source: Where the value came from: ``"default"``, a settings file, or ``"$VARIABLE"``.
        variable: The environment variable that sets it.
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
    """Return all settings of a plugin, the environment over the table.

    Args:
        plugin: Name of the plugin.
        table_type: A dataclass whose every field has a default.
        table: What the settings file says, by field.
        environment: Variables by name.
        source: The settings file.

    Raises:
        UnknownNameError: A key that the dataclass lacks.
        BadInputError: A value of another type than the default's.
    """
    defaults = {
        item.name: item.default if item.default_factory is MISSING else item.default_factory()
        for item in fields(table_type)
    }
    for key in table:
        if key not in defaults:
            near = [f"plugins.{plugin}.{name}" for name in nearest(key, defaults)]
            hints = [f"It stands in {source}."] if source else []
            hints += [] if near else [f"`ccp4hooks plugins show {plugin}` lists them."]
            raise UnknownNameError("setting", f"plugins.{plugin}.{key}", near, " ".join(hints))
    found = []
    for name, default in defaults.items():
        variable = variable_name(plugin, name)
        kind = str if default is None else type(default)
        value, origin = default, "default"
        if name in table:
            value, origin = _of_table(table[name], default, f"plugins.{plugin}.{name} in {source}"), str(source)
        if variable in environment:
            value, origin = _of_text(environment[variable], kind, variable), f"${variable}"
        field = SettingField(
            name=name, type=kind.__name__, default=default, value=value, source=origin, variable=variable
        )
        found.append(field)
    return found


def _of_table(value: Any, default: Any, where: str) -> Any:
    expected = type(default)
    if expected is tuple and isinstance(value, list):
        return tuple(value)
    if default is not None and type(value) is not expected and (expected, type(value)) != (float, int):
        named = "list" if expected is tuple else expected.__name__
        raise BadInputError(f"The setting {where} must be of type {named}, not {type(value).__name__}.")
    return value


def _of_text(text: str, kind: type, variable: str) -> Any:
    """Return the value that a variable's text stands for; items of a list are separated by commas."""
    if kind is bool and text.lower() in WORDS:
        return WORDS[text.lower()]
    if kind in {tuple, list}:
        return kind(part.strip() for part in text.split(",") if part.strip())
    try:
        if kind in {str, int, float}:
            return kind(text)
    except ValueError:
        pass
    meant = "one of " + ", ".join(WORDS) if kind is bool else f"of type {kind.__name__}"
    raise BadInputError(f"The environment variable {variable} is {text!r}; it must be {meant}.")
