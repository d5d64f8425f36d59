"""Which plugins are installed, which of them are switched on, and in which order they come.

Order is promised by neither pluggy nor entry points: ``tryfirst``, built-ins, others by name, ``trylast``.
"""

from __future__ import annotations

import enum
import re
from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points, version
from typing import TYPE_CHECKING, Any

from ccp4hooks.model import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from importlib.metadata import EntryPoints

    from ccp4hooks.settings import Settings

GROUP = "ccp4hooks"
"""Entry points of plugins that take part unless they are switched off."""

OPTIONAL = "ccp4hooks.optional"
"""Entry points of plugins that take part only where they are switched on by name, since they cost something."""

HEADER = re.compile(r"^(name|version):[ \t]*(.*?)[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
"""The two lines of a distribution's metadata that are wanted here."""

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
        setup_s: What building, checking and configuring it cost [s].
        settings_type: The dataclass of its settings, None if it declares none or was not imported.
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

    @property
    def origin(self) -> Origin:
        """The plugin as the giver of values."""
        return Origin(plugin=self.name, version=self.version)

    @classmethod
    def of_entry(cls, entry: EntryPoint) -> PluginRecord:
        """Return what an entry point says of its plugin."""
        name, number = _name_and_version(entry)
        return cls(name=entry.name, module=entry.value, distribution=name, version=number)


class Choice:
    """Which of the installed plugins the settings switch on.

    Args:
        settings: Says which are on.
        installed: The plugins found by entry point.

    Attributes:
        known: The names of the installed plugins.
        wanted: Plugins and modules that are switched on by name.
        unwanted: Those that are switched off by name.
        said: The switches, in their order, with plugins in the place of their modules.
    """

    def __init__(self, settings: Settings, installed: Sequence[EntryPoint]) -> None:
        modules = {entry.module: entry.name for entry in installed}
        self.said = [_by_name(switch, modules) for switch in settings.plugins]
        self.wanted, self.unwanted = _switches(self.said)
        self._said_in = {
            said: settings.said_in.get(raw, "") for raw, said in zip(settings.plugins, self.said, strict=True)
        }
        self._settings = settings
        self._brought_by: dict[str, list[EntryPoint]] = defaultdict(list)
        for entry in installed:
            self._brought_by[entry.name].append(entry)

    @property
    def known(self) -> tuple[str, ...]:
        """The names of the installed plugins."""
        return tuple(self._brought_by)

    def hint(self, switch: str) -> str:
        """Return where a switch stands, in a sentence."""
        place = self._said_in.get(switch)
        return f"{f'It stands in {place}. ' if place else ''}`ccp4hooks plugins` lists them."

    def why_off(self, entry: EntryPoint) -> tuple[PluginState, str] | None:
        """Return why an installed plugin takes no part, None if it does."""
        name, settings = entry.name, self._settings
        if name in self.unwanted:
            return PluginState.DISABLED, f"switched off by no:{name}{_in(self._said_in[f'no:{name}'])}"
        if entry.group == OPTIONAL and name not in self.wanted:
            return PluginState.DISABLED, f'off unless switched on, by `-p {name}` or use = ["{name}"]'
        if not settings.autoload and name not in self.wanted:
            return PluginState.DISABLED, f"not asked for, and autoload is off{_in(settings.said_in.get('autoload'))}"
        if settings.allow is not None and name not in settings.allow:
            return PluginState.DISABLED, f"not in the list plugins.allow{_in(settings.source)}"
        if len(self._brought_by[name]) > 1:
            who = " and ".join(_brought_by(one) for one in self._brought_by[name])
            return PluginState.CONFLICT, f"{who} bring a plugin of this name; uninstall all but one"
        return None


def _in(place: object) -> str:
    return f" ({place})" if place else ""


def _brought_by(entry: EntryPoint) -> str:
    """Return which distribution brings a plugin, from which module and where it is installed."""
    record = PluginRecord.of_entry(entry)
    place = str(entry.dist.locate_file("")) if entry.dist else ""
    return f"{record.distribution} {record.version} ({record.module}{f' in {place}' if place else ''})".strip()


def installed_plugins(settings: Settings, *, everything: bool = False) -> list[EntryPoint]:
    """Return the plugins that are installed, built-in ones first, others by name.

    Without autoload and without a name that is not known here, no other distribution than our own is looked at, so
    that those which are installed beside it cost nothing.

    Args:
        settings: Say whether plugins are looked up, and name some.
        everything: Whether to look them up in any case.
    """
    own = _own_plugins() if not (settings.autoload or everything) else []
    here = {entry.name for entry in own} | {entry.module for entry in own}
    asked = {switch.removeprefix("no:") for switch in settings.plugins} | set(settings.tables)
    found = own if own and asked <= here else _plugins_among(entry_points().select)
    return sorted(found, key=lambda entry: rank_of_name(entry.name))


def _own_plugins() -> list[EntryPoint]:
    """Return the plugins of this distribution, none if it is not installed as one."""
    try:
        return _plugins_among(distribution("ccp4hooks").entry_points.select)
    except PackageNotFoundError:
        return []


def _plugins_among(select: Callable[..., EntryPoints]) -> list[EntryPoint]:
    return [*select(group=GROUP), *select(group=OPTIONAL)]


def _name_and_version(entry: EntryPoint) -> tuple[str, str]:
    """Return name and version of the distribution that brings a plugin, empty if there is none.

    `importlib.metadata` reads a file as an e-mail for each of the two, which takes ten times as long.
    """
    dist = entry.dist
    text = (dist.read_text("METADATA") or dist.read_text("PKG-INFO") or "") if dist else ""
    # The first empty line ends the headers.
    said = {key.lower(): value for key, value in HEADER.findall(text.partition("\n\n")[0])}
    return said.get("name", ""), said.get("version", "")


def rank_of_name(name: str) -> tuple[int, str]:
    """Return a plugin's place in the order in which plugins are loaded and called."""
    return (BUILT_IN.index(name), name) if name in BUILT_IN else (len(BUILT_IN), name)


def rank(impl: Any) -> tuple[int, int, str]:
    """Return the place of pluggy's record of an implementation in the order in which they are called."""
    position = 0 if impl.tryfirst else 2 if impl.trylast else 1
    return (position, *rank_of_name(impl.plugin_name))


def version_of(module: str) -> str:
    """Return the version of the distribution that is called as a module's package, empty if there is none."""
    try:
        return version(module.partition(".")[0])
    except PackageNotFoundError:
        return ""


def _by_name(switch: str, modules: Mapping[str, str]) -> str:
    """Return a switch with an installed plugin's name in the place of its module's."""
    name = switch.removeprefix("no:")
    return switch.removesuffix(name) + modules.get(name, name)


def _switches(plugins: Iterable[str]) -> tuple[list[str], list[str]]:
    """Split ``-p`` values into names switched on and names switched off; the last word on a name counts."""
    last = {entry.removeprefix("no:"): entry.startswith("no:") for entry in plugins}
    return [name for name, off in last.items() if not off], [name for name, off in last.items() if off]
