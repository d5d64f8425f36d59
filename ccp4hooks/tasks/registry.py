"""Add the tasks of plugins to CCP4i2's table, and record why a task cannot be used.

If two plugins offer tasks with the same name or the same script, neither is used, because either may be meant.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import scripts
from ccp4hooks.i2.tasks import task_data_types, task_table
from ccp4hooks.i2.tasks.def_file import Findings, findings
from ccp4hooks.model import Origin, Problem, Severity, TaskDescription
from ccp4hooks.model.tasks import LeftOut
from ccp4hooks.tasks.resolve import resolved

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccp4hooks.plugins.dispatcher import Dispatcher, Journal

HOOK = "register_tasks"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    """A task that a plugin offers."""

    origin: Origin
    description: TaskDescription

    @property
    def plugin(self) -> str:
        return self.origin.plugin

    @property
    def subject(self) -> str:
        """The start of a sentence about the task."""
        return f"the task {self.description.name!r} of plugin {self.plugin!r} was left out: "


class Registry:
    """The tasks and data classes of the plugins. The constructor collects them and adds them to those of CCP4i2.

    Args:
        dispatcher: Calls the hooks.
        journal: Records a problem for each task and class that cannot be used.

    Attributes:
        origins: The plugin of each task, by the name of the task.
        left_out: The tasks and classes that cannot be used, one entry per reason.
    """

    def __init__(self, dispatcher: Dispatcher, journal: Journal) -> None:
        self.origins: dict[str, str] = {}
        self._journal = journal
        task_table.clear_import_errors()
        # The def files of tasks may name the classes.
        self.left_out = _types_left_out(dispatcher, journal)
        for offer in self._without_clashes(list(self._offers(dispatcher))):
            self._add(offer)

    def require(self, task: str) -> None:
        """Refuse a task of a plugin that cannot be used, even if CCP4i2 has a task of the same name.

        Raises:
            BadInputError: The task cannot be used. The message gives the reasons and the cures.
        """
        reasons = [one.reason for one in self.left_out if one.name == task]
        if reasons:
            raise BadInputError("\n".join([f"The task {task!r} cannot be used:", *(f"  - {one}" for one in reasons)]))

    def _offers(self, dispatcher: Dispatcher) -> Iterator[_Offer]:
        for answer in dispatcher.call(hookspecs.register_tasks, self._journal).answers:
            for description in answer.value:
                offer = _Offer(origin=answer.origin, description=description)
                found = attempt(resolved, description)
                if isinstance(found, Failure):
                    known = isinstance(found.error, BadInputError)
                    self._leave_out(str(found.error) if known else found.reason, offer)
                else:
                    yield _Offer(origin=answer.origin, description=found)

    def _without_clashes(self, offers: Sequence[_Offer]) -> list[_Offer]:
        """Return the offers whose name and script no other plugin uses."""
        by_name: dict[str, list[_Offer]] = defaultdict(list)
        for offer in offers:
            by_name[offer.description.name].append(offer)
        for name, group in by_name.items():
            if len(group) > 1:
                self._clash(f"{_offered_by(group)} a task {name!r}", group)
        by_script: dict[object, list[_Offer]] = defaultdict(list)
        for group in by_name.values():
            if len(group) == 1:
                by_script[group[0].description.script].append(group[0])
        kept = []
        for script, group in by_script.items():
            if len({offer.plugin for offer in group}) > 1:
                names = " and ".join(repr(offer.description.name) for offer in group)
                self._clash(f"{_offered_by(group)} tasks ({names}) with the same script {script}", group)
            else:
                kept += group
        return [offer for offer in offers if offer in kept]

    def _clash(self, fault: str, group: Sequence[_Offer]) -> None:
        plugins = dict.fromkeys(offer.plugin for offer in group)
        if len(plugins) > 1:
            switches = " or ".join(f"`-p no:{plugin}`" for plugin in plugins)
            reason = f"{fault}; none of them is used. Disable all but one of the plugins: {switches}."
        else:
            reason = f"{fault}; none of them is used. Give each task a name of its own."
        names = dict.fromkeys(offer.description.name for offer in group)
        # An earlier session of this process may have added one of them.
        task_table.remove_tasks(names)
        for name in names:
            self._note(LeftOut(name=name, plugins=tuple(plugins), reason=reason))
        self._journal.add(Problem(severity=Severity.WARNING, message=reason), HOOK)

    def _add(self, offer: _Offer) -> None:
        name = offer.description.name
        owner = _owner(offer)
        if owner:
            cure = f"Give it another name, or disable the plugin with `-p no:{offer.plugin}`."
            self._leave_out(f"{owner} has a task of this name. {cure}", offer)
            return
        found = _findings(offer.description)
        for fault in found.faults:
            self._leave_out(fault, offer)
        if found.faults:
            task_data_types.remove_data_types(name)
        else:
            task_table.add_task(offer.description, offer.plugin, found.warnings)
            self.origins[name] = offer.plugin

    def _leave_out(self, fault: str, offer: _Offer) -> None:
        reason = offer.subject + fault
        # The fault of a data class was told with the class, and is not repeated for each task that names it.
        if not any(fault.endswith(one.reason) for one in self.left_out):
            self._journal.add(Problem(severity=Severity.WARNING, message=reason), HOOK)
        self._note(LeftOut(name=str(offer.description.name), plugins=(offer.plugin,), reason=reason))

    def _note(self, one: LeftOut) -> None:
        self.left_out.append(one)
        task_table.set_import_error(one.name, one.reason)


def _types_left_out(dispatcher: Dispatcher, journal: Journal) -> list[LeftOut]:
    """Let def files name the data classes of the plugins, and return those that cannot be used."""
    task_data_types.forget_types_of_plugins()
    answers = dispatcher.call(hookspecs.register_types, journal).answers
    if not answers:
        return []
    from ccp4hooks.tasks.data_types import add_types  # noqa: PLC0415 - start-up time

    return add_types(answers, journal)


def _findings(description: TaskDescription) -> Findings:
    """Return the faults of a task's data classes, or else what is wrong with its def file, which may name them."""
    try:
        task_data_types.add_data_types(description)
    except BadInputError as error:
        return Findings(faults=(str(error),))
    return findings(Path(description.def_file))


def _owner(offer: _Offer) -> str:
    """Return the other provider of a task with the same name in this process, or an empty text if there is none."""
    name = offer.description.name
    if name not in scripts.task_table():
        return ""
    before = task_table.added_tasks().get(name)
    if before is None:
        return "CCP4i2"
    plugin, description = before
    is_same = plugin == offer.plugin or description.script == offer.description.script
    return "" if is_same else f"the plugin {plugin!r}, loaded earlier in this process,"


def _offered_by(group: Sequence[_Offer]) -> str:
    names = [repr(plugin) for plugin in dict.fromkeys(offer.plugin for offer in group)]
    if len(names) == 1:
        return f"plugin {names[0]} repeatedly offers"
    return f"the plugins {' and '.join(names)} offer"
