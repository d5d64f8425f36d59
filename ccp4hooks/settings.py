"""Read the settings: arguments, then the environment, then ``ccp4hooks.toml`` or ``pyproject.toml``."""

from __future__ import annotations

import dataclasses
import errno
import math
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ccp4hooks import trust
from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.i2 import versions
from ccp4hooks.plugin_settings import BOOL_TEXTS, LIMITS, HookLimits, read_fields, require_complete, variable_name
from ccp4hooks.runtime import paths
from ccp4hooks.texts import printable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccp4hooks.model import Engine, Project
    from ccp4hooks.plugin_settings import SettingField

Table = TypeVar("Table")

VARIABLES = (
    "CCP4HOOKS_AUTOLOAD",
    "CCP4HOOKS_CONFIG",
    "CCP4HOOKS_DEBUG",
    "CCP4HOOKS_FETCH",
    "CCP4HOOKS_PLUGINS",
    "CCP4HOOKS_PROJECT",
    "CCP4HOOKS_SEND",
    "CCP4HOOKS_SLOW_HOOK_S",
)
"""Environment variables of ccp4hooks itself. All others that begin with ``CCP4HOOKS_`` are settings of plugins."""

KEYS = {
    "projects_dir": str,
    "database": str,
    "project": str,
    "plugins": dict,
    "projects": dict,
    "engines": dict,
    "use": list,
    "autoload": bool,
    "slow_hook_s": float,
}
"""Keys of a settings file and the types of their values."""

KEY_VARIABLES = {
    "projects_dir": "CCP4I2_PROJECTS_DIR",
    "database": "DATABASE_URL",
    "project": "CCP4HOOKS_PROJECT",
    "slow_hook_s": "CCP4HOOKS_SLOW_HOOK_S",
}
"""Environment variables that set a key in place of the file."""

SLOW_HOOK_S = 60.0
"""Default of `Settings.slow_hook_s` [s]."""

NO_WAIT = 0 if sys.platform == "win32" else os.O_NONBLOCK | os.O_NOCTTY
"""Opening a named pipe must not wait for a writer."""

OWN_FILE = "ccp4hooks.toml"

PROJECT_FILE = "ccp4hooks.project.toml"
"""The file in the directory of a project with settings of plugins for its jobs."""

EVERY_PROJECT = "*"
"""Stands for the name of every project in a settings file."""

SHARED_FILE = "pyproject.toml"

NO_SUCH_FILE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
"""The errors for a path at which there is no file, also since there can be none."""

LARGEST_FILE = 2**20
"""Size of the largest settings file that is read [byte]."""

DEEPEST = 32
"""Largest number of tables and lists inside each other, and of parts of a dotted key, in a settings file."""

# A key of many parts costs the parser the square of their number in time.
_LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:"[^"\n]*"|'[^'\n]*'|[\w-]+)[ \t]*\.[ \t]*){32}""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of one session.

    Attributes:
        projects_dir: Directory in which new projects are created: ``CCP4I2_PROJECTS_DIR``, else CCP4i2's own default.
        database: URL of the database, ``sqlite:///...`` or ``postgresql://...``; None for CCP4i2's own choice.
        project: Project of jobs that name none.
        plugins: Values of ``-p`` and ``CCP4HOOKS_PLUGINS``: ``name`` or ``module`` enables a plugin, ``no:name``
            disables it.
        autoload: Whether plugins are looked up by entry point.
        allow: Names of the plugins that may be looked up by entry point, or None for all. Others are not imported.
        tables: The ``[plugins.<name>]`` tables by plugin name.
        project_tables: The ``[projects.<name>.plugins.<plugin>]`` tables by the name of the project, then by plugin.
        engine_tables: The ``[engines.<name>]`` tables by the name of the engine.
        environment: Environment variables that may hold settings of plugins, ``CCP4HOOKS_<PLUGIN>_<FIELD>``.
        dry_run: Whether the session records nothing.
        slow_hook_s: Duration after which a plugin is named whose hook has not returned [s]; 0 to name none.
        source: The settings file, or None if none was found.
        sources: The source of each of ``"projects_dir"``, ``"database"``, ``"project"``, ``"slow_hook_s"``, ``"allow"``
            and ``"source"``: ``"default"``, a file, ``"$VARIABLE"`` or ``"option --NAME"``. A file that was found has
            the source ``"default"``. Empty if the sources are unknown.
        switch_sources: The last source of each of `plugins` and of ``"autoload"``: ``"option -p"``, a file, or
            ``"$CCP4HOOKS_PLUGINS"``. Empty if the source is unknown.
        trusted: Whether the code that the settings file names may run. A file that was found is trusted with
            ``ccp4hooks trust``; until then, its modules that are not installed and its settings that run code are
            ignored.
        ignored: Why each settings file that was found and ignored is not used, and what to do, in one line per file.
    """

    projects_dir: Path
    database: str | None = None
    project: str = "ccp4hooks"
    plugins: tuple[str, ...] = ()
    autoload: bool = True
    allow: tuple[str, ...] | None = None
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    project_tables: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    engine_tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False
    slow_hook_s: float = SLOW_HOOK_S
    source: Path | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    switch_sources: Mapping[str, str] = field(default_factory=dict)
    trusted: bool = True
    ignored: tuple[str, ...] = ()

    def plugin(self, name: str, table_type: type[Table], project: Project | None = None) -> Table:
        """Return the settings of a plugin as an instance of its dataclass; the environment overrides the file.

        A class that declares ``ccp4hooks_settings`` receives this instance, without a project, when it is built. A
        later one of these replaces the value of an earlier one: the table of the plugin, the file of the project
        (`PROJECT_FILE`), the tables for every project and for this one, the environment.

        Args:
            name: Name of the plugin.
            table_type: A dataclass; a value must have the type of its default, and a field without one must be set. The
                metadata ``minimum`` and ``maximum`` of a field are the limits of its numbers.
            project: The project of a job; None for the values that hold for all projects without their own.

        Raises:
            UnknownNameError: The dataclass has no field for a key.
            BadInputError: A value is missing, has another type than its default, is not finite or is out of its limits;
                the error names the file or variable. Or the file of the project cannot be read, or has anything but
                data for plugins.
        """
        found = self.fields(name, table_type, project)
        require_complete(name, found)
        return table_type(**{field.name: field.value for field in found})

    def fields(self, name: str, table_type: type, project: Project | None = None) -> list[SettingField]:
        """Return the settings of a plugin, each with the source of its value.

        Args:
            name: Name of the plugin.
            table_type: See `plugin`.
            project: See `plugin`.

        Raises:
            BadInputError: See `plugin`.
        """
        own = {item.name for item in dataclasses.fields(table_type)}
        table = {key: value for key, value in self.tables.get(name, {}).items() if key in own or key not in LIMITS}
        found = read_fields(name, table_type, table, self.environment, self.source, trusted=self.trusted)
        for source, of_project in self._of_project(name, project):
            read = read_fields(name, table_type, of_project, {}, source, trusted=self.trusted and source == self.source)
            _require_data(name, of_project, read, source, self.source)
            values = {item.name: item for item in read if item.name in of_project}
            found = [
                old if old.source.startswith("$") else replace(values.get(old.name, old), variable=old.variable)
                for old in found
            ]
        return found

    def _of_project(self, name: str, project: Project | None) -> Iterator[tuple[Path | None, Mapping[str, Any]]]:
        """Yield the tables of a plugin for a project with their files, the one that counts most last."""
        if project is None:
            return
        path = project.directory / PROJECT_FILE
        yield path, project_file(path).get(name, {})
        for which in (EVERY_PROJECT, project.name):
            yield self.source, self.project_tables.get(which, {}).get(name, {})

    def limit_fields(self, name: str, table_type: type | None) -> list[SettingField]:
        """Return those values of `HookLimits` that are set for a plugin, each with its source.

        Args:
            name: Name of the plugin.
            table_type: The dataclass of its own settings; None if it declares none.

        Raises:
            BadInputError: A value has the wrong type, or is out of its limits.
        """
        own = {item.name for item in dataclasses.fields(table_type)} if table_type else set()
        table = {key: value for key, value in self.tables.get(name, {}).items() if key in LIMITS and key not in own}
        mine = {variable_name(name, key) for key in own}
        environment = {key: value for key, value in self.environment.items() if key not in mine}
        found = read_fields(name, HookLimits, table, environment, self.source, trusted=self.trusted)
        return [field for field in found if field.source != "default"]

    def limits(self, name: str, table_type: type | None) -> HookLimits:
        """Return what a plugin may cost; see `limit_fields`.

        Raises:
            BadInputError: See `limit_fields`.
        """
        values = {field.name: field.value for field in self.limit_fields(name, table_type)}
        if not values.get("isolate"):
            values.setdefault("hook_limit_s", 0.0)
        return HookLimits(**{"hook_warning_s": self.slow_hook_s, **values})

    def engine(self, name: str) -> Engine:
        """Return an engine that the settings file describes, or the engine ``"local"``, which needs no settings.

        Raises:
            UnknownNameError: There is no such engine.
            BadInputError: The settings file is not trusted, because an engine runs commands; or a value of the engine
                is wrong.
        """
        from ccp4hooks.engine_settings import LOCAL, LOCAL_TABLE, read_engine  # noqa: PLC0415 - start-up time

        if name == LOCAL and self.engine_tables.get(name, LOCAL_TABLE) == LOCAL_TABLE:
            return read_engine(name, LOCAL_TABLE, None)
        if name not in self.engine_tables:
            hint = f"Describe it as [engines.{name}] in a settings file; see docs/howto/run-on-a-cluster.md."
            raise UnknownNameError("engine", name, self.engine_tables, hint)
        if not self.trusted:
            raise BadInputError(
                f"The engine {name!r} is described in {printable(self.source)}, which is not trusted, and an engine "
                f"runs commands. Run `ccp4hooks trust {printable(self.source and self.source.parent)}` if you trust it."
            )
        return read_engine(name, self.engine_tables[name], self.source)

    def engine_options(self, engine: Engine, table_type: type[Table]) -> Table:
        """Return the settings of an engine that belong to its plugin, as an instance of the plugin's dataclass.

        Args:
            engine: The engine.
            table_type: A dataclass, see `plugin`.

        Raises:
            UnknownNameError: The dataclass has no field for a key.
            BadInputError: A value is missing, has another type than its default, or is out of its limits.
        """
        from ccp4hooks.engine_settings import read_options  # noqa: PLC0415 - start-up time

        return read_options(engine, table_type, self.source)

    def allows_code(self, switch: str) -> bool:
        """Return whether a module that `plugins` enables may be imported although it is not installed.

        Args:
            switch: One of `plugins`.
        """
        return self.trusted or self.switch_sources.get(switch) != str(self.source)


def load_settings(
    *,
    config: Path | None = None,
    projects_dir: Path | None = None,
    database: str | None = None,
    plugins: Sequence[str] = (),
    autoload: bool | None = None,
    dry_run: bool = False,
    local: bool = False,
) -> Settings:
    """Read all settings; arguments override the environment, and the environment overrides the file.

    Args:
        config: The file to read, which is trusted. By default the file that ``CCP4HOOKS_CONFIG`` names, which is
            trusted, too, else `found_file`.
        projects_dir: See `Settings`.
        database: See `Settings`.
        plugins: See `Settings`; added after those of file and environment.
        autoload: See `Settings`; None for the value of environment or file.
        dry_run: See `Settings`.
        local: Whether the engine ``"local"`` is to be used, which needs no settings. Its plugin is then enabled.

    Raises:
        BadInputError: A file cannot be read, has an unknown key, or has a value of the wrong type; a variable has an
            invalid value; or the working directory does not exist.
    """
    env = os.environ
    given = config or (Path(env["CCP4HOOKS_CONFIG"]) if env.get("CCP4HOOKS_CONFIG") else None)
    ignored: list[str] = []
    found = None if given else found_file(paths.working_directory(), ignored)
    source = given or (found.path if found else None)
    table = _table(given, given_content(given)) if given else found.table if found else {}
    _require_valid(table, source)
    engines = _with_local(table.get("engines", {})) if local else table.get("engines", {})
    switches = {
        str(source): (*table.get("use", ()), *_plugins_of_engines(engines)),
        "$CCP4HOOKS_PLUGINS": env.get("CCP4HOOKS_PLUGINS", "").replace(",", " ").split(),
        "option -p": plugins,
    }
    autoloads, autoload_source = _autoload(autoload, env.get("CCP4HOOKS_AUTOLOAD"), table.get("autoload"), source)
    tables = dict(table.get("plugins", {}))
    allow = tables.pop("allow", None)
    in_file = {key: (table.get(key), str(source)) for key in KEYS}
    in_environment = {key: (env.get(variable), f"${variable}") for key, variable in KEY_VARIABLES.items()}
    options = {"projects_dir": (projects_dir, "option --projects-dir"), "database": (database, "option --database")}
    chosen = {
        **{key: _first(options.get(key, (None, "")), in_environment[key], in_file[key]) for key in KEY_VARIABLES},
        "allow": (allow, "default" if allow is None else str(source)),
        "source": (source, "option --config" if config else "$CCP4HOOKS_CONFIG" if given else "default"),
    }
    directory = chosen["projects_dir"][0] or versions.projects_dir()
    return Settings(
        projects_dir=Path(directory).expanduser().absolute(),
        database=chosen["database"][0],
        project=chosen["project"][0] or "ccp4hooks",
        plugins=tuple(switch for some in switches.values() for switch in some),
        autoload=autoloads,
        allow=None if allow is None else tuple(allow),
        tables=tables,
        project_tables={name: entry.get("plugins", {}) for name, entry in table.get("projects", {}).items()},
        engine_tables=engines,
        environment={name: value for name, value in env.items() if name.startswith("CCP4HOOKS_")},
        dry_run=dry_run,
        slow_hook_s=_slow_hook_s(env.get("CCP4HOOKS_SLOW_HOOK_S"), table, source),
        source=source,
        sources={name: place for name, (_, place) in chosen.items()},
        switch_sources={switch: place for place, some in switches.items() for switch in some}
        | {"autoload": autoload_source},
        trusted=found is None or found.trusted,
        ignored=tuple(ignored),
    )


def _first(*values: tuple[Any, str]) -> tuple[Any, str]:
    """Return the first value that is set, and its source; None and ``"default"`` if none is set."""
    return next(((value, place) for value, place in values if value not in (None, "")), (None, "default"))


def _require_valid(table: Mapping[str, Any], source: Path | None) -> None:
    """Check the keys of a settings file and the types of their values.

    Raises:
        UnknownNameError: A key does not exist.
        BadInputError: A value has the wrong type.
    """
    for key, value in table.items():
        if key not in KEYS:
            raise UnknownNameError("setting", key, KEYS, f"It is set in {source}.")
        # Python takes a bool for a whole number.
        kinds = (float, int) if KEYS[key] is float and not isinstance(value, bool) else (KEYS[key],)
        if not isinstance(value, kinds):
            raise BadInputError(f"The setting `{key}` in {source} must be of type {KEYS[key].__name__}.")
    if not _are_strings(table.get("use", [])):
        raise BadInputError(
            f'The setting `use` in {source} must be a list of strings, for example use = ["reflection-stats"].'
        )
    for name, entry in table.get("plugins", {}).items():
        if name == "allow" and not _are_strings(entry):
            raise BadInputError(
                f"The setting `plugins.allow` in {source} must be a list of strings, the names of plugins, for example "
                'allow = ["database", "kpi"].'
            )
        if name != "allow" and not isinstance(entry, dict):
            raise BadInputError(f"The setting `plugins.{name}` in {source} must be a table: [plugins.{name}].")
    for name, entry in table.get("projects", {}).items():
        _require_plugin_tables(entry, source, f"projects.{name}")
    _require_tables(table.get("engines", {}), source, "engines")


def project_file(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the tables of plugins in the file of a project, by plugin; none if there is no such file.

    Raises:
        UnknownNameError: It has another table than ``[plugins.NAME]``.
        BadInputError: It cannot be read.
    """
    from ccp4hooks.runtime import regular_files  # noqa: PLC0415 - start-up time

    try:
        content = regular_files.read(path, LARGEST_FILE + 1)
    except OSError as error:
        if error.errno in NO_SUCH_FILE:
            return {}
        raise _unreadable(path, error) from error
    table = _table(path, content)
    _require_plugin_tables(table, path, "")
    found: dict[str, dict[str, Any]] = table.get("plugins", {})
    return found


def _require_tables(entries: Mapping[str, Any], source: Path | None, place: str) -> None:
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            raise BadInputError(f"The setting `{place}.{name}` in {source} must be a table: [{place}.{name}].")


def _require_plugin_tables(table: Any, source: Path | None, place: str) -> None:
    """Check that a table for a project has tables for plugins only.

    Raises:
        UnknownNameError: It has another key.
        BadInputError: A value is not a table.
    """
    start = f"{place}." if place else ""
    if not isinstance(table, dict):
        raise BadInputError(f"The setting `{place}` in {source} must be a table: [{start}plugins.NAME].")
    for key, plugins in table.items():
        if key != "plugins":
            hint = f"It is set in {source}. For a project, only the settings of plugins can be set."
            raise UnknownNameError("setting", f"{start}{key}", ["plugins"], hint)
        _require_tables(plugins if isinstance(plugins, dict) else {"NAME": plugins}, source, f"{start}plugins")


def _require_data(
    plugin: str, table: Mapping[str, Any], found: Sequence[SettingField], source: Path | None, site: Path | None
) -> None:
    """Check that the file of a project sets nothing that runs code.

    Raises:
        BadInputError: It does.
    """
    for item in found:
        if item.runs_code and item.name in table and source != site:
            raise BadInputError(
                f"The setting plugins.{plugin}.{item.name} in {source} runs code, and the file of a project has data "
                "only. Set it in the settings file."
            )


def _with_local(engines: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    from ccp4hooks.engine_settings import LOCAL, LOCAL_TABLE  # noqa: PLC0415 - start-up time

    return {LOCAL: LOCAL_TABLE, **engines}


def _plugins_of_engines(engines: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the names of the plugins that submit to these engines; `Settings.engine` refuses what is not a text."""
    if not engines:
        return []
    from ccp4hooks.engine_settings import EngineTable  # noqa: PLC0415 - start-up time

    named = [table.get("plugin", EngineTable().plugin) for table in engines.values()]
    return [*dict.fromkeys(one for one in named if isinstance(one, str))]


def _are_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _slow_hook_s(environment: str | None, table: Mapping[str, Any], source: Path | None) -> float:
    """Return the duration after which a hook is slow.

    Raises:
        BadInputError: The duration is not a number of seconds from 0.
    """
    place = (
        "The environment variable CCP4HOOKS_SLOW_HOOK_S" if environment else f"The setting `slow_hook_s` in {source}"
    )
    given = environment or table.get("slow_hook_s", SLOW_HOOK_S)
    try:
        duration_s = float(given)
    except ValueError:
        duration_s = math.nan
    if not 0 <= duration_s < math.inf:
        raise BadInputError(f"{place} is {given!r}; it must be a number of seconds from 0.")
    return duration_s


def _autoload(
    argument: bool | None,  # noqa: FBT001 - one per source
    environment: str | None,
    file: bool | None,  # noqa: FBT001
    source: Path | None,
) -> tuple[bool, str]:
    """Return whether autoload is on, and the source of this value.

    Raises:
        BadInputError: The environment variable has an invalid value.
    """
    if argument is not None:
        return argument, "option --no-autoload"
    if environment:
        switch = BOOL_TEXTS.get(environment.strip().lower())
        if switch is None:
            raise BadInputError(
                f"The environment variable CCP4HOOKS_AUTOLOAD is {environment!r}. "
                f"It must be one of {', '.join(BOOL_TEXTS)}."
            )
        return switch, "$CCP4HOOKS_AUTOLOAD"
    return (True, "") if file is None else (file, str(source))


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A settings file that was found, not given.

    Attributes:
        path: The file.
        content: Its content.
        table: Its table for ccp4hooks.
        trusted: Whether the user has trusted it with this content.
        exposure: Who else can change it, or None if nobody can.
        linked_to: The file to which it is a link, if others can replace the link. Such a link cannot be trusted.
    """

    path: Path
    content: bytes
    table: dict[str, Any]
    trusted: bool
    exposure: trust.Exposure | None
    linked_to: Path | None = None

    @property
    def cannot_be_trusted(self) -> str:
        """Why the file cannot be trusted, and what to do, as sentences; empty if it can be."""
        path = printable(self.path)
        if self.linked_to is not None:
            target = printable(self.linked_to)
            return f"It is a link to {target}. Work in the directory of that file, or use `--config {target}`."
        if self.exposure is not None and self.exposure.to_everyone:
            return f"Move it to a directory of your own, or use `--config {path}`."
        return ""


def found_file(directory: Path, ignored: list[str]) -> FoundFile | None:
    """Return the nearest settings file in a directory or above it that may be used, or None if there is none.

    A settings file is ``ccp4hooks.toml``, or a ``pyproject.toml`` with a table ``[tool.ccp4hooks]``. A file that others
    can change is used only if it is trusted.

    Args:
        directory: The directory.
        ignored: Receives a line for each file that is not used, and a line is logged.

    Raises:
        BadInputError: A file of the user's own cannot be read.
    """
    for found in settings_files(directory):
        if found.exposure is None or (found.trusted and not found.exposure.to_everyone):
            return found
        line = f"Ignored the settings file {printable(found.path)}: {printable(found.exposure.why)}. {_cure(found)}"
        ignored.append(line)
        import logging  # noqa: PLC0415 - start-up time

        logging.getLogger(__name__).warning("%s", line)
    return None


def _cure(found: FoundFile) -> str:
    path, why = printable(found.path), found.cannot_be_trusted
    if found.linked_to is not None:
        return why
    if why:
        return f"If you trust its content, {why[0].lower()}{why[1:]}"
    return f"If you trust its content, run `ccp4hooks trust {printable(found.path.parent)}`, or use `--config {path}`."


def settings_files(directory: Path) -> Iterator[FoundFile]:
    """Yield the settings files in a directory and above it, the nearest one first.

    A file that others can change has an empty table unless it is trusted.

    Raises:
        BadInputError: A file of the user's own cannot be read.
    """
    candidates = (folder / name for folder in (directory, *directory.parents) for name in (OWN_FILE, SHARED_FILE))
    for path in candidates:
        # Path.is_file raises an error for a directory without permission.
        found = _found(path) if os.path.isfile(path) else None  # noqa: PTH113
        if found is not None:
            yield found


def _found(path: Path) -> FoundFile | None:
    """Return a settings file, or None if it is a ``pyproject.toml`` without a table for ccp4hooks."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | NO_WAIT), "rb") as stream:
            exposed = trust.exposure(path, os.fstat(stream.fileno()))
            content = stream.read(LARGEST_FILE + 1)
    except PermissionError as error:
        exposed, content = trust.exposure(path, path.stat()), b""
        if exposed is None:
            raise _unreadable(path, error) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    # What others may have written is neither parsed nor a reason for an error.
    linked_to = trust.foreign_link(path)
    trusted = linked_to is None and 0 < len(content) <= LARGEST_FILE and trust.is_trusted(path, content)
    if exposed and (exposed.to_everyone or not trusted):
        found = FoundFile(path=path, content=content, table={}, trusted=trusted, exposure=exposed, linked_to=linked_to)
        return found if path.name == OWN_FILE or b"ccp4hooks" in content else None
    table = _table(path, content)
    if path.name == SHARED_FILE and not table:
        return None
    return FoundFile(path=path, content=content, table=table, trusted=trusted, exposure=exposed)


def given_content(path: Path) -> bytes:
    """Return the content of a settings file that the user names.

    Raises:
        BadInputError: The file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> BadInputError:
    return BadInputError(f"The settings file {path} cannot be read: {error}.")


def _table(path: Path, content: bytes) -> dict[str, Any]:
    """Return the table for ccp4hooks in a settings file, an empty one if a ``pyproject.toml`` has none.

    Raises:
        BadInputError: The file is too large or not TOML, or its tables or keys are nested too deeply.
    """
    if len(content) > LARGEST_FILE:
        raise BadInputError(f"The settings file {path} is larger than {LARGEST_FILE} bytes, the limit.")
    too_deep = BadInputError(f"The settings file {path} has more than {DEEPEST} tables or lists inside each other.")
    try:
        text = content.decode("utf-8-sig")  # Editors on Windows write a byte order mark.
        if _LONG_KEY.search(text):
            raise too_deep
        table: Any = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _unreadable(path, error) from error
    except RecursionError:
        raise too_deep from None
    if path.name == SHARED_FILE:
        tools = table.get("tool")
        table = tools.get("ccp4hooks") if isinstance(tools, dict) else None
    if _depth(table) > DEEPEST:
        raise too_deep
    return table if isinstance(table, dict) else {}


def _depth(value: Any) -> int:
    """Return how many tables and lists are inside each other."""
    depth, level = 0, [value]
    while level:
        inner = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, (dict, list))]
        depth, level = depth + bool(inner), [item for items in inner for item in items]
    return depth
