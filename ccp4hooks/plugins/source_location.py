"""Find the file and line that an error or an object comes from, for messages."""

from __future__ import annotations

import importlib
import inspect
import traceback
from pathlib import Path
from typing import Any

from ccp4hooks.failures import Failure, attempt

_MACHINERY = (Path(__file__).parents[1], Path(importlib.__file__).parent)
"""Directories of code that only calls plugins."""

_BACKPORT = "importlib_metadata"
"""A package that takes the place of the module of the standard library where it is installed, and loads plugins."""


def place_of_error(error: BaseException) -> str:
    """Return ``" (file, line)"`` of the plugin's statement that caused an error, or an empty text if no file is known.

    Libraries that the plugin calls are skipped, since its author can fix the code of the plugin only.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f" ({error.filename}, line {error.lineno})"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_machinery(frame.filename)]
    if not frames:
        return ""
    folder = Path(frames[0].filename).parent
    own = [frame for frame in frames if (folder / "__init__.py").exists() and folder in Path(frame.filename).parents]
    frame = own[-1] if own else frames[0]
    return f" ({frame.filename}, line {frame.lineno})"


def _is_machinery(filename: str) -> bool:
    path = Path(filename)
    return filename.startswith("<") or path.parent.name == _BACKPORT or any(one in path.parents for one in _MACHINERY)


def place_of(obj: Any) -> str:
    """Return ``" (file, line)"`` of a function or class, or of the class of an object; for a module only the file."""
    target = obj if inspect.isroutine(obj) or inspect.isclass(obj) or inspect.ismodule(obj) else type(obj)
    file = attempt(inspect.getsourcefile, target)
    if isinstance(file, Failure) or file is None:
        return ""
    lines = attempt(inspect.getsourcelines, target)
    line = "" if isinstance(lines, Failure) or not lines[1] else f", line {lines[1]}"
    return f" ({file}{line})"
