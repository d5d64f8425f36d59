import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from ccp4hooks import BadInputError
from ccp4hooks.failures import Failure, InterruptHandler, UserInterrupt, attempt
from ccp4hooks.runtime import signals


def test_attempt_returns_the_value_or_a_failure():
    assert attempt(int, "12", base=8) == 10
    failure = attempt(int, "x")
    assert isinstance(failure, Failure)
    assert failure.reason.startswith("ValueError: invalid literal")
    assert "Traceback" in failure.text


def test_the_reason_of_an_exception_without_a_message_is_its_type():
    def failing():
        raise RuntimeError

    assert attempt(failing).reason == "RuntimeError"


class Meta(type):
    @property
    def __name__(cls):
        raise RuntimeError("no name")


class NamelessError(Exception, metaclass=Meta):
    pass


class NoTextError(Exception):
    def __str__(self):
        return 5  # noqa: PLE0307 - the fault that is tested


class ExitsError(Exception):
    def __str__(self):
        raise SystemExit(1)


def raising(error):
    raise error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NamelessError(), "NamelessError (it cannot be printed)"),
        (NoTextError(), "NoTextError (it cannot be printed)"),
        (ExitsError(), "ExitsError (it cannot be printed)"),
        (ValueError("a\udce9\0b"), "ValueError: a\\udce9b"),
        (ValueError("x" * 5000), f"ValueError: {'x' * 1997}..."),
        (BadInputError("a\udce9"), "a\\udce9"),
        (GeneratorExit(), "GeneratorExit"),
        (asyncio.CancelledError("m"), "CancelledError: m"),
    ],
)
def test_an_exception_that_cannot_be_printed_is_a_failure_like_any_other(error, reason):
    failure = attempt(raising, error)
    assert (failure.error, failure.reason) == (error, reason)
    failure.text.encode()
    assert "\0" not in failure.text


def test_ctrl_c_passes():
    with pytest.raises(KeyboardInterrupt):
        attempt(signal.raise_signal, signal.SIGINT)
    with pytest.raises(UserInterrupt):
        attempt(raising, UserInterrupt())


def test_a_keyboard_interrupt_that_the_code_raises_itself_is_a_failure_while_ctrl_c_is_handled():
    with signals.deferred():
        assert attempt(raising, KeyboardInterrupt("own")).reason == "KeyboardInterrupt: own"
    signal.signal(signal.SIGINT, InterruptHandler(lambda _: None))
    assert attempt(raising, KeyboardInterrupt()).reason == "KeyboardInterrupt"


def test_a_keyboard_interrupt_in_another_thread_is_never_one_of_the_user():
    with ThreadPoolExecutor(1) as thread:
        failure = thread.submit(attempt, raising, KeyboardInterrupt()).result()
        assert failure.reason == "KeyboardInterrupt"
        with pytest.raises(UserInterrupt):
            thread.submit(attempt, raising, UserInterrupt()).result()


def test_the_second_ctrl_c_passes_while_the_first_one_is_deferred():
    def press_twice():
        with signals.deferred():
            assert attempt(signal.raise_signal, signal.SIGINT) is None
            attempt(signal.raise_signal, signal.SIGINT)
            pytest.fail("the second one has not passed")

    with pytest.raises(UserInterrupt):
        press_twice()


def chain(error):
    """The exceptions that a walk along the causes meets; more than ten if it does not end."""
    found = []
    while error is not None and len(found) <= 10:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def test_every_chain_of_causes_is_finite():
    a, b, c = ValueError("a"), ValueError("b"), ValueError("c")
    a.__cause__, b.__cause__, c.__context__ = b, c, a
    assert chain(attempt(raising, a).error) == [a, b, c]
    own = ValueError("own")
    own.__cause__ = own
    assert chain(attempt(raising, own).error) == [own]
    kept = ValueError("kept")
    kept.__cause__ = kept.__context__ = KeyError("cause")
    assert len(chain(attempt(raising, kept).error)) == 2
