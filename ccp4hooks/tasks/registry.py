"""Add the tasks that plugins bring to CCP4i2's, and say of each that is left out why.

A name, and a script, belong to one plugin: where two bring the same one, neither is used, since either may be meant.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.i2 import scripts, task_table
from ccp4hooks.model import Origin, Problem, Severity, TaskDescription
from ccp4hooks.plugins.failures import Failure, attempt
from ccp4hooks.tasks.def_file import faults
from ccp4hooks.tasks.resolve import resolved

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccp4hooks.plugins.dispatcher import Dispatcher, Journal

HOOK = "register_tasks"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A task that plugins bring and that cannot be used.

    Attributes:
        name: TASKNAME.
        plugins: Who brings it.
        reason: One line: what is wrong, where, and what to do.
    """

    name: str
    plugins: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    origin: Origin
    description: TaskDescription

    @property
    def plugin(self) -> str:
        return self.origin.plugin

    @property
    def what(self) -> str:
        return f"the task {self.description.name!r} of plugin {self.plugin!r} was left out: "


class Registry:
    """The plugins' tasks; made once, when it is built.

    Args:
        dispatcher: Calls the hook.
        journal: Where it is noted that a task was left out.

    Attributes:
        origins: Which plugin brings which task.
        left_out: Every reason why one is left out.
    """

    def __init__(self, dispatcher: Dispatcher, journal: Journal) -> None:
        self.origins: dict[str, str] = {}
        self.left_out: list[LeftOut] = []
        self._journal = journal
        task_table.forget_reasons()
        for claim in self._without_clashes(list(self._claims(dispatcher))):
            self._add(claim)

    def require(self, task: str) -> None:
        """Refuse a task that a plugin brings and that was left out; one of CCP4i2's of the same name, too.

        Raises:
            BadInputError: It was; the text says why, and what to do.
        """
        reasons = [one.reason for one in self.left_out if one.name == task]
        if reasons:
            raise BadInputError("\n".join([f"The task {task!r} cannot be used:", *(f"  - {one}" for one in reasons)]))

    def _claims(self, dispatcher: Dispatcher) -> Iterator[_Claim]:
        for answer in dispatcher.call(hookspecs.register_tasks, self._journal).answers:
            for description in answer.value:
                claim = _Claim(origin=answer.origin, description=description)
                found = attempt(resolved, description)
                if isinstance(found, Failure):
                    why = str(found.error) if isinstance(found.error, BadInputError) else found.reason
                    self._leave_out(why, claim)
                else:
                    yield _Claim(origin=answer.origin, description=found)

    def _without_clashes(self, claims: Sequence[_Claim]) -> list[_Claim]:
        """Return the claims that no other one contradicts, by name or by script."""
        by_name: dict[str, list[_Claim]] = defaultdict(list)
        for claim in claims:
            by_name[claim.description.name].append(claim)
        for name, group in by_name.items():
            if len(group) > 1:
                self._clash(f"{_bring(group)} a task {name!r}", group)
        by_script: dict[object, list[_Claim]] = defaultdict(list)
        for group in by_name.values():
            if len(group) == 1:
                by_script[group[0].description.script].append(group[0])
        kept = []
        for script, group in by_script.items():
            if len({claim.plugin for claim in group}) > 1:
                names = " and ".join(repr(claim.description.name) for claim in group)
                self._clash(f"{_bring(group)} tasks ({names}) with the same script {script}", group)
            else:
                kept += group
        return [claim for claim in claims if claim in kept]

    def _clash(self, what: str, group: Sequence[_Claim]) -> None:
        plugins = dict.fromkeys(claim.plugin for claim in group)
        if len(plugins) > 1:
            switches = " or ".join(f"`-p no:{plugin}`" for plugin in plugins)
            reason = f"{what}; none is used. Switch all but one off: {switches}."
        else:
            reason = f"{what}; none is used. Give each a name of its own."
        names = dict.fromkeys(claim.description.name for claim in group)
        # An earlier session of this process may have added one of them.
        task_table.remove_tasks(names)
        for name in names:
            self._note(LeftOut(name=name, plugins=tuple(plugins), reason=reason))
        self._journal.add(Problem(severity=Severity.WARNING, message=reason), HOOK)

    def _add(self, claim: _Claim) -> None:
        name = claim.description.name
        owner = _owner(claim)
        if owner:
            cure = f"Give it another name, or switch the plugin off: `-p no:{claim.plugin}`."
            self._leave_out(f"{owner} has one of this name. {cure}", claim)
            return
        wrong = faults(Path(claim.description.def_file))
        for fault in wrong:
            self._leave_out(fault, claim)
        if not wrong:
            task_table.add_task(claim.description, claim.plugin)
            self.origins[name] = claim.plugin

    def _leave_out(self, why: str, claim: _Claim) -> None:
        reason = claim.what + why
        self._note(LeftOut(name=str(claim.description.name), plugins=(claim.plugin,), reason=reason))
        self._journal.add(Problem(severity=Severity.WARNING, message=reason), HOOK)

    def _note(self, one: LeftOut) -> None:
        self.left_out.append(one)
        task_table.say_why_not(one.name, one.reason)


def _owner(claim: _Claim) -> str:
    """Return who else has the name of a task in this process, empty if nobody."""
    name = claim.description.name
    if name not in scripts.task_table():
        return ""
    before = task_table.added_tasks().get(name)
    if before is None:
        return "CCP4i2"
    plugin, description = before
    same = plugin == claim.plugin or description.script == claim.description.script
    return "" if same else f"the plugin {plugin!r}, loaded earlier in this process,"


def _bring(group: Sequence[_Claim]) -> str:
    names = [repr(plugin) for plugin in dict.fromkeys(claim.plugin for claim in group)]
    if len(names) == 1:
        return f"plugin {names[0]} brings more than once"
    return f"the plugins {' and '.join(names)} bring"
