"""Where in which file the cause of an error stands, for people."""

from __future__ import annotations

import importlib
import inspect
import traceback
from pathlib import Path
from typing import Any

from ccp4hooks.plugins.failures import Failure, attempt

_MACHINERY = (Path(__file__).parents[1], Path(importlib.__file__).parent)
"""Code that only calls a plugin."""


def place_of_error(error: BaseException) -> str:
    """Return ``" (file, line)"`` of the plugin's statement that an error comes from, empty if it has none.

    Not that of the innermost one: a plugin's author can mend the plugin's own only.
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
    return filename.startswith("<") or any(folder in Path(filename).parents for folder in _MACHINERY)


def place_of(obj: Any) -> str:
    """Return ``" (file, line)"`` of a function or a class, of an object's class, or of a module without the line."""
    target = obj if inspect.isroutine(obj) or inspect.isclass(obj) or inspect.ismodule(obj) else type(obj)
    file = attempt(inspect.getsourcefile, target)
    if isinstance(file, Failure) or file is None:
        return ""
    lines = attempt(inspect.getsourcelines, target)
    line = "" if isinstance(lines, Failure) or not lines[1] else f", line {lines[1]}"
    return f" ({file}{line})"
