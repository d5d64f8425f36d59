"""The plugin that a value comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The plugin that a value comes from.

    Attributes:
        plugin: Name under which the plugin is registered; ``"core"`` for ccp4hooks itself.
        version: Version of the distribution that contains the plugin; empty if there is no distribution.
    """

    plugin: str
    version: str = ""
