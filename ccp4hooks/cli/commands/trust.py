"""``ccp4hooks trust``: let the settings file of a directory run code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccp4hooks import trust
from ccp4hooks.cli.options import PATH, json_option, takes_verbosity
from ccp4hooks.cli.output import echo, note
from ccp4hooks.errors import BadInputError
from ccp4hooks.settings import OWN_FILE, settings_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks.settings import FoundFile


@click.command("trust", short_help="Let the settings file of a directory run code.")
@click.argument("directory", metavar="[DIR]", default=".", type=PATH)
@click.option("--revoke", is_flag=True, help="Trust the settings file of DIR no longer.")
@click.option("--list", "listing", is_flag=True, help="List the trusted settings files instead.")
@json_option
@takes_verbosity
def command(*, directory: Path, revoke: bool, listing: bool, as_json: bool) -> None:
    """Let the settings file in DIR, or in the nearest directory above it, run code. The default DIR is `.`.

    From a settings file that is found, not given with --config, ccp4hooks uses the data and ignores what runs code:
    modules that are not installed, and settings such as the command of the plugin notify. A file that other users own
    or can change is ignored as a whole. This command permits both for one file, as it is now: read it first. If its
    content changes, trust it again.
    """
    if listing and revoke:
        raise click.UsageError("Give only one of --list and --revoke.")
    if listing:
        _list(as_json=as_json)
        return
    start = directory.expanduser().absolute()
    if revoke:
        _revoke(start)
        return
    if not os.path.exists(start):  # noqa: PTH110 - Path.exists raises an error for a directory without permission
        raise BadInputError(
            f"{start} does not exist, or cannot be reached. Give a directory, or the settings file in it."
        )
    found = next(settings_files(start if start.is_dir() else start.parent), None)
    if found is None or (not start.is_dir() and found.path != start):
        raise BadInputError(f"There is no settings file {OWN_FILE} in {start} or above it.")
    if found.exposure and found.cannot_be_trusted:
        raise BadInputError(f"{found.path} cannot be trusted: {found.exposure.why}. {found.cannot_be_trusted}")
    if found.exposure and not found.content:
        raise BadInputError(f"{found.path} cannot be read, or is empty: {found.exposure.why}.")
    trust.add(found.path, found.content)
    echo(f"Trusted {found.path} as it is now.")
    for line in _warnings(found):
        note(line)


def _warnings(found: FoundFile) -> Iterator[str]:
    if found.exposure:
        yield (
            f"Note: {found.exposure.why}. If the file changes, it must be trusted again; if a module beside it "
            "changes, the new code runs."
        )


def _revoke(start: Path) -> None:
    """Remove the trust in the file of a directory, which may no longer exist.

    Raises:
        BadInputError: Neither the directory nor one above it has a trusted file.
    """
    known = trust.trusted()
    for folder in (start, *start.parents):
        for path in (folder, folder / "ccp4hooks.toml", folder / "pyproject.toml"):
            if trust.remove(path):
                echo(f"No longer trusted: {path}")
                return
    hint = "`ccp4hooks trust --list` lists the trusted files." if known else "No file is trusted."
    raise BadInputError(f"No settings file in {start} or above it is trusted. {hint}")


def _list(*, as_json: bool) -> None:
    rows = [
        {"path": path, "sha256": digest, "state": _state(Path(path), digest)}
        for path, digest in sorted(trust.trusted().items())
    ]
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(rows)
        return
    if not rows:
        note("No settings file is trusted.")
        return
    from ccp4hooks.cli.listing import aligned
    from ccp4hooks.cli.render import show

    show(*aligned(("File", "State"), [(str(row["path"]), str(row["state"])) for row in rows], below=("State",)))


def _state(path: Path, digest: str) -> str:
    """Return whether a file still has the content that was trusted."""
    content = trust.digest_of(path)
    return "missing" if content is None else "trusted" if content == digest else "changed; trust it again"
