"""Functions that are called for a limited time."""

import threading
import time
from contextlib import suppress

from ccp4hooks.failures import Failure
from ccp4hooks.runtime.time_limits import within


def test_a_function_returns_or_raises_as_usual():
    assert within(60, max, 1, 2) == 2
    failure = within(60, int, "x")
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, ValueError)


def test_a_function_that_never_ends_is_stopped_also_if_it_catches_what_stops_it():
    ended = threading.Event()

    def stubborn():
        for _ in range(3):
            with suppress(SystemExit):
                while True:
                    time.sleep(0.001)
        ended.set()

    failure = within(0.05, stubborn)
    assert isinstance(failure.error, TimeoutError)
    assert failure.reason == "TimeoutError: it took longer than 0.05 s"
    assert ended.wait(60)


def test_a_function_that_cannot_be_stopped_is_left_behind():
    release = threading.Event()
    try:
        assert isinstance(within(0.05, release.wait).error, TimeoutError)
    finally:
        release.set()
