"""Show a page in the browser."""

from __future__ import annotations

import os
import sys

from ccp4hooks.cli.output import note


def show(address: str) -> None:
    """Show a page in the browser, or say that none was found."""
    import webbrowser

    if not _has_desktop() or not webbrowser.open(address):
        note(f"No browser was found. Open {address} yourself.")


def _has_desktop() -> bool:
    """Return whether a browser with windows can be shown. On a terminal alone, Python would start one for texts."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    return not sys.platform.startswith("linux") or any(map(os.environ.get, names))
