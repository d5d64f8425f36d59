"""The source text of a task and of the tasks that it starts. No module of a task is imported.

Some modules of CCP4i2's tasks change the process that imports them: they set up Django and create directories.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import scripts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MADE = re.compile(r"""makePluginObject\(\s*(?:\w+\s*=\s*)?["'](\w+)["']""")
_NEXT = re.compile(r"^(?:class|def|@)", re.MULTILINE)
_FROM = re.compile(r"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]+)", re.MULTILINE)


def source_texts(task: str) -> dict[str, list[str]]:
    """Return the source texts of a task and of the tasks that it starts by a literal name, by the name of the task.

    A task has the text of the module of its script class, and of those of the base classes outside CCP4i2's core. A
    module that cannot be found or read has no text.
    """
    found: dict[str, list[str]] = {}
    pending = [task]
    while pending:
        name = pending.pop()
        if name in found or name not in scripts.task_table():
            continue
        found[name] = list(dict.fromkeys(text for text, _ in _classes(name)))
        pending += _MADE.findall("".join(found[name]))
    return found


def class_texts(task: str) -> list[str]:
    """Return the source text of the script class of a task and of its base classes outside CCP4i2's core, in order."""
    return [body for _, body in _classes(task) if body]


def _classes(task: str) -> list[tuple[str, str]]:
    """Return the text of the module and that of the class, for the script class of a task and each of its bases."""
    module, _, name = (scripts.task_table()[task].pluginPath or "").partition(":")
    found: dict[tuple[str, str], tuple[str, str]] = {}
    pending = [(module, name)] if module else []
    while pending:
        module, name = pending.pop(0)
        text = module_text(module)
        if (module, name) in found or module.startswith("ccp4i2.core.") or not text:
            continue
        body, bases = _class(text, name)
        found[module, name] = (text, body)
        origins = dict(_imported(text))
        for base in bases:
            # Either the class is imported, or its module, from the package of the module.
            prefix, _, kind = base.rpartition(".")
            pending.append((f"{origins[prefix]}.{prefix}" if prefix in origins else origins.get(kind, module), kind))
    return list(found.values())


def _class(text: str, name: str) -> tuple[str, Sequence[str]]:
    """Return the text of a class and the names of its bases; empty ones if the module does not define it."""
    begin = re.search(rf"^class[ \t]+{re.escape(name)}[ \t]*(?:\(([^)]*)\))?[ \t]*:", text, re.MULTILINE)
    if begin is None:
        return "", ()
    end = _NEXT.search(text, begin.end())
    bases = (base.strip() for base in (begin[1] or "").split(","))
    body = text[begin.start() : end.start() if end else None]
    return body, [base for base in bases if base.replace(".", "").isidentifier()]


def _imported(text: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the module of each name that a text imports from a module."""
    for module, names in _FROM.findall(text):
        for name in names.strip("()").split(","):
            words = name.split()
            if words:
                yield words[-1], module


@cache
def module_text(module: str) -> str:
    """Return the source text of a module, or an empty text if it cannot be found or read."""
    path = module_file(module)
    text = attempt(path.read_text, encoding="utf-8", errors="replace") if path is not None else ""
    return "" if isinstance(text, Failure) else text


def module_file(module: str) -> Path | None:
    """Return the file of a module, or None if there is none. Nothing is imported."""
    top, *rest = module.split(".")
    spec = attempt(find_spec, top)
    if spec is None or isinstance(spec, Failure):
        return None
    if not rest:
        return Path(spec.origin) if spec.has_location and spec.origin else None
    paths = (Path(place, *rest) for place in spec.submodule_search_locations or ())
    files = (file for path in paths for file in (path.with_suffix(".py"), path / "__init__.py"))
    return next((file for file in files if file.is_file()), None)
