"""The types of `hookimpl` are those of the hook specification.

``PYTHONPATH=tests python tests/architecture/test_marker_types.py`` writes them anew.
"""

import ast
import inspect
import re
from itertools import chain, combinations
from pathlib import Path

from ccp4hooks import hookspecs
from ccp4hooks.hookspecs import HOOKS
from ccp4hooks.plugins import markers

TYPES = Path(markers.__file__).with_suffix(".pyi")

HEAD = '''\
"""Types of the decorators of `hookimpl`, written by tests/architecture/test_marker_types.py.

A function implements a hook if it takes some of the arguments of the hook by their names, in their order, and returns
what the hook returns, or an awaitable of it. There is a protocol for each choice of arguments, and for functions and
methods.
"""
'''


def written() -> str:
    """Return the text of ``markers.pyi``."""
    hooks = [one for hook in HOOKS.values() for one in (_protocols(hook), "")]
    body = "\n".join(hooks)
    marker = "\n".join(_decorator(hook) for hook in HOOKS.values())
    return f"{HEAD}\n{_imports(body)}\n\n{BASE}\n\n{body}\n{MARKER}{marker}\n\nhookimpl: HookMarker\n"


BASE = """\
_F = TypeVar("_F", bound=Callable[..., object])
_R = TypeVar("_R")
_Answer: TypeAlias = _R | Awaitable[_R]
"""

MARKER = '''\
class HookMarker:
    """Marks a function of a plugin as the implementation of a hook: ``@hookimpl`` or ``@hookimpl.HOOK``."""

    project_name: str

    @overload
    def __call__(self, function: _F) -> _F: ...
    @overload
    def __call__(
        self,
        function: None = None,
        *,
        tryfirst: bool = ...,
        trylast: bool = ...,
        optionalhook: bool = ...,
        specname: str | None = ...,
    ) -> Callable[[_F], _F]: ...
'''


def _protocols(hook) -> str:
    """Return the protocols of the functions that implement a hook, and the type of any of them."""
    signature = inspect.signature(hook.specification)
    result = signature.return_annotation
    names, lines = [], []
    for chosen in chain.from_iterable(
        combinations(hook.arguments, count) for count in range(len(hook.arguments), -1, -1)
    ):
        taken = "".join(f", {name}: {signature.parameters[name].annotation}" for name in chosen)
        # A method has an argument `self`, so that its other arguments are not those of a function with a wrong name.
        for kind, own in (("Function", ""), ("Method", ", self: Any")):
            name = "_" + "".join(map(_words, (hook.name, *chosen))) + kind
            names.append(name)
            lines += [f"class {name}(Protocol):", f"    def __call__(_{own}{taken}) -> _Answer[{result}]: ...", ""]
    union = "".join(f"    | {name}\n" for name in names).replace("    | ", "    ", 1)
    return "\n".join(lines) + f"\n{_type_of(hook)} = TypeVar(\n    {_type_of(hook)!r},\n    bound={union.strip()},\n)\n"


def _decorator(hook) -> str:
    """Return the decorator of a hook, with and without options."""
    type_ = _type_of(hook)
    summary = inspect.getdoc(hook.specification).splitlines()[0]
    return f'''\
    @overload
    def {hook.name}(self, function: {type_}, /) -> {type_}:
        """{summary}"""
    @overload
    def {hook.name}(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[{type_}], {type_}]: ...'''


def _type_of(hook) -> str:
    return f"_{_words(hook.name)}"


def _words(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _imports(body: str) -> str:
    """Return the imports of the hook specification that are used."""
    used = set(re.findall(r"\w+", body))
    (block,) = [node for node in ast.parse(inspect.getsource(hookspecs)).body if isinstance(node, ast.If)]
    lines = [
        "from collections.abc import Awaitable, Callable",
        "from typing import Any, Protocol, TypeAlias, TypeVar, overload",
    ]
    for node in block.body:
        names = [name.name for name in node.names if name.name in used and name.name not in ("Awaitable", "Callable")]
        if names:
            lines.append(f"from {node.module} import {', '.join(names)}")
    return "\n".join(lines)


def test_the_types_are_those_of_the_hooks():
    assert TYPES.read_text(encoding="utf-8") == written()


if __name__ == "__main__":
    TYPES.write_text(written(), encoding="utf-8")
