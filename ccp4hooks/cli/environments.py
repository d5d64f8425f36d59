"""What ``enable`` and ``disable`` share: their options, and the part of the database plugin that they call."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

MODULE = "ccp4hooks_database.server.environments"
"""It is in the database plugin because it adds a Django app. It is used whether or not the plugin is loaded."""


def environments() -> Any:
    """Return the module that adds ccp4hooks to a Python environment of CCP4i2, and removes it."""
    return import_module(MODULE)


def environment_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose a Python environment to a command."""
    for option in (
        click.option(
            "--user", is_flag=True, help="Use the user's own directory of packages, so that other users are unaffected."
        ),
        click.option(
            "--python",
            default=sys.executable,
            metavar="PROGRAM",
            help="Python of CCP4i2, for instance ccp4-python. Default: the Python that runs ccp4hooks.",
        ),
    ):
        function = option(function)
    return function
