"""Start a process that outlives this one, without waiting for it, and without its output."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def start(command: list[str], environment: Mapping[str, str]) -> None:
    """Start a program in a process group of its own; do nothing on Windows, which cannot do it this way.

    `subprocess` is not used, because to import it takes longer.

    Args:
        command: Path of the program, and its arguments.
        environment: Its environment.

    Raises:
        OSError: The program cannot be started.
    """
    if sys.platform != "win32":
        streams = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in range(3)]
        os.posix_spawn(command[0], command, environment, file_actions=streams, setpgroup=0)
