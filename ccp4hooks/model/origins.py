"""Who gave a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who gave a value.

    Attributes:
        plugin: Name under which the plugin is registered; ``"core"`` for ccp4hooks itself.
        version: Version of the distribution it came from; empty where it has none.
    """

    plugin: str
    version: str = ""
