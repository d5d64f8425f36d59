"""``ccp4hooks new-plugin``: write a package that is a plugin, with its tests."""

from __future__ import annotations

import keyword
import re
import shutil
import sys
import tempfile
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from string import Template

import click

from ccp4hooks.cli.templates import texts
from ccp4hooks.errors import BadInputError
from ccp4hooks.hookspecs import CONTRACT_VERSION

GROUP = "ccp4hooks"


@click.command("new-plugin", short_help="Write a package that is a plugin, with its tests.")
@click.argument("name")
@click.option("--task", is_flag=True, help="Add a task of its own, with its def file.")
@click.option(
    "--directory",
    metavar="DIR",
    default=".",
    type=click.Path(path_type=Path),
    help="Where to write it, here if not given; the package gets a directory of its own there.",
)
def command(*, name: str, task: bool, directory: Path) -> None:
    """Write a package that is a plugin: a gleaner, its tests and its entry point, ready to be installed.

    NAME is the name of the distribution and of the plugin, for instance demo-gleaner.
    """
    home = write(name, directory.expanduser().absolute(), task=task)
    click.echo(f"The plugin {name} is in {home}. Install it and run its tests:")
    click.echo(f"  {Path(sys.executable).name} -m pip install -e '{home}[test]'")
    click.echo(f"  {Path(sys.executable).name} -m pytest {home}")


def write(name: str, directory: Path, *, task: bool) -> Path:
    """Write the package and return its directory; whole, or not at all.

    Raises:
        BadInputError: The name cannot be that of a package or is taken, or its directory exists.
    """
    module = module_name(name)
    _require_free(name, module)
    home = directory / name
    if home.exists() or home.is_symlink():
        raise BadInputError(f"{home} exists already. Choose another name, or another place by --directory.")
    title = "".join(part.capitalize() for part in module.split("_"))
    kpi, requires = f"diskUse{title}"[:50], f">={CONTRACT_VERSION},<{int(CONTRACT_VERSION.partition('.')[0]) + 1}"
    words = {"name": name, "module": module, "task": module, "cls": f"{title}Script", "kpi": kpi, "requires": requires}
    directory.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=directory))
    try:
        scratch.chmod(0o755)
        for path, text in texts(task=task).items():
            target = scratch / Template(path).substitute(words)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(Template(text).substitute(words), encoding="utf-8")
        scratch.rename(home)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return home


def module_name(name: str) -> str:
    """Return the import package of a distribution.

    Raises:
        BadInputError: It cannot have one.

    >>> module_name("demo-gleaner")
    'demo_gleaner'
    """
    module = name.replace("-", "_")
    if not re.fullmatch(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*", name) or keyword.iskeyword(module):
        raise BadInputError(
            f"{name!r} cannot be the name of a plugin: it must be small letters and digits, words joined by '-', "
            "begin with a letter, and be no word of Python's."
        )
    return module


def _require_free(name: str, module: str) -> None:
    taken = {entry.name: entry.value for entry in entry_points(group=GROUP)}
    if name in taken:
        raise BadInputError(f"There is an installed plugin {name!r} ({taken[name]}). Choose another name.")
    if find_spec(module) is not None:
        raise BadInputError(f"There is a Python module {module!r} here already. Choose another name than {name!r}.")
