"""Show a page in the browser."""

from __future__ import annotations

from ccp4hooks.cli.output import note


def show(address: str) -> None:
    """Show a page in the browser, or say that none was found."""
    import webbrowser

    if not webbrowser.open(address):
        note(f"No browser was found. Open {address} yourself.")
