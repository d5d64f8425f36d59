"""What a task needs outside of CCP4i2: the programs that its script class names, and the Python modules it imports."""

from __future__ import annotations

import ast
import os
import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import versions
from ccp4hooks.i2.scripts import task_table
from ccp4hooks.i2.tasks.source_text import class_texts, source_texts
from ccp4hooks.model.tasks import Program

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What a task needs outside of CCP4i2.

    Attributes:
        programs: The programs that it names.
        missing_modules: Python modules that it imports and that are not installed.
        computing_tasks: The task itself and those that it starts, if they compute the name of a program while they run,
            or when they are imported.
    """

    programs: tuple[Program, ...]
    missing_modules: tuple[str, ...]
    computing_tasks: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the programs that were not found and of the modules that are not installed."""
        programs = (program.name for program in self.programs if program.path is None)
        return tuple(dict.fromkeys((*programs, *self.missing_modules)))


def requirements(task: str) -> Requirements:
    """Return what a task and the tasks that it starts by a literal name need.

    No module of a task is imported. What a task chooses while it runs is not known.
    """
    return _required(source_texts(task))


def own_requirements(task: str) -> Requirements:
    """Return what a task needs, without the tasks that it starts."""
    return _required({name: texts for name, texts in source_texts(task).items() if name == task})


def is_free_of_ccp4(task: str) -> bool:
    """Return whether a task says that it calls no program of CCP4."""
    entry = task_table().get(task)
    return entry is not None and bool(entry.ccp4_free)


def _required(texts: Mapping[str, Sequence[str]]) -> Requirements:
    names = dict.fromkeys(name for task in texts for name in named_programs(task))
    missing = dict.fromkeys(name for one in texts.values() for text in one for name in _missing(text))
    programs = tuple(Program(name=name, path=find_program(name)) for name in names)
    computing = tuple(task for task in texts if _computes_program(class_texts(task)))
    return Requirements(programs=programs, missing_modules=tuple(missing), computing_tasks=computing)


def named_programs(task: str) -> tuple[str, ...]:
    """Return the programs that the script class of a task names: ``TASKCOMMAND``, and in 3.1 those that it runs itself.

    The programs that 3.1 calls optional are left out, and a name that the class computes is not known.
    """
    bodies = class_texts(task)
    literal = _LITERAL.match(_command(bodies))
    auxiliary = next(filter(None, (_AUXILIARY.search(body) for body in bodies)), None)
    names = [literal[1]] if literal else []
    names += _QUOTED.findall(auxiliary[1]) if auxiliary else []
    return tuple(dict.fromkeys(name for name in names if name))


def _command(bodies: Sequence[str]) -> str:
    """Return the first line of the expression that the first of several classes gives ``TASKCOMMAND``.

    Returns:
        The text of the line; that of a definition if it is a method; empty if no class has a ``TASKCOMMAND``.
    """
    found = next(filter(None, (_COMMAND.search(body) for body in bodies)), None)
    return "" if found is None else found[1] or found[0]


def _computes_program(bodies: Sequence[str]) -> bool:
    """Return whether a class computes its ``TASKCOMMAND``, or sets that of its object."""
    command = _command(bodies)
    is_known = not command or _LITERAL.match(command) or command.startswith("None")
    return not is_known or any(_SET_LATER.search(body) for body in bodies)


def runs_nothing(task: str) -> bool:
    """Return whether the script class of a task has no program and no code of its own to run instead."""
    bodies = class_texts(task)
    if not bodies or named_programs(task) or _computes_program(bodies):
        return False
    return not any(_RUNS.search(body) for body in bodies)


_COMMAND = re.compile(
    r"^[ \t]+(?:TASKCOMMAND[ \t]*(?::[^=\n]+)?=(?!=)[ \t(]*(?:\n[ \t]*)?(.+)|def[ \t]+TASKCOMMAND\()", re.MULTILINE
)
_LITERAL = re.compile(r"""["']([^"'\n]*)["'][ \t),]*(?:#.*)?$""")
_SET_LATER = re.compile(
    r"""^[ \t]+(?:self|cls)\.TASKCOMMAND[ \t]*=(?!=)|setattr\([^,\n]+,[ \t]*["']TASKCOMMAND["']""", re.MULTILINE
)
_AUXILIARY = re.compile(r"^[ \t]+AUXILIARY_PROGRAMS[ \t]*(?::[^=\n]+)?=[ \t]*[\[({]([^\])}]*)", re.MULTILINE)
_QUOTED = re.compile(r"""["']([^"'\n]+)["']""")
_RUNS = re.compile(
    r"^[ \t]+(?:async[ \t]+)?def[ \t]+(?:process|startProcess)\(|^[ \t]+TASKCOMMAND[ \t]*=[^=]", re.MULTILINE
)


def find_program(name: str) -> Path | None:
    """Return the path at which CCP4i2 finds a program, or None if it does not find it."""
    found = versions.find_program(name)
    return Path(found) if found else None


REFINING = frozenset({"servalcat", "refmac5", "refmacat"})
"""Programs that refine with the restraints of a monomer library."""


LIBRARY_CURE = (
    "Set it to the directory of a library, as CCP4's setup script does; Debian's package refmac-dictionary has one."
)
"""How refinements find a monomer library."""


def monomer_library(programs: Iterable[str]) -> str:
    """Return which monomer library programs use, or that none is found and what to do, in one or two sentences.

    The text is empty if no program needs one.

    Args:
        programs: The names of the programs, or their paths.
    """
    names = sorted({Path(program).name for program in programs} & REFINING)
    if not names:
        return ""
    fault = monomer_library_fault()
    needs = f"{' and '.join(names)} need{'s' if len(names) == 1 else ''} a monomer library"
    return f"{needs}, and {fault}. {LIBRARY_CURE}" if fault else f"{needs}: $CLIBD_MON is {os.environ['CLIBD_MON']}."


def monomer_library_fault() -> str:
    """Return why refinements find no monomer library, without a full stop; empty if they find one."""
    folder = os.environ.get("CLIBD_MON", "")
    if folder and Path(folder).is_dir():
        return ""
    return f"$CLIBD_MON is {folder}, which is not a directory" if folder else "$CLIBD_MON is not set"


def is_of_ccp4(path: Path) -> bool:
    """Return whether a program belongs to the CCP4 installation that ``$CCP4`` names."""
    home = os.environ.get("CCP4")
    return bool(home) and path.absolute().is_relative_to(Path(str(home)).absolute())


_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(\w+)[\w.]*[ \t]+import\b|import[ \t]+([\w., \t]+?)[ \t]*(?:[;#].*)?$)", re.MULTILINE
)


@cache
def _missing(text: str) -> tuple[str, ...]:
    """Return the top-level modules that a source text imports, no ``try`` makes optional, and are not installed.

    A ``try`` that sets a name to None makes its module optional only if the text tests the name.
    """
    found = [one for line in _IMPORT.findall(text) for names in line for one in names.split(",")]
    words = [name.split(".")[0].split() for name in found]
    if all(_is_installed(word[0]) for word in words if word):
        return ()
    # Most texts do not get here: to parse one takes a hundred times as long.
    tree = attempt(ast.parse, text)
    if isinstance(tree, Failure):
        return ()
    names = dict.fromkeys((*_imports_below(tree), *_used_unchecked(tree, text)))
    return tuple(name for name in names if not _is_installed(name))


def _imports_below(node: Any) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and not child.level and child.module:
            yield child.module.partition(".")[0]
        elif not isinstance(child, ast.Try):
            yield from _imports_below(child)


def _used_unchecked(tree: ast.AST, text: str) -> Iterator[str]:
    """Yield the modules whose names become None if they are not installed, and are used without a test for None."""
    for node in (one for one in ast.walk(tree) if isinstance(one, ast.Try)):
        for handler in node.handlers:
            names = "|".join(_set_to_none(handler))
            if names and not re.search(rf"\b(?:if|not|and|or|assert)\s+(?:{names})\b|\b(?:{names})\s+is\b", text):
                yield from _imports_below(ast.Module(body=node.body, type_ignores=[]))


def _set_to_none(handler: ast.ExceptHandler) -> list[str]:
    return [
        target.id
        for line in handler.body
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant) and line.value.value is None
        for target in line.targets
        if isinstance(target, ast.Name)
    ]


@cache
def _is_installed(module: str) -> bool:
    found = attempt(find_spec, module)
    return not isinstance(found, Failure) and found is not None
