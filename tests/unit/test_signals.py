"""Signals that end a process by default are handled like Ctrl-C, unless they are ignored."""

import signal
import subprocess
import sys

import pytest

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
