"""Jobs on a real SLURM of two nodes, from the command line: what becomes of them, and that each runs once.

With SQLite, the nodes do without the database; with PostgreSQL, they write into it. Each node has a host name of its
own, and so has the machine from which a job is cancelled.
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import ccp4i2
import pytest
from databases_away import ClosedServer, MovedFile

pytestmark = pytest.mark.slurm

CCP4I2 = Path(ccp4i2.__file__).parent
MODEL = CCP4I2 / "wrappers/chainsaw/test_data/1a80_A.pdb"
TASKS = Path(__file__).parents[1] / "integration/tasks"
README = Path(__file__).parents[2] / "README.md"
PATIENCE_S = 180
MINUTE_S = 60
LIVE = ("it_pipeline", f"XYZIN={MODEL}", "MODE=live")


class Site:
    """A machine from which jobs are submitted to the SLURM."""

    def __init__(self, slurm, url, folder):
        self.slurm, self.by_file = slurm, url.startswith("sqlite")
        self.projects = folder / "projects"
        config = folder / "site.toml"
        config.write_text(
            f'[engines.cluster]\nscheduler = "slurm"\ndatabase = "{"by-file" if self.by_file else "direct"}"\n'
            'queue = "mx"\ncommand_timeout_s = 5.0\n'
        )
        clean = {name: one for name, one in os.environ.items() if not name.startswith(("CCP4", "DATABASE", "DJANGO"))}
        self.environment = {
            **clean,
            "CCP4I2_HOME": str(folder / "home"),
            "CCP4I2_PROJECTS_DIR": str(self.projects),
            "CCP4HOOKS_CONFIG": str(config),
            "CCP4HOOKS_PLUGINS": "it_tasks",
            "CCP4HOOKS_PROJECT": "p",
            "DATABASE_URL": url,
            "PYTHONPATH": str(TASKS),
        }

    def run(self, *words, before=()):
        code = "from ccp4hooks.cli import main; main()"
        command = [*before, sys.executable, "-c", code, *words]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def start(self, *words):
        code = "from ccp4hooks.cli import main; main()"
        return subprocess.Popen(
            [sys.executable, "-c", code, *words],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def submit(self, *words):
        done = self.run("submit", *words, "--on", "cluster", "--json")
        assert done.returncode == 0, done.stderr
        made = json.loads(done.stdout)
        return made["job"]["number"], made["attempt"]["key"]

    def directory(self, number):
        return self.projects / "p/CCP4_JOBS" / f"job_{number}"

    def attempts(self, number):
        shown = json.loads(self.run("show", number, "--json").stdout)
        status = shown["outcomes"][0]["status"]
        return status, [one["end"] for one in shown["attempts"]]

    def until(self, condition):
        end = time.monotonic() + PATIENCE_S
        while not (found := condition()):
            assert time.monotonic() < end
            time.sleep(0.2)
        return found

    def until_running(self, number):
        self.until((self.directory(number) / "program.xml").exists)

    def wait(self, number):
        done = self.run("wait", number, "--timeout", str(PATIENCE_S))
        assert done.returncode in {0, 1}, done.stderr
        return self.attempts(number)

    def recovered(self, number):
        """Run `recover` until the job has ended, and return how."""

        def is_over():
            self.run("recover", "p")
            return self.attempts(number)[0] not in {"QUEUED", "RUNNING", "PENDING"}

        self.until(is_over)
        return self.attempts(number)

    def finish(self, number):
        """Let the task of a job go on to its end."""
        for name in ("go", "end"):
            (self.directory(number) / name).touch()


@pytest.fixture
def site(slurm, url, tmp_path):
    yield Site(slurm, url, tmp_path)
    slurm.end_all_jobs()


def test_a_job_that_is_ended_by_scancel_by_cancel_and_by_nobody(site):
    one, two, three = (site.submit(*LIVE) for _ in range(3))
    site.until_running(one[0])
    site.slurm.ask("scancel", one[1])
    assert site.recovered(one[0]) == ("INTERRUPTED", ["INTERRUPTED"])
    site.until_running(two[0])
    done = site.run("cancel", two[0], before=["unshare", "--uts", "sh", "-c", 'hostname elsewhere; exec "$@"', "sh"])
    assert done.stdout == "p 2 it_pipeline INTERRUPTED\n", done.stderr
    site.until_running(three[0])
    site.finish(three[0])
    assert site.wait(three[0]) == ("FINISHED", ["FINISHED"])
    assert f"1  cluster  {three[1]}  " in site.run("show", three[0]).stdout


@pytest.mark.sampled(4)
@pytest.mark.parametrize("retries", [0, 1])
def test_a_job_that_is_pre_empted_runs_again_if_it_has_retries(site, retries):
    number, key = site.submit(*LIVE, "--retries", str(retries))
    site.until_running(number)
    (site.directory(number) / "program.xml").unlink()
    for _ in range(4):
        site.slurm.ask("sbatch", "--partition=urgent", "--output=/dev/null", "--wrap=sleep 600")
    site.slurm.until(lambda answer: f"{key} PD" in answer, "squeue", "--noheader", "--format=%i %t")
    site.slurm.ask("scancel", "--partition=urgent", "--user=root")
    site.slurm.ask("scontrol", "update", f"JobId={key}", "StartTime=now")
    if retries and not site.by_file:
        site.until_running(number)
        site.finish(number)
        assert site.wait(number) == ("FINISHED", ["INTERRUPTED", "FINISHED"])
    else:
        assert site.recovered(number) == ("INTERRUPTED", ["INTERRUPTED"])
        ended(site, key)
        assert site.attempts(number) == ("INTERRUPTED", ["INTERRUPTED"])


def test_a_job_on_a_node_that_shares_no_files(site, tmp_path):
    # Each node has a mount of its own, where the directory of the projects is empty.
    view, python = tmp_path / "login", tmp_path / "python"
    inside = f"mkdir -p {view}/{site.projects} && mount --bind {site.projects} {view}/{site.projects} && "
    inside += f'mount -t tmpfs none {site.projects} && exec {sys.executable} "$@"'
    python.write_text(f"#!/bin/sh\nexec unshare --mount sh -c '{inside}' sh \"$@\"\n")
    python.chmod(0o755)
    config = Path(site.environment["CCP4HOOKS_CONFIG"])
    commands = f'fetch = "cp {view}{{from}} {{to}}"\nsend = "cp {{from}} {view}{{to}}"\n'
    config.write_text(
        f'[engines.cluster]\nscheduler = "slurm"\nqueue = "mx"\nfiles = "carried"\npython = "{python}"\n{commands}'
        f'directives = ["#SBATCH --output={tmp_path}/said.txt"]\n'
    )
    number, _ = site.submit("coordinate_selector", f"XYZIN={MODEL}", "XYZIN.selection.text=A/10-20")
    assert site.wait(number) == ("FINISHED", ["FINISHED"])
    assert (site.directory(number) / "XYZOUT.pdb").exists()
    assert (tmp_path / "said.txt").read_text() == f"p {number} coordinate_selector FINISHED\n"


def ended(site, key):
    site.slurm.until(lambda answer: key not in answer.split(), "squeue", "--noheader", "--format=%i")


def test_a_node_that_loses_its_processes(site):
    number, key = site.submit(*LIVE)
    site.until_running(number)
    site.slurm.ask("scancel", "--signal=KILL", "--full", key)
    ended(site, key)
    began = site.directory(number) / "ccp4hooks_attempts/1/began.json"
    if began.exists():
        # So that the test need not wait for the heartbeats that are missing.
        long_ago = time.time() - 100
        os.utime(began, (long_ago, long_ago))
    assert site.recovered(number) == ("INTERRUPTED", ["INTERRUPTED"])
    assert site.run("retry", number).stdout.startswith(f"p {number} it_pipeline QUEUED on cluster, number ")
    site.until_running(number)
    site.finish(number)
    assert site.wait(number) == ("FINISHED", ["INTERRUPTED", "FINISHED"])


@pytest.mark.slow
def test_a_job_whose_time_is_up_is_interrupted(site):
    number, key = site.submit(*LIVE, "--time", "1min")
    site.until_running(number)
    ended(site, key)
    assert site.recovered(number) == ("INTERRUPTED", ["INTERRUPTED"])


@pytest.mark.slow
def test_a_job_that_ends_while_the_database_is_away_for_a_minute_is_recorded(site, url, server):
    number, _ = site.submit(*LIVE)
    site.until_running(number)
    away = (MovedFile if site.by_file else ClosedServer)(url, server)
    away.go()
    site.finish(number)
    time.sleep(MINUTE_S)
    away.come()
    assert site.wait(number) == ("FINISHED", ["FINISHED"])


@pytest.mark.parametrize(("rows", "limit"), [(4, 2), pytest.param(200, 20, marks=pytest.mark.slow)])
def test_a_sweep_whose_process_is_killed_and_whose_controller_goes_away_is_continued(site, rows, limit):
    atoms = [f"A/{number}-{number + 1}" for number in range(10, 10 + rows)]
    words = ("sweep", "coordinate_selector", f"XYZIN={MODEL}", f"XYZIN.selection.text={','.join(atoms)}")
    words = (*words, "--on", "cluster", "--at-most", str(limit))
    process = site.start(*words)
    site.until(lambda: site.directory(str(rows // 2)).exists())
    process.kill()
    process.wait()
    site.slurm.stop_controller()
    process = site.start(*words)
    time.sleep(2 if rows < MINUTE_S else MINUTE_S)
    site.slurm.start_controller()
    assert process.wait(PATIENCE_S * rows / 4) == 0
    found = json.loads(site.run(*words, "--json").stdout)["rows"]
    assert [row["status"] for row in found] == ["FINISHED"] * rows
    numbers = {row["job"] for row in found}
    assert len(numbers) == rows
    jobs = {job["number"]: job for job in json.loads(site.run("jobs", "--limit", "0", "--json").stdout)["jobs"]}
    assert jobs.keys() == numbers
    assert site.attempts(min(numbers))[1][-1] == "FINISHED"


def test_from_this_machine_to_the_cluster_the_example_of_the_readme_changes_one_word(site):
    (line,) = re.findall(r"^ccp4hooks (run .* --on local)$", README.read_text(encoding="utf-8"), re.MULTILINE)
    data = CCP4I2 / "wrappers/freerflag/test_data/rnase25_fsigf.mtz"
    words = line.replace("native.mtz", str(data)).removesuffix("local").split()
    here, there = (site.run(*words, engine, "--project", f"on-{engine}").stdout for engine in ("local", "cluster"))
    assert "\n1 freerflag FINISHED" in here
    assert without_numbers(there).replace("on-cluster", "on-local") == without_numbers(here)


def without_numbers(text):
    return re.sub(r"[0-9.]+", "N", text)


def test_a_probe_says_what_it_finds_on_a_node_and_leaves_nothing(site):
    done = site.run("doctor", "--on", "cluster", "--json")
    found = {one["about"]: one["text"] for one in json.loads(done.stdout)["findings"]}
    # Without jobs, the database has no tables yet.
    assert (done.returncode, found["machine"] in {"node1", "node2"}) == (0, True), done.stdout
    assert found["Python"].endswith(f", {sys.executable}")
    assert found["ccp4hooks"].endswith(", as here")
    assert found["database"].startswith("not needed there" if site.by_file else "can be used there")
    assert list(site.projects.iterdir()) == []


def test_what_the_scheduler_refuses_leaves_nothing(site):
    done = site.run("submit", "coordinate_selector", f"XYZIN={MODEL}", "--on", "cluster", "--queue", "nowhere")
    assert done.returncode == 4
    assert "SLURM has refused job 1: " in done.stderr
    assert "invalid partition" in done.stderr
    assert not (site.projects / "p").exists()
