"""Where the settings come from: command line over environment over ``ccp4hooks.toml`` or ``pyproject.toml``."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.plugin_settings import read_fields

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.plugin_settings import SettingField

Table = TypeVar("Table")

VARIABLES = ("CCP4HOOKS_AUTOLOAD", "CCP4HOOKS_DEBUG", "CCP4HOOKS_PLUGINS", "CCP4HOOKS_PROJECT")
"""Environment variables of ccp4hooks itself; all others that begin so are settings of plugins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of one session.

    Attributes:
        projects_dir: Where new projects are made; ``CCP4I2_PROJECTS_DIR``, else CCP4i2's own default.
        database: URL of the database, ``sqlite:///...`` or ``postgresql://...``; None for CCP4i2's own choice.
        project: The project of jobs for which none is named.
        plugins: What ``-p`` and ``CCP4HOOKS_PLUGINS`` say: ``name`` or ``module`` to switch on, ``no:name`` off.
        autoload: Whether plugins are looked up by entry point.
        allow: Names of the plugins that may be looked up by entry point, None for all; others are not even imported.
        tables: The ``[plugins.<name>]`` tables by plugin name.
        environment: Environment variables that may hold settings of plugins, ``CCP4HOOKS_<PLUGIN>_<FIELD>``.
        dry_run: Whether nothing is to be kept.
        source: The file that was read, None if there is none.
        said_in: Where each of `plugins`, and ``"autoload"``, was said last: ``"option -p"``, a file, or
            ``"$CCP4HOOKS_PLUGINS"``. Empty where nobody knows.
    """

    projects_dir: Path
    database: str | None = None
    project: str = "ccp4hooks"
    plugins: tuple[str, ...] = ()
    autoload: bool = True
    allow: tuple[str, ...] | None = None
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False
    source: Path | None = None
    said_in: Mapping[str, str] = field(default_factory=dict)

    def plugin(self, name: str, table_type: type[Table]) -> Table:
        """Return a plugin's own settings as an instance of its dataclass, the environment over the file.

        Args:
            name: Name of the plugin.
            table_type: A dataclass whose every field has a default; a value must be of its default's type.

        Raises:
            UnknownNameError: A key that the dataclass lacks.
            BadInputError: A value of another type than the default's; names file or environment variable.
        """
        return table_type(**{field.name: field.value for field in self.fields(name, table_type)})

    def fields(self, name: str, table_type: type) -> list[SettingField]:
        """Return a plugin's settings one by one, each with where its value came from.

        Args:
            name: Name of the plugin.
            table_type: See `plugin`.

        Raises:
            BadInputError: See `plugin`.
        """
        return read_fields(name, table_type, self.tables.get(name, {}), self.environment, self.source)


def load_settings(
    *,
    config: Path | None = None,
    projects_dir: Path | None = None,
    database: str | None = None,
    plugins: Sequence[str] = (),
    autoload: bool | None = None,
    dry_run: bool = False,
) -> Settings:
    """Read all settings; arguments win over the environment, that over the file.

    Args:
        config: The file to read; otherwise ``ccp4hooks.toml``, else ``[tool.ccp4hooks]`` of ``pyproject.toml``, in the
            working directory or the nearest directory above.
        projects_dir: See `Settings`.
        database: See `Settings`.
        plugins: See `Settings`; come after those of file and environment.
        autoload: See `Settings`; None for what environment or file say.
        dry_run: See `Settings`.

    Raises:
        BadInputError: A file that cannot be read, a key that does not exist, a value of the wrong type.
    """
    source, table = _read(config)
    known = {"projects_dir": str, "database": str, "project": str, "plugins": dict, "use": list, "autoload": bool}
    for key, value in table.items():
        if key not in known:
            raise UnknownNameError("setting", key, known, f"It stands in {source}.")
        if not isinstance(value, known[key]):
            raise BadInputError(f"The setting {key} in {source} must be of type {known[key].__name__}.")
    if not all(isinstance(entry, str) for entry in table.get("use", ())):
        raise BadInputError(f"The setting use in {source} must be a list of texts.")
    tables = dict(table.get("plugins", {}))
    allow = tables.pop("allow", None)
    if allow is not None and not (isinstance(allow, list) and all(isinstance(name, str) for name in allow)):
        raise BadInputError(f"The setting plugins.allow in {source} must be a list of texts, the names of plugins.")
    for name, entry in tables.items():
        if not isinstance(entry, dict):
            raise BadInputError(f"plugins.{name} in {source} must be a table: [plugins.{name}].")
    env = os.environ
    switches = {
        str(source): table.get("use", ()),
        "$CCP4HOOKS_PLUGINS": env.get("CCP4HOOKS_PLUGINS", "").replace(",", " ").split(),
        "option -p": plugins,
    }
    on, said = _autoload(autoload, env.get("CCP4HOOKS_AUTOLOAD"), table.get("autoload"), source)
    where = projects_dir or env.get("CCP4I2_PROJECTS_DIR") or table.get("projects_dir") or _default_projects_dir()
    return Settings(
        projects_dir=Path(where).expanduser().absolute(),
        database=database or env.get("DATABASE_URL") or table.get("database"),
        project=env.get("CCP4HOOKS_PROJECT") or table.get("project") or "ccp4hooks",
        plugins=tuple(switch for some in switches.values() for switch in some),
        autoload=on,
        allow=None if allow is None else tuple(allow),
        tables=tables,
        environment={name: value for name, value in env.items() if name.startswith("CCP4HOOKS_")},
        dry_run=dry_run,
        source=source,
        said_in={**{switch: place for place, some in switches.items() for switch in some}, "autoload": said},
    )


def _autoload(
    argument: bool | None,  # noqa: FBT001 - one per source
    environment: str | None,
    file: bool | None,  # noqa: FBT001
    source: Path | None,
) -> tuple[bool, str]:
    """Return whether autoload is on, and where that was said."""
    if argument is not None:
        return argument, "option --no-autoload"
    if environment is not None:
        return environment.lower() not in {"0", "false", "no", "off"}, "$CCP4HOOKS_AUTOLOAD"
    return (True, "") if file is None else (file, str(source))


def _default_projects_dir() -> Path:
    """Return where CCP4i2 itself makes projects.

    Source: ``ccp4i2.config.settings`` and ``ccp4i2.config.preferences``, 3.0.1.
    """
    home = os.environ.get("CCP4I2_HOME")
    return (Path(home) if home else Path.home() / ".ccp4i2") / "CCP4X_PROJECTS"


def _read(config: Path | None) -> tuple[Path | None, dict[str, Any]]:
    if config is not None:
        return config, _toml(config)
    here = Path.cwd()
    for folder in (here, *here.parents):
        own = folder / "ccp4hooks.toml"
        if own.is_file():
            return own, _toml(own)
        shared = folder / "pyproject.toml"
        if shared.is_file():
            tools = _toml(shared).get("tool")
            table = tools.get("ccp4hooks") if isinstance(tools, dict) else None
            if isinstance(table, dict):
                return shared, table
    return None, {}


def _toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            table: dict[str, Any] = tomllib.load(stream)
            return table
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInputError(f"The settings file {path} cannot be read: {error}.") from error
