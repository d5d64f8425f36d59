import subprocess
import sys

from ccp4hooks.runtime.subprocesses import Programs


def test_stopping_does_not_wait_for_a_program_that_has_ended_and_is_not_reaped_yet():
    programs = Programs()
    with programs.tracked(), subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"]) as program:
        programs.stop(grace_s=3600)
        assert program.returncode is None
    assert program.returncode == -15
