"""Show a page in the browser."""

from __future__ import annotations

import os
import sys
from html import escape
from pathlib import Path
from tempfile import NamedTemporaryFile

import click

from ccp4hooks.cli.output import note


def show(address: str) -> None:
    """Show a page in the browser, or say that none was found."""
    import webbrowser

    if not _has_desktop() or not webbrowser.open(address):
        note(f"No browser was found. Open {address} yourself.")


def show_secret(address: str) -> None:
    """Show a page whose address nobody else may know, by a file that leads there and that only this user can read.

    Every user of a machine can see the command lines of all processes. The file is removed when the command ends.
    """
    if not _has_desktop():
        show(address)
        return
    with NamedTemporaryFile("w", suffix=".html", prefix="ccp4hooks-", delete=False, encoding="utf-8") as file:
        file.write(f'<!doctype html><meta http-equiv="refresh" content="0; url={escape(address)}">\n')
    path = Path(file.name)
    click.get_current_context().call_on_close(lambda: path.unlink(missing_ok=True))
    show(path.as_uri())


def _has_desktop() -> bool:
    """Return whether a browser with windows can be shown. On a terminal alone, Python would start one for texts."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    return not sys.platform.startswith("linux") or any(map(os.environ.get, names))
