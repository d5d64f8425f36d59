"""The settings of the plugin: the table ``[plugins.database]`` of ``ccp4hooks.toml``."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_LOCK_S = 10.0
"""Longest time that one statement waits for its connection and for a lock together [s].

No user waits longer than this to learn that a job cannot start.
"""

LONGEST_WAIT_S = 30 * 86_400.0
"""Longest time to wait that can be set [s]. Python waits for at most some hundred years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """The table ``[plugins.database]``.

    Attributes:
        wal: Whether to switch a SQLite database to write-ahead logging. The switch is permanent, and it is refused on
            network file systems, where write-ahead logging is unsafe.
        wait_s: How long to wait for a locked or unreachable database after a job has run [s]. Before a job starts the
            wait ends after `MAX_LOCK_S`.
        silence_s: Time without a sign of life after which the process of a job counts as dead, if it cannot be looked
            up because it runs on another machine or in a container [s]. Each process gives one every 20 s, or five in
            this time.
    """

    wal: bool = False
    wait_s: float = field(default=30.0, metadata={"minimum": 0.0, "maximum": LONGEST_WAIT_S})
    silence_s: float = field(default=600.0, metadata={"minimum": 1.0, "maximum": LONGEST_WAIT_S})

    @property
    def short_wait_s(self) -> float:
        """How long to wait where giving up loses nothing [s]."""
        return min(self.wait_s, MAX_LOCK_S)
