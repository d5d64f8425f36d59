"""What a script has reported, in the words that people read."""

import pytest

from ccp4hooks import make_script
from ccp4hooks.i2 import error_report


@pytest.mark.parametrize(
    ("arguments", "said", "expected"),
    [
        (
            ["-m", "site.find", "a.mtz"],
            "Process /v/bin/python exited with code 2",
            "Process /v/bin/python -m site.find ",
        ),
        (["-m", "site.find"], "Program python3.11 crashed: killed", "Program python3.11 -m site.find crashed: killed"),
        (["find.py", "-m", "a"], "Process python exited with code 2", "Process python exited with code 2"),
        (["-m"], "Process refmac5 exited with code 2", "Process refmac5 exited with code 2"),
        ([], "Process python exited with code 2", "Process python exited with code 2"),
    ],
)
def test_a_program_that_is_a_module_of_python_is_named_with_the_module(arguments, said, expected):
    script = make_script("freerflag")
    script.appendCommandLine(arguments)
    script.errorReport.append(klass="freerflag", code=101, details=said, severity=4)
    (entry,) = error_report.reported(script)
    assert entry.text.startswith(expected)
