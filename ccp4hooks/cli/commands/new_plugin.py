"""``ccp4hooks new-plugin``: create a plugin package with tests."""

from __future__ import annotations

import keyword
import os
import re
import shutil
import sys
import tempfile
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, TypeVar

import click

from ccp4hooks.cli.options import PATH, takes_verbosity
from ccp4hooks.cli.output import echo
from ccp4hooks.cli.templates import KINDS
from ccp4hooks.errors import BadInputError
from ccp4hooks.hookspecs import CONTRACT_VERSION
from ccp4hooks.runtime import os_errors

if TYPE_CHECKING:
    from collections.abc import Callable

GROUP = "ccp4hooks"

F = TypeVar("F", bound="Callable[..., object]")


def _takes_kind(function: F) -> F:
    """Add an option for each kind of plugin."""
    for name, kind in reversed(list(KINDS.items())):
        function = click.option(f"--{name}", is_flag=True, help=kind.help)(function)
    return function


@click.command("new-plugin", short_help="Create a plugin package with tests.")
@click.argument("name")
@_takes_kind
@click.option(
    "--directory",
    metavar="DIR",
    default=".",
    type=PATH,
    help="Parent directory of the new package. Default: the current directory.",
)
@takes_verbosity
def command(*, name: str, directory: Path, **chosen: bool) -> None:
    """Create an installable plugin package of one kind, with its tests and its entry point.

    NAME (for example demo-gleaner) is the name of the distribution and of the plugin. The tests are those that
    ccp4hooks has for plugins of this kind, and some of the plugin's own. A package may have plugins of several kinds:
    create one, and copy into it the modules, the tests and the entry points of others.
    """
    kinds = [kind for kind, is_chosen in chosen.items() if is_chosen]
    if len(kinds) > 1:
        options = " and ".join(f"--{kind}" for kind in kinds)
        raise click.UsageError(f"A new package has one plugin: give one of {options}.")
    kind = kinds[0] if kinds else next(iter(KINDS))
    home = write(name, directory.expanduser().absolute(), kind=kind)
    echo(f"Created the plugin {name} in {home}. Install it and run its tests:")
    echo(f"  {Path(sys.executable).name} -m pip install -e '{home}[test]'")
    echo(f"  {Path(sys.executable).name} -m pytest {home}")


def write(name: str, directory: Path, *, kind: str) -> Path:
    """Write the package atomically and return its directory.

    Args:
        name: Name of the distribution and of the plugin.
        directory: Parent directory of the package.
        kind: The kind of plugin, one of `KINDS`.

    Raises:
        BadInputError: The name is invalid or in use, or the package's directory exists or cannot be written.
    """
    module = module_name(name)
    _require_free(name, module)
    home = directory / name
    if os.path.lexists(home):
        raise BadInputError(f"{home} already exists. Choose another name, or another --directory.")
    title = "".join(part.capitalize() for part in module.split("_"))
    kpi, requires = f"diskUse{title}"[:50], f">={CONTRACT_VERSION},<{int(CONTRACT_VERSION.partition('.')[0]) + 1}"
    words = {"name": name, "module": module, "task": module, "cls": f"{title}Script", "kpi": kpi, "requires": requires}
    try:
        _write_texts(home, words, kind=kind)
    except OSError as error:
        why = os_errors.explained(error, elsewhere="give another --directory")
        raise BadInputError(f"The package cannot be written to {home}: {why}") from error
    return home


def _write_texts(home: Path, words: dict[str, str], *, kind: str) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{home.name}-", dir=home.parent))
    try:
        scratch.chmod(0o755)
        for path, text in KINDS[kind].texts().items():
            target = scratch / Template(path).substitute(words)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(Template(text).substitute(words), encoding="utf-8")
        scratch.rename(home)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def module_name(name: str) -> str:
    """Return the name of a distribution's import package.

    Raises:
        BadInputError: The name is invalid.

    >>> module_name("demo-gleaner")
    'demo_gleaner'
    """
    module = name.replace("-", "_")
    if not re.fullmatch(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*", name) or keyword.iskeyword(module):
        raise BadInputError(
            f"{name!r} is not a valid plugin name. Use lower-case letters and digits in words joined by '-', starting "
            "with a letter, and not a Python keyword."
        )
    return module


def _require_free(name: str, module: str) -> None:
    taken = {entry.name: entry.value for entry in entry_points(group=GROUP)}
    if name in taken:
        raise BadInputError(f"A plugin {name!r} is already installed ({taken[name]}). Choose another name.")
    if find_spec(module) is not None:
        raise BadInputError(f"A Python module {module!r} already exists. Choose another name than {name!r}.")
