from ccp4hooks.failures import Failure, attempt


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
