"""The plugin `notify` keeps what the test kit asks of every sink, as far as the receiver sees it."""

import json
import shlex
import time
from dataclasses import replace
from functools import wraps

from ccp4hooks.testing import SinkContract
from ccp4hooks_notify import NotifyPlugin

RECEIVER = "{{ cat; echo; }} >> {store}/said; echo >> {calls}"
"""A receiver that appends each message to a file. The other file has a line for each message, received or not."""

LIMIT_S = 60.0


class TestSink(SinkContract):
    plugin = NotifyPlugin
    name = "notify"
    is_record = False

    def options(self, directory):
        store, calls = shlex.quote(str(directory)), shlex.quote(str(calls_of(directory)))
        code = RECEIVER.format(store=store, calls=calls)
        return {"command": shlex.join(["sh", "-c", code])}

    def loaded(self, directory=None):
        """Return the hooks of the plugin, which wait here until the receiver was called."""
        plan = dict(super().loaded(directory))
        for hook in ("job_status", "job_finished"):
            plan[hook] = [replace(one, function=waiting(one.function, calls_of(directory))) for one in plan[hook]]
        return plan

    def recorded(self, directory):
        """Return the last message of each job: a receiver knows by its UUID that it came twice."""
        said = directory / "said"
        messages = [json.loads(line) for line in said.read_text().splitlines()] if said.exists() else []
        return {one["uuid"]: one for one in messages}


def calls_of(directory):
    return directory.with_name(f"{directory.name}-calls")


def waiting(function, calls):
    @wraps(function)
    def call(*arguments):
        before = size_of(calls)
        function(*arguments)
        end = time.monotonic() + LIMIT_S
        while size_of(calls) == before and time.monotonic() < end:
            time.sleep(0.002)

    return call


def size_of(path):
    return path.stat().st_size if path.exists() else 0
