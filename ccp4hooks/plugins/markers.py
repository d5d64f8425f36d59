"""`hookimpl`, which marks the functions of a plugin that implement hooks.

``markers.pyi`` has its types: for each hook, which functions implement it. Both type checkers and editors read it.
``PYTHONPATH=tests python tests/architecture/test_marker_types.py`` writes it anew from the hook specification.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pluggy

from ccp4hooks.errors import nearest
from ccp4hooks.hookspecs import HOOKS

if TYPE_CHECKING:
    from collections.abc import Callable

_mark = pluggy.HookimplMarker("ccp4hooks")


class HookMarker:
    """Marks a function of a plugin as the implementation of a hook: ``@hookimpl`` or ``@hookimpl.HOOK``.

    ``@hookimpl`` takes the name of the hook from the function. ``@hookimpl.glean_kpi`` names it, so that the function
    may have any name, and a type checker finds a misspelt hook, a wrong argument and a wrong result. Both take
    ``tryfirst=True`` and ``trylast=True``, which change the order in which plugins are called.

    Attributes:
        project_name: The name by which pluggy knows the hooks.
    """

    project_name = _mark.project_name

    def __call__(self, function: Callable[..., Any] | None = None, **options: Any) -> Any:
        """Mark a function by its own name, or return a decorator that does so.

        Args:
            function: The function; None if there are options.
            options: ``tryfirst`` and ``trylast``, and the further options of pluggy.
        """
        return _mark(function, **options)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return the decorator for a hook.

        Raises:
            AttributeError: No hook has that name.
        """
        if name in HOOKS:
            return partial(_mark, specname=name)
        near = nearest(name, HOOKS)
        raise AttributeError(f"unknown hook {name!r}{'; did you mean ' + ' or '.join(near) + '?' if near else ''}")

    def __dir__(self) -> list[str]:
        """Return the names of all hooks."""
        return [*super().__dir__(), *HOOKS]


hookimpl = HookMarker()
