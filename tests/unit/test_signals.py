"""Signals that end a process by default are handled like Ctrl-C, unless they are ignored."""

import signal
import subprocess
import sys

import pytest

from ccp4hooks.failures import UserInterrupt, attempt
from ccp4hooks.runtime import signals
from ccp4hooks.runtime.signals import TERMINATION

PREPARED = """
import os, signal, sys
from ccp4hooks.runtime import signals

number = signal.Signals[sys.argv[1]]
"""

HANDLED = """
signals.treat_termination_as_interrupt()
try:
    os.kill(os.getpid(), number)
    print("lives")
except KeyboardInterrupt:
    print("interrupted")
"""

DEFERRED = """
signals.treat_termination_as_interrupt()
try:
    with signals.deferred():
        os.kill(os.getpid(), number)
        print("finished")
except KeyboardInterrupt:
    print("interrupted")
"""

RESTORED = """
before = signal.getsignal(number)
with signals.termination_as_interrupt():
    during = signal.getsignal(number)
print(before == signal.getsignal(number), during == before)
"""


def said(program, name, before=""):
    words = [sys.executable, "-c", PREPARED + before + program, name]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("name", TERMINATION)
def test_a_signal_that_ends_a_process_interrupts_it_like_ctrl_c(name):
    assert said(HANDLED, name) == ["interrupted"]


@pytest.mark.parametrize("name", TERMINATION)
def test_a_signal_that_is_ignored_at_the_start_stays_ignored(name):
    assert said(HANDLED, name, "signal.signal(number, signal.SIG_IGN)") == ["lives"]


@pytest.mark.parametrize("name", TERMINATION)
@pytest.mark.parametrize("before", ["", "signal.signal(signal.SIGINT, signal.SIG_IGN)"], ids=["terminal", "background"])
def test_a_signal_is_deferred_like_ctrl_c_even_where_ctrl_c_is_ignored(name, before):
    assert said(DEFERRED, name, before) == ["finished", "interrupted"]


@pytest.mark.parametrize(("before", "expected"), [("", ["True", "False"]), ("ignored", ["True", "True"])])
def test_the_handlers_of_before_are_restored(before, expected):
    ignored = "signal.signal(number, signal.SIG_IGN)" if before else ""
    assert said(RESTORED, signal.SIGUSR2.name, ignored) == expected


# --- further signals ------------------------------------------------------------------------------------------

NUMBERS = [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1]


@pytest.fixture
def clock(monkeypatch):
    """The time that the handlers see [s]."""
    now = [100.0]
    monkeypatch.setattr(signals.time, "monotonic", lambda: now[0])
    signals.treat_termination_as_interrupt()
    return now


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_interrupts_and_those_that_follow_soon_change_nothing(clock, number):
    with pytest.raises(UserInterrupt):
        signal.raise_signal(number)
    clock[0] += signals.REPEAT_S / 2
    for later in NUMBERS:
        signal.raise_signal(later)
    clock[0] += signals.REPEAT_S
    with pytest.raises(UserInterrupt):
        signal.raise_signal(signal.SIGTERM)


def test_a_signal_that_follows_soon_changes_nothing_in_a_block_that_defers_signals(clock):
    def terminate_three_times():
        with signals.deferred():
            assert attempt(signal.raise_signal, signal.SIGTERM) is None
            assert attempt(signal.raise_signal, signal.SIGTERM) is None
            clock[0] += signals.REPEAT_S
            attempt(signal.raise_signal, signal.SIGTERM)
            pytest.fail("the late one has not passed")

    with pytest.raises(UserInterrupt):
        terminate_three_times()


@pytest.mark.usefixtures("clock")
def test_a_signal_in_a_block_interrupts_at_its_end_although_another_one_follows():
    ended = []

    def terminate_twice():
        with signals.deferred():
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
            ended.append(True)

    with pytest.raises(UserInterrupt):
        terminate_twice()
    assert ended == [True]


def test_the_first_signal_after_the_end_changes_nothing_and_a_late_one_interrupts(clock):
    signals.let_finish()
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
    clock[0] += signals.REPEAT_S
    with pytest.raises(UserInterrupt):
        signal.raise_signal(signal.SIGTERM)


@pytest.mark.usefixtures("clock")
def test_at_the_very_end_all_that_was_handled_is_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signals.ignore_all()
    for number in NUMBERS:
        assert signal.getsignal(number) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


IMPORTED = """
import enum, os, signal, sys
from ccp4hooks.failures import UserInterrupt
from ccp4hooks.runtime import signals

original = enum.EnumMeta.__call__

def call(*words, **options):
    if "gemmi" in sys.modules:
        enum.EnumMeta.__call__ = original
        os.kill(os.getpid(), signal.SIGTERM)
    return original(*words, **options)

enum.EnumMeta.__call__ = call
try:
    signals.treat_termination_as_interrupt()
except UserInterrupt:
    print("interrupted", "Mtz" in dir(sys.modules["gemmi"]))
"""


def test_a_signal_during_the_import_of_gemmi_interrupts_after_it():
    done = subprocess.run([sys.executable, "-c", IMPORTED], stdout=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "interrupted True\n")
