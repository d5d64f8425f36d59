"""CCP4i2's own server, `run_job` and `i2run` in separate processes, with and without our settings module."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from uuid import UUID, uuid4

import ccp4i2
import psutil
import pytest

from ccp4hooks import BadInputError, FinishStatus, JobStatus, RefusedError

IS_3_0 = ccp4i2.__version__.startswith("3.0.")
HERE = Path(__file__).parent
SITE_PACKAGE = HERE.parent / "site_package" / "src"
SAFE = Path(ccp4i2.__file__).parent / "scripts" / "run_job_safe.sh"
OURS = "ccp4hooks_database.django_settings"
PLUGINS = "it_tasks host_tasks typed_tasks site_crystals.tasks"
FOREIGN = ("CCP4", "DATABASE_URL", "DJANGO_", "EXECUTION_MODE", "SERVICE_BUS")

I2RUN = """
import sys
import django
django.setup()
from ccp4i2.cli.i2run.CCP4i2RunnerDjango import CCP4i2RunnerDjango

runner = CCP4i2RunnerDjango(the_args=sys.argv[1:])
runner.parseArgs()
_, code = runner.execute()
sys.exit(code)
"""


def wait_until(true):
    """Wait for another process with a generous timeout."""
    for _ in range(2000):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("it did not come to pass")


class Site:
    """A directory with a database and projects, where CCP4i2 runs in separate processes."""

    def __init__(self, folder, url, **variables):
        self.folder = folder
        self.url = url
        clean = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self.environment = {
            **clean,
            "CCP4I2_HOME": str(folder / "home"),
            "CCP4I2_PROJECTS_DIR": str(folder / "projects"),
            "CCP4HOOKS_PLUGINS": PLUGINS,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": OURS,
            "PYTHONPATH": os.pathsep.join([str(HERE / "tasks"), str(SITE_PACKAGE), str(folder)]),
            "PYTHONWARNINGS": "ignore",
            **variables,
        }
        done = self.python("-m", "ccp4hooks.cli", "init")
        assert done.returncode == 0, done.stderr
        self.server = self.started(HERE / "ccp4i2_server.py", stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def close(self):
        self.server.communicate(timeout=30)

    def started(self, *words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **options):
        return subprocess.Popen(
            [sys.executable, *map(str, words)],
            cwd=self.folder,
            env=self.environment,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.DEVNULL if stdin is subprocess.DEVNULL else None,
            text=True,
            **options,
        )

    def python(self, *words, **variables):
        return subprocess.run(
            [sys.executable, *map(str, words)],
            cwd=self.folder,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def printed(self, *words, **variables):
        """Return the last line that a Python program prints, parsed as JSON."""
        done = self.python(*words, **variables)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def ask(self, name, **options):
        self.server.stdin.write(json.dumps([name, options]) + "\n")
        self.server.stdin.flush()
        answer = json.loads(self.server.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["answer"]

    def open_job(self, task, **values):
        """Open a job with CCP4i2's REST API and return its answer."""
        return self.ask(
            "open_job", task=task, values={name.replace("__", "."): value for name, value in values.items()}
        )

    def open_freerflag(self, data):
        return self.open_job("freerflag", inputData__F_SIGF=str(data["fsigf"]))

    def open_pipeline(self, data, task="it_pipeline", **parameters):
        own = {f"controlParameters__{name}": value for name, value in parameters.items()}
        return self.open_job(task, inputData__XYZIN=str(data["model"]), **own)

    def run_job(self, job, **variables):
        return self.python("-m", "django", "run_job", "-ju", job["uuid"], "-y", **variables)

    def run_safely(self, job):
        """Run a job as CCP4i2's server does, with its shell script."""
        words = ["/bin/bash", str(SAFE), sys.executable, job["uuid"]]
        return subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def rows(self, number):
        return self.ask("rows", number=number)

    def directory(self, number):
        return self.folder.joinpath("projects", "toxd", "CCP4_JOBS", *(f"job_{part}" for part in number.split(".")))

    def text(self, number, name):
        return (self.directory(number) / name).read_text(encoding="utf-8")

    def outcome(self, number):
        return json.loads(self.text(number, "ccp4hooks_outcome.json"))

    def status(self, number):
        return self.rows(number)["jobs"][number][1]

    def wait_for(self, number, *statuses):
        wait_until(lambda: self.status(number) in statuses)
        return self.status(number)


@contextmanager
def site_in(folder, url, **variables):
    made = Site(folder, url, **variables)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """One site for all tests. Each test opens and checks its own jobs."""
    folder = tmp_path_factory.mktemp("site")
    with site_in(folder, f"sqlite:///{folder}/db.sqlite3") as made:
        yield made


def md5(path):
    return hashlib.md5(path.read_bytes()).hexdigest()  # noqa: S324 - what the schema wants


def check_freerflag(site, number, source):
    """Check the record of a freerflag job."""
    rows = site.rows(number)
    assert rows["jobs"] == {number: ["freerflag", "Finished", True]}
    assert rows["files"][f"{number} FREEROUT"] == str(site.directory(number) / "FREEROUT.mtz")
    assert rows["origins"][f"{number} outputData.FREEROUT"] == "core"
    assert rows["uses"] == [[number, "in", "F_SIGF"], [number, "out", "FREEROUT"]]
    assert rows["sources"] == {f"{number} F_SIGF": [str(source), md5(source)]}
    assert site.outcome(number)["status"] == "FINISHED"


def test_a_job_run_by_run_job_goes_through_the_hooks(site, data):
    job = site.open_freerflag(data)
    done = site.run_job(job)
    assert done.returncode == 0, done.stderr
    check_freerflag(site, job["number"], data["fsigf"])


def test_cplusplus_stdout_refers_to_the_output_of_the_task(site, data):
    job = site.open_pipeline(data, task="it_prints")
    assert site.run_job(job).returncode == 0
    output = site.directory(job["number"]) / "ccp4hooks_output.txt"
    assert str(output) in site.text(job["number"], "cplusplus_stdout.txt")
    assert "said by the script" in output.read_text()


def test_a_job_run_by_the_rest_api_goes_through_the_hooks_in_its_detached_process(site, data):
    job = site.open_freerflag(data)
    site.ask("post", page=f"jobs/{job['id']}/run/")
    assert site.wait_for(job["number"], "Finished", "Failed") == "Finished"
    check_freerflag(site, job["number"], data["fsigf"])


def test_the_rest_api_returns_the_final_status_of_a_job_that_it_waits_for(site, data):
    job = site.open_pipeline(data, MODE="unsatisfactory")
    answer = site.ask("post", page=f"jobs/{job['id']}/run_local/", synchronous=True)
    assert answer["status"] == JobStatus.UNSATISFACTORY
    assert site.outcome(job["number"])["status"] == "UNSATISFACTORY"


def test_entities_in_parameters_are_never_expanded_in_any_runner(site, data):
    """`i2run` and the REST API call the same function as `run_job`."""
    (site.folder / "secret").write_text("secret text")
    thief = f'<!DOCTYPE a [<!ENTITY e SYSTEM "{(site.folder / "secret").as_uri()}">]><a>&e;</a>'
    job = site.open_freerflag(data)
    (site.directory(job["number"]) / "input_params.xml").write_text(thief)
    done = site.run_job(job)
    assert done.returncode == BadInputError.exit_code
    assert "declares a document type" in site.outcome(job["number"])["problems"][0]["message"]
    assert site.status(job["number"]) == "Failed"
    contents = [path.read_text() for path in site.directory(job["number"]).iterdir() if path.is_file()]
    assert not any("secret text" in text for text in contents)


def test_a_job_run_by_i2run_goes_through_the_hooks(site, data):
    site.open_job("mtzheader")
    done = site.python("-c", I2RUN, "freerflag", "--project_name", "toxd", "--F_SIGF", f"fullPath={data['fsigf']}")
    assert done.returncode == 0, done.stderr
    check_freerflag(site, site.ask("newest"), data["fsigf"])


@pytest.fixture
def elsewhere(site, data, tmp_path):
    """A file in another project, in the directory of job 1, which has a file of that name in this project, too."""
    path = tmp_path / "other" / "CCP4_JOBS" / "job_1" / "XYZOUT.pdb"
    path.parent.mkdir(parents=True)
    path.write_text(data["model"].read_text() + f"REMARK of {tmp_path}\n")
    site.open_job("mtzheader")
    (site.directory("1") / path.name).write_bytes(data["model"].read_bytes())
    yield path
    (site.directory("1") / path.name).unlink()


def test_i2run_reads_the_file_of_another_project_that_was_given(site, elsewhere):
    words = ["coordinate_selector", "--project_name", "toxd", "--XYZIN", f"fullPath={elsewhere}"]
    done = site.python("-c", I2RUN, *words)
    assert done.returncode == 0, done.stderr
    number = site.ask("newest")
    assert site.rows(number)["sources"] == {f"{number} XYZIN": [str(elsewhere), md5(elsewhere)]}


def test_the_rest_api_sets_the_file_of_another_project_that_was_given(site, elsewhere):
    job = site.open_job("coordinate_selector", inputData__XYZIN=str(elsewhere))
    assert site.run_job(job).returncode == 0
    assert site.rows(job["number"])["sources"] == {f"{job['number']} XYZIN": [str(elsewhere), md5(elsewhere)]}


@pytest.mark.parametrize(
    ("folder", "columns"),
    [("CCP4_IMPORTED_FILES", [2, "beside.pdb"]), ("CCP4_PROJECT_FILES", [1, "../../CCP4_PROJECT_FILES/beside.pdb"])],
)
def test_ccp4i2_finds_an_output_beside_its_job(site, data, folder, columns):
    job = site.open_pipeline(data, MODE="beside", NAMES=[folder])
    done = site.run_job(job)
    assert done.returncode == 0, done.stderr
    path = site.folder / "projects" / "toxd" / folder / "beside.pdb"
    assert site.ask("download", number=job["number"], parameter="XYZOUT") == {
        "columns": columns,
        "path": str(path),
        "rest_path": str(path),
        "chains": ["A"],
        "name": 'inline; filename="beside.pdb"',
        "content": data["model"].read_text(),
    }
    follower = site.open_job("coordinate_selector", inputData__XYZIN=str(path))
    assert site.run_job(follower).returncode == 0
    assert site.rows(follower["number"])["sources"] == {}
    assert [use["path"] for use in site.outcome(follower["number"])["uses"]] == [str(path)]


def test_i2run_returns_1_for_a_job_that_fails(site, data):
    site.open_job("mtzheader")
    words = ["it_pipeline", "--project_name", "toxd", "--XYZIN", f"fullPath={data['model']}", "--MODE", "raises"]
    done = site.python("-c", I2RUN, *words)
    assert done.returncode == 1, done.stderr
    assert site.status(site.ask("newest")) == "Failed"


def test_sub_jobs_of_a_plugins_pipeline_are_recorded_and_have_outcome_files(site, data):
    job = site.open_pipeline(data, COUNT=2)
    assert site.run_job(job).returncode == 0
    top = job["number"]
    numbers = [top, f"{top}.1", f"{top}.2"]
    rows = site.rows(top)
    assert {number: entry[1:] for number, entry in rows["jobs"].items()} == {
        number: ["Finished", True] for number in numbers
    }
    assert rows["parents"] == dict.fromkeys(numbers[1:], top)
    for number in numbers:
        assert site.outcome(number)["status"] == "FINISHED"
        assert rows["files"][f"{number} XYZOUT"].startswith(str(site.directory(number)))
        assert rows["origins"][f"{number} outputData.XYZOUT"] == "core"
        assert rows["sources"][f"{number} XYZIN"] == [str(data["model"]), md5(data["model"])]


def test_a_task_package_is_in_ccp4i2s_list_of_tasks_and_its_parameters_are_read_from_the_package(site, data):
    listed = site.ask("get", page="task_lookup/")["site_count"]
    described = {
        "TASKTITLE": "Count the atoms of a model",
        "DESCRIPTION": "Count atoms and residues with gemmi.",
        "shortTitle": None,
        "isAutogenerated": False,
    }
    newer = {"hasJudgement": False, "interactive": False, "searchTerms": [], "supersededBy": None}
    assert listed == (described if IS_3_0 else described | newer)
    job = site.open_job("site_count", inputData__XYZIN=str(data["model"]))
    declared = site.ask("get", page=f"jobs/{job['id']}/def_xml/")
    assert "CAtomCountPerformance" in json.dumps(declared)


def test_a_job_of_a_task_package_runs_from_the_rest_api_and_ccp4i2_makes_its_report(site, data):
    job = site.open_job("site_count", inputData__XYZIN=str(data["model"]))
    site.ask("post", page=f"jobs/{job['id']}/run_local/", synchronous=True)
    assert site.rows(job["number"])["jobs"] == {job["number"]: ["site_count", "Finished", True]}
    assert [kpi["value"] for kpi in site.outcome(job["number"])["kpis"]] == [2122]
    report = json.dumps(site.ask("get", page=f"jobs/{job['id']}/report_xml/"))
    assert "The site has counted the atoms." in report
    assert "No report class found" not in report


def test_ccp4i2_makes_the_report_of_a_job_with_files_of_a_plugins_own_class(site):
    first = site.open_job("it_notes")
    site.ask("post", page=f"jobs/{first['id']}/run_local/", synchronous=True)
    written = site.directory(first["number"]) / "out.notes"
    job = site.open_job("it_notes", inputData__NOTESIN=str(written))
    site.ask("post", page=f"jobs/{job['id']}/run_local/", synchronous=True)
    rows = site.rows(job["number"])
    assert rows["jobs"] == {job["number"]: ["it_notes", "Finished", True]}
    assert rows["uses"] == [[job["number"], "in", "NOTESIN"], [job["number"], "out", "NOTES"]]
    outcome = site.outcome(job["number"])
    assert [file["file_type"] for file in outcome["files"]] == ["application/x-it-notes"]
    assert outcome["problems"] == []
    report = json.dumps(site.ask("get", page=f"jobs/{job['id']}/report_xml/"))
    assert "Files: NOTES NotesFile, NOTESIN NotesFile." in report


def test_a_task_of_one_package_is_a_sub_job_of_anothers_pipeline_in_ccp4i2(site, data):
    job = site.open_pipeline(data, task="it_borrows")
    done = site.run_job(job)
    assert done.returncode == 0, done.stderr
    top, child = job["number"], f"{job['number']}.1"
    rows = site.rows(top)
    assert rows["jobs"] == {top: ["it_borrows", "Finished", True], child: ["site_count", "Finished", True]}
    assert rows["parents"] == {child: top}
    assert rows["files"][f"{child} XYZOUT"] == str(site.directory(child) / "XYZOUT.pdb")
    assert [kpi["key"] for kpi in site.outcome(child)["kpis"]] == ["nAtoms"]


def test_a_ccp4i2_process_warns_about_unused_plugins_and_tasks(site):
    (site.folder / "rival_tasks.py").write_text((SITE_PACKAGE / "site_crystals" / "tasks.py").read_text())
    (site.folder / "new_tasks.py").write_text("ccp4hooks_requires = '>=99'")
    done = site.python("-c", "import django; django.setup()", CCP4HOOKS_PLUGINS=f"{PLUGINS} rival_tasks new_tasks")
    assert done.returncode == 0, done.stderr
    assert "The plugin new_tasks is not in use (rejected): it requires version >=99 of the hook" in done.stderr
    assert (
        "the plugins 'rival_tasks' and 'site_crystals.tasks' offer a task 'site_count'; none of them is used."
        in done.stderr
    )


@pytest.mark.slow
def test_an_ended_job_that_runs_again_leaves_the_same_rows(site, data, tmp_path):
    source = tmp_path / "own.pdb"
    source.write_text(data["model"].read_text() + "REMARK of this test\n")
    job = site.open_pipeline({"model": source}, COUNT=2)
    assert site.run_job(job).returncode == 0
    before = site.rows(job["number"])
    assert site.run_job(job).returncode == 0
    assert site.rows(job["number"]) == before
    assert before["sources"][f"{job['number']} XYZIN"] == [str(source), md5(source)]


def test_a_job_that_runs_again_with_fewer_sub_jobs_loses_the_others(site, data):
    job = site.open_pipeline(data, COUNT=2)
    assert site.run_job(job).returncode == 0
    parameters = site.directory(job["number"]) / "input_params.xml"
    parameters.write_text(parameters.read_text().replace("<COUNT>2</COUNT>", "<COUNT>1</COUNT>"))
    assert site.run_job(job).returncode == 0
    assert sorted(site.rows(job["number"])["jobs"]) == [job["number"], f"{job['number']}.1"]


def test_a_failing_task_makes_run_job_exit_with_1_and_a_reason_without_a_traceback(site, data):
    job = site.open_pipeline(data, MODE="raises")
    number = job["number"]
    assert site.run_job(job).returncode == 1
    assert site.rows(number)["jobs"] == {number: ["it_pipeline", "Failed", True]}
    said = site.text(number, "cplusplus_stdout.txt")
    assert "RuntimeError: the pipeline blew up" in said
    assert "Traceback" not in said
    assert "the pipeline blew up" in site.text(number, "diagnostic.xml")


def test_a_refused_job_is_failed_with_the_reason_in_its_diagnostic_file(site, data, tmp_path):
    source = tmp_path / "short.mtz"
    source.write_bytes(data["fsigf"].read_bytes())
    job = site.open_freerflag({"fsigf": source})
    source.write_bytes(data["fsigf"].read_bytes()[:50_000])
    number = job["number"]
    assert site.run_job(job).returncode == RefusedError.exit_code
    assert site.rows(number)["jobs"] == {number: ["freerflag", "Failed", True]}
    (reason,) = [one["message"] for one in site.outcome(number)["problems"] if one["severity"] == "block"]
    assert reason in site.text(number, "cplusplus_stdout.txt")
    assert reason in unescape(site.text(number, "diagnostic.xml"))
    assert not (site.directory(number) / "FREEROUT.mtz").exists()


def test_a_rest_api_job_with_a_missing_input_file_is_failed_and_the_error_names_the_file(site, data, tmp_path):
    source = tmp_path / "gone.mtz"
    source.write_bytes(data["fsigf"].read_bytes())
    job = site.open_freerflag({"fsigf": source})
    source.unlink()
    site.ask("post", page=f"jobs/{job['id']}/run/")
    assert site.wait_for(job["number"], "Finished", "Failed") == "Failed"
    assert "gone.mtz" in site.text(job["number"], "diagnostic.xml")


@pytest.mark.parametrize("task", ["coordinate_selector", "it_pipeline"])
def test_a_copied_job_that_fails_has_no_kpi(site, data, task):
    """CCP4i2 3.0 writes the default 0 of every performance value into the parameters of the copy."""
    job = site.ask("post", page=f"jobs/{site.open_job(task)['id']}/clone/")
    has_default = ">0</nAtoms>" in site.text(job["number"], "input_params.xml")
    assert has_default is (IS_3_0 and task == "coordinate_selector")
    assert site.run_job(job).returncode == 1
    assert site.outcome(job["number"])["kpis"] == []


def test_a_copied_job_has_the_kpis_that_its_own_run_assigned(site, data):
    first = site.open_pipeline(data)
    assert site.run_job(first).returncode == 0
    job = site.ask("post", page=f"jobs/{first['id']}/clone/")
    assert site.run_job(job).returncode == 0
    kpis = [{kpi["key"]: kpi["value"] for kpi in site.outcome(one["number"])["kpis"]} for one in (first, job)]
    assert kpis == [{"RFactor": 0.0, "RFree": 0.25, "SECOND.RFactor": 0.2}] * 2


def wait_for_end(pid):
    """Wait until a process has ended, even if its parent has not reaped it."""
    wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def started_by_rest(site, job):
    """Start an endless job with the REST API and return its process after it has started."""
    begun = site.directory(job["number"]) / "begun"
    begun.unlink(missing_ok=True)
    site.ask("post", page=f"jobs/{job['id']}/run/")
    wait_until(begun.exists)
    wrappers = psutil.Process(site.server.pid).children()
    return next(one for one in wrappers if one.status() != psutil.STATUS_ZOMBIE and job["uuid"] in one.cmdline())


@pytest.fixture
def under_way(site, data):
    """A job that runs until it is stopped, and the process of its `run_job`."""
    job = site.open_pipeline(data, task="it_endless")
    process = site.started("-m", "django", "run_job", "-ju", job["uuid"], "-y")
    wait_until((site.directory(job["number"]) / "begun").exists)
    yield job, process
    process.terminate()
    process.wait(timeout=30)


def test_terminating_run_job_stops_the_program_and_marks_the_job_interrupted(site, under_way):
    job, process = under_way
    process.terminate()
    assert process.wait(timeout=30) == 1
    assert site.rows(job["number"])["jobs"][job["number"]] == ["it_endless", "Interrupted", True]
    assert "was interrupted" in site.text(job["number"], "cplusplus_stdout.txt")
    wait_for_end(int(site.text(job["number"], "begun")))


def test_of_two_requests_to_run_a_job_one_starts_it(site, data):
    job = site.open_freerflag(data)
    site.ask("post", page=f"jobs/{job['id']}/run/")
    with pytest.raises(AssertionError, match=r"is queued|is running|not_runnable"):
        site.ask("post", page=f"jobs/{job['id']}/run/")
    assert site.wait_for(job["number"], "Finished", "Failed") == "Finished"


def test_failed_does_not_replace_the_status_of_a_job_that_has_ended(site, data):
    job = site.open_freerflag(data)
    assert site.run_job(job).returncode == 0
    done = site.python("-m", "django", "set_job_status", "-ju", job["uuid"], "-s", "FAILED")
    assert done.stdout == f"Job {job['number']} stays FINISHED.\n"
    assert site.status(job["number"]) == "Finished"


def test_a_running_job_cannot_be_run_again(site, under_way):
    job, _ = under_way
    with pytest.raises(AssertionError, match=r"(?i)cancel it first"):
        site.ask("post", page=f"jobs/{job['id']}/run/")
    done = site.run_safely(job)
    assert done.returncode == BadInputError.exit_code
    assert "stays RUNNING" in done.stdout
    assert site.status(job["number"]) == "Running"


def test_cancelling_by_the_rest_api_stops_the_job_and_its_program(site, data):
    job = site.open_pipeline(data, task="it_endless")
    wrapper = started_by_rest(site, job)
    assert site.ask("post", page=f"jobs/{job['id']}/cancel/")["status"] == JobStatus.INTERRUPTED
    wait_for_end(int(site.text(job["number"], "begun")))
    wait_for_end(wrapper.pid)
    assert site.rows(job["number"])["jobs"] == {job["number"]: ["it_endless", "Interrupted", True]}


def pipeline_with_an_endless_sub_job(site, data):
    """Start a pipeline with the REST API, and return it after the program of its sub-job has started."""
    job = site.open_pipeline(data, MODE="endless")
    site.ask("post", page=f"jobs/{job['id']}/run/")
    wait_until((site.directory(f"{job['number']}.1") / "begun").exists)
    return job


def check_interrupted(site, number):
    """Check the record of a pipeline that was interrupted while its sub-job ran."""
    assert site.rows(number)["jobs"] == {
        number: ["it_pipeline", "Interrupted", True],
        f"{number}.1": ["it_endless", "Interrupted", True],
    }
    for one in (number, f"{number}.1"):
        assert site.outcome(one)["status"] == "INTERRUPTED"
        assert (site.directory(one) / "diagnostic.xml").is_file()


def test_cancelling_a_pipeline_by_the_rest_api_ends_and_records_its_sub_job(site, data):
    job = pipeline_with_an_endless_sub_job(site, data)
    assert site.ask("post", page=f"jobs/{job['id']}/cancel/")["status"] == JobStatus.INTERRUPTED
    check_interrupted(site, job["number"])
    wait_for_end(int(site.text(f"{job['number']}.1", "begun")))


def test_a_sub_job_is_not_cancelled_alone(site, data):
    job = pipeline_with_an_endless_sub_job(site, data)
    child = site.ask("key", number=f"{job['number']}.1")
    with pytest.raises(AssertionError, match=f"Cancel job {job['number']}, which started it"):
        site.ask("post", page=f"jobs/{child}/cancel/")
    assert site.status(job["number"]) == "Running"
    site.ask("post", page=f"jobs/{job['id']}/cancel/")


@pytest.mark.slow
def test_a_job_that_ccp4i2_itself_has_killed_is_recovered_with_its_sub_job(site, data):
    job = pipeline_with_an_endless_sub_job(site, data)
    done = site.python(
        "-c", KILLED, str(job["id"]), DJANGO_SETTINGS_MODULE="ccp4i2.config.settings", DATABASE_URL=site.url
    )
    assert done.returncode == 0, done.stderr
    assert site.python("-m", "ccp4hooks.cli", "recover").returncode == 0
    recorded = site.rows(job["number"])["jobs"]
    assert recorded[job["number"]] == ["it_pipeline", "Interrupted", True]
    # CCP4i2 kills the program before the process that waits for it, which may record the sub-job in between.
    assert recorded[f"{job['number']}.1"] in [["it_endless", status, True] for status in ("Interrupted", "Finished")]


@pytest.mark.parametrize("several", [False, True])
def test_deleting_a_running_pipeline_by_the_rest_api_ends_it_first(site, data, several):
    job = pipeline_with_an_endless_sub_job(site, data)
    directory = site.directory(job["number"])
    program = int(site.text(f"{job['number']}.1", "begun"))
    process = psutil.Process(program).parent()
    if several:
        assert site.ask("post", page="jobs/bulk_delete/", job_ids=[job["id"]])["data"]["deleted"]
    else:
        assert site.ask("delete", page=f"jobs/{job['id']}/")[0] == 200
    wait_for_end(program)
    wait_for_end(process.pid)
    assert site.rows(job["number"])["jobs"] == {}
    assert not directory.exists()
    restored = site.python("-m", "ccp4hooks.cli", "restore", job["number"], "--project", "toxd")
    assert restored.stdout == f"toxd {job['number']} it_pipeline INTERRUPTED\n", restored.stderr
    assert set(site.rows(job["number"])["jobs"]) == {job["number"], f"{job['number']}.1"}
    assert directory.is_dir()


@pytest.mark.slow
def test_deleting_a_job_by_the_rest_api_ends_the_running_job_that_uses_its_file(site, data):
    first = site.open_pipeline(data, COUNT=1)
    assert site.run_job(first).returncode == 0
    used = str(site.directory(first["number"]) / "XYZOUT.pdb")
    job = site.open_job("it_pipeline", inputData__XYZIN=used, controlParameters__MODE="endless")
    site.ask("post", page=f"jobs/{job['id']}/run/")
    wait_until((site.directory(f"{job['number']}.1") / "begun").exists)
    program = int(site.text(f"{job['number']}.1", "begun"))
    assert site.ask("delete", page=f"jobs/{first['id']}/")[0] == 200
    wait_for_end(program)
    assert [site.rows(one["number"])["jobs"] for one in (first, job)] == [{}, {}]


ON_ANOTHER_MACHINE = """
import sys
import django
django.setup()
from ccp4hooks_database.models import JobOwner
JobOwner.objects.filter(job__number=sys.argv[1]).update(host=sys.argv[2])
"""


@pytest.mark.slow
def test_a_running_job_that_cannot_be_ended_from_here_is_not_deleted(site, data):
    job = pipeline_with_an_endless_sub_job(site, data)
    child = site.ask("key", number=f"{job['number']}.1")
    status, text = site.ask("delete", page=f"jobs/{child}/")
    which = f"{job['number']}.1 is a sub-job, and is deleted with its job. Delete job {job['number']}."
    assert (status, json.loads(text)["error"]) == (409, f"Nothing was deleted. {which}")
    assert site.python("-c", ON_ANOTHER_MACHINE, job["number"], "node7").returncode == 0
    status, text = site.ask("delete", page=f"jobs/{job['id']}/")
    assert (status, json.loads(text)["error"]) == (
        409,
        f"Nothing was deleted. Job {job['number']} runs on node7. Cancel it there.",
    )
    assert site.python("-c", ON_ANOTHER_MACHINE, job["number"], socket.gethostname()).returncode == 0
    assert site.status(job["number"]) == "Running"
    site.ask("post", page=f"jobs/{job['id']}/cancel/")


@pytest.mark.slow
def test_deleting_a_project_by_the_rest_api_ends_its_running_jobs(data, tmp_path):
    with site_in(tmp_path, f"sqlite:///{tmp_path}/db.sqlite3") as site:
        job = pipeline_with_an_endless_sub_job(site, data)
        program = int(site.text(f"{job['number']}.1", "begun"))
        assert site.ask("delete", page="projects/1/")[0] == 200
        wait_for_end(program)
        assert site.rows(job["number"])["jobs"] == {}


@pytest.mark.slow
def test_deleting_a_job_keeps_a_file_of_another_job_that_it_returned_as_an_output(site, data):
    first = site.open_pipeline(data, COUNT=1)
    assert site.run_job(first).returncode == 0
    path = site.directory(first["number"]) / "XYZOUT.pdb"
    job = site.open_job("it_pipeline", inputData__XYZIN=str(data["model"]), controlParameters__MODE="returns")
    (site.directory(job["number"]) / "returned").write_text(str(path))
    done = site.run_job(job)
    assert done.returncode == 0, done.stderr
    assert os.path.realpath(site.rows(job["number"])["files"][f"{job['number']} XYZOUT"]) == str(path)
    assert site.ask("delete", page=f"jobs/{job['id']}/")[0] == 200
    assert path.exists()
    assert site.rows(first["number"])["files"][f"{first['number']} XYZOUT"] == str(path)


KILLED = """
import sys
import django
django.setup()
from django.test import Client
answer = Client().post(f"/api/ccp4i2/jobs/{sys.argv[1]}/cancel/", "{}", content_type="application/json")
assert answer.json()["status"] == 4, answer.content
"""


@pytest.mark.slow
def test_a_job_whose_process_is_killed_is_failed_by_ccp4i2s_script_and_may_run_again(site, data):
    job = site.open_pipeline(data, task="it_endless")
    wrapper = started_by_rest(site, job)
    for one in wrapper.children(recursive=True):
        one.kill()
    wait_for_end(wrapper.pid)
    assert site.status(job["number"]) == "Failed"
    if IS_3_0:
        started_by_rest(site, job)
        site.ask("post", page=f"jobs/{job['id']}/cancel/")
        return
    with pytest.raises(AssertionError, match="is failed; clone it and run the clone"):
        site.ask("post", page=f"jobs/{job['id']}/run/")
    (site.directory(job["number"]) / "begun").unlink()
    process = site.started("-m", "django", "run_job", "-ju", job["uuid"], "-y")
    wait_until((site.directory(job["number"]) / "begun").exists)
    process.terminate()
    assert process.wait(timeout=30) == 1


MODULES = """
import json, sys
import django
django.setup()
from ccp4i2.db.async_db_handler import AsyncDatabaseHandler as handler
from ccp4i2.db.management.commands import run_job
functions = [run_job.run_job_async, handler.track_job, handler.create_job, handler.find_imported_file_by_checksum]
print(json.dumps([
    [function.__module__ for function in functions], [name for name in sys.modules if name.startswith("ccp4hooks")]
]))
"""


def test_the_default_settings_of_ccp4i2_do_not_use_ccp4hooks(site, data):
    job = site.open_freerflag(data)
    theirs = {"DJANGO_SETTINGS_MODULE": "ccp4i2.config.settings"}
    assert site.run_job(job, **theirs).returncode == 0
    number = job["number"]
    assert site.status(number) == "Finished"
    assert site.rows(number)["origins"] == {}
    assert list(site.directory(number).glob("ccp4hooks*")) == []
    handler = "ccp4i2.db.async_db_handler"
    assert site.printed("-c", MODULES, **theirs) == [["ccp4i2.lib.async_run_job", handler, handler, handler], []]


SWITCHED = """
import json
from importlib.util import find_spec
import django
django.setup()
from ccp4hooks_database.server import patches
from ccp4i2.db.async_db_handler import AsyncDatabaseHandler
from ccp4i2.lib import async_run_job

def in_use():
    from ccp4i2.api import JobViewSet, ProjectViewSet
    from ccp4i2.cli.i2run import CCP4i2RunnerDjango
    from ccp4i2.db.management.commands import clone_job, run_job, set_job_status
    from ccp4i2.lib.utils.jobs import context_run
    from django.core.management.commands import migrate
    from django.core.signals import request_started
    request_started.send(None)
    methods = {name: vars(AsyncDatabaseHandler)[name] for name in sorted(patches.METHODS)}
    guarded = {
        "start": context_run.run_job_local,
        "status": vars(set_job_status.Command)["handle"],
        "migrate": migrate.Command.execute,
    }
    by_name = {"create": CCP4i2RunnerDjango.create_job, "clone": clone_job.clone_job, "copy": JobViewSet.clone_job}
    view = {name: vars(JobViewSet.JobViewSet)[name] for name in ("cancel", "destroy", "bulk_delete")}
    view["project"] = vars(ProjectViewSet.ProjectViewSet)["destroy"]
    if find_spec("ccp4i2.lib.dispatch"):
        from ccp4i2.api.serializers import JobSerializer
        from ccp4i2.lib import dispatch
        from ccp4i2.lib.utils.reporting import i2_report
        view["targets"] = dispatch.run_target_paths
        view["shown"] = JobSerializer.to_representation
        view["report"] = i2_report.pending_report
    return {
        "module": async_run_job.run_job_async, "command": run_job.run_job_async, **guarded, **methods, **by_name, **view
    }

def modules(functions):
    return sorted({function.__globals__["__name__"] for function in functions.values()})

on = in_use()
patches.install()
same = in_use() == on
patches.uninstall()
off = in_use()
patches.install()
on_again = in_use()
patches.uninstall()
print(json.dumps({
    "on": modules(on), "twice": same, "off": modules(off), "on again": modules(on_again), "off again": in_use() == off
}))
"""


def test_disabling_the_hooks_restores_the_functions_of_ccp4i2(site):
    of_3_1 = () if IS_3_0 else ("run_targets", "whereabouts")
    ours = [f"ccp4hooks_database.server.{name}" for name in ("deletion", "guards", "numbering", "patches", *of_3_1)]
    theirs = [
        "ccp4i2.api.JobViewSet",
        "ccp4i2.api.ProjectViewSet",
        "ccp4i2.db.async_db_handler",
        "ccp4i2.db.management.commands.set_job_status",
        "ccp4i2.lib.async_run_job",
        *(() if IS_3_0 else ("ccp4i2.lib.dispatch", "ccp4i2.lib.dispatch.local")),
        "ccp4i2.lib.utils.jobs.clone",
        *(("ccp4i2.lib.utils.jobs.context_run",) if IS_3_0 else ()),
        "ccp4i2.lib.utils.jobs.create",
        *(() if IS_3_0 else ("ccp4i2.lib.utils.reporting.i2_report",)),
        "contextlib",  # `track_job`
        "django.core.management.base",  # `migrate`
        *(() if IS_3_0 else ("rest_framework.serializers",)),
    ]
    assert site.printed("-c", SWITCHED) == {
        "on": ours,
        "twice": True,
        "off": theirs,
        "on again": ours,
        "off again": True,
    }


def check_django_tests(site, pattern="test", count=4, **variables):
    options = ["--noinput", "--debug-mode", "-k", pattern]
    done = site.python("-m", "django", "test", "django_tests", *options, **variables)
    assert done.returncode == 0, done.stderr
    assert f"Ran {count} tests" in done.stderr


def test_tests_of_ccp4i2_pass_in_a_database_in_memory(site):
    check_django_tests(site)


def test_tests_of_ccp4i2_pass_with_its_own_settings_for_tests_and_our_app(site, tmp_path):
    (site.folder / "own_test_settings.py").write_text(
        "from ccp4i2.config.test_settings import *\nINSTALLED_APPS = [*INSTALLED_APPS, 'ccp4hooks_database']\n"
    )
    # These settings let nobody use the REST API.
    check_django_tests(site, "tracked", 2, DJANGO_SETTINGS_MODULE="own_test_settings", HOME=str(tmp_path))


@pytest.mark.slow
@pytest.mark.postgresql
def test_tests_of_ccp4i2_pass_in_the_test_database_of_a_server(server, tmp_path):
    with site_in(tmp_path, server.new()) as site:
        check_django_tests(site)


def test_django_migrates_a_new_sqlite_database(site, tmp_path):
    new = {"DATABASE_URL": f"sqlite:///{tmp_path}/new.sqlite3"}
    for command in (["showmigrations"], ["check"]):
        site.python("-m", "django", *command, **new)
    assert list(tmp_path.iterdir()) == []
    done = site.python("-m", "django", "migrate", **new)
    assert done.returncode == 0, done.stderr
    assert site.python("-m", "ccp4hooks.cli", "init", **new).stdout.endswith("new.sqlite3 is up to date.\n")


def test_django_says_why_it_cannot_create_a_database(site, tmp_path):
    done = site.python("-m", "django", "migrate", DATABASE_URL=f"sqlite:///{tmp_path}/no/new.sqlite3")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        f"CommandError: The database {tmp_path}/no/new.sqlite3 cannot be created: No such file or directory."
    )
    assert "Traceback" not in done.stderr


def test_custom_settings_with_our_app_run_ccp4i2_through_the_hooks(site, data):
    (site.folder / "site_settings.py").write_text(
        "from ccp4i2.config.settings import *\nINSTALLED_APPS = [*INSTALLED_APPS, 'ccp4hooks_database']\n"
    )
    job = site.open_freerflag(data)
    done = site.run_job(job, DJANGO_SETTINGS_MODULE="site_settings")
    assert done.returncode == 0, done.stderr
    check_freerflag(site, job["number"], data["fsigf"])


def test_without_the_database_plugin_a_job_does_not_run(site, data):
    job = site.open_freerflag(data)
    done = site.run_job(job, CCP4HOOKS_PLUGINS=f"{PLUGINS} no:database")
    assert done.returncode == BadInputError.exit_code
    assert "`ccp4hooks doctor`" in site.text(job["number"], "cplusplus_stdout.txt")
    assert not (site.directory(job["number"]) / "FREEROUT.mtz").exists()


UNKNOWN = """
import asyncio, sys
import django
django.setup()
from ccp4hooks import Ccp4HooksError
from ccp4i2.lib.async_run_job import run_job_async

for uuid in sys.argv[1:]:
    try:
        asyncio.run(run_job_async(uuid))
    except Ccp4HooksError as error:
        print(error)
"""


def test_an_unknown_job_is_an_error(site):
    unknown = uuid4()
    assert site.python("-c", UNKNOWN, unknown, "nonsense").stdout.splitlines() == [
        f"No job has the UUID {unknown}. Run `ccp4hooks jobs PROJECT` for a list of the jobs.",
        "'nonsense' is not the UUID of a job.",
    ]


ON_A_LOOP = """
import asyncio, json, sys, uuid
import django
django.setup()
from ccp4i2.lib.async_run_job import run_job_async

async def main():
    first, second = sys.argv[1:]
    return await asyncio.gather(run_job_async(uuid.UUID(first).hex), run_job_async(uuid.UUID(second), uuid.uuid4()))

print(json.dumps(asyncio.run(main())))
"""


def test_jobs_on_a_running_event_loop_return_their_finish_status(site, data):
    jobs = [site.open_pipeline(data, MODE=mode) for mode in ("plain", "unsatisfactory")]
    finished = site.printed("-c", ON_A_LOOP, *(job["uuid"] for job in jobs))
    assert finished == [FinishStatus.SUCCEEDED, FinishStatus.UNSATISFACTORY]
    assert [site.status(job["number"]) for job in jobs] == ["Finished", "Unsatisfactory"]


HANDLER = """
import asyncio, json, sys
import django
django.setup()
from asgiref.sync import sync_to_async
from ccp4i2.core.tasks import get_plugin_class
from ccp4i2.db.async_db_handler import AsyncDatabaseHandler
from ccp4i2.db.models import Project

path, md5 = sys.argv[1:]

async def main():
    project = await sync_to_async(Project.objects.get)(name="toxd")
    handler = AsyncDatabaseHandler(project.uuid)
    made = await asyncio.gather(*(handler.create_job("mtzheader") for _ in range(12)))
    script = get_plugin_class("coordinate_selector")(name="tracked")
    script.container.inputData.XYZIN.setFullPath(path)
    async with handler.track_job(script) as tracked:
        await sync_to_async(tracked.process)()
    known = await handler.find_imported_file_by_checksum(md5, "chemical/x-pdb")
    elsewhere = await sync_to_async(Project.objects.create)(name="other", directory="projects/other")
    other = await AsyncDatabaseHandler(elsewhere.uuid).find_imported_file_by_checksum(md5, "chemical/x-pdb")
    parent = await handler.create_job("mtzheader", "parent")
    child = await sync_to_async(handler.createSubJob)("mtzheader", parent.uuid.hex, "3")
    return [sorted(int(job.number) for job in made), known.name, other is None, parent.number, child]

print(json.dumps(asyncio.run(main())))
"""


def test_code_that_uses_the_handler_of_ccp4i2_is_tracked_through_the_hooks(site, data, tmp_path):
    first = int(site.open_job("mtzheader")["number"])
    source = tmp_path / "changed.pdb"
    source.write_text(data["model"].read_text() + "REMARK changed\n")
    numbers, name, other, parent, child = site.printed("-c", HANDLER, source, md5(source))
    assert numbers == list(range(first + 1, first + 13))
    assert (name, other) == (source.name, True)
    tracked = str(first + 13)
    rows = site.rows(tracked)
    assert rows["jobs"] == {tracked: ["coordinate_selector", "Finished", True]}
    assert rows["origins"][f"{tracked} outputData.XYZOUT"] == "core"
    assert site.rows(parent)["parents"] == {f"{parent}.3": parent}
    assert len(child) == len(UUID(child).hex)


AT_ONCE = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
import django
django.setup()
from ccp4i2.db.models import Job, Project
from ccp4i2.lib.utils.jobs.clone import clone_job
from ccp4i2.lib.utils.jobs.create import create_job

project = Project.objects.get(name="toxd")
model = Job.objects.get(uuid=create_job(projectId=str(project.uuid), taskName="mtzheader"))

def open_one(n):
    if n % 3:
        return create_job(projectName="toxd", taskName="mtzheader")
    done = clone_job(str(model.uuid))
    return done.data.uuid if done.success else done.error

with ThreadPoolExecutor(8) as threads:
    made = [str(uuid) for uuid in threads.map(open_one, range(int(sys.argv[1])))]
jobs = {str(job.uuid): job for job in Job.objects.filter(project=project)}
written = [f"<jobId>{uuid}</jobId>" in (jobs[uuid].directory / "input_params.xml").read_text() for uuid in made]
print(json.dumps([int(model.number), sorted(int(jobs[uuid].number) for uuid in made), all(written)]))
"""


def check_sixty_jobs_at_once(site):
    """Open jobs with CCP4i2's functions, a third as copies, in two processes with eight threads each."""
    site.open_job("mtzheader")
    processes = [site.started("-c", AT_ONCE, 30, stdout=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate(timeout=250)[0].splitlines()[-1] for process in processes]
    made = [json.loads(line) for line in said]
    numbers = sorted(number for first, others, _ in made for number in (first, *others))
    assert numbers == list(range(numbers[0], numbers[0] + 62))
    assert [written for _, _, written in made] == [True, True]


def test_sixty_jobs_that_ccp4i2_opens_at_once_have_sixty_numbers(site):
    check_sixty_jobs_at_once(site)


@pytest.mark.slow
@pytest.mark.postgresql
def test_sixty_jobs_that_ccp4i2_opens_at_once_on_postgresql_have_sixty_numbers(server, tmp_path):
    with site_in(tmp_path, server.new()) as site:
        check_sixty_jobs_at_once(site)


OPENED = """
import json, uuid
import django
django.setup()
from ccp4i2.db.models import Job, Project
from ccp4i2.lib.utils.jobs.create import create_job

project = Project.objects.get(name="toxd")
identity = uuid.uuid4()
parent = create_job(projectId=str(project.uuid), taskName="mtzheader", jobId=identity.hex, title="mine")
child = Job.objects.get(uuid=create_job(parentJobId=parent, taskName="freerflag", saveParams=False))

def state():
    folder = child.directory.parent.parent
    return Job.objects.count(), sorted(path.name for path in folder.iterdir())

before = state()
for wrong in ({"taskName": "no_such"}, {"jobNumber": child.parent.number}, {"jobId": parent}, {"projectName": "no"}):
    try:
        create_job(**{"projectName": "toxd", "taskName": "mtzheader", **wrong})
    except Exception as error:
        print(type(error).__name__)
print(json.dumps([
    parent == str(identity), child.parent.title, child.title, child.number == child.parent.number + ".1",
    (child.directory / "input_params.xml").exists(), state() == before,
]))
"""


def test_a_job_that_ccp4i2_opens_has_the_requested_values_or_leaves_nothing(site):
    site.open_job("mtzheader")
    done = site.python("-c", OPENED)
    assert done.returncode == 0, done.stderr
    *errors, made = done.stdout.splitlines()[-5:]
    assert errors == ["UnknownTaskError", "BadInputError", "StoreError", "UnknownNameError"]
    assert json.loads(made) == [True, "mine", "Free R Flag", True, False, True]


BOUND = """
import asyncio, json, sys
import django
django.setup()
from ccp4i2.core.tasks import get_plugin_class
from ccp4i2.db.async_db_handler import AsyncDatabaseHandler
from ccp4i2.db.models import Project

handler = AsyncDatabaseHandler(Project.objects.get(name="toxd").uuid)
row = asyncio.run(handler.create_job("coordinate_selector", "by hand"))
script = get_plugin_class("coordinate_selector")(name="by hand", workDirectory=str(row.directory))
script.setDbData(handler=handler, projectId=str(handler.project_uuid), jobId=row.uuid.hex, jobNumber=row.number)
for path in sys.argv[1:]:
    child = script.makePluginObject("coordinate_selector")
    child.container.inputData.XYZIN.setFullPath(path)
    child.process()
print()
print(json.dumps(row.number))
"""


CONNECTIONS = """
import json
import django
django.setup()
from django.db import connections
from django.db.backends.signals import connection_created
from ccp4i2.db.models import File, Project
from ccp4hooks_database import AsyncDatabaseHandler

handler = AsyncDatabaseHandler(Project.objects.get(name="toxd").uuid)
file = File.objects.first()
connections.close_all()
opened = []
connection_created.connect(lambda **_: opened.append(1), weak=False)
answers = {
    (handler.getProjectDirectory(str(handler.project_uuid)), handler.get_file_path_sync(file.uuid)) for _ in range(30)
}
print(json.dumps([len(answers), len(opened) <= 2]))
"""


@pytest.mark.slow
def test_a_process_with_its_own_connection_opens_none_for_each_path(site, data):
    job = site.open_pipeline(data, task="coordinate_selector")
    assert site.run_job(job).returncode == 0
    assert site.printed("-c", CONNECTIONS) == [1, True]


def test_sub_jobs_of_a_script_that_is_bound_to_the_handler_of_ccp4i2_are_jobs_of_their_own(site, data, tmp_path):
    site.open_job("mtzheader")
    number = site.printed("-c", BOUND, data["model"], tmp_path / "missing.pdb")
    rows = site.rows(number)
    assert {name: job[1] for name, job in rows["jobs"].items()} == {
        number: "Pending",
        f"{number}.1": "Finished",
        f"{number}.2": "Failed",
    }
    assert rows["files"] == {f"{number}.1 XYZOUT": str(site.directory(f"{number}.1") / "XYZOUT.pdb")}


@pytest.mark.slow
@pytest.mark.postgresql
def test_on_postgresql_a_pipeline_goes_through_the_hooks(server, data, tmp_path):
    with site_in(tmp_path, server.new()) as site:
        job = site.open_pipeline(data)
        site.ask("post", page=f"jobs/{job['id']}/run/")
        assert site.wait_for("1", "Finished", "Failed") == "Finished"
        rows = site.rows("1")
    assert {number: entry[1] for number, entry in rows["jobs"].items()} == dict.fromkeys(
        ("1", "1.1", "1.2"), "Finished"
    )
    assert rows["sources"]["1 XYZIN"] == [str(data["model"]), md5(data["model"])]
