"""How KPIs are shown to people: the descriptions of all plugins, merged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.model import Better, KpiDescription
from ccp4hooks.model.kpis import OF_FILES
from ccp4hooks.texts import kpi_text, progress_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccp4hooks.model import Kpi, KpiValue, ProgramProgress
    from ccp4hooks.plugins.dispatcher import Dispatcher, Journal


_OF_LIST = re.compile(r"(.+)(\[\d+\])")
"""The key of a value of a list: that of the list, and the position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Descriptions of one key that differ.

    Attributes:
        key: The key.
        plugins: The plugins, that whose description is used first.
    """

    key: str
    plugins: tuple[str, ...]

    def __str__(self) -> str:
        """Return what is wrong and what to do, in sentences."""
        first, *others = self.plugins
        if not others:
            return f"The plugin {first!r} describes the KPI {self.key!r} more than once. The first description is used."
        names = ", ".join(map(repr, self.plugins))
        switches = " or ".join(f"`-p no:{name}`" for name in self.plugins)
        return (
            f"The plugins {names} describe the KPI {self.key!r} differently. The description of {first!r} is used. "
            f"To use another one, disable a plugin with {switches}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiDescriptions:
    """The descriptions of KPIs. A key without a description is its own title.

    Attributes:
        by_key: The descriptions by their keys.
        clashes: The keys that are described differently.
    """

    by_key: Mapping[str, KpiDescription] = field(default_factory=dict)
    clashes: tuple[Clash, ...] = ()

    def of(self, key: str) -> KpiDescription | None:
        """Return the description of a key, with its title, or None if no plugin has described it.

        The key of a value of a file, and a key that occurs in several indicators of a job, such as ``"SECOND.RFree"``,
        has the description of its last part. What stands before it is a part of the title: ``"R-free (SECOND)"``. A
        value of a list has the description of the list: ``"R-free [3]"``.
        """
        found = self.by_key.get(key)
        of_list = _OF_LIST.fullmatch(key) if found is None else None
        if of_list:
            listed = self.of(of_list[1])
            return None if listed is None else replace(listed, key=key, title=f"{listed.title} {of_list[2]}")
        owner, dot, name = key.rpartition(".")
        if found is not None or not dot:
            return found
        found = self.by_key.get(OF_FILES + name) or self.by_key.get(name)
        return None if found is None else replace(found, key=key, title=f"{found.title} ({owner})")

    def titles(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the titles of keys that are shown together. A title that two of them have is followed by the key."""
        found = {key: described.title if (described := self.of(key)) else key for key in keys}
        several = list(found.values())
        return {key: title if several.count(title) == 1 else f"{title} ({key})" for key, title in found.items()}

    def unit(self, kpi: Kpi) -> str:
        """Return the unit of a value: that which was recorded with it, or else that of the description."""
        described = self.of(kpi.key)
        return kpi.unit or (described.unit if described else "")

    def decimals(self, key: str) -> int | None:
        """Return the number of decimals with which a key is shown; None for six significant digits."""
        described = self.of(key)
        return described.decimals if described else None

    def in_groups(self, kpis: Sequence[Kpi]) -> list[Kpi]:
        """Return KPIs with those of a group behind each other, otherwise in their order."""
        groups: dict[str, list[Kpi]] = {}
        for kpi in kpis:
            described = self.of(kpi.key)
            groups.setdefault(described.group if described else "", []).append(kpi)
        return [kpi for group in groups.values() for kpi in group]

    def best(self, key: str, values: Sequence[KpiValue | None]) -> set[int]:
        """Return the positions of the best of several values of a key.

        There are none if the values do not differ, or nobody knows which values are better.
        """
        described = self.of(key)
        numbers: Mapping[int, float] = {
            at: one for at, one in enumerate(values) if isinstance(one, (int, float)) and not isinstance(one, bool)
        }
        if described is None or described.better is None or len(set(numbers.values())) < 2:  # noqa: PLR2004 - they differ
            return set()
        best = (max if described.better is Better.HIGHER else min)(numbers.values())
        return {at for at, one in numbers.items() if one == best}

    def progress_text(self, progress: ProgramProgress) -> str:
        """Return the progress of a program in a few words, with the titles of its KPIs: ``cycle 3, R-free 0.2555``.

        Args:
            progress: The progress. Values without a number of decimals have four significant digits, and none after
                the decimal point if they are whole.
        """
        said = [] if progress.cycle is None else [f"cycle {progress.cycle}"]
        titles = self.titles(progress.values)
        for key, value in progress.values.items():
            decimals = self.decimals(key)
            said.append(f"{titles[key]} {progress_text(value) if decimals is None else kpi_text(value, decimals)}")
        return ", ".join(said)

    def key(self, word: str) -> str:
        """Return the key that a word denotes: a key, or a title, in which upper and lower case are equal.

        A word that is neither is returned as it is: it may be the key of a KPI that no plugin describes.

        Raises:
            BadInputError: Several KPIs have this title.
        """
        if self.of(word) is not None:
            return word
        of_list = _OF_LIST.fullmatch(word)
        if of_list and (key := self.key(of_list[1].rstrip())) != of_list[1]:
            return key + of_list[2]
        title, _, owner = word.removesuffix(")").rpartition(" (")
        found = [key for key, one in self.by_key.items() if one.title.casefold() == word.strip().casefold()]
        if not found and owner and word.endswith(")"):
            names = [key for key, one in self.by_key.items() if one.title.casefold() == title.strip().casefold()]
            found = list(dict.fromkeys(f"{owner}.{name.removeprefix(OF_FILES)}" for name in names))
        if len(found) > 1:
            raise BadInputError(f"{word!r} is the title of several KPIs. Use one of their keys: {', '.join(found)}.")
        return found[0] if found else word

    def others_called(self, key: str) -> list[str]:
        """Return the keys whose title is this key: a user may mean one of them."""
        return [one.key for one in self.by_key.values() if one.title == key and one.key != key]


def collect(dispatcher: Dispatcher, journal: Journal) -> KpiDescriptions:
    """Return the descriptions of all plugins. A plugin that fails becomes a problem, and the others are used.

    Args:
        dispatcher: Calls the hook.
        journal: Records the problems.
    """
    by_key: dict[str, KpiDescription] = {}
    clashes: dict[str, tuple[str, ...]] = {}
    for answer in dispatcher.call(hookspecs.describe_kpis, journal).answers:
        for one in answer.value:
            mine = replace(one, origin=answer.origin)
            first = by_key.setdefault(one.key, mine)
            if replace(first, origin=None) != replace(one, origin=None):
                before = clashes.get(one.key, (first.origin.plugin,) if first.origin else ())
                clashes[one.key] = tuple(dict.fromkeys((*before, answer.origin.plugin)))
    found = tuple(Clash(key=key, plugins=plugins) for key, plugins in clashes.items())
    return KpiDescriptions(by_key=by_key, clashes=found)
