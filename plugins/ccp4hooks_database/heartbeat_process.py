"""Record heartbeats in a process of its own: code that holds Python's lock stops the threads of the runner, not this.

The runner starts this file as a program and writes its settings to it as one JSON line. The end of the pipe, or another
parent, means that the runner has ended. The file imports nothing but the standard library before the first heartbeat,
because most jobs end before that.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from typing import Any

LIMIT_S = 60
"""Time after which a heartbeat that does not return ends this process [s]; the runner starts another one."""

IGNORED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")


def settings_of(stream: int) -> dict[str, Any]:
    """Return the settings, the first line of the input; nothing if the input ends before."""
    text = b""
    while not text.endswith(b"\n"):
        part = os.read(stream, 65536)
        if not part:
            return {}
        text += part
    return dict(json.loads(text))


def uptime_s(offset_s: float) -> float | None:
    """Return the time since the boot, the same in all namespaces [s]."""
    return time.clock_gettime(time.CLOCK_MONOTONIC) - offset_s if sys.platform == "linux" else None


def record_in_sqlite(settings: dict[str, Any]) -> int | None:
    """Record one heartbeat in a SQLite file, and return the number of jobs.

    None if the file is missing or locked; it is tried again at the next heartbeat.
    """
    import sqlite3  # noqa: PLC0415 - start-up time
    from contextlib import closing, suppress  # noqa: PLC0415 - the same
    from datetime import datetime, timezone  # noqa: PLC0415 - the same

    # As Django writes it.
    now = str(datetime.now(timezone.utc).replace(tzinfo=None))
    with suppress(sqlite3.Error), closing(sqlite3.connect(settings["name"], uri=True, timeout=10)) as connection:
        done = connection.execute(settings["sql"], (now, uptime_s(settings["offset_s"]), settings["token"]))
        connection.commit()
        return done.rowcount
    return None


def record_on_server(settings: dict[str, Any]) -> int | None:
    """Record one heartbeat on a PostgreSQL server, and return the number of jobs.

    None if the server is away; it is tried again at the next heartbeat.
    """
    from contextlib import suppress  # noqa: PLC0415 - start-up time
    from importlib import import_module  # noqa: PLC0415 - the same

    driver = import_module(settings["driver"])
    with suppress(driver.Error):
        connection = driver.connect(**settings["connect"])
        try:
            values = (uptime_s(settings["offset_s"]), settings["token"])
            cursor = connection.cursor()
            cursor.execute(settings["sql"], values)
            connection.commit()
            return int(cursor.rowcount)
        finally:
            connection.close()
    return None


def main() -> None:
    """Record a heartbeat in each period until the runner ends, or runs no job."""
    runner = os.getppid()
    for name in IGNORED:
        signal.signal(signal.Signals[name], signal.SIG_IGN)
    settings = settings_of(0)
    if not settings:
        return
    sys.path.extend(settings["path"])
    period_s = settings["period_s"]
    record = record_in_sqlite if "name" in settings else record_on_server
    due_s = time.monotonic() + period_s
    while True:
        readable, _, _ = select.select([0], [], [], max(0.0, due_s - time.monotonic()))
        if readable and not os.read(0, 65536):
            return
        if os.getppid() != runner:
            # A process that the runner forked may keep the pipe open.
            return
        if time.monotonic() >= due_s:
            due_s = time.monotonic() + period_s
            signal.alarm(LIMIT_S)
            jobs = record(settings)
            signal.alarm(0)
            if jobs == 0:
                # The runner starts another process for its next job.
                return


if __name__ == "__main__":
    main()
    # Nothing to clean up, and the runner waits.
    os._exit(0)
