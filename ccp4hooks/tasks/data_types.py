"""Add the data classes of plugins to those that def files may name, and record why one cannot be used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.i2.tasks import task_data_types
from ccp4hooks.i2.tasks.task_data_types import Reader
from ccp4hooks.model import Problem, Severity
from ccp4hooks.model.tasks import LeftOut
from ccp4hooks.tasks.resolve import class_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccp4hooks.model import DataType
    from ccp4hooks.plugins.dispatcher import Answer, Journal

HOOK = "register_types"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    """A data class that a plugin offers."""

    plugin: str
    kind: type
    read: Callable[[Path], object] | None

    @property
    def subject(self) -> str:
        """The class with its plugin, as part of a sentence."""
        return f"{self.kind.__module__}.{self.kind.__qualname__} of plugin {self.plugin!r}"


def add_types(answers: Iterable[Answer[Iterable[DataType]]], journal: Journal) -> list[LeftOut]:
    """Let def files name the data classes of plugins.

    Args:
        answers: The answers to the hook.
        journal: Records a problem for each class that cannot be used.

    Returns:
        The classes that cannot be used, one entry per reason.
    """
    found = [_offer(answer.origin.plugin, given) for answer in answers for given in answer.value]
    offers = [one for one in found if isinstance(one, _Offer)]
    left_out = [one for one in found if isinstance(one, LeftOut)]
    for fault, group in (*_clashes_of_names(offers), *_clashes_of_files(offers)):
        plugins = tuple(dict.fromkeys(offer.plugin for offer in group))
        switches = " or ".join(f"`-p no:{plugin}`" for plugin in plugins)
        reason = f"{fault}: {' and '.join(offer.subject for offer in group)}; none of them is used. "
        reason += f"Disable all but one of the plugins: {switches}."
        names = dict.fromkeys(offer.kind.__name__ for offer in group)
        left_out += (LeftOut(name=name, plugins=plugins, reason=reason) for name in names)
        offers = [offer for offer in offers if offer not in group]
    kinds: dict[type, Reader | None] = {}
    for offer in offers:
        reader = Reader(plugin=offer.plugin, read=offer.read) if offer.read is not None else None
        kinds[offer.kind] = kinds.get(offer.kind) or reader
    task_data_types.add_types_of_plugins(kinds, {one.name: one.reason for one in reversed(left_out)})
    for reason in dict.fromkeys(one.reason for one in left_out):
        journal.add(Problem(severity=Severity.WARNING, message=reason), HOOK)
    return left_out


def _offer(plugin: str, given: DataType) -> _Offer | LeftOut:
    try:
        return _Offer(plugin=plugin, kind=data_class(given), read=_reader(given))
    except BadInputError as error:
        one = given.data_class
        name = one.__name__ if isinstance(one, type) else str(one).rpartition(":")[2]
        reason = f"the data class {name!r} of plugin {plugin!r} was left out: {error}"
        return LeftOut(name=name, plugins=(plugin,), reason=reason)


def data_class(given: DataType) -> type:
    """Return the class that a plugin offers.

    Raises:
        BadInputError: It cannot be imported, is no data class, has the name of a class of CCP4i2 or of a task, or has a
            MIME type of CCP4i2 and is not derived from CCP4i2's class of this type.
    """
    if isinstance(given.data_class, type):
        return task_data_types.own_class(given.data_class)
    return task_data_types.imported_class(class_name(given.data_class, "data_class", "CData"))


def _reader(given: DataType) -> Callable[[Path], object] | None:
    if given.read is None or callable(given.read):
        return given.read
    raise BadInputError(f"its read must be a function that takes a path, not {given.read!r}.")


def _clashes_of_names(offers: Iterable[_Offer]) -> Iterator[tuple[str, Sequence[_Offer]]]:
    """Return groups of different classes with the same name."""
    by_name: dict[str, dict[type, _Offer]] = defaultdict(dict)
    for offer in offers:
        by_name[offer.kind.__name__].setdefault(offer.kind, offer)
    for name, group in by_name.items():
        if len(group) > 1:
            yield f"plugins offer different data classes {name!r}", list(group.values())


def _clashes_of_files(offers: Iterable[_Offer]) -> Iterator[tuple[str, Sequence[_Offer]]]:
    """Return groups of unrelated classes of files of different plugins that have the same new MIME type."""
    by_type: dict[str, dict[type, _Offer]] = defaultdict(dict)
    for offer in offers:
        new_type = task_data_types.new_file_type(offer.kind)
        if new_type:
            by_type[new_type].setdefault(offer.kind, offer)
    for new_type, group in by_type.items():
        root = next(iter(group))
        related = all(issubclass(kind, root) or issubclass(root, kind) for kind in group)
        if not related and len({offer.plugin for offer in group.values()}) > 1:
            yield f"plugins offer unrelated classes of files of the MIME type {new_type!r}", list(group.values())
