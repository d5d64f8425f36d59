"""The commands of docs/howto/ccp4i2-on-the-hooks.md that start CCP4i2's programs, in a shell without any variable."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import ccp4i2
import pytest
from web_server import ASGI, Server, free_port

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "ccp4i2-on-the-hooks.md"
IS_3_0 = ccp4i2.__version__.startswith("3.0")
PORT = "8000"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the page is for a POSIX shell")
needs_3_1 = pytest.mark.skipif(IS_3_0, reason="the page says that CCP4i2 3.0 cannot do it")
only_3_0 = pytest.mark.skipif(not IS_3_0, reason="the page says that CCP4i2 3.1 does not need it")


def block(name):
    """Return the code of the block of that name on the page."""
    (text,) = re.findall(rf"<!-- {name} -->\n```[a-z]+\n(.*?)```\n<!-- /{name} -->", PAGE.read_text(), re.DOTALL)
    return text


class Shell:
    """A directory of a user who has nothing but an installation and one data file."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "home").mkdir()
        self.environment = {
            "HOME": str(folder / "home"),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        }

    def start(self, script, **options):
        return subprocess.Popen(
            ["/bin/bash", "-e", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            text=True,
            **options,
        )

    def run(self, *blocks):
        """Run blocks of the page after the one that switches the hooks on, and return the standard output."""
        process = self.start("".join(blocks), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        output, errors = process.communicate(timeout=280)
        assert process.returncode == 0, output + errors
        return output

    def outcomes(self):
        """Return task and status of each job of the project toxd, from the outcome files that only the hooks write."""
        found = [*self.folder.rglob("toxd/CCP4_JOBS/job_*/ccp4hooks_outcome.json")]
        written = [json.loads(path.read_text()) for path in sorted(found)]
        return [(outcome["job"]["task"], outcome["status"]) for outcome in written]


def fails(line):
    """Return a script that fails if a command succeeds."""
    return f"if {line.strip()}; then exit 99; fi\n"


FINISHED = [("freerflag", "FINISHED")]


@pytest.fixture
def shell(tmp_path, data):
    shutil.copy(data["fsigf"], tmp_path / "native.mtz")
    return Shell(tmp_path)


class Started:
    """The server of the page, on a free port."""

    def __init__(self, shell):
        self.shell = shell
        self.port = free_port()
        self.log = shell.folder / "server.log"

    def __enter__(self):
        line = self.here(block("server"))
        assert ASGI in line
        self.stream = self.log.open("w")
        process = self.shell.start(f"{block('on')}exec {line}", stdout=self.stream, stderr=subprocess.STDOUT)
        self.server = Server(self.port, process, self.log)
        self.server.wait_for(self.server.is_up)
        return self

    def __exit__(self, *_):
        self.server.process.terminate()
        self.server.process.wait(60)
        self.stream.close()

    def here(self, text):
        assert PORT in text
        return text.replace(PORT, str(self.port))


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page uses curl")
def test_a_job_of_the_rest_server_runs_through_the_hooks(shell):
    with Started(shell) as started:
        shell.run(started.here(block("rest")))
        started.server.wait_for(lambda: shell.outcomes() == FINISHED)
        started.server.wait_for(lambda: started.server("GET", "jobs/1/")[1]["status"] == 6)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page uses curl")
def test_run_job_runs_a_job_that_was_opened_with_the_rest_server(shell):
    with Started(shell) as started:
        shell.run(started.here("".join(block("rest").splitlines(keepends=True)[:-2])))
    assert shell.outcomes() == []
    shell.run(block("on"), block("run_job"))
    assert shell.outcomes() == FINISHED


@needs_3_1
def test_run_job_runs_a_job_that_was_opened_with_commands(shell):
    shell.run(block("on"), block("open_job"), block("run_job"))
    assert shell.outcomes() == FINISHED


@pytest.mark.slow
@only_3_0
@pytest.mark.parametrize("command", ["set_job_parameter", "upload_file_param"])
def test_the_commands_that_set_parameters_do_not_work_with_3_0(shell, command):
    shell.run(block("on"), *block("open_job").splitlines(keepends=True)[:-1])
    option = {"set_job_parameter": "--value", "upload_file_param": "--file"}[command]
    line = f"python -m django {command} -pn toxd -jn 1 --path inputData.F_SIGF {option} native.mtz"
    shell.run(block("on"), fails(line))


@needs_3_1
def test_i2run_runs_its_job_through_the_hooks(shell):
    shell.run(block("on"), block("i2run"))
    assert shell.outcomes() == FINISHED


@only_3_0
def test_i2run_of_3_0_runs_its_job_through_the_hooks_by_the_program_of_the_page(shell):
    failing = block("on") + f"{block('i2run').strip()} 2> errors || grep AppRegistryNotReady errors\n"
    assert "AppRegistryNotReady" in shell.run(failing)
    (shell.folder / "i2run_3_0.py").write_text(block("i2run_3_0"))
    shell.run(block("on"), "python i2run_3_0.py" + block("i2run").removeprefix("i2run"))
    assert shell.outcomes() == FINISHED


def test_i2_works_with_the_file_of_the_page_only(shell):
    assert "Cannot find server/manage.py" in shell.run("i2 projects 2>&1 || true\n")
    assert "freerflag" in shell.run(block("on"), block("i2"))
    shell.run(block("on"), "i2 jobs run toxd 1 -y || true\n")
    # Without its input file the job fails, and it does so in the hooks.
    assert shell.outcomes() == [("freerflag", "FAILED")]


@needs_3_1
def test_i2_of_3_1_runs_jobs_through_the_hooks(shell):
    parameter = 'i2 jobs set-param toxd 1 inputData.F_SIGF "$PWD/native.mtz"\n'
    shell.run(block("on"), block("i2"), parameter, "i2 jobs run toxd 1 -y\n", f"i2 run {block('i2run')[6:]}")
    assert shell.outcomes() == FINISHED * 2


@pytest.mark.slow
@only_3_0
def test_i2_run_of_3_0_does_not_work(shell):
    shell.run(block("on"), block("i2"), fails(f"i2 run {block('i2run')[6:]}"))


@pytest.mark.slow
def test_the_commands_of_i2_that_the_page_excludes_do_not_work(shell):
    shell.run(block("on"), block("i2"), fails("i2 jobs create toxd freerflag"), fails("i2 files toxd 1"))
